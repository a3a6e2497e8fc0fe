"""Archives: the files in a ZIP or TAR file, and the pages of an EPUB book.

Knows how to take archives apart; how the files in them are compared is for their own metrics. The semantics are those
of OSWorld's `evaluators/metrics/chrome.py`, `vscode.py` and `others.py`.
"""

from __future__ import annotations

import difflib
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import lxml.html
import pymupdf

from tasks.errors import EvaluationFailed
from tasks.metrics import METRICS
from tasks.metrics.files import opened, zero_if_unreadable
from tasks.metrics.pdf import text_of

COMPARED_BY = {
    "text": "compare_text_file",
    "pdf": "compare_pdfs",
    "docx": "compare_docx_files",
    "ppt": "compare_pptx_files",
    "image": "compare_images",
    "csv": "compare_csv",
    "table": "compare_table",
    "audio": "compare_audios",
    "video": "compare_videos",
}
"""The metric for each `file_type` of `compare_archive`."""

ALIKE_PDF = 0.95
"""PDF files in an archive are the same when their texts are so much alike: OSWorld's `compare_zip_files`."""

BOOK_PARTS = {"toc.ncx": "navPoint", "content.opf": "dc:identifier"}
"""What is compared of a book beside its pages, and the text in lines that are new in each book made."""


@zero_if_unreadable
def compare_archive(
    pred_path: str | None, gold_path: str | None, file_path: str = "", file_type: str = "text", **options: object
) -> float:
    """The mean score of the files in the folder `file_path` of two ZIP or TAR archives, from 0.0 to 1.0.

    Both have files of the same names there, else it is 0.0.

    Args:
        pred_path: the result.
        gold_path: what is expected.
        file_path: a folder in both archives.
        file_type: one of `COMPARED_BY`.
        options: those of the metric that compares the files.

    Raises:
        EvaluationFailed: there is no such type.
    """
    if file_type not in COMPARED_BY:
        raise EvaluationFailed(f"An archive has files of the types {', '.join(COMPARED_BY)}, not {file_type!r}.")
    with TemporaryDirectory() as result, TemporaryDirectory() as expected:
        names: list[list[str]] = []
        for archive, folder in ((pred_path, result), (gold_path, expected)):
            opened(archive, lambda path, folder=folder: _unpack(path, folder))
            names.append(
                opened(str(Path(folder, file_path)), lambda path: sorted(p.name for p in Path(path).iterdir()))
            )
        if names[0] != names[1] or not names[0]:
            return 0.0
        compare = METRICS[COMPARED_BY[file_type]]
        scores = [
            compare(*(str(Path(folder, file_path, name)) for folder in (result, expected)), **options)
            for name in names[0]
        ]
    return sum(scores) / len(scores)


def _unpack(path: str, folder: str) -> None:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
    else:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")  # no links and no names that lead out of the folder


@zero_if_unreadable
def compare_zip_files(actual: str | None, expected: str | None) -> float:
    """1.0 when two ZIP files have the same files in them, PDF files with nearly the same text, else 0.0."""
    found, wanted = (opened(path, _contents) for path in (actual, expected))
    return float(found.keys() == wanted.keys() and all(_is_same(name, found[name], wanted[name]) for name in found))


def _contents(path: str) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _is_same(name: str, found: bytes, wanted: bytes) -> bool:
    if not name.lower().endswith(".pdf") or found == wanted:
        return found == wanted
    try:
        first, second = (text_of(pymupdf.open(stream=content, filetype="pdf")) for content in (found, wanted))
    except pymupdf.FileDataError:
        return False
    return difflib.SequenceMatcher(None, first, second).ratio() >= ALIKE_PDF


@zero_if_unreadable
def compare_epub(result: str | None, expected: str | None) -> float:
    """How alike the lines of the pages of two books are, of their contents and of their descriptions, on average.

    They are taken in the order of their names; what the expected book has more than the result does not count.
    """
    found, wanted = (opened(path, _book) for path in (result, expected))
    alike = [difflib.SequenceMatcher(a=a, b=b).ratio() for a, b in zip(found, wanted, strict=False)]
    return sum(alike) / len(found) if found else 0.0


def _book(path: str) -> list[list[str]]:
    """The lines of each part of a book that is compared, each in one form."""
    parts: list[list[str]] = []
    for name, content in sorted(_contents(path).items()):
        if name in BOOK_PARTS:
            parts.append([line for line in content.decode().splitlines() if BOOK_PARTS[name] not in line])
        elif name.endswith(".html"):
            page = lxml.html.fromstring(content.decode().replace("\n", "").replace("\r", "").encode())
            parts.append(str(lxml.html.tostring(page, pretty_print=True, encoding="unicode")).splitlines())
    return parts
