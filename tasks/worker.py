"""Doing one task after the other on a provider's machines: set up, let the agent act, judge, say what came of it.

Whatever happens, a task that is not interrupted has one outcome. Nothing that may have had an effect is done twice: a
task whose machine was lost is begun anew, and only where the next machine is in its first state.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from agent.episode import Episode, Limits, Listener, StopReason
from agent.loop import Agent
from agent.trajectory import RecordError
from envs.base import EnvError, EnvUnavailable
from envs.guest_windows_client import WindowsGuest
from envs.remote import RemoteDesktop
from model.base import GREEDY, Model, ModelError, Sampling
from tasks.downloads import Downloads
from tasks.errors import ModelLost, RunFolderError, SetUpFailed
from tasks.evaluate import Evaluation, evaluate
from tasks.guest import Guest
from tasks.providers import Machine, Provider, ResetFailed
from tasks.results import OutcomeKind, TaskResult, cause_of, of_episode
from tasks.schema import Task
from tasks.setup_steps import carry_out

ATTEMPTS: Final = 2
"""How often a task is begun whose machine or model was lost, where the next machine is in its first state."""
_LOST: Final = (EnvError, SetUpFailed, ResetFailed, ModelLost)


@dataclass(frozen=True, slots=True)
class FixedPauses:
    """Seconds that the published runs wait, whatever the screen does. Ours look whether it rests instead."""

    before_agent_s: float = 0.0
    before_evaluation_s: float = 0.0


OSWORLD_PAUSES: Final = FixedPauses(60.0, 20.0)
"""Those of OSWorld's `lib_run_single.py`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How tasks are run."""

    limits: Limits = field(default_factory=Limits)
    """Of the agent's episode."""
    sampling: Sampling = GREEDY
    check_before: bool = False
    """Judge each task before the agent acts, too, and take another machine after that."""
    pauses: FixedPauses = FixedPauses()
    max_task_s: float = 7200.0
    """Of a task as a whole; a worker process that takes longer is ended."""


class Worker:
    """Does tasks on the machines of one provider."""

    def __init__(
        self,
        model: Model,
        provider: Provider,
        records: Path,
        downloads: Downloads,
        plan: Plan,
        listeners: Sequence[Listener] = (),
    ) -> None:
        """Be ready for tasks.

        Args:
            model: what decides.
            provider: where machines come from.
            records: the folder for the folders of tasks.
            downloads: where files of the web come from.
            plan: how tasks are run.
            listeners: called with each event of each episode.
        """
        self._model, self._provider, self._records = model, provider, records
        self._downloads, self._plan, self._listeners = downloads, plan, listeners

    def outcome(self, task: Task) -> TaskResult:
        """Do a task.

        Raises:
            RunFolderError: nothing can be kept.
            KeyboardInterrupt: the run was interrupted; the task has no outcome.
        """
        attempt = _Attempt(self._model, self._provider, self._records / task.key, self._downloads, self._plan)
        for left in reversed(range(ATTEMPTS if self._provider.resets else 1)):
            result, lost = attempt.run(task, self._listeners)
            if not (lost and left):
                return result
        raise AssertionError("unreachable: the last attempt returns")


