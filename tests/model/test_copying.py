"""What an answer quotes stands in the text that it is held to."""

from __future__ import annotations

import random

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
