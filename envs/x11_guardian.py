"""Lets go of what an agent holds down on an X display when the agent dies, however it dies.

`python -m envs.x11_guardian DISPLAY PID` is a small program of its own. Its standard input tells it what is held
("+key 37"), and what is not any more ("-key 37"); the kinds are `key`, `button`, `lock` (modifiers to lock again),
`keysyms` (a keycode, the keysym that it was given, and those to give back) and `client` (the agent, as the display
knows it). It ends with its input, with the agent or with the display, and before that undoes what is still held.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

Held = tuple[str, int]
"""What is held: its kind and its number."""

_ROOT = Path(__file__).parent.parent
_END_S = 5.0
"""How long it may take to end, once it has nothing more to do."""
_INPUT = 0
_CORE_KEYBOARD = 0x100
"""XKB's name for the keyboard that programs see (XkbUseCoreKbd)."""
_KEY_RELEASE, _BUTTON_RELEASE = 3, 5
"""Events of the core protocol."""


class Guardian:
    """The agent's side."""

    def __init__(self, display: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "envs.x11_guardian", display, str(os.getpid())],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,  # what ends the agent from the terminal must not end it first
        )

    def hold(self, held: Iterable[Held], *restore: int) -> None:
        """Tell it what is about to be held, and what to restore.

        Raises:
            EnvUnavailable: it has gone.
        """
        self._tell("+", held, restore)

    def release(self, held: Iterable[Held]) -> None:
        """Tell it what is not held any more."""
        self._tell("-", held)

    def close(self) -> None:
        """End it; it undoes what is held. May be called twice."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tell(self, sign: str, held: Iterable[Held], numbers: Iterable[int] = ()) -> None:
        assert self._process.stdin is not None
        lines = [" ".join((f"{sign}{kind}", str(number), *map(str, numbers))) for kind, number in held]
        try:
            self._process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        except BrokenPipeError as error:
            from envs.base import EnvUnavailable  # not at the top: the guardian has no use for it and starts faster

            raise EnvUnavailable("The process that lets go of keys when this one is killed has ended.") from error


def main(display: str, agent: int) -> None:
    """Serve until there is nobody left to serve."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    held: dict[Held, list[int]] = {}
    there = _Display(display)
    for line in _lines(agent, there):
        kind, number, *restore = line[1:].split()
        if line.startswith("+"):
            held[kind, int(number)] = [int(value) for value in restore]
        else:
            held.pop((kind, int(number)), None)
    if any(kind != "client" for kind, _ in held):
        there.undo(held)


class _Display:
    """The guardian's own connection."""

    def __init__(self, name: str) -> None:
        import xcffib  # not at the top: the agent imports this module for the other side only
        import xcffib.xkb
        import xcffib.xproto
        import xcffib.xtest

        self._refused = xcffib.Error
        self._connection = xcffib.connect(display=name)
        self._core = xcffib.xproto.xprotoExtension(self._connection)
        self._test = xcffib.xtest.xtestExtension(self._connection, xcffib.xtest.key)
        self._xkb = xcffib.xkb.xkbExtension(self._connection, xcffib.xkb.key)
        self._xkb.UseExtension(1, 0).reply()
        self._root = self._connection.get_screen_pointers()[0].root

    def fileno(self) -> int:
        return self._connection.get_file_descriptor()

    def skip_events(self) -> None:
        """Every connection gets some, such as those of a new keyboard mapping. Raises when the display has gone."""
        while self._connection.poll_for_event() is not None:
            pass

    def undo(self, held: dict[Held, list[int]]) -> None:
        for kind, number in held:
            if kind == "client":  # first, or what it has sent and the server has not read yet would come afterwards
                with suppress(self._refused):  # the server has noticed its end already
                    self._core.KillClient(number, is_checked=True).check()
        keys = self._core.QueryKeymap().reply().keys
        buttons = self._core.QueryPointer(self._root).reply().mask >> 8
        for (kind, number), restore in reversed(held.items()):
            if kind == "key" and keys[number // 8] >> number % 8 & 1:
                self._test.FakeInput(_KEY_RELEASE, number, 0, 0, 0, 0, 0)
            elif kind == "button" and buttons >> (number - 1) & 1:
                self._test.FakeInput(_BUTTON_RELEASE, number, 0, 0, 0, 0, 0)
            elif kind == "lock":
                self._xkb.LatchLockState(_CORE_KEYBOARD, number, number, False, 0, 0, False, 0)
            elif kind == "keysyms":
                given, *before = restore
                if self._core.GetKeyboardMapping(number, 1).reply().keysyms[0] == given:  # and not a new layout's
                    self._core.ChangeKeyboardMapping(1, number, len(before), before)
        self._core.GetInputFocus().reply()


def _lines(agent: int, display: _Display) -> Iterator[str]:
    """The lines of standard input, until it ends, or the agent does."""
    watched = [_INPUT, display.fileno()]
    with suppress(ProcessLookupError, AttributeError):  # it has ended, or this is not Linux: the input will tell
        # Where the agent has forked, the child has the other end of the input too, and outlives the agent.
        watched.append(os.pidfd_open(agent))
    rest = b""
    while True:
        ready = select.select(watched, [], [])[0]
        display.skip_events()
        if _INPUT in ready:
            read = os.read(_INPUT, 65536)
            if not read:
                return
            *lines, rest = (rest + read).split(b"\n")
            yield from (line.decode() for line in lines)
        elif watched[2:] and watched[2] in ready:
            return


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
