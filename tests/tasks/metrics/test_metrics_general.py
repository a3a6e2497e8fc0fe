from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tasks.errors import EvaluationFailed
from tasks.metrics.fuzzy import fuzzy_match
from tasks.metrics.general import (
    ExpectedObject,
    check_direct_json_object,
    check_include_exclude,
    exact_match,
    infeasible,
    is_in_list,
    literal_match,
    match_in_list,
    run_sqlite3,
)
from tests.tasks.metrics.conftest import WriteFile


def test_no_state_fulfils_what_cannot_be_done() -> None:
    assert infeasible() == 0.0


@pytest.mark.parametrize(("result", "score"), [("true\n", 1.0), ("true", 0.0), (None, 0.0), (["true\n"], 0.0)])
def test_exact_match(result: object, score: float) -> None:
    assert exact_match(result, {"expected": "true\n"}) == score


def test_literal_match() -> None:
    assert literal_match(3, "3") == 1.0
    assert literal_match("Yes", "yes") == 0.0
    assert literal_match(["A", 1], ("a", "1"), type="list", ignore_case=True) == 1.0
    assert literal_match(["A"], ["A", "B"], type="list") == 0.0
    assert literal_match("A", ["A"], type="list") == 0.0
    with pytest.raises(EvaluationFailed, match="'set'"):
        literal_match("a", "a", type="set")  # pyright: ignore[reportArgumentType]


def test_one_of_a_list() -> None:
    assert match_in_list("b", {"expected": ["a", "b"]}) == 1.0
    assert match_in_list("c", {"expected": ["a", "b"]}) == 0.0
    assert match_in_list(None, {"expected": "ab"}) == 0.0
    assert is_in_list(["a", "b"], {"expected": "b"}) == 1.0
    assert is_in_list("abc", {"expected": "bc"}) == 1.0
    assert is_in_list("abc", {"expected": "ca"}) == 0.0
    assert is_in_list(None, {"expected": "a"}) == 0.0


@pytest.mark.parametrize(
    ("result", "score"), [("all is well", 1.0), ("all is well, no error", 0.0), ("is well", 0.0), (None, 0.0)]
)
def test_include_exclude(result: str | None, score: float) -> None:
    assert check_include_exclude(result, {"include": ["all", "well"], "exclude": ["error"]}) == score


@pytest.mark.parametrize(
    ("result", "rules", "score"),
    [
        ({"a": 1, "b": 2}, {"expected": {"a": 1}}, 1.0),
        ({"a": "1"}, {"expected": {"a": 1}}, 0.0),
        ("{'a': [1, 2]}", {"expected": {"a": [1, 2]}}, 1.0),
        ("no JSON at all", {"expected": {"a": 1}}, 0.0),
        (None, {"expected": {"a": 1}}, 0.0),
        (["a"], {"expected": {"a": 1}}, 0.0),
        ({"a": "__EVALUATION_FAILED__"}, {"expected": {"a": "__EVALUATION_FAILED__"}}, 0.0),
        ({"q": "drip coffee maker"}, {"expected": {"q": "coffee"}, "expect_in_result": True}, 1.0),
        ({"q": "tea"}, {"expected": {"q": "coffee"}, "expect_in_result": True}, 0.0),
        ({"q": "tea"}, {"expected": {"q": ["coffee", "tea"]}, "expect_in_result": True}, 1.0),
        ({"q": ["tea"]}, {"expected": {"q": ["coffee", "tea"]}, "expect_in_result": True}, 1.0),
        ({"q": None}, {"expected": {"q": "tea"}, "expect_in_result": True}, 0.0),
        ({"q": 3}, {"expected": {"q": 3}, "expect_in_result": True}, 0.0),
        ({"m": ["c", "b", "a"]}, {"expected": {"m": ["a", "b", "c"]}, "ignore_list_order": True}, 1.0),
        ({"m": ["c", "b", "b"]}, {"expected": {"m": ["c", "b", "c"]}, "ignore_list_order": True}, 0.0),
        ({"m": ["c", "b"]}, {"expected": {"m": ["b", "c"]}}, 0.0),
    ],
)
def test_json_objects(result: object, rules: ExpectedObject, score: float) -> None:
    assert check_direct_json_object(result, rules) == score


def test_a_query(tmp_path: Path, write: WriteFile) -> None:
    path = tmp_path / "index.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("create table message (starred integer)")
        database.executemany("insert into message values (?)", [(1,), (0,), (1,)])
    database.close()
    assert run_sqlite3(str(path), {"sql": "select count(*) = 2 from message where starred"}) == 1.0
    assert run_sqlite3(str(path), {"sql": "select count(*) = 3 from message where starred"}) == 0.0
    assert run_sqlite3(str(path), {"sql": "select null"}) == 0.0
    assert run_sqlite3(write("broken.sqlite", "no database"), {"sql": "select 1 from message"}) == 0.0
    assert run_sqlite3(str(tmp_path / "missing.sqlite"), {"sql": "select 1"}) == 0.0
    assert not (tmp_path / "missing.sqlite").exists()


def test_fuzzy() -> None:
    assert fuzzy_match("kitten", {"expected": "kitten"}) == 1.0
    assert fuzzy_match("kitten", {"expected": "sitting"}) == pytest.approx(8 / 13)
    assert fuzzy_match(None, {"expected": "kitten"}) == 0.0
