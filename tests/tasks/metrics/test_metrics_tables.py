from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.pivot.cache import CacheDefinition, CacheField, CacheSource, SharedItems, WorksheetSource
from openpyxl.pivot.record import RecordList
from openpyxl.pivot.table import DataField, FieldItem, Location, PivotField, RowColField, TableDefinition
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from tasks.errors import EvaluationFailed
from tasks.metrics.table_rules import TableRule
from tasks.metrics.tables import compare_conference_city_in_order, compare_table
from tests.tasks.metrics.conftest import WriteFile

Change = Callable[[Worksheet], None]
MakeBook = Callable[..., str]

BOTH: TableRule = {"sheet_idx0": 0, "sheet_idx1": "EI0"}


@pytest.fixture
def book(tmp_path: Path) -> MakeBook:
    """Write a workbook with three rows of marks on "Marks", changed as a test has it."""

    def made(name: str, *changes: Change) -> str:
        workbook = Workbook()
        sheet = workbook.active
        assert sheet is not None
        sheet.title = "Marks"
        for row in (["Name", "Mark", "Passed"], ["Ada", 1.25, True], ["Grace", 3.5, False], ["Alan", 2, True]):
            sheet.append(row)
        for change in changes:
            change(sheet)
        path = tmp_path / name
        workbook.save(path)
        return str(path)

    return made


def put(cell: str, value: object) -> Change:
    return lambda sheet: sheet.__setitem__(cell, value)


@pytest.mark.parametrize(
    ("change", "score"),
    [
        (put("B2", 1.25), 1.0),
        (put("B2", 1.250001), 1.0),
        (put("B2", 1.26), 0.0),
        (put("B4", "2"), 1.0),  # pandas reads a text that is a number as one
        (put("B4", "two"), 0.0),
        (put("D1", "More"), 0.0),
        (lambda sheet: sheet.delete_rows(4), 0.0),
    ],
)
def test_data(book: MakeBook, change: Change, score: float) -> None:
    rules: list[TableRule] = [{"type": "sheet_data", **BOTH}]
    assert compare_table(book("a.xlsx", change), book("b.xlsx"), rules=rules) == score


def test_sheets_are_named_in_four_ways(book: MakeBook) -> None:
    result, expected = book("a.xlsx"), book("b.xlsx", put("B2", 9))
    for index in (0, "RI0", "RNMarks"):
        assert compare_table(result, expected, rules=[{"type": "sheet_data", "sheet_idx0": index, "sheet_idx1": 0}])
    for index in ("EI0", "ENMarks", "RI7", "RNOther", 7, "RIx"):
        rule: TableRule = {"type": "sheet_data", "sheet_idx0": index, "sheet_idx1": "RI0"}
        assert compare_table(result, expected, rules=[rule]) == 0.0
    with pytest.raises(EvaluationFailed, match="'XI0'"):
        compare_table(result, expected, rules=[{"type": "sheet_data", "sheet_idx0": "XI0", "sheet_idx1": 0}])
    with pytest.raises(EvaluationFailed, match="'EI0'"):
        compare_table(result, rules=[{"type": "sheet_data", **BOTH}])


def test_names_of_sheets(book: MakeBook) -> None:
    def renamed(sheet: Worksheet) -> None:
        sheet.title = "Notes"

    assert compare_table(book("a.xlsx"), book("b.xlsx"), rules=[{"type": "sheet_name"}]) == 1.0
    assert compare_table(book("a.xlsx", renamed), book("b.xlsx"), rules=[{"type": "sheet_name"}]) == 0.0


def test_what_was_printed(book: MakeBook, write: WriteFile) -> None:
    rules: list[TableRule] = [{"type": "sheet_print", "sheet_idx0": "RNMarks", "sheet_idx1": "ENMarks"}]
    result, expected = book("a.xlsx"), book("b.xlsx")
    write("b-Marks.csv", "Name,Mark\nAda,1.25\n")
    assert compare_table(result, expected, rules=rules) == 0.0  # nothing printed
    write("a-Marks.csv", "Name,Mark\nada,1.25\n\n\n")
    assert compare_table(result, expected, rules=rules) == 0.0
    assert compare_table(result, expected, rules=[{**rules[0], "ignore_case": True}]) == 1.0


