"""Lets go of what an agent held down on an X display when the agent has died, however it died.

Run as a program of its own: `python -m envs.x11_guardian DISPLAY`. On standard input it is told, one a line, what is
held ("+key 37", "+button 1"), what was let go ("-key 37"), which keycodes are to get their keysyms back, given in place
("=200 0 0 0 0"), and that they have got them ("!"); when the input ends it does what is left to do, and ends.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_ROOT = Path(__file__).parent.parent


class Guardian:
    """The agent's side."""

    def __init__(self, display: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "envs.x11_guardian", display],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # what ends the agent from the terminal must not end it first
        )

    def told(self, what: str, *numbers: int) -> None:
        """Tell it something, before it happens."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it ends only when the display has gone, and with it what was held
            self._process.stdin.write(f"{what}{' '.join(map(str, numbers))}\n".encode())
            self._process.stdin.flush()

    def close(self) -> None:
        """End it. May be called twice."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


def main(display: str) -> None:
    """Serve until the input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    held: dict[str, None] = {}
    rows: dict[int, list[int]] = {}
    for line in sys.stdin:
        sign, rest = line[0], line[1:].strip()
        if sign == "+":
            held[rest] = None
        elif sign == "-":
            held.pop(rest, None)
        elif sign == "!":
            rows.clear()
        else:
            keycode, *row = map(int, rest.split())
            rows[keycode] = row
    if held or rows:
        _let_go(display, list(held), rows)


def _let_go(display: str, held: Sequence[str], rows: dict[int, list[int]]) -> None:
    import xcffib
    import xcffib.xproto
    import xcffib.xtest

    connection = xcffib.connect(display=display)
    test = xcffib.xtest.xtestExtension(connection, xcffib.xtest.key)
    core = xcffib.xproto.xprotoExtension(connection)
    for what in reversed(held):
        kind, number = what.split()
        test.FakeInput(3 if kind == "key" else 5, int(number), 0, 0, 0, 0, 0)
    for keycode, row in rows.items():
        core.ChangeKeyboardMapping(1, keycode, len(row), row)
    core.GetInputFocus().reply()
    connection.disconnect()


if __name__ == "__main__":
    main(sys.argv[1])
