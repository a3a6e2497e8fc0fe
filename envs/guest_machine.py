"""What a guest's server does on its own machine beside the screen: commands, files, windows, films.

Knows the machine that it runs on; knows no HTTP and no harness. Linux with X11; a method that this machine cannot do
raises NotOnThisMachine with the remedy.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from envs.base import EnvError
from envs.guest_client import Completed
from envs.screen_capture import Region

if TYPE_CHECKING:
    from envs.x11_window_control import X11WindowControl
    from envs.x11_windows import Window

LOOK_S: Final = 0.1
OPEN_S: Final = 1800.0
"""How long an opened file's window is waited for, as the published server does."""
FILM_START_S: Final = 2.0
"""A film that cannot be made has failed by then."""
BACKGROUND: Final = ("gsettings", "{}", "org.gnome.desktop.background", "picture-uri")

Command = str | Sequence[str]


class BadRequest(EnvError):
    """Raised when a request lacks something, or comes at the wrong moment."""


class NotOnThisMachine(EnvError):
    """Raised for what this machine cannot do. The message says what would help."""


class NotFound(EnvError):
    """Raised when there is no such file, folder or window."""


class CommandFailed(EnvError):
    """Raised for a command that cannot be started, or took too long."""


class GuestMachine:
    """The machine of the server. Use `close` at the end."""

    def __init__(self, environment: Mapping[str, str], screen: Region) -> None:
        """Know the machine.

        Args:
            environment: variables of programs that are to appear on its screen.
            screen: what of it is shown.
        """
        self.environment = dict(environment)
        self._screen = screen
        self._film: tuple[subprocess.Popen[bytes], Path] | None = None
        self._launched: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        """End a film that is being made."""
        if self._film is not None:
            self.end_film().unlink(missing_ok=True)

    # ---- commands

    def execute(self, command: Command, *, shell: bool, timeout_s: float, cwd: str | None = None) -> Completed:
        """Run a command to its end.

        Raises:
            CommandFailed: it cannot be started, or took too long and was ended with all that it had started.
        """
        process = self._started(command, shell, cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            output, error = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as expired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.communicate()
            raise CommandFailed(f"The command was ended after {timeout_s:g} s.") from expired
        return Completed(output.decode(errors="replace"), error.decode(errors="replace"), process.returncode)

    def launch(self, command: Command, *, shell: bool) -> None:
        """Start a program and do not wait for it."""
        self._launched = [process for process in self._launched if process.poll() is None]  # and reap the others
        nothing = subprocess.DEVNULL
        self._launched.append(self._started(command, shell, None, stdin=nothing, stdout=nothing, stderr=nothing))

    def _started(
        self, command: Command, shell: bool, cwd: str | None, *, stdin: int | None = None, stdout: int, stderr: int
    ) -> subprocess.Popen[bytes]:
        if isinstance(command, str):
            words = command if shell else [_at_home(word) for word in shlex.split(command)]
        else:
            words = [_at_home(word) for word in command]
        if not words:
            raise CommandFailed("The command is empty.")
        try:
            return subprocess.Popen(
                words,
                shell=shell,
                cwd=cwd,
                env=self.environment,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        except OSError as error:
            raise CommandFailed(f"{command!r} cannot be started: {error}") from error

    # ---- files

    def path(self, written: str) -> Path:
        """A path as a harness writes it, "~" and variables included."""
        return Path(os.path.expandvars(written)).expanduser()

    def write_file(self, written: str, chunks: Iterator[bytes]) -> int:
        """Write a file whole or not at all, and the folders above it; its size in bytes."""
        path = self.path(written)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as part:
            try:
                for chunk in chunks:
                    part.write(chunk)
                part.flush()
                os.fchmod(part.fileno(), 0o644)
                Path(part.name).replace(path)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
        return path.stat().st_size

    def tree(self, path: Path) -> dict[str, object]:
        """A folder and all below it; links to folders are not followed."""
        children: list[dict[str, object]] = []
        with suppress(PermissionError):
            for entry in sorted(path.iterdir()):
                deeper = entry.is_dir() and not entry.is_symlink()
                children.append(self.tree(entry) if deeper else {"type": "file", "name": entry.name})
        return {"type": "directory", "name": path.name, "children": children}

    def open_file(self, written: str, *, timeout_s: float = OPEN_S) -> None:
        """Open a file, or a program by its name, and wait for a window whose title has the name.

        Raises:
            NotFound: there is neither, or no window comes.
        """
        path = self.path(written)
        if path.exists():
            opener = shutil.which("xdg-open", path=self.environment.get("PATH"))
            if opener is None:
                raise NotOnThisMachine("There is no xdg-open: sudo apt-get install xdg-utils")
            self.launch([opener, str(path)], shell=False)
        elif shutil.which(written, path=self.environment.get("PATH")):
            self.launch([written], shell=False)
        else:
            raise NotFound(f"There is no file and no program {written!r}.")
        with self.windows() as windows:
            if self.wait_until(lambda: windows.named(path.stem) is not None, timeout_s) is None:
                raise NotFound(f"No window for {path.name!r} came within {timeout_s:g} s.")
            window = windows.named(path.stem)
            if window is not None:  # it may have gone again
                windows.activate(window)

    def download(self, url: str, written: str) -> int:
        """Fetch a file from the web; its size in bytes.

        Raises:
            CommandFailed: it cannot be had.
        """
        import httpx2

        try:
            with httpx2.stream("GET", url, follow_redirects=True, timeout=300) as reply:
                reply.raise_for_status()
                return self.write_file(written, reply.iter_bytes())
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise CommandFailed(f"{url} cannot be fetched: {error}") from error

    # ---- windows and wallpaper

    @contextmanager
    def windows(self) -> Generator[X11WindowControl]:
        """The windows of the screen, to be looked at and changed."""
        display = self.environment.get("DISPLAY")
        if platform.system() != "Linux" or not display:
            raise NotOnThisMachine("Windows can be found on a display of X11 only.")
        from envs.x11_window_control import X11WindowControl

        windows = X11WindowControl(display)
        try:
            yield windows
        finally:
            windows.close()

    @contextmanager
    def window(self, name: str, strict: bool, by_class: bool) -> Generator[tuple[X11WindowControl, Window]]:
        """A window of a name, and what changes it.

        Raises:
            NotFound: there is none.
        """
        with self.windows() as windows:
            window = windows.named(name, strict=strict, by_class=by_class)
            if window is None:
                raise NotFound(f"There is no window {name!r}.")
            yield windows, window

    def pointer(self) -> tuple[int, int]:
        """Where the pointer is, in pixels of the screen."""
        with self.windows() as windows:
            return windows.pointer()

    def wallpaper(self) -> Path:
        """The file of the picture behind the windows.

        Raises:
            NotFound: there is none.
        """
        told = self._background("get")
        path = self.path(unquote(urlsplit(told.output.strip().strip("'")).path))
        if told.returncode != 0 or not path.is_file():
            raise NotFound("There is no picture behind the windows.")
        return path

    def change_wallpaper(self, written: str) -> None:
        path = self.path(written)
        if not path.is_file():
            raise NotFound(f"There is no file {written!r}.")
        done = self._background("set", path.resolve().as_uri())
        if done.returncode != 0:
            raise NotOnThisMachine(f"The wallpaper cannot be changed: {done.error.strip()}")

    def _background(self, verb: str, *value: str) -> Completed:
        if shutil.which("gsettings") is None:
            raise NotOnThisMachine("There is no gsettings, which knows the wallpaper.")
        return self.execute([*(part.format(verb) for part in BACKGROUND), *value], shell=False, timeout_s=10)

    def wait_until(self, is_so: Callable[[], bool], timeout_s: float) -> float | None:
        """Wait until something is so; the seconds it took, None when it is not so in time."""
        began = time.monotonic()
        while not is_so():
            if time.monotonic() - began > timeout_s:
                return None
            time.sleep(LOOK_S)
        return time.monotonic() - began

    # ---- films

    def start_film(self) -> None:
        """Begin to film the screen.

        Raises:
            BadRequest: it is being filmed already.
            NotOnThisMachine: there is no ffmpeg, or it cannot film.
        """
        if self._film is not None:
            raise BadRequest("Recording is already in progress.")
        ffmpeg, display = shutil.which("ffmpeg"), self.environment.get("DISPLAY")
        if ffmpeg is None or not display:
            raise NotOnThisMachine("Films need ffmpeg and a display of X11: sudo apt-get install ffmpeg")
        file = Path(tempfile.mkstemp(prefix="deixis-film-", suffix=".mp4")[1])
        size = f"{self._screen.width_dev}x{self._screen.height_dev}"
        place = f"{display}+{self._screen.left_dev},{self._screen.top_dev}"
        process = subprocess.Popen(
            [ffmpeg, "-loglevel", "error", "-y", "-f", "x11grab", "-draw_mouse", "1", "-framerate", "10",
             "-video_size", size, "-i", place, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
             "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", str(file)],
            env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.wait_until(lambda: process.poll() is not None or file.stat().st_size > 0, FILM_START_S)
        if process.poll() is not None:
            said = process.communicate()[1].decode(errors="replace").strip()
            file.unlink(missing_ok=True)
            raise NotOnThisMachine(f"The screen cannot be filmed: {said[-300:]}")
        self._film = process, file

    def end_film(self) -> Path:
        """End the film and say where it is; the file is the caller's to remove.

        Raises:
            BadRequest: none is being made.
        """
        if self._film is None:
            raise BadRequest("No recording in progress to stop.")
        (process, file), self._film = self._film, None
        try:
            process.communicate(b"q", timeout=30)  # ffmpeg's own key: the file is finished properly
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        return file


def _at_home(word: str) -> str:
    return str(Path(word).expanduser()) if word.startswith("~/") else word
