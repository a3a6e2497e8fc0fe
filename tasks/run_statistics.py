"""What the outcomes of runs come to: by domain, with intervals, over all tasks of the run; and how two runs differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tasks.results import OutcomeKind, RunCard, TaskResult
from tasks.statistics import Share, mean_of

ALL: Final = "all"
NO_DOMAIN: Final = "no domain"


@dataclass(frozen=True, slots=True)
class Row:
    """The tasks of one domain, or all."""

    domain: str
    tasks: int
    score: Share
    """The mean over all tasks; a task without a score counts as 0."""
    outcomes: Counter[OutcomeKind]
    solved_before: int
    """Tasks that scored 1 before the agent acted, where that was looked at."""
    steps: float
    """A task, the mean over those that were run; also the next two."""
    seconds: float
    tokens: float

    @property
    def not_run(self) -> int:
        return self.tasks - self.outcomes.total()


@dataclass(frozen=True, slots=True)
class Difference:
    """How a run differs from the first of a comparison, over the tasks that both have an outcome for."""

    tasks: int
    score: Share
    """The mean of the differences of each task, -1..1, with its interval."""
    better: tuple[str, ...]
    """The keys of the tasks that score more than in the first run."""
    worse: tuple[str, ...]


def domain_of(key: str) -> str:
    """What a task belongs to."""
    return key.rpartition("/")[0] or NO_DOMAIN


def rows_of(card: RunCard, results: Sequence[TaskResult]) -> list[Row]:
    """All tasks of a run, and each domain by name."""
    domains = sorted({domain_of(key) for key in card.tasks})
    by_domain = [_row(domain, [key for key in card.tasks if domain_of(key) == domain], results) for domain in domains]
    return [_row(ALL, card.tasks, results), *(by_domain if len(by_domain) > 1 else [])]


def _row(name: str, tasks: Sequence[str], results: Sequence[TaskResult]) -> Row:
    wanted = set(tasks)
    own = [result for result in results if result.task in wanted]
    ran = max(1, len(own))
    return Row(
        name,
        len(tasks),
        mean_of([result.counted for result in own] + [0.0] * (len(tasks) - len(own))),
        Counter(result.outcome for result in own),
        sum(result.solved_before is True for result in own),
        sum(result.steps for result in own) / ran,
        sum(result.seconds for result in own) / ran,
        sum(result.tokens for result in own) / ran,
    )


def difference(first: Sequence[TaskResult], other: Sequence[TaskResult]) -> Difference:
    """Compare outcomes task by task: what the tasks differ in does not blur it, as it does between two means."""
    before = {result.task: result.counted for result in first}
    changes = {result.task: result.counted - before[result.task] for result in other if result.task in before}
    return Difference(
        len(changes),
        mean_of(list(changes.values())),
        tuple(task for task, change in changes.items() if change > 0),
        tuple(task for task, change in changes.items() if change < 0),
    )
