"""What an answer quotes stands in the text that it is held to."""

from __future__ import annotations

import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.copying import HEADING, CopyConstraint, Source, Vocabulary

PIECES = [b"Save", b' "', b'"\n', b"as", b" the", b"the h", b"ill", "é".encode(), b"\xc3"]
VOCABULARY = Vocabulary([*(bytes([value]) for value in range(256)), *PIECES, b"", b""])


def written(source: str, seed: int, steps: int = 60) -> bytes:
    """An answer that is drawn at random, but begins with a click on something."""
    constraint, rng = CopyConstraint(VOCABULARY, Source.of(source)), random.Random(seed)
    answer = HEADING + b'Click "'
    for byte in answer:
        constraint.accept(byte)
    for _ in range(steps):
        logits = torch.zeros(len(VOCABULARY.tokens))
        constraint.mask(logits)
        possible = [number for number, logit in enumerate(logits.tolist()) if logit == 0]
        assert possible
        token = rng.choice(possible)
        constraint.accept(token)
        answer += VOCABULARY.tokens[token]
        if len(possible) == len(VOCABULARY.tokens):  # the quotation is closed
            return answer
    return answer


def quoted(answer: bytes) -> str:
    return answer.removeprefix(HEADING + b'Click "').partition(b'"')[0].decode()


def test_quotations_are_copied_as_a_whole_and_words_between_them_as_words() -> None:
    seen = {quoted(written('tick "Save as", then open the home page', seed)) for seed in range(300)}
    assert {"Save as", "tick", "the", "home", "home page"} <= seen
    assert not {"Save", "as", 'Save as", then', "ho", "ome", ""} & seen


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=40), st.integers(0, 2**32))
def test_whatever_is_quoted_stands_in_the_text(source: str, seed: int) -> None:
    answer = written(source, seed)
    if Source.of(source).beginnings:
        assert quoted(answer) in source


def line_may_end(source: str, line: str) -> bool:
    """Whether an action line may end behind what was written of it."""
    constraint = CopyConstraint(VOCABULARY, Source.of(source))
    for byte in HEADING + line.encode():
        constraint.accept(byte)
    logits = torch.zeros(len(VOCABULARY.tokens))
    constraint.mask(logits)
    return logits[ord("\n")].item() == 0


@pytest.mark.parametrize(
    "where",
    [
        'in the row "Meadow"', 'for "Meadow"', 'for the invoice "Meadow"', 'next to "Meadow"', 'under "Meadow"',
        'to the left of "Meadow"', 'button in the header of "Meadow"', 'check box beside "Meadow"',
        'in the "Meadow" row',
    ],
)  # fmt: skip
def test_a_line_says_what_tells_its_target_apart(where: str) -> None:
    source = f'Click "Open" {where}, then click "Save"'
    assert not line_may_end(source, 'Click "Open"')
    assert not line_may_end(source, 'Click "Open" in the row')
    assert line_may_end(source, 'Click "Open" in the row "Meadow"')
    assert line_may_end(source, 'Click "Save"')


@pytest.mark.parametrize(
    "source",
    [
        'Click "Open", then "Meadow"', 'Click "Open" and click "Meadow"',
        'Click "Open"; in the row "Meadow" click "Edit"', 'Click "Open" in the list and tick "Meadow"',
        'Click "Open" in "Meadow". Click "Open".',
    ],
)  # fmt: skip
def test_a_line_may_end_where_nothing_tells_its_target_apart(source: str) -> None:
    assert line_may_end(source, 'Click "Open"')


def test_no_token_ends_the_line_together_with_a_quotation_that_is_told_apart() -> None:
    for source, expected in (('Click "Open" for "Meadow"', 0), ('Click "Open"', 1)):
        constraint = CopyConstraint(VOCABULARY, Source.of(source))
        for byte in HEADING + b'Click "Open':
            constraint.accept(byte)
        logits = torch.zeros(len(VOCABULARY.tokens))
        constraint.mask(logits)
        closing = VOCABULARY.tokens.index(b'"\n')
        assert (logits[closing].item() == 0) == expected
        assert logits[ord('"')].item() == 0


def test_what_stands_elsewhere_is_free() -> None:
    constraint = CopyConstraint(VOCABULARY, Source.of('click "Save"'))
    for token in HEADING + b'Type "Save" into "Save"\n\n## Code:\npress("':
        constraint.accept(token)
    logits = torch.zeros(len(VOCABULARY.tokens))
    constraint.mask(logits)
    assert not logits.any()


def test_an_answer_without_the_heading_is_free() -> None:
    constraint = CopyConstraint(VOCABULARY, Source.of('click "Save"'))
    for token in b'I will click "':
        constraint.accept(token)
    logits = torch.zeros(len(VOCABULARY.tokens))
    constraint.mask(logits)
    assert not logits.any()
