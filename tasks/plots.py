"""Accuracy against an ordered property, laid out for an SVG of `EDGES`' size; the page's template draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from tasks.screenspot.methods import Method
from tasks.screenspot.statistics import Row, Summary


class Edges(NamedTuple):
    """The drawing's size, and where its axes lie."""

    width: int
    height: int
    left: int
    top: int
    right: int
    bottom: int


EDGES: Final = Edges(width=560, height=240, left=44, top=14, right=548, bottom=200)
BESIDE: Final = 14
"""How far apart two methods' marks of one kind stand."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One accuracy with its interval."""

    x: float
    y: float
    low_y: float
    high_y: float
    row: Row
    method: Method
    series: int
    """The method's number on the page."""


@dataclass(frozen=True, slots=True)
class Plot:
    """Where everything stands."""

    name: str
    labels: tuple[tuple[float, str], ...]
    """The kinds along the horizontal axis."""
    marks: tuple[Mark, ...]


def plot(name: str, results: Sequence[tuple[Method, Summary]]) -> Plot:
    """Lay out one property; there are no marks when there is no breakdown by it."""
    rows = [
        (series, method, row)
        for series, (method, summary) in enumerate(results)
        if (part := summary.breakdown(name)) is not None
        for row in part.rows
    ]
    labels = list(dict.fromkeys(row.label for _, _, row in rows))
    room = (EDGES.right - EDGES.left) / max(1, len(labels))
    at = {label: EDGES.left + room * (index + 0.5) for index, label in enumerate(labels)}
    marks = tuple(
        Mark(
            at[row.label] + BESIDE * (series - (len(results) - 1) / 2),
            y_of(row.share.accuracy),
            y_of(row.share.low),
            y_of(row.share.high),
            row,
            method,
            series,
        )
        for series, method, row in rows
    )
    return Plot(name, tuple((at[label], label) for label in labels), marks)


def y_of(accuracy: float) -> float:
    """Where an accuracy of 0..1 stands on the vertical axis."""
    return EDGES.bottom - accuracy * (EDGES.bottom - EDGES.top)
