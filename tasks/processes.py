"""Workers as processes of this machine, each with a model of its own.

A worker lives no longer than the process that started it, however that one ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from model.base import ModelError
from tasks.errors import TaskError
from tasks.jobs import FAREWELL_S, Job, await_leftovers
from tasks.results import TaskResult
from tasks.scheduling import Died, Done, Ready, Workers
from tasks.schema import Task


@dataclass(frozen=True, slots=True)
class _Living:
    process: SpawnProcess
    connection: Connection


class Processes(Workers):
    """`Workers` as processes, one for each job."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        """Start nothing yet, but wait until no worker of an earlier time is left.

        Raises:
            RunFolderError: one does not end.
        """
        self._jobs = jobs
        self._living: dict[int, _Living] = {}
        self._stillborn: list[int] = []
        await_leftovers(jobs)

    @property
    def count(self) -> int:
        return len(self._jobs)

    def start(self, worker: int) -> None:
        context = multiprocessing.get_context("spawn")  # a fork of a process with threads and a model is not safe
        ours, theirs = context.Pipe()
        process = context.Process(target=_live, args=(theirs, self._jobs[worker]), name=f"worker {worker}")
        try:
            process.start()
            self._living[worker] = _Living(process, ours)
        except BrokenPipeError:  # it was killed before it had read its job
            ours.close()
            self._stillborn.append(worker)
        finally:
            theirs.close()

    def give(self, worker: int, task: Task) -> None:
        with suppress(OSError):  # it has died since, which `wait` tells
            self._living[worker].connection.send(task)

    def wait(self, timeout_s: float) -> Sequence[Ready | Done | Died]:
        if self._stillborn:
            return [Died(self._stillborn.pop(), "before it could begin")]
        by_connection = {each.connection: number for number, each in self._living.items()}
        by_sentinel = {each.process.sentinel: number for number, each in self._living.items()}
        happened = wait([*by_connection, *by_sentinel], timeout_s)
        events = list[Ready | Done | Died]()
        for thing in happened:
            if isinstance(thing, Connection):
                events.append(self._told(by_connection[thing]))
        dead = {event.worker for event in events if isinstance(event, Died)}
        for number in {by_sentinel[thing] for thing in happened if isinstance(thing, int)} - dead:
            if not self._living[number].connection.poll():  # else its last words come first
                events.append(self._buried(number))
        return events

    def kill(self, worker: int) -> None:
        self._living[worker].process.kill()

    def close(self) -> None:
        for each in self._living.values():
            each.process.terminate()
        for worker in list(self._living):
            self._buried(worker)

    def _told(self, worker: int) -> Ready | Done | Died:
        try:
            said: TaskResult | str | None = self._living[worker].connection.recv()
        except (EOFError, OSError):
            return self._buried(worker)
        match said:
            case None:
                return Ready(worker)
            case str():
                return self._buried(worker, f"of this: {said}")
            case _:
                return Done(worker, said)

    def _buried(self, worker: int, why: str = "") -> Died:
        dead = self._living.pop(worker)
        dead.process.join(FAREWELL_S)
        if dead.process.exitcode is None:
            dead.process.kill()
            dead.process.join()
        dead.connection.close()
        status = dead.process.exitcode or 0
        dead.process.close()
        told = f"of {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
        return Died(worker, why or told)


def _live(connection: Connection, job: Job) -> None:
    """The life of a worker process: None once it is ready, an outcome for each task, or a sentence and the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the whole terminal; the runner ends its workers itself
    signal.signal(signal.SIGTERM, _interrupt)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(KeyboardInterrupt, EOFError, ConnectionError), job.lock():
        try:
            worker = job.worker(job.load_model())
            connection.send(None)
            while True:
                connection.send(worker.outcome(connection.recv()))
        except (ModelError, TaskError) as error:
            connection.send(" ".join(str(error).split()))


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    threading.Event().wait(FAREWELL_S)
    os._exit(1)
