"""The texts, tables and pictures of DOCX and ODT documents.

Knows what a document says; how it looks is in `tasks/metrics/document_layout.py`. The semantics are those of OSWorld's
`evaluators/metrics/docs.py` and `general.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TypedDict

from docx import Document
from docx.document import Document as DocxDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from odf.namespaces import TEXTNS
from odf.opendocument import load as load_odt
from odf.text import P
from PIL import Image

from tasks.metrics.files import UnreadableFile, opened, zero_if_unreadable
from tasks.metrics.fuzzy import similarity
from tasks.metrics.text import without_blanks

TRAIN_FIELDS = 4
"""A record of a train is a time, the train, a station and a platform, with commas between."""

PLACES = 3
"""So many words are asked for by the task of `fuzzy_place_math`."""

LEAST_GAIN = 0.01
"""References must be more alike than before by so much: OSWorld's `compare_references`."""


class Places(TypedDict):
    """Words that are right answers."""

    expected: list[str]


def open_docx(path: str | None) -> DocxDocument:
    """A DOCX document.

    Raises:
        UnreadableFile: there is none, or it is damaged.
    """
    return opened(path, Document)


def paragraphs(path: str | None) -> list[str]:
    """The texts of a document's paragraphs; those in tables belong to a DOCX document's tables instead.

    Raises:
        UnreadableFile: there is no such file, or it is neither DOCX nor ODT.
    """
    match Path(path or "").suffix:
        case ".docx":
            return [paragraph.text for paragraph in open_docx(path).paragraphs]
        case ".odt":
            return ["".join(_odt_texts(paragraph)) for paragraph in opened(path, load_odt).getElementsByType(P)]
        case _:
            raise UnreadableFile(f"{path} is neither a DOCX nor an ODT document.")


def _odt_texts(paragraph: object) -> Iterator[str]:
    """The text of a paragraph and of the stretches of one style in it, but not of what lies deeper."""
    for node in paragraph.childNodes:  # pyright: ignore[reportAttributeAccessIssue]
        if node.nodeType == node.TEXT_NODE:
            yield node.data
        elif node.qname == (TEXTNS, "span"):
            yield from (inner.data for inner in node.childNodes if inner.nodeType == inner.TEXT_NODE)


@zero_if_unreadable
def compare_docx_files(
    file1: str | None,
    file2: str | None,
    ignore_blanks: bool = True,
    ignore_case: bool = False,
    ignore_order: bool = False,
    content_only: bool = False,
    fuzzy_match: bool = False,
    delete_empty_lines: bool = False,
) -> float:
    """What the paragraphs of two documents say, DOCX with DOCX or ODT with ODT.

    1.0 when it is the same, else 0.0; with `content_only` or `fuzzy_match` how alike it is, from 0.0 to 1.0: as one
    text or, without `ignore_blanks` and `content_only`, on average over the paragraphs.
    """
    if Path(file1 or "").suffix != Path(file2 or "").suffix:
        return 0.0
    texts = paragraphs(file1), paragraphs(file2)
    if ignore_order:
        texts = sorted(texts[0]), sorted(texts[1])
    if delete_empty_lines:
        texts = [text for text in texts[0] if text.strip()], [text for text in texts[1] if text.strip()]
    if ignore_blanks or content_only:
        texts = [without_blanks("\n".join(texts[0]))], [without_blanks("\n".join(texts[1]))]
    if ignore_case:
        texts = [text.lower() for text in texts[0]], [text.lower() for text in texts[1]]
    if len(texts[0]) != len(texts[1]):
        return 0.0
    if not content_only and not fuzzy_match:
        return float(texts[0] == texts[1])
    return _mean([similarity(*pair) for pair in zip(*texts, strict=True)])


def _mean(scores: list[float]) -> float:
    return sum(scores) / len(scores) if scores else 1.0


@zero_if_unreadable
def compare_docx_files_and_ignore_new_lines(file1: str | None, file2: str | None, ignore_blanks: bool = True) -> float:
    """1.0 when two DOCX documents say the same but for empty paragraphs, else 0.0."""
    first, second = ([p.text for p in open_docx(path).paragraphs if p.text] for path in (file1, file2))
    if ignore_blanks:
        return float(without_blanks("\n".join(first)) == without_blanks("\n".join(second)))
    return float(first == second)


