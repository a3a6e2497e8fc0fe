"""Running the tasks of a benchmark on guest machines: set up, let the agent act, judge, keep the outcome.

Whatever happens, a task that was begun and not interrupted has one outcome. Nothing that may have had an effect is done
twice: a task that was cut off is begun anew, on a machine that was brought back to its first state.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import Final

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from agent import formats
from agent.episode import Episode, Limits, Listener, StopReason
from agent.loop import Agent
from agent.trajectory import RecordError
from agent.version import own_version
from envs.actions import Terminate
from envs.base import EnvUnavailable
from envs.guest_windows_client import WindowsGuest
from envs.remote import RemoteDesktop
from model.base import GREEDY, Model, ModelError, Sampling
from tasks.downloads import Downloads
from tasks.errors import InfrastructureError, RunFolderError, TaskError
from tasks.evaluate import Evaluation, evaluate
from tasks.guest import PASSWORD, Guest, Ports
from tasks.results import OutcomeKind, RunCard, RunFolder, TaskResult
from tasks.schema import Task
from tasks.screenspot.runner import ThreadSafe
from tasks.setup_steps import carry_out
from tasks.suite import Suite

RESET_S: Final = 900.0
"""A machine that is not back in its first state by then will not be."""
START_S: Final = 300.0
"""How long its server may take to answer after that, as OSWorld waits."""


@dataclass(frozen=True, slots=True)
class Place:
    """A machine that tasks are run on, one after the other."""

    address: str
    token: str | None = None
    reset: tuple[str, ...] = ()
    """The command that brings the machine back to its first state; empty when there is none."""
    ports: Ports = field(default_factory=Ports)
    password: str = PASSWORD


@dataclass(frozen=True, slots=True)
class Plan:
    """How tasks are run."""

    limits: Limits = field(default_factory=Limits)
    sampling: Sampling = GREEDY
    check_before: bool = False
    """Judge each task before the agent acts, too, and reset the machine after that."""
    again: frozenset[OutcomeKind] = frozenset()
    """Outcomes after which a task is run again."""


class ResetFailed(InfrastructureError):
    """Raised when a machine could not be brought back to its first state."""


def card_of(model: Model, suite: Suite, plan: Plan) -> RunCard:
    """What a run of a model on a suite is, for its folder."""
    return RunCard(
        deixis=own_version(),
        started=datetime.now(UTC),
        model=model.name,
        format=formats.for_model(model).name,
        temperature=plan.sampling.temperature,
        max_steps=plan.limits.max_steps,
        max_seconds=plan.limits.max_seconds,
        suite=suite.name,
        sha256=suite.sha256,
        tasks=tuple(task.key for task in suite.tasks),
    )


def run_tasks(
    model: Model,
    tasks: Iterable[Task],
    run: RunFolder,
    places: Sequence[Place],
    downloads: Downloads,
    plan: Plan,
    *,
    finished: Callable[[TaskResult], None] = lambda result: None,
    listeners: Sequence[Listener] = (),
) -> None:
    """Run the tasks that have no outcome yet, each place one at a time.

    Args:
        model: what decides.
        tasks: those of the run.
        run: where outcomes are kept.
        places: the machines; several only for a model that can be asked from several threads.
        downloads: where files of the web come from.
        plan: how they are run.
        finished: called with each outcome.
        listeners: called with each event of each episode.

    Raises:
        TaskError: several places for a model that answers one at a time.
        RunFolderError: outcomes cannot be kept.
        KeyboardInterrupt: the run was interrupted; the task under way has no outcome.
    """
    done = {key for key, result in run.results.items() if result.outcome not in plan.again}
    waiting = [task for task in tasks if task.key not in done]
    runners = [_Runner(model, run, place, downloads, plan, listeners) for place in places]
    if len(runners) == 1:
        for task in waiting:
            _keep(run, runners[0].outcome(task), finished)
        return
    if not (isinstance(model, ThreadSafe) and model.thread_safe):
        raise TaskError(f"{model.name} answers one question at a time: give one guest.")
    queue, stopped = SimpleQueue[Task](), Event()
    for task in waiting:
        queue.put(task)

    def work(runner: _Runner) -> None:
        with suppress(Empty):
            while not stopped.is_set():
                _keep(run, runner.outcome(queue.get_nowait()), finished)

    with ThreadPoolExecutor(len(runners)) as pool:
        try:
            for each in [pool.submit(work, runner) for runner in runners]:
                each.result()
        finally:
            stopped.set()


def _keep(run: RunFolder, result: TaskResult, finished: Callable[[TaskResult], None]) -> None:
    run.append(result)
    finished(result)


@dataclass
class _Times:
    """Where a task's time went, in seconds."""

    set_up_s: float = 0.0
    evaluate_s: float = 0.0


