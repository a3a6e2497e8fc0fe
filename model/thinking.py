"""The reasoning that thinking models write before they answer: where it ends, and what is answer.

    ◁think▷ … ◁/think▷ answer

The marks are ordinary text of several tokens. Reasoning is shown and recorded, but it is no answer: what it says of
code and places must not be acted on.
"""

from __future__ import annotations

from typing import Final

OPEN: Final = "◁think▷"
CLOSE: Final = "◁/think▷"


def split_thought(text: str) -> tuple[str, str]:
    """The reasoning and the answer of a text. Reasoning that does not end leaves no answer."""
    before, close, after = text.partition(CLOSE)
    if close:
        return before.strip().removeprefix(OPEN).strip(), after
    if is_thinking(text):
        return text.strip().removeprefix(OPEN).strip(), ""
    return "", text


def is_thinking(text: str) -> bool:
    """Whether a text that is being written is in its reasoning."""
    return text.lstrip().startswith(OPEN) and CLOSE not in text
