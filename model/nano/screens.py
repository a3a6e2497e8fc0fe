"""The pool of training screens: pictures with the box of everything that can be pointed at and of every character.

A pool is a folder of `N.npy` (pixels) and `N.json` (what is on it). Pixels are memory-mapped, so several training
processes share them. Knows nothing of how the pictures were made; that is `rendering`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.characters import plain_letters

INSET_PX = 60.0
"""How far inside its left and right edge a field is clicked, if it is so wide; half as far inside the others."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in px."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something on a screen that can be asked for."""

    kind: str
    """What is done with it.

    "point": click its text; "icon": click its drawing, for which `text` stands; "near": tick a box beside its label;
    "tick": tick a box away from its label; "field": type into it.
    """
    label: str
    text: Box
    """Where the label stands."""
    box: Box
    """The element itself."""

    @property
    def is_beside(self) -> bool:
        """Whether it stands beside its label, so that the label is not what has to be clicked."""
        left, top, right, bottom = self.box
        middle_x, middle_y = (self.text[0] + self.text[2]) / 2, (self.text[1] + self.text[3]) / 2
        is_inside = left <= middle_x <= right and top <= middle_y <= bottom
        return self.kind == "tick" or (self.kind == "field" and not is_inside)

    @property
    def aim(self) -> tuple[float, float]:
        """Where to click, px: on the label's text, or in a field near its label, but well inside."""
        left, top, right, bottom = self.box
        middle_x, middle_y = (self.text[0] + self.text[2]) / 2, (self.text[1] + self.text[3]) / 2
        if self.kind in ("point", "icon", "near"):
            return middle_x, middle_y
        if self.kind == "tick":
            return (left + right) / 2, (top + bottom) / 2
        across, down = min(INSET_PX, (right - left) / 2), min(INSET_PX / 2, (bottom - top) / 2)
        return min(max(middle_x, left + across), right - across), min(max(middle_y, top + down), bottom - down)


@dataclass(frozen=True, slots=True)
class Screen:
    """A whole page as a picture, and what is on it."""

    pixels: NDArray[np.uint8]
    """(H, W, 3) RGB, memory-mapped."""
    codes: NDArray[np.int64]
    """(C,) code points of the visible characters outside of fields, without their accents ..."""
    centres: NDArray[np.float32]
    """(C, 2) ... and their centres, x and y in px."""
    items: list[Item]
    holes: NDArray[np.float32]
    """(F, 4) boxes of the fields."""


def pool_size(folder: Path) -> int:
    """How many screens a pool has, numbered from 0."""
    return len(list(folder.glob("*.json")))


@lru_cache(maxsize=4096)
def load_screen(folder: Path, number: int) -> Screen:
    """A screen of a pool."""
    content = json.loads((folder / f"{number}.json").read_text())
    items = [Item(i["kind"], i["label"], tuple(i["text"]), tuple(i["box"])) for i in content["items"]]
    return Screen(
        pixels=np.load(folder / f"{number}.npy", mmap_mode="r"),
        codes=np.array([ord(plain_letters(char[0])) for char, _, _ in content["chars"]], dtype=np.int64),
        centres=np.array([(x, y) for _, x, y in content["chars"]], dtype=np.float32).reshape(-1, 2),
        items=items,
        holes=np.array(content["holes"], dtype=np.float32).reshape(-1, 4),
    )
