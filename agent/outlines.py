"""Fields, boxes to tick and icons on a screen, by their outlines: which of them is nearest to a place.

A model that names places in a hundred steps of its picture is sometimes a few pixels beside what it means, or on the
text of a box that nothing but the box itself reacts to. Knows pixels; knows no model. All places and boxes are in px of
the picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from agent.strokes import CONTRAST, Box, Runs, parts_of_line, text_near

SAME_COLOUR = 12
"""Colours of which no channel differs by more are of one surface."""
FIELD_PX = (36, 4000), (14, 76)
"""Least and greatest width, and height, of a field's surface."""
BOX_PX = 9, 38
"""Least and greatest side of what is in a check box or radio button."""
DOT_PX = 6
"""Least width of what is in one right beside its text: of a radio button that is on, the dot."""
SWITCH_PX = (12, 80), (8, 42)
"""Of the part of a switch that has one colour."""
FILLED = 0.55
"""The least part of its box that a control's surface has: text, ticks and knobs have the rest."""
BESIDE_PX = 16
"""How far beside a field, or an icon, a place may be."""
RIGHT_PX, BELOW_PX = 260, 36
"""How far right of its label, and below it, a field is."""
LINE_BELOW_PX = 14, 90
"""How far below its label the line is on which a field stands that has no other outline; nothing is between them."""
LINE_LEAST_PX, LINE_DRAWN = 80, 0.9
"""How long it is at least, and how much of that is drawn."""
SEEN_PX = 1400, 80
"""How far to the sides, and up and down, a field is seen to its ends."""
LABEL_GAP_PX = 30
"""How far from its text a box is, unless the text stands in its row."""
BORDER_PX = 7
"""How far within a box, or switch, its surface or dot begins."""
IN_FRONT_PX, BEHIND_PX, SELDOM_PX = 10, 14, 16
"""As how far from its text it counts that a box seems to be a part of it, left or right of what is meant, and how much
farther that it is on its right: most boxes are left of their texts."""
ROW_PX = 1200
"""How far from its box a text in its row is."""
WORD_GAP, LETTER_GAP = 0.7, 0.15
"""Widest gap between words of a text, and between letters of a word, in parts of the height of its line."""
LINE_PX = 8
"""How much higher or lower than its text the middle of a box beside it is."""
ROW_LINE_PX = 16
"""The same of a box in its row, which may have another line of text below it."""
STEP_PX = 3
"""No control is narrower than two of them."""
ICON_PX = 7, 40
"""Least and greatest side of an icon."""
ICON_SEEN_PX = 44
"""How far around a place an icon is seen."""
PARTS_PX = 2
"""How far the parts of a drawing stand apart at most, half of it."""
INSIDE_PX = 6
"""How far inside a field's ends a place is moved."""

Mask = NDArray[np.bool_]
Place = tuple[float, float]
Area = tuple[float, float, float, float]
"""Left, top, right and bottom."""


def onto_field(pixels: NDArray[np.uint8], place: Place) -> Place:
    """The nearest place in a field; the same place if it is in one, or none is near.

    Args:
        pixels: (H, W, 3) RGB.
        place: x and y.
    """
    x, y = place
    around = [
        (x + across, y + down)
        for aside in range(0, BESIDE_PX + 1, STEP_PX + 1)
        for across in (0, -aside, aside)
        for down in (0, -aside, aside)
    ]
    nearest = min(_fields(pixels, around), key=lambda box: _distance(box, place), default=None)
    if nearest is None or _distance(nearest, place) > BESIDE_PX:
        return place
    return _inside(nearest, place)


def field_of(pixels: NDArray[np.uint8], text: Area, place: Place) -> Place | None:
    """A place in the field that a text names: in that which is at a place, around the text, right of it or below it.

    Args:
        pixels: (H, W, 3) RGB.
        text: the label.
        place: x and y; in the field, or on its label, or anywhere.

    Returns:
        None where no field is found.
    """
    left, top, right, bottom = text
    middle = (top + bottom) / 2
    line = [(left + across, middle) for across in range(0, int(right - left) + RIGHT_PX, STEP_PX + 1)]
    column = [(left + INSIDE_PX, bottom + down) for down in range(0, BELOW_PX, STEP_PX + 1)]
    found = list(_fields(pixels, [place, *line, *column]))
    fields = [box for box in found if not any(_is_around(box, other) for other in found)]
    if there := next((box for box in fields if _distance(box, place) == 0), None):
        return _inside(there, place)

    def gap(box: Box) -> float:
        return max(box[0] - right, 0.0) if box[1] <= middle < box[3] else max(box[1] - bottom, 0.0)

    nearest = min(fields, key=gap, default=None)
    if nearest is None:
        return _above_line(pixels, text) if _distance(text, place) <= BESIDE_PX else None
    return _inside(nearest, (left, middle))


