"""Running tasks on local guests: each gets a fresh one, which goes with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.episode import Listener
from envs.base import EnvUnavailable
from model.base import Model
from tasks.downloads import Downloads
from tasks.guest import Ports
from tasks.local.machine import LocalMachine, installed_browser
from tasks.local.suitable import wants_user_home, why_unsuitable
from tasks.results import OutcomeKind, RunFolder, TaskResult
from tasks.runner import Place, Plan, run_tasks
from tasks.schema import Task

FOLDER: Final = Path(__file__).parent
"""Of the tasks that come with Deixis, as `tasks.suite.read_suite` takes it."""


def run_locally(
    model: Model,
    tasks: Sequence[Task],
    run: RunFolder,
    downloads: Downloads,
    plan: Plan,
    *,
    finished: Callable[[TaskResult], None] = lambda result: None,
    listeners: Sequence[Listener] = (),
) -> None:
    """Run the tasks that have no outcome yet; the arguments are those of `tasks.runner.run_tasks`.

    A task that a local guest cannot be given is an error of the infrastructure that says why.

    Raises:
        RunFolderError: outcomes cannot be kept.
        KeyboardInterrupt: the run was interrupted; the task under way has no outcome.
    """
    done = {key for key, result in run.results.items() if result.outcome not in plan.again}
    browser = installed_browser()
    for task in tasks:
        if task.key in done:
            continue
        reason = why_unsuitable(task)
        if not reason:
            try:
                with LocalMachine(browser, user_home=wants_user_home(task)) as machine:
                    place = Place(machine.address, machine.token, ports=Ports(chromium=machine.browser_port))
                    run_tasks(model, [task], run, [place], downloads, plan, finished=finished, listeners=listeners)
                continue
            except EnvUnavailable as error:
                reason = str(error)
        result = TaskResult(
            task=task.key, outcome=OutcomeKind.INFRASTRUCTURE_ERROR, cause=reason, finished=datetime.now(UTC)
        )
        run.append(result)
        finished(result)