@zero_if_unreadable
def compare_docx_tables(docx_file1: str | None, docx_file2: str | None) -> float:
    """1.0 when two DOCX documents have the same tables, cell by cell, but for white space around a text, else 0.0."""
    return float(_tables(open_docx(docx_file1)) == _tables(open_docx(docx_file2)))


def _tables(document: DocxDocument) -> list[list[list[str]]]:
    return [
        [
            [table.cell(row, column).text.strip() for column in range(len(table.columns))]
            for row in range(len(table.rows))
        ]
        for table in document.tables
    ]


@zero_if_unreadable
def compare_docx_images(docx_file1: str | None, docx_file2: str | None) -> float:
    """1.0 when two DOCX documents have the same pictures, pixel by pixel and in the same order, else 0.0."""
    return float(_pictures(docx_file1) == _pictures(docx_file2))


def _pictures(path: str | None) -> list[bytes]:
    links = open_docx(path).part.rels.values()
    files = [
        link.target_part.blob for link in links if link.reltype == RELATIONSHIP_TYPE.IMAGE and not link.is_external
    ]
    return opened(path, lambda _: [Image.open(BytesIO(file)).tobytes() for file in files])


@zero_if_unreadable
def compare_references(
    file1: str | None,
    file2: str | None,
    reference_indicator: str = "References",
    reference_base_result: float = 0.5,
    **_notes: object,
) -> float:
    """How alike the paragraphs below the heading `reference_indicator` are in two DOCX documents, from 0.0 to 1.0.

    Alike as they were at first, `reference_base_result`, is 0.0. Without the heading in either document it is 1.0,
    and in only one of them 0.0. Other options change nothing.
    """
    first, second = (_references(path, reference_indicator) for path in (file1, file2))
    if first is None or second is None:
        return float(first is second)
    if len(first) != len(second):
        return 0.0
    alike = _mean([similarity(*pair) for pair in zip(first, second, strict=True)])
    if alike < reference_base_result + LEAST_GAIN:
        return 0.0
    return (alike - reference_base_result) / (1 - reference_base_result)


def _references(path: str | None, heading: str) -> list[str] | None:
    texts = [paragraph.text for paragraph in open_docx(path).paragraphs]
    return [text for text in texts[texts.index(heading) + 1 :] if text.strip()] if heading in texts else None


@zero_if_unreadable
def compare_unique_train_records(
    processed_file: str | None, expected_files: list[str | None] | None, **_notes: object
) -> float:
    """1.0 when a DOCX document has one line for each train, else 0.0.

    Args:
        processed_file: the result, whose lines must all have been there before.
        expected_files: a document with the right trains and as many lines, and the one that the result was made from.
    """
    lines, expected, before = (_lines(path) for path in (processed_file, *(*(expected_files or []), None, None)[:2]))
    trains = _trains(lines)
    return float(
        set(lines) <= set(before)
        and len(trains) == len(set(trains))
        and set(trains) == set(_trains(expected))
        and len(lines) == len(expected)
    )


def _lines(path: str | None) -> list[str]:
    return [paragraph.text.strip() for paragraph in open_docx(path).paragraphs if paragraph.text.strip()]


def _trains(lines: list[str]) -> list[str]:
    records = (line.split(",") for line in lines)
    return [record[1].strip() for record in records if len(record) == TRAIN_FIELDS]


@zero_if_unreadable
def fuzzy_place_math(result_file_path: str | None, rules: Places) -> float:
    """How alike three words of a DOCX document are to words of `rules["expected"]`, from 0.0 to 1.0 on average.

    0.0 when the document has more words or fewer.
    """
    words = [word for paragraph in open_docx(result_file_path).paragraphs for word in paragraph.text.split()]
    if len(words) != PLACES:
        return 0.0
    return _mean([max((similarity(word, place) for place in rules["expected"]), default=0.0) for word in words])
