"""What keys are called.

One table: the canonical names (the spelling of pyautogui, which OSWorld's actions use), the other names that people and
models give them, and what Playwright calls them. A single printable character is its own name. Knows no input device.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# canonical name: (Playwright's name, other names)
_TABLE: dict[str, tuple[str, str]] = {
    "ctrl": ("Control", "control ctl ctrlleft controlleft leftctrl controll"),
    "shift": ("Shift", "shiftleft leftshift shiftl"),
    "alt": ("Alt", "altleft leftalt altl option opt optionleft"),
    "win": ("Meta", "cmd command meta super windows winleft metaleft superl metal os leftwin commandleft"),
    "ctrlright": ("ControlRight", "controlright rightctrl controlr"),
    "shiftright": ("ShiftRight", "rightshift shiftr"),
    "altright": ("AltGraph", "altgr altgraph rightalt altr isolevel3shift optionright"),
    "winright": ("MetaRight", "metaright superr metar rightwin commandright"),
    "enter": ("Enter", "return ret newline linefeed"),
    "esc": ("Escape", "escape"),
    "tab": ("Tab", ""),
    "space": ("Space", "spacebar"),
    "backspace": ("Backspace", "bksp bs"),
    "delete": ("Delete", "del"),
    "insert": ("Insert", "ins"),
    "home": ("Home", ""),
    "end": ("End", ""),
    "pageup": ("PageUp", "pgup prior"),
    "pagedown": ("PageDown", "pgdn pgdown next"),
    "left": ("ArrowLeft", "arrowleft leftarrow"),
    "right": ("ArrowRight", "arrowright rightarrow"),
    "up": ("ArrowUp", "arrowup uparrow"),
    "down": ("ArrowDown", "arrowdown downarrow"),
    **{f"f{n}": (f"F{n}", "") for n in range(1, 13)},
    **{f"num{n}": (str(n), f"numpad{n} kp{n}") for n in range(10)},
    "add": ("NumpadAdd", "numpadadd kpadd"),
    "subtract": ("NumpadSubtract", "numpadsubtract kpsubtract"),
    "multiply": ("NumpadMultiply", "numpadmultiply kpmultiply"),
    "divide": ("NumpadDivide", "numpaddivide kpdivide"),
    "decimal": (".", "numpaddecimal kpdecimal"),
    "numenter": ("NumpadEnter", "numpadenter kpenter"),
    "capslock": ("CapsLock", "caps"),
    "numlock": ("NumLock", ""),
    "scrolllock": ("ScrollLock", ""),
    "printscreen": ("PrintScreen", "print prtsc prtscr prntscrn"),
    "pause": ("Pause", "break"),
    "apps": ("ContextMenu", "contextmenu menu"),
    "volumemute": ("AudioVolumeMute", "audiovolumemute mute"),
    "volumedown": ("AudioVolumeDown", "audiovolumedown"),
    "volumeup": ("AudioVolumeUp", "audiovolumeup"),
    "playpause": ("MediaPlayPause", "mediaplaypause"),
    "nexttrack": ("MediaTrackNext", "mediatracknext"),
    "prevtrack": ("MediaTrackPrevious", "mediatrackprevious"),
}

_CHARACTERS = {" ": "space", "\n": "enter", "\r": "enter", "\t": "tab"}
_WORDS = {
    "plus": "+", "minus": "-", "hyphen": "-", "underscore": "_", "equal": "=", "equals": "=", "asterisk": "*",
    "comma": ",", "period": ".", "dot": ".", "slash": "/", "backslash": "\\", "semicolon": ";", "colon": ":",
    "quote": "'", "apostrophe": "'", "backquote": "`", "grave": "`", "bracketleft": "[", "bracketright": "]",
}  # fmt: skip

_CANONICAL: dict[str, str] = {
    **{name: name for name in _TABLE},
    **{alias: name for name, (_, aliases) in _TABLE.items() for alias in aliases.split()},
    **_WORDS,
}

NAMES: frozenset[str] = frozenset(_TABLE)
"""The canonical names of the keys that are not a single character."""

MODIFIERS: frozenset[str] = frozenset(
    {"ctrl", "shift", "alt", "win", "ctrlright", "shiftright", "altright", "winright"}
)
"""The keys that are held while another one is pressed."""


class UnknownKey(ValueError):
    """Raised for a name that no key has. The message names the closest ones and is meant for the model."""


def canonical(name: str) -> str:
    """The canonical name of a key: "Return" gives "enter", "Page_Up" gives "pageup", "a" stays "a".

    Raises:
        UnknownKey: no key is called that.
    """
    if len(name) == 1:
        if name in _CHARACTERS:
            return _CHARACTERS[name]
        if name.isprintable():
            return name
    plain = "".join(character for character in name.lower() if character not in " _-")
    if plain in _CANONICAL:
        return _CANONICAL[plain]
    close = difflib.get_close_matches(plain, _CANONICAL, n=3)
    hint = f" Did you mean {' or '.join(dict.fromkeys(f'{_CANONICAL[match]!r}' for match in close))}?" if close else ""
    apart = " Give the keys of a combination one by one." if "+" in name else hint
    raise UnknownKey(f"There is no key called {name!a}.{apart}")


def canonical_chord(names: Iterable[str]) -> tuple[str, ...]:
    """The canonical names of keys pressed together.

    Under a modifier a letter names the key, not the capital: ("Ctrl", "A") is what people write for ctrl and a, without
    shift.

    Raises:
        UnknownKey: no key is called one of them.
    """
    keys = tuple(canonical(name) for name in names)
    if MODIFIERS.isdisjoint(keys):
        return keys
    return tuple(key.lower() if len(key) == 1 and len(key.lower()) == 1 else key for key in keys)


def playwright_name(key: str) -> str:
    """What Playwright calls a key of a canonical name; a single character is called itself."""
    return _TABLE[key][0] if key in _TABLE else key