@pytest.mark.parametrize(
    ("kind", "written", "score"),
    [
        ({"type": "exact_match"}, "Ada", 1.0),
        ({"type": "exact_match"}, "ada", 0.0),
        ({"type": "exact_match", "ignore_case": True}, "ada", 1.0),
        ({"type": "exact_match", "trim_leadings": "+ ", "trim_trailings": "."}, "+ Ada.", 1.0),
        ({"type": "exact_match", "ignore_chars": "()"}, "(Ada)", 1.0),
        ({"type": "exact_match", "normalization": [["Countess", "Ada"]]}, "Countess", 1.0),
        ({"type": "exact_match"}, " Ada", 0.0),
        ({"type": "includes"}, "Ada Lovelace", 1.0),
        ({"type": "included_by"}, "Ad", 1.0),
        ({"type": "included_by"}, "Ada Lovelace", 0.0),
        ({"type": "fuzzy_match", "threshold": 70}, "Adah", 1.0),
        ({"type": "fuzzy_match"}, "Eve", 0.0),
    ],
)
def test_cells_alike(book: MakeBook, kind: dict[str, object], written: str, score: float) -> None:
    rule: TableRule = {"type": "sheet_fuzzy", **BOTH, "rules": [{"range": ["A2:B3", "A4"], **kind}]}  # pyright: ignore
    assert compare_table(book("a.xlsx", put("A2", written)), book("b.xlsx"), rules=[rule]) == score


@pytest.mark.parametrize(
    ("cell", "props", "score"),
    [
        ("B2", {"value": {"method": "approx:0.01", "ref": 1.255}}, 1.0),
        ("A2", {"value": {"method": "eq", "ref": "Ada"}, "font_bold": {"method": "eq", "ref": True}}, 1.0),
        (
            "A2",
            {"bgcolor": {"method": "eq", "ref": "FF0000FF"}, "font_color": {"method": "eq", "ref": "FFFFFFFF"}},
            1.0,
        ),
        ("A2", {"bgcolor": {"method": "eq", "ref": "FFFF0000"}}, 0.0),
        ("B5", {"merge": {"method": "eq", "ref": True}}, 1.0),
        ("A5", {"merge": {"method": "eq", "ref": True}}, 0.0),
        ("Z99", {"value": {"method": "re", "ref": "a"}}, 0.0),
        ("B2", {"value": {"method": "re", "ref": "a"}}, 0.0),
        ("B2", {"number_format": {"method": "eq", "ref": "0.00"}, "hyperlink": {"method": "eq", "ref": ""}}, 1.0),
    ],
)
def test_a_cell(book: MakeBook, cell: str, props: dict[str, object], score: float) -> None:
    def styled(sheet: Worksheet) -> None:
        sheet["A2"].font = Font(bold=True, color="FFFFFFFF")
        sheet["A2"].fill = PatternFill("solid", fgColor="FF0000FF")
        sheet["B2"].number_format = "0.00"
        sheet["A5"] = "all"
        sheet.merge_cells("A5:C5")

    rule: TableRule = {"type": "check_cell", "sheet_idx": 0, "coordinate": cell, "props": props}  # pyright: ignore
    assert compare_table(book("a.xlsx", styled), rules=[rule]) == score


def test_an_unknown_style_is_the_task_s_fault(book: MakeBook) -> None:
    rule: TableRule = {"type": "style", **BOTH, "props": ["font_shadow"]}
    with pytest.raises(EvaluationFailed, match="font_shadow"):
        compare_table(book("a.xlsx"), book("b.xlsx"), rules=[rule])


def coloured(cells: str, colour: str) -> Change:
    def change(sheet: Worksheet) -> None:
        for row in sheet[cells]:
            for cell in row:
                cell.fill = PatternFill("solid", fgColor=colour)

    return change


def conditional(rule: object) -> Change:
    return lambda sheet: sheet.conditional_formatting.add("B2:B4", rule)  # pyright: ignore[reportArgumentType]


RED = PatternFill("solid", bgColor="FFFF0000")


@pytest.mark.parametrize(
    "rule",
    [
        CellIsRule(operator="greaterThan", formula=["3"], fill=RED),
        CellIsRule(operator="notBetween", formula=["1", "3"], fill=RED),
        FormulaRule(formula=["B2>3"], fill=RED),
        FormulaRule(formula=["B2>$B$4+1"], fill=RED),
    ],
)
def test_a_conditional_format_looks_like_a_style(book: MakeBook, rule: object) -> None:
    rules: list[TableRule] = [{"type": "style", **BOTH, "props": ["bgcolor"]}]
    expected = book("b.xlsx", coloured("B3:B3", "FFFF0000"))
    assert compare_table(book("a.xlsx", conditional(rule)), expected, rules=rules) == 1.0
    assert compare_table(book("c.xlsx"), expected, rules=rules) == 0.0


