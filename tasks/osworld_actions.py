"""Actions as OSWorld's and WindowsAgentArena's runners take them: lines of pyautogui, or entries of `computer_13`.

Knows how actions are written, and how to ask for characters that pyautogui leaves out in silence; whoever runs it is on
another machine. What a model wrote stands in the lines as literals only.

After `desktop_env` 1.0.2, `controllers/python.py`, and WindowsAgentArena's `computer` module.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from envs.actions import Action, AskUser, Button, Click, Drag, Move, Press, Scroll, Terminate, TypeText, Wait
from envs.frame import Point

Place = Callable[[Point], tuple[int, int]]
"""Gives the pixel of the guest's screen that a point is on."""
Written = str | dict[str, object]
"""What a runner takes as one action: code, an entry, or one of the words WAIT, DONE and FAIL."""

WAIT: Final = "WAIT"
DONE: Final = "DONE"
FAIL: Final = "FAIL"
DRAG_S: Final = 0.5
"""Programs notice a drag only when the pointer moves in steps."""
WINDOWS_NOTCH: Final = 120
"""Units of one notch of the wheel on Windows, where pyautogui counts in units."""


class ActionSpace(StrEnum):
    """The benchmarks' names for ways to write an action."""

    PYAUTOGUI = "pyautogui"
    COMPUTER_13 = "computer_13"
    CODE_BLOCK = "code_block"
    """WindowsAgentArena's: lines of Python that know `computer`."""


def written(action: Action, place: Place, space: ActionSpace, *, windows: bool = False) -> list[Written]:
    """Write an action.

    Args:
        action: of a kind that desktops know, a wait or an end.
        place: where points are.
        space: how it is written.
        windows: whether the guest is a Windows machine.

    Returns:
        What to give to the runner, one after the other.
    """
    match action:
        case Terminate(success=success):
            return [DONE if success else FAIL]
        case AskUser():  # nobody is there; that the task is impossible was not said
            return [DONE]
        case Wait():
            return [WAIT]
        case _ if space is ActionSpace.COMPUTER_13:
            return [*_entries(action, place)]
        case _:
            return ["\n".join(_lines(action, place, windows))]


def _lines(action: Action, place: Place, windows: bool) -> list[str]:
    """The first line must be a simple statement: the runner puts it behind others."""
    notch = WINDOWS_NOTCH if windows else 1
    lines = ["import pyautogui"]
    match action:
        case Click():
            x, y = place(action.at)
            lines.append(
                f"pyautogui.click({x}, {y}, clicks={action.count}, interval=0.05, button={action.button.value!r})"
            )
        case Move():
            x, y = place(action.to)
            lines.append(f"pyautogui.moveTo({x}, {y})")
        case Drag():
            if action.start is not None:
                x, y = place(action.start)
                lines.append(f"pyautogui.moveTo({x}, {y})")
            x, y = place(action.end)
            lines.append(f"pyautogui.dragTo({x}, {y}, duration={DRAG_S}, button={action.button.value!r})")
        case Scroll():
            if action.at is not None:
                x, y = place(action.at)
                lines.append(f"pyautogui.moveTo({x}, {y})")
            if action.vertical:
                lines.append(f"pyautogui.scroll({action.vertical * notch})")
            if action.horizontal:
                lines.append(f"pyautogui.hscroll({action.horizontal * notch})")
        case Press():
            keys = ", ".join(repr(key) for key in action.keys)
            lines += [f"pyautogui.hotkey({keys})"] * action.presses
        case TypeText():
            lines += _typing(action.text, windows)
        case _:
            raise ValueError(f"A desktop's runner cannot {action.kind}.")
    return lines


def _typing(text: str, windows: bool) -> list[str]:
    if not text.isascii():  # pyautogui has no keys for the rest, and leaves it out
        if windows:
            return [f"computer.clipboard.copy_text({text!r})", "computer.clipboard.paste()"]
        command = "['xdotool', 'type', '--delay', '12', '--file', '-']"
        return ["import subprocess", f"subprocess.run({command}, input={text.encode()!r}, check=True)"]
    if windows:
        return [f"pyautogui.write({text!r}, interval=0.01)"]
    # On X11 pyautogui types ">" for "<".
    return [
        "pyautogui.hotkey('shift', ',')" if part == "<" else f"pyautogui.write({part!r}, interval=0.01)"
        for part in re.split("(<)", text)
        if part
    ]


def _entries(action: Action, place: Place) -> list[dict[str, object]]:
    def move(point: Point) -> dict[str, object]:
        x, y = place(point)
        return _entry("MOVE_TO", x=x, y=y)

    match action:
        case Click():
            x, y = place(action.at)
            return [_entry("CLICK", button=action.button.value, x=x, y=y, num_clicks=action.count)]
        case Move():
            return [move(action.to)]
        case Drag():
            start = [] if action.start is None else [move(action.start)]
            if action.button is Button.LEFT:
                x, y = place(action.end)
                return [*start, _entry("DRAG_TO", x=x, y=y)]
            held = action.button.value
            return [*start, _entry("MOUSE_DOWN", button=held), move(action.end), _entry("MOUSE_UP", button=held)]
        case Scroll():
            at = [] if action.at is None else [move(action.at)]
            return [*at, _entry("SCROLL", dx=action.horizontal, dy=action.vertical)]
        case Press(keys=(key,)):
            return [_entry("PRESS", key=key)] * action.presses
        case Press():
            return [_entry("HOTKEY", keys=list(action.keys))] * action.presses
        case TypeText():
            return [_entry("TYPING", text=action.text)]
        case _:
            raise ValueError(f"A desktop's runner cannot {action.kind}.")


def _entry(kind: str, **parameters: object) -> dict[str, object]:
    return {"action_type": kind, "parameters": parameters}
