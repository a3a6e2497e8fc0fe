from __future__ import annotations

import numpy as np
import pytest

from envs.base import EnvUnavailable
from envs.screen_capture import Region, ScreenCapture, frame_of


def pixels(width: int, height: int) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
def test_the_scale_is_that_of_the_picture(scale: float) -> None:
    region = Region(-1600, 40, 1600, 900)
    frame = frame_of(pixels(round(1600 * scale), round(900 * scale)), region)
    assert frame.dev_per_px == 1 / scale
    assert frame.to_device(frame.point(0.0, 0.0)) == (-1600, 40)
    assert frame.to_device(frame.point(0.5, 0.5)) == (-800, 490)


def test_a_picture_that_no_scale_fits_is_refused() -> None:
    with pytest.raises(EnvUnavailable, match="unevenly"):
        frame_of(pixels(3200, 900), Region(0, 0, 1600, 900))


@pytest.mark.parametrize(
    ("inner", "inside"),
    [
        (Region(-100, 0, 100, 50), True),
        (Region(-100, 0, 200, 100), True),
        (Region(-101, 0, 10, 10), False),
        (Region(90, 0, 11, 10), False),
        (Region(0, -1, 10, 10), False),
        (Region(0, 95, 10, 6), False),
    ],
)
def test_what_a_region_contains(inner: Region, inside: bool) -> None:
    assert Region(-100, 0, 200, 100).contains(inner) is inside


def test_a_display_that_is_not_there() -> None:
    with pytest.raises(EnvUnavailable, match=":4711"):
        ScreenCapture(":4711")
