"""Blackens the part of the screen that changed while a secret was typed.

For environments that do not know where their texts are: the screen just before and just after the typing tell where the
secret may stand, and that part stays black for the rest of the episode. What moves it elsewhere is not followed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from envs.frame import Frame, Pixels
from envs.settle import BLOCK_PX, changed_blocks


class TypedArea:
    """The blackened part of an episode's frames; empty at first."""

    def __init__(self) -> None:
        self._hidden: NDArray[np.bool_] | None = None
        """(H, W)."""

    def learn(self, before: Pixels, after: Pixels) -> None:
        """Hide from now on what differs between two pictures (H, W, 3); everything when the screen changed its size."""
        if before.shape != after.shape:
            self._hidden = np.ones(after.shape[:2], np.bool_)
            return
        height, width = after.shape[:2]
        changed = changed_blocks(before, after)
        new = changed.repeat(BLOCK_PX, axis=0).repeat(BLOCK_PX, axis=1)[:height, :width]
        same = self._hidden is not None and self._hidden.shape == new.shape
        self._hidden = new | self._hidden if same and self._hidden is not None else new

    def concealing(self, frame: Frame) -> Frame:
        """The same frame, with the part blackened."""
        if self._hidden is None:
            return frame
        if self._hidden.shape != frame.pixels.shape[:2]:
            return replace(frame, pixels=np.zeros_like(frame.pixels))
        pixels = frame.pixels.copy()
        pixels[self._hidden] = 0
        return replace(frame, pixels=pixels)
