import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from envs.actions import ACTIONS, Click
from envs.frame import Frame, Point, PointOutsideFrame, StaleFrame

SIZES = st.integers(1, 8000)
SCALES = st.sampled_from([0.5, 2 / 3, 0.8, 1.0, 1.25, 1.5, 2.0, 1 / 3])
ORIGINS = st.integers(-8000, 8000)


def frame_of(width: int, height: int, scale: float = 1.0, origin: tuple[float, float] = (0.0, 0.0)) -> Frame:
    # A view of one pixel: the sizes of screens without their memory.
    pixels = np.broadcast_to(np.zeros(3, np.uint8), (height, width, 3))
    return Frame(pixels, origin, scale)


@given(SIZES, SIZES, SCALES, ORIGINS, ORIGINS, st.data())
def test_every_pixel_is_found_again_within_half_a_pixel(width, height, scale, left, top, data):
    frame = frame_of(width, height, scale, (left, top))
    column, row = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    x_dev, y_dev = frame.to_device(frame.point((column + 0.5) / width, (row + 0.5) / height))
    assert math.floor((x_dev - left) / scale) == column
    assert math.floor((y_dev - top) / scale) == row
    back = frame.from_device(x_dev, y_dev)
    assert abs(back.x * width - (column + 0.5)) <= 0.5
    assert abs(back.y * height - (row + 0.5)) <= 0.5


@given(SIZES, SIZES, SCALES, ORIGINS, ORIGINS, st.floats(0, 1), st.floats(0, 1))
def test_device_coordinates_lie_on_the_frame_and_lead_back(width, height, scale, left, top, x, y):
    frame = frame_of(width, height, scale, (left, top))
    x_dev, y_dev = frame.to_device(frame.point(x, y))
    assert left <= x_dev < left + width * scale
    assert top <= y_dev < top + height * scale
    back = frame.from_device(x_dev, y_dev)
    assert abs(back.x - x) * width <= 0.5 + 1e-6
    assert abs(back.y - y) * height <= 0.5 + 1e-6


@pytest.mark.parametrize(("x", "y"), [(-0.001, 0.5), (1.001, 0.5), (0.5, 2), (math.nan, 0.5), (0.5, math.inf)])
def test_places_outside_are_refused(x, y):
    with pytest.raises(PointOutsideFrame, match="not on the screen"):
        frame_of(100, 100).point(x, y)
    with pytest.raises(PointOutsideFrame):
        Point(1, x, y)


def test_a_place_outside_is_refused_in_json_too():
    with pytest.raises(ValidationError, match="not on the screen"):
        ACTIONS.validate_json('{"kind": "click", "at": {"frame_id": 1, "x": 1.2, "y": 0.5}}')


def test_device_places_outside_are_refused():
    frame = frame_of(100, 50, 1.0, (-100, 0))
    assert frame.from_device(-100, 0) == frame.point(0, 0)
    with pytest.raises(PointOutsideFrame, match="not on this frame"):
        frame.from_device(1, 0)


def test_a_point_of_another_frame_is_stale():
    old, new = frame_of(100, 100), frame_of(100, 100)
    assert new.id > old.id
    with pytest.raises(StaleFrame, match="new screenshot"):
        new.to_device(old.point(0.5, 0.5))


def test_image_has_the_frames_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    image = Frame(pixels).image()
    assert (image.mode, image.size) == ("RGB", (6, 4))
    np.testing.assert_array_equal(np.asarray(image), pixels)


def test_an_action_goes_through_json_unchanged():
    action = Click(at=frame_of(10, 10).point(0.25, 0.75), count=2)
    assert ACTIONS.validate_json(ACTIONS.dump_json(action)) == action


@given(SIZES, SIZES, st.floats(0, 8000), st.floats(0, 8000))
def test_a_place_in_pixels_is_found_again_or_moved_to_the_edge(width, height, x, y):
    frame = frame_of(width, height)
    assert frame.to_px(frame.point_at_px(x, y)) == pytest.approx((min(x, width), min(y, height)))
    assert frame.to_px(frame.point_at_px(-1 - x, -1 - y)) == (0, 0)
