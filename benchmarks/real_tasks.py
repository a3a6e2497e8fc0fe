"""Real tasks of OSWorld on a real guest: each must score 0 as it begins, and 1 once the right outcome is there.

    python benchmarks/real_tasks.py FOLDER --guest ADDRESS --reset COMMAND [--task KEY ...] [--downloads FOLDER]

FOLDER is the benchmark's, with `examples` in it. OUTCOMES (real_outcomes.yaml beside this file) says for each task what
brings the outcome about: a script for the guest's bash, or nothing where the agent has to say that it cannot be done.
COMMAND brings the machine back to its first state. A server with a token reads it from DEIXIS_TOKEN, as clients do.

A task is set up twice, for judging changes the machine. The exit status is 1 when a task does not go from 0 to 1.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from envs.base import EnvError
from envs.guest_client import GuestClient
from tasks.downloads import Downloads
from tasks.errors import TaskError
from tasks.evaluate import evaluate
from tasks.guest import Guest
from tasks.schema import Task
from tasks.setup_steps import carry_out
from tasks.suite import read_suite

OUTCOMES = Path(__file__).with_name("real_outcomes.yaml")


def score(task: Task, outcome: str | None, reset: list[str], guest: Guest, *, before: bool) -> float:
    """Set a task up and judge it: before anything is done, or once the outcome is there."""
    subprocess.run(reset, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    carry_out(guest, task.config)
    if not before and outcome:
        done = guest.machine.run_bash_script(outcome)
        if done.returncode != 0:
            raise TaskError(f"The outcome ended with {done.returncode}: {done.output.strip()} {done.error.strip()}")
    return evaluate(guest, task.evaluator, said_impossible=not before and outcome is None).score


def main() -> int:
    """Judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--guest", required=True)
    parser.add_argument("--reset", required=True, type=shlex.split)
    parser.add_argument("--task", nargs="*", default=[])
    parser.add_argument("--downloads", type=Path, default=Path.home() / ".cache" / "deixis" / "tasks")
    options = parser.parse_args()
    outcomes: dict[str, str | None] = yaml.safe_load(OUTCOMES.read_text("utf-8"))
    tasks = read_suite(options.folder).only(options.task or list(outcomes)).tasks
    wrong = 0
    for task in tasks:
        began, scores = time.monotonic(), list[float]()
        try:
            for before in (True, False):
                with (
                    tempfile.TemporaryDirectory() as folder,
                    GuestClient(options.guest, token=os.environ.get("DEIXIS_TOKEN")) as machine,
                ):
                    guest = Guest(machine, Path(folder), Downloads(options.downloads, offline=True))
                    scores.append(score(task, outcomes[task.key], options.reset, guest, before=before))
            said = ""
        except (TaskError, EnvError, subprocess.CalledProcessError) as error:
            said = f"{type(error).__name__}: {error}"
        right = scores == [0.0, 1.0]
        wrong += not right
        told = " then ".join(f"{each:g}" for each in scores) or "-"
        print(
            f"{'ok   ' if right else 'WRONG'} {task.key}  {told}  {time.monotonic() - began:.0f} s  {said}", flush=True
        )
    print(f"{len(tasks) - wrong} of {len(tasks)} tasks go from 0 to 1")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
