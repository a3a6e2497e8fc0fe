"""The commands for the suites that need no machine but this one: `tasks run local` and `tasks run miniwob`.

Reads the command line and prints; the libraries behind a command are imported when it is used, so that help comes at
once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from tasks.benchmark_cli import DOWNLOADS, NOT_ALL

if TYPE_CHECKING:
    from tasks.results import RunCard, RunFolder, TaskResult

Count = Annotated[int, Parameter(validator=Number(gte=1))]


def local(
    *tasks: str,
    model: str = "nano",
    folder: Path | None = None,
    max_steps: Count = 15,
    again: bool = False,
    out: Path | None = None,
) -> int:
    """Run the tasks that come with Deixis: terminal, files, text editor, settings, browser, LibreOffice.

    Each is done on a virtual display with a home folder of its own, which are thrown away after it; your own are not
    touched. A run that was interrupted goes on when it is given the same folder with --out. The exit status is 1 when a
    task has no score: a program or a library that it needs is not installed, say.

    Args:
        tasks: only these, as domain/id or id.
        model: "nano", a folder with a Kimi-VL checkpoint, or its id on the Hugging Face hub.
        folder: of another benchmark in OSWorld's format, whose tasks are run instead.
        max_steps: when a task is given up.
        again: run those tasks again that have had an error of the infrastructure.
        out: the folder for results; by default a new one in runs/.
    """
    from agent.episode import Limits
    from model.loading import load_model
    from tasks.downloads import Downloads
    from tasks.local.run import FOLDER, run_locally
    from tasks.results import OutcomeKind
    from tasks.runner import Plan, card_of
    from tasks.suite import read_suite

    suite = read_suite(folder or FOLDER).only(tasks)
    plan = Plan(
        Limits(max_steps=max_steps), again=frozenset({OutcomeKind.INFRASTRUCTURE_ERROR}) if again else frozenset()
    )
    loaded = load_model(model)

    def work(run: RunFolder, show: Callable[[TaskResult], None]) -> None:
        run_locally(loaded, suite.tasks, run, Downloads(DOWNLOADS), plan, finished=show)

    return _carried_out(card_of(loaded, suite, plan), out, work)


def miniwob(
    *tasks: str,
    model: str = "nano",
    seeds: Count = 1,
    max_steps: Count = 10,
    time_limit: Annotated[float, Parameter(validator=Number(gt=0))] = 60.0,
    list_tasks: Annotated[bool, Parameter(name="--list")] = False,
    headed: bool = False,
    out: Path | None = None,
) -> int:
    """Run MiniWoB++'s tasks in a browser; each page says itself what was achieved (pip install 'deixis[miniwob]').

    A run that was interrupted goes on when it is given the same folder with --out. The exit status is 1 when a task has
    no score.

    Args:
        tasks: only these; by default all.
        model: "nano", a folder with a Kimi-VL checkpoint, or its id on the Hugging Face hub.
        seeds: how many variants of each task, from seed 0.
        max_steps: when a task is given up.
        time_limit: seconds after which a page itself gives a task up.
        list_tasks: print the tasks' names, and do nothing else.
        headed: show the browser's window.
        out: the folder for results; by default a new one in runs/.
    """
    from agent.episode import Limits
    from model.loading import load_model
    from tasks.errors import TaskFileError
    from tasks.miniwob.pages import Episode, MiniWobPages, html_folder, task_names
    from tasks.miniwob.run import MiniWob, card_of, key_of
    from tasks.results import RECORDS

    html = html_folder()
    names = task_names(html)
    if list_tasks:
        print("\n".join(names))
        return 0
    if unknown := set(tasks) - set(names):
        raise TaskFileError(f"MiniWoB++ has no task {min(unknown)!r}: --list says which it has.")
    episodes = [Episode(name, seed, time_limit) for name in tasks or names for seed in range(seeds)]
    limits = Limits(max_steps=max_steps, max_seconds=time_limit)
    loaded = load_model(model)

    def work(run: RunFolder, show: Callable[[TaskResult], None]) -> None:
        waiting = [episode for episode in episodes if key_of(episode) not in run.results]
        with (
            MiniWobPages(html) as pages,
            MiniWob(loaded, pages, run.folder / RECORDS, limits, headless=not headed) as suite,
        ):
            for result in suite.outcomes(waiting):
                run.append(result)
                show(result)

    return _carried_out(card_of(loaded, episodes, limits), out, work)


def _carried_out(
    card: RunCard, out: Path | None, work: Callable[[RunFolder, Callable[[TaskResult], None]], None]
) -> int:
    """Begin a run or go on with it, and say what came of it."""
    from datetime import UTC, datetime

    from rich.console import Console

    from tasks.results import OutcomeKind, RunFolder, read_run
    from tasks.run_report import table_of, write_report

    console = Console(highlight=False, soft_wrap=True)
    where = out or Path("runs") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{card.suite}"

    def show(result: TaskResult) -> None:
        score = "no score" if result.score is None else f"{result.score:g}"
        console.print(f"{result.task}  {score}  {result.steps} steps  {result.cause}", markup=False)

    with RunFolder(where, card) as run:
        try:
            work(run, show)
        except KeyboardInterrupt:
            console.print(f"Interrupted. Go on with the same command and --out {where}", markup=False)
            raise
    done, outcomes = read_run(where)
    console.print(table_of(done, outcomes))
    console.print(str(write_report(where)), markup=False)
    return 0 if all(outcome.outcome is OutcomeKind.SCORED for outcome in outcomes) else NOT_ALL
