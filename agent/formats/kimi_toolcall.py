"""Kimi-VL's answers in the style of its technical report, figure 10: a thought, the action in words, and one call.

    Thought: The Save button is at the top right.
    Action: Click the Save button.
    Toolcall: click(x=0.365, y=0.317)

The prompt of these runs was never published: this one is ours, the style of the answers is the report's. Coordinates
are fractions of the picture.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from PIL.Image import Image

from agent.formats.base import UNTRUSTED, Answer, AnswerError, NoCode, PastStep, repair_text
from agent.formats.calls import parse_calls, short_names
from agent.formats.kimi_vl import KimiVLFormat
from agent.formats.numbered_steps import conversation
from agent.formats.sections import without_reasoning
from agent.view import View
from model.messages import Message

SYSTEM: Final = """\
You are a GUI agent. You are given an instruction, a screenshot of the screen and your previous interactions with the \
computer. You need to perform a series of actions to complete the task.

For each step, provide your response in this format:
Thought: {thought}
Action: {action}
Toolcall: {call}

The call is one of: {names}. x and y are fractions of the width and height of the screenshot, between 0 and 1. The \
task is over when you call terminate(status='success') or terminate(status='failure')."""

_PART: Final = re.compile(r"^[ \t]*(Thought|Action|Toolcall):", re.MULTILINE)
_CALL: Final = re.compile(r"^[ \t]*(\w+)(?=\()", re.MULTILINE)


class KimiToolcallFormat:
    """Kimi-VL's prompts and answers with a tool call a step; grounding is that of `KimiVLFormat`.

    Args:
        kinds: the kinds of actions that can be carried out.
    """

    name = "kimi-vl-toolcall"
    max_pictures = 3
    evicted_at_once = 1
    quoting = None
    judges_one_screen = False

    def __init__(self, kinds: Collection[str] = ()) -> None:
        self._grounding = KimiVLFormat(kinds)
        self._names = short_names(kinds)
        self._system = SYSTEM.replace("{names}", ", ".join(self._names)) + (f"\n\n{UNTRUSTED}" if kinds else "")

    def prompt(
        self, instruction: str, picture: Image, steps: Sequence[PastStep], notes: Sequence[str] = ()
    ) -> list[Message]:
        return conversation(self._system, instruction, picture, steps, notes, _retold)

    def parse(self, text: str, view: View) -> Answer:
        reasoning, answer = without_reasoning(text)
        pieces = _PART.split(answer)
        parts = {name: value.strip() for name, value in zip(pieces[1::2], pieces[2::2], strict=True)}
        if not parts.get("Toolcall"):
            raise NoCode("Your answer has no tool call: end it with Toolcall: and a call such as click(x=0.5, y=0.5).")
        calls = _CALL.sub(lambda call: self._names.get(call[1], call[1]), parts["Toolcall"])
        return Answer(parts.get("Thought") or reasoning, parts.get("Action", ""), parse_calls(calls, view))

    def grounding_prompt(self, target: str, picture: Image) -> list[Message]:
        return self._grounding.grounding_prompt(target, picture)

    def parse_grounding(self, text: str, view: View) -> Answer:
        return self._grounding.parse_grounding(text, view)

    def repair(self, error: AnswerError) -> str:
        return repair_text(error)


def _retold(step: PastStep) -> str:
    return f"Thought: {step.thought}\nAction: {step.action}\n"
