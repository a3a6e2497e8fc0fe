"""Whether the program that has the focus has handled the events sent to it so far: the ping of window managers (EWMH).

A ping stands in the program's queue behind those events, so its answer tells that they were handled.
"""

from __future__ import annotations

import select
import time
from contextlib import suppress
from itertools import count

import xcffib
import xcffib.xproto

from envs.x11_display import reached

ANSWER_S = 10.0
"""A program that has not answered for so long hangs."""
_ASK_AGAIN_S = 0.5
"""How often to look whether another program has the focus in the meantime."""
_FOLLOWS_POINTER = 1
_NOTHING = (0, _FOLLOWS_POINTER)
_LONGEST = 64


class Ping:
    """Asks programs on one connection, whose events it takes."""

    def __init__(self, connection: xcffib.Connection) -> None:
        self._connection = connection
        self._core = xcffib.xproto.xprotoExtension(connection)
        self._root = connection.get_screen_pointers()[0].root
        self._stamps = count(1)
        with reached():
            self._ping, self._protocols = (
                self._core.InternAtom(False, len(name), name).reply().atom for name in ("_NET_WM_PING", "WM_PROTOCOLS")
            )

    def is_answered(self) -> bool | None:
        """Wait for the answer.

        Returns:
            Whether the program has answered in time; None when it is one that does not answer pings.
        """
        deadline = time.monotonic() + ANSWER_S
        with reached():
            self._listen(xcffib.xproto.EventMask.SubstructureNotify)  # answers go to the root, as its children's events
            try:
                while time.monotonic() < deadline:
                    window = self._listening()
                    if window is None:
                        return None
                    if self._answers(window):
                        return True
            finally:
                self._listen(xcffib.xproto.EventMask.NoEvent)
        return False

    def _listen(self, mask: int) -> None:
        self._core.ChangeWindowAttributes(self._root, xcffib.xproto.CW.EventMask, [mask])

    def _listening(self) -> int | None:
        """The window with the focus, or the one around it, that takes pings."""
        with suppress(xcffib.Error):  # a window has gone
            window = self._core.GetInputFocus().reply().focus
            if window == _FOLLOWS_POINTER:
                window = self._core.QueryPointer(self._root).reply().child
            while window not in (*_NOTHING, self._root):
                kinds = xcffib.xproto.Atom.ATOM
                reply = self._core.GetProperty(False, window, self._protocols, kinds, 0, _LONGEST).reply()
                if self._ping in memoryview(reply.value.buf()).cast("I"):
                    return window
                window = self._core.QueryTree(window).reply().parent
        return None

    def _answers(self, window: int) -> bool:
        stamp = next(self._stamps)
        data = xcffib.xproto.ClientMessageData.synthetic([self._ping, stamp, window, 0, 0], "I" * 5)
        event = xcffib.xproto.ClientMessageEvent.synthetic(32, window, self._protocols, data)
        self._core.SendEvent(False, window, xcffib.xproto.EventMask.NoEvent, event.pack())
        self._connection.flush()
        deadline = time.monotonic() + _ASK_AGAIN_S
        while (left := deadline - time.monotonic()) > 0:
            answer = self._connection.poll_for_event()
            if answer is None:
                select.select([self._connection.get_file_descriptor()], [], [], left)
            elif isinstance(answer, xcffib.xproto.ClientMessageEvent):
                what, when, *_ = answer.data.data32
                if what == self._ping and when == stamp:
                    return True
        return False
