"""Pictures of a desktop at native resolution, and which monitors it has. Through mss; knows no input device.

What a monitor's size is in the input device's units and what it is in captured pixels are two things: on a Retina
display mss tells the first and delivers the second. Hence the scale is measured on the picture, never asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import mss
import numpy as np
from mss.exception import ScreenShotError

from envs.base import EnvUnavailable
from envs.frame import Frame, Pixels

_Answer = TypeVar("_Answer")

_NOT_ROUNDED_PX = 1.0
"""How far width and height of a picture may disagree about the scale before it is not that of the region."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a desktop, in units of the input device; left and top may be negative."""

    left_dev: int
    top_dev: int
    width_dev: int
    height_dev: int

    def contains(self, other: Region) -> bool:
        """Whether all of another region lies in this one."""
        return (
            self.left_dev <= other.left_dev
            and self.top_dev <= other.top_dev
            and other.left_dev + other.width_dev <= self.left_dev + self.width_dev
            and other.top_dev + other.height_dev <= self.top_dev + self.height_dev
        )

    def __str__(self) -> str:
        return f"{self.width_dev}x{self.height_dev}{self.left_dev:+d}{self.top_dev:+d}"


class ScreenCapture:
    """Takes pictures of one desktop."""

    def __init__(self, display: str | None = None) -> None:
        """Open the desktop.

        Args:
            display: of X11, such as ":99"; by default the user's.

        Raises:
            EnvUnavailable: there is none.
        """
        if sys.platform == "darwin":
            from mss import darwin

            darwin.IMAGE_OPTIONS = 0  # or mss delivers points instead of pixels
        try:
            self._mss = mss.MSS(display=display)
        except ScreenShotError as error:
            where = f"The display {display!r}" if display else "The desktop"
            raise EnvUnavailable(f"{where} cannot be seen: {error}. Is there one, and may it be captured?") from error

    @property
    def desktop(self) -> Region:
        """The smallest region with all monitors in it."""
        return self._regions()[0]

    @property
    def monitors(self) -> tuple[Region, ...]:
        """The primary one first, the others in the order of the system."""
        _, *monitors = self._asked(lambda: list(self._mss.monitors))
        order = sorted(range(len(monitors)), key=lambda number: not monitors[number].get("is_primary", number == 0))
        regions = self._regions()[1:]
        return tuple(regions[number] for number in order)

    def grab(self, region: Region) -> Pixels:
        """A picture of a region: (H, W, 3) RGB, at native resolution.

        Raises:
            EnvUnavailable: the desktop has gone.
        """
        where = {
            "left": region.left_dev, "top": region.top_dev, "width": region.width_dev, "height": region.height_dev,
        }  # fmt: skip
        shot = self._asked(lambda: self._mss.grab(where))
        bgra = np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)
        pixels = np.empty((shot.height, shot.width, 3), np.uint8)
        for channel in range(3):  # three strided copies take a quarter of the time of one reversed one
            pixels[..., channel] = bgra[..., 2 - channel]
        return pixels

    def close(self) -> None:
        """Let go of the desktop. May be called twice."""
        with suppress(Exception):  # it has gone already
            self._mss.close()

    def _regions(self) -> list[Region]:
        monitors = self._asked(lambda: list(self._mss.monitors))
        return [Region(m["left"], m["top"], m["width"], m["height"]) for m in monitors]

    def _asked(self, question: Callable[[], _Answer]) -> _Answer:
        try:
            return question()
        except Exception as error:  # mss lets through whatever the connection to the display raises
            raise EnvUnavailable(f"The desktop cannot be captured any more. {error}") from error


def frame_of(pixels: Pixels, region: Region) -> Frame:
    """The frame that a picture of a region is.

    Raises:
        EnvUnavailable: the picture has not the shape of the region, so no scale fits.
    """
    height, width, _ = pixels.shape
    scale = width / region.width_dev
    if abs(region.height_dev * scale - height) > _NOT_ROUNDED_PX:
        raise EnvUnavailable(
            f"The picture of {region} is {width}x{height} pixels: the system scales it unevenly, so places on it cannot"
            " be trusted."
        )
    return Frame(pixels, (region.left_dev, region.top_dev), region.width_dev / width)