def _above_line(pixels: NDArray[np.uint8], text: Area) -> Place | None:
    """Above the line that is drawn below a text, as fields without any other outline have one."""
    left, _, _, bottom = (int(edge) for edge in text)
    area = pixels[bottom : bottom + LINE_BELOW_PX[1], left : left + LINE_LEAST_PX].astype(np.int16)
    drawn = (np.abs(np.diff(area, axis=0)).max(-1, initial=0) > CONTRAST).mean(1)
    first = int((drawn[INSIDE_PX:] > 0).argmax()) + INSIDE_PX if (drawn[INSIDE_PX:] > 0).any() else 0
    if first < LINE_BELOW_PX[0] or drawn[first] < LINE_DRAWN:
        return None
    return left + 2.0 * INSIDE_PX, bottom + first - LINE_BELOW_PX[0] / 2


def _fields(pixels: NDArray[np.uint8], places: Iterable[Place]) -> Iterator[Box]:
    return _surfaces(pixels, places, SEEN_PX, lambda box: _measures(box, FIELD_PX))


def _inside(field: Box, place: Place) -> Place:
    """The place in a field that is nearest to another."""
    (x, y), (left, top, right, bottom) = place, field
    across, down = min(INSIDE_PX, (right - left) / 2), min(INSIDE_PX, (bottom - top) / 2)
    return min(max(x, left + across), right - across), min(max(y, top + down), bottom - down)


def onto_tick(pixels: NDArray[np.uint8], place: Place, length: int) -> Place:
    """The middle of the box or switch that belongs to the text at a place, or stands in its row; else the same place.

    Args:
        pixels: (H, W, 3) RGB.
        place: x and y.
        length: how many characters the text has.
    """
    x, y = place
    text = text_near(pixels, place, length) or (int(x), int(y), int(x) + 1, int(y) + 1)
    top, bottom = text[1], text[3]
    words = parts_of_line(pixels, text, WORD_GAP)
    left, right = next((word for word in words if word[0] < text[2] and text[0] < word[1]), (text[0], text[2]))
    letters = parts_of_line(pixels, text, LETTER_GAP)

    def beside(box: Box) -> float:
        """How far from the text it is, in px; those on its right are seldom meant."""
        if box[2] <= left:
            return left - box[2]
        if box[0] >= right:
            return box[0] - right + SELDOM_PX
        aside = (text[0] + text[2] - box[0] - box[2]) / 2
        return (IN_FRONT_PX if aside > 0 else BEHIND_PX) + abs(aside) / ROW_PX

    def in_row(box: Box) -> float:
        return max(left - box[2], box[0] - right) if box[2] <= left or box[0] >= right else math.inf

    for reach, smallest, distance, lines in (
        (LABEL_GAP_PX, DOT_PX, beside, LINE_PX),
        (ROW_PX, BOX_PX[0], in_row, ROW_LINE_PX),
    ):
        line = [
            (at, (top + bottom) / 2 + down)
            for at in range(left - reach - SWITCH_PX[0][1], right + reach + SWITCH_PX[0][1], STEP_PX)
            for down in (0, -STEP_PX, STEP_PX, lines - STEP_PX)
        ]
        found = [
            box
            for box in _surfaces(pixels, line, (SWITCH_PX[0][1] + 4, SWITCH_PX[1][1] + 4), partial(_is_tick, smallest))
            if abs(box[1] + box[3] - top - bottom) / 2 <= max(lines, (bottom - top) / 3)
            and _is_no_letter(box, letters)
            and not _is_button(pixels, box)
        ]
        controls = [box for box in found if not any(_is_around(box, other) for other in found)]
        nearest = min(controls, key=distance, default=None)
        if nearest is not None and distance(nearest) <= reach:
            return (nearest[0] + nearest[2]) / 2, (nearest[1] + nearest[3]) / 2
    return place


def onto_icon(pixels: NDArray[np.uint8], place: Place) -> Place:
    """The middle of the drawing nearest to a place; the same place if none is near.

    Args:
        pixels: (H, W, 3) RGB.
        place: x and y.
    """
    x, y = place
    left, top = max(0, int(x) - ICON_SEEN_PX), max(0, int(y) - ICON_SEEN_PX)
    area = pixels[top : int(y) + ICON_SEEN_PX, left : int(x) + ICON_SEEN_PX].astype(np.int16)
    ground = np.median(area.reshape(-1, 3), axis=0)
    ink = np.abs(area - ground).max(-1) > CONTRAST
    joined = ink.copy()
    for _ in range(PARTS_PX):
        for axis in (0, 1):
            joined |= np.roll(joined, 1, axis) | np.roll(joined, -1, axis)
    rows, columns = np.nonzero(ink)
    aside = np.maximum(np.abs(columns + left - x), np.abs(rows + top - y))
    done = np.zeros_like(ink)
    for nearest in np.argsort(aside, kind="stable"):
        column, row = int(columns[nearest]), int(rows[nearest])
        if aside[nearest] > BESIDE_PX:
            break
        if done[row, column]:
            continue
        drawing = _connected(joined, column, row)
        done |= drawing
        first_x, first_y, last_x, last_y = _bounds(drawing & ink)
        if ICON_PX[0] <= max(last_x - first_x, last_y - first_y) <= ICON_PX[1]:
            return left + (first_x + last_x) / 2, top + (first_y + last_y) / 2
    return place


