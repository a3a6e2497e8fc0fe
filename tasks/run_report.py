"""What runs have scored, for people: on the console, as Markdown, and as one HTML file that needs nothing beside it.

Reads the cards and the outcomes of runs. Whatever a model or a benchmark wrote is text, escaped by the templates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tasks.errors import RunFolderError
from tasks.plots import Series, Value, plot
from tasks.report_pages import HTML, MARKDOWN, interval, pages, percent
from tasks.results import OutcomeKind, RunCard, TaskResult, read_run
from tasks.run_statistics import Difference, Row, difference, rows_of

if TYPE_CHECKING:
    from rich.table import Table

COMPARISON: Final = "comparison"
"""The name of the two files of a comparison, without their endings."""
_COLUMNS: Final = (
    "score", "95 % interval", "tasks", "scored", "agent errors", "infrastructure errors", "not run", "solved before",
    "steps", "seconds", "tokens",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was read."""

    folder: Path
    card: RunCard
    results: Sequence[TaskResult]
    rows: Sequence[Row]
    """All tasks, then each domain."""

    @property
    def title(self) -> str:
        return f"{self.card.model} on {self.card.suite}"

    @property
    def failed(self) -> Sequence[TaskResult]:
        """What has no score."""
        return [result for result in self.results if result.outcome is not OutcomeKind.SCORED]


def load_run(folder: Path) -> Run:
    """Read a run.

    Raises:
        RunFolderError: there is none, or it is damaged.
    """
    card, results = read_run(folder)
    return Run(folder, card, results, rows_of(card, results))


def table_of(run: Run) -> Table:
    """A run for the console."""
    from rich.table import Table

    table = Table("domain", *_COLUMNS, title=run.title, title_justify="left")
    for row in run.rows:
        table.add_row(row.domain, *_cells(row))
    return table


def comparison_table(runs: Sequence[Run]) -> Table:
    """Several runs side by side for the console, each over all its tasks, and how they differ from the first."""
    from rich.table import Table

    table = Table("run", "model", "suite", "better by", "95 % interval", *_COLUMNS)
    for number, run in enumerate(runs):
        change = difference(runs[0].results, run.results).score if number else None
        told = ("", "") if change is None else (signed(change.accuracy), interval(change))
        table.add_row(str(run.folder), run.card.model, f"{run.card.suite} {run.card.sha256[:8]}", *told,
                      *_cells(run.rows[0]))  # fmt: skip
    return table


def write_report(run: Run) -> tuple[Path, Path]:
    """Write a run's report into its folder.

    Returns:
        The Markdown and the HTML file.

    Raises:
        RunFolderError: it cannot be written.
    """
    return _write(run.folder, (MARKDOWN, HTML), "run_report", run=run, domains=_scores([run]))


def write_comparison(runs: Sequence[Run], folder: Path) -> tuple[Path, Path]:
    """Write a comparison of runs with the first of them.

    Returns:
        The Markdown and the HTML file.

    Raises:
        RunFolderError: it cannot be written.
    """
    names = (f"{COMPARISON}.md", f"{COMPARISON}.html")
    changes: list[tuple[Run, Difference]] = [(run, difference(runs[0].results, run.results)) for run in runs[1:]]
    domains = list(dict.fromkeys(row.domain for run in runs for row in run.rows))
    table = [(domain, [_row_of(run, domain) for run in runs]) for domain in domains]
    return _write(folder, names, "run_comparison", runs=runs, changes=changes, table=table, domains=_scores(runs))


def _row_of(run: Run, domain: str) -> Row | None:
    return next((row for row in run.rows if row.domain == domain), None)


def _scores(runs: Sequence[Run]) -> object:
    """The plot of scores by domain."""
    return plot(
        "score",
        [
            Series(
                run.card.model if len(runs) == 1 else run.folder.name,
                [Value(row.domain, row.score, f"{percent(row.score.accuracy)} of {row.tasks} tasks")
                 for row in run.rows],
            )
            for run in runs
        ],
    )  # fmt: skip


def _write(folder: Path, names: tuple[str, str], template: str, **shown: object) -> tuple[Path, Path]:
    written: list[Path] = []
    for name, suffix in zip(names, ("md", "html"), strict=True):
        environment = pages("tasks", autoescape=suffix == "html")
        text = environment.get_template(f"{template}.{suffix}.jinja").render(
            columns=_COLUMNS, kinds=OutcomeKind, cells=_cells, signed=signed, **shown
        )
        path = folder / name
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise RunFolderError(f"The report cannot be written: {path}: {error.strerror or error}.") from error
        written.append(path)
    return written[0], written[1]


def _cells(row: Row) -> tuple[str, ...]:
    return (
        percent(row.score.accuracy),
        interval(row.score),
        str(row.tasks),
        *(str(row.outcomes[kind]) for kind in OutcomeKind),
        str(row.not_run),
        str(row.solved_before),
        f"{row.steps:.1f}",
        f"{row.seconds:.1f}",
        f"{row.tokens:.0f}",
    )


def signed(share: float) -> str:
    """A difference of shares as it is shown, in points of a hundred."""
    return f"{100 * share:+.1f}"
