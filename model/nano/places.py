"""Places as digits, and what a wrong digit costs: less the more of the thing that is to be hit it still hits."""

from __future__ import annotations

import torch
from torch import Tensor, nn

MIN_SPREAD_PX = 2.5
SPREAD = 0.2
"""How far off a place may be and still be nearly as good, as a part of the width or height of what may be hit."""


def spreads(rooms: Tensor, whole: tuple[int, int]) -> Tensor:
    """Standard deviations (n, 2) in thousandths of a picture of that width and height, for room (n, 2) px around it."""
    return (SPREAD * rooms).clamp(min=MIN_SPREAD_PX) * 1000 / torch.tensor(whole)


def soft_digits(place: Tensor, spread: Tensor, begun: Tensor) -> tuple[Tensor, Tensor]:
    """Distributions (n, 10) of the first digit, and of the second behind it: neighbouring digits share the target.

    Args:
        place: (n,) in thousandths, 0 to 999, integers.
        spread: (n,) standard deviations in thousandths.
        begun: (n,) the first digits that the second ones stand behind, integers.
    """
    bins = torch.arange(1000) + 0.5
    mass = torch.exp(-0.5 * ((bins - (place.unsqueeze(1) + 0.5)) / spread.unsqueeze(1)) ** 2)
    mass = mass.view(-1, 10, 10, 10).sum(-1)
    first = mass.sum(-1)
    second = mass[torch.arange(len(place)), begun]
    return first / first.sum(-1, keepdim=True), second / second.sum(-1, keepdim=True)


def digits_loss(first: Tensor, second: Tensor, place: Tensor, spread: Tensor, begun: Tensor) -> Tensor:
    """Mean cross-entropy of the log-probabilities (n, 10) of both digits with the soft digits of the places (n,)."""
    first_wanted, second_wanted = soft_digits(place, spread, begun)
    return -((first_wanted * first).sum(-1) + (second_wanted * second).sum(-1)).mean() / 2


class PlaceHead(nn.Module):
    """Names the first two digits of x and y of a place, all four at once."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.digits = nn.Linear(width, 40)

    def loss(self, features: Tensor, places: Tensor, spread: Tensor) -> Tensor:
        """For features (n, D), their places (n, 2) in thousandths, and the spreads (n, 2) of these."""
        if not len(features):
            return features.new_zeros(())
        x1, x2, y1, y2 = self.digits(self.norm(features)).unflatten(-1, (4, 10)).log_softmax(-1).unbind(1)
        begun = places // 100
        x_loss = digits_loss(x1, x2, places[:, 0], spread[:, 0], begun[:, 0])
        return (x_loss + digits_loss(y1, y2, places[:, 1], spread[:, 1], begun[:, 1])) / 2
