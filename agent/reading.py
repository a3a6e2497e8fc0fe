"""Where labels are written on a screen, as the encoder of the model that looks at it reads them.

A model with a head that reads says with its answers what is written in the pictures it was shown. That is more exact
than where it points: a label is found where it stands letter by letter, and one that stands nowhere is not there.
Places are in px of the frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.strokes import Box, stands_out
from agent.targets import Kind
from envs.frame import Frame, Point
from model.writing import Writing, can_be_read, find

DOUBT, DOUBT_OF_A_CHARACTER = 5.5, 0.4
"""How much of a label may be doubted, in nats, and how much more for each of its characters."""
UNSEEN: Final = 0.8
"""How much of that where nothing but what is read speaks for it."""
SHORT, SHORT_DOUBT = 2, 1.0
"""Labels of so few characters are read in many places: so much may be doubted then."""
PART, WORDS = 2.0, 3
"""So much it may be doubted then that it is a whole phrase: words stand in running text, too, but seldom so many."""
MOST_WRAPPED: Final = 5
"""Words of a label that is looked for in two lines."""
LINE_HEIGHT_PX: Final = 10.0, 34.0
"""How far apart the middles of these are."""
ONE_LINE_PX: Final = 14.0
"""Readings of a text whose middles are so much apart at most are of one."""
_AROUND: Final[dict[Kind, tuple[float, float, float, float]]] = {
    "text": (-24, -10, 24, 10),
    "box": (-60, -14, 60, 14),
    "field": (-30, -14, 500, 70),
}
"""How far from its text a thing of a kind is, left of its left end, above it, right of its right end and below it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a label is written."""

    box_px: tuple[float, float, float, float]
    doubt: float
    """As in `model.writing`."""
    is_clear: bool
    """Whether it is read so well that it may be believed though the model does not point there ..."""
    is_whole: bool
    """... if it also is a whole phrase."""

    @property
    def middle_px(self) -> tuple[float, float]:
        left, top, right, bottom = self.box_px
        return (left + right) / 2, (top + bottom) / 2

    def is_sure(self, frame: Frame) -> bool:
        """Whether it may be believed though the model does not point there: words stand in running text, too."""
        return self.is_clear and (self.is_whole or stands_out(frame.pixels, self.box_px))

    def point(self, frame: Frame) -> Point:
        """Its middle."""
        return frame.point_at_px(*self.middle_px)

    def lies_in(self, box: Box) -> bool:
        """Whether its middle does."""
        (x, y), (left, top, right, bottom) = self.middle_px, box
        return left <= x < right and top <= y < bottom

    def continues_in(self, other: Spot) -> bool:
        """Whether another text stands in the line below it."""
        down = other.middle_px[1] - self.middle_px[1]
        return LINE_HEIGHT_PX[0] <= down <= LINE_HEIGHT_PX[1] and (
            self.box_px[0] < other.box_px[2] and other.box_px[0] < self.box_px[2]
        )

    def above(self, other: Spot) -> Spot:
        """Both as one."""
        (left, top, right, _), (other_left, _, other_right, bottom) = self.box_px, other.box_px
        return Spot(
            (min(left, other_left), top, max(right, other_right), bottom),
            self.doubt + other.doubt,
            self.is_clear and other.is_clear,
            self.is_whole and other.is_whole,
        )

    def distance(self, kind: Kind, place_px: tuple[float, float]) -> float | None:
        """How far a place is from the text, if it may be that of a thing of a kind which the text names."""
        (x, y), (left, top, right, bottom), (west, north, east, south) = place_px, self.box_px, _AROUND[kind]
        if not (left + west <= x <= right + east and top + north <= y <= bottom + south):
            return None
        return max(left - x, x - right, 0.0) + max(top - y, y - bottom, 0.0)


def spots(label: str, shown: Sequence[tuple[Box, Writing]]) -> list[Spot] | None:
    """Where a label is written, the least doubtful place first; None for one that cannot be read.

    Args:
        label: a text.
        shown: parts of the frame (left, top, right, bottom), and what is written in each.
    """
    if not can_be_read(label) or not shown:
        return None
    found = _found(label, shown, DOUBT + DOUBT_OF_A_CHARACTER * len(label))
    return found or _wrapped(label, shown)


def _found(label: str, shown: Sequence[tuple[Box, Writing]], bound: float) -> list[Spot]:
    read: list[Spot] = []
    for ((left, top, _, _), _), written in zip(shown, find(label, [each for _, each in shown], bound), strict=True):
        for one in written:
            box = (left + one.box_px[0], top + one.box_px[1], left + one.box_px[2], top + one.box_px[3])
            is_clear = one.doubt <= (UNSEEN * bound if len(label) > SHORT else SHORT_DOUBT)
            read.append(Spot(box, one.doubt, is_clear, one.part <= PART or len(label.split()) >= WORDS))
    found: list[Spot] = []
    for spot in sorted(read, key=lambda spot: spot.doubt):
        if not any(_are_one(spot, other) for other in found):
            found.append(spot)
    return found


def _wrapped(label: str, shown: Sequence[tuple[Box, Writing]]) -> list[Spot]:
    """Where a label of some words is written in two lines."""
    words, found = label.split(), list[Spot]()
    for count in range(1, len(words)) if len(words) <= MOST_WRAPPED else ():
        upper, lower = (
            _found(part, shown, DOUBT + DOUBT_OF_A_CHARACTER * len(part))
            for part in (" ".join(words[:count]), " ".join(words[count:]))
        )
        for one in upper:
            found += [one.above(other) for other in lower if one.continues_in(other)]
    return sorted(found, key=lambda spot: spot.doubt)


def _are_one(spot: Spot, other: Spot) -> bool:
    (x, y), (_, other_y) = spot.middle_px, other.middle_px
    return abs(y - other_y) <= ONE_LINE_PX and other.box_px[0] <= x <= other.box_px[2]
