"""How image processors of the Qwen-VL family resize pictures: many models write places in pixels of the result."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resizing:
    """Sides become multiples of a factor, so that their product lies within limits.

    Source: `smart_resize` of the published processors.
    """

    factor: int = 28
    min_pixels: int = 4 * 28 * 28
    max_pixels: int = 16384 * 28 * 28

    def resized_px(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Width and height at which the model sees a picture."""
        factor = self.factor
        width, height = (max(factor, round(side / factor) * factor) for side in (width_px, height_px))
        # In the order of the published arithmetic: where a side is a whole multiple, rounding errors decide.
        if width * height > self.max_pixels:
            shrink = math.sqrt(width_px * height_px / self.max_pixels)
            width, height = (max(factor, math.floor(side / shrink / factor) * factor) for side in (width_px, height_px))
        elif width * height < self.min_pixels:
            grow = math.sqrt(self.min_pixels / (width_px * height_px))
            width, height = (math.ceil(side * grow / factor) * factor for side in (width_px, height_px))
        return width, height
