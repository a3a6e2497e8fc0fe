"""The results of a run, for people: a table on the terminal, Markdown, and one HTML file that needs nothing beside it.

Reads a run's card and records, and the screenshots of the misses. Whatever a model or a benchmark wrote is text on the
page, escaped by the template engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.progress import plain
from tasks.plots import Series, Value, plot
from tasks.report_pages import HTML, MARKDOWN, interval, pages, percent
from tasks.screenspot.gallery import picture_of
from tasks.screenspot.items import RunError
from tasks.screenspot.methods import Method
from tasks.screenspot.records import Record, RunCard
from tasks.screenspot.scoring import Verdict
from tasks.screenspot.statistics import Breakdown, Row, Summary, summarise
from tasks.statistics import Share

MAX_MISSES: Final = 100
"""Pictures on the page; every miss is in the records."""
PLOTTED: Final = ("target size", "image size")


@dataclass(frozen=True, slots=True)
class Results:
    """One method's records and what they come to."""

    method: Method
    records: Sequence[Record]
    summary: Summary

    @property
    def misses(self) -> Sequence[Record]:
        return [record for record in self.records if record.verdict is not Verdict.CORRECT]


def by_method(records: Sequence[Record]) -> list[Results]:
    """The results of each method that was used."""
    of_method = {method: [record for record in records if record.method is method] for method in Method}
    return [Results(method, members, summarise(members)) for method, members in of_method.items() if members]


def write_reports(folder: Path, card: RunCard, records: Sequence[Record]) -> tuple[Path, Path]:
    """Write both reports of a run, of at least one record, into its folder.

    Returns:
        The Markdown and the HTML file.

    Raises:
        RunError: they cannot be written.
    """
    results = by_method(records)
    try:
        (folder / MARKDOWN).write_text(markdown(card, results), encoding="utf-8")
        (folder / HTML).write_text(html(card, results), encoding="utf-8")
    except OSError as error:
        raise RunError(f"The report cannot be written into {folder}: {error.strerror or error}.") from error
    return folder / MARKDOWN, folder / HTML


def markdown(card: RunCard, results: Sequence[Results]) -> str:
    """The tables, for a README or an issue."""
    page = pages("tasks.screenspot", autoescape=False).get_template("report.md.jinja")
    return page.render(card=card, results=results, lines=_lines(results))


def html(card: RunCard, results: Sequence[Results]) -> str:
    """The page with tables, plots and the gallery of misses."""
    misses = [(each.method, record) for each in results for record in each.misses]
    page = pages("tasks.screenspot", autoescape=True).get_template("report.html.jinja")
    return page.render(
        card=card,
        results=results,
        lines=_lines(results),
        plots=[plot(name, [_series(name, each) for each in results]) for name in PLOTTED],
        misses=[picture_of(record) for _, record in misses[:MAX_MISSES]],
        miss_count=len(misses),
    )


def _series(name: str, results: Results) -> Series:
    """A method's accuracy by one property."""
    part = results.summary.breakdown(name)
    rows = () if part is None else part.rows
    return Series(results.method, [Value(row.label, row.share, f"{row.right} of {row.total}") for row in rows])


def print_table(console: Console, records: Sequence[Record]) -> None:
    """The results on the terminal."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("", "kind", "method"):
        table.add_column(name, no_wrap=name != "kind")
    for name in ("right", "of", "wrong\nformat", "accuracy", "95 %\ninterval"):
        table.add_column(name, justify="right", no_wrap=True)
    results = by_method(records)
    previous = ""
    for line in _lines(results):
        if line.name != previous and previous:
            table.add_section()
        told = line.name if line.name != previous else ""
        previous = line.name
        row = line.row
        counts = (str(row.right), str(row.total), str(row.wrong_format)) if row else ("", "", "")
        table.add_row(
            told, Text(plain(line.label)), line.method, *counts, percent(line.share.accuracy), interval(line.share)
        )
    console.print(table)
    for each in results:
        cost = each.summary.cost
        console.print(
            f"{each.method}: {cost.mean_s:.2f} s an item (median {cost.median_s:.2f}, 95 % {cost.p95_s:.2f}), "
            f"{cost.prompt_tokens:.0f} tokens read and {cost.output_tokens:.0f} written in {cost.looks:.1f} looks"
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table."""

    name: str
    label: str
    method: Method
    share: Share
    row: Row | None
    """None for a mean over kinds."""


def _lines(results: Sequence[Results]) -> list[Line]:
    """The whole table: micro averages, then each breakdown with its macro average, methods side by side."""
    lines = [
        Line("all items", "micro average", each.method, each.summary.overall.share, each.summary.overall)
        for each in results
    ]
    for name in dict.fromkeys(part.name for each in results for part in each.summary.breakdowns):
        parts = [(each.method, part) for each in results if (part := each.summary.breakdown(name)) is not None]
        lines += _breakdown_lines(name, parts)
    return lines


def _breakdown_lines(name: str, parts: Sequence[tuple[Method, Breakdown]]) -> Iterator[Line]:
    for label in dict.fromkeys(row.label for _, part in parts for row in part.rows):
        for method, part in parts:
            for row in part.rows:
                if row.label == label:
                    yield Line(name, label, method, row.share, row)
    for method, part in parts:
        yield Line(name, "macro average", method, part.macro, None)
