"""Running the tasks of a benchmark: who does them, and where their outcomes go.

Tasks are done in this process, one after the other, or by workers elsewhere (`tasks.scheduling`); the same files come
of it. A task that has an outcome is not done again, unless that is asked for.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime

from agent import formats
from agent.version import own_commit, own_version
from model.base import Model
from tasks import scheduling
from tasks.results import OutcomeKind, RunCard, RunFolder, TaskResult
from tasks.scheduling import Workers
from tasks.schema import Task
from tasks.suite import Suite
from tasks.worker import Plan, Worker

LoadModel = Callable[[], Model]
Engine = Callable[[Sequence[Task]], Iterator[TaskResult]]
"""Does tasks, and gives one outcome for each as it comes."""
Begun = Callable[[Task], None]
"""Called with a task that somebody begins to do."""


def card_of(model: Model, suite: Suite, plan: Plan) -> RunCard:
    """What a run of a model on a suite is, for its folder."""
    return RunCard(
        deixis=own_version(),
        commit=own_commit(),
        started=datetime.now(UTC),
        model=model.name,
        format=formats.for_model(model).name,
        view_px=model.view_px,
        temperature=plan.sampling.temperature,
        max_steps=plan.limits.max_steps,
        max_seconds=plan.limits.max_seconds,
        before_agent_s=plan.pauses.before_agent_s,
        before_evaluation_s=plan.pauses.before_evaluation_s,
        suite=suite.name,
        sha256=suite.sha256,
        tasks=tuple(task.key for task in suite.tasks),
    )


def card_from_elsewhere(load_model: LoadModel, suite: Suite, plan: Plan) -> RunCard:
    """The same for a model that only others are to have: a process of its own loads it, and ends.

    Raises:
        ModelError: there is no model.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_loaded_card, load_model, suite, plan).result()


def _loaded_card(load_model: LoadModel, suite: Suite, plan: Plan) -> RunCard:
    return card_of(load_model(), suite, plan)


def one_by_one(worker: Worker, begun: Begun = lambda task: None) -> Engine:
    """Tasks are done in this process."""

    def outcomes(tasks: Sequence[Task]) -> Iterator[TaskResult]:
        for task in tasks:
            begun(task)
            yield worker.outcome(task)

    return outcomes


def shared_out(workers: Workers, plan: Plan, begun: Begun = lambda task: None, *, resets: bool = True) -> Engine:
    """Tasks are done by workers elsewhere, several at a time.

    Args:
        workers: who does them.
        plan: how.
        begun: called with each task that a worker was given.
        resets: whether every machine is in its first state when a task begins; else none is begun anew.
    """
    deaths = scheduling.DEATHS_OF_A_TASK if resets else 1
    return lambda tasks: scheduling.outcomes(workers, tasks, plan.max_task_s, deaths=deaths, begun=begun)


def run_tasks(
    engine: Engine,
    tasks: Iterable[Task],
    run: RunFolder,
    *,
    again: frozenset[OutcomeKind] = frozenset(),
    finished: Callable[[TaskResult], None] = lambda result: None,
) -> None:
    """Do the tasks that have no outcome yet, and keep each outcome when it is there.

    Args:
        engine: who does them.
        tasks: those of the run.
        run: where outcomes are kept.
        again: outcomes after which a task is done again.
        finished: called with each outcome that was kept.

    Raises:
        RunFolderError: outcomes cannot be kept.
        NoWorkerLeft: no worker can be started any more.
        KeyboardInterrupt: the run was interrupted; the tasks under way have no outcome.
    """
    done = {key for key, result in run.results.items() if result.outcome not in again}
    for result in engine([task for task in tasks if task.key not in done]):
        run.append(result)
        finished(result)
