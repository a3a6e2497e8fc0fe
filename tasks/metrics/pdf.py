"""PDF files: their texts, their pictures and their number of pages.

The semantics are those of OSWorld's `evaluators/metrics/chrome.py` and `pdf.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Literal, TypedDict

import imagehash
import pymupdf
from PIL import Image

from tasks.metrics.files import UnreadableFile, opened, zero_if_unreadable
from tasks.metrics.fuzzy import similarity
from tasks.metrics.rules import matches

ALIKE_BITS = 5
"""Pictures are the same when so few bits of their perceptual hashes differ: OSWorld's `compare_pdf_images`."""


class PageCount(TypedDict):
    """How the number of pages is to `ref_value`."""

    relation: Literal["eq", "ne", "lt", "le", "gt", "ge"]
    ref_value: int


def text_of(document: pymupdf.Document) -> str:
    """The text of all pages, without white space at its ends."""
    return "".join(str(page.get_text()) for page in document).strip()


def _read_text(path: str) -> str:
    with pymupdf.open(path) as document:
        return text_of(document)


@zero_if_unreadable
def compare_pdfs(pdf1_path: str | list[str] | None, pdf2_path: str | list[str] | None) -> float:
    """How alike the texts of two PDF files are, from 0.0 to 1.0; of two lists of files, pair by pair, the mean.

    A pair with a missing or damaged file counts as 0.0, and so does a file of the second list without a partner.
    """
    if not isinstance(pdf2_path, list):
        return similarity(*(opened(path, _read_text) for path in (_one(pdf1_path), pdf2_path)))
    if not isinstance(pdf1_path, list) or not pdf2_path:
        return 0.0
    return sum(map(compare_pdfs, pdf1_path, pdf2_path)) / len(pdf2_path)


def _one(path: str | list[str] | None) -> str | None:
    if isinstance(path, list):
        raise UnreadableFile("There are several files to compare with one.")
    return path


@zero_if_unreadable
def compare_pdf_images(pdf1_path: str | None, pdf2_path: str | None, **_notes: object) -> float:
    """Which share of the pictures in two PDF files are the same, in the order of the pages, from 0.0 to 1.0.

    They are held against each other by their perceptual hashes. Without pictures in either file it is 1.0, with more
    in one than in the other 0.0. Other options change nothing.
    """
    first, second = (opened(path, lambda name: list(_hashes(name))) for path in (pdf1_path, pdf2_path))
    if len(first) != len(second):
        return 0.0
    same = [one - other <= ALIKE_BITS for one, other in zip(first, second, strict=True)]
    return sum(same) / len(same) if same else 1.0


def _hashes(path: str) -> Iterator[imagehash.ImageHash]:
    with pymupdf.open(path) as document:
        for page in document:
            for picture in page.get_images(full=True):
                yield imagehash.phash(Image.open(BytesIO(document.extract_image(picture[0])["image"])))


@zero_if_unreadable
def check_pdf_pages(pdf_file: str | None, rules: PageCount) -> float:
    """1.0 when a PDF file has as many pages as `rules` says, such as `ge` and 3, else 0.0."""

    def pages(path: str) -> int:
        with pymupdf.open(path) as document:
            return document.page_count

    return float(matches(opened(pdf_file, pages), {"method": rules["relation"], "ref": rules["ref_value"]}))
