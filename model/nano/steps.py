"""Explicit instructions and the steps they are made of: the language of nano's lessons.

A step has a canonical action line, which nano writes, and many ways in which a user may ask for it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from model.nano import words
from model.nano.action_lines import ORDINALS, POINTER_CALLS, RELATIONS, UNKNOWN_PLACE, Target, typing_code
from model.nano.icon_names import NAMES

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
        'turn on "{label}"', 'turn on the switch "{label}"', 'switch on "{label}"',
    ),
    "Untick": (
        'untick "{label}"', 'untick "{label}"', 'uncheck "{label}"', 'clear the "{label}" check box',
        'turn off "{label}"', 'switch off "{label}"',
    ),
    "Type": (
        'type "{text}" into "{label}"', 'type "{text}" into "{label}"', 'enter "{text}" in "{label}"',
        'type "{text}" in the "{label}" field', 'write "{text}" into the "{label}" field',
        'fill in "{label}" with "{text}"',
    ),
}  # fmt: skip
_WAYS_TO_SAY_ICON = (
    'click the "{label}" icon', 'click the "{label}" icon', 'click the icon "{label}"', 'click the {label} icon',
    'press the "{label}" icon', 'click on the "{label}" icon', 'choose the {label} icon',
)  # fmt: skip
_WAYS_TO_SAY_ROW = {
    "Tick": (
        'tick the box in the row "{label}"', 'turn on the switch in the row "{label}"', 'select the row "{label}"',
        'tick the check box next to "{label}"',
    ),
    "Untick": ('untick the box in the row "{label}"', 'turn off the switch in the row "{label}"'),
}  # fmt: skip
"""Of boxes that have no label but what stands in their row."""
_WAYS_TO_SAY_ORDINAL = (
    'click the {ordinal} "{label}"', 'click the {ordinal} "{label}" button', 'click the {ordinal} "{label}" link',
    'open the {ordinal} "{label}"', 'choose the {ordinal} "{label}"', 'click on the {ordinal} "{label}" button',
)  # fmt: skip
_WAYS_TO_SAY_WHERE = {
    "in the row": (
        'in the row "{anchor}"', 'in the row "{anchor}"', 'in the row of "{anchor}"', 'in the "{anchor}" row',
        'for "{anchor}"', 'for the {word} "{anchor}"', 'of "{anchor}"',
    ),
    "on the card": (
        'on the card "{anchor}"', 'on the card "{anchor}"', 'on the "{anchor}" card', 'in the section "{anchor}"',
        'in the box "{anchor}"', 'in the header of "{anchor}"', 'in "{anchor}"',
    ),
    "in the column": ('in the column "{anchor}"', 'in the "{anchor}" column'),
    "next to": ('next to "{anchor}"', 'next to "{anchor}"', 'beside "{anchor}"', 'near "{anchor}"'),
    "below": ('below "{anchor}"', 'below "{anchor}"', 'under "{anchor}"'),
    "above": ('above "{anchor}"',),
    "left of": ('left of "{anchor}"', 'to the left of "{anchor}"'),
    "right of": ('right of "{anchor}"', 'to the right of "{anchor}"'),
}  # fmt: skip
UNQUOTED = 0.15
"""How often labels and texts stand without quotation marks, where it can be told where they end."""
_QUOTATION = re.compile(r'"([^"]*)"')
_ENDS_BY_ITSELF = re.compile(r"(?!.*\b(?:and|then|into|in|the|on)\b)[^,.;:]*", re.IGNORECASE)
_OFTEN = (5, 2, 1, 2, 3, 1, 1, 1)
"""How often each of `RELATIONS` is meant."""

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
    return _pointer_step(verb, Target(label), rng.choice(_WAYS_TO_SAY[verb]).format(label=label))


def icon_step(rng: random.Random, name: str) -> Step:
    """A click on an icon."""
    return _pointer_step("Click", Target(name, is_icon=True), rng.choice(_WAYS_TO_SAY_ICON).format(label=name))


def row_tick_step(rng: random.Random, verb: str, label: str) -> Step:
    """A step on a box that has no label of its own, but a row with one; `verb` is Tick or Untick."""
    return _pointer_step(verb, Target(label), rng.choice(_WAYS_TO_SAY_ROW[verb]).format(label=label))


def ordinal_step(rng: random.Random, label: str) -> Step:
    """A click on one of several things with the same label."""
    ordinal = rng.choice(tuple(ORDINALS))
    phrase = rng.choice(_WAYS_TO_SAY_ORDINAL).format(ordinal=ordinal, label=label)
    return _pointer_step("Click", Target(label, ordinal=ordinal), phrase)


def related_step(rng: random.Random, step: Step, anchor: str, word: str) -> Step:
    """A step that points, told from others like it by another text; `word` says what kind of thing that names."""
    (relation,) = rng.choices(RELATIONS, _OFTEN)
    where = rng.choice(_WAYS_TO_SAY_WHERE[relation]).format(anchor=anchor, word=word)
    said = f"{where}, {step.phrase}" if rng.random() < 0.2 else f"{step.phrase} {where}"
    return replace(step, action=f'{step.action} {relation} "{anchor}"', phrase=said)


def _pointer_step(verb: str, target: Target, phrase: str) -> Step:
    code = f"pyautogui.{POINTER_CALLS[verb]}({UNKNOWN_PLACE})"
    return Step(f"{verb} {target}", phrase, code, target.label)


def type_step(rng: random.Random, text: str, label: str) -> Step:
    """A step that clicks into a field and types."""
    phrase = rng.choice(_WAYS_TO_SAY["Type"]).format(text=text, label=label)
    return Step(f'Type "{text}" into "{label}"', phrase, typing_code(text), label)


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
    """A step on invented labels and texts; some are told from others by their order, or by what they stand beside."""
    kind = rng.random()
    if kind < 0.34:
        step = pointer_step(rng, "Click", label())
    elif kind < 0.42:
        step = icon_step(rng, rng.choice(NAMES))
    elif kind < 0.65:
        step = type_step(rng, text(), label())
    elif kind < 0.8:
        step = pointer_step(rng, rng.choice(("Tick", "Tick", "Untick", "Double-click", "Right-click")), label())
    elif kind < 0.83:
        step = row_tick_step(rng, rng.choice(("Tick", "Untick")), label())
    elif kind < 0.88:
        return ordinal_step(rng, label())
    else:
        return key_step(rng) if kind < 0.96 else scroll_step(rng)
    return related_step(rng, step, label(), words.word(rng).lower()) if rng.random() < 0.15 else step


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
    if rng.random() < UNQUOTED and all(map(_ENDS_BY_ITSELF.fullmatch, _QUOTATION.findall(said))):
        said = said.replace('"', "")
    return said + rng.choice(("", "", "."))
