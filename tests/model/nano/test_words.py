from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from model.nano import words

WRITERS: tuple[Callable[[random.Random], str], ...] = (words.word, words.label, words.sentence, words.value)


@pytest.mark.parametrize("write", WRITERS)
def test_a_seed_decides(write: Callable[[random.Random], str]) -> None:
    first, again = random.Random(4), random.Random(4)
    written = [write(first) for _ in range(200)]
    assert written == [write(again) for _ in range(200)]
    assert len(set(written)) > 100


def test_labels_have_bounds() -> None:
    rng = random.Random(0)
    labels = [words.label(rng) for _ in range(3000)]
    assert all(1 <= len(label) <= 40 for label in labels)
    assert all(label.isprintable() and label == label.rstrip() and '"' not in label for label in labels)
    assert any(" " in label for label in labels)
    assert any(label.isupper() for label in labels)
    assert any(not label.isascii() for label in labels)


def test_codes_and_compounds_have_no_marks_left() -> None:
    rng = random.Random(0)
    labels = [words.label(rng) for _ in range(3000)]
    assert not any(mark in label for label in labels for mark in "^~")
    assert any(" / " in label for label in labels)
    assert any(any(char.isdigit() for char in label) and any(char.isupper() for char in label) for label in labels)


def test_values_have_bounds() -> None:
    rng = random.Random(1)
    values = [words.value(rng) for _ in range(3000)]
    assert all(len(value) <= 24 and value == value.strip() and '"' not in value for value in values)
    assert any("@" in value for value in values)
    assert any(value.isdigit() for value in values)


def test_a_mutated_label_is_near_the_first() -> None:
    rng = random.Random(2)
    different = 0
    for _ in range(500):
        label = words.label(rng)
        other = words.mutated(rng, label)
        different += other != label
        assert abs(len(other.split()) - len(label.split())) <= 1
    assert different > 450
