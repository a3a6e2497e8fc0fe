"""The prompts of OpenCUA at its three levels of detail, word for word as published, and how its answers are read.

Level 1 answers with action and code, level 2 with a thought before them, level 3 with an observation before that.
Sources: the system prompts are those of the family's AgentNetBench agent; the order of the conversation, with three
screenshots and the actions of earlier steps, is that of its OSWorld agent. The models built on Qwen2.5-VL write pixels
of the resized picture, the one built on Kimi-VL writes fractions.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Literal

from PIL.Image import Image

from agent.formats.base import UNTRUSTED, Answer, AnswerError, NoCode, PastStep, repair_text
from agent.formats.calls import declarations, parse_calls
from agent.formats.numbered_steps import action_alone, conversation
from agent.formats.published import published
from agent.formats.scales import FRACTIONS, ResizedPixels, Scale
from agent.formats.sections import read_sections
from agent.view import View
from envs.actions import Click
from model.messages import Message
from model.resizing import Resizing

Level = Literal[1, 2, 3]

GROUNDING_SYSTEM: Final = (
    "You are a GUI agent. You are given a task and a screenshot of the screen. You need to perform a series of "
    "pyautogui actions to complete the task."
)
QWEN_PIXELS: Final = ResizedPixels(Resizing())


class OpenCUAFormat:
    """OpenCUA's prompts and answers.

    Args:
        level: how much it is to say before the code.
        scale: what its coordinates mean.
        kinds: the kinds of actions that can be carried out; those beyond the published ones are declared to the model
            in addition.
        resizing: how the model's image processor resizes pictures; as that of the published model by default.
    """

    max_pictures = 3
    evicted_at_once = 1
    quoting = None
    judges_one_screen = False

    def __init__(
        self,
        level: Level = 2,
        scale: Scale = QWEN_PIXELS,
        kinds: Collection[str] = (),
        resizing: Resizing | None = None,
    ) -> None:
        self.name = f"opencua-a3b-l{level}" if scale == FRACTIONS else f"opencua-l{level}"
        self._scale = scale.as_resized(resizing)
        addition = f"\n\n{UNTRUSTED}" if kinds else ""
        self._system = "\n- ".join((published(f"opencua_l{level}"), *declarations(kinds))) + addition

    def prompt(
        self, instruction: str, picture: Image, steps: Sequence[PastStep], notes: Sequence[str] = ()
    ) -> list[Message]:
        return conversation(self._system, instruction, picture, steps, notes, action_alone)

    def parse(self, text: str, view: View) -> Answer:
        sections = read_sections(text)
        return Answer(sections.thought, sections.action, parse_calls(sections.code, view, self._scale))

    def grounding_prompt(self, target: str, picture: Image) -> list[Message]:
        return [Message.system(GROUNDING_SYSTEM), Message.user(picture, target)]

    def parse_grounding(self, text: str, view: View) -> Answer:
        answer = self.parse(text, view)
        if not isinstance(answer.actions[0], Click):
            raise NoCode("Your answer names no place: end it with a code block that clicks it.")
        return answer

    def repair(self, error: AnswerError) -> str:
        return repair_text(error)
