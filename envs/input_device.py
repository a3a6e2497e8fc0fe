"""The seam to the mouse and the keyboard of a desktop.

Knows what every input device of a desktop can do; knows no display server. Places are in device coordinates (`_dev`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from envs.actions import Button


class InputDevice(Protocol):
    """A mouse and a keyboard.

    Every method raises EnvUnavailable when the display has gone, and ActionFailed when the input cannot be given:
    nothing of it has happened then, or the message says what has. Whatever is held down is released on every way out of
    a method, and by `close`.
    """

    def position(self) -> tuple[float, float]:
        """Where the pointer is."""
        ...

    def move(self, x_dev: float, y_dev: float) -> None:
        """Put the pointer on a place."""
        ...

    def click(self, button: Button = Button.LEFT, count: int = 1) -> None:
        """Click where the pointer is, so quickly that several are a double or triple click."""
        ...

    def drag(self, x_dev: float, y_dev: float, button: Button = Button.LEFT) -> None:
        """Press where the pointer is, move to a place in steps that programs notice, release there."""
        ...

    def scroll(self, vertical: int = 0, horizontal: int = 0) -> None:
        """Turn the wheel where the pointer is, in notches: positive is up and right."""
        ...

    def type_text(self, text: str) -> None:
        """Type text, whatever the keyboard's layout. A newline is the Enter key, a tab the Tab key."""
        ...

    def press(self, keys: Sequence[str], presses: int = 1) -> None:
        """Press keys one after the other, holding them, and release them in reverse; canonical names of `envs.keys`."""
        ...

    def close(self) -> None:
        """Release everything that is held down and let go of the display. May be called twice."""
        ...
