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
LETTER_GAP_PX = 2
"""Between the letters of a word, at most."""
SAME_INK = 50
"""Words of which no channel differs by more, where they are darkest or brightest, have one colour."""
GAPS_PX = range(3, 10)
"""Between the words of a text, and between texts: which of them it is, tells the length that is wanted."""
BETWEEN_BORDERS_PX = 14
"""How far to its sides a place is looked at where the lines of a table join all lines of text."""
REACH_PX = 30, 14
"""How far beside a place, and above or below it, it is looked for."""
WRONG_LENGTH_PX = 20.0
"""As how much distance it counts when a text is e times too long or too short."""
NEIGHBOURS_PX = 40
"""How far to its sides what a text may be a part of is seen."""
UNDERLINE_PX, UNDERLINED = 7, 0.85
"""How far below it a line under a text is, and how much of it is drawn at least."""
LINE_ENDS_PX = 14
"""How far beyond the text that line ends."""
INSIDE_PX = 8
"""How far inside a text's ends a place is moved."""

ALIKE = 0.85
"""Correlation of things that look the same, when both are blurred: they may lie half a pixel apart."""
BLUR = 0.25, 0.5
"""Shares of each neighbour, and of a pixel itself."""
MARGIN_PX = 12
"""Around what is compared, so that it is no part of something longer."""

Box = tuple[int, int, int, int]
Runs = list[tuple[int, int]]


def onto_text(pixels: NDArray[np.uint8], place: tuple[float, float], length: int) -> tuple[float, float]:
    """The nearest place on the text that is likeliest meant; the same place if it is on it, or none is near.

    Args:
        pixels: (H, W, 3) RGB.
        place: x and y.
        length: how many characters the text has.
    """
    text = text_near(pixels, place, length)
    if text is None:
        return place
    (x, y), (left, top, right, bottom) = place, text
    across, down = min(INSIDE_PX, (right - left) / 2), 0.3 * (bottom - top)
    return min(max(x, left + across), right - across), min(max(y, top + down), bottom - down)


def text_near(pixels: NDArray[np.uint8], place: tuple[float, float], length: int) -> Box | None:
    """The text of about so many characters that stands at a place or nearest to it, if one is near."""
    x, y = place
    width = CHARACTER_PX * max(length, 1)
    reach_x = REACH_PX[0]
    left, top = max(0, int(x - width) - 2 * reach_x), max(0, int(y) - LETTER_PX[1])
    area = pixels[top : int(y) + LETTER_PX[1], left : int(x + width) + 2 * reach_x]
    strokes = _vertical_strokes(area)
    x, y = x - left, y - top
    widest = max(width, 2.0 * reach_x) / 2 + reach_x / 2
    lines = _lines(strokes, x, y, widest) or _lines(strokes, x, y, BETWEEN_BORDERS_PX)
    if not lines:
        return None
    upper, lower = min(lines, key=lambda line: (_distance(line, y), abs(line[0] + line[1] - 2 * y)))
    in_columns: NDArray[np.int64] = strokes[upper:lower].sum(axis=0, dtype=np.int64)
    by_gaps = [text for gap in GAPS_PX for text in _runs(in_columns > 0, gap)]
    texts = [
        text
        for text in (*_of_one_colour(area[upper:lower], _runs(in_columns > 0, LETTER_GAP_PX)), *by_gaps)
        if text[1] - text[0] >= LETTER_PX[0] and _distance(text, x) <= reach_x
    ]
    if not texts:
        return None
    first, last = min(
        texts, key=lambda text: _distance(text, x) + WRONG_LENGTH_PX * abs(math.log((text[1] - text[0]) / width))
    )
    rows = np.flatnonzero(strokes[upper:lower, first:last].any(axis=1))  # of a table, its lines are longer
    return left + first, top + upper + int(rows[0]), left + last, top + upper + int(rows[-1]) + 1


def _lines(strokes: NDArray[np.bool_], x: float, y: float, aside: float) -> Runs:
    """Upper and lower ends of the lines of text near a place, seen so far to its sides."""
    in_rows: NDArray[np.int64] = strokes[:, max(0, int(x - aside)) : int(x + aside)].sum(axis=1, dtype=np.int64)
    return [
        line
        for line in _runs(in_rows > 1, 1)
        if LETTER_PX[0] <= line[1] - line[0] <= LETTER_PX[1] and _distance(line, y) <= REACH_PX[1]
    ]


def _of_one_colour(line: NDArray[np.uint8], words: Runs) -> Runs:
    """The words of a line (H, W, 3), those that follow each other in one colour together, as those of a link do."""
    ground = np.median(line.reshape(-1, 3), axis=0)
    texts: Runs = []
    colour = ground
    for start, end in words:
        word = line[:, start:end].reshape(-1, 3)
        ink = word[np.abs(word - ground).sum(-1).argmax()].astype(np.float64)
        same = texts and start - texts[-1][1] <= GAPS_PX[-1] and np.abs(ink - colour).max() <= SAME_INK
        texts = [*texts[:-1], (texts[-1][0], end)] if same else [*texts, (start, end)]
        colour = ink
    return texts


