"""Which actions may insert something that was copied or is carried: pastes by keys or the middle button, and drops.

A click on a menu's "Paste", and what a program has keys of its own for, cannot be told from others.
"""

from __future__ import annotations

from envs.actions import Action, Button, Click, Drag, Press

_PASTING = ({"ctrl", "v"}, {"win", "v"}, {"shift", "insert"})
"""Chords, with other modifiers or without: terminals paste with Ctrl+Shift+V."""


def may_insert(action: Action) -> bool:
    """Whether an action may insert what it does not say."""
    match action:
        case Press(keys=keys):
            held = {key.removesuffix("right").lower() for key in keys}
            return any(chord <= held for chord in _PASTING)
        case Click(button=Button.MIDDLE) | Drag():
            return True
        case _:
            return False
