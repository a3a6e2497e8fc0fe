"""Questions to programs over the accessibility bus (AT-SPI 2 over D-Bus), many at a time.

A program that does not answer holds up nothing but itself. Knows messages; knows nothing of trees.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Final, NamedTuple

from envs.base import EnvUnavailable

AT_ONCE = 200
"""Questions that may wait for an answer: a bus breaks with whoever makes it keep too many."""
CONNECT_S = 5.0


class Place(NamedTuple):
    """Where an element lives: its program's name on the bus and its path in it."""

    program: str
    path: str


ALL = Place("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
"""What holds the programs."""
INTERFACE = "org.a11y.atspi."
"""How the names of interfaces begin."""
ACCESSIBLE = f"{INTERFACE}Accessible"
PROPERTIES = "org.freedesktop.DBus.Properties"
ON_SCREEN = 0
"""ATSPI_COORD_TYPE_SCREEN."""
STATES: Final = (
    "invalid", "active", "armed", "busy", "checked", "collapsed", "defunct", "editable", "enabled", "expandable",
    "expanded", "focusable", "focused", "has-tooltip", "horizontal", "iconified", "modal", "multi-line",
    "multiselectable", "opaque", "pressed", "resizable", "selectable", "selected", "sensitive", "showing",
    "single-line", "stale", "transient", "vertical", "visible", "manages-descendants", "indeterminate", "required",
    "truncated", "animated", "invalid-entry", "supports-autocompletion", "selectable-text", "is-default", "visited",
    "checkable", "has-popup", "read-only",
)  # fmt: skip
"""By their bits: AtspiStateType in at-spi2-core's atspi-constants.h."""


def states_of(words: Sequence[int]) -> frozenset[str]:
    """What two words of 32 bits say of an element, the lower one first."""
    low, high = words
    return frozenset(name for bit, name in enumerate(STATES) if (low | high << 32) >> bit & 1)


class Question(NamedTuple):
    """A call of a method of an element."""

    place: Place
    interface: str
    method: str
    signature: str = ""
    arguments: tuple[object, ...] = ()


class AccessibilityBus:
    """A connection to the accessibility bus of a desktop."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Connect.

        Args:
            environment: the variables of programs on that desktop.

        Raises:
            EnvUnavailable: the extra is not installed, or nothing answers.
        """
        session = environment.get("DBUS_SESSION_BUS_ADDRESS")
        if not session:
            raise EnvUnavailable(
                "There is no session bus (DBUS_SESSION_BUS_ADDRESS is empty), so no accessibility tree."
            )
        try:
            from jeepney import DBusAddress, new_method_call
            from jeepney.io.blocking import open_dbus_connection
        except ImportError as error:
            raise EnvUnavailable("The accessibility tree needs jeepney: pip install 'deixis[accessibility]'") from error
        with _answering(), closing(open_dbus_connection(session)) as bus:
            where = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
            reply = bus.send_and_get_reply(new_method_call(where, "GetAddress"), timeout=CONNECT_S)
            if reply.header.message_type.name == "error":
                raise EnvUnavailable(f"There is no accessibility bus; is at-spi2-core installed? {reply.body[0]}")
            self._bus = open_dbus_connection(str(reply.body[0]))
        self._waiting: dict[int, Question] = {}
        self._next: deque[Question] = deque()

    def ask(self, *questions: Question) -> None:
        """Ask as soon as there is room; `answer` has what comes back."""
        self._next.extend(questions)

    def answer(self, deadline: float) -> tuple[Question, tuple[object, ...] | None] | None:
        """The next answer to any question, in the order in which they come.

        Args:
            deadline: of `time.monotonic`.

        Returns:
            The question with the values answered, None in their place for a refusal; None if nothing is waited for or
            none comes in time.

        Raises:
            EnvUnavailable: the bus has gone.
        """
        from jeepney import DBusAddress, HeaderFields, new_method_call

        with _answering():
            while self._next and len(self._waiting) < AT_ONCE:
                question = self._next.popleft()
                where = DBusAddress(question.place.path, question.place.program, question.interface)
                serial = next(self._bus.outgoing_serial)
                call = new_method_call(where, question.method, question.signature or None, question.arguments)
                self._bus.send(call, serial)
                self._waiting[serial] = question
            while self._waiting and (left := deadline - time.monotonic()) > 0:  # also where answers never run out
                try:
                    message = self._bus.receive(timeout=left)
                except TimeoutError:
                    return None
                question = self._waiting.pop(message.header.fields.get(HeaderFields.reply_serial, -1), None)
                if question is not None:
                    refused = message.header.message_type.name == "error"
                    return question, None if refused else tuple(message.body)
        return None

    @property
    def is_waiting(self) -> bool:
        """Whether there are questions without an answer."""
        return bool(self._waiting or self._next)

    def close(self) -> None:
        """Let go of the bus."""
        self._bus.close()


@contextmanager
def _answering() -> Generator[None]:
    """Whatever is said to the bus inside, it may not be there."""
    try:
        yield
    except OSError as error:  # also time-outs
        raise EnvUnavailable(f"The accessibility bus does not answer: {error}") from error
