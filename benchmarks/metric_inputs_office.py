"""Random inputs for the metrics of the office and general families: files that are alike, nearly alike, or broken."""

from __future__ import annotations

import io
import json
import random
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

Call = tuple[tuple[object, ...], dict[str, object]]
MakeCall = Callable[[random.Random, Path], Call]

WORDS = [
    "Ada",
    "Grace",
    "Alan",
    "Edsger",
    "Barbara",
    "Donald",
    "kitten",
    "sitting",
    "Paris",
    "Rome",
    "Oslo",
    "12:34:56",
    "1.25",
    "true",
    "error",
]
BROKEN = 0.08
"""So often a file is missing or no file of its kind."""


def some_text(rng: random.Random, words: int = 6) -> str:
    return " ".join(rng.choices(WORDS, k=words))


def maybe_changed(rng: random.Random, text: str) -> str:
    """The text itself, half of the time; else another one that is near."""
    change = rng.choice(["same", "same", "same", "case", "blank", "word", "line", "end"])
    match change:
        case "case":
            return text.upper()
        case "blank":
            return text.replace(" ", "  ", 1)
        case "word":
            return text.replace(rng.choice(WORDS), rng.choice(WORDS), 1)
        case "line":
            return text + "\nmore"
        case "end":
            return text + " "
        case _:
            return text


