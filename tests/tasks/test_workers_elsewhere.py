"""Workers in processes and in Ray actors: the same outcomes as in this process, in the same files."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from model.base import ModelUnavailable
from model.fake import ScriptedModel
from tasks.downloads import Downloads
from tasks.errors import MissingLibrary, RunFolderError
from tasks.jobs import Job, await_leftovers
from tasks.processes import Processes
from tasks.providers import RunningGuest
from tasks.ray_workers import RayWorkers
from tasks.results import RECORDS, RESULTS, OutcomeKind, RunFolder, TaskResult, read_run
from tasks.runner import card_from_elsewhere, card_of, one_by_one, run_tasks, shared_out
from tasks.scheduling import NoWorkerLeft
from tasks.suite import read_suite
from tasks.worker import Plan

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
DONE = "## Thought:\nDone.\n\n## Action:\nEnd.\n\n## Code:\n```python\ncomputer.terminate(status='success')\n```"
load_model = partial(ScriptedModel, [DONE] * 100)


def no_model():
    raise ModelUnavailable("There is no such model.")


@pytest.fixture
def suite(tmp_path):
    for number in range(6):
        path = tmp_path / "suite" / "examples" / "domain" / f"task-{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        rules = {"expected": "yes" if number % 2 else "no"} if number else {}
        evaluator = {
            "func": "exact_match",
            "result": {"type": "rule", "rules": "yes"},
            "expected": {"type": "rule", "rules": rules},
        }
        path.write_text(json.dumps({"id": path.stem, "instruction": "Do it.", "evaluator": evaluator}))
    return read_suite(tmp_path / "suite")


def jobs(guest_server, run, count=2, load=load_model):
    guest = RunningGuest(guest_server.address, guest_server.token)
    return [Job(load, guest, run, Downloads(run / "downloads"), Plan()) for _ in range(count)]


def lines(run):
    """What is in the file, order and times aside."""
    read = [TaskResult.model_validate_json(line) for line in (run / RESULTS).read_text().splitlines()]
    return sorted(
        (each.task, each.outcome, each.score, each.cause, each.stop_reason, each.steps, each.output_tokens)
        for each in read
    )


@pytest.fixture
def expected(suite, guest_server, tmp_path):
    """The lines of a run in this process."""
    run = tmp_path / "here"
    with RunFolder(run, card_of(load_model(), suite, Plan())) as results:
        run_tasks(one_by_one(jobs(guest_server, run)[0].worker(load_model())), suite.tasks, results)
    found = lines(run)
    assert [each[1] for each in found] == [OutcomeKind.INFRASTRUCTURE_ERROR] + [OutcomeKind.SCORED] * 5
    return found


def test_two_processes_do_what_one_does(suite, guest_server, tmp_path, expected):
    run, begun = tmp_path / "run", []
    card = card_from_elsewhere(load_model, suite, Plan())
    assert card.identity == card_of(load_model(), suite, Plan()).identity
    with RunFolder(run, card) as results, Processes(jobs(guest_server, run)) as workers:
        run_tasks(shared_out(workers, Plan(), lambda task: begun.append(task.key)), suite.tasks, results)
    assert lines(run) == expected
    assert sorted(begun) == sorted(card.tasks)
    assert {path.name for path in (run / RECORDS / "domain").iterdir()} == {f"task-{number}" for number in range(6)}


def test_two_actors_of_ray_do_what_one_process_does(suite, guest_server, tmp_path, expected, monkeypatch):
    if importlib.util.find_spec("ray") is None:
        pytest.skip("RAY IS NOT INSTALLED, so its workers are not tested: pip install 'deixis[ray]'")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for the actors' processes
    monkeypatch.setenv("HOME", str(tmp_path))  # where Ray keeps the token of its cluster
    run = tmp_path / "run"
    with (
        RunFolder(run, card_of(load_model(), suite, Plan())) as results,
        RayWorkers(jobs(guest_server, run), replicas=2) as workers,
    ):
        run_tasks(shared_out(workers, Plan()), suite.tasks, results)
    assert lines(run) == expected
    assert {path.name for path in (run / RECORDS / "domain").iterdir()} == {f"task-{number}" for number in range(6)}


def test_ray_that_is_missing_is_named(guest_server, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingLibrary, match=r"deixis\[ray\]"):
        RayWorkers(jobs(guest_server, tmp_path))


def test_a_model_that_cannot_be_loaded_ends_the_run_with_its_words(suite, guest_server, tmp_path):
    run = tmp_path / "run"
    with (
        RunFolder(run, card_of(load_model(), suite, Plan())) as results,
        Processes(jobs(guest_server, run, 1, no_model)) as workers,
        pytest.raises(NoWorkerLeft, match="There is no such model"),
    ):
        run_tasks(shared_out(workers, Plan()), suite.tasks, results)
    with pytest.raises(ModelUnavailable, match="no such model"):
        card_from_elsewhere(no_model, suite, Plan())


# A runner whose workers wait for a machine that does not come.
WAITING = """
import signal
import sys
from functools import partial
from pathlib import Path
sys.path.insert(0, {root!r})
from model.fake import ScriptedModel
from tasks.downloads import Downloads
from tasks.jobs import Job
from tasks.processes import Processes
from tasks.providers import RunningGuest
from tasks.runner import shared_out
from tasks.suite import read_suite
from tasks.worker import Plan
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background are started without
suite, run = read_suite(Path({suite!r})), Path({run!r})
guest = RunningGuest("127.0.0.1:9", reset=("sh", "-c", "touch " + {mark!r} + "; exec sleep 600"))
with Processes([Job(partial(ScriptedModel, []), guest, run, Downloads(run), Plan())]) as workers:
    list(shared_out(workers, Plan())(suite.tasks))
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT], ids=lambda sent: sent.name)
def test_workers_do_not_outlive_their_runner(suite, tmp_path, wait_until, sent):
    run, mark = tmp_path / "run", tmp_path / "mark"
    run.mkdir()
    program = WAITING.format(root=str(ROOT), suite=str(tmp_path / "suite"), run=str(run), mark=str(mark))
    runner = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    wait_until(mark.exists, 120)
    workers = [each for each in psutil.Process(runner.pid).children() if "spawn_main" in " ".join(each.cmdline())]
    assert len(workers) == 1
    waiting = jobs_of(run)
    began = time.monotonic()
    os.kill(runner.pid, sent)
    try:
        runner.wait(120)
    finally:
        runner.kill()
    await_leftovers(waiting)  # nobody else may begin before
    assert time.monotonic() - began < 150
    psutil.wait_procs(workers, 20)
    assert not any(worker.is_running() for worker in workers)
    assert not list(run.glob("workers/*.lock"))


def jobs_of(run):
    return [Job(load_model, RunningGuest("127.0.0.1:9"), run, Downloads(run), Plan())]


def test_a_worker_that_does_not_end_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("tasks.jobs.FAREWELL_S", 0.1)
    (job,) = jobs_of(tmp_path)
    with job.lock(), pytest.raises(RunFolderError, match="still holds"):
        await_leftovers([job])
    await_leftovers([job])


def test_no_outcome_is_lost_or_counted_twice_when_the_run_goes_on(suite, guest_server, tmp_path, expected):
    run = tmp_path / "run"
    card = card_of(load_model(), suite, Plan())
    with RunFolder(run, card) as results, Processes(jobs(guest_server, run)) as workers:
        run_tasks(shared_out(workers, Plan()), suite.tasks[:3], results)
    with RunFolder(run, card) as results, Processes(jobs(guest_server, run)) as workers:
        run_tasks(shared_out(workers, Plan()), suite.tasks, results)
    assert lines(run) == expected
    assert len(read_run(run)[1]) == 6
