"""How DOCX and ODT documents look: fonts, highlights, spacing, tabs, page breaks.

Knows the look; what documents say is in `tasks/metrics/documents.py`. The semantics are those of OSWorld's
`evaluators/metrics/docs.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml.ns import nsmap, qn
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from docx.text.tabstops import TabStop
from odf.opendocument import load as load_odt
from odf.text import Span
from skimage.color import deltaE_ciede2000, rgb2lab

from tasks.metrics.documents import compare_docx_files, open_docx
from tasks.metrics.files import opened, zero_if_unreadable

Rgb = tuple[int, int, int]

RED, BLUE = (255, 0, 0), (0, 0, 255)

JUST_NOTICEABLE = 3.5
"""Colours that differ by less than this count as the same, unless a task says otherwise: OSWorld's `threshold`."""

YELLOW = "#ffff00"

HEADLINE_POINTS = 14


class ExpectedFont(TypedDict):
    """A font by its name."""

    font_name: str


class ExpectedBreaks(TypedDict, total=False):
    """How many page breaks there are; any number but none, when it does not say."""

    page_break_count: int


def _runs(path: str | None) -> Iterator[Run]:
    return (run for paragraph in open_docx(path).paragraphs for run in paragraph.runs)


@zero_if_unreadable
def compare_line_spacing(docx_file1: str | None, docx_file2: str | None) -> float:
    """1.0 when two DOCX documents say the same in paragraphs with the same line spacing, else 0.0."""
    first, second = (
        [paragraph.paragraph_format.line_spacing for paragraph in open_docx(path).paragraphs]
        for path in (docx_file1, docx_file2)
    )
    return float(compare_docx_files(docx_file1, docx_file2) == 1.0 and first == second)


@zero_if_unreadable
def compare_font_names(docx_file: str | None, rules: ExpectedFont) -> float:
    """1.0 when all of a DOCX document's runs name the font `rules["font_name"]` themselves, else 0.0."""
    return float(all(run.font.name == rules["font_name"] for run in _runs(docx_file)))


@zero_if_unreadable
def compare_subscript_contains(docx_file1: str | None, docx_file2: str | None) -> float:
    """1.0 when some run is subscript in both of two DOCX documents, else 0.0."""
    paragraph_pairs = zip(open_docx(docx_file1).paragraphs, open_docx(docx_file2).paragraphs, strict=False)
    run_pairs = (pair for first, second in paragraph_pairs for pair in zip(first.runs, second.runs, strict=False))
    return float(any(first.font.subscript and second.font.subscript for first, second in run_pairs))


@zero_if_unreadable
def compare_highlighted_text(file1: str | None, file2: str | None) -> float:
    """1.0 when the same texts are highlighted in two DOCX documents, in whatever order and colour, else 0.0."""
    return float(_highlighted(file1) == _highlighted(file2))


def _highlighted(path: str | None) -> set[str | None]:
    document = open_docx(path).element
    runs = document.xpath('//w:r[.//w:highlight[@w:val != "none" or not(@w:val)]][.//w:t]')
    return {run.find(".//w:t", nsmap).text for run in runs}


@zero_if_unreadable
def check_highlighted_words(file_path1: str | None, file_path2: str | None) -> float:
    """1.0 when an ODT document says the same as the expected one and nothing in it is highlighted in yellow."""
    if compare_docx_files(file_path1, file_path2) != 1.0 or Path(file_path1 or "").suffix != ".odt":
        return 0.0
    document = opened(file_path1, load_odt)
    used = {span.getAttribute("stylename") for span in document.getElementsByType(Span)}
    return float(
        not any(
            properties.getAttribute("backgroundcolor") == YELLOW
            for style in document.automaticstyles.childNodes
            if style.getAttribute("name") in used
            for properties in style.childNodes
        )
    )


@zero_if_unreadable
def check_italic_font_size_14(path1: str | None, path2: str | None) -> float:
    """1.0 when a DOCX document says what is expected and all that is italic in it has 14 points, else 0.0."""
    sizes = [run.font.size for run in _runs(path1) if run.italic]
    return float(
        compare_docx_files(path1, path2) == 1.0
        and all(size is not None and size.pt == HEADLINE_POINTS for size in sizes)
    )


