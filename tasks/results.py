"""What a run of a benchmark leaves on disk: a card that says what was run by whom, and a line for each task's outcome.

Every task of the run has one outcome: a score, an error of the agent, or an error of the infrastructure that says
nothing about the agent. Totals are over all tasks of the card, so that a task cannot vanish from them. A run that was
cut off goes on where it was; a task whose line is there is not run again, unless that is asked for, and then its last
line counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tasks.errors import RunFolderError
from tasks.json_lines import DamagedLine, JsonLines, read_json_lines, write_whole

CARD: Final = "run.json"
RESULTS: Final = "results.jsonl"
RECORDS: Final = "tasks"
"""The folder that has a folder for each task, with the episode's record and the files that were judged."""


class OutcomeKind(StrEnum):
    """What became of a task."""

    SCORED = "scored"
    AGENT_ERROR = "agent_error"
    """The agent or its model failed; the task scores 0."""
    INFRASTRUCTURE_ERROR = "infrastructure_error"
    """The task could not be given or judged. It counts as 0 in the totals, and is told apart."""


class TaskResult(BaseModel):
    """One task's outcome."""

    model_config = ConfigDict(frozen=True)

    task: str
    """The task's key: domain/id."""
    outcome: OutcomeKind
    score: Annotated[float, Field(ge=0)] | None = None
    """Only when it was judged."""
    cause: str = ""
    """Of an error, or what a check has to say."""
    solved_before: bool | None = None
    """Whether the task scored 1 before the agent acted: None when that was not looked at."""
    stop_reason: str | None = None
    """Why the episode ended, as `agent.episode.StopReason` has it."""
    steps: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    set_up_s: float = 0.0
    agent_s: float = 0.0
    evaluate_s: float = 0.0
    finished: datetime

    @property
    def domain(self) -> str:
        return self.task.rpartition("/")[0]

    @property
    def counted(self) -> float:
        """What it adds to the total."""
        return self.score or 0.0


class RunCard(BaseModel):
    """What was run by whom."""

    model_config = ConfigDict(frozen=True)

    deixis: str
    started: datetime
    model: str
    format: str
    temperature: float
    max_steps: int
    max_seconds: float
    suite: str
    sha256: str
    """Of the task files."""
    tasks: tuple[str, ...]
    """The keys of all tasks of the run."""

    @property
    def identity(self) -> tuple[object, ...]:
        """What must be the same for a run to go on."""
        return self.model, self.format, self.temperature, self.max_steps, self.max_seconds, self.sha256, self.tasks


class RunFolder:
    """The results of a run, read when it is opened. Use it as a context manager."""

    def __init__(self, folder: Path, card: RunCard) -> None:
        """Begin a run in a new folder, or go on with the one that is there.

        Raises:
            RunFolderError: the folder holds another run, is damaged, or cannot be written.
        """
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if (folder / CARD).exists():
                begun = _read_card(folder)
                if begun.identity != card.identity:
                    raise RunFolderError(
                        f"{folder} holds a run of {begun.model} on {begun.suite} (tasks {begun.sha256[:12]}), or with"
                        f" other limits, not of {card.model} on {card.suite} (tasks {card.sha256[:12]}): give another"
                        " folder."
                    )
                card = card.model_copy(update={"started": begun.started})
            elif (folder / RESULTS).exists():
                raise RunFolderError(f"{folder} holds results but no {CARD}: give another folder.")
            write_whole(folder / CARD, card.model_dump_json(indent=2))
            self._lines = JsonLines(folder / RESULTS, TaskResult)
        except DamagedLine as error:
            raise RunFolderError(str(error)) from error
        except OSError as error:
            raise RunFolderError(f"The results cannot be kept in {folder}: {error.strerror or error}.") from error
        self.card = card

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

    @property
    def results(self) -> Mapping[str, TaskResult]:
        """The last result of each task that has one."""
        return {result.task: result for result in self._lines.records}

    def record_folder(self, task: str) -> Path:
        """Where a task's record and files belong."""
        return self.folder / RECORDS / task

    def append(self, result: TaskResult) -> None:
        """Keep a result; it is with the operating system when this returns.

        Raises:
            RunFolderError: it cannot be written.
        """
        try:
            self._lines.append(result)
        except OSError as error:
            raise RunFolderError(f"{self.folder / RESULTS} cannot be written: {error.strerror or error}.") from error


def read_run(folder: Path) -> tuple[RunCard, Sequence[TaskResult]]:
    """The card of a run and the last result of each task, in the card's order; changes nothing.

    Raises:
        RunFolderError: there is no run, or it is damaged.
    """
    card = _read_card(folder)
    try:
        last = {result.task: result for result in read_json_lines(folder / RESULTS, TaskResult)}
    except DamagedLine as error:
        raise RunFolderError(str(error)) from error
    return card, [last[task] for task in card.tasks if task in last]


def _read_card(folder: Path) -> RunCard:
    try:
        return RunCard.model_validate_json((folder / CARD).read_bytes())
    except OSError as error:
        raise RunFolderError(f"{folder} holds no run: {CARD} cannot be read.") from error
    except ValidationError as error:
        raise RunFolderError(f"{folder / CARD} is damaged, or of another version.") from error
