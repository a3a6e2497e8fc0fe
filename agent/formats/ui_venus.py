"""The prompts of UI-Venus-1.5, word for word as published, and how its answers are read.

    <think>The file has to be saved.</think>
    <action>Click(box=(947,52))</action>
    <conclusion>Click Save.</conclusion>

Sources: `models/navigation/utils.py` (the prompt for web pages) and `models/grounding/ui_venus1_5_gd.py` of the
family's repository. Places are thousandths of the picture, as its device framework reads them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from PIL.Image import Image

from agent.formats.arguments import CallArguments, built
from agent.formats.base import (
    UNTRUSTED,
    Answer,
    AnswerError,
    BadSyntax,
    NoCode,
    PastStep,
    TooLong,
    UnknownCall,
    repair_text,
)
from agent.formats.literals import MAX_CODE_CHARS, excerpt
from agent.formats.published import published
from agent.formats.scales import THOUSANDTHS, point
from agent.view import View
from envs.actions import Action, Click, Drag, GoBack, Move, Navigate, Press, Terminate, Wait
from envs.frame import Point
from model.messages import Message

WAIT_S: Final = 5.0
NOTCHES: Final = 5
"""How far one `Scroll` with a direction goes: the published action has no amount."""

_CALL: Final = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
_NUMBER: Final = r"-?\d{1,6}(?:\.\d{1,6})?"
_BOX: Final = re.compile(rf"\b(\w+)\s*=\s*\(\s*({_NUMBER})\s*,\s*({_NUMBER})\s*\)")
_POINT: Final = re.compile(rf"\[\s*({_NUMBER})\s*,\s*({_NUMBER})\s*(?:,\s*({_NUMBER})\s*,\s*({_NUMBER})\s*)?\]")
_TEXT: Final = re.compile(r"\s*(\w+)\s*=\s*(['\"])(.*)\2\s*", re.DOTALL)
"""Up to the last quote: texts are not escaped."""
_KEYS: Final = re.compile(r"\s*keys\s*=\s*\[(.*)\]\s*")
_KEY: Final = re.compile(r"['\"]([^'\"]+)['\"]")


class UIVenusFormat:
    """UI-Venus-1.5's prompts and answers.

    Args:
        kinds: the kinds of actions that can be carried out, where the agent acts on its own.
    """

    name = "ui-venus-1.5"
    max_pictures = 1
    evicted_at_once = 1
    quoting = None
    judges_one_screen = False

    def __init__(self, kinds: Collection[str] = ()) -> None:
        self._addition = f"- {UNTRUSTED}\n" if kinds else ""

    def prompt(
        self, instruction: str, picture: Image, steps: Sequence[PastStep], notes: Sequence[str] = ()
    ) -> list[Message]:
        told = "\n".join(
            f"Step {number}: <think>{step.thought}</think><action>{step.action}</action>"
            for number, step in enumerate(steps)
        )
        task = published("ui_venus_navigation").replace("{previous_actions}", told)
        return [Message.user(task.replace("{user_task}", instruction) + self._addition, picture, *notes)]

    def parse(self, text: str, view: View) -> Answer:
        if len(text) > MAX_CODE_CHARS:
            raise TooLong("Your answer is too long: think less, then answer with one action.")
        action = _between("action", text.rpartition("</think>")[2])
        if action is None:
            raise NoCode("Your answer has no action: write <action>, one of the available actions, and </action>.")
        return Answer(_between("think", text) or "", action, _build(action, view))

    def grounding_prompt(self, target: str, picture: Image) -> list[Message]:
        return [Message.user(picture, published("ui_venus_grounding").replace("{}", target.removesuffix(".")))]

    def parse_grounding(self, text: str, view: View) -> Answer:
        found = _POINT.search(text)
        if found is None:
            raise NoCode("Your answer names no place: answer with the coordinates of a point, in the format [x,y].")
        x, y, right, bottom = (None if number is None else float(number) for number in found.groups())
        assert x is not None
        assert y is not None
        if (x, y) == (-1, -1):
            return Answer("", "", (Terminate(success=False),))
        if right is not None and bottom is not None:
            x, y = (x + right) / 2, (y + bottom) / 2
        return Answer("", "", (Click(at=point(view, THOUSANDTHS, x, y, "the answer")),))

    def repair(self, error: AnswerError) -> str:
        return repair_text(error)


@dataclass(frozen=True, slots=True)
class _Given(CallArguments):
    """The arguments of a call as text."""

    inside: str
    """What stands between the brackets."""

    def place(self, name: str) -> Point:
        places = {box[1]: (float(box[2]), float(box[3])) for box in _BOX.finditer(self.inside)}
        if name not in places:
            raise self.fault(f"{name} must be a place such as (512,40).")
        return self.point(*places[name])

    def text(self, name: str) -> str:
        found = _TEXT.fullmatch(self.inside)
        if found is None or found[1] != name:
            raise self.fault(f"{name} must be a quoted text.")
        return found[3]

    def optional_text(self) -> str | None:
        return (self.text("content") or None) if self.inside.strip() else None

    def typing(self) -> tuple[Action, ...]:
        """With Enter behind it, as the prompt says."""
        return self.typed(self.text("content"), "content"), Press(keys=("enter",))

    def hotkey(self) -> Press:
        listed = _KEYS.fullmatch(self.inside)
        keys = _KEY.findall(listed[1]) if listed else []
        if not keys:
            raise self.fault("keys must be a list of names of keys, such as ['ctrl', 'c'].")
        return Press(keys=self.chord(keys))


_ACTIONS: Final[dict[str, Callable[[_Given], Action | tuple[Action, ...]]]] = {
    "Click": lambda given: Click(at=given.place("box")),
    "DoubleClick": lambda given: Click(at=given.place("box"), count=2),
    "Hover": lambda given: Move(to=given.place("box")),
    "Drag": lambda given: Drag(start=given.place("start"), end=given.place("end")),
    "Scroll": lambda given: given.scrolling(given.text("direction"), NOTCHES),
    "Type": lambda given: given.typing(),
    "Hotkey": lambda given: given.hotkey(),
    "PressEnter": lambda _: Press(keys=("enter",)),
    "PressBack": lambda _: GoBack(),
    "Launch": lambda given: Navigate(url=given.text("url")),
    "Wait": lambda _: Wait(seconds=WAIT_S),
    "Finished": lambda given: Terminate(success=True, answer=given.optional_text()),
    "CallUser": lambda given: Terminate(success=True, answer=given.text("content")),
}
"""Without those of telephones. `CallUser` is how the prompt has the model reply, at the very end."""


def _build(action: str, view: View) -> tuple[Action, ...]:
    found = _CALL.fullmatch(action)
    if found is None:
        raise BadSyntax(f"{excerpt(action)} is no action: write one of those available, such as Wait().")
    name, inside = found.groups()
    if name not in _ACTIONS:
        raise UnknownCall(f"There is no {excerpt(name)} here. There are: {', '.join(_ACTIONS)}.")
    return built(_Given(name, view, THOUSANDTHS, inside), _ACTIONS[name])


def _between(tag: str, text: str) -> str | None:
    found = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return found[1].strip() if found else None
