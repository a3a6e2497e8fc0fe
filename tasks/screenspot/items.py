"""What a grounding benchmark asks: a picture, a text, and the place that is meant.

Knows no file format, no model and no score.

ScreenSpotError                 anything below
├── DataError                   there is no benchmark, it cannot be read or fetched, or none of it can be asked
│   └── WrongBoxConvention      its boxes are written in another way than its format says
└── RunError                    a folder of records belongs to another run, is damaged, or cannot be written

Coordinate spaces as in `envs.frame`: _px are pixels of the picture, _frac fractions of it.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class ScreenSpotError(Exception):
    """Base of what the grounding checks raise."""


class DataError(ScreenSpotError):
    """Raised when a benchmark cannot be used. The message says what to give instead."""


class WrongBoxConvention(DataError):
    """Raised when a benchmark's boxes fit its pictures only if they are read in another way."""


class RunError(ScreenSpotError):
    """Raised when a folder of records cannot be gone on with."""


class Benchmark(StrEnum):
    """The published benchmarks, and one's own screens."""

    SCREENSPOT = "ScreenSpot"
    SCREENSPOT_V2 = "ScreenSpot-V2"
    SCREENSPOT_PRO = "ScreenSpot-Pro"
    OSWORLD_G = "OSWorld-G"
    OSWORLD_G_REFINED = "OSWorld-G refined"
    OWN = "own screens"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Box(_Frozen):
    """An upright rectangle, in pixels of the picture."""

    kind: Literal["box"] = "box"
    left: float
    top: float
    right: float
    bottom: float

    @property
    def area_px(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


class Polygon(_Frozen):
    """Any outline, in pixels of the picture."""

    kind: Literal["polygon"] = "polygon"
    vertices: tuple[tuple[float, float], ...] = Field(min_length=3)

    @property
    def area_px(self) -> float:
        pairs = zip(self.vertices, (*self.vertices[1:], self.vertices[0]), strict=True)
        return abs(sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairs)) / 2

    @property
    def bounds(self) -> Box:
        xs, ys = [x for x, _ in self.vertices], [y for _, y in self.vertices]
        return Box(left=min(xs), top=min(ys), right=max(xs), bottom=max(ys))


class Absent(_Frozen):
    """What is asked for is not in the picture: the right answer is to say so."""

    kind: Literal["absent"] = "absent"


Target = Annotated[Box | Polygon | Absent, Field(discriminator="kind")]


class Item(_Frozen):
    """One question of a benchmark. What the benchmark does not tell is None."""

    id: str
    """Unique in the benchmark."""
    published_id: str
    """As the benchmark has it; not always unique."""
    position: int
    """Its place in the benchmark's order."""
    benchmark: Benchmark
    file: str
    """The annotation file, without its ending."""
    image: Path
    image_size: tuple[int, int]
    """Width and height in pixels."""
    instruction: str
    target: Target
    platform: str | None = None
    application: str | None = None
    groups: tuple[str, ...] = ()
    """An item may belong to several."""
    element: Literal["text", "icon"] | None = None
    language: str = "en"
    instruction_style: str = "instruction"
