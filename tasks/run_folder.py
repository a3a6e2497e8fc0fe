"""What a run leaves on disk, whatever it runs: a card that says what was run by whom, and a JSON line for each outcome.

A run that was cut off anywhere goes on where it was, if it is the same run. Knows files; the cards and the outcomes
belong to whoever runs.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Generic, Self, TypeVar

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.json_lines import DamagedLine, JsonLines, read_json_lines, write_whole

CARD: Final = "run.json"
LOCK: Final = "run.lock"
"""Held by whoever writes to the run: two that do not know of each other would count outcomes twice."""


class Card(BaseModel):
    """Says what was run by whom."""

    model_config = ConfigDict(frozen=True)

    deixis: str
    started: datetime

    @property
    @abstractmethod
    def identity(self) -> tuple[object, ...]:
        """What must be the same for a run to go on."""

    @property
    @abstractmethod
    def described(self) -> str:
        """The same for a person, short: it stands in a sentence."""


OneCard = TypeVar("OneCard", bound=Card)
Outcome = TypeVar("Outcome", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Layout(Generic[OneCard, Outcome]):
    """What lies in the folders of one kind of run.

    Attributes:
        card: what the card is.
        outcome: what a line is.
        lines: the name of the file of lines.
        error: what is raised for a folder that cannot be used, with the reason.
    """

    card: type[OneCard]
    outcome: type[Outcome]
    lines: str
    error: type[Exception]

    def read_card(self, folder: Path) -> OneCard:
        """The card of a run.

        Raises:
            Exception: `error`, when there is no run, or its card is damaged.
        """
        try:
            return self.card.model_validate_json((folder / CARD).read_bytes())
        except OSError as error:
            raise self.error(f"{folder} holds no run: {CARD} cannot be read.") from error
        except ValidationError as error:
            raise self.error(f"{folder / CARD} is damaged, or of another version.") from error

    def read(self, folder: Path) -> tuple[OneCard, list[Outcome]]:
        """The card and the outcomes of a run, as they were written; changes nothing.

        Raises:
            Exception: `error`, when there is no run, or it is damaged.
        """
        card = self.read_card(folder)
        try:
            return card, read_json_lines(folder / self.lines, self.outcome)
        except DamagedLine as error:
            raise self.error(str(error)) from error


class OpenRun(Generic[OneCard, Outcome]):
    """A run that is written to. Use it as a context manager.

    Attributes:
        folder: where it is.
        card: with the time when the run was first begun.
    """

    def __init__(self, layout: Layout[OneCard, Outcome], folder: Path, card: OneCard) -> None:
        """Begin a run in a new folder, or go on with the one that is there.

        Raises:
            Exception: the layout's `error`, when the folder holds another run, is damaged, or cannot be written.
        """
        self.folder = folder
        self._layout = layout
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder.resolve() / LOCK, timeout=0)
            self._lock.acquire()
        except Timeout as error:
            raise layout.error(f"{folder} is in use: another process runs what is in it.") from error
        except OSError as error:
            raise layout.error(_cannot_be_kept(folder, error)) from error
        try:
            self.card, self._lines = _opened(layout, folder, card)
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._lock.release()

    @property
    def lines(self) -> list[Outcome]:
        """All outcomes so far, in the order in which they came."""
        return self._lines.records

    def append(self, outcome: Outcome) -> None:
        """Keep an outcome; it is with the operating system when this returns.

        Raises:
            Exception: the layout's `error`, when it cannot be written.
        """
        try:
            self._lines.append(outcome)
        except OSError as error:
            path = self.folder / self._layout.lines
            raise self._layout.error(f"{path} cannot be written: {error.strerror or error}.") from error


def _opened(layout: Layout[OneCard, Outcome], folder: Path, card: OneCard) -> tuple[OneCard, JsonLines[Outcome]]:
    """The card of the run, which is written when it is new, and its lines."""
    try:
        if (folder / CARD).exists():
            begun = layout.read_card(folder)
            if begun.identity != card.identity:
                raise layout.error(
                    f"{folder} holds a run of {begun.described}, not of {card.described}: give another folder."
                )
            card = card.model_copy(update={"started": begun.started})
        elif (folder / layout.lines).exists():
            raise layout.error(f"{folder} holds {layout.lines} but no {CARD}: give another folder.")
        write_whole(folder / CARD, card.model_dump_json(indent=2))
        return card, JsonLines(folder / layout.lines, layout.outcome)
    except DamagedLine as error:
        raise layout.error(str(error)) from error
    except OSError as error:
        raise layout.error(_cannot_be_kept(folder, error)) from error


def _cannot_be_kept(folder: Path, error: OSError) -> str:
    return f"The run cannot be kept in {folder}: {error.strerror or error}."
