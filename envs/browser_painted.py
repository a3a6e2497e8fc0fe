"""Where a page has painted what was typed, as canvases do, so that it can be blackened.

The part of a canvas or a picture that changed while a secret was typed stays black while the element exists, and moves
with it. What the element itself moves elsewhere later is not followed.
"""

from __future__ import annotations

from envs.browser_layout import Box, Layout
from envs.frame import Pixels
from envs.settle import BLOCK_PX, changed_blocks

_Element = tuple[str, int]
"""A frame's id, and the element's number there."""


class Painted:
    """The blackened parts of one browser's pages; none at first."""

    def __init__(self) -> None:
        self._spots: dict[_Element, tuple[Box, Box]] = {}
        """By element: the box that it had, and the part of it that is black."""

    def learn(self, layout: Layout, before: Pixels, after: Pixels, css_px_per_px: float) -> None:
        """Hide from now on what differs between two pictures (H, W, 3) of a page, where it is painted.

        Args:
            layout: of the page as it is now.
            before: the viewport before.
            after: the viewport now, of the same size.
            css_px_per_px: the length of a pixel of theirs.
        """
        block = BLOCK_PX * css_px_per_px
        rows, columns = changed_blocks(before, after).nonzero()
        changed = [(x * block, y * block, (x + 1) * block, (y + 1) * block) for x, y in zip(columns, rows, strict=True)]
        for element, box in _painted(layout).items():
            parts = [part for each in changed if (part := _overlap(each, box)) is not None]
            if element in self._spots and parts:
                parts.append(self._spot(element, box))
            if parts:
                self._spots[element] = box, _around(parts)

    def boxes(self, layout: Layout) -> list[Box]:
        """What is black on a page."""
        return [self._spot(element, box) for element, box in _painted(layout).items() if element in self._spots]

    def _spot(self, element: _Element, now: Box) -> Box:
        """The black part of an element that has this box; all of it when it has another size than before."""
        was, spot = self._spots[element]
        x, y = now[0] - was[0], now[1] - was[1]
        moved = (spot[0] + x, spot[1] + y, spot[2] + x, spot[3] + y)
        return moved if _size(was) == _size(now) else now


def _painted(layout: Layout) -> dict[_Element, Box]:
    return {
        (document.frame_id, number): box for document in layout.documents for number, box in document.painted.items()
    }


def _size(box: Box) -> tuple[int, int]:
    return round(box[2] - box[0]), round(box[3] - box[1])


def _overlap(one: Box, other: Box) -> Box | None:
    left, top, right, bottom = (
        max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]),
    )  # fmt: skip
    return (left, top, right, bottom) if left < right and top < bottom else None


def _around(boxes: list[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
