"""The rules by which a task's file says what a workbook should be like.

Knows each type of rule and what of two workbooks it compares; how a sheet is read is in `workbooks.py`, its styles in
`cell_styles.py`, its charts and the like in `table_objects.py`. The semantics are those of OSWorld's
`evaluators/metrics/table.py`.
"""

# Each type of rule has keys of its own; one that lacks a key is reported by `holds`.
# pyright: reportTypedDictNotRequiredAccess=false

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Required, TypedDict

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import MultiCellRange

from tasks.errors import EvaluationFailed
from tasks.metrics.cell_styles import cell_style, sheet_styles
from tasks.metrics.fuzzy import similarity
from tasks.metrics.rules import Rule, matches
from tasks.metrics.table_objects import charts, dimensions, filters, pivot_tables, sparklines
from tasks.metrics.workbooks import Book, Sheet

DECIMALS = 4
"""Numbers are compared when rounded so, unless a rule says otherwise: OSWorld's `precision`."""

THRESHOLD = 85.0
"""Texts are alike from so many percent on, unless a rule says otherwise: OSWorld's `threshold`."""

SheetIndex = int | str
"""A sheet: a number or `RI0` for one of the result, `RNSheet1` by its name; `EI0`, `ENSheet1` of the expected one."""


class CellsRule(TypedDict, total=False):
    """How the cells of some ranges are compared, after both sides have been tidied."""

    range: Required[list[str]]
    type: Required[Literal["includes", "included_by", "fuzzy_match", "exact_match"]]
    threshold: float
    ignore_case: bool
    ignore_chars: str
    trim_leadings: str
    trim_trailings: str
    normalization: list[list[str]]


class TableRule(TypedDict, total=False):
    """One rule. Each type reads some of the keys."""

    type: str
    sheet_idx: SheetIndex
    sheet_idx0: SheetIndex
    sheet_idx1: SheetIndex
    precision: int
    ignore_case: bool
    rules: list[CellsRule]
    chart_props: list[str]
    pivot_props: list[str]
    props: list[str] | dict[str, Rule]
    dv_props: list[dict[str, Rule]]
    coordinate: str
    method: str
    ref: object


@dataclass(frozen=True, slots=True)
class Books:
    """The workbook that is judged, and the one that it is held against, where a task has that."""

    result: Book
    expected: Book | None

    def sheet(self, index: SheetIndex) -> Sheet:
        """The sheet that a rule names; one that does not exist is a sheet with nothing.

        Raises:
            EvaluationFailed: the rule names no sheet, or one of an expected workbook that the task does not have.
        """
        written = f"RI{index}" if isinstance(index, int) else index
        kind, name = written[:2], written[2:]
        book = {"R": self.result, "E": self.expected}.get(kind[:1])
        if book is None or kind[1:] not in ("I", "N"):
            raise EvaluationFailed(
                f"The task's rule is about the sheet {index!r}, which is in no workbook of the task."
            )
        return Sheet(book, name if kind[1] == "N" else _at(book.sheet_names, name))

    def pair(self, rule: TableRule) -> tuple[Sheet, Sheet]:
        """Both sheets of a rule that compares two."""
        return self.sheet(rule["sheet_idx0"]), self.sheet(rule["sheet_idx1"])


def _at(names: list[str], index: str) -> str:
    try:
        return names[int(index)]
    except (IndexError, ValueError):
        return ""  # no sheet is called so


def holds(rule: TableRule, books: Books) -> bool:
    """Whether a workbook is as a rule has it.

    Raises:
        EvaluationFailed: no benchmark has such a rule, or it lacks a key.
        UnreadableFile: the text that was printed beside a workbook is missing.
    """
    kind = rule.get("type", "")
    if kind not in RULES:
        raise EvaluationFailed(f"The task has a rule for tables of the type {kind!r}, which no benchmark describes.")
    try:
        return RULES[kind](rule, books)
    except KeyError as missing:
        raise EvaluationFailed(f"The task has a rule for tables of the type {kind!r} without {missing}.") from missing


def _sheet_name(rule: TableRule, books: Books) -> bool:
    return books.expected is not None and books.result.sheet_names == books.expected.sheet_names


def _sheet_data(rule: TableRule, books: Books) -> bool:
    first, second = (sheet.data for sheet in books.pair(rule))
    if first is None or second is None:
        return False
    decimals = rule.get("precision", DECIMALS)
    return bool(first.round(decimals).equals(second.round(decimals)))


def _sheet_print(rule: TableRule, books: Books) -> bool:
    first, second = (sheet.printed for sheet in books.pair(rule))
    if rule.get("ignore_case", False):
        first, second = [line.lower() for line in first], [line.lower() for line in second]
    return first == second


