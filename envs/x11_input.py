"""The mouse and the keyboard of an X display, by XTEST: any text on any layout, without the clipboard.

Dead keys are never used. What is typed is what programs get, unless they hand it to an input method (ibus, fcitx) that
makes other characters of it: programs started with XMODIFIERS=@im=none, GTK_IM_MODULE=gtk-im-context-simple and
QT_IM_MODULE=simple do not.

Whatever is held is let go on every way out of a method, and by the guardian when the process is killed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from typing import NamedTuple

import xcffib
import xcffib.xproto
import xcffib.xtest

from envs.actions import Button
from envs.base import ActionFailed, EnvUnavailable
from envs.input_device import InputDevice
from envs.x11_display import connect, reached
from envs.x11_guardian import Guardian
from envs.x11_keyboard import Keyboard
from envs.x11_keymap import Stroke
from envs.x11_keysyms import of_character, of_key

CLICK_GAP_MS = 5
"""Chromium takes two clicks of the same millisecond for one that it was told of twice."""
DRAG_STEPS = 20
DRAG_STEP_MS = 15
"""Programs take movements that they find together as one, and begin a drag only after several of a few pixels each."""
_KEY_PRESS, _KEY_RELEASE, _BUTTON_PRESS, _BUTTON_RELEASE, _MOTION = 2, 3, 4, 5, 6
"""Events of the core protocol."""
_RELEASES = {_KEY_PRESS: _KEY_RELEASE, _BUTTON_PRESS: _BUTTON_RELEASE}
_KINDS = {_KEY_PRESS: "key", _BUTTON_PRESS: "button"}
_BUTTONS = {Button.LEFT: 1, Button.MIDDLE: 2, Button.RIGHT: 3}
_WHEEL_UP, _WHEEL_DOWN, _WHEEL_LEFT, _WHEEL_RIGHT = 4, 5, 6, 7
_CHARACTERS = {"\n": "enter", "\r": "enter", "\t": "tab"}


class _Event(NamedTuple):
    kind: int
    detail: int = 0
    x: int = 0
    y: int = 0
    delay_ms: int = 0
    """How long the server waits before it."""


class X11Input(InputDevice):
    """Mouse and keyboard of one X display."""

    def __init__(self, display: str | None = None) -> None:
        """Open the display, by default the user's.

        Raises:
            EnvUnavailable: there is none, or it takes no input from programs.
        """
        self._connection: xcffib.Connection | None = None
        connection = connect(display)
        self._core = xcffib.xproto.xprotoExtension(connection)
        self._root = connection.get_screen_pointers()[0].root
        with reached():
            if not self._core.QueryExtension(len("XTEST"), "XTEST").reply().present:
                raise EnvUnavailable("The X display takes no input from programs: it has no XTEST extension.")
            self._test = xcffib.xtest.xtestExtension(connection, xcffib.xtest.key)
            self._known_as = connection.generate_id()
            self._core.CreatePixmap(1, self._known_as, self._root, 1, 1)
        self._guardian = Guardian(display or os.environ["DISPLAY"])
        self._connection, self._events = connection, connection.poll_for_event
        try:
            self._guardian.hold([("client", self._known_as)])
            self._keyboard = Keyboard(connection, self._guardian)
        except BaseException:
            self.close()
            raise

    def position(self) -> tuple[float, float]:
        self._refuse_if_closed()
        with reached():
            pointer = self._core.QueryPointer(self._root).reply()
        return float(pointer.root_x), float(pointer.root_y)

    def move(self, x_dev: float, y_dev: float) -> None:
        self._refuse_beyond(x_dev, y_dev)
        self._give([_motion(x_dev, y_dev)])

    def click(self, button: Button = Button.LEFT, count: int = 1) -> None:
        number = _BUTTONS[button]
        once = [_Event(_BUTTON_PRESS, number), _Event(_BUTTON_RELEASE, number)]
        again = [_Event(_BUTTON_PRESS, number, delay_ms=CLICK_GAP_MS), _Event(_BUTTON_RELEASE, number)]
        self._give(once + again * (count - 1))

    def drag(self, x_dev: float, y_dev: float, button: Button = Button.LEFT) -> None:
        self._refuse_beyond(x_dev, y_dev)
        x, y = self.position()
        number = _BUTTONS[button]
        parts = [step / DRAG_STEPS for step in range(1, DRAG_STEPS + 1)]
        path = [_motion(x + (x_dev - x) * part, y + (y_dev - y) * part, DRAG_STEP_MS) for part in parts]
        self._give([_Event(_BUTTON_PRESS, number), *path, _Event(_BUTTON_RELEASE, number, delay_ms=DRAG_STEP_MS)])

    def scroll(self, vertical: int = 0, horizontal: int = 0) -> None:
        for notches, forward, back in ((vertical, _WHEEL_UP, _WHEEL_DOWN), (horizontal, _WHEEL_RIGHT, _WHEEL_LEFT)):
            number = forward if notches > 0 else back
            self._give([_Event(_BUTTON_PRESS, number), _Event(_BUTTON_RELEASE, number)] * abs(notches))

    def type_text(self, text: str) -> None:
        self._refuse_if_closed()
        characters = text.replace("\r\n", "\n")
        keysyms = [keysym for character in characters if (keysym := _keysym(character)) is not None]
        if len(keysyms) < len(characters):
            wrong = next(character for character in characters if _keysym(character) is None)
            raise ActionFailed(f"Nothing was typed: {wrong!r} is no character that a keyboard gives.")
        typed = 0
        self._keyboard.read()
        try:
            with self._keyboard.small_letters():
                for strokes in self._keyboard.strokes(keysyms):
                    self._give([event for stroke in strokes for event in _chord([stroke])])
                    typed += len(strokes)
        except ActionFailed as error:
            raise ActionFailed(
                f"{typed or 'None'} of the {len(characters)} characters were typed, up to {characters[:typed][-20:]!r}."
                f" At {characters[typed]!r}: {error}."
            ) from error

    def press(self, keys: Sequence[str], presses: int = 1) -> None:
        self._refuse_if_closed()
        self._keyboard.read()
        # What CapsLock does to the others it must not do to itself.
        with nullcontext() if "capslock" in keys else self._keyboard.small_letters():
            self._give(_chord([self._stroke(key) for key in keys]) * presses)

    def close(self) -> None:
        if self._connection is None:
            return
        try:
            with suppress(EnvUnavailable):
                self._keyboard.restore()
                self._guardian.release([("client", self._known_as)])
        finally:
            self._connection.disconnect()
            self._connection = None
            self._guardian.close()

    def _stroke(self, key: str) -> Stroke:
        try:
            return self._keyboard.stroke(of_key(key))
        except ActionFailed as error:
            raise ActionFailed(f"Nothing was pressed. At {key!r}: {error}.") from error

    def _give(self, events: Sequence[_Event]) -> None:
        """Have events happen, in one go; return when they have."""
        self._refuse_if_closed()
        pressed = [event for event in events if event.kind in _RELEASES]
        held = list(dict.fromkeys((_KINDS[event.kind], event.detail) for event in pressed))
        try:
            self._guardian.hold(held)
            try:
                self._send(events)
            except BaseException:  # Ctrl-C, between a press and its release
                with suppress(EnvUnavailable):
                    self._send([_Event(_RELEASES[event.kind], event.detail) for event in reversed(pressed)])
                raise
            finally:
                self._guardian.release(held)
        except EnvUnavailable:
            self.position()  # raises where the display has gone: the guardian has then ended with it
            raise

    def _send(self, events: Sequence[_Event]) -> None:
        with reached():
            for kind, detail, x, y, delay_ms in events:
                self._test.FakeInput(kind, detail, delay_ms, self._root, x, y, 0)
            self._core.GetInputFocus().reply()
            while self._events() is not None:
                pass  # each change of the keyboard's mapping is told to everyone

    def _refuse_beyond(self, x_dev: float, y_dev: float) -> None:
        """For a place beyond its edges the server takes the nearest one within, and says nothing."""
        self._refuse_if_closed()
        with reached():
            display = self._core.GetGeometry(self._root).reply()
        if not (0 <= x_dev < display.width and 0 <= y_dev < display.height):
            size = f"{display.width}x{display.height}"
            raise ActionFailed(f"Nothing was done: ({x_dev:g}, {y_dev:g}) is not on the display, which is {size}.")

    def _refuse_if_closed(self) -> None:
        if self._connection is None:
            raise EnvUnavailable("The X display was closed.")


def _motion(x_dev: float, y_dev: float, delay_ms: int = 0) -> _Event:
    return _Event(_MOTION, 0, math.floor(x_dev), math.floor(y_dev), delay_ms)


def _chord(strokes: Sequence[Stroke]) -> list[_Event]:
    """Keys pressed one after the other, and released in reverse."""
    codes = list(dict.fromkeys(code for stroke in strokes for code in (*stroke.held, stroke.keycode)))
    return [
        *(_Event(_KEY_PRESS, code) for code in codes),
        *(_Event(_KEY_RELEASE, code) for code in reversed(codes)),
    ]


def _keysym(character: str) -> int | None:
    name = _CHARACTERS.get(character)
    return of_key(name)[0] if name else of_character(character)
