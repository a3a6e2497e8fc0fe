from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as DocxDocument
from docx.enum.text import WD_BREAK, WD_COLOR_INDEX, WD_PARAGRAPH_ALIGNMENT, WD_TAB_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Inches, Pt, RGBColor
from odf.opendocument import OpenDocumentText
from odf.style import Style, TextProperties
from odf.text import P, Span
from PIL import Image

from tasks.metrics import METRICS
from tasks.metrics.document_layout import (
    check_highlighted_words,
    check_italic_font_size_14,
    check_tabstops,
    compare_font_names,
    compare_highlighted_text,
    compare_line_spacing,
    compare_subscript_contains,
    contains_page_break,
    evaluate_colored_words_in_tables,
    evaluate_strike_through_last_paragraph,
    has_page_numbers_in_footers,
    is_first_line_centered,
)
from tasks.metrics.documents import (
    compare_docx_files,
    compare_docx_files_and_ignore_new_lines,
    compare_docx_images,
    compare_docx_tables,
    compare_references,
    compare_unique_train_records,
    fuzzy_place_math,
)
from tests.tasks.metrics.conftest import WriteFile

Change = Callable[[DocxDocument], object]
MakeDocument = Callable[..., str]

TEXTS = ["The first line", "and a second one", "and the last"]


@pytest.fixture
def docx(tmp_path: Path) -> MakeDocument:
    """Write a DOCX document of some paragraphs, changed as a test has it."""

    def made(name: str, texts: list[str] | None = None, *changes: Change) -> str:
        document = Document()
        for text in TEXTS if texts is None else texts:
            document.add_paragraph(text)
        for change in changes:
            change(document)
        document.save(str(tmp_path / name))
        return str(tmp_path / name)

    return made


@pytest.fixture
def odt(tmp_path: Path) -> MakeDocument:
    """Write an ODT document of one paragraph, the second part of it on some colour."""

    def made(name: str, before: str, coloured: str, colour: str) -> str:
        document = OpenDocumentText()
        style = Style(name="T1", family="text")
        style.addElement(TextProperties(backgroundcolor=colour))
        document.automaticstyles.addElement(style)
        paragraph = P(text=before)
        paragraph.addElement(Span(stylename=style, text=coloured))
        document.text.addElement(paragraph)
        document.save(str(tmp_path / name))
        return str(tmp_path / name)

    return made


def run(document: DocxDocument, paragraph: int = -1):
    return document.paragraphs[paragraph].runs[0]


@pytest.mark.parametrize(
    ("texts", "options", "score"),
    [
        (TEXTS, {}, 1.0),
        ([*TEXTS[:2], "", "and  the last"], {}, 1.0),
        ([*TEXTS[:2], "and  the last"], {"ignore_blanks": False}, 0.0),
        ([*TEXTS, ""], {"ignore_blanks": False}, 0.0),
        ([*TEXTS, ""], {"ignore_blanks": False, "delete_empty_lines": True}, 1.0),
        ([*TEXTS[:2], "And the last"], {}, 0.0),
        ([*TEXTS[:2], "And the last"], {"ignore_case": True}, 1.0),
        (TEXTS[::-1], {}, 0.0),
        (TEXTS[::-1], {"ignore_order": True}, 1.0),
        ([*TEXTS[:2], "and the lust"], {"content_only": True}, 1 - 2 / 88),
        ([*TEXTS[:2], "and the lust"], {"fuzzy_match": True}, 1 - 2 / 88),
        ([*TEXTS[:2], "and the lust"], {"fuzzy_match": True, "ignore_blanks": False}, 1 - 2 / 24 / 3),
    ],
)
def test_texts(docx: MakeDocument, texts: list[str], options: dict[str, bool], score: float) -> None:
    assert compare_docx_files(docx("a.docx", texts), docx("b.docx"), **options) == pytest.approx(score)


def test_odt_texts(docx: MakeDocument, odt: MakeDocument) -> None:
    expected = odt("b.odt", "The first ", "line", "#ffff00")
    assert compare_docx_files(odt("a.odt", "The ", "first line", "#ffffff"), expected) == 1.0
    assert compare_docx_files(odt("a.odt", "The ", "last line", "#ffffff"), expected) == 0.0
    assert compare_docx_files(docx("a.docx", ["The first line"]), expected) == 0.0


