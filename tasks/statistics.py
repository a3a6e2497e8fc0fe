"""Means, and how sure they are.

Intervals are 95 % percentile bootstraps with a fixed seed, so that the same records give the same table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

RESAMPLES: Final = 10_000
SEED: Final = 0
_PERCENTILES: Final = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Share:
    """An accuracy with its interval, all 0..1."""

    accuracy: float
    low: float
    high: float


def share_of(kinds: Sequence[tuple[int, int]]) -> Share:
    """The mean accuracy of kinds, each with its items and how many are right, resampled within each.

    Resampling n items of which a share p is right gives a binomial count, which is drawn directly.
    """
    if not kinds:
        return Share(0.0, 0.0, 0.0)
    totals, right = np.array(kinds).T
    shares = right / totals
    resampled = np.random.default_rng(SEED).binomial(totals, shares, (RESAMPLES, len(kinds))) / totals
    low, high = np.percentile(resampled.mean(axis=1), _PERCENTILES)
    return Share(float(shares.mean()), float(low), float(high))


def mean_of(scores: Sequence[float]) -> Share:
    """The mean of scores that may be fractions, resampled."""
    if not scores:
        return Share(0.0, 0.0, 0.0)
    values, counts = np.unique(np.array(scores, dtype=float), return_counts=True)
    # How often each value is drawn is what matters, not in which order.
    drawn = np.random.default_rng(SEED).multinomial(len(scores), counts / len(scores), RESAMPLES)
    low, high = np.percentile(drawn @ values / len(scores), _PERCENTILES)
    return Share(float(np.mean(scores)), float(low), float(high))
