"""Bringing windows of an X11 display to the front and closing them, as taskbars do it (EWMH)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import xcffib.xproto

from envs.x11_display import reached
from envs.x11_windows import Window, X11Windows

_FROM_A_PAGER = 2
"""The source of a request, as EWMH counts it: window managers obey a pager's at once."""
_FORMAT_32 = 32
_CLIENT_MESSAGE = 33


class X11WindowControl(X11Windows):
    """Looks at the windows of one display, and at the user's request changes which are there."""

    def named(self, name: str, *, strict: bool = False, by_class: bool = False) -> Window | None:
        """The newest window of a name, as wmctrl finds it.

        Args:
            name: a part of the title, whatever its case.
            strict: the whole title, in its own case.
            by_class: look at the window's class instead of its title.
        """

        def fits(window: Window) -> bool:
            names = self.classes(window) if by_class else (window.title,)
            return any(each == name if strict else name.lower() in each.lower() for each in names)

        return next((window for window in reversed(self.windows()) if fits(window)), None)

    def classes(self, window: Window) -> tuple[str, ...]:
        """The instance and the class of a window (WM_CLASS), and both joined by a dot, as wmctrl shows them."""
        parts = self._property(window.id, "WM_CLASS").decode("latin-1").split("\0")[:2]
        return (*parts, ".".join(parts)) if all(parts) and len(parts) == 2 else tuple(filter(None, parts))

    def size_px(self, window: Window) -> tuple[int, int]:
        """Width and height, without what the window manager draws around it."""
        with reached():
            geometry = self._core.GetGeometry(window.id).reply()
        return geometry.width, geometry.height

    def pointer(self) -> tuple[int, int]:
        """Where the pointer is, in pixels of the display."""
        with reached():
            there = self._core.QueryPointer(self._root).reply()
        return there.root_x, there.root_y

    def activate(self, window: Window) -> None:
        """Bring a window to the front and give it the focus."""
        self._ask_manager(window, "_NET_ACTIVE_WINDOW", (_FROM_A_PAGER, 0, 0, 0, 0))

    def close_window(self, window: Window) -> None:
        """Close a window as its own button does: the program may ask what to do with unsaved work."""
        self._ask_manager(window, "_NET_CLOSE_WINDOW", (0, _FROM_A_PAGER, 0, 0, 0))

    def _ask_manager(self, window: Window, what: str, data: Iterable[int]) -> None:
        event = struct.pack("=BBHII5I", _CLIENT_MESSAGE, _FORMAT_32, 0, window.id, self._atom(what), *data)
        mask = xcffib.xproto.EventMask.SubstructureNotify | xcffib.xproto.EventMask.SubstructureRedirect
        with reached():
            self._core.SendEvent(False, self._root, mask, event, is_checked=True).check()
            self._connection.flush()
