"""A run of ours read as OSWorld's own scripts read theirs."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from agent.episode import Limits
from agent.loop import Agent
from envs.fake import FakeEnv
from model.fake import ScriptedModel
from tasks.benchmark_cli import export
from tasks.errors import RunFolderError
from tasks.osworld_export import export_run
from tasks.results import RECORDS, OutcomeKind, RunCard, RunFolder, TaskResult
from tests.answers import say


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    card = RunCard(
        deixis="1.0",
        started=datetime.now(UTC),
        model="moonshotai/Kimi-VL@main",
        format="kimi-vl",
        temperature=0.0,
        max_steps=15,
        max_seconds=60.0,
        suite="test_small",
        sha256="0" * 64,
        tasks=("os/done", "os/set-up", "vlc/broke"),
    )
    screens = {name: np.full((90, 160, 3), shade, np.uint8) for name, shade in (("first", 10), ("second", 200))}
    with FakeEnv(screens, "first", {("first", "click"): "second"}) as env, RunFolder(folder, card) as results:
        answers = [say("pyautogui.click(x=0.5, y=0.5)"), say("computer.terminate(status='failure')")]
        agent = Agent(ScriptedModel(answers), env, limits=Limits(max_steps=4),
                      record=folder / RECORDS / "os/done" / "episode")  # fmt: skip
        episode = agent.run("Do it.")
        now = datetime.now(UTC)
        results.append(
            TaskResult(task="os/done", outcome=OutcomeKind.SCORED, score=0.25, steps=len(episode.steps), finished=now)
        )
        results.append(
            TaskResult(task="os/set-up", outcome=OutcomeKind.INFRASTRUCTURE_ERROR, cause="SetUpFailed: no disk",
                       finished=now)
        )  # fmt: skip
        results.append(TaskResult(task="vlc/broke", outcome=OutcomeKind.AGENT_ERROR, cause="It broke.", finished=now))
    return folder


def test_the_layout_is_osworlds(run, tmp_path):
    assert export(run, tmp_path / "results") == 0
    folder = tmp_path / "results" / "pyautogui" / "screenshot" / "moonshotai_Kimi-VL@main"
    # As `show_result.py` walks it: domains, tasks, and a number in result.txt.
    found = {
        f"{path.parent.parent.name}/{path.parent.name}": float(path.read_text())
        for path in folder.glob("*/*/result.txt")
    }
    assert found == {"os/done": 0.25, "vlc/broke": 0.0}  # what was not judged is unfinished there
    first, last = [json.loads(line) for line in (folder / "os/done/traj.jsonl").read_text().splitlines()]
    assert first["action"] == "import pyautogui\npyautogui.click(80, 45, clicks=1, interval=0.05, button='left')"
    assert (first["step_num"], first["done"], first["reward"]) == (1, False, 0)
    assert "A thought." in first["response"]
    after = np.asarray(Image.open(folder / "os/done" / first["screenshot_file"]))
    assert after.shape == (90, 160, 3)
    assert (after == 200).all()  # the screen that the click has led to
    assert (last["action"], last["done"], last["info"]) == ("FAIL", True, {"fail": True})
    assert json.loads((folder / "os/set-up/traj.jsonl").read_text()) == {"Error": "SetUpFailed: no disk"}
    assert json.loads((folder / "args.json").read_text())["max_steps"] == 15
    summary = json.loads((tmp_path / "results" / "summary" / "results.json").read_text())
    assert [(entry["application"], entry["task_id"], entry["score"]) for entry in summary] == [
        ("os", "done", 0.25), ("os", "set-up", 0.0), ("vlc", "broke", 0.0),
    ]  # fmt: skip
    assert summary[1]["err_message"] == "SetUpFailed: no disk"


def test_what_is_there_is_not_written_over(run, tmp_path):
    export_run(run, tmp_path / "results")
    with pytest.raises(RunFolderError, match="is there already"):
        export_run(run, tmp_path / "results")
    with pytest.raises(RunFolderError, match="holds no run"):
        export_run(tmp_path / "none", tmp_path / "results")
