"""How often a model is right, by what, how surely, and at what cost.

Accuracy is the share of right answers among all; answers in a wrong format count as wrong, and are also told apart.
Intervals are those of `tasks.statistics`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tasks.screenspot.items import Absent
from tasks.screenspot.records import Record
from tasks.screenspot.scoring import Verdict
from tasks.statistics import Share, share_of

TARGET_SIDES_PX: Final = (16, 32, 64, 128)
"""Borders between kinds of targets, by the side of the square of the same area."""
IMAGE_MEGAPIXELS: Final = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Row:
    """The items of one kind."""

    label: str
    total: int
    right: int
    wrong_format: int
    share: Share


@dataclass(frozen=True, slots=True)
class Breakdown:
    """All items by one property."""

    name: str
    rows: tuple[Row, ...]
    macro: Share
    """The mean over the kinds, each counting the same."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an item costs."""

    mean_s: float
    median_s: float
    p95_s: float
    prompt_tokens: float
    output_tokens: float
    looks: float


@dataclass(frozen=True, slots=True)
class Summary:
    """The results of one method."""

    overall: Row
    """The micro average: each item counts the same."""
    breakdowns: tuple[Breakdown, ...]
    cost: Cost

    def breakdown(self, name: str) -> Breakdown | None:
        return next((each for each in self.breakdowns if each.name == name), None)


def summarise(records: Sequence[Record]) -> Summary:
    """The results of records of one method, at least one.

    A property that no item has, or of which there is one kind only, has no breakdown.
    """
    breakdowns = [_breakdown(name, labels, records) for name, labels in _PROPERTIES.items()]
    return Summary(_row("all", records), tuple(each for each in breakdowns if len(each.rows) > 1), _cost(records))


def target_size(record: Record) -> str | None:
    """The kind of an item's target by its size."""
    target = record.item.target
    return None if isinstance(target, Absent) else _between(math.sqrt(target.area_px), TARGET_SIDES_PX, "px")


def image_size(record: Record) -> str:
    """The kind of an item's picture by its size."""
    width, height = record.item.image_size
    return _between(width * height / 1e6, IMAGE_MEGAPIXELS, "Mpx")


def _between(value: float, borders: Sequence[int], unit: str) -> str:
    above = sum(value >= border for border in borders)
    if above == 0:
        return f"under {borders[0]} {unit}"
    if above == len(borders):
        return f"{borders[-1]} {unit} and more"
    return f"{borders[above - 1]} to {borders[above]} {unit}"


def _one(label: str | None) -> tuple[str, ...]:
    return () if label is None else (label,)


_Labels = Callable[[Record], Iterable[str]]
_PROPERTIES: Final[dict[str, _Labels]] = {
    "platform": lambda record: _one(record.item.platform),
    "group": lambda record: record.item.groups,
    "application": lambda record: _one(record.item.application),
    "element": lambda record: _one(record.item.element),
    "language": lambda record: _one(record.item.language),
    "instruction style": lambda record: _one(record.item.instruction_style),
    "target": lambda record: _one(record.item.target.kind),
    "target size": lambda record: _one(target_size(record)),
    "image size": lambda record: _one(image_size(record)),
}
_SIZES: Final = {
    _between(border, borders, unit): rank
    for borders, unit in ((TARGET_SIDES_PX, "px"), (IMAGE_MEGAPIXELS, "Mpx"))
    for rank, border in enumerate((0, *borders))
}
"""Sizes are shown from small to large, all else by name."""


def _breakdown(name: str, labels: _Labels, records: Sequence[Record]) -> Breakdown:
    kinds: dict[str, list[Record]] = {}
    for record in records:
        for label in labels(record):
            kinds.setdefault(label, []).append(record)
    rows = tuple(_row(label, kinds[label]) for label in sorted(kinds, key=lambda label: (_SIZES.get(label, 0), label)))
    return Breakdown(name, rows, share_of([(row.total, row.right) for row in rows]))


def _row(label: str, records: Sequence[Record]) -> Row:
    right = sum(record.verdict is Verdict.CORRECT for record in records)
    wrong_format = sum(record.verdict is Verdict.WRONG_FORMAT for record in records)
    return Row(label, len(records), right, wrong_format, share_of([(len(records), right)]))


def _cost(records: Sequence[Record]) -> Cost:
    seconds = np.array([record.seconds for record in records])
    return Cost(
        float(seconds.mean()),
        float(np.median(seconds)),
        float(np.percentile(seconds, 95)),
        float(np.mean([record.prompt_tokens for record in records])),
        float(np.mean([record.output_tokens for record in records])),
        float(np.mean([record.looks for record in records])),
    )
