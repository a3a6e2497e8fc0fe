"""pyautogui at its seam: what is asked of it, and what is made of its answers. The real one is in `test_desktop`."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from envs.actions import Button
from envs.base import ActionFailed, EnvUnavailable, TakenOver
from envs.pyautogui_input import DRAG_S, WHEEL_UNITS, PyAutoGuiInput


class Gui(ModuleType):
    """Notes what it is asked for, as pyautogui does things: the pointer moves, and corners stop it."""

    class FailSafeException(Exception):
        pass

    def __init__(self) -> None:
        super().__init__("pyautogui")
        self.PAUSE = 0.1
        self.FAILSAFE = True
        self.FAILSAFE_POINTS = [(0, 0)]
        self.at = (5, 5)
        self.done: list[tuple[object, ...]] = []
        self.fails_on = ""

    def _check(self) -> None:
        if self.FAILSAFE and self.at == (0, 0):
            raise self.FailSafeException

    def position(self):
        return self.at

    def moveTo(self, x, y, duration=0.0):
        self._check()
        self.at = (x, y)
        self.done.append(("moveTo", x, y, duration))

    def isValidKey(self, key):
        return key in ("enter", "tab", "ctrl", "shift") or (len(key) == 1 and key.isascii())

    def __getattr__(self, name):
        def call(*arguments, **named):
            self._check()
            if self.fails_on == name:
                raise RuntimeError(name)
            self.done.append((name, *arguments, *named.values()))

        if name.startswith("__"):
            raise AttributeError(name)
        return call


@pytest.fixture
def gui(monkeypatch: pytest.MonkeyPatch) -> Gui:
    gui = Gui()
    monkeypatch.setitem(sys.modules, "pyautogui", gui)
    return gui


def test_there_is_no_pause_and_a_place_is_the_pixel_it_lies_in(gui: Gui) -> None:
    device = PyAutoGuiInput()
    device.move(10.9, -3.1)
    device.click(Button.RIGHT, 2)
    assert gui.PAUSE == 0
    assert gui.done == [("moveTo", 10, -4, 0.0), ("click", "right", 2)]


def test_a_drag_takes_its_time_and_lets_go(gui: Gui) -> None:
    PyAutoGuiInput().drag(40, 50)
    assert gui.done == [("mouseDown", "left"), ("moveTo", 40, 50, DRAG_S), ("mouseUp", "left")]


def test_a_notch_is_a_notch(gui: Gui) -> None:
    PyAutoGuiInput().scroll(-2, 1)
    assert gui.done == [("vscroll", -2 * WHEEL_UNITS), ("hscroll", WHEEL_UNITS)]


def test_what_has_no_key_is_refused_before_anything_is_typed(gui: Gui) -> None:
    device = PyAutoGuiInput()
    with pytest.raises(ActionFailed, match="é"):
        device.type_text("cafés are closed")
    with pytest.raises(ActionFailed, match="f5"):
        device.press(["ctrl", "f5"])
    assert gui.done == []
    device.type_text("a\n\t")
    assert gui.done == [("press", "a"), ("press", "enter"), ("press", "tab")]


def test_keys_are_released_in_reverse_also_when_one_fails(gui: Gui) -> None:
    device = PyAutoGuiInput()
    device.press(["ctrl", "shift", "a"])
    down = [("keyDown", key) for key in ("ctrl", "shift", "a")]
    up = [("keyUp", key) for key in ("a", "shift", "ctrl")]
    assert gui.done == down + up
    gui.done.clear()
    gui.fails_on = "keyDown"
    with pytest.raises(RuntimeError):
        device.press(["ctrl", "a"])
    assert gui.done == [("keyUp", "ctrl")]


def test_the_pointer_in_a_corner_stops_it_unless_an_action_has_left_it_there(gui: Gui) -> None:
    device = PyAutoGuiInput()
    device.move(0, 0)
    device.click()
    device.move(7, 7)
    gui.at = (0, 0)  # the user
    with pytest.raises(TakenOver, match="corner"):
        device.click()
    assert gui.FAILSAFE


def test_what_is_held_is_released_after_the_corner(gui: Gui) -> None:
    device = PyAutoGuiInput()
    real = gui.moveTo

    def into_the_corner(x: int, y: int, duration: float = 0.0) -> None:
        gui.at = (0, 0)
        real(x, y, duration)

    gui.moveTo = into_the_corner
    with pytest.raises(TakenOver):
        device.drag(40, 50)
    assert gui.done == [("mouseDown", "left"), ("mouseUp", "left")]


def test_without_a_desktop_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyautogui", None)
    with pytest.raises(EnvUnavailable, match="no desktop"):
        PyAutoGuiInput()
