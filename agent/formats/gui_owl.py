"""The prompts of GUI-Owl, word for word as published, and how its answers are read.

    <thinking>The file has to be saved first.</thinking>
    <tool_call>
    {"name": "computer_use", "arguments": {"action": "click", "coordinate": [1880, 52]}}
    </tool_call>
    <conclusion>Clicked the Save button.</conclusion>

Source: the family's OSWorld agent (Mobile-Agent-v3, `owl_agent.py`): one user message with the conclusions of all
steps and the latest two screenshots. A place is in pixels of the resized picture.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from PIL.Image import Image

from agent.formats.base import UNTRUSTED, Answer, AnswerError, NoCode, PastStep, repair_text
from agent.formats.published import published
from agent.formats.scales import ResizedPixels
from agent.formats.tool_calls import parse_tool_calls
from agent.view import View
from envs.actions import pointed_at
from model.messages import Message
from model.resizing import Resizing

SCALE: Final = ResizedPixels(Resizing(min_pixels=100 * 28 * 28))
_PUBLISHED_SIZE: Final = "1932x1092"
"""What the published prompt says of a screen of 1920x1080."""


class GUIOwlFormat:
    """GUI-Owl's prompts and answers.

    Args:
        kinds: the kinds of actions that can be carried out, where the agent acts on its own.
        resizing: how the model's image processor resizes pictures; as that of the published model by default.
    """

    name = "gui-owl"
    max_pictures = 2
    evicted_at_once = 1
    quoting = None
    judges_one_screen = False

    def __init__(self, kinds: Collection[str] = (), resizing: Resizing | None = None) -> None:
        self._scale = SCALE.as_resized(resizing)
        self._addition = f"\n\n{UNTRUSTED}" if kinds else ""

    def prompt(
        self, instruction: str, picture: Image, steps: Sequence[PastStep], notes: Sequence[str] = ()
    ) -> list[Message]:
        told = "".join(f"Step {number}: {step.action}\n" for number, step in enumerate(steps, start=1))
        task = published("gui_owl_task").replace("{history}", told or "No history. This is the first step.")
        parts: list[str | Image] = [task.replace("{instruction}", instruction)]
        for number, step in enumerate(steps, start=1):
            if step.picture is not None:
                parts += [f"Screenshot of step {number}:\n", step.picture, *step.notes]
        user = Message.user(*parts, "Current screenshot:\n", picture, *notes)
        return [Message.system(self._system(picture) + self._addition), user]

    def parse(self, text: str, view: View) -> Answer:
        actions = parse_tool_calls(text, view, self._scale)
        thought = _between("thinking", text)
        return Answer(thought, _between("conclusion", text) or thought, actions)

    def grounding_prompt(self, target: str, picture: Image) -> list[Message]:
        return [Message.system(self._system(picture)), Message.user(picture, target)]

    def parse_grounding(self, text: str, view: View) -> Answer:
        answer = self.parse(text, view)
        if pointed_at(answer.actions[0]) is None:
            raise NoCode('Your answer names no place: call computer_use with "click" and a coordinate.')
        return answer

    def repair(self, error: AnswerError) -> str:
        return repair_text(error)

    def _system(self, picture: Image) -> str:
        width, height = self._scale.resizing.resized_px(*picture.size)
        return published("gui_owl").replace(_PUBLISHED_SIZE, f"{width}x{height}")


def _between(tag: str, text: str) -> str:
    found = re.search(rf"<{tag}>(.*?)(?:</{tag}>|\Z)", text, re.DOTALL)
    return found[1].strip() if found else ""
