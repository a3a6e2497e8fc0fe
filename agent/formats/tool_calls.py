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
from typing import Any, Final, cast

from pydantic import ValidationError

from agent.formats.base import BadArguments, BadSyntax, NoCode, TooLong, UnknownCall
from agent.formats.literals import MAX_CALLS, MAX_CODE_CHARS, excerpt, untypable
from agent.formats.scales import Scale, point
from agent.view import View
from envs.actions import Action, AskUser, Button, Click, Drag, Move, Press, Scroll, Terminate, TypeText, Wait
from envs.frame import Point
from envs.keys import UnknownKey, canonical_chord

NOTCHES_AT_MOST: Final = 20
"""A larger number of `pixels` to scroll is one of pixels; a smaller one is one of notches, as the families' own agents
pass it to pyautogui."""
PIXELS_PER_NOTCH: Final = 100
DEFAULT_WAIT_S: Final = 1.0

_BLOCK: Final = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
_OPEN_BLOCK: Final = re.compile(r"<tool_call>\s*(.*?)\s*\Z", re.DOTALL)
"""The end mark is missing where the server or the tokenizer takes it for the end of the answer."""

Arguments = Mapping[str, object]


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


def read_json(text: str) -> Any:
    """A JSON value that a model wrote.

    Raises:
        BadSyntax: it is none.
    """
    try:
        return json.loads(text, strict=False)  # models break lines inside of texts
    except (ValueError, RecursionError):
        raise BadSyntax(f"{excerpt(text)} is no valid JSON.") from None


def read_object(text: str) -> dict[str, object]:
    """A JSON object that a model wrote.

    Raises:
        BadSyntax: it is none.
    """
    value = read_json(text)
    if not isinstance(value, dict):
        raise BadSyntax(f"{excerpt(text)} is no JSON object.")
    return cast(dict[str, object], value)


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of an action, and what its places refer to."""

    action: str
    values: Arguments
    view: View
    scale: Scale

    def fault(self, message: str) -> BadArguments:
        return BadArguments(f"{self.action}: {message}")

    def number(self, name: str) -> float:
        return self._finite(self.values.get(name), name)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if not isinstance(value, str):
            raise self.fault(f"{name} must be a text.")
        return value

    def typed(self, name: str) -> TypeText:
        text = self.text(name)
        if (character := untypable(text)) is not None:
            raise self.fault(f"{name} holds {character!a}, which cannot be typed: press keys for that.")
        return TypeText(text=text)

    def chord(self) -> tuple[str, ...]:
        keys = self.values.get("keys")
        names = cast(list[object], keys) if isinstance(keys, list) else [keys]
        texts = [name for name in names if isinstance(name, str)]
        if not texts or len(texts) != len(names) or any(len(name) > 20 or not name.isprintable() for name in texts):
            raise self.fault('keys must be a list of names of keys, such as ["ctrl", "c"].')
        try:
            return canonical_chord(texts)
        except UnknownKey as error:
            raise self.fault(str(error)) from None

    def place(self, name: str = "coordinate") -> Point:
        value = self.values.get(name)
        numbers = cast(list[object], value) if isinstance(value, list) else []
        if len(numbers) != 2:
            raise self.fault(f"{name} must be a list of two numbers, x and y.")
        x, y = (self._finite(number, name) for number in numbers)
        return point(self.view, self.scale, x, y, self.action)

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
        return (*before, self.typed("text"), *behind)

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


_ACTIONS: Final[dict[str, Callable[[Given], Action | tuple[Action, ...]]]] = {
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
    "key": lambda given: Press(keys=given.chord()),
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
    values = cast(dict[str, object], arguments)
    return built(str(values.get("action")), values, view, scale, _ACTIONS)


def built(
    action: str,
    values: Arguments,
    view: View,
    scale: Scale,
    table: Mapping[str, Callable[[Given], Action | tuple[Action, ...]]],
) -> tuple[Action, ...]:
    """The actions that a name in a table stands for, with these arguments.

    Raises:
        UnknownCall: the table has no such name.
        BadArguments: the arguments are wrong.
        OutsideScreen: a place is not on the picture.
    """
    if action not in table:
        raise UnknownCall(f"There is no action {excerpt(action)}. There are: {', '.join(table)}.")
    given = Given(action, values, view, scale)
    try:
        result = table[action](given)
    except ValidationError as error:  # a number or a text beyond the action's limits
        first = error.errors()[0]
        raise given.fault(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}.") from None
    return result if isinstance(result, tuple) else (result,)
