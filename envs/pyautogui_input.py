"""The mouse and keyboard of Windows and macOS, through pyautogui. On X11 `x11_input` does better.

pyautogui opens the display when it is imported, so it is imported when a device is made. What it would do silently, it
does not: a character that it has no key for is refused instead of left out.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Protocol, cast

from envs.actions import Button
from envs.base import ActionFailed, EnvUnavailable, TakenOver
from envs.input_device import InputDevice

DRAG_S = 0.3
"""pyautogui jumps when a movement takes less than 0.1 s, and programs notice no drag then."""
WHEEL_UNITS = 120 if sys.platform == "win32" else 1
"""What pyautogui counts for a notch: on Windows it hands on WHEEL_DELTA units."""
_CHARACTERS = {"\n": "enter", "\t": "tab"}


class _PyAutoGui(Protocol):
    """What is used of pyautogui, which has no types."""

    FAILSAFE: bool
    FAILSAFE_POINTS: list[tuple[int, int]]
    PAUSE: float
    FailSafeException: type[Exception]

    def position(self) -> tuple[int, int]: ...
    def moveTo(self, x: int, y: int, duration: float = 0.0) -> None: ...
    def click(self, *, button: str, clicks: int) -> None: ...
    def mouseDown(self, *, button: str) -> None: ...
    def mouseUp(self, *, button: str) -> None: ...
    def vscroll(self, clicks: int) -> None: ...
    def hscroll(self, clicks: int) -> None: ...
    def isValidKey(self, key: str) -> bool: ...
    def press(self, keys: str) -> None: ...
    def keyDown(self, key: str) -> None: ...
    def keyUp(self, key: str) -> None: ...


class PyAutoGuiInput(InputDevice):
    """Mouse and keyboard of the session that the program runs in."""

    def __init__(self) -> None:
        """Open them.

        Raises:
            EnvUnavailable: there is no desktop.
        """
        try:
            self._gui = cast("_PyAutoGui", importlib.import_module("pyautogui"))
        except Exception as error:  # on Linux it raises what Xlib, or a missing variable, raises
            raise EnvUnavailable(f"There is no desktop that pyautogui can use: {error!r}.") from error
        self._gui.PAUSE = 0
        self._left_at = self.position()

    def position(self) -> tuple[float, float]:
        x, y = self._gui.position()
        return float(x), float(y)

    def move(self, x_dev: float, y_dev: float) -> None:
        with self._attended():
            self._gui.moveTo(int(x_dev // 1), int(y_dev // 1))

    def click(self, button: Button = Button.LEFT, count: int = 1) -> None:
        with self._attended():
            self._gui.click(button=button.value, clicks=count)

    def drag(self, x_dev: float, y_dev: float, button: Button = Button.LEFT) -> None:
        with self._attended(), ExitStack() as held:
            held.callback(self._release_button, button)
            self._gui.mouseDown(button=button.value)
            self._gui.moveTo(int(x_dev // 1), int(y_dev // 1), duration=DRAG_S)

    def scroll(self, vertical: int = 0, horizontal: int = 0) -> None:
        with self._attended():
            if vertical:
                self._gui.vscroll(vertical * WHEEL_UNITS)
            if horizontal:
                self._gui.hscroll(horizontal * WHEEL_UNITS)

    def type_text(self, text: str) -> None:
        keys = [_CHARACTERS.get(character, character) for character in text]
        missing = "".join(dict.fromkeys(key for key in keys if not self._gui.isValidKey(key)))
        if missing:
            raise ActionFailed(f"Nothing was typed: the keyboard has no key for {missing!r}.")
        with self._attended():
            for key in keys:
                self._gui.press(key)

    def press(self, keys: Sequence[str], presses: int = 1) -> None:
        missing = [key for key in keys if not self._gui.isValidKey(key)]
        if missing:
            raise ActionFailed(f"Nothing was pressed: the keyboard has no key {missing[0]!r}.")
        with self._attended():
            for _ in range(presses):
                with ExitStack() as held:
                    for key in keys:
                        held.callback(self._release_key, key)
                        self._gui.keyDown(key)

    def close(self) -> None:
        """Nothing is held between two calls."""

    def _release_key(self, key: str) -> None:
        with self._whatever_the_corner():
            self._gui.keyUp(key)

    def _release_button(self, button: Button) -> None:
        with self._whatever_the_corner():
            self._gui.mouseUp(button=button.value)

    @contextmanager
    def _whatever_the_corner(self) -> Generator[None]:
        """What is held is released also when the user has just stopped the agent."""
        attentive, self._gui.FAILSAFE = self._gui.FAILSAFE, False
        try:
            yield
        finally:
            self._gui.FAILSAFE = attentive

    @contextmanager
    def _attended(self) -> Generator[None]:
        """The user stops the agent by moving the pointer into a corner; where an action has left it says nothing."""
        self._gui.FAILSAFE = not (
            self.position() == self._left_at and self._gui.position() in self._gui.FAILSAFE_POINTS
        )
        try:
            yield
        except self._gui.FailSafeException:
            raise TakenOver("The pointer was moved into a corner of the screen: the user has stopped the agent.") from (
                None
            )
        finally:
            self._gui.FAILSAFE = True
            self._left_at = self.position()


def active_title() -> str:
    """The title of the window that has the focus; empty when none has."""
    if sys.platform == "linux":  # pygetwindow, which pyautogui brings along, knows Windows and macOS only
        return ""
    title = importlib.import_module("pygetwindow").getActiveWindowTitle()
    return title if isinstance(title, str) else ""
