"""A display of the agent's own: an X server that nobody sees, a window manager, a session bus, and programs on it.

The user keeps mouse and keyboard. Everything ends with it, also when the agent is killed. Knows processes; looks at
nothing and acts on nothing.
"""

from __future__ import annotations

import os
import re
import secrets
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Self, TypeVar

import xcffib
import xcffib.xproto

from envs.base import EnvUnavailable
from envs.reaper import VARIABLE, Reaper, end_all
from envs.x11_display import connect, reached
from envs.x11_windows import Window, X11Windows

_Answer = TypeVar("_Answer")

START_S = 20.0
"""How long the X server, the bus or the window manager may take to start."""
LOOK_S = 0.01
LARGEST_PX = 16384
_SERVER_INTERPRETED, _ALL_OF_THIS_MACHINE = 5, 252
"""Families of hosts: here for single users (X11/X.h), and what is not listed but let in (Xauth.h)."""
_OF_THE_USERS_SESSION = (
    "DBUS_SESSION_BUS_ADDRESS", "DESKTOP_STARTUP_ID", "SESSION_MANAGER", "WAYLAND_DISPLAY", "XAUTHORITY",
    "XDG_SESSION_TYPE",
)  # fmt: skip
_ON_IT = {
    "GDK_BACKEND": "x11",
    "QT_QPA_PLATFORM": "xcb",
    "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
    # An input method would take the typed characters for parts of others.
    "GTK_IM_MODULE": "gtk-im-context-simple",
    "QT_IM_MODULE": "simple",
    "XMODIFIERS": "@im=none",
}


