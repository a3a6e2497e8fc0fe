"""What is in Visual Studio Code's files, and whether code that was written there passes its tests.

Knows the file `keybindings.json`, what commands print, and Python files; knows no running editor, and runs nothing in
its own process. The semantics are those of OSWorld's `evaluators/metrics/vscode.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from tasks.errors import EvaluationFailed
from tasks.metrics.files import opened, read_text, zero_if_unreadable
from tasks.metrics.locked_python import score_of

TOLERANCE = 1e-4
"""How far from the expected number a result may be."""


class KeyBinding(TypedDict):
    """One entry of the list."""

    expected: dict[str, object]


class ContentRule(TypedDict):
    """`contain` or `not_contain`, and a text."""

    type: str
    expected: str


@zero_if_unreadable
def check_json_keybindings(actual: str | None, expected: KeyBinding) -> float:
    """1.0 when `expected["expected"]` is one of the bindings, else 0.0.

    Args:
        actual: path to `keybindings.json`: a list, perhaps after one line of comment.
        expected: the binding, with all its entries.
    """
    text = read_text(actual)
    bindings = next((found for found in map(_list, (text, text.partition("\n")[2])) if found is not None), [])
    return float(expected["expected"] in bindings)


def is_extension_installed(actual: str | None, rules: ContentRule) -> float:
    """1.0 when a command printed `rules["expected"]`, or for `not_contain` when it did not; else 0.0.

    Without any output to look at, None, it is 0.0 for both.

    Raises:
        EvaluationFailed: the rule is of another type.
    """
    if rules["type"] not in ("contain", "not_contain"):
        raise EvaluationFailed(
            f"The task's rule is of the type {rules['type']!r}, which is_extension_installed has not."
        )
    return float(actual is not None and (rules["expected"] in actual) == (rules["type"] == "contain"))


@zero_if_unreadable
def compare_result_files(src_path: str | None, tgt_path: str | None) -> float:
    """1.0 when a file has the expected result, else 0.0.

    An expected number may be anywhere in the text as it is written, or be all of it within `TOLERANCE`; anything else
    must be the same text, up to the space around it.
    """
    found, expected = read_text(src_path).strip(), read_text(tgt_path).strip()
    number = _number(expected)
    if math.isnan(number):
        return float(found == expected)
    return float(expected in found or abs(_number(found) - number) < TOLERANCE)


@zero_if_unreadable
def check_python_file_by_test_suite(
    actual_files: str | Sequence[str | None] | None, test_file: str | None, test_function_name: str = "test"
) -> float:
    """What a test function returns: a number, at least 0.0 and at most 1.0, or else whether it is true.

    The test and the files run in a process of their own, as `locked_python` describes. It is 0.0 when anything goes
    wrong there: an exception, no such function, no end.

    Args:
        actual_files: the agent's files. All other Python files beside the test are there too.
        test_file: the test, which imports them.
        test_function_name: a function without parameters.

    Raises:
        MissingLibrary: the code needs pygame, as that of both tasks does, and it is not installed.
    """
    test = opened(test_file, Path)
    files = [actual_files] if isinstance(actual_files, str) else actual_files or []
    present = [Path(file) for file in files if file and Path(file).is_file()]
    return score_of(test, test_function_name, beside=[*test.parent.glob("*.py"), *present])


def _list(text: str) -> list[object] | None:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, list) else None


def _number(text: str) -> float:
    """The number that a text is; NaN when it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
