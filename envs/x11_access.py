"""Who may connect to an X server that was started here: this user, and from its first moment nobody else.

Without a cookie a server would let in whoever has an account on the machine until it is told otherwise. With one it
lets in nobody else; then the user is let in by name, so that programs, and this process, need not know the cookie.
"""

from __future__ import annotations

import os
import secrets
import struct
from pathlib import Path
from typing import Any

import xcffib
import xcffib.xproto

from envs.base import EnvUnavailable
from envs.x11_display import reached

_PROTOCOL = b"MIT-MAGIC-COOKIE-1"
_ANY_ADDRESS = 0xFFFF
"""Family of the addresses for which a cookie holds (Xauth.h)."""
_SERVER_INTERPRETED = 5
"""Family of hosts that here means single users (X11/X.h)."""


def new_cookie(path: Path) -> bytes:
    """Write a cookie for a server's option `-auth`; only the user can read the file."""
    cookie = secrets.token_bytes(16)
    fields = (b"", b"", _PROTOCOL, cookie)  # the address and the display: any
    path.touch(mode=0o600)
    path.write_bytes(
        struct.pack(">H", _ANY_ADDRESS) + b"".join(struct.pack(">H", len(field)) + field for field in fields)
    )
    return cookie


def let_in_this_user(display: str, cookie: bytes) -> None:
    """Let this user's programs connect without the cookie.

    Raises:
        EnvUnavailable: the server does not accept it.
    """
    # xcffib's own argument `auth` splits the cookie at its colons, and frees it before it is used.
    xcb: Any = xcffib
    kept = xcb.ffi.new("char[]", _PROTOCOL), xcb.ffi.new("char[]", cookie)
    known = xcb.ffi.new("xcb_auth_info_t *", (len(_PROTOCOL), kept[0], len(cookie), kept[1]))
    reply = xcb.lib.xcb_connect_to_display_with_auth_info(display.encode(), known, xcb.ffi.NULL)
    if xcb.lib.xcb_connection_has_error(reply):
        xcb.lib.xcb_disconnect(reply)
        raise EnvUnavailable(f"The X server of {display} has started, but cannot be connected to.")
    user = f"localuser\0#{os.getuid()}".encode()
    with reached():
        connection = xcffib.wrap(reply)
        core = xcffib.xproto.xprotoExtension(connection)
        insert = xcffib.xproto.HostMode.Insert
        core.ChangeHosts(insert, _SERVER_INTERPRETED, len(user), user, is_checked=True).check()
        connection.disconnect()
