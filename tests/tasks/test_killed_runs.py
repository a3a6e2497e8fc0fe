"""Kill -9 of runner, workers, guests' servers and browsers at random moments: the outcomes are those of a quiet run.

Three runs by default, as many as DEIXIS_KILLED_RUNS says otherwise.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from envs.chromium import find_browser
from tasks.results import RECORDS, RESULTS, OutcomeKind, TaskResult, read_run
from tests.answers import say

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")]

ROOT = Path(__file__).parents[2]
RUNS = int(os.environ.get("DEIXIS_KILLED_RUNS", "3"))
"""50 are what is claimed; they take 20 minutes in two processes."""
KILLS = 4
"""In each run, while it lasts."""
TOKEN = "of the test"
GUESTS = 2
PAGE = "data:text/html,<title>Here</title>"
# Runs the suite as the command line does with two guests, with a model that is scripted.
RUNNER = """
import sys
from functools import partial
from pathlib import Path
sys.path.insert(0, {root!r})
from model.fake import ScriptedModel
from tasks.downloads import Downloads
from tasks.guest import Ports
from tasks.jobs import Job
from tasks.processes import Processes
from tasks.providers import RunningGuest
from tasks.results import OutcomeKind, RunFolder
from tasks.runner import card_of, run_tasks, shared_out
from tasks.suite import read_suite
from tasks.worker import Plan

suite, plan, where = read_suite(Path({suite!r})), Plan(), Path(sys.argv[1])
load = partial(ScriptedModel, [{click!r}, {done!r}] * 100)
guests = [
    RunningGuest(
        f"127.0.0.1:{{port}}",
        {token!r},
        (sys.executable, {keeper!r}, folder, str(port), str(chromium)),
        Ports(chromium=chromium),
    )
    for folder, port, chromium in {guests!r}
]
with RunFolder(where, card_of(load(), suite, plan)) as run:
    jobs = [Job(load, guest, where, Downloads(where), plan) for guest in guests]
    with Processes(jobs) as workers:
        run_tasks(shared_out(workers, plan), suite.tasks, run, again=frozenset({{OutcomeKind.INFRASTRUCTURE_ERROR}}))
