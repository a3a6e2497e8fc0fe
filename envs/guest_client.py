"""The HTTP server of a guest machine, from outside: one method a route, as OSWorld's guests have them.

Knows the routes, what they answer, and what may be asked again: looking may, acting may not, since an action whose
answer was lost may have had its effect. Knows no environment and no task. WindowsAgentArena's further routes are in
`envs.guest_windows_client`.

After xlang-ai/osworld-server at 0919a09 and OSWorld's older `desktop_env/server/main.py`, which answer the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self, TypedDict, Unpack, cast

import httpx2
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from envs.base import EnvError, EnvUnavailable

CONNECT_S: Final = 10.0
"""How long a guest may take to accept a connection."""
ANSWER_S: Final = 90.0
"""How long it may take to answer, where nothing else is said; as OSWorld's own client has it."""
UPLOAD_S: Final = 600.0
OPEN_S: Final = 1810.0
"""`open_file` is answered when the window is there; the published server gives up after 1800 s."""
COMMAND_S: Final = 120.0
"""The published server ends a command after this time."""
_MARGIN_S: Final = 15.0
"""What an answer may take beyond the time that the guest was told."""

Command = str | Sequence[str]


class GuestRefused(EnvError):
    """Raised when the guest answered that it could not do something. Its own words are in the message."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
        """Of HTTP."""


class NoAnswer(EnvError):
    """Raised when something was asked for that was not answered in time. It may have had an effect."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that came to its end."""

    output: str
    error: str
    returncode: int | None
    """None when the guest does not tell."""


class _Request(TypedDict, total=False):
    """What goes with a request, as httpx2 names it."""

    json: object
    data: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes]]
    params: Mapping[str, str]