def stands_out(pixels: NDArray[np.uint8], text: tuple[float, float, float, float]) -> bool:
    """Whether a text within a line has a colour of its own, or is underlined alone, as a link is.

    Args:
        pixels: (H, W, 3) RGB.
        text: left, top, right, bottom.
    """
    (left, top), (right, bottom) = (max(0, int(edge)) for edge in text[:2]), (math.ceil(edge) for edge in text[2:])
    first = max(0, left - NEIGHBOURS_PX)
    line = pixels[top : bottom + UNDERLINE_PX, first : right + NEIGHBOURS_PX].astype(np.int16)
    ground = np.median(line.reshape(-1, 3), axis=0)
    away = np.abs(line - ground).sum(-1)
    inside = slice(left - first + INSIDE_PX // 2, right - first - INSIDE_PX // 2)
    beside = [slice(0, max(0, left - first - GAPS_PX[0])), slice(right - first + GAPS_PX[0], None)]
    around = [part for part in beside if away[:, part].size and away[:, part].max() > CONTRAST]
    if not away[:, inside].size or not around:
        return False

    def ink(part: slice) -> NDArray[np.int16]:
        return line[:, part].reshape(-1, 3)[away[:, part].argmax()]

    if all(np.abs(ink(inside) - ink(part)).max() > SAME_INK for part in around):
        return True
    inked = away > 2 * CONTRAST
    lines = inked[:, inside].mean(1) > UNDERLINED
    ends = slice(max(0, left - first - LINE_ENDS_PX), left - first), slice(right - first, right - first + LINE_ENDS_PX)
    return all((lines & ((~inked[:, end]).sum(1) >= GAPS_PX[0])).any() for end in ends)


def parts_of_line(pixels: NDArray[np.uint8], text: Box, gap: float) -> Runs:
    """Where what stands on the line of a text begins and ends, part by part.

    Args:
        pixels: (H, W, 3) RGB.
        text: its upper and lower ends are those of the line.
        gap: the widest within a part, in parts of the height of the line.
    """
    _, top, _, bottom = text
    in_columns: NDArray[np.int64] = _vertical_strokes(pixels[top:bottom]).sum(axis=0, dtype=np.int64)
    return _runs(in_columns > 0, round(gap * (bottom - top)))


def look_alikes(pixels: NDArray[np.uint8], box: Box) -> list[tuple[float, float]]:
    """The middles of everything that looks like what a box shows, that itself included, also in other colours.

    By the normalised correlation (Lewis 1995) of colours, blurred, with those of the box and a margin.
    """
    height, width = pixels.shape[:2]
    left, top, right, bottom = (
        max(0, box[0] - MARGIN_PX), max(0, box[1] - MARGIN_PX // 2), min(width, box[2] + MARGIN_PX),
        min(height, box[3] + MARGIN_PX // 2),
    )  # fmt: skip
    colours = _blurred(np.moveaxis(pixels.astype(np.float32), -1, 0))
    colours -= colours.mean((1, 2), keepdims=True)  # large means would drown what differs
    wanted = colours[:, top:bottom, left:right]
    wanted = wanted - wanted.mean((1, 2), keepdims=True)
    rows, columns = wanted.shape[1:]
    shape = height + rows, width + columns

    def correlated(kernels: NDArray[np.float32], of: NDArray[np.float32]) -> NDArray[np.float64]:
        """(3, H, W) of each colour."""
        spectra = np.conj(np.fft.rfft2(kernels, shape)) * np.fft.rfft2(of, shape)
        return np.fft.irfft2(spectra, shape)[:, : height - rows + 1, : width - columns + 1]

    ones = np.ones_like(wanted)
    variance = (correlated(ones, colours**2) - correlated(ones, colours) ** 2 / (rows * columns)).sum(0)
    energy = float((wanted**2).sum())
    likeness = np.abs(correlated(wanted, colours).sum(0)) / np.sqrt(np.maximum(variance, 1.0) * max(energy, 1.0))
    found: list[tuple[float, float]] = []
    while likeness.max() > ALIKE:
        y, x = np.unravel_index(likeness.argmax(), likeness.shape)
        found.append((float(x) + columns / 2, float(y) + rows / 2))
        likeness[max(0, y - rows // 2) : y + rows // 2 + 1, max(0, x - columns // 2) : x + columns // 2 + 1] = 0.0
    return found


def _blurred(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3, H, W) with every pixel mixed with its neighbours."""
    beside, here = BLUR
    for axis in (1, 2):
        size = colours.shape[axis]
        wide = np.pad(colours, [(int(axis == across),) * 2 for across in range(3)], mode="edge")
        before, after = (np.take(wide, range(start, start + size), axis) for start in (0, 2))
        colours = (here * colours + beside * (before + after)).astype(np.float32)
    return colours


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
