"""Who does which task: workers that follow a script, and die."""

from __future__ import annotations

import random
from collections import deque
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.results import OutcomeKind, TaskResult
from tasks.scheduling import BARREN_STARTS, Died, Done, NoWorkerLeft, Ready, outcomes
from tasks.schema import Task


def task(name):
    return Task.model_validate({"id": name, "instruction": "Do it.", "evaluator": {"func": "infeasible"}})


def tasks(count):
    return [task(f"task-{number}") for number in range(count)]


class Scripted:
    """Workers for which a function says what becomes of a task: "done", "died" or "hangs"."""

    def __init__(self, count, fate=lambda worker, task: "done", starts=lambda worker: True):
        self.count, self._fate, self._starts = count, fate, starts
        self.given, self.killed, self.now = [], [], 0.0
        self._events = deque()
        self._idle = set()

    def start(self, worker):
        if self._starts(worker):
            self._events.append(Ready(worker))
        else:
            self._events.append(Died(worker, "of hunger"))

    def give(self, worker, task):
        assert worker not in self._idle
        self.given.append(task.key)
        match self._fate(worker, task):
            case "done":
                result = TaskResult(task=task.key, outcome=OutcomeKind.SCORED, score=1.0, finished=datetime.now(UTC))
                self._events.append(Done(worker, result))
            case "died":
                self._events.append(Died(worker, "of SIGKILL"))

    def wait(self, timeout_s):
        if not self._events:
            self.now += timeout_s
            return []
        return [self._events.popleft()]

    def kill(self, worker):
        self.killed.append(worker)
        self._events.append(Died(worker, "of SIGKILL"))

    def run(self, tasks, **options):
        return list(outcomes(self, tasks, 60.0, clock=lambda: self.now, **options))


def test_a_task_whose_worker_died_is_begun_anew_once():
    died = set()

    def fate(_worker, task):
        if task.key == "task-1" and task.key not in died:
            died.add(task.key)
            return "died"
        return "done"

    workers = Scripted(2, fate)
    found = workers.run(tasks(3))
    assert sorted(result.task for result in found) == ["task-0", "task-1", "task-2"]
    assert all(result.score == 1.0 for result in found)
    assert workers.given.count("task-1") == 2


def test_a_task_that_costs_two_workers_is_an_infrastructure_error():
    workers = Scripted(2, lambda _, task: "died" if task.key == "task-1" else "done")
    found = {result.task: result for result in workers.run(tasks(4))}
    assert found["task-1"].outcome is OutcomeKind.INFRASTRUCTURE_ERROR
    assert found["task-1"].cause == "WorkerDied: Its worker died 2 times, the last one of SIGKILL."
    assert sum(result.score == 1.0 for result in found.values()) == 3


def test_where_machines_are_not_reset_no_task_is_begun_anew():
    workers = Scripted(2, lambda _, task: "died" if task.key == "task-1" else "done")
    found = {result.task: result for result in workers.run(tasks(4), deaths=1)}
    assert found["task-1"].outcome is OutcomeKind.INFRASTRUCTURE_ERROR
    assert workers.given.count("task-1") == 1


def test_a_worker_that_takes_too_long_is_ended_and_its_task_not_begun_again():
    workers = Scripted(1, lambda _, task: "hangs" if task.key == "task-0" else "done")
    found = {result.task: result for result in workers.run(tasks(2))}
    assert workers.killed == [0]
    assert workers.given == ["task-0", "task-1"]
    assert found["task-0"].cause == "WorkerDied: It was not over after 60 s, and was ended."


def test_a_worker_that_cannot_be_started_leaves_its_tasks_to_the_others():
    workers = Scripted(2, starts=lambda worker: worker == 1)
    assert len(workers.run(tasks(3))) == 3
    with pytest.raises(NoWorkerLeft, match="the last one died of hunger"):
        Scripted(2, starts=lambda worker: False).run(tasks(3))


def test_no_more_workers_are_started_than_there_are_tasks():
    begun = []
    workers = Scripted(5)
    workers.run(tasks(2), begun=lambda task: begun.append(task.key))
    assert begun == workers.given == ["task-0", "task-1"]
    assert Scripted(5).run([]) == []


@given(st.integers(1, 4), st.integers(0, 12), st.randoms(use_true_random=False))
def test_whatever_dies_every_task_has_one_outcome(count, number, chance: random.Random):
    workers = Scripted(count, lambda *_: chance.choice(["done", "done", "done", "died", "hangs"]))
    try:
        found = workers.run(tasks(number))
    except NoWorkerLeft:
        assert number * 2 >= BARREN_STARTS
        return
    assert sorted(result.task for result in found) == sorted(each.key for each in tasks(number))
