"""Workbooks against what a task expects of them.

The semantics are those of OSWorld's `evaluators/metrics/table.py`; the rules are in `tasks/metrics/table_rules.py`.
"""

from __future__ import annotations

from typing import TypedDict

from openpyxl import load_workbook

from tasks.metrics.files import opened, zero_if_unreadable
from tasks.metrics.table_rules import Books, TableRule, holds
from tasks.metrics.workbooks import Book

CITY_CELLS = "C2:C22"
"""Where OSWorld's `compare_conference_city_in_order` looks for the cities."""


class ExpectedCities(TypedDict):
    """For each row a city, or several ways to write it."""

    expected: list[str | list[str]]


@zero_if_unreadable
def compare_table(result: str | None, expected: str | None = None, *, rules: list[TableRule]) -> float:
    """1.0 when an XLSX workbook is as each of `rules` has it, held against the expected one, else 0.0.

    Raises:
        EvaluationFailed: a rule is of a kind that no benchmark describes, or needs an expected workbook where the
            task has none.
    """
    books = Books(opened(result, Book), None if expected is None else opened(expected, Book))
    return float(all(holds(rule, books) for rule in rules))


@zero_if_unreadable
def compare_conference_city_in_order(actual_city_list_path: str | None, expected_city: ExpectedCities) -> float:
    """1.0 when each cell of C2:C22 of the active sheet names the city of `expected_city["expected"]`, else 0.0."""
    sheet = opened(actual_city_list_path, load_workbook).active
    cells = [cell.value for row in sheet[CITY_CELLS] for cell in row] if sheet is not None else []
    wanted = [[each] if isinstance(each, str) else each for each in expected_city["expected"]]
    return float(
        0 < len(cells) <= len(wanted)
        and all(
            isinstance(cell, str) and any(city in cell for city in cities)
            for cell, cities in zip(cells, wanted, strict=False)
        )
    )
