"""Explicit instructions and the steps they are made of: the language of nano's lessons.

A step has a canonical action line, which nano writes, and many ways in which a user may ask for it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

UNKNOWN_PLACE = "x=0.500, y=0.500"
"""The place a planned step names: where it really is, is found by looking closer."""

_POINTER_CALLS = {
    "Click": "click",
    "Double-click": "doubleClick",
    "Right-click": "rightClick",
    "Tick": "click",
    "Untick": "click",
}

_POINTING = re.compile(rf'(?P<verb>{"|".join(_POINTER_CALLS)}) ".*"')
_TYPING = re.compile(r'Type "(?P<text>.*?)" into ".*"')

_WAYS_TO_SAY = {
    "Click": (
        'click "{label}"', 'click "{label}"', 'click on "{label}"', 'click the "{label}" button',
        'click the "{label}" link', 'open "{label}"', 'choose "{label}"', 'select "{label}"', 'go to the "{label}" tab',
        'press the "{label}" button',
    ),
    "Double-click": ('double-click "{label}"', 'double-click on "{label}"', 'double click "{label}"'),
    "Right-click": ('right-click "{label}"', 'right-click on "{label}"', 'right click "{label}"'),
    "Tick": (
        'tick "{label}"', 'tick "{label}"', 'check "{label}"', 'tick the box "{label}"', 'tick the "{label}" check box',
    ),
    "Untick": ('untick "{label}"', 'untick "{label}"', 'uncheck "{label}"', 'clear the "{label}" check box'),
    "Type": (
        'type "{text}" into "{label}"', 'type "{text}" into "{label}"', 'enter "{text}" in "{label}"',
        'type "{text}" in the "{label}" field', 'write "{text}" into the "{label}" field',
        'fill in "{label}" with "{text}"',
    ),
}  # fmt: skip

KEYS = (
    "enter", "tab", "esc", "space", "backspace", "delete", "up", "down", "left", "right", "home", "end", "pageup",
    "pagedown", "f5", "ctrl+a", "ctrl+c", "ctrl+v", "ctrl+s", "ctrl+z", "ctrl+f", "alt+left", "ctrl+t", "ctrl+w",
    "shift+tab",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do."""

    action: str
    """The canonical line: Click "Save"."""
    phrase: str
    """How the user asks for it, lower case, without full stop."""
    code: str
    """The calls, with `UNKNOWN_PLACE` for a place."""
    label: str = ""
    """What it points at, if it points."""


def pointer_step(rng: random.Random, verb: str, label: str) -> Step:
    """A step of the mouse on something that carries a label."""
    phrase = rng.choice(_WAYS_TO_SAY[verb]).format(label=label)
    return Step(f'{verb} "{label}"', phrase, f"pyautogui.{_POINTER_CALLS[verb]}({UNKNOWN_PLACE})", label)


def type_step(rng: random.Random, text: str, label: str) -> Step:
    """A step that clicks into a field and types."""
    phrase = rng.choice(_WAYS_TO_SAY["Type"]).format(text=text, label=label)
    return Step(f'Type "{text}" into "{label}"', phrase, _typing_code(text), label)


def _typing_code(text: str) -> str:
    return f"pyautogui.click({UNKNOWN_PLACE})\npyautogui.write(message={text!r})"


def code_of(action: str) -> str | None:
    """The code that goes with an action line which names a place, with `UNKNOWN_PLACE` for it; None for other lines."""
    if typing := _TYPING.fullmatch(action):
        return _typing_code(typing["text"])
    if pointing := _POINTING.fullmatch(action):
        return f"pyautogui.{_POINTER_CALLS[pointing['verb']]}({UNKNOWN_PLACE})"
    return None


def key_step(rng: random.Random) -> Step:
    """A step of the keyboard: one key, or several together."""
    key = rng.choice(KEYS)
    if "+" in key:
        code = f"pyautogui.hotkey({', '.join(repr(part) for part in key.split('+'))})"
    else:
        code = f"pyautogui.press('{key}')"
    shown = rng.choice((key, key.title()))
    return Step(f"Press {key}", rng.choice((f"press {shown}", f"press {shown}", f"hit {shown}")), code)


def scroll_step(rng: random.Random) -> Step:
    """A step of the mouse wheel, five notches."""
    direction, clicks = rng.choice((("down", -5), ("up", 5)))
    phrase = rng.choice((f"scroll {direction}", f"scroll {direction}", f"scroll {direction} the page"))
    return Step(f"Scroll {direction}", phrase, f"pyautogui.scroll({clicks})")


DONE = Step("The task is done", "", "computer.terminate(status='success')")


def random_step(rng: random.Random, label: Callable[[], str], text: Callable[[], str]) -> Step:
    """A step on invented labels and texts."""
    kind = rng.random()
    if kind < 0.4:
        return pointer_step(rng, "Click", label())
    if kind < 0.65:
        return type_step(rng, text(), label())
    if kind < 0.85:
        return pointer_step(rng, rng.choice(("Tick", "Tick", "Untick", "Double-click", "Right-click")), label())
    return key_step(rng) if kind < 0.95 else scroll_step(rng)


def instruction(rng: random.Random, steps: Sequence[Step]) -> str:
    """The steps as a user would write them: "Type "Ada" into "Name", tick "Remember me", then click "Sign in"."."""
    joiner = rng.choice((", ", ", ", ", then ", " then ", ". ", "; ", " and "))
    last = rng.choice((joiner, ", then ", " and ", ", and then ")) if joiner != ". " else ". "
    said = steps[0].phrase
    for number, step in enumerate(steps[1:], start=2):
        between = last if number == len(steps) else joiner
        said += between + (step.phrase[0].upper() + step.phrase[1:] if between == ". " else step.phrase)
    if rng.random() < 0.85:
        said = said[0].upper() + said[1:]
    return said + rng.choice(("", "", "."))
