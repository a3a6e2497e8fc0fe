"""What X calls the keys and the characters: keysyms. Knows no keyboard and no layout."""

from __future__ import annotations

from functools import cache

import xcffib.keysymdef as names
import xcffib.xf86keysym as media

_UNICODE = 0x01000000
"""Added to a code point, it is the keysym of a character that has no older one (X11 protocol, appendix A)."""
_LATIN_1 = frozenset((*range(0x20, 0x7F), *range(0xA0, 0x100)))
_CURRENCIES = range(0x20A0, 0x20AD)
"""Like Latin-1, these keysyms are their characters' code points."""

_OLDER_SETS = {
    0x01: "iso8859_2", 0x02: "iso8859_3", 0x03: "iso8859_4", 0x05: "iso8859_6", 0x06: "koi8_u", 0x07: "iso8859_7",
    0x0C: "iso8859_8", 0x0D: "tis_620", 0x13: "iso8859_15",
}  # fmt: skip
"""The high byte of older keysyms, and the standard that their low byte is taken from, as far as it has letters."""
_APART = {0x6B0: "№", 0x7B6: "ΐ", 0x7B8: "ύ", 0x7B9: "ϋ", 0x7BA: "ΰ", 0x7F2: "σ", 0x7F3: "ς"}  # noqa: RUF001
"""What is on keyboards and not where the standard has it."""

_KEYS: dict[str, tuple[int, ...]] = {
    "ctrl": (names.XK_Control_L,),
    "shift": (names.XK_Shift_L,),
    "alt": (names.XK_Alt_L, names.XK_Meta_L),
    "win": (names.XK_Super_L, names.XK_Super_R),
    "ctrlright": (names.XK_Control_R,),
    "shiftright": (names.XK_Shift_R,),
    "altright": (names.XK_Alt_R, names.XK_ISO_Level3_Shift, names.XK_Mode_switch),
    "winright": (names.XK_Super_R, names.XK_Super_L),
    "enter": (names.XK_Return,),
    "esc": (names.XK_Escape,),
    "tab": (names.XK_Tab,),
    "space": (names.XK_space,),
    "backspace": (names.XK_BackSpace,),
    "delete": (names.XK_Delete,),
    "insert": (names.XK_Insert,),
    "home": (names.XK_Home,),
    "end": (names.XK_End,),
    "pageup": (names.XK_Prior,),
    "pagedown": (names.XK_Next,),
    "left": (names.XK_Left,),
    "right": (names.XK_Right,),
    "up": (names.XK_Up,),
    "down": (names.XK_Down,),
    **{f"f{number}": (names.XK_F1 + number - 1,) for number in range(1, 13)},
    **{f"num{digit}": (names.XK_KP_0 + digit,) for digit in range(10)},
    "add": (names.XK_KP_Add,),
    "subtract": (names.XK_KP_Subtract,),
    "multiply": (names.XK_KP_Multiply,),
    "divide": (names.XK_KP_Divide,),
    "decimal": (names.XK_KP_Decimal, names.XK_KP_Separator),
    "numenter": (names.XK_KP_Enter,),
    "capslock": (names.XK_Caps_Lock,),
    "numlock": (names.XK_Num_Lock,),
    "scrolllock": (names.XK_Scroll_Lock,),
    "printscreen": (names.XK_Print,),
    "pause": (names.XK_Pause,),
    "apps": (names.XK_Menu,),
    "volumemute": (media.XF86XK_AudioMute,),
    "volumedown": (media.XF86XK_AudioLowerVolume,),
    "volumeup": (media.XF86XK_AudioRaiseVolume,),
    "playpause": (media.XF86XK_AudioPlay,),
    "nexttrack": (media.XF86XK_AudioNext,),
    "prevtrack": (media.XF86XK_AudioPrev,),
}
"""The canonical names of `envs.keys`; of several keysyms the first that the keyboard has."""

CAPS_LOCK = names.XK_Caps_Lock
LEVEL_SHIFTS = (names.XK_Shift_L, names.XK_Shift_R, names.XK_ISO_Level3_Shift, names.XK_ISO_Level5_Shift)
"""Keys that, while they are held, make others give another character and do nothing else."""
_STATES = range(names.XK_Shift_L, names.XK_Hyper_R + 1)
_MEDIA = range(0x10080000, 0x10090000)


def of_key(name: str) -> tuple[int, ...]:
    """The keysyms that a key of a canonical name may have, the best first; none for what no keyboard gives."""
    if name in _KEYS:
        return _KEYS[name]
    keysym = of_character(name)
    return () if keysym is None else (keysym,)


def of_character(character: str) -> int | None:
    """The keysym of a character; None for one that no keyboard gives, such as a control character."""
    code = ord(character)
    if code in _LATIN_1 or code in _CURRENCIES:
        return code
    return _UNICODE + code if code >= 0x100 and not 0xD800 <= code < 0xE000 else None


@cache
def canonical(keysym: int) -> int:
    """The one among the keysyms of a character that `of_character` gives; others as they are."""
    character = _older_character(keysym)
    same = of_character(character) if character is not None else None
    return keysym if same is None else same


def is_state(keysym: int) -> bool:
    """Whether its key holds or locks a modifier: only a key that the server knows as such does that."""
    return keysym in _STATES or keysym in LEVEL_SHIFTS or keysym in (names.XK_Num_Lock, names.XK_Mode_switch)


def is_media(keysym: int) -> bool:
    """Whether it is one of the many that laptops and multimedia keyboards have (XF86keysym.h)."""
    return keysym in _MEDIA


def _older_character(keysym: int) -> str | None:
    """The character of a keysym from before Unicode, or of a Unicode one that has an older; None for others."""
    if _UNICODE <= keysym < _UNICODE + 0x110000:
        return chr(keysym - _UNICODE)
    if keysym in _APART:
        return _APART[keysym]
    codec = _OLDER_SETS.get(keysym >> 8)
    if codec is None:
        return None
    character = bytes([keysym & 0xFF]).decode(codec, "replace")
    return character if character.isalpha() else None