class GuestClient:
    """A guest's server. Use it as a context manager, or call `close`.

    Every method raises EnvUnavailable when the guest cannot be reached, NoAnswer when it took too long, and
    GuestRefused when it answers that it could not.
    """

    def __init__(self, address: str, *, token: str | None = None) -> None:
        """Name the guest; nothing is asked yet.

        Args:
            address: of its server, "http://127.0.0.1:5000"; the scheme may be left out.
            token: what the guest wants to be shown with every request, if anything.
        """
        self.address = (address if "://" in address else f"http://{address}").rstrip("/")
        try:
            self._http = httpx2.Client(
                base_url=self.address,
                headers={b"Authorization": f"Bearer {token}".encode()} if token else None,
                timeout=httpx2.Timeout(ANSWER_S, connect=CONNECT_S),
                trust_env=False,  # a guest is not behind this machine's proxy
            )
        except httpx2.InvalidURL as error:
            raise EnvUnavailable(f"{address!r} is not the address of a guest: {error}.") from error

    @property
    def host(self) -> str:
        """The guest's name or number on the network."""
        return self._http.base_url.host

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- what can be seen

    def screenshot(self) -> bytes:
        """The screen with the pointer, a PNG."""
        return self.look("GET", "/screenshot").content

    def screen_size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        size = self.look("POST", "/screen_size").json()
        return int(size["width"]), int(size["height"])

    def cursor_position(self) -> tuple[int, int]:
        x, y = self.look("GET", "/cursor_position").json()
        return int(x), int(y)

    def platform(self) -> str:
        """The guest's system: "Linux", "Windows" or "Darwin"."""
        return self.look("GET", "/platform").text.strip().strip('"')

    def window_size(self, app_class_name: str) -> tuple[int, int] | None:
        """Width and height of the first window of a WM_CLASS; None when there is none."""
        try:
            size = self.look("POST", "/window_size", data={"app_class_name": app_class_name}).json()
        except GuestRefused as refused:
            if refused.status in (404, 500):  # the published server fails on an unknown class
                return None
            raise
        return int(size["width"]), int(size["height"])

    def accessibility(self, timeout_s: float = ANSWER_S, *, backend: str | None = None) -> str:
        """The tree of what assistive technology sees, as XML.

        Args:
            timeout_s: large documents take minutes.
            backend: of a Windows guest, "uia" or "win32".
        """
        params = {"backend": backend} if backend else {}
        return str(self.look("GET", "/accessibility", timeout_s=timeout_s, params=params).json()["AT"])

    def terminal(self) -> str | None:
        """What is in the terminal's window; None when there is none."""
        return self.look("GET", "/terminal").json()["output"]

    def desktop_path(self) -> str:
        return str(self.look("POST", "/desktop_path").json()["desktop_path"])

    def wallpaper(self) -> bytes | None:
        """The file of the picture behind the windows; None when there is none."""
        return _unless_missing(lambda: self.look("POST", "/wallpaper").content)

    def list_directory(self, path: str) -> Mapping[str, object]:
        """A folder and all below it: {type, name, children}."""
        return self.look("POST", "/list_directory", json={"path": path}).json()["directory_tree"]

    def read_file(self, path: str) -> bytes | None:
        """A file's content; None when there is none."""
        request = {"file_path": path}
        return _unless_missing(lambda: self.look("POST", "/file", timeout_s=UPLOAD_S, data=request).content)

    # ---- what has an effect

    def execute(self, command: Command, *, shell: bool = False, timeout_s: float = COMMAND_S) -> Completed:
        """Run a command and wait for its end; the guest ends it after a time.

        Args:
            command: words, or a command line.
            shell: whether a shell reads it.
            timeout_s: of the command. Published servers older than 2026 know 120 s only.
        """
        asked = {"command": _plain(command), "shell": shell, "timeout": timeout_s}
        return _completed(self.act("/execute", json=asked, timeout_s=timeout_s + _MARGIN_S))

    def execute_with_verification(
        self,
        command: Command,
        verification: Mapping[str, object],
        *,
        shell: bool = False,
        max_wait_s: float = 10.0,
        check_interval_s: float = 1.0,
    ) -> Completed:
        """Run a command and wait until its effect is there: `window_exists`, `command_success`, or both."""
        asked = {
            "command": _plain(command),
            "shell": shell,
            "verification": dict(verification),
            "max_wait_time": max_wait_s,
            "check_interval": check_interval_s,
        }
        timeout_s = COMMAND_S + max_wait_s + _MARGIN_S
        return _completed(self.act("/execute_with_verification", json=asked, timeout_s=timeout_s))

    def run_python(self, code: str) -> Completed:
        """Run a Python program of at most 30 s; its text is the guest's to run, not this machine's."""
        reply = self.act("/run_python", json={"code": code}, accept=(400, 500)).json()
        status = reply.get("return_code")
        error = reply.get("error") or (reply.get("message") if status != 0 else "")  # else it is the output again
        return Completed(str(reply.get("output") or ""), str(error or ""), status)

    def run_bash_script(self, script: str, *, timeout_s: float = 100.0, working_dir: str | None = None) -> Completed:
        asked = {"script": script, "timeout": timeout_s, "working_dir": working_dir}
        return _completed(self.act("/run_bash_script", json=asked, timeout_s=timeout_s + _MARGIN_S, accept=(500,)))

    def launch(self, command: Command, *, shell: bool = False) -> None:
        """Start a program and do not wait for it."""
        self.act("/setup/launch", json={"command": _plain(command), "shell": shell})

    def write_file(self, path: str, content: bytes) -> None:
        """Write a file, and the folders above it. Writing the same again does no harm, so it is tried again."""
        name = path.replace("\\", "/").rsplit("/", 1)[-1]
        files = {"file_data": (name, content)}
        self.look("POST", "/setup/upload", timeout_s=UPLOAD_S, data={"file_path": path}, files=files)

    def download_file(self, url: str, path: str) -> None:
        """Let the guest itself fetch a file from the web."""
        self.look("POST", "/setup/download_file", timeout_s=UPLOAD_S, json={"url": url, "path": path})

    def open_file(self, path: str) -> None:
        """Open a file as a double click does, and wait for its window."""
        self.act("/setup/open_file", json={"path": path}, timeout_s=OPEN_S)

    def activate_window(self, name: str, *, strict: bool = False, by_class: bool = False) -> None:
        """Bring a window to the front, by a part of its title, or its whole title or class."""
        self.act("/setup/activate_window", json={"window_name": name, "strict": strict, "by_class": by_class})

    def close_window(self, name: str, *, strict: bool = False, by_class: bool = False) -> None:
        self.act("/setup/close_window", json={"window_name": name, "strict": strict, "by_class": by_class})

    def change_wallpaper(self, path: str) -> None:
        self.act("/setup/change_wallpaper", json={"path": path})

    def start_recording(self) -> None:
        """Begin to film the screen."""
        self.act("/start_recording")

    def end_recording(self) -> bytes:
        """The film since then, MP4."""
        return self.act("/end_recording", timeout_s=UPLOAD_S).content

    # ---- asking, for the routes that only some guests have

    def look(
        self, method: str, route: str, *, timeout_s: float = ANSWER_S, **request: Unpack[_Request]
    ) -> httpx2.Response:
        """Ask for what may be asked again, up to three times when the guest is not there at once."""
        for attempt in Retrying(
            retry=retry_if_exception_type((EnvUnavailable, NoAnswer)),
            stop=stop_after_attempt(3),
            wait=wait_exponential(multiplier=0.5, max=5),
            reraise=True,
        ):
            with attempt:
                return self._ask(method, route, timeout_s, (), request)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def act(
        self, route: str, *, timeout_s: float = ANSWER_S, accept: Sequence[int] = (), **request: Unpack[_Request]
    ) -> httpx2.Response:
        """Ask once for what has an effect. Answers of the statuses in `accept` are no refusals."""
        return self._ask("POST", route, timeout_s, accept, request)

    def _ask(
        self, method: str, route: str, timeout_s: float, accept: Sequence[int], request: _Request
    ) -> httpx2.Response:
        timeout = httpx2.Timeout(timeout_s, connect=CONNECT_S)
        try:
            reply = self._http.request(method, route, timeout=timeout, **request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol) as error:
            raise EnvUnavailable(f"The guest at {self.address} cannot be reached: {error}.") from error
        except httpx2.TimeoutException as error:
            raise NoAnswer(f"The guest did not answer {route} within {timeout_s:g} s.") from error
        except httpx2.TransportError as error:
            raise NoAnswer(f"The guest at {self.address} broke off while it was to answer {route}: {error}.") from error
        if reply.is_success or reply.status_code in accept:
            return reply
        if reply.status_code == 401:
            raise EnvUnavailable(f"The guest at {self.address} wants another token.")
        raise GuestRefused(f"The guest could not {route}: {_words(reply)}", reply.status_code)


def _unless_missing(ask: Callable[[], bytes]) -> bytes | None:
    try:
        return ask()
    except GuestRefused as refused:
        if refused.status == 404:
            return None
        raise


def _plain(command: Command) -> str | list[str]:
    return command if isinstance(command, str) else list(command)


def _completed(reply: httpx2.Response) -> Completed:
    told = reply.json()
    return Completed(str(told.get("output") or ""), str(told.get("error") or ""), told.get("returncode"))


def _words(reply: httpx2.Response) -> str:
    """What a refusal says: JSON with a message, or a line of text."""
    try:
        told: object = reply.json()
    except ValueError:
        told = None
    if isinstance(told, dict):
        fields = cast(Mapping[str, object], told)
        told_by = ("message", "error", "output", "status")
        text = next((words for name in told_by if (words := fields.get(name))), "")
    else:
        text = reply.text
    return " ".join(str(text).split())[:300] or f"status {reply.status_code}"