@dataclass
class _Attempt:
    """One task from its beginning; what it took is summed up when it is run again."""

    model: Model
    provider: Provider
    folder: Path
    downloads: Downloads
    plan: Plan
    set_up_s: float = 0.0
    evaluate_s: float = 0.0
    told: dict[str, object] = field(default_factory=dict[str, object])
    """What is known of the result before the task is judged; it stays when judging fails."""

    def run(self, task: Task, listeners: Sequence[Listener]) -> tuple[TaskResult, bool]:
        """The task's outcome, and whether it is one because a machine or a model was lost."""
        blank = TaskResult(task=task.key, outcome=OutcomeKind.INFRASTRUCTURE_ERROR, finished=datetime.now(UTC))
        lost = False
        self.told = {}
        try:
            result = self._judged(task, blank, listeners)
            lost = self.told["stop_reason"] == StopReason.ENV_LOST
        except (ModelError, RecordError) as error:
            result = blank.model_copy(update={"outcome": OutcomeKind.AGENT_ERROR, "cause": cause_of(error)})
        except RunFolderError:
            raise
        except Exception as error:  # a run of 369 tasks goes on whatever one of them does
            result = blank.model_copy(update={"cause": cause_of(error)})
            lost = isinstance(error, _LOST)
        took = {"set_up_s": self.set_up_s, "evaluate_s": self.evaluate_s, "finished": datetime.now(UTC)}
        return result.model_copy(update=self.told | took), lost

    def _judged(self, task: Task, result: TaskResult, listeners: Sequence[Listener]) -> TaskResult:
        shutil.rmtree(self.folder, ignore_errors=True)  # of a time that was cut off
        files = self.folder / "files"
        files.mkdir(parents=True)
        if self.plan.check_before:
            with self._set_up(task, files) as (desktop, guest):
                before = self._evaluation(desktop, guest, task, said_impossible=False)
            self.told["solved_before"] = before.score == 1.0
            shutil.rmtree(files)
            files.mkdir()
        with self._set_up(task, files) as (desktop, guest):
            time.sleep(self.plan.pauses.before_agent_s)
            episode = self._episode(desktop, task, listeners)
            self.told |= of_episode(episode)
            if episode.reason is StopReason.INTERRUPTED:
                raise KeyboardInterrupt
            if episode.reason is StopReason.ENV_LOST:
                return result.model_copy(update={"cause": episode.detail})
            time.sleep(self.plan.pauses.before_evaluation_s)
            found = self._evaluation(desktop, guest, task, said_impossible=episode.claimed_success is False)
        notes = " ".join(check.note for check in found.checks if check.note)
        return result.model_copy(update={"outcome": OutcomeKind.SCORED, "score": found.score, "cause": notes})

    @contextmanager
    def _set_up(self, task: Task, files: Path) -> Generator[tuple[RemoteDesktop, Guest]]:
        """A machine in the task's first state."""
        began = time.monotonic()
        with ExitStack() as stack:
            try:
                machine = stack.enter_context(self.provider.machine(task))
                desktop = stack.enter_context(_reached(machine))
                guest = Guest(desktop.guest, files, self.downloads, machine.ports, machine.password)
                if not self.provider.resets and guest.platform == "Windows":
                    windows = WindowsGuest(desktop.guest)  # as WindowsAgentArena begins a task
                    windows.close_all()
                    windows.clear_task_files()
                carry_out(guest, task.config)
            finally:
                self.set_up_s += time.monotonic() - began
            yield desktop, guest

    def _episode(self, desktop: RemoteDesktop, task: Task, listeners: Sequence[Listener]) -> Episode:
        agent = Agent(
            self.model,
            desktop,
            limits=self.plan.limits,
            sampling=self.plan.sampling,
            record=self.folder / "episode",
            listeners=listeners,
        )
        return agent.run(task.instruction)

    def _evaluation(self, desktop: RemoteDesktop, guest: Guest, task: Task, *, said_impossible: bool) -> Evaluation:
        began = time.monotonic()
        try:
            desktop.observe()  # what the last action has begun comes to its end
            return evaluate(guest, task.evaluator, said_impossible)
        finally:
            self.evaluate_s += time.monotonic() - began


def _reached(machine: Machine) -> RemoteDesktop:
    """The machine's desktop, once its server answers."""
    patient = Retrying(
        retry=retry_if_exception_type(EnvUnavailable),
        stop=stop_after_delay(machine.start_s),
        wait=wait_fixed(0.5),
        reraise=True,
    )
    return patient(RemoteDesktop, machine.address, token=machine.token, monitor=machine.monitor)