def written(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def maybe_broken(rng: random.Random, folder: Path, path: str) -> str | None:
    """A path as it is, most of the time; else no file, or one with something else in it."""
    if rng.random() > BROKEN:
        return path
    return rng.choice([None, written(folder, f"broken{Path(path).suffix}", "nothing of that kind")])


def text_pair(suffix: str = ".txt", **choices: list[object]) -> MakeCall:
    """Two texts of some lines, and options drawn from `choices`."""

    def make(rng: random.Random, folder: Path) -> Call:
        text = "\n".join(some_text(rng, 3) for _ in range(4))
        first = written(folder, f"a{suffix}", maybe_changed(rng, text))
        second = written(folder, f"b{suffix}", text)
        options = {name: rng.choice(values) for name, values in choices.items() if rng.random() < 0.6}
        return (maybe_broken(rng, folder, first), second), options

    return make


def text_and(rules: Callable[[random.Random, list[str]], object]) -> MakeCall:
    """A text of some lines and rules that are made from them."""

    def make(rng: random.Random, folder: Path) -> Call:
        lines = [some_text(rng, 3) for _ in range(4)]
        path = written(folder, "a.txt", "\n".join(lines) + "\n")
        return (maybe_broken(rng, folder, path), rules(rng, lines)), {}

    return make


def value_and(make_value: Callable[[random.Random], object], key: str = "expected", many: bool = False) -> MakeCall:
    def make(rng: random.Random, folder: Path) -> Call:
        value = make_value(rng)
        other = value if rng.random() < 0.5 else make_value(rng)
        return (value, {key: [other, make_value(rng)] if many else other}), {}

    return make


def scalar(rng: random.Random) -> object:
    return rng.choice(["true\n", "true", True, 1.0, 3, None, ["a"], some_text(rng, 2)])


def json_object(rng: random.Random) -> dict[str, object]:
    values: list[object] = [1, "Oslo", "Rome", ["Oslo", "Rome"], ["Rome"], True]
    return {key: rng.choice(values) for key in ("from", "to", "class") if rng.random() < 0.8}


def direct_json(rng: random.Random, folder: Path) -> Call:
    found = json_object(rng)
    expected = dict(found) if rng.random() < 0.5 else json_object(rng)
    if rng.random() < 0.5:
        found["more"] = 7
    rules: dict[str, object] = {"expected": expected}
    if rng.random() < 0.4:
        rules["expect_in_result"] = True
    result: object = found
    if rng.random() < 0.4:
        result = str(found) if rng.random() < 0.3 else json.dumps(found)
    return (result if rng.random() > BROKEN else None, rules), {}


def literal(rng: random.Random, folder: Path) -> Call:
    kind = rng.choice(["str", "list"])
    make = (lambda: rng.choice(WORDS)) if kind == "str" else (lambda: rng.choices(WORDS, k=2))
    found = make()
    expected = found if rng.random() < 0.5 else make()
    if rng.random() < 0.3:
        found = found.upper() if isinstance(found, str) else [word.upper() for word in found]
    return (found, expected), {"type": kind, "ignore_case": rng.random() < 0.5}


def query(rng: random.Random, folder: Path) -> Call:
    path = folder / "a.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("create table t (n integer)")
        database.executemany("insert into t values (?)", [(rng.randint(0, 3),) for _ in range(3)])
    database.close()
    sql = rng.choice(["select count(*) from t", "select sum(n) > 4 from t", "select max(n) from t where n > 9"])
    return (str(path), {"sql": sql}), {}


def json_file(rng: random.Random, folder: Path) -> Call:
    content = {"name": rng.choice(WORDS), "tree": {"mode": rng.choice(["smart", "all", 3])}, "list": [1, 2]}
    is_yaml = rng.random() < 0.4
    text = json.dumps(content)  # which is YAML too
    rule: dict[str, object] = rng.choice(
        [
            {"key": ["name"], "method": "eq", "ref": rng.choice([content["name"], "x"])},
            {"key": ["tree", "mode"], "method": "re", "ref": "smart|all"},
            {"key": ["tree", "none"], "method": "eq", "ref": 1},
            {"key": ["list", 1], "method": "range.te", "ref": [rng.randint(0, 2), 2]},
            {"key": ["tree", "mode"], "method": "approx:0.5", "ref": 3.2},
        ]
    )
    rules = {rng.choice(["expect", "expect", "unexpect"]): [rule]}
    path = maybe_broken(rng, folder, written(folder, "a.json", text))
    return (path, rules), {"is_yaml": is_yaml} if is_yaml else {}


def settings(rng: random.Random, folder: Path) -> Call:
    content = {f"editor.{word}": rng.choice([True, 3, "on"]) for word in rng.sample(WORDS, 3)}
    expected = {key: value if rng.random() < 0.8 else "off" for key, value in content.items() if rng.random() < 0.6}
    return (maybe_broken(rng, folder, written(folder, "a.json", json.dumps(content))), {"expected": expected}), {}


def records(rng: random.Random, folder: Path) -> Call:
    rows = [(rng.choice(WORDS), str(rng.randint(0, 3))) for _ in range(3)]
    path = written(folder, "a.csv", "user,age\n" + "".join(f"{user},{age}\n" for user, age in rows))
    wanted = {"user": rng.choice(rows)[0], "age": rng.choice(rows)[1]}
    rules = {"expect": [wanted]} if rng.random() < 0.6 else {"unexpect": [wanted]}
    return (path if rng.random() > BROKEN else None, rules), {}


def csv_files(rng: random.Random, folder: Path) -> Call:
    args, options = text_pair(".csv", strict=[False], ignore_case=[True])(rng, folder)
    return ((args[0], [str(folder / "nowhere.csv"), args[1]]) if rng.random() < 0.4 else args), options


def html(rng: random.Random, folder: Path) -> Call:
    def page(number: int, word: str) -> str:
        return (
            f'<html><body><table><tr><td sdnum="{number}" class="x">{word}</td></tr></table><p>{word}</p></body></html>'
        )

    word = rng.choice(WORDS)
    first = written(folder, "a.html", page(rng.randint(0, 1), word if rng.random() < 0.7 else rng.choice(WORDS)))
    second = written(folder, "b.html", page(rng.randint(0, 1), word))
    return (first, second), {"ignore_sdnum": True} if rng.random() < 0.6 else {}


# ---- workbooks


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

    kinds = [
        "none",
        "value",
        "near",
        "text",
        "style",
        "merge",
        "freeze",
        "zoom",
        "hidden",
        "wide",
        "chart",
        "filter",
        "validation",
        "conditional",
    ]
    picked = set(rng.choices(kinds, k=2))
    chart_kind, title = rng.choice([BarChart, LineChart]), rng.choice(["Marks", "Rates"])

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
        if "conditional" in picked:
            fill = PatternFill("solid", bgColor="FFFF0000")
            sheet.conditional_formatting.add("B2:B4", CellIsRule(operator="greaterThan", formula=["3"], fill=fill))

    return change


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
        {"type": "pivot_table", **pair, "pivot_props": ["row_fields", "filter"]},
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


# ---- presentations


def presentation(rng: random.Random, folder: Path, name: str, changes: list[str]) -> str:
    from PIL import Image
    from pptx import Presentation
    from pptx.dml.color import RGBColor
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Inches, Pt

    made = Presentation()
    for number in range(3):
        slide = made.slides.add_slide(made.slide_layouts[6])
        frame = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(2)).text_frame
        frame.text = f"Title {number}"
        frame.add_paragraph().text = "Some text"
    image = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(image, "PNG")
    picture = made.slides[1].shapes.add_picture(image, Inches(1), Inches(3), Inches(2), Inches(1))
    grid = made.slides[2].shapes.add_table(2, 2, Inches(1), Inches(3), Inches(4), Inches(2))
    grid.table.cell(0, 0).text = "Cell"
    box = made.slides[0].shapes[0]
    paragraph = box.text_frame.paragraphs[1]
    font, cell = paragraph.runs[0].font, grid.table.cell(0, 0).text_frame.paragraphs[0].runs[0].font
    for change in changes:
        match change:
            case "size":
                font.size = Pt(40)
            case "name":
                font.name = "Arial"
            case "bold":
                font.bold = True
            case "not bold":
                font.bold = False
            case "underline":
                font.underline = True
            case "strike":
                font._element.set("strike", "sngStrike")
            case "red":
                font.color.rgb = RGBColor(255, 0, 0)
            case "green":
                font.color.rgb = RGBColor(0, 255, 0)
            case "center":
                paragraph.alignment = PP_ALIGN.CENTER
            case "left":
                paragraph.alignment = PP_ALIGN.LEFT
            case "text":
                paragraph.runs[0].text = "Other text"
            case "level":
                paragraph.level = 1
            case "bullet":
                properties = paragraph._p.get_or_add_pPr()
                properties.append(properties.makeelement(f"{{{properties.nsmap['a']}}}buChar", {"char": "-"}))
            case "moved":
                box.left = Inches(2)
            case "nudged":
                box.left = Inches(1.003)
            case "high":
                box.height = Inches(3)
            case "picture up":
                picture.top = Inches(1)
            case "picture right":
                picture.left = Inches(6)
            case "picture wide":
                picture.width = Inches(4)
            case "table down":
                grid.top = Inches(5)
            case "cell bold":
                cell.bold = True
            case "background":
                for slide in made.slides:
                    slide.background.fill.solid()
                    slide.background.fill.fore_color.rgb = RGBColor(rng.choice([0, 255]), 0, 200)
            case "notes":
                made.slides[0].notes_slide.notes_text_frame.text = "Say this"
            case "slide":
                made.slides.add_slide(made.slide_layouts[6])
            case "portrait":
                made.slide_width, made.slide_height = Inches(5), Inches(9)
            case "group":
                group = made.slides[1].shapes.add_group_shape().shapes
                group.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = rng.choice(["Inner", "inner"])
    path = folder / name
    made.save(str(path))
    return str(path)


