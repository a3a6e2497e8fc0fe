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
"""A program that has not answered for so long, and says that it does, hangs."""
UNASKED_S = 0.3
"""How long a program that does not say so is given: some, such as Tk's, answer all the same, others, such as xterm, do
not."""
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

    def wait_until_handled(self) -> bool:
        """Wait for the answer, or as long as a program that need not answer is given.

        Returns:
            False when the program answers pings and has not answered this one in time.
        """
        begin = time.monotonic()
        with reached():
            self._listen(xcffib.xproto.EventMask.SubstructureNotify)  # answers go to the root, as its children's events
            try:
                while (asked := self._asked()) is not None:
                    window, answers_pings = asked
                    left = begin + (ANSWER_S if answers_pings else UNASKED_S) - time.monotonic()
                    if left <= 0:
                        return not answers_pings
                    if self._answers(window, min(left, _ASK_AGAIN_S)):
                        return True
            finally:
                self._listen(xcffib.xproto.EventMask.NoEvent)
        return True

    def _listen(self, mask: int) -> None:
        self._core.ChangeWindowAttributes(self._root, xcffib.xproto.CW.EventMask, [mask])

    def _asked(self) -> tuple[int, bool] | None:
        """The window that a ping goes to, and whether its program says that it answers; None where no window is."""
        with suppress(xcffib.Error):  # a window has gone
            focus = window = self._core.GetInputFocus().reply().focus
            if focus == _FOLLOWS_POINTER:
                focus = window = self._core.QueryPointer(self._root).reply().child
            while window not in (*_NOTHING, self._root):
                kinds = xcffib.xproto.Atom.ATOM
                reply = self._core.GetProperty(False, window, self._protocols, kinds, 0, _LONGEST).reply()
                if reply.value_len:
                    return window, self._ping in memoryview(reply.value.buf()).cast("I")
                window = self._core.QueryTree(window).reply().parent
            if focus not in (*_NOTHING, self._root):
                return focus, False
        return None

    def _answers(self, window: int, seconds: float) -> bool:
        stamp = next(self._stamps)
        data = xcffib.xproto.ClientMessageData.synthetic([self._ping, stamp, window, 0, 0], "I" * 5)
        event = xcffib.xproto.ClientMessageEvent.synthetic(32, window, self._protocols, data)
        self._core.SendEvent(False, window, xcffib.xproto.EventMask.NoEvent, event.pack())
        self._connection.flush()
        deadline = time.monotonic() + seconds
        with suppress(xcffib.Error):  # the window has gone
            while (left := deadline - time.monotonic()) > 0:
                answer = self._connection.poll_for_event()
                if answer is None:
                    select.select([self._connection.get_file_descriptor()], [], [], left)
                elif isinstance(answer, xcffib.xproto.ClientMessageEvent):
                    what, when, *_ = answer.data.data32
                    if what == self._ping and when == stamp:
                        return True
        return False
