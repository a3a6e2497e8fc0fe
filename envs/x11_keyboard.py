"""Which keys of an X keyboard give which characters, on any layout, and keys made for those that none gives.

What the server says decides, never a table of some layout. A character that no key gives is put on a spare keycode.
Programs look the mapping up when they handle a key event, so a keycode that was just typed must not be changed before
they have, and they must have heard of a change before it is typed: they are asked, with the ping of window managers,
whether they have come that far.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import xcffib
import xcffib.xkb
import xcffib.xproto

from envs.x11_display import reached
from envs.x11_ping import Ping

_CORE_KEYBOARD = 0x100
"""XKB's name for the keyboard that programs see (XkbUseCoreKbd)."""
_LOCK = 0x02
_SHIFT, _LEVEL3 = 0xFFE1, 0xFE03
_GROUPS = ((0, 1, 4, 5), (2, 3, 6, 7))
"""The columns of the core mapping in which the levels of the first two groups stand."""
_LEVELS: tuple[tuple[int, ...], ...] = ((), (_SHIFT,), (_LEVEL3,), (_LEVEL3, _SHIFT))
"""What is held to reach a level."""
_KEYPAD = range(0xFF80, 0xFFBE)
"""Keysyms whose level depends on NumLock."""
_MEDIA = range(0x1008FF00, 0x1008FFFF)
UNASKED_S = 0.3
"""How long a program that answers no pings is given to handle what was typed."""

_NAMED = {
    "ctrl": 0xFFE3, "ctrlright": 0xFFE4, "shift": 0xFFE1, "shiftright": 0xFFE2, "alt": 0xFFE9, "altright": 0xFE03,
    "win": 0xFFEB, "winright": 0xFFEC, "enter": 0xFF0D, "esc": 0xFF1B, "tab": 0xFF09, "space": 0x20,
    "backspace": 0xFF08, "delete": 0xFFFF, "insert": 0xFF63, "home": 0xFF50, "end": 0xFF57, "pageup": 0xFF55,
    "pagedown": 0xFF56, "left": 0xFF51, "up": 0xFF52, "right": 0xFF53, "down": 0xFF54, "add": 0xFFAB,
    "subtract": 0xFFAD, "multiply": 0xFFAA, "divide": 0xFFAF, "decimal": 0xFFAE, "numenter": 0xFF8D,
    "capslock": 0xFFE5, "numlock": 0xFF7F, "scrolllock": 0xFF14, "printscreen": 0xFF61, "pause": 0xFF13,
    "apps": 0xFF67, "volumemute": 0x1008FF12, "volumedown": 0x1008FF11, "volumeup": 0x1008FF13,
    "playpause": 0x1008FF14, "nexttrack": 0x1008FF17, "prevtrack": 0x1008FF16,
    **{f"f{n}": 0xFFBD + n for n in range(1, 13)},
    **{f"num{n}": 0xFFB0 + n for n in range(10)},
}  # fmt: skip
"""The keysyms of `envs.keys.NAMES` (X11/keysymdef.h)."""


def keysym(key: str) -> int:
    """The keysym of a key's canonical name, or of a character."""
    if key in _NAMED:
        return _NAMED[key]
    code = ord(key)
    return code if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF else 0x01000000 + code


@dataclass(frozen=True, slots=True)
class Stroke:
    """A key to press while others are held, as keycodes."""

    keycode: int
    held: tuple[int, ...] = ()


