"""Shares with their intervals, laid out for an SVG of `EDGES`' size; `plot.html.jinja` draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from tasks.statistics import Share


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
"""How far apart the marks of one kind stand, at most."""
LETTER: Final = 6.5
"""The width of a letter of the labels."""
TICKS: Final = tuple(range(0, 11, 2))
"""Tenths of the vertical axis."""


@dataclass(frozen=True, slots=True)
class Value:
    """A share of one kind."""

    label: str
    share: Share
    told: str
    """What is told of it where it is pointed at."""


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn in one colour."""

    name: str
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Mark:
    """One share with its interval."""

    x: float
    y: float
    low_y: float
    high_y: float
    told: str
    series: int
    """The series' number on the page."""


@dataclass(frozen=True, slots=True)
class Plot:
    """Where everything stands."""

    name: str
    labels: tuple[tuple[float, str], ...]
    """The kinds along the horizontal axis."""
    marks: tuple[Mark, ...]
    legend: tuple[tuple[float, str], ...]
    ticks: tuple[tuple[float, str], ...]
    edges: Edges = EDGES

    @property
    def crowded(self) -> bool:
        """Whether the labels would run into each other if they were not slanted."""
        room = (self.edges.right - self.edges.left) / max(1, len(self.labels))
        return any(len(label) * LETTER > room for _, label in self.labels)


def plot(name: str, series: Sequence[Series]) -> Plot:
    """Lay out shares side by side; there are no marks when there are no values."""
    labels = list(dict.fromkeys(value.label for each in series for value in each.values))
    room = (EDGES.right - EDGES.left) / max(1, len(labels))
    beside = min(BESIDE, room / (len(series) + 1))
    at = {label: EDGES.left + room * (index + 0.5) for index, label in enumerate(labels)}
    marks = tuple(
        Mark(
            at[value.label] + beside * (number - (len(series) - 1) / 2),
            y_of(value.share.accuracy),
            y_of(value.share.low),
            y_of(value.share.high),
            f"{each.name}, {value.label}: {value.told}",
            number,
        )
        for number, each in enumerate(series)
        for value in each.values
    )
    between = (EDGES.right - EDGES.left) / max(1, len(series))
    return Plot(
        name,
        tuple((at[label], label) for label in labels),
        marks,
        tuple((EDGES.left + min(70.0, between) * number, each.name) for number, each in enumerate(series)),
        tuple((y_of(tenths / 10), f"{tenths * 10} %") for tenths in TICKS),
    )


def y_of(share: float) -> float:
    """Where a share of 0..1 stands on the vertical axis."""
    return EDGES.bottom - share * (EDGES.bottom - EDGES.top)