def test_charts(book: MakeBook) -> None:
    def chart(kind: type[BarChart | LineChart], title: str, last: int = 4) -> Change:
        def change(sheet: Worksheet) -> None:
            made = kind()
            made.title = title
            made.add_data(Reference(sheet, min_col=2, min_row=1, max_row=last), titles_from_data=True)
            made.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=last))
            sheet.add_chart(made, "E2")

        return change

    rule: TableRule = {
        "type": "chart",
        **BOTH,
        "chart_props": ["type", "title", "legend", "direction", "xtitle", "anchor", "width"],
    }
    expected = book("b.xlsx", chart(BarChart, "Marks"))
    assert compare_table(book("a.xlsx", chart(BarChart, "Marks")), expected, rules=[rule]) == 1.0
    for other in (chart(LineChart, "Marks"), chart(BarChart, "Others"), chart(BarChart, "Marks", last=3)):
        assert compare_table(book("a.xlsx", other), expected, rules=[rule]) == 0.0
    assert compare_table(book("a.xlsx"), expected, rules=[rule]) == 0.0


def pivot(function: str = "sum", row: int = 1) -> Change:
    """A pivot table of two of the columns, the first of which takes no part."""

    def change(sheet: Worksheet) -> None:
        fields = [PivotField(), PivotField(), PivotField(dataField=True)]
        fields[row].axis = "axisRow"
        fields[row].items = [FieldItem(x=0), FieldItem(x=1), FieldItem(t="default")]
        table = TableDefinition(
            name="Pivot",
            cacheId=1,
            dataCaption="Values",
            location=Location(ref="E1:F3", firstHeaderRow=1, firstDataRow=1, firstDataCol=1),
            pivotFields=fields,
            rowFields=[RowColField(x=row)],
            dataFields=[DataField(fld=2, subtotal=function)],
        )
        table.cache = CacheDefinition(
            cacheSource=CacheSource(type="worksheet", worksheetSource=WorksheetSource(ref="A1:C4", sheet="Marks")),
            cacheFields=[CacheField(name=name, sharedItems=SharedItems()) for name in ("Name", "Mark", "Passed")],
            id="rId1",
        )
        table.cache.records = RecordList()
        sheet.add_pivot(table)

    return change


def test_pivot_tables(book: MakeBook) -> None:
    rule: TableRule = {
        "type": "pivot_table",
        **BOTH,
        "pivot_props": ["col_fields", "filter", "row_fields", "data_fields", "name", "location"],
    }
    expected = book("b.xlsx", pivot())
    assert compare_table(book("a.xlsx", pivot()), expected, rules=[rule]) == 1.0
    for other in (pivot("count"), pivot(row=0)):
        assert compare_table(book("a.xlsx", other), expected, rules=[rule]) == 0.0
    assert compare_table(book("a.xlsx"), expected, rules=[rule]) == 0.0


def hidden(row: int) -> Change:
    def change(sheet: Worksheet) -> None:
        sheet.row_dimensions[row].hidden = True

    return change


def frozen(cell: str) -> Change:
    def change(sheet: Worksheet) -> None:
        sheet.freeze_panes = cell

    return change


def wide(sheet: Worksheet) -> None:
    sheet.column_dimensions["B"].width = 40


def filtered(*values: str) -> Change:
    def change(sheet: Worksheet) -> None:
        sheet.auto_filter.ref = "A1:C4"
        sheet.auto_filter.add_filter_column(0, list(values))
        sheet.auto_filter.add_sort_condition("B2:B4")

    return change


@pytest.mark.parametrize(
    ("rule", "change", "other"),
    [
        ({"type": "row_props", "props": ["hidden"]}, hidden(3), hidden(4)),
        ({"type": "col_props", "props": ["width"]}, wide, frozen("A1")),
        ({"type": "freeze"}, frozen("B2"), frozen("A2")),
        ({"type": "filter"}, filtered("Ada", "Alan"), filtered("Ada")),
    ],
)
def test_sheets_alike(book: MakeBook, rule: TableRule, change: Change, other: Change) -> None:
    expected = book("b.xlsx", change)
    assert compare_table(book("a.xlsx", change), expected, rules=[{**rule, **BOTH}]) == 1.0
    assert compare_table(book("a.xlsx", other), expected, rules=[{**rule, **BOTH}]) == 0.0


@pytest.mark.parametrize(("zoom", "score"), [(None, 0.0), (80, 1.0), (120, 0.0)])
def test_zoom(book: MakeBook, zoom: int | None, score: float) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.sheet_view.zoomScale = zoom

    assert compare_table(book("a.xlsx", change), rules=[{"type": "zoom", "sheet_idx": 0, "method": "lt", "ref": 100}]) == score  # fmt: skip  # noqa: E501


