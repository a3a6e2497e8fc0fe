"""What a run leaves on disk: a card that says what was asked of whom, and one JSON line an answered item.

A run that was cut off anywhere goes on where it was. Each record holds its item, so that the reports read nothing else
but the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from tasks.run_folder import Card, Layout, OpenRun
from tasks.screenspot.dataset import LeftOut
from tasks.screenspot.items import Benchmark, Item, RunError
from tasks.screenspot.methods import Method
from tasks.screenspot.scoring import Prediction, Verdict

RECORDS: Final = "records.jsonl"


class RunCard(Card):
    """What was asked of whom."""

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
        return self.model, self.format, self.benchmark, self.language, self.sha256

    @property
    def described(self) -> str:
        return f"{self.model} on {self.benchmark} ({self.language}, data {self.sha256[:12]})"


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


_LAYOUT: Final = Layout(RunCard, Record, RECORDS, RunError)


class RunFolder(OpenRun[RunCard, Record]):
    """The records of a run, read when it is opened. Use it as a context manager."""

    def __init__(self, folder: Path, card: RunCard) -> None:
        """Begin a run in a new folder, or go on with the one that is there.

        Raises:
            RunError: the folder holds another run, is damaged, or cannot be written.
        """
        super().__init__(_LAYOUT, folder, card)

    @property
    def records(self) -> Sequence[Record]:
        return self.lines


def read_run(folder: Path) -> tuple[RunCard, Sequence[Record]]:
    """The card and the records of a run, in the benchmark's order; changes nothing.

    Raises:
        RunError: there is no run, or it is damaged.
    """
    card, records = _LAYOUT.read(folder)
    return card, sorted(records, key=lambda record: (record.item.position, record.method))
