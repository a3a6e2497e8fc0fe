"""Whether the program that has the focus has handled the events sent to it so far: the ping of window managers (EWMH).

A ping stands in the program's queue behind those events, so its answer tells that they were handled. A program has a
queue for each of its connections to the server: Chromium and Electron get keys by their own and look them up in a
mapping that GDK keeps, which hears of changes by another.
"""

from __future__ import annotations

import select
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from typing import cast

import xcffib
import xcffib.res
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
_PROCESS_OF_EACH = xcffib.res.ClientIdSpec.synthetic(0, xcffib.res.ClientIdMask.LocalClientPID)
"""Of every client (0) of this machine."""


class Ping:
    """Asks programs on one connection, whose events it takes."""

    def __init__(self, connection: xcffib.Connection) -> None:
        self._connection = connection
        self._core = xcffib.xproto.xprotoExtension(connection)
        self._root = connection.get_screen_pointers()[0].root
        self._stamps = count(1)
        self._own_bits = cast("xcffib.xproto.Setup", connection.get_setup()).resource_id_mask
        self._silent: set[int] = set()
        """Connections that have not answered, and are not asked again."""
        with reached():
            tells_processes = self._core.QueryExtension(len("X-Resource"), "X-Resource").reply().present
            self._resources = xcffib.res.resExtension(connection, xcffib.res.key) if tells_processes else None
            self._ping, self._protocols = (
                self._core.InternAtom(False, len(name), name).reply().atom for name in ("_NET_WM_PING", "WM_PROTOCOLS")
            )

    def wait_until_handled(self) -> bool:
        """Wait for the answer, or as long as a program that need not answer is given.

        Returns:
            False when the program answers pings and has not answered this one in time.
        """
        begin = time.monotonic()
        with self._listening():
            while (asked := self._asked()) is not None:
                window, answers_pings = asked
                left = begin + (ANSWER_S if answers_pings else UNASKED_S) - time.monotonic()
                if left <= 0:
                    return not answers_pings
                if self._answers(window, min(left, _ASK_AGAIN_S)):
                    return True
        return True

    def wait_for_other_connections(self) -> None:
        """Wait until what came to the same program by its other connections was handled too, where it can be asked."""
        with self._listening():
            for connection, window in self._elsewhere().items():
                if not self._answers(window, ANSWER_S):
                    self._silent.add(connection)

    @contextmanager
    def _listening(self) -> Generator[None]:
        """Answers go to the root, as its children's events."""
        with reached():
            self._listen(xcffib.xproto.EventMask.SubstructureNotify)
            try:
                yield
            finally:
                self._listen(xcffib.xproto.EventMask.NoEvent)

    def _listen(self, mask: int) -> None:
        self._core.ChangeWindowAttributes(self._root, xcffib.xproto.CW.EventMask, [mask])

    def _elsewhere(self) -> dict[int, int]:
        """The other connections of the program that has the focus, and of each a window that answers pings."""
        asked = self._asked()
        if asked is None or self._resources is None:
            return {}
        question = cast("xcffib.res.QueryClientIdsCookie", self._resources.QueryClientIds(1, [_PROCESS_OF_EACH]))
        processes = {self._owner(known.spec.client): known.value[0] for known in question.reply().ids}
        process = processes.pop(self._owner(asked[0]), None)
        others = {connection for connection, its in processes.items() if its == process} - self._silent
        found: dict[int, int] = {}
        if others:
            for window in self._core.QueryTree(self._root).reply().children:
                connection = self._owner(window)
                if connection in others - found.keys() and self._ping in self._protocols_of(window):
                    found[connection] = window
        return found

    def _owner(self, resource: int) -> int:
        """The connection that has made a window, by the bits that are the same for all of its resources."""
        return resource & ~self._own_bits

    def _asked(self) -> tuple[int, bool] | None:
        """The window that a ping goes to, and whether its program says that it answers; None where no window is."""
        with suppress(xcffib.Error):  # a window has gone
            focus = window = self._core.GetInputFocus().reply().focus
            if focus == _FOLLOWS_POINTER:
                focus = window = self._core.QueryPointer(self._root).reply().child
            while window not in (*_NOTHING, self._root):
                if protocols := self._protocols_of(window):
                    return window, self._ping in protocols
                window = self._core.QueryTree(window).reply().parent
            if focus not in (*_NOTHING, self._root):
                return focus, False
        return None

    def _protocols_of(self, window: int) -> Sequence[int]:
        """What a window says it understands of window managers; nothing when it has gone."""
        with suppress(xcffib.Error):
            kinds = xcffib.xproto.Atom.ATOM
            reply = self._core.GetProperty(False, window, self._protocols, kinds, 0, _LONGEST).reply()
            return memoryview(reply.value.buf()).cast("I")
        return ()

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