def _sheet_fuzzy(rule: TableRule, books: Books) -> bool:
    first, second = books.pair(rule)
    return all(
        _are_alike(str(first.values.get(name)), str(second.values.get(name)), cells)
        for cells in rule["rules"]
        for name in _cell_names(cells["range"])
    )


def _cell_names(ranges: list[str]) -> list[str]:
    cells = MultiCellRange(ranges)  # pyright: ignore[reportArgumentType]  # takes a list, as openpyxl's own tests do
    return [f"{get_column_letter(column)}{row}" for each in cells for row, column in each.cells]


def _are_alike(first: str, second: str, rule: CellsRule) -> bool:
    first, second = _tidied(first, rule), _tidied(second, rule)
    match rule["type"]:
        case "includes":
            return second in first
        case "included_by":
            return first in second
        case "exact_match":
            return first == second
        case "fuzzy_match":
            return similarity(first, second) * 100 >= rule.get("threshold", THRESHOLD)


def _tidied(text: str, rule: CellsRule) -> str:
    for written, normal in rule.get("normalization", []):
        text = text.replace(written, normal)
    # Trimming nothing is not the same as trimming white space, which strip() does when given None.
    text = text.lstrip(rule.get("trim_leadings", "")).rstrip(rule.get("trim_trailings", ""))
    text = "".join(character for character in text if character not in rule.get("ignore_chars", ""))
    return text.lower() if rule.get("ignore_case", False) else text


def _freeze(rule: TableRule, books: Books) -> bool:
    first, second = (sheet.worksheet for sheet in books.pair(rule))
    return first is not None and second is not None and first.freeze_panes == second.freeze_panes


def _zoom(rule: TableRule, books: Books) -> bool:
    worksheet = books.sheet(rule["sheet_idx"]).worksheet
    if worksheet is None:
        return False
    return matches(worksheet.sheet_view.zoomScale or 100.0, {"method": rule["method"], "ref": rule["ref"]})


def _data_validation(rule: TableRule, books: Books) -> bool:
    worksheet = books.sheet(rule["sheet_idx"]).worksheet
    if worksheet is None:
        return False
    found, allowed = worksheet.data_validations.dataValidation, rule["dv_props"]
    return len(found) >= len(allowed) and all(
        any(all(_matches(getattr(each, name), wanted) for name, wanted in one.items()) for one in allowed)
        for each in found
    )


def _check_cell(rule: TableRule, books: Books) -> bool:
    sheet, properties = books.sheet(rule["sheet_idx"]), rule["props"]
    cell = None if sheet.worksheet is None else sheet.worksheet[rule["coordinate"]]
    if not isinstance(cell, Cell | MergedCell) or not isinstance(properties, dict):
        return False
    return all(
        _matches(sheet.values.get(rule["coordinate"]) if name == "value" else cell_style(name, cell), wanted)
        for name, wanted in properties.items()
    )


def _matches(value: object, rule: Rule) -> bool:
    try:
        return matches(value, rule)
    except TypeError:  # a text where a number is expected, or nothing at all
        return False


def _compared(look: Callable[[Sheet, TableRule], object]) -> Callable[[TableRule, Books], bool]:
    """A rule that two sheets look the same, in what `look` sees of them."""

    def same(rule: TableRule, books: Books) -> bool:
        first, second = books.pair(rule)
        return look(first, rule) == look(second, rule)

    return same


RULES: Mapping[str, Callable[[TableRule, Books], bool]] = {
    "sheet_name": _sheet_name,
    "sheet_data": _sheet_data,
    "sheet_print": _sheet_print,
    "sheet_fuzzy": _sheet_fuzzy,
    "sparkline": _compared(lambda sheet, _: sparklines(sheet)),
    "chart": _compared(lambda sheet, rule: charts(sheet, rule.get("chart_props", []))),
    "style": _compared(lambda sheet, rule: sheet_styles(sheet, list(rule.get("props", [])))),
    "freeze": _freeze,
    "zoom": _zoom,
    "data_validation": _data_validation,
    "row_props": _compared(lambda sheet, rule: dimensions(sheet, "row", list(rule.get("props", [])))),
    "col_props": _compared(lambda sheet, rule: dimensions(sheet, "column", list(rule.get("props", [])))),
    "filter": _compared(lambda sheet, _: filters(sheet)),
    "pivot_table": _compared(lambda sheet, rule: pivot_tables(sheet, rule.get("pivot_props", []))),
    "check_cell": _check_cell,
}
"""How each type of rule is judged."""
