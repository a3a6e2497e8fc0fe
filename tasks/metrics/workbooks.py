"""XLSX workbooks, as the rules for tables look at them.

Knows four views of a sheet: its cells with their styles (openpyxl), its data (pandas), the values that the file itself
has, and the text that LibreOffice printed beside it as CSV. Knows no rule.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tasks.metrics.files import UnreadableFile, opened, read_lines

CellValue = str | float | None
"""What a file has for a cell: dates are numbers, an error is its text; truth values and empty cells count as None."""

NAMESPACES = {
    "main": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "links": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "x14": "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main",
    "xm": "http://schemas.microsoft.com/office/excel/2006/main",
}


class Book:
    """One workbook.

    Raises whatever the libraries do when the file is no workbook; open it with `tasks.metrics.files.opened`.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.workbook = load_workbook(path)
        self.sheet_names = [sheet.title for sheet in self.workbook.worksheets]

    def part(self, name: str) -> ElementTree.Element:
        """A part of the file, parsed.

        Raises:
            UnreadableFile: the file has no such part, or it is damaged.
        """

        def read(path: str) -> ElementTree.Element:
            with zipfile.ZipFile(path) as parts:
                return ElementTree.fromstring(parts.read(name))

        return opened(self.path, read)

    @cached_property
    def sheet_parts(self) -> Mapping[str, str]:
        """Where in the file each sheet is, by its name."""
        links = self.part("xl/_rels/workbook.xml.rels")
        targets = {link.get("Id"): link.get("Target", "") for link in links.iter() if link.get("Id")}
        return {
            sheet.get("name", ""): posixpath.normpath(
                posixpath.join("/xl", targets.get(sheet.get(f"{{{NAMESPACES['links']}}}id"), ""))
            ).lstrip("/")
            for sheet in self.part("xl/workbook.xml").iterfind("main:sheets/main:sheet", NAMESPACES)
        }

    @cached_property
    def shared_strings(self) -> list[str]:
        """The texts that cells refer to by number."""
        try:
            texts = self.part("xl/sharedStrings.xml")
        except UnreadableFile:
            return []  # a workbook without texts, or with the texts in its cells
        return [
            "".join(part.text or "" for part in text.iterfind(".//main:t", NAMESPACES))
            for text in texts.iterfind("main:si", NAMESPACES)
        ]


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook, which need not exist: then it has nothing."""

    book: Book
    name: str

    @cached_property
    def worksheet(self) -> Worksheet | None:
        """Cells and their styles, charts, pivot tables; None when there is no such sheet."""
        return next((sheet for sheet in self.book.workbook.worksheets if sheet.title == self.name), None)

    @cached_property
    def data(self) -> pd.DataFrame | None:
        """The values in columns, named by the first row; None when there is no such sheet."""
        if self.name not in self.book.sheet_names:
            return None
        return pd.read_excel(self.book.path, self.name)

    @cached_property
    def printed(self) -> list[str]:
        """The lines of the CSV file beside the workbook, without the empty ones at the end.

        Raises:
            UnreadableFile: there is no such file.
        """
        lines = [line.strip() for line in read_lines(f"{Path(self.book.path).with_suffix('')}-{self.name}.csv")]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @cached_property
    def values(self) -> Mapping[str, CellValue]:
        """The values as the file has them, by the cell's name; empty when there is no such sheet."""
        return dict(self._cells())

    def _cells(self) -> Iterator[tuple[str, CellValue]]:
        if self.name not in self.book.sheet_parts:
            return
        for cell in self.book.part(self.book.sheet_parts[self.name]).iterfind(".//main:row/main:c", NAMESPACES):
            yield cell.get("r", ""), self._value(cell)

    def _value(self, cell: ElementTree.Element) -> CellValue:
        kind = cell.get("t", "n")
        content = cell.findtext("main:v", "", NAMESPACES).strip()
        try:
            match kind:
                case "n":
                    return float(content)
                case "s":
                    return self.book.shared_strings[int(content)]
                case "inlineStr":
                    return cell.findtext("main:is/main:t", None, NAMESPACES)
                case "str" | "e":
                    return content or None
                case _:
                    return None
        except (ValueError, IndexError):
            return None
