"""Random inputs for the metrics of workbooks."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from metric_files import WORDS, Call, MakeCall, maybe_broken

KINDS = [
    *("none", "value", "near", "text", "style", "merge", "freeze", "zoom"),
    *("hidden", "wide", "chart", "filter", "validation", "conditional", "pivot"),
]


def workbook(rng: random.Random, folder: Path, name: str, change: Callable[[object], None] | None = None) -> str:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Marks"
    for row in (["Name", "Mark", "Rate"], ["Ada", 1.25, 0.5], ["Grace", 3.5, 0.25], ["Alan", 2, 0.75]):
        sheet.append(row)
    if change is not None:
        change(sheet)
    book.create_sheet("Notes")["A1"] = "note"
    path = folder / name
    book.save(path)
    with (folder / f"{path.stem}-Marks.csv").open("w") as printed:
        printed.writelines(",".join(str(cell.value) for cell in row) + "\n" for row in sheet)
    return str(path)


def table_change(rng: random.Random) -> Callable[[object], None]:
    from openpyxl.chart import BarChart, LineChart, Reference
    from openpyxl.formatting.rule import CellIsRule
    from openpyxl.styles import Font, PatternFill
    from openpyxl.worksheet.datavalidation import DataValidation

    picked = set(rng.choices(KINDS, k=2))
    chart_kind, title = rng.choice([BarChart, LineChart]), rng.choice(["Marks", "Rates"])

    pivot_kind = rng.choice(["sum", "count"])

    def change(sheet) -> None:
        if "value" in picked:
            sheet["B2"] = 9
        if "near" in picked:
            sheet["B2"] = 1.250001
        if "text" in picked:
            sheet["A2"] = rng.choice(["ada", "Ada ", "Ada Lovelace", "Adah"])
        if "style" in picked:
            sheet["A2"].font = Font(bold=True, color="FFFF0000")
            sheet["A2"].fill = PatternFill("solid", fgColor="FF0000FF")
        if "merge" in picked:
            sheet.merge_cells("A6:C6")
        if "freeze" in picked:
            sheet.freeze_panes = "B2"
        if "zoom" in picked:
            sheet.sheet_view.zoomScale = 80
        if "hidden" in picked:
            sheet.row_dimensions[3].hidden = True
        if "wide" in picked:
            sheet.column_dimensions["B"].width = 40
        if "chart" in picked:
            chart = chart_kind()
            chart.title = title
            chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=4), titles_from_data=True)
            sheet.add_chart(chart, "E2")
        if "filter" in picked:
            sheet.auto_filter.ref = "A1:C4"
            sheet.auto_filter.add_filter_column(0, ["Ada"])
        if "validation" in picked:
            sheet.add_data_validation(DataValidation("list", formula1='"Pass,Fail"', sqref="D2:D29"))
        if "pivot" in picked:
            sheet.add_pivot(pivot_table(pivot_kind))
        if "conditional" in picked:
            fill = PatternFill("solid", bgColor="FFFF0000")
            sheet.conditional_formatting.add("B2:B4", CellIsRule(operator="greaterThan", formula=["3"], fill=fill))

    return change


def pivot_table(subtotal: str):
    """A pivot table of two of the three columns."""
    from openpyxl.pivot import cache, record, table

    fields = [table.PivotField(), table.PivotField(axis="axisRow"), table.PivotField(dataField=True)]
    fields[1].items = [table.FieldItem(x=0), table.FieldItem(x=1), table.FieldItem(t="default")]
    made = table.TableDefinition(
        name="Pivot",
        cacheId=1,
        dataCaption="Values",
        location=table.Location(ref="E1:F3", firstHeaderRow=1, firstDataRow=1, firstDataCol=1),
        pivotFields=fields,
        rowFields=[table.RowColField(x=1)],
        dataFields=[table.DataField(fld=2, subtotal=subtotal)],
    )
    source = cache.WorksheetSource(ref="A1:C4", sheet="Marks")
    names = [cache.CacheField(name=name, sharedItems=cache.SharedItems()) for name in ("Name", "Mark", "Rate")]
    made.cache = cache.CacheDefinition(
        cacheSource=cache.CacheSource(type="worksheet", worksheetSource=source), cacheFields=names, id="rId1"
    )
    made.cache.records = record.RecordList()
    return made


def table_rule(rng: random.Random) -> dict[str, object]:
    pair = {"sheet_idx0": rng.choice([0, "RI0", "RNMarks"]), "sheet_idx1": rng.choice(["EI0", "ENMarks"])}
    cell = {"type": "check_cell", "sheet_idx": 0, "coordinate": rng.choice(["A2", "B2", "B6", "A4"])}
    fuzzy = {"range": ["A2:B3"], "type": rng.choice(["exact_match", "includes", "included_by", "fuzzy_match"])}
    tidy = {"ignore_case": True, "trim_trailings": " ", "normalization": [["Adah", "Ada"]], "ignore_chars": " "}
    fuzzy |= {key: value for key, value in tidy.items() if rng.random() < 0.4}
    validation = {
        "ranges": {"method": "spreadsheet_range", "ref": ["D2:D29", "D1:D100"]},
        "formula1": {"method": "str_set_eq", "ref": ["Fail", "Pass"]},
    }
    rules: list[dict[str, object]] = [
        {"type": "sheet_name"},
        {"type": "sheet_data", **pair},
        {"type": "sheet_data", **pair, "precision": 8},
        {"type": "sheet_print", **pair, "ignore_case": rng.random() < 0.5},
        {"type": "sheet_fuzzy", **pair, "rules": [fuzzy]},
        {"type": "chart", **pair, "chart_props": rng.sample(["type", "title", "legend", "width", "xtitle"], 2)},
        {"type": "style", **pair, "props": rng.sample(["bgcolor", "font_name", "font_bold", "merge"], 2)},
        {"type": "freeze", **pair},
        {"type": "zoom", "sheet_idx": 0, "method": "lt", "ref": 100},
        {"type": "data_validation", "sheet_idx": 0, "dv_props": [validation]},
        {"type": "row_props", **pair, "props": ["hidden"]},
        {"type": "col_props", **pair, "props": ["width"]},
        {"type": "filter", **pair},
        {"type": "pivot_table", **pair, "pivot_props": ["row_fields", "filter", "data_fields"]},
        {**cell, "props": {"value": {"method": "approx:0.01", "ref": 1.25}}},
        {**cell, "props": {"value": {"method": "eq", "ref": "Ada"}}},
        {**cell, "props": {"merge": {"method": "eq", "ref": True}}},
        {**cell, "props": {"font_bold": {"method": "eq", "ref": True}, "bgcolor": {"method": "eq", "ref": "FF0000FF"}}},
        {"type": "sheet_data", "sheet_idx0": "RNNowhere", "sheet_idx1": "EI0"},
    ]
    return rng.choice(rules)


def table(rng: random.Random, folder: Path) -> Call:
    change, other = table_change(rng), table_change(rng)
    result = workbook(rng, folder, "a.xlsx", change)
    expected = workbook(rng, folder, "b.xlsx", change if rng.random() < 0.4 else other)
    rules = [table_rule(rng) for _ in range(rng.randint(1, 2))]
    return (maybe_broken(rng, folder, result), expected), {"rules": rules}


def cities(rng: random.Random, folder: Path) -> Call:
    names = [f"{word} {number}" for number, word in enumerate(rng.choices(WORDS, k=21))]

    def change(sheet) -> None:
        for row, name in enumerate(names, start=2):
            sheet.cell(row, 3, f"{name}, somewhere")

    path = workbook(rng, folder, "a.xlsx", change)
    expected: list[object] = [[name, "or"] if rng.random() < 0.3 else name for name in names]
    if rng.random() < 0.5:
        rng.shuffle(expected)
    return (path, {"expected": expected}), {}


INPUTS: dict[str, MakeCall] = {
    "compare_table": table,
    "compare_conference_city_in_order": cities,
}
