"""The user's way into a running episode: Ctrl-C pauses it, a second Ctrl-C ends it.

The first Ctrl-C interrupts nothing: an action under way is finished, keys and buttons come up as always, and the agent
pauses before it does anything else. Knows the terminal; knows neither environment nor model.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from types import FrameType, TracebackType
from typing import Protocol, Self

_MENU = "Paused: [c]ontinue, one [s]tep, [t]ake over, [i]nstruct, [a]bort? "
_PAUSING = "\nPausing after what is under way. Ctrl-C again ends it.\n"


class Choice(Enum):
    """What the user wants after a pause."""

    CONTINUE = auto()
    TAKE_OVER = auto()
    INSTRUCT = auto()
    ABORT = auto()


@dataclass(frozen=True, slots=True)
class Order:
    """What the user said in a pause. Whatever it is, the agent looks at the screen afresh before it goes on."""

    choice: Choice
    instruction: str = ""
    """What is added to the task; only with INSTRUCT."""


class Supervisor(Protocol):
    """Somebody who may step in."""

    def wants_in(self) -> bool:
        """Whether the agent has to pause; asked before every action."""
        ...

    def step_in(self) -> Order | None:
        """Pause if asked to, and say how to go on; asked before every step. None when there was no pause."""
        ...


class Nobody:
    """Never steps in."""

    def wants_in(self) -> bool:
        return False

    def step_in(self) -> Order | None:
        return None


class TerminalControl:
    """Ctrl-C and a menu in the terminal. Use it as a context manager, in the main thread.

    Args:
        read: asks for a line; raises EOFError when there is nobody to answer.
        write: shows a text.
    """

    def __init__(self, read: Callable[[str], str] = input, write: Callable[[str], None] = print) -> None:
        self._read, self._write = read, write
        self._asked = self._stepping = self._in_menu = False
        self._restore: Callable[[], object] = lambda: None

    def __enter__(self) -> Self:
        before = signal.signal(signal.SIGINT, self._on_interrupt)
        self._restore = lambda: signal.signal(signal.SIGINT, before)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._restore()

    def wants_in(self) -> bool:
        return self._asked

    def step_in(self) -> Order | None:
        if not (self._asked or self._stepping):
            return None
        self._stepping, self._in_menu = False, True
        try:
            return self._menu()
        except EOFError:
            return Order(Choice.ABORT)
        finally:
            self._asked = self._in_menu = False

    def _menu(self) -> Order:
        while True:
            match self._read(_MENU).strip().lower()[:1]:
                case "c":
                    return Order(Choice.CONTINUE)
                case "s":
                    self._stepping = True
                    return Order(Choice.CONTINUE)
                case "t":
                    self._read("Mouse and keyboard are yours. Press Enter here to hand them back. ")
                    return Order(Choice.TAKE_OVER)
                case "i":
                    if instruction := self._read("What else is to be done or heeded? ").strip():
                        return Order(Choice.INSTRUCT, instruction)
                case "a":
                    return Order(Choice.ABORT)
                case _:
                    pass

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._asked or self._in_menu:
            raise KeyboardInterrupt
        self._asked = True
        self._write(_PAUSING)