@zero_if_unreadable
def check_tabstops(
    docx_file1: str | None,
    docx_file2: str | None,
    word_number_split_by_tabstop: int | None = None,
    index: int = 0,
) -> float:
    """How near the tab stops of a DOCX document are to the expected ones, 1.0 for the same.

    The mean over the paragraphs with a text of how far the tab stops are off in all, as a share of the width of the
    text, is taken from 1.0. 0.0 when there are other paragraphs, or tab stops of other number or kind, or when some
    paragraph does not have `word_number_split_by_tabstop` words in its part `index` between tabs.
    """
    result, expected = open_docx(docx_file1), open_docx(docx_file2)
    found, wanted = ([p for p in document.paragraphs if p.text.strip()] for document in (result, expected))
    if len(found) != len(wanted):
        return 0.0
    if word_number_split_by_tabstop is not None and any(
        _words(paragraph, index) != word_number_split_by_tabstop for paragraph in found
    ):
        return 0.0
    section = expected.sections[0]
    width = (section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)
    off_by = 0
    for stops in zip(map(_tab_stops, found), map(_tab_stops, wanted), strict=True):
        if [stop.alignment for stop in stops[0]] != [stop.alignment for stop in stops[1]]:
            return 0.0
        off_by += sum(abs(first.position - second.position) for first, second in zip(*stops, strict=True))
    return 1 - off_by / width / len(found) if found else 0.0


def _words(paragraph: Paragraph, part: int) -> int | None:
    parts = paragraph.text.split("\t")
    return len(parts[part].split()) if part < len(parts) else None


def _tab_stops(paragraph: Paragraph) -> list[TabStop]:
    """Without those that only take one away, and without the one at the margin that is there anyway."""
    return [
        stop
        for stop in paragraph.paragraph_format.tab_stops
        if stop.alignment != WD_TAB_ALIGNMENT.CLEAR and (stop.alignment != WD_TAB_ALIGNMENT.LEFT or stop.position != 0)
    ]


@zero_if_unreadable
def contains_page_break(docx_file: str | None, rules: ExpectedBreaks | None = None) -> float:
    """1.0 when a DOCX document has page breaks, `rules["page_break_count"]` when it says how many, else 0.0."""
    breaks = sum(mark.get(qn("w:type")) == "page" for run in _runs(docx_file) for mark in run.element.iter(qn("w:br")))
    return float(breaks > 0 and breaks == (rules or {}).get("page_break_count", breaks))


@zero_if_unreadable
def evaluate_colored_words_in_tables(
    file_path1: str | None, file_path2: str | None, threshold: float = JUST_NOTICEABLE
) -> float:
    """1.0 when the words in a DOCX document's tables are red after a vowel at their beginning, and else blue.

    The document must say what is expected. Colours are right up to a CIEDE2000 difference of `threshold`. 0.0 when a
    word has another colour, or none of its own.
    """
    if compare_docx_files(file_path1, file_path2) != 1.0:
        return 0.0
    runs = (
        run
        for table in open_docx(file_path1).tables
        for row in table.rows
        for cell in row.cells
        for paragraph in cell.paragraphs
        for run in paragraph.runs
        if run.text
    )

    def is_right(run: Run) -> bool:
        color = run.font.color.rgb
        right = RED if run.text[0].lower() in "aeiou" else BLUE
        return color is not None and _difference(color, right) <= threshold

    return float(all(map(is_right, runs)))


def _difference(first: Rgb, second: Rgb) -> float:
    labs = (rgb2lab([value / 255 for value in color]) for color in (first, second))
    return float(deltaE_ciede2000(*labs))


@zero_if_unreadable
def evaluate_strike_through_last_paragraph(file_path1: str | None, file_path2: str | None) -> float:
    """1.0 when a DOCX document says what is expected and its last paragraph is struck through, else 0.0."""
    last = open_docx(file_path1).paragraphs[-1:]
    return float(
        bool(last)
        and compare_docx_files(file_path1, file_path2) == 1.0
        and all(run.font.strike for run in last[0].runs)
    )


@zero_if_unreadable
def has_page_numbers_in_footers(docx_file: str | None) -> float:
    """1.0 when there is a digit in the first paragraph of the footer of each section of a DOCX document, else 0.0."""
    footers = [section.footer.paragraphs[:1] for section in open_docx(docx_file).sections]
    texts = ["".join(paragraph.text for paragraph in footer) for footer in footers]
    return float(all(any(character.isdigit() for character in text) for text in texts))


@zero_if_unreadable
def is_first_line_centered(docx_file: str | None) -> float:
    """1.0 when the first paragraph of a DOCX document is centred, else 0.0."""
    first = open_docx(docx_file).paragraphs[:1]
    # python-docx has no word for the "start" that LibreOffice writes, and fails on it.
    return float([each._p.xpath("./w:pPr/w:jc/@w:val") for each in first] == [["center"]])  # pyright: ignore[reportPrivateUsage]
