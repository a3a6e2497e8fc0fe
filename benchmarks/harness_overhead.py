"""What the harness costs a task: all but the model, waiting for the screen to rest, and the guest's programs.

    python -m benchmarks.harness_overhead [--tasks 20]

Tasks in OSWorld's format are run on our own guest server, on a virtual display, with a model that answers at once: each
is set up by one command that does nothing, takes two steps, and is judged by a command's output and a rule. What
remains is reaching the guest, the requests, capturing and recording the screen, judging, and keeping the outcome. The
look at the screen before judging waits for rest, too, and is counted all the same. On a machine that is busy with
others only the processor time is the harness's own: its process's and the guest server's, without the programs that
this starts. OSWorld's own runs wait for 80 s beside that.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import psutil

from agent.trajectory import Trajectory
from model.fake import ScriptedModel
from tasks.downloads import Downloads
from tasks.providers import RunningGuest
from tasks.results import RECORDS, RunFolder, TaskResult
from tasks.runner import card_of, one_by_one, run_tasks
from tasks.suite import read_suite
from tasks.worker import OSWORLD_PAUSES, Plan, Worker

ROOT = Path(__file__).parents[1]
STEPS = ("pyautogui.click(x=0.5, y=0.5)", "computer.terminate(status='success')")


def answer(code: str) -> str:
    return f"## Thought:\nA thought.\n\n## Action:\nDo it.\n\n## Code:\n```python\n{code}\n```"


def write_suite(folder: Path, count: int) -> None:
    nothing = {"type": "execute", "parameters": {"command": ["true"]}}
    evaluator = {
        "func": "exact_match",
        "result": {"type": "vm_command_line", "command": ["echo", "yes"]},
        "expected": {"type": "rule", "rules": {"expected": "yes\n"}},
        "postconfig": [nothing],
    }
    (folder / "examples" / "none").mkdir(parents=True)
    for number in range(count):
        task = {"id": f"task-{number}", "instruction": "Do it.", "config": [nothing], "evaluator": evaluator}
        (folder / "examples" / "none" / f"task-{number}.json").write_text(json.dumps(task), encoding="utf-8")


def measure(folder: Path, guest: RunningGuest, server: psutil.Process, count: int) -> tuple[list[float], list[float]]:
    """Seconds of overhead and of the processor of each task.

    The first task is left out: it also imports what is used for the first time.
    """
    write_suite(folder / "suite", count + 1)
    suite, plan, run = read_suite(folder / "suite"), Plan(), folder / "run"
    model = ScriptedModel([answer(code) for code in STEPS] * (count + 1))
    worker = Worker(model, guest, run / RECORDS, Downloads(folder / "downloads"), plan)
    ends, used = [time.perf_counter()], [processor_s(server)]

    def finished(_result: TaskResult) -> None:
        ends.append(time.perf_counter())
        used.append(processor_s(server))

    with RunFolder(run, card_of(model, suite, plan)) as results:
        run_tasks(one_by_one(worker), suite.tasks, results, finished=finished)
        if any(result.score != 1.0 for result in results.results.values()):
            raise SystemExit("Not every task was done.")
    overhead: list[float] = []
    for task, began, ended in zip(suite.tasks, ends[:-1], ends[1:], strict=True):
        steps = Trajectory.load(run / RECORDS / task.key / "episode").steps
        timings = [step.timing for step in steps if step.timing is not None]
        others = sum(timing.settle_s + timing.generate_s for timing in timings)
        overhead.append(ended - began - others)
    return overhead[1:], [later - earlier for earlier, later in pairwise(used)][1:]


def processor_s(server: psutil.Process) -> float:
    times = server.cpu_times()
    return time.process_time() + times.user + times.system


def report(name: str, seconds: Sequence[float]) -> None:
    ordered = sorted(seconds)
    print(f"{name:<34} {statistics.median(ordered):8.2f} s {ordered[int(0.95 * (len(ordered) - 1))]:8.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=20)
    count = parser.parse_args().tasks
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "home").mkdir()
        (folder / "home" / ".Xauthority").touch()
        server = subprocess.Popen(
            [sys.executable, ROOT / "deixis.py", "serve", "--env", "virtual", "--port", "0", "--commands"],
            env=os.environ | {"HOME": str(folder / "home"), "DEIXIS_TOKEN": "of the benchmark"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[2]
            guest = RunningGuest(address, "of the benchmark")
            seconds, processor = measure(folder, guest, psutil.Process(server.pid), count)
        finally:
            server.terminate()
            server.wait()
    print(f"{platform.machine()}, Python {platform.python_version()}, {count} tasks of {len(STEPS)} steps")
    print(f"{'':<34} {'median':>10} {'p95':>10}")
    report("harness, a task", seconds)
    report("of it processor time", processor)
    pauses = OSWORLD_PAUSES.before_agent_s + OSWORLD_PAUSES.before_evaluation_s
    print(f"{'fixed pauses of OSWorld, a task':<34} {pauses:8.2f} s")


if __name__ == "__main__":
    main()
