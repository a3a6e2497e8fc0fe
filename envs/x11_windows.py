"""The windows of an X11 display, by the hints that window managers and programs leave (EWMH). Only looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import xcffib
import xcffib.xproto

from envs.x11_display import connect, reached

_ANY_TYPE, _ANY_LENGTH = 0, 2**20


@dataclass(frozen=True, slots=True)
class Window:
    """A program's window."""

    id: int
    title: str


class X11Windows:
    """Looks at the windows of one display."""

    def __init__(self, display: str | None = None) -> None:
        """Open the display, by default the user's.

        Raises:
            EnvUnavailable: there is none.
        """
        self._connection = connect(display)
        self._core = xcffib.xproto.xprotoExtension(self._connection)
        self._root = self._connection.get_screen_pointers()[0].root
        self._atoms: dict[str, int] = {}

    def active_title(self) -> str:
        """The title of the window that has the focus; empty when none has, or it has none."""
        active = self._numbers(self._root, "_NET_ACTIVE_WINDOW")
        return self._title(active[0]) if active and active[0] else ""

    def windows(self) -> tuple[Window, ...]:
        """The programs' windows, oldest first; without a window manager, everything shown that has a title."""
        listed = self._numbers(self._root, "_NET_CLIENT_LIST") if self.are_managed() else self._shown()
        return tuple(Window(number, title) for number in listed if (title := self._title(number)))

    def width(self, window: Window) -> int:
        """The width of a window with its borders, px; 0 when it has gone."""
        outermost = window.id
        with suppress(xcffib.Error), reached():
            while (parent := self._core.QueryTree(outermost).reply().parent) != self._root:
                outermost = parent
            geometry = self._core.GetGeometry(outermost).reply()
            return int(geometry.width + 2 * geometry.border_width)
        return 0

    def are_managed(self) -> bool:
        """Whether a window manager is at work."""
        return bool(self._numbers(self._root, "_NET_SUPPORTING_WM_CHECK"))

    def desktops(self) -> int:
        """How many desktops the window manager has to switch between; 0 when it does not say, or there is none."""
        return next(iter(self._numbers(self._root, "_NET_NUMBER_OF_DESKTOPS")), 0)

    def close(self) -> None:
        """Let go of the display. May be called twice."""
        self._connection.disconnect()

    def _shown(self) -> Iterator[int]:
        with reached():
            children = self._core.QueryTree(self._root).reply().children
        for child in children:
            with suppress(xcffib.Error), reached():  # it may have gone in the meantime
                if self._core.GetWindowAttributes(child).reply().map_state == xcffib.xproto.MapState.Viewable:
                    yield child

    def _title(self, window: int) -> str:
        for name in ("_NET_WM_NAME", "WM_NAME"):
            value = self._property(window, name)
            if value:
                return value.decode("utf-8", "replace")
        return ""

    def _numbers(self, window: int, name: str) -> list[int]:
        value = self._property(window, name)
        return [int.from_bytes(value[at : at + 4], sys.byteorder) for at in range(0, len(value), 4)]

    def _property(self, window: int, name: str) -> bytes:
        """Empty when the window has no such property, or has gone."""
        with suppress(xcffib.Error), reached():
            reply = self._core.GetProperty(False, window, self._atom(name), _ANY_TYPE, 0, _ANY_LENGTH).reply()
            return bytes(reply.value.buf())
        return b""

    def _atom(self, name: str) -> int:
        if name not in self._atoms:
            with reached():
                self._atoms[name] = self._core.InternAtom(False, len(name), name).reply().atom
        return self._atoms[name]