def test_highlights_in_odt(odt: MakeDocument) -> None:
    expected = odt("b.odt", "The first ", "line", "#ffffff")
    assert check_highlighted_words(odt("a.odt", "The first ", "line", "#ffffff"), expected) == 1.0
    assert check_highlighted_words(odt("c.odt", "The first ", "line", "#ffff00"), expected) == 0.0
    assert check_highlighted_words(odt("d.odt", "The last ", "line", "#ffffff"), expected) == 0.0


def test_new_lines(docx: MakeDocument) -> None:
    compare, expected = compare_docx_files_and_ignore_new_lines, docx("b.docx")
    spaced = docx("a.docx", [TEXTS[0], "", *TEXTS[1:]])
    assert compare(spaced, expected) == 1.0
    assert compare(spaced, expected, ignore_blanks=False) == 1.0
    assert compare(docx("c.docx", [*TEXTS[:2], "and  the last"]), expected, ignore_blanks=False) == 0.0
    assert compare(docx("d.docx", TEXTS[1:]), expected) == 0.0


def table(*rows: list[str]) -> Change:
    def change(document: DocxDocument) -> None:
        made = document.add_table(len(rows), len(rows[0]))
        for row, texts in zip(made.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text

    return change


def test_tables(docx: MakeDocument) -> None:
    expected = docx("b.docx", None, table(["a", "b"], ["c", "d"]))
    assert compare_docx_tables(docx("a.docx", [], table([" a", "b"], ["c", "d "])), expected) == 1.0
    assert compare_docx_tables(docx("c.docx", [], table(["a", "b"], ["c", "x"])), expected) == 0.0
    assert compare_docx_tables(docx("d.docx", [], table(["a", "b"])), expected) == 0.0
    assert compare_docx_tables(docx("e.docx"), expected) == 0.0


def picture(colour: str) -> Change:
    def change(document: DocxDocument) -> None:
        image = io.BytesIO()
        Image.new("RGB", (4, 4), colour).save(image, "PNG")
        document.add_picture(image)

    return change


def test_pictures(docx: MakeDocument) -> None:
    expected = docx("b.docx", None, picture("red"))
    assert compare_docx_images(docx("a.docx", [], picture("red")), expected) == 1.0
    assert compare_docx_images(docx("c.docx", [], picture("blue")), expected) == 0.0
    assert compare_docx_images(docx("d.docx"), expected) == 0.0


def test_references(docx: MakeDocument) -> None:
    expected = docx("b.docx", [*TEXTS, "References", "", "Ada 1843", "Alan 1936"])
    assert compare_references(docx("a.docx", ["References", "Ada 1843", "Alan 1936"]), expected, content_only=True) == 1
    near = compare_references(docx("c.docx", ["References", "Ada 1840", "Alan 1936"]), expected)
    assert near == pytest.approx((1 - 1 / 16 - 0.5) / 0.5, abs=0.01)
    assert compare_references(docx("d.docx", ["References", "x", "y"]), expected) == 0.0
    assert compare_references(docx("e.docx", ["References", "Ada 1843"]), expected) == 0.0
    assert compare_references(docx("f.docx"), expected) == 0.0
    assert compare_references(docx("f.docx"), docx("g.docx")) == 1.0
    assert compare_references(docx("a.docx"), docx("g.docx"), reference_indicator=TEXTS[-1]) == 1.0


def test_trains(docx: MakeDocument) -> None:
    before = docx("before.docx", ["1:00, A, x, 1", "2:00, B, x, 1", "3:00, A, y, 2"])
    expected = [docx("gold.docx", ["1:00, A, x, 1", "2:00, B, x, 1"]), before]
    assert compare_unique_train_records(docx("a.docx", ["2:00, B, x, 1", "3:00, A, y, 2"]), expected) == 1.0
    assert compare_unique_train_records(before, expected) == 0.0
    assert compare_unique_train_records(docx("b.docx", ["1:00, A, x, 1"]), expected) == 0.0
    assert compare_unique_train_records(docx("c.docx", ["1:00, A, x, 1", "2:00, B, z, 9"]), expected) == 0.0
    assert compare_unique_train_records(before, expected[:1]) == 0.0
    assert compare_unique_train_records(before, None) == 0.0


def test_three_places(docx: MakeDocument) -> None:
    places = {"expected": ["Paris", "Rome", "Oslo"]}
    assert fuzzy_place_math(docx("a.docx", ["Rome Oslo", "Rome"]), {"expected": places["expected"]}) == 1.0
    assert fuzzy_place_math(docx("b.docx", ["Rome Oslo", "Romy"]), {"expected": places["expected"]}) == pytest.approx(2.75 / 3)  # fmt: skip  # noqa: E501
    assert fuzzy_place_math(docx("c.docx", ["Rome Oslo"]), {"expected": places["expected"]}) == 0.0


def test_line_spacing(docx: MakeDocument) -> None:
    def spaced(lines: float) -> Change:
        return lambda d: setattr(d.paragraphs[0].paragraph_format, "line_spacing", lines)

    expected = docx("b.docx", None, spaced(2.0))
    assert compare_line_spacing(docx("a.docx", None, spaced(2.0)), expected) == 1.0
    assert compare_line_spacing(docx("c.docx", None, spaced(1.5)), expected) == 0.0
    assert compare_line_spacing(docx("d.docx", TEXTS[1:], spaced(2.0)), expected) == 0.0


def test_fonts(docx: MakeDocument) -> None:
    def named(document: DocxDocument) -> None:
        for paragraph in document.paragraphs:
            paragraph.runs[0].font.name = "Times New Roman"

    assert compare_font_names(docx("a.docx", None, named), {"font_name": "Times New Roman"}) == 1.0
    assert compare_font_names(docx("a.docx", None, named), {"font_name": "Arial"}) == 0.0
    assert compare_font_names(docx("b.docx"), {"font_name": "Times New Roman"}) == 0.0


def test_subscripts(docx: MakeDocument) -> None:
    def subscript(document: DocxDocument) -> None:
        run(document).font.subscript = True

    expected = docx("b.docx", None, subscript)
    assert compare_subscript_contains(docx("a.docx", None, subscript), expected) == 1.0
    assert compare_subscript_contains(docx("c.docx"), expected) == 0.0


def test_highlights(docx: MakeDocument) -> None:
    def highlighted(paragraph: int, colour: WD_COLOR_INDEX | None = WD_COLOR_INDEX.YELLOW) -> Change:
        return lambda d: setattr(run(d, paragraph).font, "highlight_color", colour)

    expected = docx("b.docx", None, highlighted(0))
    assert compare_highlighted_text(docx("a.docx", None, highlighted(0, WD_COLOR_INDEX.RED)), expected) == 1.0
    assert compare_highlighted_text(docx("c.docx", None, highlighted(1)), expected) == 0.0
    assert compare_highlighted_text(docx("d.docx"), docx("e.docx", None, highlighted(0, None))) == 1.0


def test_italics(docx: MakeDocument) -> None:
    def italic(points: float) -> Change:
        def change(document: DocxDocument) -> None:
            run(document).italic = True
            run(document).font.size = Pt(points)

        return change

    expected = docx("b.docx")
    assert check_italic_font_size_14(docx("a.docx", None, italic(14)), expected) == 1.0
    assert check_italic_font_size_14(docx("c.docx", None, italic(12)), expected) == 0.0
    assert check_italic_font_size_14(docx("d.docx", TEXTS[1:], italic(14)), expected) == 0.0


def test_tab_stops(docx: MakeDocument) -> None:
    def stop(inches: float, alignment: WD_TAB_ALIGNMENT = WD_TAB_ALIGNMENT.RIGHT) -> Change:
        def change(document: DocxDocument) -> None:
            for paragraph in document.paragraphs:
                paragraph.paragraph_format.tab_stops.add_tab_stop(Inches(inches), alignment)

        return change

    expected = docx("b.docx", None, stop(6.0))
    assert check_tabstops(docx("a.docx", None, stop(6.0)), expected) == 1.0
    assert check_tabstops(docx("c.docx", None, stop(3.0)), expected) == pytest.approx(0.5)
    assert check_tabstops(docx("d.docx", None, stop(6.0, WD_TAB_ALIGNMENT.LEFT)), expected) == 0.0
    assert check_tabstops(docx("e.docx", TEXTS[1:], stop(6.0)), expected) == 0.0
    assert check_tabstops(docx("f.docx"), expected) == 0.0
    split = docx("g.docx", ["The first one\tof", "", "all the lines\there"])
    assert check_tabstops(split, split, word_number_split_by_tabstop=3, index=0) == 1.0
    assert check_tabstops(split, split, word_number_split_by_tabstop=2, index=0) == 0.0
    assert check_tabstops(split, split, word_number_split_by_tabstop=3, index=2) == 0.0


def test_page_breaks(docx: MakeDocument) -> None:
    def broken(document: DocxDocument) -> None:
        run(document, 0).add_break(WD_BREAK.PAGE)
        run(document, 1).add_break(WD_BREAK.LINE)

    assert contains_page_break(docx("a.docx", None, broken)) == 1.0
    assert contains_page_break(docx("a.docx", None, broken), {"page_break_count": 1}) == 1.0
    assert contains_page_break(docx("a.docx", None, broken), {"page_break_count": 2}) == 0.0
    assert contains_page_break(docx("b.docx"), {}) == 0.0
    assert contains_page_break(docx("b.docx"), {"page_break_count": 0}) == 0.0


@pytest.mark.parametrize(
    ("first", "second", "score"),
    [("FF0000", "0000FF", 1.0), ("FE0202", "0000FE", 1.0), ("0000FF", "FF0000", 0.0), ("FF0000", None, 0.0)],
)
def test_coloured_words(docx: MakeDocument, first: str, second: str | None, score: float) -> None:
    def coloured(document: DocxDocument) -> None:
        for cell, colour in zip(document.tables[0].rows[0].cells, (first, second), strict=True):
            if colour:
                cell.paragraphs[0].runs[0].font.color.rgb = RGBColor.from_string(colour)

    result = docx("a.docx", None, table(["apple", "pear"]), coloured)
    assert evaluate_colored_words_in_tables(result, docx("b.docx")) == score
    assert evaluate_colored_words_in_tables(result, docx("c.docx", TEXTS[1:])) == 0.0


def test_strike_through(docx: MakeDocument) -> None:
    def struck(document: DocxDocument) -> None:
        run(document).font.strike = True

    expected = docx("b.docx")
    assert evaluate_strike_through_last_paragraph(docx("a.docx", None, struck), expected) == 1.0
    assert evaluate_strike_through_last_paragraph(docx("c.docx"), expected) == 0.0
    assert evaluate_strike_through_last_paragraph(docx("d.docx", TEXTS[1:], struck), expected) == 0.0


def test_footers_and_headings(docx: MakeDocument) -> None:
    def footer(text: str) -> Change:
        return lambda d: setattr(d.sections[0].footer.paragraphs[0], "text", text)

    def centered(document: DocxDocument) -> None:
        document.paragraphs[0].alignment = WD_PARAGRAPH_ALIGNMENT.CENTER

    assert has_page_numbers_in_footers(docx("a.docx", None, footer("Page 1"))) == 1.0
    assert has_page_numbers_in_footers(docx("b.docx", None, footer("Page"))) == 0.0
    assert is_first_line_centered(docx("c.docx", None, centered)) == 1.0
    assert is_first_line_centered(docx("d.docx")) == 0.0
    assert is_first_line_centered(docx("e.docx", [])) == 0.0

    def as_libreoffice_writes_it(document: DocxDocument) -> None:
        centered(document)
        document.paragraphs[0]._p.pPr.jc.set(qn("w:val"), "start")

    assert is_first_line_centered(docx("f.docx", None, as_libreoffice_writes_it)) == 0.0


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        *((name, None) for name in (
            "compare_docx_files", "compare_docx_files_and_ignore_new_lines", "compare_docx_tables",
            "compare_docx_images", "compare_references", "compare_line_spacing", "compare_subscript_contains",
            "compare_highlighted_text", "check_italic_font_size_14", "check_tabstops", "check_highlighted_words",
            "evaluate_colored_words_in_tables", "evaluate_strike_through_last_paragraph",
        )),
        ("contains_page_break", {}),
        ("compare_font_names", {"font_name": "Arial"}),
        ("fuzzy_place_math", {"expected": ["Rome"]}),
    ],
)  # fmt: skip
def test_a_damaged_document_scores_nothing(
    docx: MakeDocument, write: WriteFile, name: str, rules: dict[str, object] | None
) -> None:
    expected = docx("b.docx") if rules is None else rules
    for path in (None, "nowhere.docx", write("a.docx", "no document"), write("a.odt", "no document")):
        assert METRICS[name](path, expected) == 0.0
        if rules is None:
            assert METRICS[name](expected, path) == 0.0
    assert has_page_numbers_in_footers(write("c.docx", "no document")) == 0.0
    assert is_first_line_centered(write("c.docx", "no document")) == 0.0