SLIDE_CHANGES = [
    "size",
    "name",
    "bold",
    "not_bold",
    "underline",
    "strike",
    "red",
    "green",
    "center",
    "left",
    "text",
    "level",
    "bullet",
    "moved",
    "nudged",
    "high",
    "picture_up",
    "picture_right",
    "picture_wide",
    "table_down",
    "cell_bold",
    "background",
    "notes",
    "slide",
    "group",
]
SLIDE_OPTIONS = [
    "shape",
    "text",
    "indent",
    "font_name",
    "font_size",
    "font_bold",
    "font_italic",
    "color_rgb",
    "font_underline",
    "strike_through",
    "alignment",
    "bullets",
    "background_color",
    "note",
    "number_of_slides",
]
SLIDE_PLACES = [
    "title_bottom_position",
    "table_bottom_position",
    "right_position",
    "top_position",
    "shape_for_shift_size",
    "image_size",
    "modify_height",
]


def slide_pair(rng: random.Random, folder: Path) -> Call:
    common = [change.replace("_", " ") for change in rng.sample(SLIDE_CHANGES, 2)]
    more = [change.replace("_", " ") for change in rng.sample(SLIDE_CHANGES, rng.choice([0, 1, 1, 2]))]
    result = presentation(rng, folder, "a.pptx", common + more)
    expected = presentation(rng, folder, "b.pptx", common)
    options: dict[str, object] = {f"examine_{name}": False for name in rng.sample(SLIDE_OPTIONS, rng.randint(0, 5))}
    if rng.random() < 0.4:
        options |= {"examine_shape": False, f"examine_{rng.choice(SLIDE_PLACES)}": True}
    if rng.random() < 0.3:
        options["approximately_tolerance"] = 0.001
    return (result, expected), options | {"enable_debug": False}


