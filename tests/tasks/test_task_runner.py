"""Whole runs on our own guest server with a scripted model: one outcome a task, also when the run is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.episode import Limits
from model.base import GenerationError
from model.fake import ScriptedModel
from tasks.downloads import Downloads
from tasks.errors import RunFolderError, TaskError
from tasks.results import RESULTS, OutcomeKind, RunFolder, read_run
from tasks.run_report import comparison_of, rows_of, write_report
from tasks.runner import Place, Plan, card_of, run_tasks
from tasks.suite import Suite, read_suite

ROOT = Path(__file__).parents[2]
# A window that keeps what is typed into it in a file.
WINDOW = """
import pathlib, sys, tkinter
root = tkinter.Tk(className="Notes")
root.geometry("400x300+100+100")
root.title("notes")
entry = tkinter.Entry(root)
entry.pack()
entry.focus_force()
entry.bind("<KeyRelease>", lambda _: pathlib.Path(sys.argv[1]).write_text(entry.get()))
root.mainloop()
"""


def say(code):
    return f"## Thought:\nA thought.\n\n## Action:\nDo it.\n\n## Code:\n```python\n{code}\n```"


def obedient():
    """A model that does what it is told, in as many steps as it takes."""
    typed = False

    def answer(prompt):
        nonlocal typed
        told = " ".join(part for message in prompt for part in message.parts if isinstance(part, str))
        if "Break" in told:
            raise GenerationError("The model broke.")
        if "impossible" in told:
            return say("computer.terminate(status='failure')")
        if "Type hello" in told and not typed:
            typed = True
            return say("pyautogui.write('hello')")
        return say("computer.terminate(status='success')")

    return ScriptedModel(answer)


def write_task(folder, key, **fields):
    path = folder / "examples" / f"{key}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"id": path.stem, "instruction": "Do nothing."} | fields))


@pytest.fixture
def suite(tmp_path) -> Suite:
    folder, typed = tmp_path / "benchmark", tmp_path / "typed.txt"
    write_task(
        folder,
        "window/hello",
        instruction="Type hello.",
        config=[
            {"type": "launch", "parameters": {"command": [sys.executable, "-c", WINDOW, str(typed)]}},
            {
                "type": "execute_with_verification",
                "parameters": {"command": "true", "verification": {"window_exists": "notes"}, "max_wait_time": 30},
            },
        ],
        evaluator={
            "func": "compare_text_file",
            "result": {"type": "vm_file", "path": str(typed), "dest": "typed.txt"},
            "expected": {"type": "vm_file", "path": str(tmp_path / "gold.txt"), "dest": "gold.txt"},
            "postconfig": [{"type": "close_window", "parameters": {"window_name": "Notes", "by_class": True}}],
        },
    )
    (tmp_path / "gold.txt").write_text("hello")
    write_task(folder, "window/never", instruction="This is impossible.", evaluator={"func": "infeasible"})
    write_task(folder, "other/break", instruction="Break.", evaluator={"func": "infeasible"})
    write_task(
        folder,
        "other/set-up",
        config=[{"type": "launch", "parameters": {"command": "nonesuch"}}],
        evaluator={"func": "infeasible"},
    )
    return read_suite(folder)


@pytest.fixture
def place(guest_server) -> Place:
    return Place(guest_server.address, guest_server.token)


def run(model, suite, folder, place, plan=None):
    plan = plan or Plan(Limits(max_steps=4))
    with RunFolder(folder, card_of(model, suite, plan)) as results:
        run_tasks(model, suite.tasks, results, [place], Downloads(folder / "downloads"), plan)
    return read_run(folder)


@pytest.mark.slow
def test_every_task_has_one_outcome_and_the_totals_are_over_all(suite, place, tmp_path):
    card, results = run(obedient(), suite, tmp_path / "run", place)
    found = {result.task: (result.outcome, result.score) for result in results}
    assert found == {
        "other/break": (OutcomeKind.AGENT_ERROR, None),
        "other/set-up": (OutcomeKind.INFRASTRUCTURE_ERROR, None),
        "window/hello": (OutcomeKind.SCORED, 1.0),
        "window/never": (OutcomeKind.SCORED, 1.0),
    }
    causes = {result.task: result.cause for result in results}
    assert "The model broke" in causes["other/break"]
    assert "nonesuch" in causes["other/set-up"]
    overall, *domains = rows_of(card, results)
    assert overall.score.accuracy == pytest.approx(2 / 4)
    assert [(row.domain, row.score.accuracy, row.not_run) for row in domains] == [("other", 0.0, 0), ("window", 1.0, 0)]
    assert (tmp_path / "run" / "tasks" / "window/hello" / "episode").is_dir()
    report = write_report(tmp_path / "run").read_text()
    assert "50.0%" in report
    assert "other/set-up: infrastructure error: SetUpFailed" in report
    assert comparison_of([tmp_path / "run"] * 2).row_count == 2

    # The same again runs nothing, but for what is asked for.
    model = obedient()
    run(model, suite, tmp_path / "run", place)
    assert model.prompts == []
    lines = (tmp_path / "run" / RESULTS).read_text().count("\n")
    plan = Plan(Limits(max_steps=4), again=frozenset({OutcomeKind.INFRASTRUCTURE_ERROR}))
    _, results = run(model, suite, tmp_path / "run", place, plan)
    assert len(results) == 4
    assert (tmp_path / "run" / RESULTS).read_text().count("\n") == lines + 1


def test_a_machine_that_cannot_be_reset_or_reached_is_no_score(suite, place, tmp_path):
    only = suite.only(["never"])
    broken = Place(place.address, place.token, reset=("sh", "-c", "echo no disk >&2; exit 3"))
    _, (result,) = run(obedient(), only, tmp_path / "a", broken)
    assert (result.outcome, result.score) == (OutcomeKind.INFRASTRUCTURE_ERROR, None)
    assert "no disk" in result.cause
    _, (result,) = run(obedient(), only, tmp_path / "b", Place("127.0.0.1:9"))
    assert "cannot be reached" in result.cause


def test_a_task_that_is_solved_before_is_told(suite, place, tmp_path):
    marks = tmp_path / "resets"
    plan = Plan(Limits(max_steps=2), check_before=True)
    reset = Place(place.address, place.token, reset=("sh", "-c", f"echo x >> {marks}"))
    _, (result,) = run(obedient(), suite.only(["window/never"]), tmp_path / "run", reset, plan)
    assert (result.score, result.solved_before) == (1.0, False)
    assert marks.read_text() == "x\nx\n"


def test_another_run_is_not_gone_on_with(suite, place, tmp_path):
    model, plan = obedient(), Plan()
    with RunFolder(tmp_path / "run", card_of(model, suite, plan)):
        pass
    with pytest.raises(RunFolderError, match="give another folder"):
        RunFolder(tmp_path / "run", card_of(model, suite.only(["never"]), plan))
    with pytest.raises(RunFolderError, match="holds no run"):
        read_run(tmp_path / "none")
    with (
        RunFolder(tmp_path / "two", card_of(model, suite, plan)) as results,
        pytest.raises(TaskError, match="one guest"),
    ):
        run_tasks(model, suite.tasks, results, [place, place], Downloads(tmp_path), plan)


# Runs a suite of ten tasks with a scripted model, each of which leaves a line when it is judged.
KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from model.fake import ScriptedModel
from tasks.downloads import Downloads
from tasks.results import RunFolder
from tasks.runner import Place, Plan, card_of, run_tasks
from tasks.suite import read_suite
suite, model, plan = read_suite(Path({suite!r})), ScriptedModel(lambda _: {answer!r}), Plan()
with RunFolder(Path({run!r}), card_of(model, suite, plan)) as run:
    print("begun", flush=True)
    run_tasks(model, suite.tasks, run, [Place({address!r}, {token!r})], Downloads(Path({run!r})), plan)
"""


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_moment_ends_like_one_that_is_not(guest_server, tmp_path):
    for number in range(10):
        write_task(
            tmp_path / "suite",
            f"domain/task-{number}",
            evaluator={
                "func": "exact_match",
                "result": {"type": "rule", "rules": "yes"},
                "expected": {"type": "rule", "rules": {"expected": "yes" if number % 2 else "no"}},
            },
        )
    program = KILLED.format(
        root=str(ROOT),
        suite=str(tmp_path / "suite"),
        answer=say("computer.terminate(status='success')"),
        run=str(tmp_path / "run"),
        address=guest_server.address,
        token=guest_server.token,
    )
    chance = random.Random(0)
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        time.sleep(chance.uniform(0.1, 2.0))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    card, results = read_run(tmp_path / "run")
    assert [result.task for result in results] == list(card.tasks)
    assert [result.score for result in results] == [float(number % 2) for number in range(10)]
    lines = (tmp_path / "run" / RESULTS).read_text().splitlines()
    assert len(lines) == 10  # nothing was counted twice
