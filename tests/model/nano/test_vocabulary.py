from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.nano.prompts import NOT_HERE, answer_text, user_text
from model.nano.train import FIXED_TEXTS
from model.nano.vocabulary import SPECIAL_OFFSETS, ranks
from model.tokenizer import KimiTokenizer

TABLE = ranks(FIXED_TEXTS)


def test_a_fixed_piece_is_one_token(nano_tokenizer: KimiTokenizer) -> None:
    longer = [piece.decode() for piece in TABLE if len(piece) > 1]
    assert len(longer) > 20
    for piece in longer:
        assert nano_tokenizer.encode(piece) == [TABLE[piece.encode()]]


@pytest.mark.parametrize("text", ["0.500", "x=0.123, y=0.987", "Room 4711", "F5", "2026-11"])
def test_digits_stay_single(nano_tokenizer: KimiTokenizer, text: str) -> None:
    tokens = [nano_tokenizer.decode([token]) for token in nano_tokenizer.encode(text)]
    assert [token for token in tokens if any(char.isdigit() for char in token)] == [c for c in text if c.isdigit()]


@given(st.text(max_size=60))
def test_any_text_comes_back(text: str) -> None:
    tokenizer = KimiTokenizer(TABLE, {})
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_prompts_are_short(nano_tokenizer: KimiTokenizer) -> None:
    assert len(nano_tokenizer.encode(user_text(""))) < 10
    assert len(nano_tokenizer.encode(answer_text("", NOT_HERE))) < 25


def test_special_tokens_lie_behind_the_ranks(nano_tokenizer: KimiTokenizer) -> None:
    for name, offset in SPECIAL_OFFSETS.items():
        assert nano_tokenizer.special(name) == len(TABLE) + offset
