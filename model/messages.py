"""What goes into a model and what comes out.

Knows roles, texts and pictures; knows no model family, no prompt and no action.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from PIL.Image import Image

from model.writing import Writing


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn: texts and pictures in the order in which they are read. Text is never parsed for special tokens."""

    role: Role
    parts: tuple[str | Image, ...]

    @staticmethod
    def system(*parts: str | Image) -> Message:
        return Message(Role.SYSTEM, parts)

    @staticmethod
    def user(*parts: str | Image) -> Message:
        return Message(Role.USER, parts)

    @staticmethod
    def assistant(*parts: str | Image) -> Message:
        return Message(Role.ASSISTANT, parts)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds spent in the phases of one generation."""

    preprocess_s: float = 0.0
    vision_s: float = 0.0
    prefill_s: float = 0.0
    decode_s: float = 0.0

    @property
    def total_s(self) -> float:
        return self.preprocess_s + self.vision_s + self.prefill_s + self.decode_s


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer."""

    text: str
    thought: str = ""
    """The reasoning before it, of a thinking model. Never acted on."""
    finished: bool = True
    """False when the token limit cut it off."""
    log_probability: float | None = None
    """Natural log of the answer's probability, summed over its tokens; None where a backend does not tell."""
    wording_log_probability: float | None = None
    """The same without the tokens that are only digits: those of a place tell how exactly it is known, the others
    whether it is."""
    prompt_tokens: int = 0
    image_tokens: int = 0
    """How many of the prompt's tokens are pictures."""
    reused_tokens: int = 0
    """How many of the prompt's tokens were known from the conversation before, and not computed again."""
    output_tokens: int = 0
    """Reasoning included."""
    timing: Timing = field(default_factory=Timing)
    peak_memory_bytes: int | None = None
    """The most that the model's process has held so far; None where a backend does not tell."""


@dataclass(frozen=True, slots=True)
class ReadingReply(Reply):
    """The answer of a model that also reads."""

    writings: tuple[Writing, ...] = field(default=(), compare=False, repr=False)
    """What is written in each of the prompt's pictures. Not for records: it is much larger than the pictures."""
