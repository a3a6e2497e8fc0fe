"""Prompts and answers as tokens, as the chat template writes them, and where in them the parts of an answer begin."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from model.nano.action_lines import UNKNOWN_PLACE
from model.nano.cutouts import thousandths
from model.nano.places import spreads
from model.nano.prompts import SYSTEM, answer_text, user_text
from model.nano.questions import Query
from model.tokenizer import KimiTokenizer


@dataclass(frozen=True, slots=True)
class Encoded:
    """What follows the picture: question and answer, and where the parts of the answer begin."""

    tokens: list[int]
    steps: slice
    """Those of the steps already done."""
    answer_at: int
    label_end: int
    """Index of the token that closes the action line: there the label is known as a whole."""
    code_at: int
    """Index of the first token of the code: it tells whether the thing is there. A mention ends before it."""
    digits_at: tuple[int, int] | None
    """Index of the first of the three digits of x and of y, where the answer has them."""
    place: tuple[int, int]
    """x and y of the aim in thousandths."""
    begun: tuple[int, int] = (0, 0)
    """The first digits of the x and y that the answer names."""


class Encoder:
    """Writes prompts and answers as tokens.

    Attributes:
        before: the tokens before the picture, the same for every query.
        padding: fills up shorter branches.
    """

    def __init__(self, tokenizer: KimiTokenizer) -> None:
        self.tokenizer = tokenizer
        special, encode = tokenizer.special, tokenizer.encode

        def turn(role: str) -> list[int]:
            return [special(f"<|im_{role}|>"), *encode(role), special("<|im_middle|>")]

        self._end = special("<|im_end|>")
        picture = [special("<|media_start|>"), *encode("image"), special("<|media_content|>")]
        self.before = [*turn("system"), *encode(SYSTEM), self._end, *turn("user"), *picture]
        self._behind = [special("<|media_end|>")]
        self._answer = [self._end, *turn("assistant")]
        self.padding = special("[PAD]")

    def encode(self, query: Query, size: tuple[int, int]) -> Encoded:
        """The tokens of a query about a picture of the given width and height, px."""
        encode = self.tokenizer.encode
        asked = user_text(query.instruction, query.steps)
        tokens = [*self._behind, *encode(asked)]
        before_steps = asked[: len(asked) - sum(len(f"{step}\n") for step in query.steps)]
        steps = slice(len(self._behind) + len(encode(before_steps)), len(tokens))
        tokens += self._answer
        answer_at = len(tokens)
        label_end = answer_at + len(encode(answer_text(query.action, "").partition("\n\n")[0])) - 1
        head, _, rest = answer_text(query.action, query.code).rpartition("```python\n")
        tokens += encode(head + "```python\n")
        code_at = len(tokens)
        place = _place(query, size)
        if query.aim is None:
            return Encoded([*tokens, *encode(rest), self._end], steps, answer_at, label_end, code_at, None, place)
        before, _, behind = rest.partition(UNKNOWN_PLACE)
        tokens += encode(before + "x=0.")
        x_at = len(tokens)
        x, y = _named_place(query, size)
        tokens += [*encode(_digits(x)), *encode(", y=0.")]
        y_at = len(tokens)
        tokens += [*encode(_digits(y)), *encode(behind), self._end]
        return Encoded(tokens, steps, answer_at, label_end, code_at, (x_at, y_at), place, (x // 100, y // 100))

    def encode_mention(self, query: Query, size: tuple[int, int]) -> Encoded:
        """Only the action line of an answer, without the question: enough to find what it names in a picture."""
        line = self.tokenizer.encode(answer_text(query.action, "").partition("\n\n")[0])
        tokens = [*self._behind, *self._answer, *line]
        answer_at = len(tokens) - len(line)
        return Encoded(tokens, slice(0), answer_at, len(tokens) - 1, len(tokens), None, _place(query, size))


def _place(query: Query, size: tuple[int, int]) -> tuple[int, int]:
    if query.aim is None:
        return 0, 0
    return thousandths(query.aim[0], size[0]), thousandths(query.aim[1], size[1])


def _named_place(query: Query, size: tuple[int, int]) -> tuple[int, int]:
    """The place that the answer names, thousandths: the aim, but for the slip."""
    assert query.aim is not None
    [spread] = spreads(torch.tensor([query.room]), size).tolist()
    x, y = (
        thousandths(aim + slip * deviation * whole / 1000, whole)
        for aim, slip, deviation, whole in zip(query.aim, query.slip, spread, size, strict=True)
    )
    return x, y


def _digits(place: int) -> str:
    """Two digits count; the third is that of the middle."""
    return f"{place // 10:02d}5"
