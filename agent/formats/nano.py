"""The prompts of the embedded model and how its answers are read.

Its words are `model.nano.prompts`, its answers those of Kimi-VL without the thought. An instruction without quotation
marks gets them (`model.nano.quoting`). It sees one picture, a part of the screen; coordinates are fractions of it. When
what is asked for is not in the picture, it answers with a failure.

What it does stands in an answer twice, in the action line and in the code. The line is what users read and what it is
told of earlier steps, so the line is carried out, at the place that the code names: a letter that it doubles or a right
button that it forgets in the code is not. A line that tells its target from others like it is carried out where looks
for these and for the anchor lead to; its code names no place that counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from PIL.Image import Image

from agent.formats.base import SEARCHING, Answer, AnswerError, Apart, PastStep
from agent.formats.calls import parse_calls
from agent.formats.sections import read_sections
from agent.targets import Named
from agent.view import View
from model.messages import Message
from model.nano import prompts
from model.nano.action_lines import ORDINALS, Target, code_of, target_of
from model.nano.quoting import quoted, quoted_target

_PLACE = re.compile(r"\(x=(?P<x>0\.\d+), y=(?P<y>0\.\d+)")
"""Where the first call points; what stands behind it is sometimes said twice (`x=0.53, y=0.55, y=0.550`)."""
TICKING = "Tick", "Untick"
"""Verbs of lines whose target is a box beside its text."""


class NanoFormat:
    """The embedded model's prompts and answers."""

    name = "nano"
    max_pictures = 1
    evicted_at_once = 1
    quoting = staticmethod(quoted)
    judges_one_screen = True

    def prompt(
        self, instruction: str, picture: Image, steps: Sequence[PastStep], notes: Sequence[str] = ()
    ) -> list[Message]:
        # It was never taught notes, nor searches. A step that was not carried out is left out, so that it comes again.
        done = [step.action for step in steps if step.done and step.action != SEARCHING]
        text = prompts.user_text(quoted(instruction), done)
        return [Message.system(prompts.SYSTEM), Message.user(picture, text)]

    def parse(self, text: str, view: View) -> Answer:
        sections = read_sections(text)
        line, target = sections.action, target_of(sections.action)
        code = code_of(line)
        if code is not None and target is not None and (target.ordinal or target.relation):
            return Answer(sections.thought, line, parse_calls(code, view), _apart(line, target))
        place, named = _PLACE.search(sections.code), None if target is None else _named(line, target)
        if code is None or place is None:
            meant = () if code is None else parse_calls(code, view)
            return Answer(sections.thought, line, parse_calls(sections.code, view), named=named, meant=meant)
        at = view.point(float(place["x"]), float(place["y"]))
        first, *rest = parse_calls(code, view)
        return Answer(sections.thought, line, (first.model_copy(update={"at": at}), *rest), named=named)

    def grounding_prompt(self, target: str, picture: Image) -> list[Message]:
        return self.prompt(quoted_target(target), picture, ())

    def parse_grounding(self, text: str, view: View) -> Answer:
        return self.parse(text, view)

    def repair(self, error: AnswerError) -> str:
        return f"\n# Error:\n{error}\n"


def _named(line: str, target: Target) -> Named:
    verb = line.partition(" ")[0]
    kind = "icon" if target.is_icon else "field" if verb == "Type" else "box" if verb in TICKING else "text"
    return Named(kind, target.label)


def _apart(line: str, target: Target) -> Apart:
    """How what an action line points at is told from others: without its order and its anchor it is any of them."""
    alike = replace(target, ordinal="", relation=None, anchor="")
    return Apart(
        line.replace(str(target), str(alike)),
        _named(line, target),
        ORDINALS[target.ordinal] if target.ordinal else None,
        target.relation,
        f'Click "{target.anchor}"',
        target.anchor,
    )
