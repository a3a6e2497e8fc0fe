"""A run on the terminal: how far it is, how often the model was right so far, and what could not be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich import progress as bars
from rich.console import Console
from rich.text import Text

from agent.progress import plain
from tasks.screenspot.dataset import LeftOut
from tasks.screenspot.items import Item
from tasks.screenspot.methods import Method
from tasks.screenspot.records import Record
from tasks.screenspot.runner import Unanswered
from tasks.screenspot.scoring import Verdict

NAMED = 20
"""How many of the records left out are named on the terminal; all are in the report."""


class Progress:
    """Use it as a context manager; `show` takes each outcome."""

    def __init__(self, console: Console, items: Sequence[Item], records: Sequence[Record], method: Method) -> None:
        self._console = console
        asked = {item.id for item in items}
        before = [record for record in records if record.method is method and record.item.id in asked]
        self._verdicts = Counter(record.verdict for record in before)
        self._bar = bars.Progress(
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TextColumn("{task.fields[right]}"),
            bars.TimeElapsedColumn(),
            bars.TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(method, total=len(items), completed=len(before), right=self._right())
        if before:
            self.say(f"{len(before)} of {len(items)} items were answered before.")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def left_out(self, records: Sequence[LeftOut]) -> None:
        for reason, count in Counter(record.reason for record in records).items():
            self.say(f"{count} records are left out: {reason}.", "yellow")
        for record in records[:NAMED]:
            self.say(f"  {plain(record.record)}: {record.reason}, {plain(record.detail)}", "yellow")
        if len(records) > NAMED:
            self.say(f"  and {len(records) - NAMED} more, which the report names", "yellow")

    def show(self, outcome: Record | Unanswered) -> None:
        if isinstance(outcome, Unanswered):
            self.say(f"  {plain(outcome.item.id)}: not answered, {plain(outcome.why)}", "yellow")
        else:
            self._verdicts[outcome.verdict] += 1
        self._bar.update(self._task, advance=1, right=self._right())

    def say(self, line: str, style: str = "") -> None:
        """Print a line above the bar."""
        self._console.print(Text(line, style))

    def _right(self) -> str:
        total = self._verdicts.total()
        if not total:
            return ""
        wrong_format = self._verdicts[Verdict.WRONG_FORMAT]
        return f"{self._verdicts[Verdict.CORRECT] / total:.1%} right" + (
            f", {wrong_format} in a wrong format" if wrong_format else ""
        )
