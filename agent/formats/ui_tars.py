"""The prompts of UI-TARS-1.5, word for word as published, and how its answers are read.

    Thought: The Save button is at the top right.
    Action: click(start_box='(197,525)')

Prompts are those of the family's repository (`ui_tars/prompt.py`); the order of the conversation, with the latest five
screenshots, is that of its OSWorld agent. A place is in pixels of the picture as the family's image processor resizes
it; it is written as `(x,y)`, as `<point>x y</point>` or, as a box whose middle is meant, with four numbers.
"""

from __future__ import annotations

import re
import statistics
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
from agent.formats.literals import MAX_CALLS, MAX_CODE_CHARS, excerpt
from agent.formats.scales import ResizedPixels, Scale
from agent.view import View
from envs.actions import Action, Button, Click, Drag, Press, Scroll, Terminate, Wait
from envs.frame import Point
from model.messages import Message
from model.resizing import Resizing

SYSTEM: Final = "You are a helpful assistant."
PROMPT: Final = r"""You are a GUI agent. You are given a task and your action history, with screenshots. You need to perform the next action to complete the task.

## Output Format
```
Thought: ...
Action: ...
```

## Action Space

click(point='<point>x1 y1</point>')
left_double(point='<point>x1 y1</point>')
right_single(point='<point>x1 y1</point>')
drag(start_point='<point>x1 y1</point>', end_point='<point>x2 y2</point>')
hotkey(key='ctrl c') # Split keys with a space and use lowercase. Also, do not use more than 3 keys in one hotkey action.
type(content='xxx') # Use escape characters \', \", and \n in content part to ensure we can parse the content in normal python string format. If you want to submit your input, use \n at the end of content. 
scroll(point='<point>x1 y1</point>', direction='down or up or right or left') # Show more information on the `direction` side.
wait() #Sleep for 5s and take a screenshot to check for any changes.
finished(content='xxx') # Use escape characters \', \", and \n in content part to ensure we can parse the content in normal python string format.


## Note
- Use English in `Thought` part.
- Write a small plan and finally summarize your next action (with its target element) in one sentence in `Thought` part.

## User Instruction
{instruction}
"""  # noqa: E501, W291
GROUNDING_PROMPT: Final = """\
You are a GUI agent. You are given a task and your action history, with screenshots. You need to perform the next \
action to complete the task. \n\n## Output Format\n\nAction: ...\n\n\n## Action Space\n\
click(point='<point>x1 y1</point>'')\n\n## User Instruction\n{instruction}"""

SCALE: Final = ResizedPixels(Resizing(min_pixels=100 * 28 * 28))
"""Of the published image processor."""
PUBLISHED_WAIT_S: Final = 5.0
PUBLISHED_NOTCHES: Final = 5
"""How far the family's own agent scrolls at a time."""

_HEADING: Final = re.compile(r"^[ \t]*Action:", re.MULTILINE)
_BETWEEN_CALLS: Final = re.compile(r"(?<=\))\n\s*\n")
_ARGUMENT: Final = re.compile(r"\s*(\w+)\s*=\s*(['\"])(.*?)(?<!\\)\2\s*(?:,|$)", re.DOTALL)
_TEXT: Final = re.compile(r"\s*content\s*=\s*(['\"])(.*)\1\s*", re.DOTALL)
"""Up to the last quote: the family forgets to escape those in a text."""
_CALL: Final = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
_NUMBER: Final = r"(\d{1,6}(?:\.\d{1,6})?)"
_PLACE: Final = re.compile(
    rf"(?:<point>|<\|box_start\|>)?\(?{_NUMBER}[ ,]+{_NUMBER}(?:[ ,]+{_NUMBER}[ ,]+{_NUMBER})?\)?"
    r"(?:</point>|<\|box_end\|>)?"
)
_ESCAPED: Final = re.compile(r"\\([nt'\"\\])")


