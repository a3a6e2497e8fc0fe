"""Calls of the function `computer_use`, as the Qwen-VL family and its descendants write them.

    <tool_call>
    {"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [512, 40]}}
    </tool_call>

The JSON is data: an action is looked up in the table below and built, or refused with a message for the model. Knows no
prompt and no environment.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, cast

from agent.formats.arguments import CallArguments, built
from agent.formats.base import BadArguments, BadSyntax, NoCode, TooLong, UnknownCall
from agent.formats.literals import MAX_CALLS, MAX_CODE_CHARS, excerpt
from agent.formats.scales import Scale
from agent.view import View
from envs.actions import Action, AskUser, Button, Click, Drag, Move, Press, Scroll, Terminate, Wait
from envs.frame import Point

NOTCHES_AT_MOST: Final = 20
"""A larger number of `pixels` to scroll is one of pixels; a smaller one is one of notches, as the families' own agents
pass it to pyautogui."""
PIXELS_PER_NOTCH: Final = 100
DEFAULT_WAIT_S: Final = 1.0

_BLOCK: Final = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
_OPEN_BLOCK: Final = re.compile(r"<tool_call>\s*(.*?)\s*\Z", re.DOTALL)
"""The end mark is missing where the server or the tokenizer takes it for the end of the answer."""


def parse_tool_calls(text: str, view: View, scale: Scale) -> tuple[Action, ...]:
    """Read an answer's tool calls into actions on the frame that the view shows; at least one.

    Args:
        text: the answer; what stands outside of the marks is not looked at.
        view: what the model was shown.
        scale: what its coordinates mean.

    Raises:
        AnswerError: it cannot be carried out as it stands; nothing of it may be. The message is for the model.
    """
    if len(text) > MAX_CODE_CHARS:
        raise TooLong("Your answer is too long: answer with one short action and its tool call.")
    blocks = _BLOCK.findall(text) or _OPEN_BLOCK.findall(text)
    if not blocks:
        raise NoCode("Your answer has no tool call: end it with <tool_call>, the JSON of one call, and </tool_call>.")
    if len(blocks) > MAX_CALLS:
        raise TooLong(f"Your answer has {len(blocks)} tool calls: do one at a time.")
    return tuple(action for block in blocks for action in _build(block, view, scale))


def without_tool_calls(text: str) -> str:
    """What an answer says beside its tool calls."""
    return _BLOCK.sub("", text).partition("<tool_call>")[0].strip()


def read_object(text: str) -> dict[str, object]:
    """A JSON object that a model wrote.

    Raises:
        BadSyntax: it is none.
    """
    try:
        value: object = json.loads(text, strict=False)  # models break lines inside of texts
    except (ValueError, RecursionError):
        raise BadSyntax(f"{excerpt(text)} is no valid JSON.") from None
    if not isinstance(value, dict):
        raise BadSyntax(f"{excerpt(text)} is no JSON object.")
    return cast(dict[str, object], value)


@dataclass(frozen=True, slots=True)
class Given(CallArguments):
    """The arguments of an action as JSON has them."""

    values: Mapping[str, object]

    def number(self, name: str) -> float:
        return self._finite(self.values.get(name), name)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if not isinstance(value, str):
            raise self.fault(f"{name} must be a text.")
        return value

    def press(self) -> Press:
        keys = self.values.get("keys")
        names = cast(list[object], keys) if isinstance(keys, list) else [keys]
        texts = [name for name in names if isinstance(name, str)]
        if not texts or len(texts) != len(names):
            raise self.fault('keys must be a list of names of keys, such as ["ctrl", "c"].')
        return Press(keys=self.chord(texts))

    def place(self, name: str = "coordinate") -> Point:
        value = self.values.get(name)
        numbers = cast(list[object], value) if isinstance(value, list) else []
        if len(numbers) != 2:
            raise self.fault(f"{name} must be a list of two numbers, x and y.")
        x, y = (self._finite(number, name) for number in numbers)
        return self.point(x, y)

    def optional_place(self) -> Point | None:
        return None if self.values.get("coordinate") is None else self.place()

    def flag(self, name: str) -> bool:
        return self.values.get(name) in (1, True, "1")

    def click(self, button: Button = Button.LEFT, count: int = 1) -> Click:
        return Click(at=self.place(), button=button, count=count)

    def drag(self) -> Drag:
        """From one place to another where both are told, else from where the pointer is."""
        if self.values.get("coordinate2") is None:
            return Drag(end=self.place())
        return Drag(start=self.place(), end=self.place("coordinate2"))

    def notches(self) -> int:
        amount = self.number("pixels")
        if abs(amount) > NOTCHES_AT_MOST:
            amount = math.copysign(max(1.0, abs(amount) / PIXELS_PER_NOTCH), amount)
        notches = round(amount)
        if notches == 0:
            raise self.fault("pixels must not be 0: positive scrolls up, negative down.")
        return max(-100, min(100, notches))

    def typing(self) -> tuple[Action, ...]:
        """The text, over what the field holds and with Enter behind it where that is asked for."""
        before = (Press(keys=("ctrl", "a")), Press(keys=("backspace",))) if self.flag("clear") else ()
        behind = (Press(keys=("enter",)),) if self.flag("enter") else ()
        return (*before, self.typed(self.text("text"), "text"), *behind)

    def terminate(self) -> Terminate:
        status = self.values.get("status")
        if status not in ("success", "failure"):
            raise self.fault('status must be "success" or "failure".')
        return Terminate(success=status == "success")

    def wait(self) -> Wait:
        return Wait(seconds=DEFAULT_WAIT_S if self.values.get("time") is None else self.number("time"))

    def _finite(self, value: object, name: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
            raise self.fault(f"{name} must be a number.")
        return float(value)


Table = Mapping[str, Callable[[Given], Action | tuple[Action, ...]]]
"""What makes each action, by its name."""

_ACTIONS: Final[Table] = {
    "left_click": lambda given: given.click(),
    "click": lambda given: given.click(),
    "right_click": lambda given: given.click(Button.RIGHT),
    "middle_click": lambda given: given.click(Button.MIDDLE),
    "double_click": lambda given: given.click(count=2),
    "triple_click": lambda given: given.click(count=3),
    "mouse_move": lambda given: Move(to=given.place()),
    "left_click_drag": lambda given: given.drag(),
    "drag": lambda given: given.drag(),
    "scroll": lambda given: Scroll(at=given.optional_place(), vertical=given.notches()),
    "hscroll": lambda given: Scroll(at=given.optional_place(), horizontal=given.notches()),
    "key": lambda given: given.press(),
    "type": lambda given: given.typing(),
    "wait": lambda given: given.wait(),
    "interact": lambda given: AskUser(question=given.text("text")),
    "answer": lambda given: Terminate(success=True, answer=given.text("text")),
    "terminate": lambda given: given.terminate(),
}


def _build(block: str, view: View, scale: Scale) -> tuple[Action, ...]:
    call = read_object(block)
    if call.get("name") != "computer_use":
        raise UnknownCall(f"There is no function {excerpt(str(call.get('name')))}: call computer_use.")
    arguments = call.get("arguments")
    if not isinstance(arguments, dict):
        raise BadArguments('computer_use: "arguments" must be a JSON object.')
    return actions_of(cast(dict[str, object], arguments), view, scale, _ACTIONS)


def actions_of(values: Mapping[str, object], view: View, scale: Scale, table: Table) -> tuple[Action, ...]:
    """What the action that is named in a JSON object stands for in a table, with the rest as its arguments.

    Raises:
        UnknownCall: the table has no such name.
        BadArguments: the arguments are wrong.
        OutsideScreen: a place is not on the picture.
    """
    action = str(values.get("action"))
    if action not in table:
        raise UnknownCall(f"There is no action {excerpt(action)}. There are: {', '.join(table)}.")
    return built(Given(action, view, scale, values), table[action])
