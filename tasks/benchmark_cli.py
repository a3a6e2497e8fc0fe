"""The commands for OSWorld's and WindowsAgentArena's tasks: check, run, report.

Reads the command line and prints; the libraries behind a command are imported when it is used, so that help comes at
once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

if TYPE_CHECKING:
    from rich.console import Console

    from tasks.check import Needs, Overview

app = App(name="tasks", help="Run the tasks of OSWorld and WindowsAgentArena, and see what came of it.")

DOWNLOADS = Path.home() / ".cache" / "deixis" / "tasks"
"""Where files of the web are kept, for all runs together."""
NOT_ALL = 1
"""Exit status when something is missing: a task could not be read, or not be run, or not be judged."""


@app.command
def check(folder: Path, /, *, chosen: str | None = None, each: bool = False) -> int:
    """Say what a benchmark's tasks need, and what of it is not available here. Needs no network and no machine.

    The exit status is 1 when a file cannot be read, or when something is not available.

    Args:
        folder: of the benchmark, with its `examples` in it.
        chosen: only the tasks of one of its lists, such as test_small.
        each: also say it for each task.
    """
    from rich.console import Console

    from tasks.check import needs_of, overview
    from tasks.getters import GETTERS
    from tasks.metrics import METRICS
    from tasks.setup_steps import AVAILABLE
    from tasks.suite import read_suite

    console = Console(highlight=False, soft_wrap=True)
    suite = read_suite(folder, chosen)
    needs = [needs_of(task, AVAILABLE, GETTERS, METRICS) for task in suite.tasks]
    if each:
        for need in needs:
            _print_needs(console, need)
    _print_overview(console, suite.name, overview(needs))
    for need in needs:
        if need.missing:
            console.print(f"not available: {need.task.key}: {', '.join(need.missing)}", markup=False)
    for error in suite.unreadable:
        console.print(f"cannot be read: {error}", markup=False)
    read, all_files = len(suite.tasks), len(suite.tasks) + len(suite.unreadable)
    console.print(f"{read} of {all_files} task files read, everything is available for {overview(needs).available}")
    return NOT_ALL if suite.unreadable or any(need.missing for need in needs) else 0


def _print_needs(console: Console, need: Needs) -> None:
    console.print(need.task.key, style="bold", markup=False)
    for what, names in (
        ("set-up", need.steps), ("getters", need.getters), ("metrics", need.metrics), ("files", need.files),
        ("sites", need.sites), ("apps", need.task.related_apps),
    ):  # fmt: skip
        if names:
            console.print(f"  {what}: {', '.join(sorted(names))}", markup=False)


def _print_overview(console: Console, name: str, found: Overview) -> None:
    from rich.table import Table

    table = Table("what", "how many tasks need it", title=f"{name}: {found.tasks} tasks", title_justify="left")
    rows: Sequence[tuple[str, Sequence[tuple[str, int]]]] = (
        ("set-up steps", found.steps), ("getters", found.getters), ("metrics", found.metrics), ("apps", found.apps),
        ("files from", found.hosts), ("live pages of", found.sites), ("not available here", found.missing),
    )  # fmt: skip
    for what, counts in rows:
        table.add_row(what, ", ".join(f"{each} {count}" for each, count in counts) or "none")
    table.add_row("no network", str(found.without_network))
    table.add_row("different files", str(found.files))
    console.print(table)


@app.command
def run(
    folder: Path,
    /,
    *,
    guest: tuple[str, ...],
    model: str = "nano",
    chosen: str | None = None,
    task: tuple[str, ...] = (),
    reset: str | None = None,
    password: str = "password",
    max_steps: int = 15,
    check_before: bool = False,
    again: bool = False,
    downloads: Path = DOWNLOADS,
    offline: bool = False,
    out: Path | None = None,
) -> int:
    """Run a benchmark's tasks on guest machines, and judge what the agent leaves behind.

    A run that was interrupted goes on when it is given the same folder with --out. The exit status is 1 when a task has
    no score. A guest's token is that of the variable DEIXIS_TOKEN.

    Args:
        folder: of the benchmark, with its `examples` in it.
        guest: the address of a machine's server; several for a model that can be asked from several threads.
        model: "nano", a folder with a Kimi-VL checkpoint, or its id on the Hugging Face hub.
        chosen: only the tasks of one of its lists, such as test_small.
        task: only this task, as domain/id or id; may be given several times.
        reset: the command that brings a machine back to its first state, run before every task; {guest} in it is the
            machine's address. Without one, a task finds what those before it have left.
        password: of the guests' user.
        max_steps: when a task is given up.
        check_before: judge each task before the agent acts, too; needs --reset.
        again: run those tasks again that have had an error of the infrastructure.
        downloads: the folder for files of the web, which is asked before the network.
        offline: do not ask the network.
        out: the folder for results; by default a new one in runs/.
    """
    import os
    import shlex
    from datetime import UTC, datetime

    from rich.console import Console

    from agent.episode import Limits
    from envs.cli import TOKEN
    from model.loading import load_model
    from tasks.downloads import Downloads
    from tasks.errors import TaskError
    from tasks.results import OutcomeKind, RunFolder, TaskResult, read_run
    from tasks.run_report import table_of, write_report
    from tasks.runner import Place, Plan, card_of, run_tasks
    from tasks.suite import read_suite

    if check_before and reset is None:
        raise TaskError("Judging changes a machine: --check-before needs --reset.")
    console = Console(highlight=False, soft_wrap=True)
    suite = read_suite(folder, chosen).only(task)
    plan = Plan(
        Limits(max_steps=max_steps),
        check_before=check_before,
        again=frozenset({OutcomeKind.INFRASTRUCTURE_ERROR}) if again else frozenset(),
    )
    places = [
        Place(
            address,
            os.environ.get(TOKEN),
            tuple(word.replace("{guest}", address) for word in shlex.split(reset or "")),
            password=password,
        )
        for address in guest
    ]
    where = out or Path("runs") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{suite.name}"
    loaded = load_model(model)

    def show(result: TaskResult) -> None:
        score = "no score" if result.score is None else f"{result.score:g}"
        console.print(f"{result.task}  {score}  {result.steps} steps  {result.cause}", markup=False)

    with RunFolder(where, card_of(loaded, suite, plan)) as results:
        try:
            run_tasks(loaded, suite.tasks, results, places, Downloads(downloads, offline=offline), plan, finished=show)
        except KeyboardInterrupt:
            console.print(f"Interrupted. Go on with the same command and --out {where}", markup=False)
            raise
    card, outcomes = read_run(where)
    console.print(table_of(card, outcomes))
    console.print(str(write_report(where)), markup=False)
    return 0 if all(outcome.outcome is OutcomeKind.SCORED for outcome in outcomes) else NOT_ALL


@app.command
def report(*runs: Path) -> int:
    """Say what runs have scored, by domain and with intervals; several runs are also set side by side.

    Args:
        runs: the folders of runs.
    """
    from rich.console import Console

    from tasks.errors import RunFolderError
    from tasks.results import read_run
    from tasks.run_report import comparison_of, table_of, write_report

    if not runs:
        raise RunFolderError("Give the folder of a run.")
    console = Console(highlight=False, soft_wrap=True)
    for folder in runs:
        console.print(table_of(*read_run(folder)))
        console.print(str(write_report(folder)), markup=False)
    if len(runs) > 1:
        console.print(comparison_of(runs))
    return 0
