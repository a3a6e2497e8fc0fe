"""A file of records, one JSON object a line, that survives being cut off anywhere.

A line is whole or it does not count: whoever opens the file again goes on after its last whole line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

Record = TypeVar("Record", bound=BaseModel)


class DamagedLine(ValueError):
    """Raised for a line that is whole and yet no record."""

    def __init__(self, path: Path, number: int) -> None:
        super().__init__(f"{path}, line {number}, is damaged: delete that line, and its record is made again.")


class JsonLines(Generic[Record]):
    """A file that is written to, with the records that it has had. Use `close` at the end."""

    def __init__(self, path: Path, kind: type[Record]) -> None:
        """Open a file, or begin it.

        Raises:
            OSError: it cannot be read or written.
            DamagedLine: it holds something else.
        """
        self.records, whole = _read(path, kind)
        self._file = path.open("ab")
        self._file.truncate(whole)

    def append(self, record: Record) -> None:
        """Keep a record; it is with the operating system when this returns.

        Raises:
            OSError: it cannot be written.
        """
        self._file.write(record.model_dump_json().encode() + b"\n")
        self._file.flush()
        self.records.append(record)

    def close(self) -> None:
        self._file.close()


def read_json_lines(path: Path, kind: type[Record]) -> list[Record]:
    """The records of a file, none when there is no file; changes nothing.

    Raises:
        OSError: it cannot be read.
        DamagedLine: it holds something else.
    """
    return _read(path, kind)[0]


def write_whole(path: Path, text: str) -> None:
    """Replace a file at once, so that no cut-off leaves half of it."""
    new = path.with_suffix(".new")
    new.write_text(text + "\n", encoding="utf-8")
    new.replace(path)


def _read(path: Path, kind: type[Record]) -> tuple[list[Record], int]:
    """The records, and how many bytes of the file are whole lines."""
    content = path.read_bytes() if path.exists() else b""
    whole = content.rfind(b"\n") + 1
    records: list[Record] = []
    for number, line in enumerate(content[:whole].splitlines(), start=1):
        try:
            records.append(kind.model_validate_json(line))
        except ValidationError as error:
            raise DamagedLine(path, number) from error
    return records, whole
