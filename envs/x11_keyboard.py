"""The keyboard of an X display: any keysym typed on any layout, by a key that has it or by one that is given it.

Keysyms that no key has are put on keycodes that have none, several at once, and stay there until the place is needed or
the keyboard is closed. Programs look up what a keycode means when they handle its event, not when it happens, so a
keycode that was typed must keep its meaning until they have, and may not be typed before they know a new one: the
program with the focus is asked whether it has come that far. An input method in a process of its own (ibus by XIM) is
not asked.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import cast

import xcffib
import xcffib.xkb
import xcffib.xproto

from envs.base import ActionFailed, EnvUnavailable
from envs.x11_display import reached
from envs.x11_guardian import Guardian
from envs.x11_keymap import Keymap, Stroke
from envs.x11_keysyms import is_media, is_state
from envs.x11_ping import ANSWER_S, Ping

STROKES_AT_ONCE = 48
"""So few that their events, even with three keys held for each, fit the 16 KiB that go out in one write."""
_KEYBOARD = xcffib.xkb.ID.UseCoreKbd
_CAPITALS = xcffib.xproto.ModMask.Lock


class Keyboard:
    """The keyboard of one display."""

    def __init__(self, connection: xcffib.Connection, guardian: Guardian) -> None:
        """Ask the server.

        Raises:
            EnvUnavailable: it has no XKB extension.
        """
        self._connection = connection
        self._guardian = guardian
        self._ping = Ping(connection)
        self._core = xcffib.xproto.xprotoExtension(connection)
        self._given: dict[int, int] = {}
        """Keysyms that were given a keycode, and which, the oldest first."""
        self._spare: list[int] = []
        """Keycodes that can be given keysyms."""
        self._unhandled = False
        """Whether a program may still have to look up a keycode that was given a keysym."""
        self._is_known = False
        """Whether the program that is typed to knows the mapping as it is."""
        self._focus = 0
        """The window that had the focus when that was asked."""
        self._rows: dict[int, tuple[int, ...]] = {}
        """The whole mapping when it was last read, as the core protocol has it."""
        self._choice: tuple[int, int] | None = None
        """The layout in use, of those that the keyboard has, and the modifiers that are locked."""
        setup = cast("xcffib.xproto.Setup", connection.get_setup())
        self._codes = range(setup.min_keycode, setup.max_keycode + 1)
        with reached():
            if not self._core.QueryExtension(len("XKEYBOARD"), "XKEYBOARD").reply().present:
                raise EnvUnavailable("The X display does not tell its keyboard's layout: it has no XKB extension.")
            self._xkb = xcffib.xkb.xkbExtension(connection, xcffib.xkb.key)
            self._xkb.UseExtension(1, 0).reply()
        self.read()

    def read(self) -> None:
        """Follow the user, who may have chosen another layout or locked modifiers."""
        with reached():
            asked = (
                self._core.GetKeyboardMapping(self._codes.start, len(self._codes)),
                self._xkb.GetState(_KEYBOARD),
                self._core.GetInputFocus(),
            )
            mapping, state, focused = (question.reply() for question in asked)
        if focused.focus != self._focus:
            self._focus = focused.focus
            self._is_known = self._is_known and not self._given
        width, keysyms = mapping.keysyms_per_keycode, tuple(mapping.keysyms)
        rows = {code: keysyms[place * width :][:width] for place, code in enumerate(self._codes)}
        lost = {keysym: code for keysym, code in self._given.items() if rows[code][0] != keysym}
        ours = set(self._given.values())
        if lost or any(row != self._rows.get(code) for code, row in rows.items() if code not in ours):
            for keysym in lost:
                del self._given[keysym]
            self._guardian.release(("keysyms", code) for code in lost.values())
            self._keymap = self._described()
            self._spare = self._find_spare()
            self._choice = None
            self._is_known = False
        self._rows = rows
        self._has_capitals = bool(state.lockedMods & _CAPITALS)
        choice = state.group, state.lockedMods & ~_CAPITALS
        if choice != self._choice:
            self._choice = choice
            self._strokes = self._keymap.strokes(*choice)

    def stroke(self, keysyms: Sequence[int]) -> Stroke:
        """How to press a key that may have one of several keysyms, by the first of them that the keyboard has.

        Raises:
            ActionFailed: it has none of them and can be given none.
        """
        self._wait_until_known()
        for keysym in keysyms:
            if keysym in self._strokes:
                return self._strokes[keysym]
        if not keysyms or is_state(keysyms[0]):
            raise ActionFailed("the keyboard has no such key")
        return next(self.strokes(keysyms[:1]))[0]

    def strokes(self, keysyms: Sequence[int]) -> Iterator[list[Stroke]]:
        """How to type keysyms, in pieces. A piece must have been typed before the next is asked for.

        Raises:
            ActionFailed: the next one cannot be typed.
        """
        while keysyms:
            self.read()
            reach = self._reach(keysyms)
            if not reach:
                raise ActionFailed("the keyboard has no key for it, and none to spare")
            needed = [keysym for keysym in dict.fromkeys(keysyms[:reach]) if keysym not in self._strokes]
            if self._unhandled and len(self._given.keys() | needed) > len(self._spare):
                self._wait_until_handled()
                continue  # and see what has changed in the meantime
            self._give(needed)
            self._wait_until_known()
            for start in range(0, reach, STROKES_AT_ONCE):
                piece = keysyms[start : min(start + STROKES_AT_ONCE, reach)]
                self._unhandled = self._unhandled or not self._strokes.keys() >= set(piece)
                yield [self._strokes.get(keysym) or Stroke(self._given[keysym]) for keysym in piece]
            keysyms = keysyms[reach:]

    @contextmanager
    def small_letters(self) -> Generator[None]:
        """CapsLock off inside. Call `read` before."""
        if not self._has_capitals:
            yield
            return
        held = [("lock", int(_CAPITALS))]
        self._guardian.hold(held)
        try:
            self._lock_capitals(False)
            yield
        finally:
            self._lock_capitals(True)
            self._guardian.release(held)

    def restore(self) -> None:
        """Give every keycode back what it had."""
        with suppress(ActionFailed):  # whoever hangs may get wrong characters when it does not any more
            self._wait_until_handled()
        self.read()
        codes = list(self._given.values())
        self._given.clear()
        self._put(codes)
        self._guardian.release(("keysyms", code) for code in codes)

    def _described(self) -> Keymap:
        parts = xcffib.xkb.MapPart
        wanted = parts.KeyTypes | parts.KeySyms | parts.ModifierMap
        lent = {code: self._keymap.rows[code] for code in self._given.values()}
        with reached():
            return Keymap(self._xkb.GetMap(_KEYBOARD, wanted, 0, *[0] * 15, is_checked=True).reply(), lent)

    def _find_spare(self) -> list[int]:
        rows = {code: row.syms for code, row in self._keymap.rows.items() if code not in self._keymap.modifiers}
        empty = [code for code, row in rows.items() if not any(row)]
        # Where every keycode has a meaning, the last of those that hardly any keyboard has lose theirs for a while.
        return empty or [code for code, row in reversed(rows.items()) if all(not sym or is_media(sym) for sym in row)]

    def _reach(self, keysyms: Sequence[int]) -> int:
        """How many can be typed before a keycode has to be given another keysym."""
        needed: set[int] = set()
        for place, keysym in enumerate(keysyms):
            if keysym not in self._strokes:
                needed.add(keysym)
                if len(needed) > len(self._spare):
                    return place
        return len(keysyms)

    def _give(self, needed: Sequence[int]) -> None:
        """See that keysyms, which no key has, have a keycode."""
        missing = [keysym for keysym in needed if keysym not in self._given]
        taken = set(self._given.values())
        places = [code for code in self._spare if code not in taken]
        for keysym in [keysym for keysym in self._given if keysym not in needed][: max(0, len(missing) - len(places))]:
            places.append(self._given.pop(keysym))
        given = dict(zip(missing, places, strict=False))
        for keysym, code in given.items():
            self._guardian.hold([("keysyms", code)], keysym, *(self._keymap.rows[code].syms[:2] or [0]))
        self._given |= given
        self._put(list(given.values()))

    def _put(self, codes: Sequence[int]) -> None:
        """Have the server follow what keycodes were given, or have back."""
        if not codes:
            return
        # By one request for all, as for each that changes something every program reads the whole mapping again, and
        # a window manager also takes all its keys again.
        span = range(min(codes), max(codes) + 1)
        given = {code: _one(keysym) for keysym, code in self._given.items()}
        rows = [given.get(code) or self._keymap.rows[code] for code in span]
        with reached():
            self._xkb.SetMap(
                _KEYBOARD, xcffib.xkb.MapPart.KeySyms, 0, self._codes[0], self._codes[-1], 0, 0,
                span[0], len(span), sum(row.nSyms for row in rows),
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, [[row.pack() for row in rows]],
            )  # fmt: skip
            self._core.GetInputFocus().reply()
        self._is_known = False

    def _wait_until_known(self) -> None:
        if not self._is_known:
            self._ping.wait_for_other_connections()
            self._is_known = True

    def _wait_until_handled(self) -> None:
        if not self._unhandled:
            return
        if not self._ping.wait_until_handled():
            raise ActionFailed(f"the program that has the focus has not handled them within {ANSWER_S:.0f} s")
        self._unhandled = False

    def _lock_capitals(self, on: bool) -> None:
        with reached():
            self._xkb.LatchLockState(_KEYBOARD, _CAPITALS, _CAPITALS * on, False, 0, 0, False, 0)
            self._core.GetInputFocus().reply()


def _one(keysym: int) -> xcffib.xkb.KeySymMap:
    """A key with nothing but one keysym, whatever the modifiers: its type, of XKB's own, is the first (ONE_LEVEL)."""
    return xcffib.xkb.KeySymMap.synthetic([0, 0, 0, 0], 1, 1, 1, [keysym])
