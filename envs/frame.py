"""Where a place on the screen is, and which screen it was seen on.

Knows the map between a picture's pixels and the input device, in both directions, and refuses places that are not on
the picture or were read from another one. Knows nothing about input devices, models or images on disk; cropping and
resizing are the agent's business.

Coordinate spaces, used as suffixes everywhere:
    _frac   fractions of a frame, 0..1 from its top left corner; what models speak
    _px     pixels of the captured frame, continuous: pixel i covers [i, i + 1)
    _dev    units of the input device: X11 pixels, CSS pixels, Windows or macOS points; negative left of or above the
            primary monitor
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""(height, width, 3), RGB, contiguous."""

_ids = itertools.count(1)


class PointOutsideFrame(ValueError):
    """Raised when a place does not lie on the frame that it names. The message is meant for the model."""


class StaleFrame(ValueError):
    """Raised when a point was read from another frame than the current one. The message is meant for the model."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place in fractions of one frame. Make it with `Frame.point`.

    Raises:
        PointOutsideFrame: a coordinate is not a number in 0..1.
    """

    frame_id: int
    x: float
    """0..1 from the left edge."""
    y: float
    """0..1 from the top edge."""

    def __post_init__(self) -> None:
        if not (0.0 <= self.x <= 1.0 and 0.0 <= self.y <= 1.0):  # also false for NaN
            raise PointOutsideFrame(f"({self.x:g}, {self.y:g}) is not on the screen: both must be between 0 and 1.")


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of the screen and the exact way from its pixels to the input device and back."""

    pixels: Pixels
    """(height, width, 3), RGB, at native resolution. Nobody writes to it."""
    origin_dev: tuple[float, float] = (0.0, 0.0)
    """Device coordinates of the frame's top left corner."""
    dev_per_px: float = 1.0
    """Device units per captured pixel: 0.5 for a browser at device scale factor 2. Measured, not taken from a flag."""
    id: int = field(default_factory=lambda: next(_ids))
    """Unique within the process, and larger than the ids of earlier frames; a Point carries it."""

    @property
    def width_px(self) -> int:
        return self.pixels.shape[1]

    @property
    def height_px(self) -> int:
        return self.pixels.shape[0]

    def image(self) -> Image.Image:
        """The frame as a PIL image, mode RGB. One copy: Pillow keeps RGB in four bytes a pixel."""
        return Image.fromarray(self.pixels)

    def point(self, x_frac: float, y_frac: float) -> Point:
        """A place on this frame.

        Raises:
            PointOutsideFrame: a coordinate is not a number in 0..1.
        """
        return Point(self.id, x_frac, y_frac)

    def point_at_px(self, x_px: float, y_px: float) -> Point:
        """The place at some pixels of this frame, or on its edge if they lie outside."""
        return self.point(min(max(x_px / self.width_px, 0.0), 1.0), min(max(y_px / self.height_px, 0.0), 1.0))

    def to_px(self, point: Point) -> tuple[float, float]:
        """Where a point is in pixels of its frame."""
        return point.x * self.width_px, point.y * self.height_px

    def to_device(self, point: Point) -> tuple[float, float]:
        """Device coordinates of a point read from this frame; the only place where this is computed.

        Raises:
            StaleFrame: the point was read from another frame.
        """
        if point.frame_id != self.id:
            raise StaleFrame("The screen was captured again since this place was chosen: look at the new screenshot.")
        # The last pixel belongs to the frame, its far edge does not.
        x_px = min(point.x * self.width_px, self.width_px - 0.5)
        y_px = min(point.y * self.height_px, self.height_px - 0.5)
        return self.origin_dev[0] + x_px * self.dev_per_px, self.origin_dev[1] + y_px * self.dev_per_px

    def from_device(self, x_dev: float, y_dev: float) -> Point:
        """The point at a place of the input device: the inverse of `to_device`, for calibration and tests.

        Raises:
            PointOutsideFrame: the place is not on this frame.
        """
        x_px, y_px = (
            (at - origin) / self.dev_per_px for at, origin in zip((x_dev, y_dev), self.origin_dev, strict=True)
        )
        if not (0.0 <= x_px <= self.width_px and 0.0 <= y_px <= self.height_px):
            raise PointOutsideFrame(f"({x_dev:g}, {y_dev:g}) of the input device is not on this frame.")
        return Point(self.id, x_px / self.width_px, y_px / self.height_px)
