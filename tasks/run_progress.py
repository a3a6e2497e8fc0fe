"""A run of a benchmark on the terminal: how far it is, what it has scored so far, and what is under way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Final, Self

from rich import progress as bars
from rich.console import Console
from rich.text import Text

from agent.progress import plain
from tasks.results import OutcomeKind, TaskResult
from tasks.schema import Task

WIDEST: Final = 300
"""Longest part of a cause that is shown; all of it is in the report."""


class RunProgress:
    """Use it as a context manager; `begun` and `finished` take what happens.

    Attributes:
        bar: the line at the bottom, which can also be printed.
    """

    def __init__(self, console: Console, tasks: int, before: Mapping[str, TaskResult]) -> None:
        """Show a run.

        Args:
            console: where.
            tasks: how many the run has.
            before: the outcomes of an earlier time that are not asked for again.
        """
        self._console = console
        self._results = dict(before)
        self._under_way: dict[str, None] = {}
        self.bar = bars.Progress(
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TextColumn("{task.fields[told]}", markup=False),
            bars.TimeElapsedColumn(),
            bars.TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self.bar.add_task("tasks", total=tasks, completed=len(before), told="")
        if before:
            self.say(f"{len(before)} of {tasks} tasks have an outcome from before.")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.bar.stop()

    def begun(self, task: Task) -> None:
        """A task was given to somebody, perhaps not for the first time."""
        self._under_way[task.key] = None
        self._show()

    def finished(self, result: TaskResult) -> None:
        self._under_way.pop(result.task, None)
        self._results[result.task] = result
        score = "no score" if result.score is None else f"{result.score:g}"
        self.say(f"{result.task}  {score}  {result.steps} steps  {plain(result.cause, WIDEST)}")
        self._show()

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self._console.print(Text(line))

    def _show(self) -> None:
        told = [_so_far(self._results.values()), *(f"> {plain(key)}" for key in self._under_way)]
        self.bar.update(self._task, completed=len(self._results), told="  ".join(filter(None, told)))


def _so_far(results: Iterable[TaskResult]) -> str:
    """The mean over the tasks that have an outcome, and how many of those are errors."""
    known = list(results)
    if not known:
        return ""
    errors = sum(result.outcome is not OutcomeKind.SCORED for result in known)
    mean = sum(result.counted for result in known) / len(known)
    return f"{mean:.1%} so far" + (f", {errors} errors" if errors else "")
