"""Words on a screen by their strokes: what is written nearest to a place, without reading it.

A model that names places in a hundred steps of its picture is sometimes a few pixels beside the text that it means.
Knows pixels; knows no model. All places and boxes are in px of the picture.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

CONTRAST = 40
"""Neighbouring pixels that differ so much in a colour are the edge of a stroke."""
CHARACTER_PX = 7.2
"""Width of a character, about."""
LETTER_PX = 5, 40
"""Least and greatest height of a line of text."""
TALL_PX = 26
"""Longer vertical strokes are borders."""
GAP_PX = 9
"""What belongs together has no wider gap."""
REACH_PX = 30, 14
"""How far beside a place, and above or below it, it is looked for."""
WRONG_LENGTH_PX = 20.0
"""As how much distance it counts when a text is e times too long or too short."""
INSIDE_PX = 8
"""How far inside a text's ends a place is moved."""

Runs = list[tuple[int, int]]


def onto_text(pixels: NDArray[np.uint8], place: tuple[float, float], length: int) -> tuple[float, float]:
    """The nearest place on the text that is likeliest meant; the same place if it is on it, or none is near.

    Args:
        pixels: (H, W, 3) RGB.
        place: x and y.
        length: how many characters the text has.
    """
    x, y = place
    width = CHARACTER_PX * max(length, 1)
    reach_x, reach_y = REACH_PX
    left, top = max(0, int(x - width) - 2 * reach_x), max(0, int(y) - LETTER_PX[1])
    area = pixels[top : int(y) + LETTER_PX[1], left : int(x + width) + 2 * reach_x]
    strokes = _vertical_strokes(area)
    x, y = x - left, y - top
    near = max(width, 2.0 * reach_x) / 2 + reach_x / 2
    lines = [
        line
        for line in _runs(strokes[:, max(0, int(x - near)) : int(x + near)].sum(1) >= 2, 1)
        if LETTER_PX[0] <= line[1] - line[0] <= LETTER_PX[1] and _distance(line, y) <= reach_y
    ]
    if not lines:
        return place
    upper, lower = min(lines, key=lambda line: (_distance(line, y), abs(line[0] + line[1] - 2 * y)))
    texts = [
        text
        for text in _runs(strokes[upper:lower].any(0), GAP_PX)
        if text[1] - text[0] >= LETTER_PX[0] and _distance(text, x) <= reach_x
    ]
    if not texts:
        return place
    first, last = min(
        texts, key=lambda text: _distance(text, x) + WRONG_LENGTH_PX * abs(math.log((text[1] - text[0]) / width))
    )
    across, down = min(INSIDE_PX, (last - first) / 2), 0.3 * (lower - upper)
    return left + min(max(x, first + across), last - across), top + min(max(y, upper + down), lower - down)


def _vertical_strokes(area: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(H, W) where something begins or ends from left to right, but for long borders."""
    edges = np.zeros(area.shape[:2], dtype=np.bool_)
    edges[:, 1:] = np.abs(np.diff(area.astype(np.int16), axis=1)).max(-1, initial=0) > CONTRAST
    for column in np.flatnonzero(edges.sum(0) > TALL_PX):
        for start, end in _runs(edges[:, column], 0):
            if end - start > TALL_PX:
                edges[start:end, column] = False
    return edges


def _runs(marked: NDArray[np.bool_], gap: int) -> Runs:
    """Begin and end (excluded) of what is marked, with gaps of at most so many that are not."""
    places = np.flatnonzero(marked).tolist()
    if not places:
        return []
    breaks = [(before, after) for before, after in pairwise(places) if after - before > gap + 1]
    starts, ends = [places[0], *(after for _, after in breaks)], [*(before for before, _ in breaks), places[-1]]
    return [(start, end + 1) for start, end in zip(starts, ends, strict=True)]


def _distance(run: tuple[int, int], place: float) -> float:
    return max(run[0] - place, place - run[1], 0.0)