def one_presentation(rules: Callable[[random.Random], object] | None, *changes: str) -> MakeCall:
    def make(rng: random.Random, folder: Path) -> Call:
        path = presentation(rng, folder, "a.pptx", [change for change in changes if rng.random() < 0.5])
        return ((path,) if rules is None else (path, rules(rng))), {}

    return make


def transition(rng: random.Random, folder: Path) -> Call:
    plain = presentation(rng, folder, "plain.pptx", [])
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(folder / "a.pptx", "w") as made:
        for part in source.namelist():
            content = source.read(part)
            if part == "ppt/slides/slide2.xml":
                kind = rng.choice([b"dissolve", b"fade"])
                content = content.replace(b"</p:sld>", b"<p:transition><p:%s/></p:transition></p:sld>" % kind)
            made.writestr(part, content)
    return (str(folder / "a.pptx"), {"slide_idx": rng.choice([0, 1, 1, 1, 9]), "transition_type": "dissolve"}), {}


def page_number_color(rng: random.Random, folder: Path) -> Call:
    color = rng.choice([b"FF0000", b"C9211E", b"0000FF", b"00FF00", b"000000", b"FFFFFF"])
    drawing = b"http://schemas.openxmlformats.org/drawingml/2006/main"
    fill = b'<a:solidFill xmlns:a="' + drawing + b'"><a:srgbClr val="%s"/></a:solidFill>'
    with zipfile.ZipFile(folder / "a.pptx", "w") as made:
        made.writestr("ppt/slideMasters/slideMaster1.xml", b"<x>" + fill % color + fill % b"123456" + b"</x>")
    return (str(folder / "a.pptx"), {"color": rng.choice(["red", "blue", "green", "black"])}), {}


def stretched(rng: random.Random, folder: Path) -> Call:
    from PIL import Image
    from pptx import Presentation
    from pptx.util import Inches

    def made(name: str, left: float, width: float, colour: str) -> str:
        slides, image = Presentation(), io.BytesIO()
        Image.new("RGB", (8, 8), colour).save(image, "PNG")
        slides.slides.add_slide(slides.slide_layouts[6]).shapes.add_picture(
            image, Inches(left), 0, Inches(width), Inches(rng.choice([7.5, 7.3, 5]))
        )
        slides.save(str(folder / name))
        return str(folder / name)

    original = made("b.pptx", 0, 2, "red")
    return (made("a.pptx", rng.choice([0, 0.3, 2]), rng.choice([10, 9.8]), rng.choice(["red", "red", "blue"])), original), {}  # fmt: skip  # noqa: E501


# ---- LibreOffice's settings


def office_setting(
    item: str, name: str, values: list[str], rules: Callable[[random.Random], object] | None
) -> MakeCall:
    def make(rng: random.Random, folder: Path) -> Call:
        items = "".join(
            f'<item oor:path="/org.openoffice.Office.{item}"><prop oor:name="{rng.choice([name, name, "Other"])}">'
            f"<value>{rng.choice(values)}</value></prop></item>"
            for _ in range(rng.randint(0, 2))
        )
        namespace = 'xmlns:oor="http://openoffice.org/2001/registry"'
        path = maybe_broken(rng, folder, written(folder, "a.xcu", f"<oor:items {namespace}>{items}</oor:items>"))
        return ((path,) if rules is None else (path, rules(rng))), {}

    return make


