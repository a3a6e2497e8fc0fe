"""The commands for OSWorld's and WindowsAgentArena's tasks: check, run, report.

Reads the command line and prints; the libraries behind a command are imported when it is used, so that help comes at
once.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

if TYPE_CHECKING:
    from rich.console import Console

    from tasks.check import Needs, Overview
    from tasks.providers import Provider
    from tasks.run_report import Run

app = App(name="tasks", help="Run the tasks of OSWorld and WindowsAgentArena, and see what came of it.")

DOWNLOADS = Path.home() / ".cache" / "deixis" / "tasks"
"""Where files of the web are kept, for all runs together."""
AtLeastOne = Annotated[int, Parameter(validator=Number(gte=1))]
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
    guest: tuple[str, ...] = (),
    disk: Path | None = None,
    machines: AtLeastOne = 1,
    model: str = "nano",
    chosen: str | None = None,
    task: tuple[str, ...] = (),
    reset: str | None = None,
    password: str = "password",
    monitor: str | None = None,
    max_steps: int = 15,
    max_task_s: float = 7200.0,
    check_before: bool = False,
    osworld_pauses: bool = False,
    again: bool = False,
    downloads: Path = DOWNLOADS,
    offline: bool = False,
    engine: Literal["processes", "ray"] = "processes",
    replicas: AtLeastOne = 1,
    gpus_per_replica: float = 0.0,
    ray_address: str | None = None,
    out: Path | None = None,
) -> int:
    """Run a benchmark's tasks on guest machines, and judge what the agent leaves behind.

    A run that was interrupted or killed goes on when it is given the same folder with --out. The exit status is 1 when
    a task has no score. A guest's token is that of the variable DEIXIS_TOKEN.

    Args:
        folder: of the benchmark, with its `examples` in it.
        guest: the address of a machine's server, or "local" for a virtual display with a home folder of its own, made
            for each task and thrown away; with several, each has a process with a model of its own, and a task
            whose process dies is begun anew by another.
        disk: OSWorld's published disk (Ubuntu.qcow2) instead of guests: a machine is started from it in Docker for each
            task, and removed.
        machines: how many of them at a time.
        model: "nano", a folder with a Kimi-VL checkpoint or its id on the Hugging Face hub, or what else `deixis
            ground --help` names.
        chosen: only the tasks of one of its lists, such as test_small.
        task: only this task, as domain/id or id; may be given several times.
        reset: the command that brings a machine back to its first state, run before every task; {guest} in it is the
            machine's address. Without one, a task finds what those before it have left.
        password: of the guests' user.
        monitor: the address of QEMU's monitor, to take screenshots there and not from the guest, as WindowsAgentArena
            does; {guest} in it is the machine's address without its port.
        max_steps: when a task is given up.
        max_task_s: after how many seconds a process that does a task is ended.
        check_before: judge each task before the agent acts, too; needs --reset.
        osworld_pauses: wait 60 s before the agent begins and 20 s before its work is judged, as OSWorld's runs do,
            instead of until the screen rests.
        again: run those tasks again that have had an error of the infrastructure.
        downloads: the folder for files of the web, which is asked before the network.
        offline: do not ask the network.
        engine: what does the tasks: processes of this machine, or Ray, on one machine or many.
        replicas: with Ray, how many models there are; a guest's worker asks one and no other.
        gpus_per_replica: with Ray, what is reserved for each; may be a fraction.
        ray_address: of a running Ray cluster; by default one is started for the run.
        out: the folder for results; by default a new one in runs/.
    """
    import os
    import shlex
    from datetime import UTC, datetime
    from functools import partial

    from rich.console import Console

    from agent.episode import Limits
    from envs.cli import TOKEN
    from model.loading import load_model
    from tasks.docker_provider import DockerProvider, container_name
    from tasks.downloads import Downloads
    from tasks.errors import TaskError
    from tasks.jobs import Job
    from tasks.processes import Processes
    from tasks.ray_workers import RayWorkers
    from tasks.results import RECORDS, OutcomeKind, RunFolder
    from tasks.run_progress import RunProgress
    from tasks.run_report import load_run
    from tasks.runner import card_from_elsewhere, card_of, one_by_one, run_tasks, shared_out
    from tasks.suite import read_suite
    from tasks.worker import OSWORLD_PAUSES, FixedPauses, Plan, Worker

    if (disk is None) == (not guest):
        raise TaskError("Give the address of a --guest, or a --disk to start machines from.")
    console = Console(highlight=False, soft_wrap=True)
    suite = read_suite(folder, chosen).only(task)
    plan = Plan(
        Limits(max_steps=max_steps),
        check_before=check_before,
        pauses=OSWORLD_PAUSES if osworld_pauses else FixedPauses(),
        max_task_s=max_task_s,
    )
    where = out or Path("runs") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{suite.name}"
    providers = (
        _running(guest, os.environ.get(TOKEN), shlex.split(reset or ""), password, monitor)
        if disk is None
        else [DockerProvider(disk, container_name(where, number), password) for number in range(machines)]
    )
    resets = all(provider.resets for provider in providers)
    if check_before and not resets:
        raise TaskError("Judging changes a machine: --check-before needs --reset.")
    load, cache = partial(load_model, model), Downloads(downloads.resolve(), offline=offline)
    run_again = frozenset({OutcomeKind.INFRASTRUCTURE_ERROR}) if again else frozenset[OutcomeKind]()
    with ExitStack() as stack:
        for provider in providers:
            if isinstance(provider, DockerProvider):
                stack.callback(provider.remove_leftover)  # of a worker that was killed
        loaded = load() if len(providers) == 1 and engine == "processes" else None
        card = card_from_elsewhere(load, suite, plan) if loaded is None else card_of(loaded, suite, plan)
        results = stack.enter_context(RunFolder(where, card))
        before = {key: each for key, each in results.results.items() if each.outcome not in run_again}
        progress = stack.enter_context(RunProgress(console, len(suite.tasks), before))
        if loaded is None:
            jobs = [Job(load, provider, where.resolve(), cache, plan) for provider in providers]
            workers = stack.enter_context(
                Processes(jobs)
                if engine == "processes"
                else RayWorkers(jobs, replicas=replicas, gpus_per_replica=gpus_per_replica, address=ray_address)
            )
            chosen_engine = shared_out(workers, plan, progress.begun, resets=resets)
        else:
            chosen_engine = one_by_one(Worker(loaded, providers[0], where / RECORDS, cache, plan), progress.begun)
        try:
            run_tasks(chosen_engine, suite.tasks, results, again=run_again, finished=progress.finished)
        except KeyboardInterrupt:
            progress.say(f"Interrupted. Go on with the same command and --out {where}")
            raise
    return reported(console, load_run(where))


def reported(console: Console, run: Run) -> int:
    """Print a run's table, write its reports into its folder and say where they are, and give the exit status."""
    from tasks.run_report import table_of, write_report

    console.print(table_of(run))
    for path in write_report(run):
        console.print(str(path), markup=False)
    return NOT_ALL if run.failed else 0


