"""Views of a frame: what they show, and the way back to the frame."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.view import View, around, tiles
from envs.frame import Frame, PointOutsideFrame, StaleFrame

SIDES = st.integers(1, 2000)
VIEW_SIDES = st.integers(150, 700)


def frame_of(width: int, height: int) -> Frame:
    return Frame(np.broadcast_to(np.zeros(3, np.uint8), (height, width, 3)))


def test_a_screen_of_1280x720_is_four_by_three_tiles_of_448x336() -> None:
    views = tiles(frame_of(1280, 720), (448, 336))
    assert sorted({view.box_px[0] for view in views}) == [0, 277, 554, 832]
    assert sorted({view.box_px[1] for view in views}) == [0, 192, 384]
    assert len(views) == 12


def test_a_frame_smaller_than_the_view_is_seen_whole() -> None:
    frame = frame_of(300, 200)
    assert tiles(frame, (448, 336)) == (View.whole(frame),)
    assert around(frame, frame.point(0.1, 0.9), (448, 336)) == View.whole(frame)


@settings(deadline=None)
@given(SIDES, SIDES, VIEW_SIDES, VIEW_SIDES)
def test_tiles_lie_inside_and_have_the_size_of_the_view(width: int, height: int, view_w: int, view_h: int) -> None:
    for view in tiles(frame_of(width, height), (view_w, view_h)):
        left, top, right, bottom = view.box_px
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        assert (right - left, bottom - top) == (min(width, view_w), min(height, view_h))


@settings(deadline=None)
@given(SIDES, SIDES, VIEW_SIDES, VIEW_SIDES, st.data())
def test_what_is_a_quarter_of_the_view_lies_wholly_in_some_tile(
    width: int, height: int, view_w: int, view_h: int, data: st.DataObject
) -> None:
    box_w = data.draw(st.integers(1, min(width, max(view_w // 4, 1))))
    box_h = data.draw(st.integers(1, min(height, max(view_h // 4, 1))))
    x = data.draw(st.integers(0, width - box_w))
    y = data.draw(st.integers(0, height - box_h))
    assert any(
        left <= x and top <= y and x + box_w <= right and y + box_h <= bottom
        for left, top, right, bottom in (view.box_px for view in tiles(frame_of(width, height), (view_w, view_h)))
    )


@settings(deadline=None)
@given(SIDES, st.integers(4, 700))
def test_neighbours_overlap_by_a_quarter_and_are_evenly_spread(width: int, view_w: int) -> None:
    lefts = [view.box_px[0] for view in tiles(frame_of(width, 10), (view_w, 10))]
    steps = [after - before for before, after in pairwise(lefts)]
    assert all(4 * (view_w - step) >= view_w for step in steps)
    assert not steps or max(steps) - min(steps) <= 1


@settings(deadline=None)
@given(SIDES, SIDES, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_place_of_a_view_is_the_same_pixel_of_the_frame(
    width: int, height: int, x: float, y: float, at_x: float, at_y: float
) -> None:
    frame = frame_of(width, height)
    view = around(frame, frame.point(at_x, at_y), (448, 336))
    left, top, right, bottom = view.box_px
    point = view.point(x, y)
    assert point.frame_id == frame.id
    assert point.x * width == pytest.approx(left + x * (right - left), abs=1e-6)
    assert point.y * height == pytest.approx(top + y * (bottom - top), abs=1e-6)


@settings(deadline=None)
@given(st.integers(448, 3000), st.integers(336, 3000), st.floats(0, 1), st.floats(0, 1))
def test_a_view_around_a_point_is_centred_on_it_unless_the_edge_is_near(
    width: int, height: int, x: float, y: float
) -> None:
    frame = frame_of(width, height)
    left, top, right, bottom = around(frame, frame.point(x, y), (448, 336)).box_px
    assert (right - left, bottom - top) == (448, 336)
    assert left in (0, width - 448) or abs((left + right) / 2 - x * width) <= 0.5
    assert top in (0, height - 336) or abs((top + bottom) / 2 - y * height) <= 0.5


def test_the_picture_is_the_pixels_themselves() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    picture = View(Frame(pixels), (10, 20, 50, 45)).picture()
    assert np.array_equal(np.asarray(picture), pixels[20:45, 10:50])


@pytest.mark.parametrize(("x", "y"), [(-0.01, 0.5), (0.5, 1.01), (float("nan"), 0.5), (0.5, float("inf"))])
def test_a_place_outside_of_the_view_is_refused(x: float, y: float) -> None:
    with pytest.raises(PointOutsideFrame):
        View(frame_of(100, 100), (10, 10, 20, 20)).point(x, y)


def test_a_point_of_another_frame_is_refused() -> None:
    with pytest.raises(StaleFrame):
        around(frame_of(100, 100), frame_of(100, 100).point(0.5, 0.5), (10, 10))


def test_a_view_too_small_to_overlap_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 4 pixels"):
        tiles(frame_of(100, 100), (3, 100))