def left_panel(rng: random.Random, folder: Path) -> Call:
    name = rng.choice(["Slides View", "Notes", "slides view"])
    return (f'<desktop-frame><panel><document-frame name="{name}"/></panel></desktop-frame>',), {}


# ---- documents


def document(rng: random.Random, folder: Path, name: str, texts: list[str], changes: list[str]) -> str:
    from docx import Document
    from docx.enum.text import WD_BREAK, WD_COLOR_INDEX, WD_PARAGRAPH_ALIGNMENT, WD_TAB_ALIGNMENT
    from docx.shared import Inches, Pt, RGBColor
    from PIL import Image

    made = Document()
    for text in texts:
        made.add_paragraph(text)
    runs = [run for paragraph in made.paragraphs for run in paragraph.runs]
    for change in changes:
        match change:
            case "spacing":
                made.paragraphs[0].paragraph_format.line_spacing = rng.choice([1.5, 2.0])
            case "fonts":
                for run in runs:
                    run.font.name = "Arial"
            case "font":
                runs[-1].font.name = "Arial"
            case "subscript":
                runs[-1].font.subscript = True
            case "highlight":
                rng.choice(runs).font.highlight_color = WD_COLOR_INDEX.YELLOW
            case "italic":
                runs[0].italic, runs[0].font.size = True, Pt(rng.choice([14, 12]))
            case "break":
                for _ in range(rng.randint(1, 2)):
                    runs[0].add_break(WD_BREAK.PAGE)
            case "strike":
                for run in made.paragraphs[-1].runs:
                    run.font.strike = True
            case "footer":
                made.sections[0].footer.paragraphs[0].text = rng.choice(["Page 1", "Page"])
            case "center":
                made.paragraphs[0].alignment = WD_PARAGRAPH_ALIGNMENT.CENTER
            case "tabs":
                for paragraph in made.paragraphs:
                    kind = rng.choice([WD_TAB_ALIGNMENT.RIGHT] * 9 + [WD_TAB_ALIGNMENT.LEFT])
                    paragraph.paragraph_format.tab_stops.add_tab_stop(Inches(rng.choice([6, 6, 5.5])), kind)
            case "table":
                for cell in made.add_table(1, 2).rows[0].cells:
                    cell.text = rng.choice(["apple", "pear"])
                    red = cell.text == "apple" if rng.random() < 0.8 else rng.random() < 0.5
                    cell.paragraphs[0].runs[0].font.color.rgb = RGBColor(255, 0, 0) if red else RGBColor(0, 0, 255)
            case "picture":
                image = io.BytesIO()
                Image.new("RGB", (4, 4), rng.choice(["red", "red", "blue"])).save(image, "PNG")
                made.add_picture(image)
    made.save(str(folder / name))
    return str(folder / name)


def document_pair(*changes: str, **choices: list[object]) -> MakeCall:
    """Two documents that say nearly the same, with the same changes most of the time."""

    def make(rng: random.Random, folder: Path) -> Call:
        texts = [some_text(rng, 3) for _ in range(3)]
        others = maybe_changed(rng, "\n".join(texts)).split("\n") if rng.random() < 0.4 else texts
        if rng.random() < 0.15:
            others = others[::-1]
        if rng.random() < 0.15:
            others = [others[0], "", *others[1:]]
        picked = [change for change in changes if rng.random() < 0.8]
        first = document(rng, folder, "a.docx", others, picked)
        second = document(rng, folder, "b.docx", texts, picked if rng.random() < 0.7 else [])
        options = {name: rng.choice(values) for name, values in choices.items() if rng.random() < 0.4}
        return (maybe_broken(rng, folder, first), second), options

    return make


