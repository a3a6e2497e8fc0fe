from __future__ import annotations

import random

import pytest
import torch

from model.nano.learner import LOSS_WEIGHTS, Learner, soft_digits, total
from model.nano.questions import picture_of
from model.nano.screens import Screen
from model.nano.shape import configuration
from model.tokenizer import KimiTokenizer


@pytest.mark.parametrize("spread", [2.0, 7.0, 14.0])
def test_soft_digits_are_distributions_around_the_place(spread: float) -> None:
    places = torch.tensor([0, 5, 123, 449, 450, 555, 999])
    first, second = soft_digits(places, spread)
    for digits in (first, second):
        assert digits.shape == (7, 10)
        torch.testing.assert_close(digits.sum(-1), torch.ones(7))
    assert first.argmax(-1).tolist() == [place // 100 for place in places.tolist()]
    assert second.argmax(-1).tolist() == [place // 10 % 10 for place in places.tolist()]


def test_soft_digits_share_the_border() -> None:
    first, _ = soft_digits(torch.tensor([399, 400]), 5.0)
    torch.testing.assert_close(first[0, 3], first[1, 4])
    assert 0.4 < first[0, 4] < 0.5
    assert first[0, 5] < 1e-6


def test_soft_digits_take_a_spread_each() -> None:
    places, spreads = torch.tensor([250, 730]), torch.tensor([[3.0], [9.0]])
    together = soft_digits(places, spreads)
    for digit in (0, 1):
        for row, spread in enumerate((3.0, 9.0)):
            torch.testing.assert_close(together[digit][row], soft_digits(places[row : row + 1], spread)[digit][0])


def test_every_lesson_reaches_the_weights(nano_tokenizer: KimiTokenizer, screen: Screen) -> None:
    torch.manual_seed(0)
    config = configuration(nano_tokenizer.vocab_size, nano_tokenizer.special("<|media_pad|>"))
    learner = Learner(config, nano_tokenizer)
    rng = random.Random(0)
    losses = total(learner([picture_of(rng, screen, (224, 168), 4, many=False, typing=False) for _ in range(2)]))
    assert set(LOSS_WEIGHTS) < set(losses)
    assert all(loss.isfinite() for loss in losses.values())
    torch.testing.assert_close(losses["loss"], sum(weight * losses[name] for name, weight in LOSS_WEIGHTS.items()))
    losses["loss"].backward()
    untouched = [name for name, p in learner.named_parameters() if p.grad is None or not p.grad.any()]
    assert untouched == []
