"""The prompts of Kimi-VL, word for word as published, and how its answers are read.

Grounding is the prompt and the reading rule of the official ScreenSpot-Pro runs of Kimi-VL-A3B-Thinking-2506
(`models/kimivl.py` of that benchmark). The agent loop is that of the same authors for OSWorld (`mm_agents/kimi`)
without its password sentence: `## Thought / ## Action / ## Code`, steps older than the window merged into one assistant
message, up to three screenshots. Coordinates are fractions of the picture.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from PIL.Image import Image

from agent.formats.base import UNTRUSTED, Answer, AnswerError, NoCode, PastStep, repair_text
from agent.formats.calls import declarations, parse_calls
from agent.formats.numbered_steps import conversation, thought_and_action
from agent.formats.sections import read_sections, without_reasoning
from agent.view import View
from envs.actions import Click
from model.messages import Message

GROUNDING_SYSTEM = """\
You are a GUI agent. You are given a task and a screenshot of a computer screen. You need to perform a action and \
pyautogui code to complete the task. Provide your response in this format:

## Action:
Provide clear, concise, and actionable instructions.

## Code:
Generate a corresponding Python code snippet using pyautogui that clicks on the identified UI element using normalized \
screen coordinates (values between 0 and 1). The script should dynamically adapt to the current screen resolution by \
converting the normalized coordinates to actual pixel positions."""

AGENT_SYSTEM = """\
You are a GUI agent. You are given an instruction, a screenshot of the screen and your previous interactions with the \
computer. You need to perform a series of actions to complete the task.

For each step, provide your response in this format:
## Thought
{thought}
## Action:
{action}
## Code:
{code}

In the code section, the code should be either pyautogui code or one of the following functions wrapped in the code \
block:
- {"name": "computer.wait", "description": "Make the computer wait for 20 seconds for installation, running code, \
etc.", "parameters": {"type": "object", "properties": {}, "required": []}}
- {"name": "computer.terminate", "description": "Terminate the current task and report its completion status", \
"parameters": {"type": "object", "properties": {"status": {"type": "string", "enum": ["success", "failure"], \
"description": "The status of the task"}, "answer": {"type": "string", "description": "The answer of the task"}}, \
"required": ["status"]}}"""

_FIRST_POINT = re.compile(r"x=(0(?:\.\d+)?|1(?:\.0+)?), y=(0(?:\.\d+)?|1(?:\.0+)?)")
"""The official scorer's rule for what was pointed at."""


class KimiVLFormat:
    """Kimi-VL's prompts and answers.

    Args:
        kinds: the kinds of actions that can be carried out; those beyond the published ones are declared to the model
        in addition.
        evicted_at_once: how many of the oldest screenshots leave the prompt when there would be more than three. The
            published window slides by one, so that every long prompt is a new one from its beginning; with 2, a model
            in this process computes only what is new of every other. It sees fewer screenshots then, so that scores are
            reported separately: the name says it.
    """

    max_pictures = 3
    quoting = None
    judges_one_screen = False

    def __init__(self, kinds: Collection[str] = (), evicted_at_once: int = 1) -> None:
        self.evicted_at_once = evicted_at_once
        self.name = "kimi-vl" if evicted_at_once == 1 else f"kimi-vl, {evicted_at_once} pictures evicted at once"
        self._system = "\n- ".join((AGENT_SYSTEM, *declarations(kinds))) + (f"\n\n{UNTRUSTED}" if kinds else "")

    def prompt(
        self, instruction: str, picture: Image, steps: Sequence[PastStep], notes: Sequence[str] = ()
    ) -> list[Message]:
        return conversation(self._system, instruction, picture, steps, notes, thought_and_action)

    def parse(self, text: str, view: View) -> Answer:
        sections = read_sections(text)
        return Answer(sections.thought, sections.action, parse_calls(sections.code, view))

    def grounding_prompt(self, target: str, picture: Image) -> list[Message]:
        return [Message.system(GROUNDING_SYSTEM), Message.user(picture, f"## Task Instruction:\n{target}")]

    def parse_grounding(self, text: str, view: View) -> Answer:
        reasoning, answer = without_reasoning(text)
        found = _FIRST_POINT.search(answer)
        if found is None:
            raise NoCode("Your answer names no place: end it with pyautogui.click(x=..., y=...), both between 0 and 1.")
        return Answer(reasoning, "", (Click(at=view.point(float(found[1]), float(found[2]))),))

    def repair(self, error: AnswerError) -> str:
        return repair_text(error)