class Keyboard:
    """The keyboard of one display."""

    def __init__(self, connection: xcffib.Connection) -> None:
        self._connection = connection
        self._ping = Ping(connection)
        self._core = xcffib.xproto.xprotoExtension(connection)
        self._xkb = xcffib.xkb.xkbExtension(connection, xcffib.xkb.key)
        setup = cast("xcffib.xproto.Setup", connection.get_setup())
        self._first, self._last = setup.min_keycode, setup.max_keycode
        self._made: dict[int, int] = {}
        """The keycodes that were given a keysym, which is the value."""
        self._before: dict[int, list[int]] = {}
        """What stood on them."""
        self._typed = False
        """Whether a program may still have to look up a keycode that was made."""
        with reached():
            self._xkb.UseExtension(1, 0).reply()
        self.read()

    def read(self) -> None:
        """Ask the server for its mapping: the user may have chosen another layout."""
        with reached():
            reply = self._core.GetKeyboardMapping(self._first, self._last - self._first + 1).reply()
            group = self._xkb.GetState(_CORE_KEYBOARD).reply().group
        width = reply.keysyms_per_keycode
        self._rows = {
            self._first + row: list(reply.keysyms[row * width : (row + 1) * width])
            for row in range(self._last - self._first + 1)
        }
        self._width = width
        for keycode, symbol in list(self._made.items()):
            if symbol not in self._rows[keycode]:  # a new layout has replaced it
                del self._made[keycode]
                del self._before[keycode]
        self._strokes: dict[int, Stroke] = {}
        columns = _GROUPS[min(group, len(_GROUPS) - 1)]
        for level, column in enumerate(columns):
            if column >= width:
                break
            held = [self._keycode_of(modifier) for modifier in _LEVELS[level]]
            if None in held:
                continue
            for keycode, row in self._rows.items():
                symbol = row[column]
                if symbol and not (level and symbol in _KEYPAD):
                    stroke = Stroke(keycode, tuple(code for code in held if code is not None))
                    self._strokes.setdefault(symbol, stroke)

    def stroke(self, symbol: int) -> Stroke | None:
        """How a keysym is given; None when no key gives it."""
        return self._strokes.get(symbol)

    def spare(self) -> list[int]:
        """Keycodes that can be given other keysyms: those that have none, or only one for a media key."""
        empty = [code for code, row in self._rows.items() if not any(row) or code in self._before]
        return empty or [code for code, row in self._rows.items() if all(not s or s in _MEDIA for s in row)]

    def has_key(self, symbol: int) -> bool:
        """Whether a key of the user's own mapping gives a keysym."""
        stroke = self._strokes.get(symbol)
        return stroke is not None and stroke.keycode not in self._made

    def make(self, symbols: Sequence[int], about_to: Callable[[int, list[int]], None]) -> None:
        """Put keysyms that no key gives on spare keycodes, in place of those put there before.

        Args:
            symbols: what is needed now, at most as many as there are spare keycodes.
            about_to: called with a keycode before it is changed for the first time, and what stands on it.
        """
        needed = set(symbols)
        missing = [symbol for symbol in dict.fromkeys(symbols) if symbol not in self._strokes]
        if not missing:
            return
        free = [code for code in self.spare() if code not in self._made]
        reusable = [code for code, symbol in self._made.items() if symbol not in needed]
        if len(free) < len(missing):
            self.handled()
        for symbol in missing:
            keycode = free.pop(0) if free else reusable.pop(0)
            self._forget(keycode)
            if keycode not in self._before:
                about_to(keycode, self._rows[keycode])
                self._before[keycode] = self._rows[keycode]
            self._put(keycode, [symbol] * self._width)
            self._made[keycode] = symbol
            self._strokes[symbol] = Stroke(keycode)
        self._wait_for_program()

    def note(self, stroke: Stroke) -> None:
        """Tell that a stroke was given."""
        self._typed = self._typed or stroke.keycode in self._made

    def handled(self) -> None:
        """Wait until the program with the focus has handled every key that was made for it."""
        if self._typed:
            self._wait_for_program()
            self._typed = False

    def restore(self) -> None:
        """Give all keycodes back what stood on them."""
        if not self._made:
            return
        self.handled()
        for keycode in list(self._made):
            self._forget(keycode)
        for keycode, row in self._before.items():
            self._put(keycode, row)
        self._before.clear()
        self._sync()

    def unlock_capitals(self) -> bool:
        """Switch CapsLock off without touching its key; whether it was on."""
        with reached():
            locked = bool(self._xkb.GetState(_CORE_KEYBOARD).reply().lockedMods & _LOCK)
        if locked:
            self._set_capitals(False)
        return locked

    def lock_capitals(self) -> None:
        """Switch CapsLock on again."""
        self._set_capitals(True)

    def _set_capitals(self, on: bool) -> None:
        with reached():
            self._xkb.LatchLockState(_CORE_KEYBOARD, _LOCK, _LOCK * on, False, 0, 0, False, 0)
            self._connection.flush()

    def _keycode_of(self, symbol: int) -> int | None:
        return next((code for code, row in self._rows.items() if symbol in row[:1]), None)

    def _forget(self, keycode: int) -> None:
        symbol = self._made.pop(keycode, None)
        if symbol is not None:
            del self._strokes[symbol]

    def _put(self, keycode: int, row: list[int]) -> None:
        with reached():
            self._core.ChangeKeyboardMapping(1, keycode, len(row), row)

    def _wait_for_program(self) -> None:
        if not self._ping.is_answered():
            time.sleep(UNASKED_S)

    def _sync(self) -> None:
        with reached():
            self._core.GetInputFocus().reply()
