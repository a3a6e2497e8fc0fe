"""Coloured icons as desktop programs show them, from the icon themes that are installed on this machine.

Knows files laid out as freedesktop.org's icon theme specification says; knows nothing of pages.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

FOLDERS: Final = (Path("/usr/share/icons"), Path("/usr/local/share/icons"))
HELD_OUT: Final = ("Adwaita", "hicolor")
"""Themes of the windows that nano is tested on."""
SIZES: Final = (16, 18, 22, 24, 32)
"""Of pictures, px."""
LARGEST_FILE: Final = 12_000
"""Bytes: some drawings are larger than a page."""
FEWEST: Final = 20
"""A theme that has fewer of the names only adds to another one."""
TYPES: Final = {".png": "image/png", ".svg": "image/svg+xml"}

_DRAWN_AS: Final[Mapping[str, str]] = MappingProxyType({
    "search": "edit-find system-search",
    "close": "window-close document-close",
    "menu": "open-menu application-menu",
    "settings": "preferences-system configure emblem-system gtk-preferences",
    "delete": "edit-delete user-trash",
    "edit": "document-edit gtk-edit accessories-text-editor",
    "back": "go-previous", "forward": "go-next", "up": "go-up", "down": "go-down",
    "home": "go-home user-home",
    "user": "avatar-default user-identity",
    "users": "system-users",
    "mail": "mail-unread mail-message-new internet-mail mail-mark-unread",
    "download": "download folder-download edit-download",
    "plus": "list-add", "minus": "list-remove",
    "play": "media-playback-start", "pause": "media-playback-pause", "stop": "media-playback-stop",
    "next": "media-skip-forward", "previous": "media-skip-backward",
    "copy": "edit-copy", "cut": "edit-cut", "paste": "edit-paste",
    "save": "document-save", "print": "document-print",
    "bookmark": "bookmark-new user-bookmarks",
    "calendar": "x-office-calendar office-calendar view-calendar",
    "camera": "camera-photo",
    "filter": "view-filter",
    "share": "document-share",
    "link": "insert-link",
    "mic": "audio-input-microphone",
    "help": "help-browser help-contents",
    "info": "dialog-information help-about",
    "refresh": "view-refresh",
    "undo": "edit-undo", "redo": "edit-redo",
    "zoom in": "zoom-in", "zoom out": "zoom-out",
    "attach": "mail-attachment",
    "lock": "system-lock-screen object-locked", "unlock": "object-unlocked",
    "send": "mail-send document-send",
    "folder": "folder", "file": "text-x-generic",
    "picture": "image-x-generic insert-image", "video": "video-x-generic", "music": "audio-x-generic",
    "volume": "audio-volume-high", "mute": "audio-volume-muted",
    "check": "dialog-ok-apply dialog-ok emblem-default",
    "clock": "clock preferences-system-time",
    "globe": "internet-web-browser applications-internet",
    "sun": "weather-clear", "moon": "weather-clear-night", "cloud": "weather-overcast",
    "key": "dialog-password",
    "shield": "security-high",
    "chart": "office-chart-bar",
    "list": "format-list-unordered view-list-details view-list-text",
    "grid": "view-grid view-list-icons",
    "bold": "format-text-bold", "italic": "format-text-italic", "underline": "format-text-underline",
    "log out": "system-log-out",
    "full screen": "view-fullscreen",
    "new": "document-new", "open": "document-open",
    "warning": "dialog-warning",
    "wifi": "network-wireless",
    "reply": "mail-reply-sender",
    "history": "document-open-recent",
    "tools": "applications-utilities",
})  # fmt: skip
"""For names of `icon_names`, what themes call drawings of them."""
_NAME_OF: Final = {drawn_as: name for name, stems in _DRAWN_AS.items() for drawn_as in stems.split()}


@dataclass(frozen=True, slots=True)
class IconTheme:
    """Drawings of one style."""

    is_dark: bool
    """For dark windows."""
    drawings: Mapping[str, Mapping[int, Sequence[str]]]
    """For each name that it has, by their size in px, the drawings as data URLs."""


@lru_cache(maxsize=1)
def icon_themes() -> Sequence[IconTheme]:
    """The themes that are installed, but for those that are held out, by name; there may be none."""
    places = sorted(
        index.parent
        for folder in FOLDERS
        for index in folder.glob("*/index.theme")
        if index.parent.name not in HELD_OUT
    )
    themes = [IconTheme("dark" in place.name.lower(), _drawings(place)) for place in places]
    return [theme for theme in themes if len(theme.drawings) >= FEWEST]


def _drawings(theme: Path) -> Mapping[str, Mapping[int, Sequence[str]]]:
    found: dict[str, dict[int, list[str]]] = {}
    for size, file in _files(theme):
        drawn = f"data:{TYPES[file.suffix]};base64,{base64.b64encode(file.read_bytes()).decode()}"
        found.setdefault(_NAME_OF[file.stem], {}).setdefault(size, []).append(drawn)
    return found


def _files(theme: Path) -> Iterator[tuple[int, Path]]:
    """The drawings of a theme that are called for, and the sizes that they are made for."""
    for file in sorted(theme.rglob("*")):
        if file.suffix not in TYPES or file.stem not in _NAME_OF or not file.exists():  # links may lead nowhere
            continue
        size = re.search(r"/(\d+)(x\1)?/", file.as_posix())
        if size and int(size[1]) in SIZES and file.stat().st_size <= LARGEST_FILE:
            yield int(size[1]), file
