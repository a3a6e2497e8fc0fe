"""Random inputs for the metrics of documents."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

from metric_files import WORDS, Call, MakeCall, maybe_broken, maybe_changed, some_text


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


INPUTS: dict[str, MakeCall] = {
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
}
