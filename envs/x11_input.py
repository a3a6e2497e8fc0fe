"""The mouse and the keyboard of an X display, by XTEST. Any text on any layout, without the clipboard.

Whatever is held is let go on every way out of a method, and by the guardian when the process is killed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain

import xcffib
import xcffib.xproto
import xcffib.xtest

from envs.actions import Button
from envs.base import ActionFailed, EnvUnavailable
from envs.input_device import InputDevice
from envs.x11_display import connect, reached
from envs.x11_guardian import Guardian
from envs.x11_keyboard import Keyboard, Stroke, keysym

_KEY_PRESS, _KEY_RELEASE, _BUTTON_PRESS, _BUTTON_RELEASE, _MOTION = 2, 3, 4, 5, 6
"""Of the core protocol."""
_BUTTONS = {Button.LEFT: 1, Button.MIDDLE: 2, Button.RIGHT: 3}
_WHEEL_UP, _WHEEL_DOWN, _WHEEL_LEFT, _WHEEL_RIGHT = 4, 5, 6, 7
DRAG_STEPS = 20
DRAG_STEP_S = 0.01
"""Programs take the movements that they find in their queue together as one, and begin to drag after several."""
BETWEEN_CLICKS_S = 0.005
"""Chromium leaves out a second click of the same millisecond."""
_CHARACTERS = {"\n": "enter", "\t": "tab"}


class X11Input(InputDevice):
    """Mouse and keyboard of one X display."""

    def __init__(self, display: str | None = None) -> None:
        """Open the display, by default the user's.

        Raises:
            EnvUnavailable: there is none, or it takes no input from programs.
        """
        self._connection: xcffib.Connection | None = connect(display)
        connection = self._connection
        self._core = xcffib.xproto.xprotoExtension(connection)
        self._root = connection.get_screen_pointers()[0].root
        with reached():
            if not self._core.QueryExtension(len("XTEST"), "XTEST").reply().present:
                raise EnvUnavailable("The X display takes no input from programs: it has no XTEST extension.")
        self._test = xcffib.xtest.xtestExtension(connection, xcffib.xtest.key)
        self._keyboard = Keyboard(connection)
        self._guardian = Guardian(display or os.environ["DISPLAY"])

    def position(self) -> tuple[float, float]:
        self._there()
        with reached():
            pointer = self._core.QueryPointer(self._root).reply()
        return float(pointer.root_x), float(pointer.root_y)

    def move(self, x_dev: float, y_dev: float) -> None:
        self._give((_MOTION, 0, int(x_dev // 1), int(y_dev // 1)))

    def click(self, button: Button = Button.LEFT, count: int = 1) -> None:
        number = _BUTTONS[button]
        for turn in range(count):
            if turn:
                time.sleep(BETWEEN_CLICKS_S)
            self._give((_BUTTON_PRESS, number, 0, 0), (_BUTTON_RELEASE, number, 0, 0))

    def drag(self, x_dev: float, y_dev: float, button: Button = Button.LEFT) -> None:
        start_x, start_y = self.position()
        with self._held(_BUTTON_PRESS, _BUTTONS[button]):
            for step in range(1, DRAG_STEPS + 1):
                time.sleep(DRAG_STEP_S)
                part = step / DRAG_STEPS
                self.move(start_x + (x_dev - start_x) * part, start_y + (y_dev - start_y) * part)
            time.sleep(DRAG_STEP_S)

    def scroll(self, vertical: int = 0, horizontal: int = 0) -> None:
        turns = ((vertical, _WHEEL_UP, _WHEEL_DOWN), (horizontal, _WHEEL_RIGHT, _WHEEL_LEFT))
        for notches, forward, back in turns:
            number = forward if notches > 0 else back
            for _ in range(abs(notches)):
                self._give((_BUTTON_PRESS, number, 0, 0), (_BUTTON_RELEASE, number, 0, 0))

    def type_text(self, text: str) -> None:
        self._there()
        self._keyboard.read()
        symbols = [_symbol(character) for character in text]
        locked = self._keyboard.unlock_capitals() if symbols else False
        try:
            for part in self._parts(symbols):
                self._make(part)
                for symbol in part:
                    self._stroke(symbol)
        finally:
            if locked:
                self._keyboard.lock_capitals()

    def press(self, keys: Sequence[str], presses: int = 1) -> None:
        self._there()
        self._keyboard.read()
        symbols = [keysym(key) for key in keys]
        self._make(symbols)
        strokes = [self._known(symbol) for symbol in symbols]
        codes = list(dict.fromkeys(chain.from_iterable((*stroke.held, stroke.keycode) for stroke in strokes)))
        for _ in range(presses):
            with ExitStack() as held:
                for code in codes:
                    held.enter_context(self._held(_KEY_PRESS, code))
        for stroke in strokes:
            self._keyboard.note(stroke)

    def close(self) -> None:
        if self._connection is None:
            return
        try:
            with suppress(EnvUnavailable):
                self._keyboard.restore()
                self._guardian.told("!")
        finally:
            self._connection.disconnect()
            self._connection = None
            self._guardian.close()

    def _there(self) -> None:
        if self._connection is None:
            raise EnvUnavailable("The X display was closed.")

    def _parts(self, symbols: Sequence[int]) -> Iterator[list[int]]:
        """Pieces in which no more characters need a key made for them than there are spare keycodes."""
        room = len(self._keyboard.spare())
        part: list[int] = []
        missing: set[int] = set()
        for symbol in symbols:
            if not self._keyboard.has_key(symbol):
                if not room:
                    raise ActionFailed(
                        f"Nothing was typed: the keyboard has no key for {_name(symbol)}, and none to spare."
                    )
                if len(missing | {symbol}) > room:
                    yield part
                    part, missing = [], set()
                missing.add(symbol)
            part.append(symbol)
        yield part

    def _make(self, symbols: Sequence[int]) -> None:
        self._keyboard.make(symbols, lambda keycode, row: self._guardian.told("=", keycode, *row))

    def _stroke(self, symbol: int) -> None:
        stroke = self._known(symbol)
        down = [*stroke.held, stroke.keycode]
        # All in one go: the process cannot be killed between press and release.
        self._give(*[(_KEY_PRESS, code, 0, 0) for code in down], *[(_KEY_RELEASE, code, 0, 0) for code in down[::-1]])
        self._keyboard.note(stroke)

    def _known(self, symbol: int) -> Stroke:
        stroke = self._keyboard.stroke(symbol)
        if stroke is None:
            raise ActionFailed(f"No key gives {_name(symbol)}, and there is none to spare.")
        return stroke

    @contextmanager
    def _held(self, press: int, number: int) -> Generator[None]:
        """Hold a key or a button."""
        kind, release = ("key ", _KEY_RELEASE) if press == _KEY_PRESS else ("button ", _BUTTON_RELEASE)
        self._guardian.told(f"+{kind}", number)
        try:
            self._give((press, number, 0, 0))
            yield
        finally:
            self._give((release, number, 0, 0))
            self._guardian.told(f"-{kind}", number)

    def _give(self, *events: tuple[int, int, int, int]) -> None:
        """Events of (kind, keycode or button, x, y), in order and in one go."""
        if self._connection is None:
            raise EnvUnavailable("The X display was closed.")
        with reached():
            for kind, detail, x, y in events:
                self._test.FakeInput(kind, detail, 0, self._root, x, y, 0)
            self._connection.flush()


def _symbol(character: str) -> int:
    name = _CHARACTERS.get(character, character)
    if len(name) == 1 and not name.isprintable():
        raise ActionFailed(f"Nothing was typed: {character!r} is not a character that a keyboard gives.")
    return keysym(name)


def _name(symbol: int) -> str:
    """A keysym in words: the character it stands for, or its number."""
    if 0x01000000 <= symbol <= 0x0110FFFF:
        return repr(chr(symbol - 0x01000000))
    return repr(chr(symbol)) if symbol <= 0xFF else f"the keysym {symbol:#x}"