class LaunchedProgram:
    """A program on the display."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        """Its process, which leads a group of its own."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    @property
    def said(self) -> str:
        """What it has written to the terminal that it has not."""
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        """End it, and wait until it has."""
        self._process.terminate()
        try:
            self._process.wait(timeout=START_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class VirtualDisplay:
    """A running display. Use it as a context manager, or call `close`.

    Attributes:
        name: as the variable DISPLAY has it.
        size_px: width and height.
        missing: programs that would make it more complete and are not installed.
    """

    def __init__(self, size_px: tuple[int, int] = (1280, 720), *, watch: bool = False) -> None:
        """Start it.

        Args:
            size_px: width and height.
            watch: show it in a window of the user's own desktop, by Xephyr.

        Raises:
            EnvUnavailable: it cannot be started here.
        """
        if not all(1 <= side <= LARGEST_PX for side in size_px):
            raise EnvUnavailable(f"A display cannot be {size_px[0]}x{size_px[1]} pixels: 1 to {LARGEST_PX} a side.")
        self.size_px = size_px
        self.missing: tuple[str, ...] = ()
        self._programs: list[LaunchedProgram] = []
        self._mark = secrets.token_hex(8)
        self._folder = Path(tempfile.mkdtemp(prefix="deixis-display-"))
        self._reaper: Reaper | None = Reaper(self._mark, self._folder)
        self._environment = {k: v for k, v in os.environ.items() if k not in _OF_THE_USERS_SESSION} | _ON_IT
        self._environment |= {VARIABLE: self._mark, "XDG_RUNTIME_DIR": str(self._folder)}
        try:
            self.name = self._start_server(watch)
            self._environment["DISPLAY"] = self.name
            self._only_for_this_user()
            self._start_bus()
            self._start_window_manager()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables of programs on it: the user's own, but for those of another display."""
        return dict(self._environment)

    def launch(self, command: Sequence[str], *, cwd: Path | None = None) -> LaunchedProgram:
        """Start a program on it.

        Args:
            command: the program and its arguments; no shell reads them.
            cwd: the folder it starts in.

        Raises:
            EnvUnavailable: there is no such program.
        """
        log = self._folder / f"program-{len(self._programs)}.log"
        try:
            with log.open("wb") as written:
                process = subprocess.Popen(
                    list(command),
                    cwd=cwd,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=written,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except (OSError, IndexError) as error:
            raise EnvUnavailable(f"{' '.join(command) or 'Nothing'!r} cannot be started: {error}") from error
        program = LaunchedProgram(command[0], process, log)
        self._programs.append(program)
        return program

    def private_file(self, name: str, content: str) -> Path:
        """A file that only the user can read, and that goes with the display."""
        path = self._folder / name  # the folder itself is closed to others
        path.write_text(content)
        return path

    def windows(self) -> tuple[Window, ...]:
        """The programs' windows, oldest first."""
        with closing(X11Windows(self.name)) as windows:
            return windows.windows()

    def wait_for_window(self, title: str, timeout_s: float = 20.0) -> Window:
        """Wait until there is a window.

        Args:
            title: regular expression that is found in its title.
            timeout_s: how long to wait.

        Raises:
            EnvUnavailable: there is none in time; the message says which there are, and what the programs have said.
        """
        with closing(X11Windows(self.name)) as there:

            def found() -> Window | None:
                return next((window for window in there.windows() if re.search(title, window.title)), None)

            window = _in_time(found, timeout_s)
            if window is not None:
                return window
            titles = [window.title for window in there.windows()]
        said = " ".join(f"{program.name}: {program.said[-300:]}" for program in self._programs if program.said)
        raise EnvUnavailable(f"No window {title!r} within {timeout_s:g} s; there are {titles}. {said}")

    def set_layout(self, layout: str) -> None:
        """Give the keyboard a layout: "us", "de", "fr".

        Raises:
            EnvUnavailable: there is no such layout, or no setxkbmap.
        """
        if shutil.which("setxkbmap") is None:
            raise EnvUnavailable("There is no setxkbmap: sudo apt-get install x11-xkb-utils")
        done = subprocess.run(
            ["setxkbmap", "-display", self.name, "-layout", layout], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise EnvUnavailable(f"The keyboard cannot have the layout {layout!r}: {done.stderr.strip()}")

    def close(self) -> None:
        """End everything on it, and itself. May be called twice."""
        if self._reaper is None:
            return
        end_all(self._mark)
        self._reaper.close()
        self._reaper = None
        for program in self._programs:
            program.stop()

    def _start_server(self, watch: bool) -> str:
        size = f"{self.size_px[0]}x{self.size_px[1]}"
        if watch:
            program, package, arguments = "Xephyr", "xserver-xephyr", ["-screen", size, "-title", "Deixis"]
        else:
            program, package, arguments = "Xvfb", "xvfb", ["-screen", "0", f"{size}x24"]
        if shutil.which(program) is None:
            raise EnvUnavailable(
                f"There is no {program} on this machine. Install it with:  sudo apt-get install {package}"
            )
        ours, theirs = os.pipe()
        log = self._folder / "server.log"
        with log.open("wb") as written:
            process = subprocess.Popen(
                [program, "-displayfd", str(theirs), "-nolisten", "tcp", "-noreset", *arguments],
                env=self._environment,
                pass_fds=[theirs],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        os.close(theirs)
        self._programs.append(LaunchedProgram(program, process, log))
        with os.fdopen(ours, "rb") as told:
            number = _line(told.fileno())
        if not number:
            raise EnvUnavailable(f"{program} does not start: {log.read_text(errors='replace').strip()[-500:]}")
        return f":{number}"

    def _only_for_this_user(self) -> None:
        """Whoever has the machine's sockets could see and act otherwise; a cookie would have to be known to all."""
        me = f"localuser\0#{os.getuid()}".encode()
        with reached():
            connection = connect(self.name)
            core = xcffib.xproto.xprotoExtension(connection)
            hosts = [(host.family, bytes(host.address)) for host in core.ListHosts().reply().hosts]
            core.ChangeHosts(xcffib.xproto.HostMode.Insert, _SERVER_INTERPRETED, len(me), me)
            for family, address in [*hosts, (_ALL_OF_THIS_MACHINE, b"")]:
                core.ChangeHosts(xcffib.xproto.HostMode.Delete, family, len(address), address)
            core.SetAccessControl(xcffib.xproto.AccessControl.Enable)
            core.GetInputFocus().reply()
            connection.disconnect()

    def _start_bus(self) -> None:
        if shutil.which("dbus-daemon") is None:
            self.missing += ("dbus-daemon",)
            return
        bus = self.launch(["dbus-daemon", "--session", "--nofork", "--print-address"])
        address = _in_time(lambda: bus.said.partition("\n")[0] if "\n" in bus.said else None, START_S)
        if address is None:
            raise EnvUnavailable(f"The session bus does not start: {bus.said}")
        self._environment["DBUS_SESSION_BUS_ADDRESS"] = address

    def _start_window_manager(self) -> None:
        if shutil.which("openbox") is None:
            self.missing += ("openbox",)
            return
        manager = self.launch(["openbox"])
        with closing(X11Windows(self.name)) as windows:
            if _in_time(lambda: windows.are_managed() or None, START_S) is None:
                raise EnvUnavailable(f"The window manager does not start: {manager.said}")


def _line(file: int) -> str:
    """A line that is written within the time allowed; empty when none is."""
    text, deadline = b"", time.monotonic() + START_S
    while not text.endswith(b"\n") and select.select([file], [], [], max(0.0, deadline - time.monotonic()))[0]:
        piece = os.read(file, 64)
        if not piece:
            return ""
        text += piece
    return text.decode().strip()


def _in_time(question: Callable[[], _Answer | None], seconds: float) -> _Answer | None:
    """The first answer other than None, asked for again and again; None when there is none in time."""
    deadline = time.monotonic() + seconds
    while (answer := question()) is None and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    return answer
