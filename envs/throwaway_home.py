"""A home folder that begins empty and is thrown away: what programs keep of their user's goes there.

Knows which folders and environment variables make a home; does not know who removes it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_KEPT: Final = ("LD_LIBRARY_PATH", "LOGNAME", "PATH", "SHELL", "TZ", "USER")
"""Of the user's environment: what finds programs. All else may be a secret, or lead to the user's own files."""
_FOLDERS: Final = ("Desktop", "Documents", "Downloads", "Pictures", ".local/bin")
XDG_FOLDERS: Final = {
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
}
"""Folders of the XDG Base Directory Specification 0.8, where it has them by default."""


def new_home(home: Path) -> Mapping[str, str]:
    """Make a home folder.

    Args:
        home: where; it must not be there yet.

    Returns:
        The environment variables of programs that live in it. They speak English, in UTF-8, whatever the user speaks,
        and find what lies in its `.local/bin` first.
    """
    for name in (*_FOLDERS, *XDG_FOLDERS.values()):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / ".Xauthority").touch()  # python-xlib, with which published tasks act, does not start without one
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": f"{home}/.local/bin:{os.environ.get('PATH', os.defpath)}",
        **{name: str(home / folder) for name, folder in XDG_FOLDERS.items()},
    }
