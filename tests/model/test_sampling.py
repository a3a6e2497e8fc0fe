from __future__ import annotations

import pytest
import torch
from torch import Tensor

from model.base import GREEDY, Sampling
from model.sampling import Sampler

PROBABILITIES = torch.tensor([0.15, 0.5, 0.05, 0.3])
DRAWS = 4000


def drawn(sampling: Sampling) -> Tensor:
    """Share of each token among many draws."""
    tokens, _ = Sampler(sampling, torch.device("cpu"))(PROBABILITIES.log().expand(DRAWS, -1))
    return tokens.bincount(minlength=4) / DRAWS


def test_zero_temperature_takes_the_most_probable() -> None:
    assert drawn(GREEDY).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("temperature", "top_p", "expected"),
    [
        (1.0, 1.0, [0.15, 0.5, 0.05, 0.3]),
        (1.0, 0.8, [0, 0.625, 0, 0.375]),
        (1.0, 0.81, [0.15 / 0.95, 0.5 / 0.95, 0, 0.3 / 0.95]),
        (1.0, 0.0, [0, 1, 0, 0]),
        (0.5, 1.0, [0.0225 / 0.365, 0.25 / 0.365, 0.0025 / 0.365, 0.09 / 0.365]),
    ],
)
def test_tokens_are_drawn_as_often_as_they_should(temperature: float, top_p: float, expected: list[float]) -> None:
    shares = drawn(Sampling(temperature=temperature, top_p=top_p, seed=0))
    assert (shares - torch.tensor(expected)).abs().max() < 0.03
    assert (shares[torch.tensor(expected) == 0] == 0).all()


def test_log_probabilities_are_those_of_the_model() -> None:
    logits = PROBABILITIES.log().expand(50, -1) + 7  # logits are log-probabilities up to a constant
    tokens, log_probabilities = Sampler(Sampling(temperature=2.0, top_p=0.9, seed=1), torch.device("cpu"))(logits)
    assert (log_probabilities - PROBABILITIES[tokens].log()).abs().max() < 1e-5
