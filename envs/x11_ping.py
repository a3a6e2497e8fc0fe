"""Whether the program with the focus has handled the events sent to it so far: the ping of window managers (EWMH).

A ping stands in the program's queue behind those events, so its answer tells that they were handled.
"""

from __future__ import annotations

import time
from itertools import count

import xcffib
import xcffib.xproto

from envs.x11_display import reached

ANSWER_S = 0.5
"""How long a program may take to answer before it is taken to answer none."""
LOOK_S = 0.001
_NO_WINDOW = (0, 1)
"""What stands for a focus on nothing, and one that follows the pointer."""


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
            # The answer goes to the root window, as an event of its children.
            self._core.ChangeWindowAttributes(
                self._root, xcffib.xproto.CW.EventMask, [xcffib.xproto.EventMask.SubstructureNotify]
            )

    def is_answered(self) -> bool:
        """Wait for the answer; false at once when the program takes no pings, later when it does not answer."""
        with reached():
            window = self._listening()
            if window is None:
                return False
            stamp = next(self._stamps)
            data = xcffib.xproto.ClientMessageData.synthetic([self._ping, stamp, window, 0, 0], "I" * 5)
            event = xcffib.xproto.ClientMessageEvent.synthetic(32, window, self._protocols, data)
            self._core.SendEvent(False, window, 0, event.pack())
            self._connection.flush()
            deadline = time.monotonic() + ANSWER_S
            while time.monotonic() < deadline:
                answer = self._connection.poll_for_event()
                if answer is None:
                    time.sleep(LOOK_S)
                elif isinstance(answer, xcffib.xproto.ClientMessageEvent):
                    told = answer.data.data32
                    if told[0] == self._ping and told[1] == stamp:
                        return True
        return False

    def _listening(self) -> int | None:
        """The window with the focus, or the one around it, that takes pings."""
        window = self._core.GetInputFocus().reply().focus
        while window not in (*_NO_WINDOW, self._root):
            try:
                reply = self._core.GetProperty(False, window, self._protocols, xcffib.xproto.Atom.ATOM, 0, 64).reply()
                if self._ping in reply.value.to_atoms():
                    return window
                window = self._core.QueryTree(window).reply().parent
            except xcffib.Error:
                return None  # it has gone
        return None