class UITarsFormat:
    """UI-TARS-1.5's prompts and answers.

    Args:
        kinds: the kinds of actions that can be carried out, where the agent acts on its own.
        resizing: how the model's image processor resizes pictures; as that of the published model by default.
    """

    name = "ui-tars-1.5"
    max_pictures = 5
    evicted_at_once = 1
    quoting = None
    judges_one_screen = False

    def __init__(self, kinds: Collection[str] = (), resizing: Resizing | None = None) -> None:
        self._scale = SCALE.as_resized(resizing)
        self._addition = f"\n{UNTRUSTED}\n" if kinds else ""

    def prompt(
        self, instruction: str, picture: Image, steps: Sequence[PastStep], notes: Sequence[str] = ()
    ) -> list[Message]:
        task = PROMPT.replace("{instruction}", instruction)
        messages = [Message.system(SYSTEM), Message.user(task + self._addition)]
        for step in steps:
            if step.picture is not None:
                messages.append(Message.user(step.picture, *step.notes))
            messages.append(Message.assistant(f"Thought: {step.thought}\nAction: {step.action}"))
        return [*messages, Message.user(picture, *notes)]

    def parse(self, text: str, view: View) -> Answer:
        if len(text) > MAX_CODE_CHARS:
            raise TooLong("Your answer is too long: answer with a short thought and one action.")
        *before, action = _HEADING.split(text)
        if not before or not action.strip():
            raise NoCode("Your answer has no action: end it with Action: and one of the calls of the action space.")
        thought = before[0].rpartition("Thought:")[2].strip()
        calls = [call.strip() for call in _BETWEEN_CALLS.split(action.strip())]
        if len(calls) > MAX_CALLS:
            raise TooLong(f"Your answer has {len(calls)} actions: do one at a time.")
        return Answer(thought, action.strip(), tuple(_build(call, view, self._scale) for call in calls))

    def grounding_prompt(self, target: str, picture: Image) -> list[Message]:
        return [
            Message.system(SYSTEM),
            Message.user(GROUNDING_PROMPT.replace("{instruction}", target)),
            Message.user(picture),
        ]

    def parse_grounding(self, text: str, view: View) -> Answer:
        answer = self.parse(text, view)
        if not isinstance(answer.actions[0], Click):
            raise NoCode("Your answer names no place: end it with Action: click(point='<point>x1 y1</point>').")
        return answer

    def repair(self, error: AnswerError) -> str:
        return repair_text(error)


@dataclass(frozen=True, slots=True)
class _Arguments(CallArguments):
    """A call's arguments, all of them texts."""

    values: dict[str, str]

    def text(self, *names: str) -> str:
        for name in names:
            if name in self.values:
                return self.values[name]
        raise self.fault(f"{names[0]} is missing.")

    def place(self, *names: str) -> Point:
        found = _PLACE.fullmatch(self.text(*names).strip())
        if found is None:
            raise self.fault(f"{names[0]} must be a place such as '<point>120 45</point>'.")
        numbers = [float(number) for number in found.groups() if number is not None]
        x, y = statistics.mean(numbers[0::2]), statistics.mean(numbers[1::2])
        return self.point(x, y)

    def click(self, button: Button = Button.LEFT, count: int = 1) -> Click:
        return Click(at=self.place("point", "start_box"), button=button, count=count)

    def drag(self) -> Drag:
        return Drag(start=self.place("start_point", "start_box"), end=self.place("end_point", "end_box"))

    def scroll(self) -> Scroll:
        at = self.place("point", "start_box") if {"point", "start_box"} & self.values.keys() else None
        return self.scrolling(self.text("direction"), PUBLISHED_NOTCHES, at)


_ACTIONS: Final[dict[str, Callable[[_Arguments], Action]]] = {
    "click": lambda given: given.click(),
    "left_single": lambda given: given.click(),
    "left_double": lambda given: given.click(count=2),
    "right_single": lambda given: given.click(Button.RIGHT),
    "drag": lambda given: given.drag(),
    "hotkey": lambda given: Press(keys=given.chord(given.text("key", "hotkey").split())),
    "type": lambda given: given.typed(given.text("content"), "content"),
    "scroll": lambda given: given.scroll(),
    "wait": lambda _: Wait(seconds=PUBLISHED_WAIT_S),
    "finished": lambda given: Terminate(success=True, answer=given.values.get("content") or None),
    "call_user": lambda _: Terminate(success=False),
}


def _build(call: str, view: View, scale: Scale) -> Action:
    found = _CALL.fullmatch(call)
    if found is None:
        raise BadSyntax(f"{excerpt(call)} is no call: write one of the action space, such as wait().")
    name, inside = found.groups()
    if name not in _ACTIONS:
        raise UnknownCall(f"There is no {excerpt(name)}. There are: {', '.join(_ACTIONS)}.")
    [action] = built(_Arguments(name, view, scale, _named(name, inside)), _ACTIONS[name])
    return action


def _named(name: str, inside: str) -> dict[str, str]:
    """The arguments by name, without escapes."""
    if text := _TEXT.fullmatch(inside):
        return {"content": _plain(text[2])}
    values: dict[str, str] = {}
    end = 0
    while inside[end:].strip():
        argument = _ARGUMENT.match(inside, end)
        if argument is None:
            raise BadSyntax(f"The arguments of {name} cannot be read: write them as name='text', with commas between.")
        values[argument[1]] = _plain(argument[3])
        end = argument.end()
    return values


def _plain(quoted: str) -> str:
    return _ESCAPED.sub(lambda escape: {"n": "\n", "t": "\t"}.get(escape[1], escape[1]), quoted)
