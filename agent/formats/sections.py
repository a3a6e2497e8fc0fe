"""The parts of an answer: reasoning, headed sections, code block.

    ◁think▷ … ◁/think▷  ## Thought:  ## Action:  ## Code:  ```python … ```

Knows text only; what the code may say is `agent.formats.calls`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agent.formats.base import CutOff, NoCode, TooLong

MAX_ANSWER_CHARS = 40_000
"""Longest answer that is read, the reasoning before it not counted."""

Marks = tuple[str, str]
"""What stands before and behind reasoning."""
KIMI: Final[Marks] = ("◁think▷", "◁/think▷")
QWEN: Final[Marks] = ("<think>", "</think>")
_FENCE = "```"
_BLOCK_ON_ONE_LINE = re.compile(r"```(?:python|code)?[ \t]*([^`]+)```", re.IGNORECASE)
_HEADING = re.compile(r"^[ \t]*##[ \t]*(\w+)[ \t]*:?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sections:
    """An answer taken apart; empty where it has no such part."""

    thought: str
    action: str
    code: str


def without_reasoning(text: str, marks: Marks = KIMI) -> tuple[str, str]:
    """The reasoning and what follows it. The opening mark may have been part of the prompt.

    Raises:
        CutOff: the reasoning never ends.
    """
    opening, closing = marks
    reasoning, end, rest = text.partition(closing)
    if end:
        return reasoning.replace(opening, "").strip(), rest
    if opening in text:
        raise CutOff("Your reasoning did not come to an end: think less, then answer.")
    return "", text


def read_sections(text: str) -> Sections:
    """Take an answer apart. The code is the last fenced block, as models quote code before they decide.

    Raises:
        CutOff: the reasoning never ends.
        NoCode: there is no complete code block.
        TooLong: it is longer than `MAX_ANSWER_CHARS`.
    """
    reasoning, answer = without_reasoning(text)
    if len(answer) > MAX_ANSWER_CHARS:
        raise TooLong("Your answer is too long: answer with one short action and its code.")
    prose, blocks = _split_at_fences(answer)
    if not blocks:
        raise NoCode(
            f"Your answer has no code block: end it with ## Code: and a block that begins with {_FENCE}python "
            f"and ends with {_FENCE}."
        )
    sections = _headed_sections(prose)
    return Sections(sections.get("thought") or reasoning, sections.get("action", ""), blocks[-1])


def _split_at_fences(answer: str) -> tuple[str, list[str]]:
    """What stands outside of the fenced blocks, and the blocks; one that is not closed may lack its end and is none."""
    prose: list[str] = []
    blocks: list[str] = []
    open_block: list[str] | None = None
    for line in answer.replace("\r\n", "\n").split("\n"):
        bare = line.strip()
        if bare == _FENCE and open_block is not None:
            blocks.append("\n".join(open_block))
            open_block = None
        elif block := _BLOCK_ON_ONE_LINE.fullmatch(bare):
            blocks.append(block[1])
        elif bare.startswith(_FENCE):
            open_block = []
        elif open_block is not None:
            open_block.append(line)
        else:
            prose.append(line)
    return "\n".join(prose), blocks


def _headed_sections(prose: str) -> dict[str, str]:
    """Each `## Heading:` in lower case, and the text up to the next heading; the last of its name counts."""
    headings = list(_HEADING.finditer(prose))
    starts = [*(heading.start() for heading in headings), len(prose)]
    return {
        heading[1].lower(): prose[heading.end() : following].strip()
        for heading, following in zip(headings, starts[1:], strict=True)
    }