def _running(
    guests: Sequence[str], token: str | None, reset: Sequence[str], password: str, monitor: str | None
) -> Sequence[Provider]:
    """Machines that run already, with their addresses filled in, and local guests."""
    from tasks.local.provider import LOCAL, LocalGuests
    from tasks.providers import RunningGuest

    return [
        LocalGuests()
        if address == LOCAL
        else RunningGuest(
            address,
            token,
            tuple(word.replace("{guest}", address) for word in reset),
            password=password,
            monitor=monitor and monitor.replace("{guest}", address.rpartition(":")[0] or address),
        )
        for address in guests
    ]


@app.command
def report(*runs: Path, out: Path | None = None) -> int:
    """Say what runs have scored, by domain and with intervals, and write it into their folders, as Markdown and HTML.

    Several runs are also compared with the first one, task by task.

    Args:
        runs: the folders of runs.
        out: the folder for the comparison; by default that of the first run.
    """
    from rich.console import Console

    from tasks.errors import RunFolderError
    from tasks.run_report import comparison_table, load_run, write_comparison

    if not runs:
        raise RunFolderError("Give the folder of a run.")
    console = Console(highlight=False, soft_wrap=True)
    loaded = [load_run(folder) for folder in runs]
    for run in loaded:
        reported(console, run)
    if len(loaded) > 1:
        console.print(comparison_table(loaded))
        for path in write_comparison(loaded, out or runs[0]):
            console.print(str(path), markup=False)
    return 0


@app.command
def export(run: Path, out: Path, /, *, observation: str = "screenshot") -> int:
    """Write a run as OSWorld's own runs lie on disk, for its `show_result.py` and whatever else reads that.

    A task without a score has no result.txt there, as in OSWorld, whose totals leave it out.

    Args:
        run: the folder of a run.
        out: the folder for the results.
        observation: what OSWorld calls the kind of observation.
    """
    from rich.console import Console

    from tasks.osworld_export import export_run

    exported = export_run(run, out, observation)
    Console(highlight=False, soft_wrap=True).print(str(exported), markup=False)
    return 0
