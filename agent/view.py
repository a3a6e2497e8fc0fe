"""Which part of a frame a model looks at, and the way back from a place in that part to the frame.

A view shows its part at native resolution: pixels are never scaled. Knows frames and rectangles; knows no model and no
prompt.

Coordinate spaces as in `envs.frame`; a box_px is (left, top, right, bottom) in whole pixels of the frame, right and
bottom excluded.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from envs.frame import Frame, Point, PointOutsideFrame, StaleFrame


@dataclass(frozen=True, slots=True)
class View:
    """A rectangle of a frame."""

    frame: Frame
    box_px: tuple[int, int, int, int]

    @staticmethod
    def whole(frame: Frame) -> View:
        return View(frame, (0, 0, frame.width_px, frame.height_px))

    def picture(self) -> Image.Image:
        """The pixels of the view, RGB, unscaled."""
        left, top, right, bottom = self.box_px
        return Image.fromarray(self.frame.pixels[top:bottom, left:right])

    def shows(self, point: Point) -> bool:
        """Whether a point of its frame lies in it."""
        left, top, right, bottom = self.box_px
        return left <= point.x * self.frame.width_px < right and top <= point.y * self.frame.height_px < bottom

    def point(self, x_frac: float, y_frac: float) -> Point:
        """The place on the frame of a place given in fractions of this view.

        Raises:
            PointOutsideFrame: a coordinate is not a number in 0..1.
        """
        if not (0.0 <= x_frac <= 1.0 and 0.0 <= y_frac <= 1.0):  # also false for NaN
            raise PointOutsideFrame("Both coordinates must be between 0 and 1.")
        left, top, right, bottom = self.box_px
        if self.box_px == View.whole(self.frame).box_px:
            return self.frame.point(x_frac, y_frac)  # exactly: x * width / width need not be x
        x_px = left + x_frac * (right - left)
        y_px = top + y_frac * (bottom - top)
        return self.frame.point(x_px / self.frame.width_px, y_px / self.frame.height_px)


def tiles(frame: Frame, view_px: tuple[int, int]) -> tuple[View, ...]:
    """Overlapping views that cover a frame, row by row.

    Neighbours overlap by a quarter of the view or more, so whatever is at most that large lies wholly in one of them.
    1280x720 seen through 448x336 gives 4 x 3.

    Args:
        frame: what to cover.
        view_px: width and height of a view, each at least 4; a view is smaller only where the frame is.
    """
    return covering(frame, (0, 0, frame.width_px, frame.height_px), view_px)


def covering(frame: Frame, box_px: tuple[int, int, int, int], view_px: tuple[int, int]) -> tuple[View, ...]:
    """Views that cover a part of a frame, as `tiles` cover all of it; one smaller than a view lies in its middle."""
    columns, rows = (
        _intervals_over(box_px[axis], box_px[axis + 2], size, view_px[axis])
        for axis, size in enumerate((frame.width_px, frame.height_px))
    )
    return tuple(View(frame, (left, top, right, bottom)) for top, bottom in rows for left, right in columns)


def around(frame: Frame, point: Point, view_px: tuple[int, int]) -> View:
    """The view of that width and height centred on a point, moved inside the frame where it would stick out.

    Raises:
        StaleFrame: the point belongs to another frame.
    """
    if point.frame_id != frame.id:
        raise StaleFrame("The place was read from another screenshot.")
    left, right = _interval_around(point.x * frame.width_px, frame.width_px, view_px[0])
    top, bottom = _interval_around(point.y * frame.height_px, frame.height_px, view_px[1])
    return View(frame, (left, top, right, bottom))


def _intervals(size: int, view: int) -> list[tuple[int, int]]:
    """Evenly spread intervals of length `view`, less than size, that cover 0..size and overlap by a quarter or more."""
    overlap = -(-view // 4)
    count = -(-(size - overlap) // (view - overlap))
    starts = [index * (size - view) // (count - 1) for index in range(count)]
    return [(start, start + view) for start in starts]


def _intervals_over(low: int, high: int, size: int, view: int) -> list[tuple[int, int]]:
    """Intervals of length `view` within 0..size that cover low..high."""
    if view < 4:
        raise ValueError(f"A view must be at least 4 pixels wide and high, not {view}.")
    if high - low <= view:
        return [_interval_around((low + high) / 2, size, view)]
    return [(low + start, low + end) for start, end in _intervals(high - low, view)]


def _interval_around(centre: float, size: int, view: int) -> tuple[int, int]:
    if size <= view:
        return 0, size
    start = min(max(round(centre - view / 2), 0), size - view)
    return start, start + view
