"""The prompts of the embedded model and how its answers are read.

Its words are `model.nano.prompts`, its answers those of Kimi-VL without the thought. It sees one picture, a part of the
screen; coordinates are fractions of it. When what is asked for is not in the picture, it answers with a failure.

What it does stands in an answer twice, in the action line and in the code. The line is what users read and what it is
told of earlier steps, so the line is carried out, at the place that the code names: a letter that it doubles or a right
button that it forgets in the code is not.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL.Image import Image

from agent.formats.base import Answer, AnswerError, PastStep
from agent.formats.calls import parse_calls
from agent.formats.sections import read_sections
from agent.view import View
from envs.actions import pointed_at
from model.messages import Message
from model.nano import prompts
from model.nano.steps import code_of


class NanoFormat:
    """The embedded model's prompts and answers."""

    name = "nano"
    max_pictures = 1
    evicted_at_once = 1

    def prompt(
        self, instruction: str, picture: Image, steps: Sequence[PastStep], notes: Sequence[str] = ()
    ) -> list[Message]:
        # It was never taught notes; a step that was not carried out is left out, so that it comes next again.
        done = [step.action for step in steps if step.done]
        return [Message.system(prompts.SYSTEM), Message.user(picture, prompts.user_text(instruction, done))]

    def parse(self, text: str, view: View) -> Answer:
        sections = read_sections(text)
        actions = parse_calls(sections.code, view)
        place, code = pointed_at(actions[0]), code_of(sections.action)
        if place is not None and code is not None:
            first, *rest = parse_calls(code, view)
            actions = (first.model_copy(update={"at": place}), *rest)
        return Answer(sections.thought, sections.action, actions)

    def grounding_prompt(self, target: str, picture: Image) -> list[Message]:
        return self.prompt(target, picture, ())

    def parse_grounding(self, text: str, view: View) -> Answer:
        return self.parse(text, view)

    def repair(self, error: AnswerError) -> str:
        return f"\n# Error:\n{error}\n"
