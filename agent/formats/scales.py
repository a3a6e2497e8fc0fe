"""What the numbers of a place mean: fractions of the picture, thousandths, or pixels of it as the model sees it.

Model families differ in this and in little else, so it is told apart here. Knows numbers and views; knows no prompt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from agent.formats.base import OutsideScreen
from agent.view import View
from envs.frame import Point, PointOutsideFrame
from model.resizing import Resizing


class Scale(Protocol):
    """A convention for places."""

    def as_resized(self, resizing: Resizing | None) -> Scale:
        """The convention for a model that resizes pictures so, where that is known and matters."""
        ...

    def extent(self, width_px: int, height_px: int) -> tuple[float, float]:
        """The numbers that stand for the right and the bottom edge of a picture of this size."""
        ...

    def told(self, width_px: int, height_px: int) -> str:
        """The convention in words, for a model that missed such a picture."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """So many equal parts of the width and of the height, whatever the picture's size."""

    count: int

    def as_resized(self, resizing: Resizing | None) -> Parts:
        return self

    def extent(self, width_px: int, height_px: int) -> tuple[float, float]:
        return float(self.count), float(self.count)

    def told(self, width_px: int, height_px: int) -> str:
        if self.count == 1:
            return "x and y are fractions of its width and height, between 0 and 1, not pixels"
        return f"x and y are between 0 and {self.count}, whatever its width and height"


@dataclass(frozen=True, slots=True)
class ResizedPixels:
    """Pixels of the picture as the model's image processor resizes it."""

    resizing: Resizing

    def as_resized(self, resizing: Resizing | None) -> ResizedPixels:
        return ResizedPixels(resizing or self.resizing)

    def extent(self, width_px: int, height_px: int) -> tuple[float, float]:
        width, height = self.resizing.resized_px(width_px, height_px)
        return float(width), float(height)

    def told(self, width_px: int, height_px: int) -> str:
        width, height = self.resizing.resized_px(width_px, height_px)
        return f"it is {width} pixels wide and {height} high"


FRACTIONS: Final = Parts(1)
THOUSANDTHS: Final = Parts(1000)


def point(view: View, scale: Scale, x: float, y: float, call: str) -> Point:
    """The place on the frame that a model means by two numbers.

    Args:
        view: what it was shown.
        scale: its convention.
        x, y: what it wrote.
        call: where it wrote them, for the message.

    Raises:
        OutsideScreen: they are not on the picture.
    """
    left, top, right, bottom = view.box_px
    across, down = scale.extent(right - left, bottom - top)
    try:
        return view.point(x / across, y / down)
    except PointOutsideFrame:
        told = scale.told(right - left, bottom - top)
        raise OutsideScreen(f"{call}: the place is not on the picture; {told}.") from None
