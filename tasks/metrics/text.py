"""Text files: their lines, their patterns, and whether two are the same.

Knows plain text only. The semantics are those of OSWorld's `evaluators/metrics/general.py`, `table.py` and `vscode.py`.
"""

from __future__ import annotations

import difflib
import io
import json
import re
from itertools import takewhile
from typing import TypedDict

from tasks.metrics.files import UnreadableFile, read_lines, read_text, zero_if_unreadable


class ExpectedText(TypedDict):
    """A text, or for a count a number."""

    expected: str


class ExpectedTexts(TypedDict):
    """Texts that are all to be found."""

    expected: list[str]


class Patterns(TypedDict, total=False):
    """Regular expressions that some line has, each of them, and those that no line has."""

    expect: list[str]
    unexpect: list[str]


TIME_OF_DAY = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)")
"""Hours, minutes and seconds, a leap second included: OSWorld's `check_line_number`."""

HEADER_LINES = 3
"""So many lines of a Python file may be a shebang or name an encoding: OSWorld's `compare_python_pure_text`."""

HEADERS = ("#!", "# -*- coding:", "# coding:", "# coding=")


def without_blanks(text: str) -> str:
    """A text with one space for each stretch of white space, and none at its ends."""
    return " ".join(text.split())


@zero_if_unreadable
def compare_text_file(
    actual: str | None, expected: str | None, ignore_blanks: bool = False, ignore_case: bool = False
) -> float:
    """1.0 when two text files are the same, with `ignore_blanks` except for how much white space there is, else 0.0."""
    texts = read_text(actual), read_text(expected)
    if ignore_blanks:
        texts = without_blanks(texts[0]), without_blanks(texts[1])
    if ignore_case:
        texts = texts[0].lower(), texts[1].lower()
    return float(texts[0] == texts[1])


@zero_if_unreadable
def compare_config(actual: str | None, rules: ExpectedText, containment_ok: bool = False) -> float:
    """1.0 when a file's text is `rules["expected"]`, else 0.0.

    With `containment_ok` it may be a part of the file: of its text or, when both are JSON objects, of its members.
    """
    text, expected = read_text(actual), rules["expected"]
    return float(text == expected or (containment_ok and (expected.strip() in text or _has_members(text, expected))))


def _has_members(text: str, expected: str) -> bool:
    try:
        found, wanted = json.loads(text), json.loads(expected)
    except json.JSONDecodeError:
        return False
    return isinstance(found, dict) and isinstance(wanted, dict) and wanted.items() <= found.items()


@zero_if_unreadable
def diff_text_file(result: str | None, expect: str | None) -> float:
    """How alike the lines of two files are, from 0.0 to 1.0: the ratio of Python's `difflib`."""
    return difflib.SequenceMatcher(a=read_text(result).splitlines(), b=read_text(expect).splitlines()).ratio()


@zero_if_unreadable
def compare_python_pure_text(py_file_path: str | None, gold_file_path: str | None) -> float:
    """Two Python files by their lines, else 0.0.

    1.0 when they are the same but for empty lines, white space at the ends of lines, tabs of four, and a shebang or
    an encoding in the first three lines.
    """
    return float(_source_lines(read_text(py_file_path)) == _source_lines(read_text(gold_file_path)))


def _source_lines(source: str) -> list[str]:
    lines = source.splitlines()
    headers = list(takewhile(lambda line: line.strip().startswith(HEADERS), lines[:HEADER_LINES]))
    return [line.expandtabs(4).rstrip() for line in lines[len(headers) :] if line.strip()]


@zero_if_unreadable
def check_list(result: str | None, rules: Patterns) -> float:
    """1.0 when each pattern of `rules["expect"]` is in some line of a file and none of `rules["unexpect"]` in any."""
    lines = list(io.StringIO(read_text(result)))

    def found(pattern: str) -> bool:
        return any(re.search(pattern, line) for line in lines)

    return float(all(map(found, rules.get("expect", []))) and not any(map(found, rules.get("unexpect", []))))


@zero_if_unreadable
def check_line_number(file_path: str | None, line_number: ExpectedText) -> float:
    """1.0 when as many lines of a file as `line_number["expected"]` says have a time of day in them, else 0.0."""
    lines = io.StringIO(read_text(file_path))
    return float(sum(TIME_OF_DAY.search(line) is not None for line in lines) == int(line_number["expected"]))


@zero_if_unreadable
def file_contains(file_path: str | None, config: ExpectedTexts) -> float:
    """1.0 when all of `config["expected"]` are in a file's text, else 0.0."""
    text = read_text(file_path)
    return float(all(each in text for each in config["expected"]))


@zero_if_unreadable
def compare_csv(
    result: str | None, expected: str | list[str] | None, strict: bool = True, ignore_case: bool = False
) -> float:
    """1.0 when a file has the lines of the expected file, or of one of several, else 0.0.

    Without `strict` the white space at the ends of a line does not matter. An expected file that cannot be read is
    left out.
    """

    def lines(path: str | None) -> list[str]:
        read = read_lines(path)
        read = read if strict else [line.strip() for line in read]
        return [line.lower() for line in read] if ignore_case else read

    def is_same(path: str | None) -> bool:
        try:
            return lines(path) == found
        except UnreadableFile:
            return False

    found = lines(result)
    return float(any(map(is_same, expected if isinstance(expected, list) else [expected])))
