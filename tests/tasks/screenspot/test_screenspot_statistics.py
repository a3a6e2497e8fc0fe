"""Averages, intervals and kinds of sizes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.screenspot.items import Absent, Benchmark, Box, Item, Target
from tasks.screenspot.methods import Method
from tasks.screenspot.records import Record
from tasks.screenspot.scoring import Prediction, Verdict
from tasks.screenspot.statistics import image_size, summarise, target_size


def record(
    verdict: Verdict,
    platform: str | None = None,
    target: Target | None = None,
    size: tuple[int, int] = (100, 100),
    seconds: float = 1.0,
) -> Record:
    return Record(
        method=Method.PLAIN,
        item=Item(
            id="1",
            published_id="1",
            position=0,
            benchmark=Benchmark.OWN,
            file="file",
            image=Path("image.png"),
            image_size=size,
            instruction="it",
            target=target or Box(left=0, top=0, right=10, bottom=10),
            platform=platform,
        ),
        verdict=verdict,
        prediction=Prediction(),
        text="",
        looks=1,
        prompt_tokens=100,
        output_tokens=10,
        log_probability=None,
        seconds=seconds,
    )


def test_micro_counts_items_and_macro_counts_kinds() -> None:
    records = [record(Verdict.CORRECT, "web")] * 9 + [record(Verdict.WRONG, "web")] + [record(Verdict.WRONG, "mac")] * 2
    summary = summarise(records)
    assert summary.overall.share.accuracy == pytest.approx(9 / 12)
    (platform,) = summary.breakdowns
    assert platform.macro.accuracy == pytest.approx((0.9 + 0.0) / 2)
    assert [(row.label, row.right, row.total) for row in platform.rows] == [("mac", 0, 2), ("web", 9, 10)]


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 50))
def test_intervals_hold_the_accuracy_and_are_reproducible(right: int, wrong: int, wrong_format: int) -> None:
    records = (
        [record(Verdict.CORRECT)] * right
        + [record(Verdict.WRONG)] * wrong
        + [record(Verdict.WRONG_FORMAT)] * wrong_format
    )
    if not records:
        return
    overall = summarise(records).overall
    assert overall == summarise(records[::-1]).overall
    assert overall.wrong_format == wrong_format
    assert overall.share.accuracy == pytest.approx(right / len(records))
    assert 0 <= overall.share.low <= overall.share.accuracy <= overall.share.high <= 1


def test_the_interval_is_that_of_the_bootstrap() -> None:
    """For 50 of 100 a normal approximation is good: 0.5 +- 1.96 x 0.05."""
    share = summarise([record(Verdict.CORRECT)] * 50 + [record(Verdict.WRONG)] * 50).overall.share
    assert (share.low, share.high) == pytest.approx((0.402, 0.598), abs=0.011)


@pytest.mark.parametrize(
    ("side", "label"),
    [(15.9, "under 16 px"), (16, "16 to 32 px"), (64, "64 to 128 px"), (128, "128 px and more")],
)
def test_target_sizes(side: float, label: str) -> None:
    assert target_size(record(Verdict.WRONG, target=Box(left=0, top=0, right=2 * side, bottom=side / 2))) == label


def test_what_is_absent_has_no_size() -> None:
    assert target_size(record(Verdict.WRONG, target=Absent())) is None


@pytest.mark.parametrize(
    ("size", "label"),
    [((640, 480), "under 1 Mpx"), ((1000, 1000), "1 to 2 Mpx"), ((3840, 2160), "8 Mpx and more")],
)
def test_image_sizes(size: tuple[int, int], label: str) -> None:
    assert image_size(record(Verdict.WRONG, size=size)) == label


def test_sizes_are_shown_from_small_to_large() -> None:
    records = [
        record(Verdict.WRONG, target=Box(left=0, top=0, right=side, bottom=side)) for side in (200, 100, 40, 20, 5)
    ]
    part = summarise(records).breakdown("target size")
    assert part is not None
    assert [row.label for row in part.rows] == [
        "under 16 px",
        "16 to 32 px",
        "32 to 64 px",
        "64 to 128 px",
        "128 px and more",
    ]


def test_cost() -> None:
    cost = summarise([record(Verdict.WRONG, seconds=seconds) for seconds in (1, 2, 6)]).cost
    assert (cost.mean_s, cost.median_s) == (3, 2)
    assert (cost.prompt_tokens, cost.output_tokens, cost.looks) == (100, 10, 1)
