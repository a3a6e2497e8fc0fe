"""A display of the agent's own: an X server that nobody sees, a window manager, a session bus, and programs on it.

The user keeps mouse and keyboard. Everything ends with it, also when the agent is killed. Knows processes; looks at
nothing and acts on nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

import xcffib
import xcffib.xproto

from envs.base import EnvUnavailable
from envs.reaper import ReapedProcess, Reaper
from envs.throwaway_home import new_home
from envs.x11_access import let_in_this_user, new_cookie
from envs.x11_display import connect, reached
from envs.x11_windows import Window, X11Windows

_Answer = TypeVar("_Answer")

START_S = 60.0
"""How long the X server, the bus or the window manager may take to start, on a machine that is busy with others."""
LOOK_S = 0.01
LARGEST_PX = 16384
_OF_ANOTHER_DISPLAY = (
    "AT_SPI_BUS_ADDRESS", "CLUTTER_BACKEND", "DBUS_SESSION_BUS_ADDRESS", "DESKTOP_SESSION", "DESKTOP_STARTUP_ID",
    "ELECTRON_OZONE_PLATFORM_HINT", "MOZ_ENABLE_WAYLAND", "SDL_VIDEODRIVER", "SDL_VIDEO_DRIVER", "SESSION_MANAGER",
    "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "WINDOWID", "XAUTHORITY", "XDG_CURRENT_DESKTOP", "XDG_SEAT",
    "XDG_SESSION_DESKTOP", "XDG_SESSION_ID", "XDG_SESSION_TYPE", "XDG_VTNR",
)  # fmt: skip
_ON_IT = {
    "GDK_BACKEND": "x11",
    "QT_QPA_PLATFORM": "xcb",
    "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
    # An input method would take the typed characters for parts of others.
    "GTK_IM_MODULE": "gtk-im-context-simple",
    "QT_IM_MODULE": "simple",
    "XMODIFIERS": "@im=none",
    # It would mount the user's files in a folder that is going to be removed.
    "GVFS_DISABLE_FUSE": "1",
}


class LaunchedProgram:
    """A program on the display."""

    def __init__(self, name: str, process: ReapedProcess, log: Path) -> None:
        self.name = name
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        """Its process, which leads a group of its own."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs; negative, the signal that ended it.

        Raises:
            EnvUnavailable: the process that keeps the display's programs was killed.
        """
        try:
            return self._process.poll()
        except ConnectionError as error:
            raise EnvUnavailable(f"The display has gone: {error}.") from error

    @property
    def said(self) -> str:
        """What it has written to the terminal that it has not; empty after the display was closed."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def stop(self) -> None:
        """End it and its children, and wait until they have. May be called twice.

        Raises:
            EnvUnavailable: the process that keeps the display's programs was killed.
        """
        try:
            self._process.stop()
        except ConnectionError as error:
            raise EnvUnavailable(f"The display has gone: {error}.") from error


