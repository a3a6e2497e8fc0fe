"""Which worker does which task, and what becomes of a task whose worker dies.

Workers live elsewhere: in processes of this machine (`tasks.processes`), or on several machines (`tasks.ray_workers`).
A task whose worker died is begun anew once, by whichever worker is free; when that one dies too, that is its outcome.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol, Self

from tasks.errors import InfrastructureError
from tasks.results import OutcomeKind, TaskResult
from tasks.schema import Task

DEATHS_OF_A_TASK: Final = 2
"""A task that has cost so many workers is not given to another one."""
BARREN_STARTS: Final = 3
"""A worker that has died so often without an outcome between is not started again."""


class NoWorkerLeft(InfrastructureError):
    """Raised when no worker can be started any more; the message has what the last one died of."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker that was started waits for a task."""

    worker: int


@dataclass(frozen=True, slots=True)
class Done:
    """A worker has an outcome, and waits for another task."""

    worker: int
    result: TaskResult


@dataclass(frozen=True, slots=True)
class Died:
    """A worker is no more."""

    worker: int
    why: str


class Workers(Protocol):
    """Workers by number, each of which does one task at a time. Use it as a context manager, or call `close`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def count(self) -> int: ...

    def start(self, worker: int) -> None:
        """Begin a worker; `wait` tells when it is ready, or that it has died."""
        ...

    def give(self, worker: int, task: Task) -> None:
        """Hand a task to a worker that waits for one."""
        ...

    def wait(self, timeout_s: float) -> Sequence[Ready | Done | Died]:
        """What has happened; nothing when that takes longer."""
        ...

    def kill(self, worker: int) -> None:
        """End a worker, whatever it does; `wait` tells that it has died."""
        ...

    def close(self) -> None:
        """End all workers."""
        ...


@dataclass(slots=True)
class _UnderWay:
    task: Task
    deadline: float
    too_long: bool = False


def outcomes(
    workers: Workers,
    tasks: Sequence[Task],
    max_task_s: float,
    *,
    deaths: int = DEATHS_OF_A_TASK,
    begun: Callable[[Task], None] = lambda task: None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[TaskResult]:
    """Let workers do tasks.

    Args:
        workers: who does them; they stay the caller's to close.
        tasks: all different.
        max_task_s: a worker that takes longer for a task is ended.
        deaths: so many times a task's worker may die; after that the task is not begun anew.
        begun: called with each task that a worker was given.
        clock: seconds, from any origin.

    Yields:
        One outcome a task, in the order in which they come.

    Raises:
        NoWorkerLeft: no worker can be started any more.
    """
    schedule = _Schedule(workers, tasks, max_task_s, deaths, begun, clock)
    schedule.start()
    while schedule.left:
        yield from schedule.step()


class _Schedule:
    def __init__(
        self,
        workers: Workers,
        tasks: Sequence[Task],
        max_task_s: float,
        most_deaths: int,
        begun: Callable[[Task], None],
        clock: Callable[[], float],
    ) -> None:
        self._workers, self._max_task_s, self._most_deaths = workers, max_task_s, most_deaths
        self._begun, self._clock = begun, clock
        self.left = len(tasks)
        self._waiting = deque(tasks)
        self._idle = set[int]()
        self._under_way: dict[int, _UnderWay] = {}
        self._usable = set(range(min(workers.count, len(tasks))))
        self._barren = Counter[int]()
        """Deaths of each worker since its last outcome."""
        self._deaths = Counter[str]()

    def start(self) -> None:
        for worker in sorted(self._usable):
            self._workers.start(worker)

    def step(self) -> Iterator[TaskResult]:
        """Wait until something happens, and go on from there."""
        for event in self._workers.wait(self._patience()):
            match event:
                case Ready(worker):
                    self._idle.add(worker)
                case Done(worker, result):
                    del self._under_way[worker]
                    self._barren[worker] = 0
                    self._idle.add(worker)
                    yield self._over(result)
                case Died(worker, why):
                    yield from self._bury(worker, why)
        for worker in sorted(self._idle)[: len(self._waiting)]:
            self._idle.remove(worker)
            task = self._waiting.popleft()
            self._under_way[worker] = _UnderWay(task, self._clock() + self._max_task_s)
            self._workers.give(worker, task)
            self._begun(task)
        for worker, under_way in self._under_way.items():
            if not under_way.too_long and under_way.deadline <= self._clock():
                under_way.too_long = True
                self._workers.kill(worker)

    def _patience(self) -> float:
        deadlines = [each.deadline for each in self._under_way.values() if not each.too_long]
        return max(0.0, min(deadlines, default=self._clock() + self._max_task_s) - self._clock())

    def _bury(self, worker: int, why: str) -> Iterator[TaskResult]:
        self._idle.discard(worker)
        lost = self._under_way.pop(worker, None)
        if lost is not None:
            key = lost.task.key
            self._deaths[key] += 1
            if lost.too_long:
                yield self._over(_failed(key, f"It was not over after {self._max_task_s:g} s, and was ended."))
            elif self._deaths[key] >= self._most_deaths:
                yield self._over(_failed(key, f"Its worker died {self._deaths[key]} times, the last one {why}."))
            else:
                self._waiting.appendleft(lost.task)
        if lost is None or not lost.too_long:
            self._barren[worker] += 1
        if self._barren[worker] < BARREN_STARTS:
            self._workers.start(worker)
            return
        self._usable.discard(worker)
        if self.left and not self._usable:
            raise NoWorkerLeft(f"No worker can be started any more; the last one died {why}.")

    def _over(self, result: TaskResult) -> TaskResult:
        self.left -= 1
        return result


def _failed(key: str, cause: str) -> TaskResult:
    return TaskResult(
        task=key, outcome=OutcomeKind.INFRASTRUCTURE_ERROR, cause=f"WorkerDied: {cause}", finished=datetime.now(UTC)
    )
