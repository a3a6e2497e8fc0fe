"""A guest machine without a machine: a virtual display with a home folder of its own, and our server in it.

It lives as long as one task. All that a task has started or written in its home ends with it, also when the harness is
killed; the user's home is never touched. It is no prison: programs see the files of this machine as their user does.
"""

from __future__ import annotations

import shlex
import socket
import sys
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Final, Self

from envs.base import EnvUnavailable
from envs.chromium import FLAGS, find_browser, is_root
from envs.virtual_display import VirtualDisplay, told
from tasks.local.user_home import with_user_home

SIZE_PX: Final = (1280, 720)
"""Width and height of its screen."""
SERVER_S: Final = 120.0
"""How long the server may take to start, on a machine that is busy with others."""
_ROOT: Final = Path(__file__).parents[2]
_BROWSER_NAMES: Final = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")
"""The names under which tasks start the browser."""
_BROWSER: Final = """#!/bin/sh
# Debugging at this guest's own port, whatever port the task says: all guests share one network.
for word do
  shift
  case $word in --remote-debugging-port=*) ;; *) set -- "$@" "$word" ;; esac
done
exec {browser} --remote-debugging-port={port} --user-data-dir="$HOME/.config/google-chrome" {flags} "$@"
"""


class LocalMachine:
    """A running guest. Use it as a context manager, or call `close`.

    Attributes:
        home: its home folder, here.
        address: of its server.
        token: what the server wants to be shown.
        browser_port: where its browser, once it runs, listens for the debugging protocol.
    """

    def __init__(self, browser: Path | None = None, *, user_home: bool = False) -> None:
        """Start it.

        Args:
            browser: what runs when a task starts Chrome; without one, no browser is there.
            user_home: let its programs find their home at /home/user, where `tasks.local.user_home` can do that.

        Raises:
            EnvUnavailable: it cannot be started here.
        """
        with ExitStack() as started:
            display = started.enter_context(VirtualDisplay(SIZE_PX, throwaway_home=True))
            assert display.home is not None
            self.home = display.home
            self.browser_port = _free_port()
            _install_programs(self.home / ".local/bin", browser, self.browser_port)
            command = [sys.executable, "-m", "tasks.local.server"]
            server = display.launch(with_user_home(self.home, command) if user_home else command, cwd=_ROOT)
            said = told(server, "The guest's server", r"^serving (\S+ \S+)\n", SERVER_S)
            self.address, self.token = said.split()
            self._started = started.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all of it. May be called twice."""
        self._started.close()


@cache
def installed_browser() -> Path | None:
    """The browser of this machine, as `envs.chromium` finds it; None when there is none. Looked for once."""
    from envs.chromium import playwrights_own

    try:
        return find_browser(None, playwrights_own())
    except EnvUnavailable:
        return None


def _install_programs(folder: Path, browser: Path | None, port: int) -> None:
    programs = {"python": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n'}
    if browser is not None:
        as_root = ("--no-sandbox", "--test-type") if is_root() else ()  # the second hides the notice about the first
        flags = (*FLAGS, "--password-store=basic", "--start-maximized", *as_root)
        program = _BROWSER.format(browser=shlex.quote(str(browser)), port=port, flags=" ".join(flags))
        programs |= dict.fromkeys(_BROWSER_NAMES, program)
    for name, program in programs.items():
        (folder / name).write_text(program, encoding="utf-8")
        (folder / name).chmod(0o755)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
