"""Waiting until the screen rests, by looking at it.

Knows pictures and a clock; knows no device and no browser. A screen rests when nothing has changed for a short while.
What keeps changing in a tiny area, a blinking cursor or a small spinner, is not waited for; a video or a page that is
still building itself is, up to a cap.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from envs.frame import Pixels

BLOCK_PX = 32
"""Side of the squares in which changes are counted: a text cursor or a spinner covers one to four of them."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the screen to rest."""

    quiet_s: float = 0.35
    """The screen rests when nothing has changed for so long: longer than applications need to answer a click, which may
    be 300 ms."""
    cap_s: float = 5.0
    """It is not waited for longer than this."""
    interval_s: float = 0.05
    """From the beginning of one look to the next; a slower capture sets the pace itself."""
    restless_blocks: int = 8
    """Squares of `BLOCK_PX` that may go on changing in a screen at rest."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The last look at the screen."""

    pixels: Pixels
    settled: bool
    """False when the screen was still changing at the cap."""
    seconds: float
    """From the first look to the last."""
    capture_s: float
    """How long the last capture took."""


def settle(
    capture: Callable[[], Pixels],
    patience: Patience | None = None,
    *,
    busy: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Rest:
    """Look at the screen until it rests.

    Args:
        capture: takes a picture (H, W, 3). When it returns the same object again, nothing has changed.
        patience: how long to wait.
        busy: whether it is known, other than by looking, that more is to come: a page that is loading.
        clock: seconds, monotonic.
        sleep: waits for seconds.
    """
    patience = patience or Patience()
    begin = clock()
    pixels = capture()
    looked = last_change = clock()
    capture_s = looked - begin
    restless: NDArray[np.bool_] | None = None
    while True:
        if busy():
            last_change = looked
        settled = looked - last_change >= patience.quiet_s
        if settled or looked - begin >= patience.cap_s:
            return Rest(pixels, settled, looked - begin, capture_s)
        sleep(max(0.0, patience.interval_s - capture_s))
        began, before = clock(), pixels
        pixels = capture()
        looked = clock()
        capture_s = looked - began
        if pixels is before:
            continue
        changed = None if pixels.shape != before.shape else changed_blocks(before, pixels)
        if changed is None or changed.sum() > patience.restless_blocks:
            last_change, restless = looked, None
            continue
        # The first small change in a place is news, its repetition is not.
        if restless is None:
            restless = np.zeros_like(changed)
        if (changed & ~restless).any():
            last_change = looked
        restless |= changed


def changed_blocks(before: Pixels, after: Pixels) -> NDArray[np.bool_]:
    """Which squares of `BLOCK_PX` differ between two pictures (H, W, 3): booleans, one a square."""
    height, width, channels = before.shape
    rows = np.logical_or.reduceat(before != after, np.arange(0, height, BLOCK_PX), axis=0)
    return np.logical_or.reduceat(
        rows.reshape(len(rows), width * channels), np.arange(0, width * channels, BLOCK_PX * channels), axis=1
    )
