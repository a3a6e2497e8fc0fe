"""What the four numbers of a box are, and whether a benchmark's boxes are what its format says.

Boxes are held against the sizes of their pictures. One that lies within its picture only if read in another way than
the format says is refused, and so is a whole benchmark in which such boxes outnumber those that speak for the format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from tasks.screenspot.items import Box, WrongBoxConvention

Quad = tuple[float, float, float, float]
Size = tuple[int, int]
"""Width and height of a picture in pixels."""

FRACTIONS: Final = "fractions of the image"
"""A reading that no format has, but some copies of the benchmarks do."""


class BoxConvention(StrEnum):
    """What the four numbers of a box are, in pixels."""

    XYWH = "xywh"
    """Left, top, width, height."""
    XYXY = "xyxy"
    """Left, top, right, bottom."""


class NoBox(ValueError):
    """Raised when four numbers are no box on their picture. The message says why."""


def to_box(numbers: Quad, convention: BoxConvention, size: Size) -> Box:
    """The box on a picture of that size.

    A box that sticks out of its picture is taken as it is, like the benchmarks do, unless another reading fits.

    Raises:
        NoBox: it is empty, not on the picture, or fits it only when read in another way.
    """
    box = _read(numbers, convention)
    only = only_reading(numbers, size)
    if only is not None and only != convention:
        raise NoBox(f"its box {list(numbers)} fits its image only as {only}")
    if box.right <= box.left or box.bottom <= box.top:
        raise NoBox(f"its box {list(numbers)} is empty")
    if box.right < 0 or box.bottom < 0 or box.left > size[0] or box.top > size[1]:
        raise NoBox(f"its box {list(numbers)} is not on its image of {size[0]}x{size[1]}")
    return box


def check_convention(boxes: Iterable[tuple[Quad, Size]], convention: BoxConvention, whose: str) -> None:
    """Make sure that a benchmark's boxes do not speak for another reading.

    Args:
        boxes: numbers, each with the size of its picture.
        convention: how they are to be read.
        whose: the benchmark, for the message.

    Raises:
        WrongBoxConvention: more boxes fit their pictures only in another reading than only in this one.
    """
    readings = Counter(reading for numbers, size in boxes if (reading := only_reading(numbers, size)) is not None)
    for_it = readings.pop(convention, 0)
    if not readings:
        return
    other, against_it = readings.most_common(1)[0]
    if against_it <= for_it:
        return
    advice = "Give it with boxes in pixels." if other == FRACTIONS else f"If that is right, say --boxes {other}."
    raise WrongBoxConvention(
        f"The boxes of {whose} are not {convention} in pixels: {against_it} fit their images only as {other}, {for_it} "
        f"only as {convention}. {advice}"
    )


def only_reading(numbers: Quad, size: Size) -> str | None:
    """The one way to read a box in which it lies within its picture; None when it says nothing."""
    if all(0 <= number <= 1 for number in numbers):
        return FRACTIONS
    fitting = [convention for convention in BoxConvention if _lies_within(_read(numbers, convention), size)]
    return fitting[0].value if len(fitting) == 1 else None


def _read(numbers: Quad, convention: BoxConvention) -> Box:
    x, y, third, fourth = numbers
    if convention is BoxConvention.XYXY:
        return Box(left=x, top=y, right=third, bottom=fourth)
    return Box(left=x, top=y, right=x + third, bottom=y + fourth)


def _lies_within(box: Box, size: Size) -> bool:
    return 0 <= box.left < box.right <= size[0] and 0 <= box.top < box.bottom <= size[1]
