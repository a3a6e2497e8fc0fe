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

from pydantic import BaseModel, ConfigDict, Field

from agent.episode import Episode
from tasks.errors import RunFolderError
from tasks.run_folder import Card, Layout, OpenRun

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
    score: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """Between 0 and 1, but for a few metrics of OSWorld's, which can be below or above."""
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
    def seconds(self) -> float:
        """Of the task as a whole."""
        return self.set_up_s + self.agent_s + self.evaluate_s

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.prompt_tokens + self.output_tokens

    @property
    def counted(self) -> float:
        """What it adds to the total."""
        return self.score or 0.0


def of_episode(episode: Episode) -> dict[str, object]:
    """What an episode adds to its task's result: the fields to update."""
    replies = [look.reply for step in episode.steps for look in step.decision.looks]
    return {
        "stop_reason": episode.reason.value,
        "steps": len(episode.steps),
        "prompt_tokens": sum(reply.prompt_tokens for reply in replies),
        "output_tokens": episode.output_tokens,
        "agent_s": episode.seconds,
    }


def cause_of(error: BaseException) -> str:
    """An error as a result names it: its kind and its sentence, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


class RunCard(Card):
    """What was run by whom."""

    commit: str | None = None
    """Of Deixis, where a checkout runs; "+" behind it says that files were changed since."""
    model: str
    """With its revision, where it has one."""
    format: str
    view_px: tuple[int, int] | None = None
    """The largest picture that the model is shown, width and height; None when it is shown whole screens."""
    temperature: float
    max_steps: int
    max_seconds: float
    before_agent_s: float = 0.0
    """What is waited before the agent and before the evaluation, whatever the screen does."""
    before_evaluation_s: float = 0.0
    suite: str
    sha256: str
    """Of the task files."""
    tasks: tuple[str, ...]
    """The keys of all tasks of the run."""

    @property
    def identity(self) -> tuple[object, ...]:
        pauses = self.before_agent_s, self.before_evaluation_s
        limits = self.max_steps, self.max_seconds
        return self.model, self.format, self.temperature, limits, pauses, self.sha256, self.tasks

    @property
    def described(self) -> str:
        limits = f"{self.max_steps} steps, {self.max_seconds:g} s, temperature {self.temperature:g}"
        return f"{self.model} on {len(self.tasks)} tasks of {self.suite} ({self.sha256[:12]}; {limits})"


_LAYOUT: Final = Layout(RunCard, TaskResult, RESULTS, RunFolderError)


class RunFolder(OpenRun[RunCard, TaskResult]):
    """The results of a run, read when it is opened. Use it as a context manager."""

    def __init__(self, folder: Path, card: RunCard) -> None:
        """Begin a run in a new folder, or go on with the one that is there.

        Raises:
            RunFolderError: the folder holds another run, is damaged, or cannot be written.
        """
        super().__init__(_LAYOUT, folder, card)

    @property
    def results(self) -> Mapping[str, TaskResult]:
        """The last result of each task that has one."""
        return {result.task: result for result in self.lines}


def read_run(folder: Path) -> tuple[RunCard, Sequence[TaskResult]]:
    """The card of a run and the last result of each task, in the card's order; changes nothing.

    Raises:
        RunFolderError: there is no run, or it is damaged.
    """
    card, results = _LAYOUT.read(folder)
    last = {result.task: result for result in results}
    return card, [last[task] for task in card.tasks if task in last]