"""


def execute(command):
    return {"type": "execute", "parameters": {"command": command, "shell": True}}


def task_of(number, chromium):
    """Eight tasks about a file that the set-up makes, and two about the browser that it starts."""
    name = f"task-{number}"
    if number < 8:
        config = [execute(f"echo {number} > ~/{name}; echo x >> ~/{name}-set-ups")]
        result = {"type": "vm_command_line", "command": f"cat ~/{name}", "shell": True}
        expected = {"type": "rule", "rules": {"expected": f"{number if number % 3 else 'another'}\n"}}
        return {"config": config, "evaluator": {"func": "exact_match", "result": result, "expected": expected}}
    end_old = (
        "test ! -f ~/browser.pid || kill -9 $(cat ~/browser.pid) 2>/dev/null; rm -rf ~/profile ~/browser.pid; true"
    )
    browser = (
        f"{chromium} --headless --no-sandbox --user-data-dir=$HOME/profile --remote-debugging-port=$BROWSER_PORT"
        f" '{PAGE}' & echo $! > ~/browser.pid; wait"
    )
    config = [execute(end_old), {"type": "launch", "parameters": {"command": browser, "shell": True}}]
    config.append({"type": "chrome_open_tabs", "parameters": {"urls_to_open": [PAGE]}})
    expected = {"type": "rule", "rules": {"type": "url", "urls": [PAGE]}}
    return {
        "config": config,
        "evaluator": {"func": "is_expected_tabs", "result": {"type": "open_tabs_info"}, "expected": expected},
    }


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Laboratory:
    """Two guests that are started when they are missed, and a runner that can be started again and again."""

    def __init__(self, folder: Path, chromium: str):
        self._folder, self._runners = folder, []
        guests = [(str(folder / f"guest-{number}"), free_port(), free_port()) for number in range(GUESTS)]
        self.guests = [Path(guest) for guest, _, _ in guests]
        for number in range(10):
            path = folder / "suite" / "examples" / "domain" / f"task-{number}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"id": path.stem, "instruction": "Do it.", **task_of(number, chromium)}))
        self._program = RUNNER.format(
            root=str(ROOT),
            suite=str(folder / "suite"),
            click=say("pyautogui.click(x=0.5, y=0.5)"),
            done=say("computer.terminate(status='success')"),
            token=TOKEN,
            keeper=str(ROOT / "tests" / "tasks" / "keep_guest.py"),
            guests=guests,
        )

    def start(self, run: Path) -> subprocess.Popen:
        with (self._folder / "runner.log").open("ab") as log:
            environment = os.environ | {"DEIXIS_TOKEN": TOKEN}
            runner = subprocess.Popen([sys.executable, "-c", self._program, str(run)], env=environment, stderr=log)
        self._runners.append(runner)
        return runner

    def server(self, number: int) -> psutil.Process:
        return psutil.Process(int((self.guests[number] / "server.pid").read_text()))

    def victim(self, kind: str, runner: subprocess.Popen, chance: random.Random) -> psutil.Process:
        """Somebody of that kind who lives.

        Raises:
            LookupError: there is nobody.
        """
        try:
            match kind:
                case "runner":
                    return psutil.Process(runner.pid)
                case "worker":
                    children = psutil.Process(runner.pid).children()
                    return chance.choice([each for each in children if "spawn_main" in " ".join(each.cmdline())])
                case "server":
                    return self.server(chance.randrange(GUESTS))
                case _:
                    server = self.server(chance.randrange(GUESTS))
                    return chance.choice([e for e in server.children(recursive=True) if "chrom" in e.name()])
        except (psutil.Error, OSError, IndexError) as error:
            raise LookupError(kind) from error

    def close(self) -> None:
        for runner in self._runners:
            runner.kill()
            runner.wait()
        for number in range(GUESTS):
            with suppress(psutil.Error, OSError):
                server = self.server(number)
                server.terminate()
                server.wait(30)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    laboratory = Laboratory(tmp_path_factory.mktemp("laboratory"), str(find_browser(None, None)))
    yield laboratory
    laboratory.close()


def outcomes_of(run: Path) -> dict[str, tuple[OutcomeKind, float | None]]:
    card, results = read_run(run)
    assert [result.task for result in results] == list(card.tasks)
    return {result.task: (result.outcome, result.score) for result in results}


@pytest.fixture(scope="module")
def quiet(laboratory, tmp_path_factory):
    """The outcomes of a run that nobody disturbs."""
    run = tmp_path_factory.mktemp("runs") / "quiet"
    assert laboratory.start(run).wait() == 0
    found = outcomes_of(run)
    causes = [f"{result.task}: {result.cause}" for result in read_run(run)[1] if result.cause]
    assert Counter(found.values()) == {(OutcomeKind.SCORED, 1.0): 7, (OutcomeKind.SCORED, 0.0): 3}, causes
    return found


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(RUNS))
def test_a_run_of_which_anything_is_killed_at_any_moment_ends_like_a_quiet_one(laboratory, quiet, tmp_path, seed):
    chance, run = random.Random(seed), tmp_path / "run"
    kinds = ["runner", "worker", "server", "browser"]
    chance.shuffle(kinds)
    runner = laboratory.start(run)
    killed = Counter()
    while killed.total() < KILLS and (kinds or runner.poll() is None):
        if runner.poll() is not None:
            runner = laboratory.start(run)
        time.sleep(chance.uniform(0.0, 1.5))
        kind = kinds[0] if kinds else chance.choice(["runner", "worker", "server", "browser"])
        try:
            laboratory.victim(kind, runner, chance).kill()
        except (LookupError, psutil.NoSuchProcess):
            if runner.poll() == 0:
                break
            continue
        killed[kind] += 1
        kinds = [each for each in kinds if each != kind]
        if kind == "runner":
            runner.wait()
    runner.wait()
    assert killed, "nothing was killed"
    for _ in range(3):
        if laboratory.start(run).wait() == 0 and outcomes_of(run) == quiet:
            break
    assert outcomes_of(run) == quiet, killed
    lines = [TaskResult.model_validate_json(line) for line in (run / RESULTS).read_text().splitlines()]
    scored = Counter(line.task for line in lines if line.outcome is OutcomeKind.SCORED)
    assert set(scored.values()) == {1}  # nothing was counted, or done, twice
    for line in lines:
        assert line.outcome is OutcomeKind.SCORED or re.match(r"\w+: .", line.cause), line
    assert {path.name for path in (run / RECORDS / "domain").iterdir()} == {key.split("/")[1] for key in quiet}
