"""Answers are right exactly where the benchmarks' own scripts say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.screenspot.items import Absent, Benchmark, Box, Item, Polygon, Target
from tasks.screenspot.scoring import Prediction, Verdict, hits, judge

BOX = Box(left=50, top=20, right=75, bottom=40)
SQUARE = Polygon(vertices=((20, 20), (60, 20), (60, 60), (20, 60)))


def item(target: Target, benchmark: Benchmark = Benchmark.SCREENSPOT_PRO, size: tuple[int, int] = (100, 100)) -> Item:
    return Item(
        id="1",
        published_id="1",
        position=0,
        benchmark=benchmark,
        file="file",
        image=Path("image.png"),
        image_size=size,
        instruction="it",
        target=target,
    )


@pytest.mark.parametrize("benchmark", list(Benchmark))
@pytest.mark.parametrize(
    ("point", "hit"),
    [
        ((0.5, 0.25), True),
        ((0.75, 0.25), True),
        ((0.6, 0.2), True),
        ((0.75, 0.4), True),
        ((0.4999, 0.25), False),
        ((0.7501, 0.25), False),
        ((0.6, 0.1999), False),
        ((0.6, 0.4001), False),
    ],
)
def test_the_border_of_a_box_belongs_to_it(benchmark: Benchmark, point: tuple[float, float], hit: bool) -> None:
    assert hits(item(BOX, benchmark), point) is hit


def test_ties_are_compared_in_the_unit_of_the_benchmark() -> None:
    """0.57 x 100 is 56.99999999999999 in floating point: a tie in fractions, a miss in pixels."""
    box = Box(left=57, top=0, right=90, bottom=90)
    assert hits(item(box, Benchmark.SCREENSPOT_PRO), (0.57, 0.5))
    assert hits(item(box, Benchmark.SCREENSPOT_V2), (0.57, 0.5))
    assert not hits(item(box, Benchmark.OSWORLD_G), (0.57, 0.5))


@pytest.mark.parametrize(
    ("point", "hit"),
    [
        ((0.4, 0.4), True),
        ((0.2, 0.4), True),  # left edge
        ((0.4, 0.2), True),  # upper edge
        ((0.2, 0.2), True),  # upper left corner
        ((0.6, 0.4), False),  # right edge
        ((0.4, 0.6), False),  # lower edge
        ((0.6, 0.6), False),
        ((0.1, 0.4), False),
        ((0.9, 0.4), False),
    ],
)
def test_the_edges_of_a_polygon(point: tuple[float, float], hit: bool) -> None:
    assert hits(item(SQUARE, Benchmark.OSWORLD_G), point) is hit


@pytest.mark.parametrize(("point", "hit"), [((0.7, 0.7), True), ((0.3, 0.7), False), ((0.3, 0.3), True)])
def test_a_polygon_may_have_a_notch(point: tuple[float, float], hit: bool) -> None:
    hook = Polygon(vertices=((10, 10), (90, 10), (90, 90), (50, 90), (50, 50), (10, 50)))
    assert hits(item(hook, Benchmark.OSWORLD_G), point) is hit


def test_sizes_of_the_picture_count_for_each_axis() -> None:
    wide = item(Box(left=100, top=50, right=200, bottom=75), size=(400, 100))
    assert hits(wide, (0.25, 0.5))
    assert not hits(wide, (0.5, 0.25))


@pytest.mark.parametrize(
    ("target", "prediction", "verdict"),
    [
        (BOX, Prediction(point=(0.6, 0.3)), Verdict.CORRECT),
        (BOX, Prediction(point=(0.1, 0.3)), Verdict.WRONG),
        (BOX, Prediction(), Verdict.WRONG),
        (BOX, Prediction(unreadable="no code"), Verdict.WRONG_FORMAT),
        (Absent(), Prediction(), Verdict.CORRECT),
        (Absent(), Prediction(point=(0.6, 0.3)), Verdict.WRONG),
        (Absent(), Prediction(unreadable="no code"), Verdict.WRONG_FORMAT),
    ],
)
def test_verdicts(target: Target, prediction: Prediction, verdict: Verdict) -> None:
    assert judge(item(target), prediction) is verdict


@settings(deadline=None)
@given(
    st.integers(0, 50),
    st.integers(0, 50),
    st.integers(1, 50),
    st.integers(1, 50),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_an_upright_polygon_is_its_box_but_for_two_edges(
    left: int, top: int, width: int, height: int, x: float, y: float
) -> None:
    right, bottom = left + width, top + height
    polygon = Polygon(vertices=((left, top), (right, top), (right, bottom), (left, bottom)))
    box = Box(left=left, top=top, right=right, bottom=bottom)
    on_open_edge = x * 100 == right or y * 100 == bottom
    inside_box = hits(item(box, Benchmark.OSWORLD_G), (x, y))
    assert hits(item(polygon, Benchmark.OSWORLD_G), (x, y)) is (inside_box and not on_open_edge)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=3, max_size=8))
def test_where_an_outline_begins_does_not_matter(vertices: list[tuple[int, int]]) -> None:
    turned = Polygon(vertices=(*vertices[1:], vertices[0]))
    for point in ((0.3, 0.3), (0.5, 0.51), (0.71, 0.2)):
        assert hits(item(Polygon(vertices=tuple(vertices))), point) is hits(item(turned), point)


def test_areas() -> None:
    assert BOX.area_px == 500
    assert SQUARE.area_px == 1600
    assert Polygon(vertices=((0, 0), (10, 0), (0, 10))).area_px == 50
    assert SQUARE.bounds == Box(left=20, top=20, right=60, bottom=60)
