"""What a run leaves on disk: a card that says what was asked of whom, and one JSON line an answered item.

A run that was cut off anywhere goes on where it was. Each record holds its item, so that the reports read nothing else
but the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.json_lines import DamagedLine, JsonLines, read_json_lines, write_whole
from tasks.screenspot.dataset import LeftOut
from tasks.screenspot.items import Benchmark, Item, RunError
from tasks.screenspot.methods import Method
from tasks.screenspot.scoring import Prediction, Verdict

CARD: Final = "run.json"
RECORDS: Final = "records.jsonl"


class RunCard(BaseModel):
    """What was asked of whom."""

    model_config = ConfigDict(frozen=True)

    deixis: str
    started: datetime
    model: str
    format: str
    benchmark: Benchmark
    source: str
    revision: str | None
    language: str
    sha256: str
    """Of the annotation files."""
    items: int
    """How many there are to be asked."""
    left_out: tuple[LeftOut, ...]

    @property
    def identity(self) -> tuple[str, ...]:
        """What must be the same for a run to go on."""
        return self.model, self.format, self.benchmark, self.language, self.sha256


class Record(BaseModel):
    """One answered item."""

    model_config = ConfigDict(frozen=True)

    method: Method
    item: Item
    verdict: Verdict
    prediction: Prediction
    text: str
    """The model's words."""
    looks: int
    prompt_tokens: int
    output_tokens: int
    log_probability: float | None
    seconds: float

    @property
    def key(self) -> tuple[Method, str]:
        return self.method, self.item.id


class RunFolder:
    """The records of a run, read when it is opened. Use it as a context manager."""

    def __init__(self, folder: Path, card: RunCard) -> None:
        """Begin a run in a new folder, or go on with the one that is there.

        Raises:
            RunError: the folder holds another run, is damaged, or cannot be written.
        """
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if (folder / CARD).exists():
                card = _continued(folder, card)
            elif (folder / RECORDS).exists():
                raise RunError(f"{folder} holds records but no {CARD}: give another folder.")
            write_whole(folder / CARD, card.model_dump_json(indent=2))
            self._lines = JsonLines(folder / RECORDS, Record)
        except DamagedLine as error:
            raise RunError(str(error)) from error
        except OSError as error:
            raise RunError(f"The records cannot be kept in {folder}: {error.strerror or error}.") from error
        self.card = card

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

    @property
    def records(self) -> Sequence[Record]:
        return self._lines.records

    def append(self, record: Record) -> None:
        """Keep a record; it is with the operating system when this returns.

        Raises:
            RunError: it cannot be written.
        """
        try:
            self._lines.append(record)
        except OSError as error:
            raise RunError(f"{self.folder / RECORDS} cannot be written: {error.strerror or error}.") from error


def read_run(folder: Path) -> tuple[RunCard, Sequence[Record]]:
    """The card and the records of a run, in the benchmark's order; changes nothing.

    Raises:
        RunError: there is no run, or it is damaged.
    """
    card = _read_card(folder)
    try:
        records = read_json_lines(folder / RECORDS, Record)
    except DamagedLine as error:
        raise RunError(str(error)) from error
    return card, sorted(records, key=lambda record: (record.item.position, record.method))


def _continued(folder: Path, card: RunCard) -> RunCard:
    """The card of a run that goes on: begun when it was begun, with what is left out now."""
    begun = _read_card(folder)
    if begun.identity != card.identity:
        raise RunError(
            f"{folder} holds a run of {begun.model} on {begun.benchmark} ({begun.language}, data "
            f"{begun.sha256[:12]}), not of {card.model} on {card.benchmark} ({card.language}, data "
            f"{card.sha256[:12]}): give another folder."
        )
    return card.model_copy(update={"started": begun.started})


def _read_card(folder: Path) -> RunCard:
    try:
        return RunCard.model_validate_json((folder / CARD).read_bytes())
    except OSError as error:
        raise RunError(f"{folder} holds no run: {CARD} cannot be read.") from error
    except ValidationError as error:
        raise RunError(f"{folder / CARD} is damaged, or of another version.") from error
