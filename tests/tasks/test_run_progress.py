"""What a run shows while it lasts."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console

from tasks.results import OutcomeKind, TaskResult
from tasks.run_progress import RunProgress
from tasks.schema import Task


def task(name):
    return Task.model_validate({"id": name, "domain": "os", "instruction": "x", "evaluator": {"func": "infeasible"}})


def result(name, score=None, **fields):
    kind = OutcomeKind.INFRASTRUCTURE_ERROR if score is None else OutcomeKind.SCORED
    return TaskResult(task=f"os/{name}", outcome=kind, score=score, finished=datetime.now(UTC), **fields)


def test_it_tells_what_is_under_way_and_what_was_scored_so_far():
    console = Console(record=True, width=200, force_terminal=True)
    with RunProgress(console, 4, {"os/before": result("before", 1.0)}) as progress:
        for name in ("one", "two", "three"):
            progress.begun(task(name))
        progress.finished(result("one", 0.5, steps=3))
        progress.finished(result("two", cause="SetUpFailed: [no] disk\x1b[2J"))
        progress.finished(result("two", 0.0))  # asked for again
        console.print(progress.bar)
    said = console.export_text()
    assert "1 of 4 tasks have an outcome from before." in said
    assert "os/one  0.5  3 steps" in said
    assert "os/two  no score  0 steps  SetUpFailed: [no] disk" in said
    assert "\x1b[2J" not in said
    assert "3/4" in said
    assert "50.0% so far  > os/three" in said
