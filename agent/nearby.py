"""Where to look for what is told from others by what it stands beside, and which others look the same.

Knows rectangles and pixels; asks nobody. Boxes are (left, top, right, bottom) in whole pixels of the frame, right and
bottom excluded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from agent.strokes import CHARACTER_PX, Box, look_alikes, text_near
from envs.frame import Frame, Point
from model.nano.action_lines import Relation

FAR: Final = 100_000
"""Beyond every screen, px."""
LINE_PX: Final = 12
"""Things whose middles are so much apart at most stand on one line."""
ICON_PX: Final = 24
"""Side of an icon, about."""
_AROUND: Final[dict[Relation, tuple[Box, ...]]] = {
    "in the row": ((-FAR, -14, FAR, 14), (-FAR, -26, FAR, 26), (-FAR, -46, FAR, 46)),
    "next to": ((-240, -16, 240, 16), (-FAR, -26, FAR, 26), (-240, -80, 240, 80)),
    "left of": ((-FAR, -14, 0, 14), (-FAR, -26, 0, 26), (-FAR, -46, 0, 46)),
    "right of": ((0, -14, FAR, 14), (0, -26, FAR, 26), (0, -46, FAR, 46)),
    "below": ((-100, 4, 100, 70), (-180, 4, 180, 150), (-280, 4, 280, 330)),
    "above": ((-100, -70, 100, -4), (-180, -150, 180, -4), (-280, -330, 280, -4)),
    "on the card": ((-140, -26, 180, 90), (-200, -60, 260, 170), (-300, -120, 360, 330), (-FAR, -26, FAR, 26)),
    "in the column": ((-50, 4, 50, FAR), (-90, 4, 90, FAR), (-140, 4, 140, FAR)),
}
"""Where a thing may stand around the middle of its anchor, px: the likeliest first, each with more room."""
_COUNTS: Final[dict[Relation, tuple[float, float]]] = {
    "in the row": (0.02, 1.0),
    "in the column": (1.0, 0.02),
    "below": (0.5, 1.0),
    "above": (0.5, 1.0),
}
"""How much a px to the side, and one up or down, counts in a distance."""


def regions(relation: Relation, anchor: Point, frame: Frame) -> Iterator[Box]:
    """The parts of a frame in which to look for what stands so to an anchor, one after the other until it is found."""
    x, y = round(anchor.x * frame.width_px), round(anchor.y * frame.height_px)
    for left, top, right, bottom in _AROUND[relation]:
        box = max(0, x + left), max(0, y + top), min(frame.width_px, x + right), min(frame.height_px, y + bottom)
        if box[0] < box[2] and box[1] < box[3]:
            yield box


def nearest_first(relation: Relation, anchor: Point, places: Sequence[Point], frame: Frame) -> list[Point]:
    """Places by how far from an anchor they are, as it counts for what stands so to it."""
    across, down = _COUNTS.get(relation, (1.0, 1.0))
    return sorted(
        places,
        key=lambda place: (
            across * abs(place.x - anchor.x) * frame.width_px + down * abs(place.y - anchor.y) * frame.height_px
        ),
    )


def only(frame: Frame, box: Box) -> Frame:
    """The same frame with nothing but what a box of it shows; its points are points of the frame."""
    left, top, right, bottom = box
    inside = frame.pixels[top:bottom, left:right]
    pixels = np.empty_like(frame.pixels)
    pixels[:] = np.median(inside.reshape(-1, 3), axis=0).astype(np.uint8)
    pixels[top:bottom, left:right] = inside
    return replace(frame, pixels=pixels)


def are_one(frame: Frame, one: Point, other: Point, characters: int) -> bool:
    """Whether two places are of the same thing, given how many characters it has; 0 for an icon."""
    across, down = (one.x - other.x) * frame.width_px, (one.y - other.y) * frame.height_px
    return abs(across) <= max(ICON_PX, CHARACTER_PX * characters) / 2 and abs(down) <= LINE_PX


def all_like(frame: Frame, point: Point, characters: int) -> list[Point]:
    """The middles of all that looks the same as the thing at a point, that itself included, in reading order.

    Args:
        frame: where.
        point: on the thing, or a few pixels beside it.
        characters: of its text; 0 for an icon.
    """
    x, y = frame.to_px(point)
    box = text_near(frame.pixels, (x, y), characters) if characters else None
    half = ICON_PX // 2
    box = box or (max(0, round(x) - half), max(0, round(y) - half), round(x) + half, round(y) + half)
    found = look_alikes(frame.pixels, box)
    points = [frame.point_at_px(at_x, at_y) for at_x, at_y in found]
    return in_reading_order(frame, points) or [point]


def in_reading_order(frame: Frame, places: Sequence[Point]) -> list[Point]:
    """Line by line, and from left to right."""
    lines: list[list[Point]] = []
    for place in sorted(places, key=lambda place: place.y):
        if lines and (place.y - lines[-1][-1].y) * frame.height_px <= LINE_PX:
            lines[-1].append(place)
        else:
            lines.append([place])
    return [place for line in lines for place in sorted(line, key=lambda place: place.x)]