def one_document(rules: Callable[[random.Random], object] | None, *changes: str) -> MakeCall:
    def make(rng: random.Random, folder: Path) -> Call:
        picked = [change for change in changes if rng.random() < 0.6]
        path = maybe_broken(rng, folder, document(rng, folder, "a.docx", [some_text(rng, 3)] * 2, picked))
        return ((path,) if rules is None else (path, rules(rng))), {}

    return make


def odt_pair(rng: random.Random, folder: Path) -> Call:
    from odf.opendocument import OpenDocumentText
    from odf.style import Style, TextProperties
    from odf.text import P, Span

    def made(name: str, text: str) -> str:
        document = OpenDocumentText()
        style = Style(name="T1", family="text")
        style.addElement(TextProperties(backgroundcolor=rng.choice(["#ffff00", "#ffffff"])))
        document.automaticstyles.addElement(style)
        paragraph = P(text=text)
        paragraph.addElement(Span(stylename=style, text="end"))
        document.text.addElement(paragraph)
        document.save(str(folder / name))
        return str(folder / name)

    text = some_text(rng)
    return (made("a.odt", maybe_changed(rng, text)), made("b.odt", text)), {}


def odt_or_docx(rng: random.Random, folder: Path) -> Call:
    if rng.random() < 0.2:
        return odt_pair(rng, folder)
    yes: list[object] = [True]
    return document_pair(
        ignore_blanks=[False], ignore_case=yes, ignore_order=yes, content_only=yes, fuzzy_match=yes,
        delete_empty_lines=yes,
    )(rng, folder)  # fmt: skip


def references(rng: random.Random, folder: Path) -> Call:
    items = [some_text(rng, 4) for _ in range(3)]
    heading = ["References"] if rng.random() < 0.8 else []
    first = document(rng, folder, "a.docx", ["Text", *heading, *(maybe_changed(rng, item) for item in items)], [])
    second = document(rng, folder, "b.docx", ["Other", "References", "", *items], [])
    return (first, second), {"reference_base_result": 0.6} if rng.random() < 0.5 else {}


def trains(rng: random.Random, folder: Path) -> Call:
    before = [f"{hour}:00, {rng.choice('ABC')}, x, 1" for hour in range(5)]
    gold = list({line.split(",")[1]: line for line in before}.values())
    result = rng.choice([gold, gold, before, gold[1:], [*gold[1:], "9:00, Z, x, 1"]])
    paths = [document(rng, folder, f"{name}.docx", lines, []) for name, lines in
             (("a", result), ("b", gold), ("c", before))]  # fmt: skip
    return (paths[0], paths[1:]), {}


def tab_stops(rng: random.Random, folder: Path) -> Call:
    (first, second), _ = document_pair("tabs")(rng, folder)
    options: dict[str, object] = {"word_number_split_by_tabstop": 3, "index": 0} if rng.random() < 0.5 else {}
    return (first, second), options


# ---- PDF files and archives


def pdf(texts: list[str], pictures: int = 0) -> bytes:
    import pymupdf
    from PIL import Image, ImageDraw

    made = pymupdf.open()
    for text in texts:
        page = made.new_page()
        page.insert_text((72, 72), text)
        for number in range(pictures):
            image, content = Image.new("RGB", (64, 64), "white"), io.BytesIO()
            ImageDraw.Draw(image).rectangle((0, 0, 20 + 20 * number, 64), fill="black")
            image.save(content, "PNG")
            page.insert_image(pymupdf.Rect(100, 100, 164, 164), stream=content.getvalue())
    return made.tobytes()


def pdf_pair(rng: random.Random, folder: Path) -> Call:
    def pair(number: int) -> tuple[str | None, str]:
        text = some_text(rng)
        first = written(folder, f"a{number}.pdf", pdf([maybe_changed(rng, text)]))
        return maybe_broken(rng, folder, first), written(folder, f"b{number}.pdf", pdf([text]))

    if rng.random() < 0.5:
        return pair(0), {}
    firsts, seconds = zip(*(pair(number) for number in range(3)), strict=True)
    return (list(firsts), list(seconds)), {}


