import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.statistics import mean_of, share_of


@settings(deadline=None, max_examples=20)
@given(st.lists(st.sampled_from([0.0, 0.25, 0.8, 1.0]), min_size=1, max_size=60))
def test_the_mean_lies_in_its_interval_and_the_interval_among_the_scores(scores):
    share = mean_of(scores)
    assert share.accuracy == pytest.approx(sum(scores) / len(scores))
    assert min(scores) - 1e-9 <= share.low <= share.accuracy + 1e-9
    assert share.accuracy - 1e-9 <= share.high <= max(scores) + 1e-9
    assert mean_of(scores) == share


def test_whole_scores_have_the_interval_of_a_share():
    mean, share = mean_of([1.0] * 30 + [0.0] * 70), share_of([(100, 30)])
    assert (mean.low, mean.high) == (pytest.approx(share.low, abs=0.011), pytest.approx(share.high, abs=0.011))


def test_no_scores_are_no_share():
    assert mean_of([]).accuracy == share_of([]).accuracy == 0.0
