"""Where to look for what is told from others by what it stands beside, and how to look past what was found.

Knows rectangles and pixels; asks nobody. Boxes are (left, top, right, bottom) in whole pixels of the frame, right and
bottom excluded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from envs.frame import Frame, Point
from model.nano.action_lines import Relation

Box = tuple[int, int, int, int]

FAR: Final = 100_000
"""Beyond every screen, px."""
LINE_PX = 12
"""Things whose middles are so much apart at most stand on one line."""
_AROUND: Final[dict[Relation, tuple[Box, ...]]] = {
    "in the row": ((-FAR, -14, FAR, 14), (-FAR, -26, FAR, 26), (-FAR, -46, FAR, 46)),
    "next to": ((-240, -16, 240, 16), (-FAR, -26, FAR, 26), (-240, -80, 240, 80)),
    "left of": ((-FAR, -14, 0, 14), (-FAR, -26, 0, 26), (-FAR, -46, 0, 46)),
    "right of": ((0, -14, FAR, 14), (0, -26, FAR, 26), (0, -46, FAR, 46)),
    "below": ((-100, 4, 100, 70), (-180, 4, 180, 150), (-280, 4, 280, 330)),
    "above": ((-100, -70, 100, -4), (-180, -150, 180, -4), (-280, -330, 280, -4)),
    "on the card": ((-140, -26, 180, 90), (-200, -60, 260, 170), (-300, -120, 360, 330)),
    "in the column": ((-50, 4, 50, FAR), (-90, 4, 90, FAR), (-140, 4, 140, FAR)),
}
"""Where a thing may stand around the middle of its anchor, px: the likeliest first, each with more room."""


def regions(relation: Relation, anchor: Point, frame: Frame) -> Iterator[Box]:
    """The parts of a frame in which to look for what stands so to an anchor, one after the other until it is found."""
    x, y = round(anchor.x * frame.width_px), round(anchor.y * frame.height_px)
    for left, top, right, bottom in _AROUND[relation]:
        box = max(0, x + left), max(0, y + top), min(frame.width_px, x + right), min(frame.height_px, y + bottom)
        if box[0] < box[2] and box[1] < box[3]:
            yield box


def only(frame: Frame, box: Box) -> Frame:
    """The same frame with nothing but what a box of it shows; its points are points of the frame."""
    left, top, right, bottom = box
    inside = frame.pixels[top:bottom, left:right]
    pixels = np.empty_like(frame.pixels)
    pixels[:] = np.median(inside.reshape(-1, 3), axis=0).astype(np.uint8)
    pixels[top:bottom, left:right] = inside
    return replace(frame, pixels=pixels)


def without(frame: Frame, points: Sequence[Point], width_px: int) -> Frame:
    """The same frame with what stands at some points painted over, each so wide and a line high."""
    pixels = frame.pixels.copy()
    for point in points:
        x, y = round(point.x * frame.width_px), round(point.y * frame.height_px)
        area = pixels[max(0, y - LINE_PX) : y + LINE_PX, max(0, x - width_px // 2) : x + width_px // 2]
        area[:] = np.median(area.reshape(-1, 3), axis=0).astype(np.uint8)
    return replace(frame, pixels=pixels)


def are_one(frame: Frame, one: Point, other: Point, width_px: int) -> bool:
    """Whether two places are of the same thing, given how wide that is."""
    across, down = (one.x - other.x) * frame.width_px, (one.y - other.y) * frame.height_px
    return abs(across) <= width_px / 2 and abs(down) <= LINE_PX


def in_reading_order(frame: Frame, places: Sequence[Point]) -> list[Point]:
    """Line by line, and from left to right."""
    lines: list[list[Point]] = []
    for place in sorted(places, key=lambda place: place.y):
        if lines and (place.y - lines[-1][-1].y) * frame.height_px <= LINE_PX:
            lines[-1].append(place)
        else:
            lines.append([place])
    return [place for line in lines for place in sorted(line, key=lambda place: place.x)]
