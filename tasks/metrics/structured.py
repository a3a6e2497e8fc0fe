"""Values inside JSON, YAML and CSV files.

Knows the formats and where in them a rule looks; how a value is held against a rule is in `tasks/metrics/rules.py`.
The semantics are those of OSWorld's `evaluators/metrics/general.py` and `vscode.py`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import TypedDict, cast

import yaml

from tasks.metrics.files import opened, read_text, zero_if_unreadable
from tasks.metrics.rules import Rule, matches


class KeyedRule(Rule):
    """A rule for the value at a path of keys."""

    key: list[str | int]


class KeyedRules(TypedDict, total=False):
    """Rules of which all hold, and rules of which none does."""

    expect: list[KeyedRule]
    unexpect: list[KeyedRule]


class Records(TypedDict, total=False):
    """Rows that a table has, each once or more, and rows that it must not have; a row may have more columns."""

    expect: list[dict[str, str]]
    unexpect: list[dict[str, str]]


class ExpectedSettings(TypedDict):
    """Settings and their values."""

    expected: Mapping[str, object]


@zero_if_unreadable
def check_json(result: str | None, rules: KeyedRules, is_yaml: bool = False) -> float:
    """Values in a JSON file, or with `is_yaml` in a YAML file, against `rules["expect"]` and `rules["unexpect"]`.

    1.0 when every expected rule holds and no unexpected one does, else 0.0: also when an expected key is missing, when
    a value is not of a kind that its rule can judge, and when the file is none. A missing key counts as null for the
    unexpected rules.
    """
    content = opened(result, lambda path: _parsed(path, is_yaml))
    try:
        return float(
            all(matches(_at(content, rule["key"]), rule) for rule in rules.get("expect", []))
            and not any(_matches_or_null(content, rule) for rule in rules.get("unexpect", []))
        )
    except (LookupError, TypeError):
        return 0.0


def _parsed(path: str, is_yaml: bool) -> object:
    text = read_text(path)
    if not is_yaml:
        return json.loads(text)
    content = yaml.safe_load(text)
    if content is None:
        raise ValueError("the file is empty")
    return content


def _at(content: object, keys: list[str | int]) -> object:
    for key in keys:
        content = cast(dict[str | int, object], content)[key]
    return content


def _matches_or_null(content: object, rule: KeyedRule) -> bool:
    try:
        value = _at(content, rule["key"])
    except (KeyError, TypeError):
        value = None
    return matches(value, rule)


@zero_if_unreadable
def check_json_settings(actual: str | None, expected: ExpectedSettings) -> float:
    """1.0 when a JSON file has each setting of `expected["expected"]` with that value, else 0.0."""
    settings = opened(actual, lambda path: json.loads(read_text(path)))
    return float(
        isinstance(settings, dict)
        and all(key in settings and settings[key] == value for key, value in expected["expected"].items())
    )


@zero_if_unreadable
def check_csv(result: str | None, rules: Records) -> float:
    """1.0 when a CSV file with a line of names has all rows of `rules["expect"]` and none of `rules["unexpect"]`."""
    rows = opened(result, lambda path: list(csv.DictReader(io.StringIO(read_text(path)))))

    def has(wanted: dict[str, str]) -> bool:
        return any(all(key in row and row[key] == value for key, value in wanted.items()) for row in rows)

    return float(all(map(has, rules.get("expect", []))) and not any(map(has, rules.get("unexpect", []))))
