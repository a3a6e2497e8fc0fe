"""Pictures of misses: the part of the screenshot with the target and the place that was pointed at.

A part is shown at native resolution where it is small, scaled down where it is not; what is drawn on it stays in pixels
of the whole picture.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Final

from PIL import Image

from model.picture_file import UnreadablePicture, read_picture
from tasks.screenspot.items import Absent, Box, Polygon
from tasks.screenspot.records import Record

WIDEST_PX: Final = 900
SMALLEST_PART_PX: Final = (480, 300)
MARGIN_PX: Final = 60
JPEG_QUALITY: Final = 80

Part = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the whole picture."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A wrong answer, as the report shows it."""

    record: Record
    part: Part
    picture: str | None
    """The part as a data URL; None when the screenshot is no longer there."""
    outline: tuple[tuple[float, float], ...]
    """The target's corners; empty for what is absent."""
    point: tuple[float, float] | None
    """Where the model points, in pixels."""


def picture_of(record: Record) -> Miss:
    """Show a record."""
    (width, height), point = record.item.image_size, record.prediction.point
    outline = _outline(record)
    place = None if point is None else (point[0] * width, point[1] * height)
    part = _part((*outline, *((place,) if place else ())), record.item.image_size)
    try:
        picture = _data_url(read_picture(record.item.image).crop(part))
    except UnreadablePicture:
        picture = None
    return Miss(record, part, picture, outline, place)


def _outline(record: Record) -> tuple[tuple[float, float], ...]:
    match record.item.target:
        case Absent():
            return ()
        case Polygon(vertices=vertices):
            return vertices
        case Box(left=left, top=top, right=right, bottom=bottom):
            return (left, top), (right, top), (right, bottom), (left, bottom)


def _part(places: tuple[tuple[float, float], ...], size: tuple[int, int]) -> Part:
    """What holds all places with a margin; the whole picture when there is none."""
    if not places:
        return 0, 0, *size
    left, right = _stretch([x for x, _ in places], SMALLEST_PART_PX[0], size[0])
    top, bottom = _stretch([y for _, y in places], SMALLEST_PART_PX[1], size[1])
    return left, top, right, bottom


def _stretch(places: list[float], smallest: int, size: int) -> tuple[int, int]:
    centre = (min(places) + max(places)) / 2
    half = max(smallest, max(places) - min(places) + 2 * MARGIN_PX) / 2
    return max(0, min(round(centre - half), size - 1)), min(size, max(round(centre + half), 1))


def _data_url(part: Image.Image) -> str:
    if part.width > WIDEST_PX:
        part = part.resize((WIDEST_PX, max(1, round(part.height * WIDEST_PX / part.width))), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    part.save(encoded, "JPEG", quality=JPEG_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.getvalue()).decode()}"
