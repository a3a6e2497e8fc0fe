"""The commands for the suites that need no machine but this one: `tasks run local` and `tasks run miniwob`.

Reads the command line and prints; the libraries behind a command are imported when it is used, so that help comes at
once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from tasks.benchmark_cli import AtLeastOne, reported, run


def local(
    *tasks: str,
    model: str = "nano",
    machines: AtLeastOne = 1,
    max_steps: AtLeastOne = 15,
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
        machines: how many tasks at a time; with several, each has a process with a model of its own.
        max_steps: when a task is given up.
        again: run those tasks again that have had an error of the infrastructure.
        out: the folder for results; by default a new one in runs/.
    """
    from tasks.local.provider import FOLDER, LOCAL

    return run(FOLDER, guest=(LOCAL,) * machines, model=model, task=tasks, max_steps=max_steps, again=again, out=out)


def miniwob(
    *tasks: str,
    model: str = "nano",
    seeds: AtLeastOne = 1,
    max_steps: AtLeastOne = 10,
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
        time_limit: seconds after which a page itself gives a task up (MiniWoB's own 10 are for programs that read the
            page, not for models that look at it).
        list_tasks: print the tasks' names, and do nothing else.
        headed: show the browser's window.
        out: the folder for results; by default a new one in runs/.
    """
    from datetime import UTC, datetime

    from rich.console import Console

    from agent.episode import Limits
    from model.loading import load_model
    from tasks.errors import TaskFileError
    from tasks.miniwob.pages import Episode, MiniWobPages, html_folder, task_names
    from tasks.miniwob.run import MiniWob, card_of, key_of
    from tasks.results import RECORDS, RunFolder
    from tasks.run_progress import RunProgress
    from tasks.run_report import load_run

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
    card = card_of(loaded, episodes, limits)
    where = out or Path("runs") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{card.suite}"
    console = Console(highlight=False, soft_wrap=True)
    with (
        MiniWobPages(html) as pages,
        MiniWob(loaded, pages, where / RECORDS, limits, headless=not headed) as suite,
        RunFolder(where, card) as results,
        RunProgress(console, len(episodes), results.results) as progress,
    ):
        waiting = [episode for episode in episodes if key_of(episode) not in results.results]
        try:
            for result in suite.outcomes(waiting):
                results.append(result)
                progress.finished(result)
        except KeyboardInterrupt:
            progress.say(f"Interrupted. Go on with the same command and --out {where}")
            raise
    return reported(console, load_run(where))
