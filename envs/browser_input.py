"""The mouse and the keyboard of one page.

Whatever is pressed here is released here, also when something goes wrong or is cancelled in between. Coordinates are
CSS pixels of the viewport (_dev). Knows no actions and no frames.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Sequence
from typing import Literal

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from envs.base import ActionFailed
from envs.keys import playwright_name

NOTCH_CSS_PX = 120
"""What Chromium reports for one notch of a real wheel (version 156 under X11, measured)."""

DRAG_STEPS = 12
"""Moves between the ends of a drag: pages that follow the pointer want to see it come."""

KEYSTROKES = 200
"""Longer text is entered a line at a time, as by an input method: a keystroke costs up to 10 ms."""

MouseButton = Literal["left", "middle", "right"]

# What a US keyboard has, for which there are real key events; everything else comes as an input method would enter it.
_RUNS = re.compile(r"(?P<key>\n|\t)|(?P<typed>[ -~]+)|(?P<inserted>[^ -~\n\t]+)")


class BrowserInput:
    """Only for the browser's loop."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.pointer_dev: tuple[float, float] | None = None
        """Where the pointer is; None while it was nowhere."""

    async def move(self, at: tuple[float, float]) -> None:
        await self._page.mouse.move(*at)
        self.pointer_dev = at

    async def click(self, at: tuple[float, float], button: MouseButton, count: int) -> None:
        await self.move(at)
        for nth in range(1, count + 1):
            try:
                await self._page.mouse.down(button=button, click_count=nth)
            finally:
                await self._page.mouse.up(button=button, click_count=nth)

    async def drag(self, start: tuple[float, float], end: tuple[float, float], button: MouseButton) -> None:
        await self.move(start)
        try:
            await self._page.mouse.down(button=button)
            await self._page.mouse.move(*end, steps=DRAG_STEPS)
            self.pointer_dev = end
        finally:
            await self._page.mouse.up(button=button)

    async def scroll(self, right: int, up: int) -> None:
        """Turn the wheel by notches, one event each as a wheel does."""
        for notches, x, y in ((abs(right), (right > 0) - (right < 0), 0), (abs(up), 0, (up < 0) - (up > 0))):
            for _ in range(notches):
                await self._page.mouse.wheel(x * NOTCH_CSS_PX, y * NOTCH_CSS_PX)

    async def type(self, text: str) -> None:
        """Enter text into whatever has the focus. A newline is the Enter key, a tab the Tab key."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        keyboard = self._page.keyboard
        for run in _RUNS.finditer(text):
            if run["key"]:
                await keyboard.press("Enter" if run["key"] == "\n" else "Tab")
            elif run["typed"] and len(text) <= KEYSTROKES:
                await keyboard.type(run["typed"])
            else:
                await keyboard.insert_text(run[0])

    async def press(self, keys: Sequence[str]) -> None:
        """Press keys of canonical names one after the other, holding them, and release them all.

        Raises:
            ActionFailed: this keyboard has no such key.
        """
        if len(keys) == 1 and len(keys[0]) == 1 and not " " <= keys[0] <= "~":
            return await self._page.keyboard.insert_text(keys[0])
        held: list[str] = []
        try:
            for key in keys:
                held.append(playwright_name(key))
                await self._page.keyboard.down(held[-1])
        except PlaywrightError as error:
            if "Unknown key" in error.message:
                raise ActionFailed(f"The browser's keyboard has no key {keys[len(held) - 1]!r}.") from error
            raise
        finally:
            await self._release(reversed(held))
        return None

    async def _release(self, keys: Iterable[str]) -> None:
        for key in keys:
            with contextlib.suppress(PlaywrightError):  # of one key that does not exist, or of a page that has gone
                await self._page.keyboard.up(key)
