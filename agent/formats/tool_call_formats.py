"""Qwen2.5-VL, Qwen3-VL and GUI-Owl-1.5: their prompts, word for word as published, and how their answers are read.

    Action: Click the Save button at the top right.
    <tool_call>
    {"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [947, 52]}}
    </tool_call>

Sources: for Qwen2.5-VL the function of Qwen's cookbook on computer use, as the official ScreenSpot-Pro runs ask it; for
Qwen3-VL its authors' OSWorld agent; for GUI-Owl-1.5 the agent in the family's repository (Mobile-Agent-v3.5). The order
of the conversation, with the current screenshot and four before it, is that of the latter two. Places are pixels of the
resized picture for Qwen2.5-VL, thousandths for the others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from PIL.Image import Image

from agent.formats.base import UNTRUSTED, Answer, AnswerError, NoCode, PastStep, repair_text
from agent.formats.published import published
from agent.formats.scales import THOUSANDTHS, ResizedPixels, Scale
from agent.formats.sections import QWEN, without_reasoning
from agent.formats.tool_calls import parse_tool_calls, without_tool_calls
from agent.view import View
from envs.actions import Terminate, pointed_at
from model.messages import Message
from model.resizing import Resizing


@dataclass(frozen=True, slots=True)
class Family:
    """What the families differ in."""

    name: str
    prompt: str
    """The file of the system prompt."""
    scale: Scale
    task_first: bool = False
    """The task stands before the screenshot, not behind it."""


QWEN2_5_VL: Final = Family("qwen2.5-vl", "qwen2.5_vl", ResizedPixels(Resizing()))
QWEN3_VL: Final = Family("qwen3-vl", "qwen3_vl", THOUSANDTHS)
GUI_OWL_1_5: Final = Family("gui-owl-1.5", "gui_owl_1.5", THOUSANDTHS, task_first=True)


class ToolCallFormat:
    """A family's prompts and answers.

    Args:
        family: which.
        kinds: the kinds of actions that can be carried out, where the agent acts on its own.
        resizing: how the model's image processor resizes pictures; as that of the published model by default.
    """

    max_pictures = 5
    evicted_at_once = 1
    quoting = None
    judges_one_screen = False

    def __init__(self, family: Family, kinds: Collection[str] = (), resizing: Resizing | None = None) -> None:
        self.name = family.name
        self._family, self._scale = family, family.scale.as_resized(resizing)
        self._addition = f"\n\n{UNTRUSTED}" if kinds else ""

    def prompt(
        self, instruction: str, picture: Image, steps: Sequence[PastStep], notes: Sequence[str] = ()
    ) -> list[Message]:
        older = [step for step in steps if step.picture is None]
        told = "\n".join(f"Step {number}: {_in_words(step.action)}" for number, step in enumerate(older, start=1))
        task = (
            "Please generate the next move according to the UI screenshot, instruction and previous actions.\n\n"
            f"Instruction: {instruction}\n\nPrevious actions:\n{told or 'None'}"
        )
        if not self._family.task_first:
            task = f"\n{task}"
        messages = [Message.system(self._system(picture) + self._addition)]
        for step in steps[len(older) :]:
            assert step.picture is not None, "the pictures left out are those of the oldest steps"
            messages += [self._turn(messages, step.picture, task, step.notes), Message.assistant(step.action)]
        return [*messages, self._turn(messages, picture, task, notes)]

    def parse(self, text: str, view: View) -> Answer:
        thought, answer = without_reasoning(text, QWEN)
        return Answer(thought, answer.strip(), parse_tool_calls(answer, view, self._scale))

    def grounding_prompt(self, target: str, picture: Image) -> list[Message]:
        return [Message.system(self._system(picture)), Message.user(picture, target)]

    def parse_grounding(self, text: str, view: View) -> Answer:
        answer = self.parse(text, view)
        first = answer.actions[0]
        if pointed_at(first) is None and not (isinstance(first, Terminate) and not first.success):
            raise NoCode('Your answer names no place: call computer_use with "left_click" and a coordinate.')
        return answer

    def repair(self, error: AnswerError) -> str:
        return repair_text(error)

    def _system(self, picture: Image) -> str:
        width, height = self._scale.extent(*picture.size)
        text = published(self._family.prompt)
        return text.replace("{{screen_width}}", f"{width:.0f}").replace("{{screen_height}}", f"{height:.0f}")

    def _turn(self, before: Sequence[Message], picture: Image, task: str, notes: Sequence[str]) -> Message:
        """The user's turn; only the first tells the task."""
        if len(before) > 1:
            return Message.user(picture, *notes)
        return Message.user(task, picture, *notes) if self._family.task_first else Message.user(picture, task, *notes)


def _in_words(answer: str) -> str:
    """The line of an answer that says what is done."""
    return without_tool_calls(answer).rpartition("Action:")[2].strip()