@pytest.mark.parametrize(
    ("cells", "choices", "score"),
    [("D2:D29", '"Pass,Fail"', 1.0), ("D2:D9", '"Pass,Fail"', 0.0), ("D2:D29", '"Pass"', 0.0), (None, "", 0.0)],
)
def test_data_validation(book: MakeBook, cells: str | None, choices: str, score: float) -> None:
    def change(sheet: Worksheet) -> None:
        if cells:
            sheet.add_data_validation(DataValidation("list", formula1=choices, sqref=cells))

    rule: TableRule = {
        "type": "data_validation",
        "sheet_idx": 0,
        "dv_props": [
            {
                "ranges": {"method": "spreadsheet_range", "ref": ["D2:D29", "D1:D100"]},
                "type": {"method": "eq", "ref": "list"},
                "formula1": {"method": "str_set_eq", "ref": ["Fail", "Pass"]},
            }
        ],
    }
    assert compare_table(book("a.xlsx", change), rules=[rule]) == score


@pytest.mark.filterwarnings("ignore:Unknown extension is not supported")  # openpyxl says so of sparklines
def test_sparklines(book: MakeBook, tmp_path: Path) -> None:
    def with_sparkline(name: str, data: str) -> str:
        """Write what openpyxl cannot."""
        extension = (
            '<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" uri="{05C60535}">'
            '<x14:sparklineGroups xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:sparklineGroup>'
            f"<x14:sparklines><x14:sparkline><xm:f>{data}</xm:f><xm:sqref>D2</xm:sqref></x14:sparkline>"
            "</x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></ext></extLst></worksheet>"
        )
        with zipfile.ZipFile(book("plain.xlsx")) as plain, zipfile.ZipFile(tmp_path / name, "w") as made:
            for part in plain.namelist():
                content = plain.read(part)
                if part == "xl/worksheets/sheet1.xml":
                    content = content.replace(b"</worksheet>", extension.encode())
                made.writestr(part, content)
        return str(tmp_path / name)

    rules: list[TableRule] = [{"type": "sparkline", **BOTH}]
    expected = with_sparkline("b.xlsx", "Marks!B2:C2")
    assert compare_table(with_sparkline("a.xlsx", "Marks!B2:C2"), expected, rules=rules) == 1.0
    assert compare_table(with_sparkline("c.xlsx", "Marks!B2:B3"), expected, rules=rules) == 0.0


def test_values_are_found_by_the_sheet_s_name_whatever_its_file_is_called(book: MakeBook, tmp_path: Path) -> None:
    def moved(name: bytes) -> bytes:
        return name.replace(b"worksheets/sheet1.xml", b"worksheets/sheet9.xml")

    with zipfile.ZipFile(book("plain.xlsx")) as plain, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as made:
        for part in plain.namelist():
            made.writestr(moved(part.encode()).decode(), moved(plain.read(part)))
    rule: TableRule = {
        "type": "check_cell",
        "sheet_idx": 0,
        "coordinate": "A2",
        "props": {"value": {"method": "eq", "ref": "Ada"}},
    }
    assert compare_table(str(tmp_path / "a.xlsx"), rules=[rule]) == 1.0


def test_a_damaged_workbook_scores_nothing(book: MakeBook, write: WriteFile) -> None:
    rules: list[TableRule] = [{"type": "sheet_data", **BOTH}]
    for result in (None, "nowhere.xlsx", write("a.xlsx", "no workbook")):
        assert compare_table(result, book("b.xlsx"), rules=rules) == 0.0
        assert compare_table(book("b.xlsx"), result or "nowhere.xlsx", rules=rules) == 0.0
    with pytest.raises(EvaluationFailed, match="'sheet_scent'"):
        compare_table(book("b.xlsx"), book("c.xlsx"), rules=[{"type": "sheet_scent"}])
    with pytest.raises(EvaluationFailed, match="'zoom' without 'sheet_idx'"):
        compare_table(book("b.xlsx"), rules=[{"type": "zoom"}])


def test_cities(book: MakeBook, write: WriteFile) -> None:
    cities = [f"City {number}" for number in range(21)]

    def listed(sheet: Worksheet) -> None:
        for row, city in enumerate(cities, start=2):
            sheet.cell(row, 3, f"{city}, somewhere")

    result = book("a.xlsx", listed)
    assert compare_conference_city_in_order(result, {"expected": [["Elsewhere", cities[0]], *cities[1:]]}) == 1.0
    assert compare_conference_city_in_order(result, {"expected": [*cities[1:], cities[0]]}) == 0.0
    assert compare_conference_city_in_order(book("b.xlsx"), {"expected": list(cities)}) == 0.0
    assert compare_conference_city_in_order(write("c.xlsx", "none"), {"expected": list(cities)}) == 0.0
