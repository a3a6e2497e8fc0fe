"""How alike two texts are, as the benchmarks measure it."""

from __future__ import annotations

from rapidfuzz import fuzz

from tasks.metrics.general import Expected


def similarity(left: str, right: str) -> float:
    """From 0.0 to 1.0: one less the insertions and deletions between two texts, as a share of both lengths."""
    return fuzz.ratio(left, right) / 100


def fuzzy_match(result: str | None, rules: Expected) -> float:
    """How alike the result and `rules["expected"]` are, from 0.0 to 1.0; 0.0 without a result."""
    return 0.0 if result is None else similarity(result, str(rules["expected"]))
