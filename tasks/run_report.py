"""What runs have scored: by domain, with intervals, over all tasks of the run; on the console and as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tasks.results import OutcomeKind, RunCard, TaskResult, read_run
from tasks.statistics import Share, mean_of

if TYPE_CHECKING:
    from rich.table import Table

REPORT: Final = "report.md"
ALL: Final = "all"
_COLUMNS: Final = (
    "domain", "score", "95 % interval", "tasks", "scored", "agent errors", "infrastructure errors", "not run",
    "solved before", "steps", "seconds", "tokens",
)  # fmt: skip


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


def rows_of(card: RunCard, results: Sequence[TaskResult]) -> list[Row]:
    """All tasks of a run, and each domain by name."""
    domains = sorted({key.rpartition("/")[0] for key in card.tasks})
    by_domain = [
        _row(domain or "no domain", [key for key in card.tasks if key.rpartition("/")[0] == domain], results)
        for domain in domains
    ]
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
        sum(result.set_up_s + result.agent_s + result.evaluate_s for result in own) / ran,
        sum(result.prompt_tokens + result.output_tokens for result in own) / ran,
    )


def _cells(row: Row) -> tuple[str, ...]:
    share = row.score
    return (
        row.domain,
        f"{share.accuracy:.1%}",
        f"{share.low:.1%} to {share.high:.1%}",
        str(row.tasks),
        *(str(row.outcomes[kind]) for kind in OutcomeKind),
        str(row.not_run),
        str(row.solved_before),
        f"{row.steps:.1f}",
        f"{row.seconds:.1f}",
        f"{row.tokens:.0f}",
    )


def table_of(card: RunCard, results: Sequence[TaskResult]) -> Table:
    """The run for the console."""
    from rich.table import Table

    table = Table(*_COLUMNS, title=_title(card), title_justify="left")
    for row in rows_of(card, results):
        table.add_row(*_cells(row))
    return table


def comparison_of(folders: Sequence[Path]) -> Table:
    """Several runs side by side, each over all its tasks.

    Raises:
        RunFolderError: one is no run.
    """
    from rich.table import Table

    table = Table("run", "model", "suite", *_COLUMNS[1:])
    for folder in folders:
        card, results = read_run(folder)
        overall, *_ = rows_of(card, results)
        table.add_row(str(folder), card.model, f"{card.suite} {card.sha256[:8]}", *_cells(overall)[1:])
    return table


def write_report(folder: Path) -> Path:
    """Write a run's report into its folder, and say where it is.

    Raises:
        RunFolderError: there is no run, or it is damaged.
    """
    card, results = read_run(folder)
    path = folder / REPORT
    path.write_text("\n".join(_markdown(card, results)) + "\n", encoding="utf-8")
    return path


def _markdown(card: RunCard, results: Sequence[TaskResult]) -> Iterator[str]:
    yield f"# {_title(card)}"
    yield ""
    yield f"Deixis {card.deixis}, {card.started:%Y-%m-%d}; format {card.format}, temperature {card.temperature:g},"
    yield f"at most {card.max_steps} steps and {card.max_seconds:g} s a task. Task set sha256 {card.sha256}."
    yield ""
    yield "A task without a score counts as 0. Steps, seconds and tokens are means over the tasks that were run."
    yield ""
    yield _line(_COLUMNS)
    yield _line(["---"] * len(_COLUMNS))
    yield from (_line(_cells(row)) for row in rows_of(card, results))
    failed = [result for result in results if result.outcome is not OutcomeKind.SCORED]
    if failed:
        yield ""
        yield "## Without a score"
        yield ""
        yield from (f"- {result.task}: {result.outcome.value.replace('_', ' ')}: {result.cause}" for result in failed)


def _title(card: RunCard) -> str:
    return f"{card.model} on {card.suite}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
