"""What lies on a sheet beside its cells: charts, pivot tables, filters, sparklines, rows and columns.

Knows openpyxl's objects and turns each into plain values that can be compared; does not know with what.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import Literal, cast

from openpyxl.chart._chart import ChartBase
from openpyxl.pivot.table import TableDefinition
from openpyxl.utils import coordinate_to_tuple
from openpyxl.worksheet.worksheet import Worksheet

from tasks.metrics.workbooks import NAMESPACES, Sheet

Properties = dict[str, object]


def charts(sheet: Sheet, names: list[str]) -> Mapping[str, Properties]:
    """The named properties of each chart, by where its data come from.

    Names: `title`, `xtitle`, `ytitle`, `ztitle`, `legend` (its position), `type` (as in `barChart`), `direction` (of
    bars), `width`, `height`, `anchor` (how it moves with the cells, and its first and last column and row).
    """
    found = cast(list[ChartBase], getattr(sheet.worksheet, "_charts", []))
    return {_sources(chart): {name: _chart_property(chart, name) for name in sorted(set(names))} for chart in found}


def _sources(chart: ChartBase) -> str:
    return ";".join(f"{_reference(series.val)},{_reference(series.cat)}" for series in chart.series)


def _reference(data: object) -> str:
    for kind in ("numRef", "strRef"):
        reference = getattr(data, kind, None)
        if reference is not None:
            return str(reference.f)
    return ""


def _chart_property(chart: ChartBase, name: str) -> object:
    match name:
        case "title":
            return _title(chart)
        case "xtitle" | "ytitle" | "ztitle":
            return _title(getattr(chart, f"{name[0]}_axis", None))
        case "legend":
            return None if chart.legend is None else chart.legend.position
        case "type":
            return chart.tagname
        case "direction":
            return getattr(chart, "barDir", None)
        case "anchor":
            first, last = getattr(chart.anchor, "_from", None), getattr(chart.anchor, "to", None)
            corners = [getattr(corner, axis, None) for corner in (first, last) for axis in ("col", "row")]
            return [getattr(chart.anchor, "editAs", None), *corners]
        case _:
            return getattr(chart, name, None)


def _title(titled: object) -> str | None:
    """The first run of a title, which is all that has been compared ever since."""
    try:
        return titled.title.tx.rich.p[0].r[0].t  # pyright: ignore[reportAttributeAccessIssue]
    except (AttributeError, IndexError, TypeError):
        return None


def pivot_tables(sheet: Sheet, names: list[str]) -> Mapping[str, Properties]:
    """The named properties of each pivot table, by where its data come from.

    Columns at both ends of the source that take no part are not counted. Names: `name`, `show_total`,
    `show_empty_row`, `show_empty_col`, `show_headers`, `location`, `selection` (which items are hidden; in order with
    `ordered`), `filter` (also the fields that filter), `col_fields`, `row_fields`, `data_fields` (with
    `data_fields_name` their names too).
    """
    found = cast(list[TableDefinition], getattr(sheet.worksheet, "_pivots", []))
    return dict(_pivot_table(pivot, set(names)) for pivot in found)


def _pivot_table(pivot: TableDefinition, names: set[str]) -> tuple[str, Properties]:
    selections = [[(item.h, item.x) for item in field.items if item.x is not None] for field in pivot.pivotFields]
    left = len(list(takewhile(lambda selection: not selection, selections)))
    right = len(list(takewhile(lambda selection: not selection, reversed(selections[left:]))))
    used = selections[left : len(selections) - right]

    found: Properties = {
        name: getattr(pivot, attribute)
        for name, attribute in (
            ("name", "name"),
            ("show_total", "visualTotals"),
            ("show_empty_row", "showEmptyRow"),
            ("show_empty_col", "showEmptyCol"),
            ("show_headers", "showHeaders"),
            ("location", "location"),
        )
        if name in names
    }
    if names & {"filter", "selection"}:
        found["selection"] = used if "ordered" in names else [set(selection) for selection in used]
    if "filter" in names:
        found["filter_fields"] = {field.fld for field in pivot.pageFields}
    if "col_fields" in names:
        found["col_fields"] = [field.x - left for field in pivot.colFields]
    if "row_fields" in names:
        found["row_fields"] = [field.x - left for field in pivot.rowFields]
    if "data_fields" in names:
        found["data_fields"] = [
            (field.fld - left, field.name if "data_fields_name" in names else "", field.subtotal, field.showDataAs)
            for field in pivot.dataFields
        ]
    return _pivot_source(pivot, left, right), found


def _pivot_source(pivot: TableDefinition, left: int, right: int) -> str:
    source = pivot.cache.cacheSource
    cells = source.worksheetSource
    if not cells.ref:
        return f"{source.type};{cells.name};{cells.sheet}"
    (first_row, first_column), (last_row, last_column) = map(coordinate_to_tuple, cells.ref.split(":"))
    return f"{source.type};{first_row},{first_column + left}:{last_row},{last_column - right};{cells.sheet}"


def dimensions(sheet: Sheet, kind: Literal["row", "column"], names: list[str]) -> Mapping[object, Properties]:
    """Attributes of openpyxl's rows (`hidden`, `height` ...) or columns (`width` ...), those that a file describes."""
    found = cast(Mapping[object, object], getattr(sheet.worksheet, f"{kind}_dimensions", {}))
    return {number: {name: getattr(each, name, None) for name in names} for number, each in found.items()}


def filters(sheet: Sheet) -> Properties:
    """What a sheet's automatic filter filters and sorts; empty when there is no such sheet."""
    worksheet: Worksheet | None = sheet.worksheet
    if worksheet is None:
        return {}
    found: Properties = {"ref": worksheet.auto_filter.ref}
    columns: list[tuple[int, Properties]] = []
    for column in worksheet.auto_filter.filterColumn:
        properties: Properties = {"hidden_button": column.hiddenButton, "show_button": column.showButton}
        if column.filters is not None:
            properties |= {"blank": column.filters.blank, "values": set(column.filters.filter)}
        if column.customFilters is not None:
            conditions = {(each.operator, each.val) for each in column.customFilters.customFilter}
            properties |= {"all": column.customFilters._and, "conditions": conditions}
        columns.append((column.colId, properties))
    found["columns"] = sorted(columns, key=lambda column: column[0])
    order = worksheet.auto_filter.sortState
    if order is not None:
        found["order"] = (order.columnSort, order.caseSensitive, order.sortMethod, order.ref)
        found["keys"] = [
            (key.descending, key.sortBy, key.ref, key.customList, key.dxfId, key.iconSet, key.iconId)
            for key in order.sortCondition
        ]
    return found


def sparklines(sheet: Sheet) -> Mapping[str, str]:
    """The data of each sparkline, by the cell that it is in; empty when there is no such sheet."""
    if sheet.name not in sheet.book.sheet_parts:
        return {}
    found = sheet.book.part(sheet.book.sheet_parts[sheet.name]).iterfind(".//x14:sparkline", NAMESPACES)
    return {
        each.findtext("xm:sqref", "", NAMESPACES): each.findtext("xm:f", "", NAMESPACES) for each in found
    }  # fmt: skip
