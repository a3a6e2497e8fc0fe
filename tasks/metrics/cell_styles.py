"""How cells look: their own style, or that of a conditional format that applies to them.

Knows openpyxl's cells and the formulas of conditional formats; does not know what a look is compared with.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.formatting.rule import Rule
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

from tasks.errors import EvaluationFailed
from tasks.metrics.workbooks import CellValue, Sheet

FONT_STYLES = {
    "font_name": "name",
    "font_family": "family",
    "font_color": "color.rgb",
    "font_bold": "bold",
    "font_italic": "italic",
    "font_underline": "underline",
    "font_size": "size",
}
"""OSWorld's names of what a font has, and openpyxl's. An empty cell has none of it."""

EMPTY_CELLS = 50
"""A conditional format is looked for in so many empty cells; the rest of a range with more is left out."""

FORMULA_CONDITIONS = frozenset(
    {
        "expression",
        "containsText",
        "notContainsText",
        "beginsWith",
        "endsWith",
        "containsErrors",
        "notContainsErrors",
    }
)
"""Conditions that are a formula of the cell's value."""

COMPARISONS: dict[str | None, Callable[[float, float], object]] = {
    "lessThan": operator.lt,
    "lessThanOrEqual": operator.le,
    "equal": operator.eq,
    "notEqual": operator.ne,
    "greaterThanOrEqual": operator.ge,
    "greaterThan": operator.gt,
}

ABSOLUTE_RANGE = re.compile(r"\$([A-Z]{1,3})\$(\d+)(?::\$([A-Z]{1,3})\$(\d+))?")


def cell_style(name: str, cell: Cell | MergedCell, conditional: DifferentialStyle | None = None) -> object:
    """One thing about the look of a cell, or None: its own, or what a conditional format makes of it.

    Names: `number_format` (of numbers), `font_name`, `font_family`, `font_color` (aRGB), `font_bold`, `font_italic`,
    `font_underline`, `font_size`, `fill_type`, `bgcolor` and `fgcolor` (aRGB, the same colour), `hyperlink`, `merge`
    (whether it is hidden by the first cell of a merged range).

    Raises:
        EvaluationFailed: there is no such name.
    """
    empty, look = cell.value is None, conditional or cell
    if name in FONT_STYLES:
        return None if empty else _attribute(look, f"font.{FONT_STYLES[name]}")
    match name:
        case "number_format":
            if empty or cell.data_type != "n":
                return None
            return cell.number_format if conditional is None else _attribute(conditional, "numFmt.formatCode")
        case "fill_type":
            return _attribute(look, "fill.tagname")
        case "bgcolor" | "fgcolor":
            return _attribute(look, "fill.fgColor.rgb" if conditional is None else "fill.bgColor.rgb")
        case "hyperlink":
            return None if empty else cell.hyperlink or ""
        case "merge":
            return isinstance(cell, MergedCell)
        case _:
            raise EvaluationFailed(f"The task asks for the style {name!r} of a cell, which no benchmark describes.")


def _attribute(holder: object, path: str) -> object:
    for name in path.split("."):
        holder = getattr(holder, name, None)
    return holder


def sheet_styles(sheet: Sheet, names: list[str]) -> Mapping[str, list[object]]:
    """The named styles of every cell of a sheet, by the cell's name; empty when there is no such sheet."""
    worksheet = sheet.worksheet
    if worksheet is None:
        return {}
    styles = {cell.coordinate: [cell_style(name, cell) for name in names] for row in worksheet for cell in row}
    for conditional in worksheet.conditional_formatting:
        for rule in conditional.rules:
            applies = _condition(rule, sheet)
            if applies is None:
                continue
            for cell in _cells_where(applies, conditional.cells.ranges, sheet, worksheet):
                styles[cell.coordinate] = [cell_style(name, cell, rule.dxf) for name in names]
    return styles


def _cells_where(
    applies: Callable[[CellValue], bool], ranges: list[CellRange], sheet: Sheet, worksheet: Worksheet
) -> list[Cell | MergedCell]:
    found: list[Cell | MergedCell] = []
    empty = 0
    for cells in ranges:
        for row, column in cells.cells:
            cell = worksheet.cell(row, column)
            value = sheet.values.get(cell.coordinate)
            if value is None:
                empty += 1
                if empty > EMPTY_CELLS:
                    break
            elif applies(value):
                found.append(cell)
    return found


def _condition(rule: Rule, sheet: Sheet) -> Callable[[CellValue], bool] | None:
    """Whether a value meets the condition of a conditional format; None for a condition that is not judged."""
    if rule.type != "cellIs" and rule.type not in FORMULA_CONDITIONS:
        return None
    # A heavy library, and few workbooks have conditional formats.
    from formulas import Parser

    try:
        formulas = [(Parser().ast(f"={text}")[1].compile(), _arguments(text, sheet)) for text in rule.formula]
        references = [formula() for formula, _ in formulas] if rule.type == "cellIs" else []
    except Exception:  # a formula may be anything that a user typed
        return None
    if not formulas:
        return None
    formula, arguments = formulas[0]

    def applies(value: CellValue) -> bool:
        try:
            if rule.type == "cellIs":
                return bool(_compared(rule.operator, cast(float, value), cast(Sequence[float], references)))
            return bool(formula(value, *arguments))
        except Exception:  # a value of another kind than the formula is for
            return False

    return applies


def _arguments(formula: str, sheet: Sheet) -> list[CellValue | list[CellValue]]:
    """The values of the absolute references in a formula, which it takes after the cell's own value."""
    found: list[CellValue | list[CellValue]] = []
    for column, row, last_column, last_row in ABSOLUTE_RANGE.findall(formula):
        if not last_column:
            found.append(sheet.values.get(f"{column}{row}"))
            continue
        cells = CellRange(f"{column}{row}:{last_column}{last_row}")
        found.append([sheet.values.get(CellRange(min_col=c, max_col=c, min_row=r, max_row=r).coord)
                      for r, c in cells.cells])  # fmt: skip
    return found


def _compared(comparison: str | None, value: float, references: Sequence[float]) -> object:
    if comparison in COMPARISONS:
        return COMPARISONS[comparison](value, references[0])
    if comparison not in ("between", "notBetween"):
        return False
    within = min(references) <= value <= max(references)
    return within if comparison == "between" else not within
