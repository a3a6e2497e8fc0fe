"""An answer while it is written, token by token: its text, its probability, and when it is complete.

Knows tokens and text; knows no network.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Final

from model.base import Sampling
from model.thinking import CLOSE, is_thinking, split_thought
from model.tokenizer import KimiTokenizer

CODE_HEADING: Final = "## Code"
_FENCE: Final = re.compile(r"^[ \t]*```", re.MULTILINE)


class AnswerWriter:
    """Takes the tokens that are drawn, and says which come instead where the sampling leaves no choice.

    Args:
        tokenizer: of the checkpoint.
        sampling: when the answer is over and how long it may think.
        ends: tokens that end an answer.
    """

    def __init__(self, tokenizer: KimiTokenizer, sampling: Sampling, ends: frozenset[int]) -> None:
        self._tokenizer, self._sampling, self._ends = tokenizer, sampling, ends
        self._stream = tokenizer.stream()
        self._written = ""
        self._told = 0
        self._forced: deque[int] = deque()
        self.tokens = 0
        self.log_probability = 0.0
        self.wording_log_probability = 0.0
        self.finished = False

    @property
    def thought(self) -> str:
        return split_thought(self._written)[0]

    @property
    def text(self) -> str:
        """The answer without its reasoning."""
        return split_thought(self._written)[1]

    def add(self, drawn: int, log_probability: float) -> int:
        """Take a token; the answer goes on behind the one that is returned, which may be another one.

        Args:
            drawn: what the sampler has drawn.
            log_probability: of the drawn token; that of a token without a choice does not count.
        """
        if self.finished:  # its row goes on until the whole batch is finished
            return drawn
        forced = bool(self._forced)
        token = self._forced.popleft() if forced else drawn
        self.tokens += 1
        self.finished = token in self._ends
        piece = "" if self.finished else self._stream.push(token)
        self._written += piece
        if not forced:
            self.log_probability += log_probability
            if not piece.isdigit():
                self.wording_log_probability += log_probability
        if is_thinking(self._written):
            budget = self._sampling.max_thinking_tokens
            if budget is not None and self.tokens >= budget and not self._forced:
                self._forced.extend(self._tokenizer.encode(CLOSE))
        elif self._sampling.stop_after_code and "`" in piece and code_is_closed(self.text):
            self.finished = True
        return token

    def close(self) -> None:
        """Nothing comes any more."""
        self._written += self._stream.end()

    def tell(self, listener: Callable[[str], None]) -> None:
        """Give a listener what was written since it was told last, reasoning included."""
        new, self._told = self._written[self._told :], len(self._written)
        if new:
            listener(new)


def code_is_closed(text: str) -> bool:
    """Whether the block behind the last heading of code is closed; blocks before it are quotations."""
    _, heading, code = text.rpartition(CODE_HEADING)
    return bool(heading) and len(_FENCE.findall(code)) >= 2
