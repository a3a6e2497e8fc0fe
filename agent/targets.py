"""What an answer says that it points at, and how a place is moved onto such a thing.

Knows pixels and labels; knows no model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent.outlines import onto_field, onto_icon, onto_tick
from agent.strokes import onto_text
from envs.frame import Frame, Point

Kind = Literal["text", "box", "field", "icon"]
"""A text to click, a box or switch to tick beside its text, a field to type into, or a drawing."""


@dataclass(frozen=True, slots=True)
class Named:
    """A thing on a screen by its name."""

    kind: Kind
    label: str
    """Its text, or that beside it; of an icon, what it shows."""

    @property
    def characters(self) -> int:
        """How many are to be seen of it; none of an icon."""
        return 0 if self.kind == "icon" else len(self.label)

    def onto(self, frame: Frame, point: Point) -> Point:
        """The point, or the nearest one on such a thing: a model is sometimes a few pixels beside what it means."""
        place, length = frame.to_px(point), len(self.label)
        match self.kind:
            case "icon":
                x, y = onto_icon(frame.pixels, place)
            case "field":
                x, y = onto_field(frame.pixels, place)
            case "box":
                x, y = onto_tick(frame.pixels, place, length)
            case "text":
                x, y = onto_text(frame.pixels, place, length)
        return frame.point_at_px(x, y)