class VirtualDisplay:
    """A running display. Use it as a context manager, or call `close`.

    Attributes:
        name: as the variable DISPLAY has it.
        size_px: width and height.
        home: the programs' own home folder; None where they have the user's.
        missing: programs that would make it more complete and are not installed.
    """

    def __init__(
        self, size_px: tuple[int, int] = (1280, 720), *, watch: bool = False, throwaway_home: bool = False
    ) -> None:
        """Start it.

        Args:
            size_px: width and height.
            watch: show it in a window of the user's own desktop, by Xephyr.
            throwaway_home: give the programs a home folder and an environment of their own, which go with the display.

        Raises:
            EnvUnavailable: it cannot be started here.
        """
        if not all(1 <= side <= LARGEST_PX for side in size_px):
            raise EnvUnavailable(f"A display cannot be {size_px[0]}x{size_px[1]} pixels: 1 to {LARGEST_PX} a side.")
        self.size_px = size_px
        self.missing: tuple[str, ...] = ()
        self._programs: list[LaunchedProgram] = []
        self._folder = Path(tempfile.mkdtemp(prefix="deixis-display-"))  # closed to other users
        self._reaper = Reaper(self._folder)
        self.home = self._folder / "home" if throwaway_home else None
        users_own = {k: v for k, v in os.environ.items() if k not in _OF_ANOTHER_DISPLAY}
        self._environment = dict(users_own if self.home is None else new_home(self.home)) | _ON_IT
        self._environment["XDG_RUNTIME_DIR"] = str(self._folder)
        try:
            self.name = self._environment["DISPLAY"] = self._start_server(watch)
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
        return self._launch(command, cwd, self._environment)

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
        """Give the keyboard a layout, such as "de", or several to switch between, such as "us,de,ru".

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
        self._reaper.close()

    def _launch(self, command: Sequence[str], cwd: Path | None, environment: Mapping[str, str]) -> LaunchedProgram:
        log = self._folder / f"program-{len(self._programs)}.log"
        try:
            process = self._reaper.launch(command, cwd or Path.cwd(), environment, log)
        except OSError as error:
            raise EnvUnavailable(f"{' '.join(command) or 'Nothing'!r} cannot be started: {error}") from error
        program = LaunchedProgram(command[0], process, log)
        self._programs.append(program)
        return program

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
        file = self._folder / "cookie"
        cookie = new_cookie(file)
        command = [program, "-auth", str(file), "-nolisten", "tcp", "-noreset", *arguments]
        # The server writes its number among what it says, by a copy of its output that it can close. The environment is
        # the user's, since Xephyr is itself a program on the user's display.
        server = self._launch(["sh", "-c", 'exec "$0" "$@" -displayfd 3 3>&1', *command], None, os.environ)
        name = ":" + told(server, program, r"^(\d+)\n")
        let_in_this_user(name, cookie)
        return name

    def _start_bus(self) -> None:
        if shutil.which("dbus-daemon") is None:
            self.missing += ("dbus-daemon",)
            return
        address = f"unix:path={self._folder / 'bus'}"
        bus = self.launch(["dbus-daemon", "--session", "--nofork", "--print-address", f"--address={address}"])
        self._environment["DBUS_SESSION_BUS_ADDRESS"] = told(bus, "The session bus", r"^(unix:.*)\n")

    def _start_window_manager(self) -> None:
        if shutil.which("openbox") is None:
            self.missing += ("openbox",)
            return
        manager = self.launch(["openbox"])
        # That it follows twice shows that it has begun to listen: a window that comes before that is never shown.
        for count in (2, 1):
            if _in_time(partial(self._has_desktops, count), START_S) is None:
                raise EnvUnavailable(f"The window manager does not start: {manager.said}")

    def _has_desktops(self, count: int) -> bool | None:
        """Ask for so many desktops; None while there are not. With one, a scroll beside the windows changes nothing."""
        with closing(X11Windows(self.name)) as windows, reached():
            if windows.desktops() == count:
                return True
            connection = connect(self.name)
            core = xcffib.xproto.xprotoExtension(connection)
            name = "_NET_NUMBER_OF_DESKTOPS"
            kind = core.InternAtom(False, len(name), name).reply().atom
            root = connection.get_screen_pointers()[0].root
            data = xcffib.xproto.ClientMessageData.synthetic([count, 0, 0, 0, 0], "I" * 5)
            event = xcffib.xproto.ClientMessageEvent.synthetic(32, root, kind, data)
            to_manager = xcffib.xproto.EventMask.SubstructureRedirect | xcffib.xproto.EventMask.SubstructureNotify
            core.SendEvent(False, root, to_manager, event.pack(), is_checked=True).check()
            connection.disconnect()
        return None


def told(program: LaunchedProgram, what: str, pattern: str, timeout_s: float = START_S) -> str:
    """What a program says when it has started: the first group of a regular expression in what it writes.

    Raises:
        EnvUnavailable: it ended, or has not said it in time.
    """

    def said() -> re.Match[str] | bool | None:
        ended = program.exit_status is not None
        return re.search(pattern, program.said, re.MULTILINE) or ended or None

    found = _in_time(said, timeout_s)
    if not isinstance(found, re.Match):
        raise EnvUnavailable(f"{what} does not start: {program.said.strip()[-500:]}")
    return found[1]


def _in_time(question: Callable[[], _Answer | None], seconds: float) -> _Answer | None:
    """The first answer other than None, asked for again and again; None when there is none in time."""
    deadline = time.monotonic() + seconds
    while (answer := question()) is None and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    return answer
