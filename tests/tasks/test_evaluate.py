"""What a task scores, and what is no score: with functions of the tests' own where the rules of joining are meant."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.guest_client import GuestClient
from tasks.downloads import Downloads
from tasks.errors import EvaluationFailed, MissingLibrary, NotAvailable
from tasks.evaluate import evaluate
from tasks.guest import Guest
from tasks.schema import Evaluator

NOWHERE = Guest(GuestClient("127.0.0.1:9"), Path("unused"), Downloads(Path("unused")))


def result(guest, config):
    if config.get("missing"):
        raise FileNotFoundError("result.txt")
    if config.get("broken"):
        raise KeyError("key")
    return config.get("value")


def needs_library(*_):
    raise MissingLibrary("pip install it")


def exits(*_):
    sys.exit("A library gave up.")


def interrupted(*_):
    raise KeyboardInterrupt


GETTERS = {"given": result}
METRICS = {
    "share": lambda found, expected=0.0, **options: found - expected + options.get("bonus", 0.0),
    "fails": lambda *_: 1 / 0,
    "needs_library": needs_library,
    "exits": exits,
    "interrupted": interrupted,
}


def scored(said_impossible=False, **fields):
    evaluator = Evaluator.model_validate(fields)
    return evaluate(NOWHERE, evaluator, said_impossible, metrics=METRICS, getters=GETTERS)


def given_(**config):
    return {"type": "given", **config}


def test_one_check_gives_its_own_score():
    assert scored(func="share", result=given_(value=0.25)).score == 0.25
    expected = scored(func="share", result=given_(value=1.0), expected=given_(value=0.5), options={"bonus": 0.25})
    assert expected.score == 0.75


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=5), st.sampled_from(["and", "or"]))
def test_checks_are_joined_as_osworld_joins_them(values, conj):
    found = scored(func=["share"] * len(values), result=[given_(value=value) for value in values], conj=conj)
    if conj == "and":
        assert found.score == (0.0 if 0.0 in values else pytest.approx(sum(values) / len(values)))
    else:
        assert found.score == max(values)
    stop = {"and": 0.0, "or": 1.0}[conj]
    assert len(found.checks) == (values.index(stop) + 1 if stop in values else len(values))


def test_a_result_file_that_is_not_there_scores_nothing():
    assert scored(func="share", result=given_(missing=True)).score == 0.0
    both = [given_(missing=True), given_(value=1.0)]
    assert scored(func=["share"] * 2, result=both, conj="or").score == 1.0
    assert scored(func=["share"] * 2, result=both, conj="and").score == 0.0


def test_only_who_says_so_passes_a_task_that_cannot_be_done_and_fails_every_other():
    assert scored(func="infeasible").score == 0.0
    assert scored(said_impossible=True, func="infeasible").score == 1.0
    assert scored(said_impossible=True, func="share", result=given_(value=1.0)).score == 0.0


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"func": "fails", "result": given_(value=1)}, EvaluationFailed),
        ({"func": "share", "result": given_(broken=True)}, EvaluationFailed),
        ({"func": "share", "result": given_(value="text")}, EvaluationFailed),
        ({"func": "share", "result": given_(value=float("nan"))}, EvaluationFailed),
        ({"func": "share", "result": given_(value=float("inf"))}, EvaluationFailed),
        ({"func": "exits", "result": given_(value=1.0)}, EvaluationFailed),
        ({"func": "share", "result": given_(value=1.0), "expected": given_(missing=True)}, EvaluationFailed),
        ({"func": "unknown", "result": given_(value=1)}, NotAvailable),
        ({"func": "share", "result": {"type": "unknown"}}, NotAvailable),
        ({"func": "needs_library", "result": given_(value=1)}, MissingLibrary),
    ],
)
def test_what_goes_wrong_is_never_a_score(fields, error):
    with pytest.raises(error):
        scored(**fields)


def judged_by_rule(func, rules):
    expected = {"type": "rule", **({} if rules is None else {"rules": rules})}
    evaluator = Evaluator.model_validate(
        {"func": func, "result": {"type": "rule", "rules": "yes"}, "expected": expected}
    )
    return evaluate(NOWHERE, evaluator, False)


@pytest.mark.parametrize(
    ("func", "rules", "cause"),
    [
        ("exact_match", {}, "The metric exact_match failed: KeyError: 'expected'"),
        ("match_in_list", {}, "The metric match_in_list failed: KeyError: 'expected'"),
        ("exact_match", None, "The getter rule failed"),
    ],
)
def test_a_rule_without_its_key_is_named(func, rules, cause):
    with pytest.raises(EvaluationFailed, match=cause):
        judged_by_rule(func, rules)


def test_a_rule_that_the_original_does_without_scores_as_there():
    assert judged_by_rule("check_include_exclude", {}).score == 1.0


def test_an_unforeseen_failure_of_a_step_before_the_evaluation_is_named():
    def sleep(_seconds):
        raise KeyError("clock")

    step = {"type": "sleep", "parameters": {"seconds": 1}}
    evaluator = Evaluator.model_validate({"func": "infeasible", "postconfig": [step]})
    with pytest.raises(EvaluationFailed, match="A step before the evaluation failed: KeyError"):
        evaluate(NOWHERE, evaluator, True, sleep=sleep)


def test_an_interruption_stays_one():
    with pytest.raises(KeyboardInterrupt):
        scored(func="interrupted", result=given_(value=1.0))
