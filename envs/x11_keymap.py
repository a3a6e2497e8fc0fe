"""What an X server says about its keyboard: which key, while which others are held, gives which keysym (XKB).

Knows every layout, because it knows none. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from envs.x11_keysyms import LEVEL_SHIFTS, canonical

if TYPE_CHECKING:
    from xcffib.xkb import GetMapReply, KeySymMap

_FIRST_ODD_KEYCODE = 128
"""From here on Linux has keys that almost no keyboard has, such as a parenthesis of its own on the keypad."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A key to press while others are held. All are keycodes."""

    keycode: int
    held: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _KeyType:
    """How the state of the modifiers chooses a key's level."""

    mask: int
    levels: dict[int, int]

    def level(self, modifiers: int) -> int:
        return self.levels.get(modifiers & self.mask, 0)


@dataclass(frozen=True, slots=True)
class _Key:
    """The keysyms of a key, by group and level."""

    types: tuple[_KeyType, ...]
    width: int
    keysyms: tuple[int, ...]
    beyond: int
    """How a group that the key does not have stands for one that it has."""

    def keysym(self, group: int, modifiers: int) -> int:
        """0 is none."""
        count = len(self.types)
        if group >= count:
            group = self._inside(group, count)
        return self.keysyms[group * self.width + self.types[group].level(modifiers)]

    def _inside(self, group: int, count: int) -> int:
        match self.beyond & 0xC0:  # XkbOutOfRangeGroupAction
            case 0x40:
                return count - 1
            case 0x80:
                redirected = self.beyond >> 4 & 0x03
                return redirected if redirected < count else 0
            case _:
                return group % count


class Keymap:
    """A keyboard as the server describes it."""

    def __init__(self, described: GetMapReply, lent: Mapping[int, KeySymMap]) -> None:
        """Read it.

        Args:
            described: the server's answer.
            lent: keycodes that have other keysyms than their own for a while, and their own.
        """
        types = [
            _KeyType(kind.mods_mask, {entry.mods_mask: entry.level for entry in kind.map if entry.active})
            for kind in described.types_rtrn
        ]
        self.rows: dict[int, KeySymMap] = {
            keycode: lent.get(keycode, row)
            for keycode, row in enumerate(described.syms_rtrn, start=described.firstKeySym)
        }
        """Each keycode's own keysyms, as XKB has them."""
        self._keys: dict[int, _Key] = {}
        for keycode, key in self.rows.items():
            groups = key.groupInfo & 0x0F
            if groups and key.width:
                kinds = tuple(types[index] for index in key.kt_index[:groups])
                self._keys[keycode] = _Key(kinds, key.width, tuple(map(canonical, key.syms)), key.groupInfo)
        self.modifiers: dict[int, int] = {entry.keycode: entry.mods for entry in described.modmap_rtrn}
        """Of the keycodes that have one, the modifiers that they set: a mask."""

    def strokes(self, group: int, locked: int) -> dict[int, Stroke]:
        """How each keysym is given.

        Args:
            group: the layout that is in use, of those that the keyboard has.
            locked: mask of the modifiers that are locked, such as NumLock.
        """
        found: dict[int, Stroke] = {}
        for is_odd in (False, True):
            keys = [(code, key) for code, key in self._keys.items() if (code >= _FIRST_ODD_KEYCODE) is is_odd]
            for held, modifiers in self._shifts():
                for code, key in keys:
                    if keysym := key.keysym(group, modifiers | locked):
                        found.setdefault(keysym, Stroke(code, held))
        return found

    def _shifts(self) -> Iterator[tuple[tuple[int, ...], int]]:
        """Keycodes to hold, and the modifiers that they set; the fewest first."""
        shifts: dict[int, int] = {}
        for keysym in LEVEL_SHIFTS:
            for code, modifiers in self.modifiers.items():
                if code in self._keys and self._keys[code].keysyms[0] == keysym:
                    shifts.setdefault(modifiers, code)
        for count in range(len(shifts) + 1):
            for chosen in combinations(shifts.items(), count):
                mask = 0
                for modifiers, _ in chosen:
                    mask |= modifiers
                yield tuple(code for _, code in chosen), mask
