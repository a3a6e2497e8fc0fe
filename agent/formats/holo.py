"""The prompts of Holo1.5 and Holo2, word for word as published, and how their answers are read.

    {"note": "", "thought": "The date has to be chosen.", "action": {"action": "click_element",
     "element": "August 3rd on the calendar", "x": 776, "y": 282}}

Answers are one JSON object. Source: the family's cookbook; its navigation prompt is that of Holo1, and shows one
screenshot only: earlier steps are added here as turns of the same form. A place is in pixels of the resized picture for
Holo1.5, in thousandths for Holo2.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from PIL.Image import Image

from agent.formats.base import UNTRUSTED, Answer, AnswerError, BadArguments, PastStep, TooLong, repair_text
from agent.formats.literals import MAX_CODE_CHARS
from agent.formats.published import published
from agent.formats.scales import THOUSANDTHS, ResizedPixels, Scale
from agent.formats.sections import QWEN, without_reasoning
from agent.formats.tool_calls import Given, Table, actions_of, read_object
from agent.view import View
from envs.actions import Click, GoBack, Navigate, Press, Terminate, Wait
from model.messages import Message
from model.resizing import Resizing

NOTCHES: Final = 5
"""How far one `scroll` goes: the published action has no amount."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What the generations differ in."""

    name: str
    localization: str
    """The file of the grounding prompt."""
    scale: Scale


HOLO1_5: Final = Generation("holo1.5", "holo1.5_localization", ResizedPixels(Resizing(max_pixels=2560 * 1440)))
HOLO2: Final = Generation("holo2", "holo2_localization", THOUSANDTHS)


def _local_time() -> datetime:
    return datetime.now().astimezone()


class HoloFormat:
    """Holo's prompts and answers.

    Args:
        generation: which.
        kinds: the kinds of actions that can be carried out, where the agent acts on its own.
        resizing: how the model's image processor resizes pictures; as that of the published model by default.
        now: the time, which the prompt tells.
    """

    max_pictures = 3
    evicted_at_once = 1
    quoting = None
    judges_one_screen = False

    def __init__(
        self,
        generation: Generation,
        kinds: Collection[str] = (),
        resizing: Resizing | None = None,
        now: Callable[[], datetime] = _local_time,
    ) -> None:
        self.name = generation.name
        self._generation, self._now = generation, now
        self._scale = generation.scale.as_resized(resizing)
        self._addition = f"\n{UNTRUSTED}\n" if kinds else ""

    def prompt(
        self, instruction: str, picture: Image, steps: Sequence[PastStep], notes: Sequence[str] = ()
    ) -> list[Message]:
        system = published("holo_navigation").replace("{timestamp}", f"{self._now():%Y-%m-%d %H:%M:%S}")
        messages = [Message.system(system + self._addition)]
        for number, step in enumerate(steps, start=1):
            messages += [
                _observation(instruction, number, step.picture, step.notes),
                Message.assistant(step.action),
            ]
        return [*messages, _observation(instruction, len(steps) + 1, picture, notes)]

    def parse(self, text: str, view: View) -> Answer:
        reasoning, answer = _checked(text)
        step = read_object(answer)
        action = step.get("action")
        if not isinstance(action, dict):
            raise BadArguments('Your answer must have an "action" that is a JSON object.')
        values = cast(dict[str, object], action)
        thought = step.get("thought")
        return Answer(
            thought if isinstance(thought, str) else reasoning,
            answer,
            actions_of(values, view, self._scale, _ACTIONS),
        )

    def grounding_prompt(self, target: str, picture: Image) -> list[Message]:
        return [Message.user(picture, f"{published(self._generation.localization)}\n{target}")]

    def parse_grounding(self, text: str, view: View) -> Answer:
        reasoning, answer = _checked(text)
        values: Mapping[str, object] = {"action": "click_absolute"} | read_object(answer)
        return Answer(reasoning, "", actions_of(values, view, self._scale, _GROUNDING))

    def repair(self, error: AnswerError) -> str:
        return repair_text(error)


def _observation(instruction: str, number: int, picture: Image | None, notes: Sequence[str]) -> Message:
    """A user's turn; a screenshot that is no longer shown is left out."""
    shown = () if picture is None else ("<screenshot>\n", picture, "\n</screenshot>\n")
    task = (f"<task>\n{instruction}\n</task>\n",) if number == 1 else ()
    return Message.user(*task, f"<observation step={number}>\n", *shown, *notes, "\n</observation>\n")


def _checked(text: str) -> tuple[str, str]:
    """The reasoning and the JSON of an answer."""
    if len(text) > MAX_CODE_CHARS:
        raise TooLong("Your answer is too long: answer with one short JSON object.")
    reasoning, answer = without_reasoning(text, QWEN)
    answer = answer.strip()
    if answer.startswith("```"):
        answer = answer.strip("`").removeprefix("json").strip()
    return reasoning, answer


def _click(given: Given) -> Click:
    return Click(at=given.point(given.number("x"), given.number("y")))


_GROUNDING: Final[Table] = {"click_absolute": _click}
_ACTIONS: Final[Table] = {
    "click_element": _click,
    "write_element_abs": lambda given: (
        _click(given),
        given.typed(given.text("content"), "content"),
        Press(keys=("enter",)),
    ),
    "scroll": lambda given: given.scrolling(given.text("direction"), NOTCHES),
    "go_back": lambda _: GoBack(),
    "refresh": lambda _: Press(keys=("f5",)),
    "goto": lambda given: Navigate(url=given.text("url")),
    "wait": lambda given: Wait(seconds=2.0 if given.values.get("seconds") is None else given.number("seconds")),
    "answer": lambda given: Terminate(success=True, answer=given.text("content")),
}
