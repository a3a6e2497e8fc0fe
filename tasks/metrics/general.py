"""Values against expectations: texts, lists, JSON objects, one database query.

Knows plain values, as getters hand them over; needs nothing beyond the standard library. The semantics are those of
OSWorld's `evaluators/metrics/general.py`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from typing import Literal, TypedDict, cast

from tasks.errors import EvaluationFailed
from tasks.metrics.files import opened, zero_if_unreadable


class Expected(TypedDict):
    """The rule of most metrics: what is expected."""

    expected: object


class IncludeExclude(TypedDict, total=False):
    """What a text must have in it, all of it, and what it must not, none of it."""

    include: list[str]
    exclude: list[str]


class ExpectedObject(TypedDict, total=False):
    """What a JSON object should have, and how it is compared."""

    expected: Mapping[str, object]
    expect_in_result: bool
    """Each value found need only have the expected text in it, or be or have one of the expected list."""
    ignore_list_order: bool
    """Values are lists, and their order does not matter."""


class Query(TypedDict):
    """A query whose first column of its first row is the score."""

    sql: str


FAILED_EXPECTATION = "__EVALUATION_FAILED__"
"""What a getter puts in place of a value that it could not find out."""


def infeasible() -> float:
    """No state fulfils a task that cannot be done: 0.0. Whether the agent said so is judged by its last action."""
    return 0.0


def exact_match(result: object, rules: Expected) -> float:
    """1.0 when the result equals `rules["expected"]`, else 0.0."""
    return float(result == rules["expected"])


def literal_match(
    result: object, expected: object, type: Literal["str", "list"] = "str", ignore_case: bool = False
) -> float:
    """Two values as they are written, or two lists of them, in order: 1.0 when they are equal, else 0.0.

    Raises:
        EvaluationFailed: the option `type` is neither "str" nor "list".
    """

    def written(value: object) -> str:
        return str(value).lower() if ignore_case else str(value)

    match type:
        case "str":
            return float(written(result) == written(expected))
        case "list":
            if not isinstance(result, list | tuple) or not isinstance(expected, list | tuple):
                return 0.0
            found, wanted = cast(list[object], result), cast(list[object], expected)
            return float([written(each) for each in found] == [written(each) for each in wanted])
        case _:
            raise EvaluationFailed(f"literal_match compares the types 'str' and 'list', not {type!r}.")


def match_in_list(result: object, rules: Expected) -> float:
    """1.0 when the result is one of `rules["expected"]`, else 0.0."""
    return float(_is_in(result, rules["expected"]))


def is_in_list(result: object, rules: Expected) -> float:
    """1.0 when `rules["expected"]` is one of the result, or a part of it when both are texts, else 0.0."""
    return float(_is_in(rules["expected"], result))


def _is_in(member: object, container: object) -> bool:
    if isinstance(container, str):
        return isinstance(member, str) and member in container
    return isinstance(container, Collection) and member in container


def check_include_exclude(result: str | list[str] | None, rules: IncludeExclude) -> float:
    """1.0 when all of `rules["include"]` are in the result and none of `rules["exclude"]` is, else 0.0."""
    if result is None:
        return 0.0
    wanted, unwanted = rules.get("include", []), rules.get("exclude", [])
    return float(all(each in result for each in wanted) and not any(each in result for each in unwanted))


def check_direct_json_object(result: object, rules: ExpectedObject) -> float:
    """An object, or a text that writes one, against `rules["expected"]`, key by key.

    1.0 when every expected key has its value, else 0.0: more keys in the result do not matter. A text may have single
    quotes where JSON has double ones.
    """
    if isinstance(result, str):
        try:
            result = json.loads(result.strip().replace("'", '"'))
        except json.JSONDecodeError:
            return 0.0
    expected = rules.get("expected", {})
    if not isinstance(result, Mapping) or FAILED_EXPECTATION in expected.values():
        return 0.0
    found = cast(Mapping[str, object], result)
    if rules.get("expect_in_result", False):
        return float(all(_expected_in(wanted, found.get(key)) for key, wanted in expected.items()))
    if rules.get("ignore_list_order", False):
        return float(all(_same_members(wanted, found.get(key)) for key, wanted in expected.items()))
    return float(all(wanted == found.get(key) for key, wanted in expected.items()))


def _expected_in(wanted: object, found: object) -> bool:
    if isinstance(wanted, str):
        return _is_in(wanted, found)
    if not isinstance(wanted, list):
        return False
    any_of = cast(list[object], wanted)
    if isinstance(found, list):
        return any(each in cast(list[object], found) for each in any_of)
    return isinstance(found, str) and found in any_of


def _same_members(wanted: object, found: object) -> bool:
    if not isinstance(wanted, list) or not isinstance(found, list):
        return wanted == found
    rest = list(cast(list[object], found))
    for each in cast(list[object], wanted):
        if each not in rest:
            return False
        rest.remove(each)
    return not rest


@zero_if_unreadable
def run_sqlite3(result: str | None, rules: Query) -> float:
    """The number that `rules["sql"]` gives on an SQLite database; 0.0 for NULL and for what is no such database.

    The file is opened read-only and as it is, without the journals that may lie beside it.
    """

    def query(path: str) -> float:
        location = f"{Path(path).absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(location, uri=True)) as connection:
            return float(connection.execute(rules["sql"]).fetchone()[0] or 0)

    return opened(result, query)