def pdf_pictures(rng: random.Random, folder: Path) -> Call:
    paths = [written(folder, f"{name}.pdf", pdf(["text"] * rng.randint(1, 2), rng.randint(0, 2))) for name in "ab"]
    return (maybe_broken(rng, folder, paths[0]), paths[1]), {}


def pdf_pages(rng: random.Random, folder: Path) -> Call:
    path = written(folder, "a.pdf", pdf(["text"] * rng.randint(1, 3)))
    return (path, {"relation": rng.choice(["eq", "lt", "ge"]), "ref_value": rng.randint(1, 3)}), {}


def zipped(folder: Path, name: str, contents: dict[str, bytes]) -> str:
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, content in contents.items():
            archive.writestr(path, content)
    return str(folder / name)


def archives(rng: random.Random, folder: Path) -> Call:
    kind, below = rng.choice(["text", "pdf"]), rng.choice(["", "lectures"])

    def file(text: str) -> bytes:
        return pdf([text]) if kind == "pdf" else text.encode()

    texts = {f"{below}/{number}".lstrip("/"): some_text(rng) for number in range(3)}
    result = {name: file(maybe_changed(rng, text)) for name, text in texts.items() if rng.random() > 0.05}
    first = zipped(folder, "a.zip", result)
    if rng.random() < 0.3:
        with tarfile.open(folder / "a.tar.gz", "w:gz") as archive:
            for name, content in result.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        first = str(folder / "a.tar.gz")
    second = zipped(folder, "b.zip", {name: file(text) for name, text in texts.items()})
    options: dict[str, object] = {"file_type": kind} | ({"file_path": below} if below else {})
    return (first if rng.random() > BROKEN else None, second), options


def zips(rng: random.Random, folder: Path) -> Call:
    text = some_text(rng, 30)
    first = {"a.txt": b"one", "b.pdf": pdf([text if rng.random() < 0.6 else some_text(rng, 30)])}
    if rng.random() < 0.3:
        first["a.txt"] = b"two"
    if rng.random() < 0.1:
        first["more"] = b""
    path = zipped(folder, "a.zip", first)
    second = zipped(folder, "b.zip", {"a.txt": b"one", "b.pdf": pdf([text])})
    return (path if rng.random() > BROKEN else None, second), {}


def books(rng: random.Random, folder: Path) -> Call:
    def book(name: str, words: list[str]) -> str:
        page = "<html><body>" + "\n".join(f"<p>{word}</p>" for word in words) + "</body></html>"
        toc = "\n".join(["<ncx>", f'<navPoint id="{name}">', *words, "</ncx>"])
        description = f"<dc:identifier>{name}</dc:identifier>\n<dc:title>{words[0]}</dc:title>"
        contents = {"toc.ncx": toc, "content.opf": description, "1.html": page, "2.html": page}
        return zipped(folder, name, {part: text.encode() for part, text in contents.items() if rng.random() > 0.1})

    words = rng.choices(WORDS, k=5)
    others = [word if rng.random() < 0.8 else rng.choice(WORDS) for word in words]
    return (maybe_broken(rng, folder, book("a.epub", others)), book("b.epub", words)), {}


def python_source(rng: random.Random, folder: Path) -> Call:
    body = "def f(x):\n\treturn x\n\nprint(f(1))\n"
    head = rng.choice(["", "#!/usr/bin/env python\n", "# -*- coding: utf-8 -*-\n", "\n#!late\n"])
    first = head + rng.choice([body, body.replace("\t", "    "), body.replace("1", "2"), body + "\n\n"])
    path = maybe_broken(rng, folder, written(folder, "a.py", first))
    return (path, written(folder, "b.py", body)), {}


