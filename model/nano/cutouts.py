"""What a part of a screen shows, and what each patch of it is to know of the characters and the labels there.

Knows screens; knows no questions and no tensors. A part is given by its left upper corner on the screen and its size,
px.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model.characters import BLANK, FIRST_CHARACTER, LAST_CHARACTER, SLOTS
from model.nano.letters import ALPHABET, PAIRS, letters_of, pairs_of
from model.nano.screens import Box, Item, Screen

Kind = TypeVar("Kind", bound=np.generic)

PATCH = 14
"""Side of a patch, px."""
VISIBLE = 0.6
"""The part of a label that a picture must show to count as showing it; what shows some, but less, is not asked for."""


def thousandths(value: float, whole: float) -> int:
    """A place as the three digits that nano writes behind the point."""
    return min(999, max(0, int(value / whole * 1000)))


@dataclass(frozen=True, slots=True)
class LabelMaps:
    """What a picture's N patches are to know, each of the label it belongs to; places in thousandths of the picture.

    Those of a field, or of a box to tick, know the place to click in it, as its label does.
    """

    centres: NDArray[np.int64]
    """(N, 2) x and y of its middle; -1 outside of labels."""
    sizes: NDArray[np.float32]
    """(N, 2) its width and height, px; 0 outside of labels."""
    aims: NDArray[np.int64]
    """(N, 2) x and y of the place to click in the field, or on the box, that it names or shows; -1 where none is."""
    rooms: NDArray[np.float32]
    """(N, 2) width and height, px, of what may be hit around that place; 0 where there is none."""
    letters: NDArray[np.float32]
    """(N, letters) ones for those that it has, as in `letters_of`."""
    pairs: NDArray[np.float32]
    """(N, pairs) likewise, as in `pairs_of`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is, px of the picture; the fields are those of `Query`."""

    aim: tuple[float, float]
    shown: Box
    target: Box


def place_of(item: Item, cut: Box, left: int, top: int, width: int, height: int) -> Place | None:
    """Where to act on an item of whose label a part shows `cut`; None where the part does not show that place."""
    if item.kind in ("point", "icon", "near"):
        return Place(((cut[0] + cut[2]) / 2, (cut[1] + cut[3]) / 2), cut, cut)
    x, y = item.aim[0] - left, item.aim[1] - top
    if not (4 <= x < width - 4 and 4 <= y < height - 4):
        return None
    return Place((x, y), cut, cut_of(item.box, left, top, width, height)[0])


def cut_of(box: Box, left: int, top: int, width: int, height: int) -> tuple[Box, float]:
    """The part of a box that a picture shows, in px of the picture, and its share of the box."""
    x0, y0, x1, y1 = box[0] - left, box[1] - top, box[2] - left, box[3] - top
    cut = max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height))
    area = max(0.0, cut[2] - cut[0]) * max(0.0, cut[3] - cut[1])
    return cut, area / max(1e-6, (x1 - x0) * (y1 - y0))


def room(aim: tuple[float, float], target: Box) -> tuple[float, float]:
    """Width and height of the largest box around an aim that the target holds."""
    (x, y), (left, top, right, bottom) = aim, target
    return 2 * max(0.0, min(x - left, right - x)), 2 * max(0.0, min(y - top, bottom - y))


def slots_in(screen: Screen, left: int, top: int, width: int, height: int) -> NDArray[np.int64]:
    """The characters of each patch of a picture; what fields show is not known."""
    grid = np.full((height // PATCH, width // PATCH * SLOTS), BLANK, dtype=np.int64)
    at = screen.centres - (left, top)
    inside = (at[:, 0] >= 0) & (at[:, 1] >= 0) & (at[:, 0] < width) & (at[:, 1] < height)
    known = inside & (screen.codes > FIRST_CHARACTER) & (screen.codes <= LAST_CHARACTER)
    for x0, y0, x1, y1 in screen.holes - (left, top, left, top):
        if x1 > 0 and y1 > 0:
            grid[
                max(0, int(y0) // PATCH) : int(y1) // PATCH + 1,
                max(0, int(x0) // PATCH * SLOTS) : (int(x1) // PATCH + 1) * SLOTS,
            ] = -100
    place = at[known].astype(np.float64)
    grid[(place[:, 1] // PATCH).astype(int), (place[:, 0] * SLOTS // PATCH).astype(int)] = (
        screen.codes[known] - FIRST_CHARACTER
    )
    return grid.reshape(-1, SLOTS)


def labels_in(
    screen: Screen, left: int, top: int, width: int, height: int
) -> tuple[dict[str, list[tuple[Item, Box]]], LabelMaps]:
    """The items that a picture shows, by label, each with what it shows of the label; what its patches are to know."""
    shape = height // PATCH, width // PATCH
    centres, aims = (np.full((*shape, 2), -1, dtype=np.int64) for _ in range(2))
    sizes, rooms = (np.zeros((*shape, 2), dtype=np.float32) for _ in range(2))
    letters, pairs = (np.zeros((*shape, kinds), dtype=np.float32) for kinds in (len(ALPHABET), PAIRS))
    seen: dict[str, list[tuple[Item, Box]]] = {}
    shown = [(item, *cut_of(item.text, left, top, width, height)) for item in screen.items]
    named = {
        item: place
        for item, cut, _ in shown
        if item.kind in ("field", "tick") and (place := place_of(item, cut, left, top, width, height))
    }

    def mark(rows: slice, columns: slice, place: Place | None) -> None:
        if place is None:
            aims[rows, columns], rooms[rows, columns] = -1, 0.0
        else:
            aims[rows, columns] = thousandths(place.aim[0], width), thousandths(place.aim[1], height)
            rooms[rows, columns] = room(place.aim, place.target)

    for place in named.values():
        mark(*_patches(place.target, PATCH / 2, PATCH / 2), place)
    for item, cut, share in shown:
        if share < VISIBLE:
            continue
        seen.setdefault(item.label, []).append((item, cut))
        rows, columns = _patches(cut, 2, 3)
        x, y = (cut[0] + cut[2]) / 2, (cut[1] + cut[3]) / 2
        centres[rows, columns] = thousandths(x, width), thousandths(y, height)
        sizes[rows, columns] = cut[2] - cut[0], cut[3] - cut[1]
        letters[rows, columns] = letters_of([item.label])[0].numpy()
        pairs[rows, columns] = pairs_of([item.label])[0].numpy()
        mark(rows, columns, named.get(item))
    return seen, LabelMaps(_rows(centres), _rows(sizes), _rows(aims), _rows(rooms), _rows(letters), _rows(pairs))


def _patches(box: Box, across: float, down: float) -> tuple[slice, slice]:
    """Rows and columns of the patches that show a box, but for so many px at its edges."""
    rows = slice(int((box[1] + down) // PATCH), int((box[3] - down) // PATCH) + 1)
    return rows, slice(int((box[0] + across) // PATCH), int((box[2] - across) // PATCH) + 1)


def _rows(values: NDArray[Kind]) -> NDArray[Kind]:
    """Of patches (rows, columns, K), one after the other (N, K)."""
    return values.reshape(-1, values.shape[-1])
