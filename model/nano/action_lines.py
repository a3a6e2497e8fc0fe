"""The action lines that nano writes: what a step does and to what, and the calls that go with it.

The trainer writes them and the agent reads them. What a step points at is a label or an icon, and perhaps what tells it
from others like it. Knows strings only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

UNKNOWN_PLACE = "x=0.500, y=0.500"
"""The place a planned step names: where it really is, is found by looking closer."""

POINTER_CALLS = {
    "Click": "click",
    "Double-click": "doubleClick",
    "Right-click": "rightClick",
    "Tick": "click",
    "Untick": "click",
}

ORDINALS: Final = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "last": -1}
"""Indices in reading order."""
Relation = Literal["in the row", "on the card", "in the column", "next to", "below", "above", "left of", "right of"]
RELATIONS: Final[tuple[Relation, ...]] = get_args(Relation)

_TARGET = re.compile(
    rf'(?:the (?P<ordinal>{"|".join(ORDINALS)}) )?(?P<icon>icon )?"(?P<label>.*?)"'
    rf'(?: (?P<relation>{"|".join(RELATIONS)}) "(?P<anchor>.*)")?',
    re.DOTALL,
)
_POINTING = re.compile(rf'(?P<verb>{"|".join(POINTER_CALLS)}) (?P<target>.*".*")', re.DOTALL)
_TYPING = re.compile(r'Type "(?P<text>.*?)" into (?P<target>.*".*")', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Target:
    """Something on a screen, by what it shows and perhaps by where it stands."""

    label: str
    """Its text, or the name of its icon."""
    is_icon: bool = False
    ordinal: str = ""
    """Which of those with the same label, of `ORDINALS`; empty if there is one."""
    relation: Relation | None = None
    """How it stands to the anchor; None without one."""
    anchor: str = ""
    """Another text on the screen."""

    def __str__(self) -> str:
        """As action lines have it: the second "Edit"; icon "delete" in the row "Invoice 204"."""
        ordinal = f"the {self.ordinal} " if self.ordinal else ""
        where = f' {self.relation} "{self.anchor}"' if self.relation else ""
        return f'{ordinal}{"icon " if self.is_icon else ""}"{self.label}"{where}'


def read_target(text: str) -> Target | None:
    """The target that a text says, written as `Target` writes it; None for any other text."""
    found = _TARGET.fullmatch(text)
    if found is None:
        return None
    relation = cast(Relation | None, found["relation"])
    return Target(found["label"], found["icon"] is not None, found["ordinal"] or "", relation, found["anchor"] or "")


def typing_code(text: str) -> str:
    """The calls that click into a field and type."""
    return f"pyautogui.click({UNKNOWN_PLACE})\npyautogui.write(message={text!r})"


def code_of(action: str) -> str | None:
    """The code that goes with an action line which names a place, with `UNKNOWN_PLACE` for it; None for other lines."""
    if typing := _TYPING.fullmatch(action):
        return typing_code(typing["text"])
    if pointing := _POINTING.fullmatch(action):
        return f"pyautogui.{POINTER_CALLS[pointing['verb']]}({UNKNOWN_PLACE})"
    return None


def target_of(action: str) -> Target | None:
    """What an action line points at; None for lines that point at nothing."""
    line = _TYPING.fullmatch(action) or _POINTING.fullmatch(action)
    return None if line is None else read_target(line["target"])
