"""Whole runs on our own guest server with a scripted model: one outcome a task."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.episode import Limits
from model.base import GenerationError
from model.fake import ScriptedModel
from tasks.downloads import Downloads
from tasks.errors import RunFolderError
from tasks.providers import RunningGuest
from tasks.results import RECORDS, RESULTS, OutcomeKind, RunFolder, TaskResult, read_run
from tasks.run_report import load_run, write_report
from tasks.run_statistics import rows_of
from tasks.runner import card_of, one_by_one, run_tasks
from tasks.suite import Suite, read_suite
from tasks.worker import FixedPauses, Plan, Worker
from tests.answers import say

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
def place(guest_server) -> RunningGuest:
    return RunningGuest(guest_server.address, guest_server.token)


def run(model, suite, folder, place, plan=None, **asked):
    plan = plan or Plan(Limits(max_steps=4))
    worker = Worker(model, place, folder / RECORDS, Downloads(folder / "downloads"), plan)
    with RunFolder(folder, card_of(model, suite, plan)) as results:
        run_tasks(one_by_one(worker), suite.tasks, results, **asked)
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
    report = write_report(load_run(tmp_path / "run"))[0].read_text()
    assert "50.0 %" in report
    assert "| other/set-up | infrastructure error | " in report

    # The same again runs nothing, but for what is asked for.
    model = obedient()
    run(model, suite, tmp_path / "run", place)
    assert model.prompts == []
    lines = (tmp_path / "run" / RESULTS).read_text().count("\n")
    again = frozenset({OutcomeKind.INFRASTRUCTURE_ERROR})
    _, results = run(model, suite, tmp_path / "run", place, again=again)
    assert len(results) == 4
    assert (tmp_path / "run" / RESULTS).read_text().count("\n") == lines + 1


def test_a_machine_that_cannot_be_reset_or_reached_is_no_score(suite, place, tmp_path):
    only = suite.only(["never"])
    broken = RunningGuest(place.address, place.token, reset=("sh", "-c", "echo no disk >&2; exit 3"))
    _, (result,) = run(obedient(), only, tmp_path / "a", broken)
    assert (result.outcome, result.score) == (OutcomeKind.INFRASTRUCTURE_ERROR, None)
    assert "no disk" in result.cause
    _, (result,) = run(obedient(), only, tmp_path / "b", RunningGuest("127.0.0.1:9"))
    assert "cannot be reached" in result.cause


@pytest.mark.slow
def test_what_fails_after_the_agent_is_not_a_reason_to_let_it_act_again(place, tmp_path):
    write_task(
        tmp_path / "benchmark",
        "window/late",
        instruction="This is impossible.",
        evaluator={
            "func": "infeasible",
            "postconfig": [{"type": "launch", "parameters": {"command": "nonesuch"}}],
        },
    )
    model = obedient()
    resetting = replace(place, reset=("true",))
    _, (result,) = run(model, read_suite(tmp_path / "benchmark"), tmp_path / "run", resetting)
    assert result.outcome is OutcomeKind.INFRASTRUCTURE_ERROR
    assert result.cause.startswith("EvaluationFailed: A step before the evaluation failed: ")
    assert (result.steps, result.stop_reason) == (1, "failure")


def test_a_task_that_is_solved_before_is_told(suite, place, tmp_path):
    marks = tmp_path / "resets"
    plan = Plan(Limits(max_steps=2), check_before=True)
    reset = RunningGuest(place.address, place.token, reset=("sh", "-c", f"echo x >> {marks}"))
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


def test_two_at_a_time_do_not_write_to_one_run(suite, tmp_path):
    card = card_of(obedient(), suite, Plan())
    with RunFolder(tmp_path / "run", card), pytest.raises(RunFolderError, match="is in use"):
        RunFolder(tmp_path / "run", card)
    with RunFolder(tmp_path / "run", card):  # and afterwards it is free
        pass


def test_a_machine_that_was_lost_is_tried_once_more_where_it_is_reset(suite, place, tmp_path):
    resets = tmp_path / "resets"
    lost = RunningGuest("127.0.0.1:9", reset=("sh", "-c", f"echo x >> {resets}; test -s {tmp_path / 'up'}"))
    _, (result,) = run(obedient(), suite.only(["never"]), tmp_path / "run", lost)
    assert result.outcome is OutcomeKind.INFRASTRUCTURE_ERROR
    assert resets.read_text() == "x\nx\n"
    script = f"echo x >> {resets}; test $(wc -l < {resets}) -gt 3"  # fails the first time
    flaky = RunningGuest(place.address, place.token, reset=("sh", "-c", script))
    _, (result,) = run(obedient(), suite.only(["never"]), tmp_path / "again", flaky)
    assert result.score == 1.0


def test_fixed_pauses_are_waited_and_are_part_of_what_was_run(suite, place, tmp_path):
    plan = Plan(Limits(max_steps=2), pauses=FixedPauses(0.3, 0.4))
    began = time.monotonic()
    card, _ = run(obedient(), suite.only(["never"]), tmp_path / "run", place, plan)
    assert time.monotonic() - began >= 0.7
    assert (card.before_agent_s, card.before_evaluation_s) == (0.3, 0.4)
    with pytest.raises(RunFolderError, match="give another folder"):
        run(obedient(), suite.only(["never"]), tmp_path / "run", place, Plan(Limits(max_steps=2)))


def test_a_score_below_zero_can_be_read_again():
    kept = TaskResult(task="a/b", outcome=OutcomeKind.SCORED, score=-0.01, finished=datetime.now(UTC))
    assert TaskResult.model_validate_json(kept.model_dump_json()) == kept