class _Runner:
    """Runs one task after the other on one machine."""

    def __init__(
        self,
        model: Model,
        run: RunFolder,
        place: Place,
        downloads: Downloads,
        plan: Plan,
        listeners: Sequence[Listener],
    ) -> None:
        self._model, self._run, self._place = model, run, place
        self._downloads, self._plan, self._listeners = downloads, plan, listeners

    def outcome(self, task: Task) -> TaskResult:
        """Run a task.

        Raises:
            KeyboardInterrupt: the run was interrupted.
        """
        times = _Times()
        blank = TaskResult(task=task.key, outcome=OutcomeKind.INFRASTRUCTURE_ERROR, finished=datetime.now(UTC))
        try:
            result = self._judged(task, times, blank)
        except (ModelError, RecordError) as error:
            result = blank.model_copy(update={"outcome": OutcomeKind.AGENT_ERROR, "cause": _words(error)})
        except (RunFolderError, KeyboardInterrupt):
            raise
        except Exception as error:  # a run of 369 tasks goes on whatever one of them does
            result = blank.model_copy(update={"cause": _words(error)})
        return result.model_copy(
            update={"set_up_s": times.set_up_s, "evaluate_s": times.evaluate_s, "finished": datetime.now(UTC)}
        )

    def _judged(self, task: Task, times: _Times, result: TaskResult) -> TaskResult:
        folder = self._run.record_folder(task.key)
        shutil.rmtree(folder, ignore_errors=True)  # of a time that was cut off
        files = folder / "files"
        files.mkdir(parents=True)
        if self._plan.check_before:
            with self._ready(task, files, times) as desktop:
                before = self._evaluation(desktop, task, files, times, said_impossible=False)
            result = result.model_copy(update={"solved_before": before.score == 1.0})
            shutil.rmtree(files)
            files.mkdir()
        with self._ready(task, files, times) as desktop:
            episode = self._episode(desktop, task, folder / "episode")
            result = result.model_copy(update=_told(episode))
            if episode.reason is StopReason.INTERRUPTED:
                raise KeyboardInterrupt
            if episode.reason is StopReason.ENV_LOST:
                return result.model_copy(update={"cause": episode.detail})
            desktop.observe()  # what the last action has begun comes to its end
            found = self._evaluation(desktop, task, files, times, said_impossible=_said_impossible(episode))
        notes = " ".join(check.note for check in found.checks if check.note)
        return result.model_copy(update={"outcome": OutcomeKind.SCORED, "score": found.score, "cause": notes})

    def _ready(self, task: Task, files: Path, times: _Times) -> RemoteDesktop:
        """The machine in the task's first state."""
        began = time.monotonic()
        if self._place.reset:
            _run_command(self._place.reset)
        desktop = _reached(self._place)
        try:
            guest = self._guest(desktop, files)
            if not self._place.reset and guest.platform == "Windows":
                windows = WindowsGuest(desktop.guest)  # as WindowsAgentArena begins a task
                windows.close_all()
                windows.clear_task_files()
            carry_out(guest, task.config)
        except BaseException:
            desktop.close()
            raise
        finally:
            times.set_up_s += time.monotonic() - began
        return desktop

    def _guest(self, desktop: RemoteDesktop, files: Path) -> Guest:
        return Guest(desktop.guest, files, self._downloads, self._place.ports, self._place.password)

    def _episode(self, desktop: RemoteDesktop, task: Task, record: Path) -> Episode:
        agent = Agent(
            self._model,
            desktop,
            limits=self._plan.limits,
            sampling=self._plan.sampling,
            record=record,
            listeners=self._listeners,
        )
        return agent.run(task.instruction)

    def _evaluation(
        self, desktop: RemoteDesktop, task: Task, files: Path, times: _Times, *, said_impossible: bool
    ) -> Evaluation:
        began = time.monotonic()
        try:
            return evaluate(self._guest(desktop, files), task.evaluator, said_impossible)
        finally:
            times.evaluate_s += time.monotonic() - began


def _said_impossible(episode: Episode) -> bool:
    """Whether the agent's last word was that the task cannot be done."""
    last = episode.steps[-1].results[-1].action if episode.steps and episode.steps[-1].results else None
    return isinstance(last, Terminate) and not last.success


def _told(episode: Episode) -> dict[str, object]:
    """What an episode adds to its task's result."""
    replies = [look.reply for step in episode.steps for look in step.decision.looks]
    return {
        "stop_reason": episode.reason.value,
        "steps": len(episode.steps),
        "prompt_tokens": sum(reply.prompt_tokens for reply in replies),
        "output_tokens": episode.output_tokens,
        "agent_s": episode.seconds,
    }


def _run_command(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=RESET_S, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ResetFailed(f"The machine could not be reset: {error}") from error
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        raise ResetFailed(f"The machine could not be reset: {command[0]} ended with {done.returncode}. {said}")


def _reached(place: Place) -> RemoteDesktop:
    """The machine's desktop: after a reset, once its server answers."""
    patient = Retrying(
        retry=retry_if_exception_type(EnvUnavailable),
        stop=stop_after_delay(START_S if place.reset else 0.0),
        wait=wait_fixed(1.0),
        reraise=True,
    )
    return patient(RemoteDesktop, place.address, token=place.token)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
