"""Whether an answer is right, exactly as the benchmarks' own scripts decide it.

ScreenSpot (`screenspot_test.py`), ScreenSpot-V2 and ScreenSpot-Pro (`eval_screenspot_pro.py`) compare fractions of the
picture, the border included. OSWorld-G (`evaluation/eval.py`) compares pixels: the border of a box is included; of a
polygon, a point is inside when a ray to its right crosses the outline an odd number of times, which counts in the left
and the upper edge of an upright rectangle, and not the right and the lower one. Where nothing is to be found, only
saying so is right. An answer that cannot be read is never right, and counted apart.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from tasks.screenspot.items import Absent, Benchmark, Box, Item, Polygon

PointFrac = tuple[float, float]
"""x and y in fractions of the picture."""


class Verdict(StrEnum):
    """The words of ScreenSpot-Pro's own results."""

    CORRECT = "correct"
    WRONG = "wrong"
    WRONG_FORMAT = "wrong_format"


class Prediction(BaseModel):
    """What a model's answer says: a place, that there is none, or nothing that can be read."""

    model_config = ConfigDict(frozen=True)

    point: PointFrac | None = None
    unreadable: str = ""
    """Why the answer could not be used; empty when it could."""


def judge(item: Item, prediction: Prediction) -> Verdict:
    """Score one answer."""
    if prediction.unreadable:
        return Verdict.WRONG_FORMAT
    if prediction.point is None:
        return Verdict.CORRECT if isinstance(item.target, Absent) else Verdict.WRONG
    return Verdict.CORRECT if hits(item, prediction.point) else Verdict.WRONG


def hits(item: Item, point: PointFrac) -> bool:
    """Whether a place is on an item's target."""
    (x, y), (width, height) = point, item.image_size
    match item.target:
        case Absent():
            return False
        case Polygon() as polygon:
            return _inside(x * width, y * height, polygon)
        case Box() as box if item.benchmark in (Benchmark.OSWORLD_G, Benchmark.OSWORLD_G_REFINED):
            return box.left <= x * width <= box.right and box.top <= y * height <= box.bottom
        case Box() as box:
            return box.left / width <= x <= box.right / width and box.top / height <= y <= box.bottom / height


def _inside(x: float, y: float, polygon: Polygon) -> bool:
    """The even-odd rule, each edge taken from its end to its start as the published script takes it."""
    vertices = polygon.vertices
    crossings = sum(
        (start_y > y) != (end_y > y) and x < (end_x - start_x) * (y - start_y) / (end_y - start_y) + start_x
        for (start_x, start_y), (end_x, end_y) in zip(vertices, (vertices[-1], *vertices), strict=False)
    )
    return crossings % 2 == 1