INPUTS: dict[str, MakeCall] = {
    "exact_match": value_and(scalar),
    "literal_match": literal,
    "match_in_list": value_and(scalar, many=True),
    "is_in_list": lambda rng, folder: ((rng.choices(WORDS, k=5), {"expected": rng.choice(WORDS)}), {}),
    "fuzzy_match": value_and(some_text),
    "check_include_exclude": lambda rng, folder: (
        (
            rng.choice([None, *(some_text(rng) for _ in range(9))]),
            {"include": rng.choices(WORDS, k=1), "exclude": rng.choices(WORDS, k=1)},
        ),
        {},
    ),
    "check_direct_json_object": direct_json,
    "run_sqlite3": query,
    "check_json": json_file,
    "check_json_settings": settings,
    "check_csv": records,
    "compare_text_file": text_pair(ignore_blanks=[True], ignore_case=[True]),
    "compare_config": text_and(lambda rng, lines: {"expected": "\n".join(lines) + rng.choice(["\n", ""])}),
    "diff_text_file": text_pair(),
    "compare_python_pure_text": python_source,
    "check_list": text_and(
        lambda rng, lines: {
            rng.choice(["expect", "unexpect"]): [rf"\b{rng.choice(WORDS)}\b.*", r"^\w"][: rng.randint(1, 2)]
        }
    ),
    "check_line_number": text_and(
        lambda rng, lines: {"expected": str(sum("12:34:56" in line for line in lines) + rng.choice([0, 0, 1]))}
    ),
    "file_contains": text_and(lambda rng, lines: {"expected": [rng.choice(lines), rng.choice([*WORDS, *lines])]}),
    "compare_csv": csv_files,
    "compare_htmls": html,
    "compare_table": table,
    "compare_conference_city_in_order": cities,
    "compare_docx_files": odt_or_docx,
    "compare_docx_files_and_ignore_new_lines": document_pair(ignore_blanks=[False]),
    "compare_docx_tables": document_pair("table"),
    "compare_docx_images": document_pair("picture"),
    "compare_references": references,
    "compare_unique_train_records": trains,
    "fuzzy_place_math": lambda rng, folder: (
        (document(rng, folder, "a.docx", [some_text(rng, rng.choice([3, 3, 3, 2]))], []), {"expected": WORDS[8:11]}),
        {},
    ),
    "compare_line_spacing": document_pair("spacing"),
    "compare_font_names": one_document(lambda rng: {"font_name": "Arial"}, "fonts", "font"),
    "compare_subscript_contains": document_pair("subscript"),
    "compare_highlighted_text": document_pair("highlight"),
    "check_highlighted_words": odt_pair,
    "check_italic_font_size_14": document_pair("italic"),
    "check_tabstops": tab_stops,
    "contains_page_break": one_document(lambda rng: rng.choice([{}, {"page_break_count": 1}]), "break"),
    "evaluate_colored_words_in_tables": document_pair("table"),
    "evaluate_strike_through_last_paragraph": document_pair("strike"),
    "has_page_numbers_in_footers": one_document(None, "footer"),
    "is_first_line_centered": one_document(None, "center"),
    "find_default_font": office_setting(
        "Writer/DefaultFont", "Standard", ["Arial", "Times"], lambda rng: {"font_name": "Arial"}
    ),
    "check_presenter_console_disable": office_setting(
        "Impress/Misc/Start", "EnablePresenterScreen", ["false", "true", "False"], None
    ),
    "check_auto_saving_time": office_setting(
        "Common/Save/Document", "AutoSaveTimeIntervall", ["3", "10"], lambda rng: {"minutes": 3}
    ),
    "check_left_panel": left_panel,
    "compare_pptx_files": slide_pair,
    "check_image_stretch_and_center": stretched,
    "check_page_number_colors": page_number_color,
    "check_slide_orientation_Portrait": one_presentation(None, "portrait"),
    "check_transition": transition,
    "evaluate_presentation_fill_to_rgb_distance": one_presentation(
        lambda rng: (
            {"rgb": rng.choice([[0, 0, 200], [255, 0, 0]])}
            | ({"original_rgb": [255, 0, 200]} if rng.random() < 0.3 else {})
        ),
        "background",
    ),
    "compare_pdfs": pdf_pair,
    "compare_pdf_images": pdf_pictures,
    "check_pdf_pages": pdf_pages,
    "compare_archive": archives,
    "compare_zip_files": zips,
    "compare_epub": books,
}