def _is_no_letter(box: Box, letters: Runs) -> bool:
    """Whether nothing stands close to it, as the rest of a letter, or of its word, would."""
    around = [part for part in letters if part[0] < box[2] and box[0] < part[1]]
    return all(box[0] - part[0] <= BORDER_PX and part[1] - box[2] <= BORDER_PX for part in around)


def _is_around(box: Box, other: Box) -> bool:
    """Whether a box is around another, as the cell of a table is around what is in it."""
    return box != other and all(box[axis] <= other[axis] and other[axis + 2] <= box[axis + 2] for axis in (0, 1))


def _is_tick(smallest: int, box: Box) -> bool:
    is_box = _measures(box, ((smallest, BOX_PX[1]), (smallest, BOX_PX[1]))) and _is_square(box)
    return is_box or (_measures(box, SWITCH_PX) and box[2] - box[0] > box[3] - box[1])


def _is_square(box: Box) -> bool:
    return abs(box[2] - box[0] - box[3] + box[1]) <= 4


def _is_button(pixels: NDArray[np.uint8], box: Box) -> bool:
    """Whether it is as wide as a switch, and has something wider than high drawn in it: a word instead of a knob."""
    if _is_square(box):
        return False
    left, top, right, bottom = (
        edge + inwards for edge, inwards in zip(box, (STEP_PX, STEP_PX, -STEP_PX, -STEP_PX), strict=True)
    )
    drawn = parts_of_line(pixels[:, left:right], (0, top, right - left, bottom), LETTER_GAP)
    return any(end - begin > bottom - top for begin, end in drawn)


def _measures(box: Box, limits: tuple[tuple[int, int], tuple[int, int]]) -> bool:
    (narrowest, widest), (lowest, highest) = limits
    return narrowest <= box[2] - box[0] <= widest and lowest <= box[3] - box[1] <= highest


def _surfaces(
    pixels: NDArray[np.uint8], places: Iterable[Place], seen: tuple[int, int], is_one: Callable[[Box], bool]
) -> Iterator[Box]:
    """The boxes of the surfaces of one colour at some places, of those that end within so many px of the place."""
    height, width = pixels.shape[:2]
    known: set[tuple[int, int]] = set()
    done = np.zeros((height, width), dtype=np.bool_)
    for x, y in ((int(x), int(y)) for x, y in places):
        if not (0 <= x < width and 0 <= y < height) or done[y, x]:
            continue
        left, top = max(0, x - seen[0]), max(0, y - seen[1])
        part = slice(top, y + seen[1]), slice(left, x + seen[0])
        surface = _surface(pixels[part], x - left, y - top)
        done[part] |= surface
        first_x, first_y, last_x, last_y = _bounds(surface)
        box = left + first_x, top + first_y, left + last_x, top + last_y
        ends = box[0] > left and box[1] > top and box[2] < min(width, x + seen[0]) and box[3] < min(height, y + seen[1])
        filled = surface.sum() / ((box[2] - box[0]) * (box[3] - box[1]))
        if ends and filled >= FILLED and is_one(box) and box[:2] not in known:
            known.add(box[:2])
            yield box


def _surface(area: NDArray[np.uint8], x: int, y: int) -> Mask:
    """(H, W) what has the colour of a place and hangs together with it."""
    return _connected(np.abs(area.astype(np.int16) - area[y, x].astype(np.int16)).max(-1) <= SAME_COLOUR, x, y)


def _connected(alike: Mask, x: int, y: int) -> Mask:
    """(H, W) of what is alike, all that hangs together with a place, which is."""
    found = np.zeros_like(alike)
    found[y, x] = True
    size = 0
    while found.sum() > size:
        size = found.sum()
        found = _spread(alike.T, _spread(alike, found).T).T
    return found


def _spread(alike: Mask, found: Mask) -> Mask:
    """What was found, spread along the rows as far as they are alike."""
    runs = np.cumsum(~alike, axis=1) + (np.arange(len(alike)) * (alike.shape[1] + 1))[:, None]
    reached = np.zeros(runs[-1, -1] + 1, dtype=np.bool_)
    reached[runs[found]] = True
    return alike & reached[runs]


def _bounds(found: Mask) -> Box:
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _distance(box: Area, place: Place) -> float:
    (left, top, right, bottom), (x, y) = box, place
    return max(left - x, x - right, top - y, y - bottom, 0.0)
