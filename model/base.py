"""The seam between the agent and a vision-language model.

ModelError                      anything below
├── ModelUnavailable            it cannot be loaded: unknown name, no such folder, a library or memory that is missing
├── CheckpointError             its files are damaged or do not fit together; the message names the file and tensor
└── GenerationError             it is loaded but cannot answer: a prompt too long, an endpoint that failed
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from model.messages import Message, Reply
from model.resizing import Resizing


class ModelError(Exception):
    """Base of what models raise."""


class ModelUnavailable(ModelError):
    """Raised when a model cannot be loaded. The message says what to do."""


class CheckpointError(ModelError):
    """Raised when a checkpoint's files are damaged, incomplete or do not fit together."""


class GenerationError(ModelError):
    """Raised when a loaded model cannot answer."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How answers are drawn."""

    max_tokens: int = 1024
    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 1.0
    seed: int | None = None
    stop_after_code: bool = False
    """The answer is over when the code block behind its last `## Code` closes, without waiting for its end token, whose
    probability then does not count."""
    grammar: str | None = None
    """What the whole answer has to follow, in the EBNF of xgrammar; `agent.formats.grammar` has that of actions."""
    copied_from: str | None = None
    """What has to contain, word for word, whatever the answer quotes ("...") on its action line; anything if None."""
    max_thinking_tokens: int | None = None
    """How long a thinking model may reason before it has to answer; as long as it likes by default."""


GREEDY = Sampling()


@runtime_checkable
class Model(Protocol):
    """Images and messages in, text out."""

    @property
    def name(self) -> str:
        """What it was loaded from, for records."""
        ...

    @property
    def family(self) -> str:
        """What tells which prompts it was trained on, for the choice of a format.

        A family that the user has named, else its architecture as `config.json` names it, or nothing.
        """
        ...

    @property
    def view_px(self) -> tuple[int, int] | None:
        """Width and height of the largest picture in which it can point, or None for a model that takes whole screens.

        Larger screens are looked at in tiles of that size.
        """
        ...

    @property
    def resizing(self) -> Resizing | None:
        """How its image processor resizes pictures, for those who write places in pixels of the result.

        None where that is not known, or is another way.
        """
        ...

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling = GREEDY,
        on_text: Callable[[str], None] | None = None,
    ) -> list[Reply]:
        """Answer several conversations, together where the backend can.

        Args:
            prompts: each a conversation that ends with the user's turn.
            sampling: the same for all.
            on_text: called with each new piece of text of the first answer while it is written, reasoning included.
                What it raises ends the generation at once and passes on to the caller.

        Raises:
            GenerationError: it cannot answer; the message says why.
            ModelUnavailable: a library for the sampling that is asked for is missing.
        """
        ...
