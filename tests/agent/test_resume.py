"""Records that are killed at any moment, gone on with, and repeated."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from agent.episode import Limits, StopReason
from agent.guard import Guard
from agent.loop import Agent
from agent.policy import Policy, Rule
from agent.replay import Replayed, replay
from agent.ruling import Effect
from agent.trajectory import RecordError, Trajectory
from envs.fake import FakeEnv
from model.fake import ScriptedModel
from tests.answers import say

ROOT = Path(__file__).parents[2]
NOISE = np.random.default_rng(3)
SCREENS = {name: NOISE.integers(0, 255, (72, 128, 3), np.uint8) for name in ("start", "middle", "end")}
SCRIPT = {("start", "click"): "middle", ("middle", "type"): "end"}


CLICK, TYPE = say("pyautogui.click(x=0.5, y=0.5)", "Click."), say("pyautogui.write('{secret:pin}')", "Type.")
DONE = say("computer.terminate(status='success')")


def environment(screens: dict[str, np.ndarray] = SCREENS) -> FakeEnv:
    return FakeEnv(screens, "start", SCRIPT)


def agent(env: FakeEnv, folder: Path, *answers: str, resume: bool = False, limits: Limits | None = None) -> Agent:
    return Agent(
        ScriptedModel(list(answers)), env, record=folder, resume=resume, read_secret=lambda _: "hunter2",
        limits=limits or Limits(), policy=Policy(secrets={"pin": ("*",)}),
    )  # fmt: skip


def test_a_run_that_hit_a_limit_is_gone_on_with(tmp_path: Path) -> None:
    env = environment()
    agent(env, tmp_path, CLICK, limits=Limits(max_steps=1)).run("Type {secret:pin}.")
    with (tmp_path / "steps.jsonl").open("a") as lines:
        lines.write('{"event": "obser')  # as a kill leaves it
    resumed = agent(env, tmp_path, TYPE, DONE, resume=True)
    episode = resumed.run("")
    assert episode.reason is StopReason.SUCCESS
    assert episode.instruction == "Type {secret:pin}."
    first_prompt = str(resumed.model.prompts[0])  # type: ignore[attr-defined]
    assert "Click." in first_prompt
    assert "{secret:pin}" in first_prompt
    trajectory = Trajectory.load(tmp_path)
    assert [step.observed.step for step in trajectory.steps] == [1, 2, 3]
    assert trajectory.stopped is not None
    assert trajectory.stopped.reason is StopReason.SUCCESS
    with pytest.raises(RecordError, match="cannot be resumed: the model has ended it and says that it is done"):
        agent(env, tmp_path, resume=True).run("")


def test_an_interrupted_step_is_told(tmp_path: Path) -> None:
    env = environment()
    agent(env, tmp_path, CLICK, limits=Limits(max_steps=1)).run("Go.")
    lines = (tmp_path / "steps.jsonl").read_text().splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["event"] in {"observed", "decided"}]
    (tmp_path / "steps.jsonl").write_text("".join(kept))
    resumed = agent(env, tmp_path, DONE, resume=True)
    resumed.run("")
    assert "may have been carried out in part" in str(resumed.model.prompts[0])  # type: ignore[attr-defined]


def test_what_is_no_record_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no recorded run"):
        agent(environment(), tmp_path, resume=True).run("")


# ---- replay


@pytest.fixture
def recorded(tmp_path: Path) -> Trajectory:
    agent(environment(), tmp_path, CLICK, TYPE, DONE).run("Type {secret:pin}.")
    return Trajectory.load(tmp_path)


def repeated(trajectory: Trajectory, env: FakeEnv, policy: Policy | None = None) -> list[Replayed]:
    guard = Guard(policy or Policy(secrets={"pin": ("*",)}))
    return list(replay(trajectory, env, guard, read_secret=lambda _: "hunter2", appears_s=0.05))


def test_a_run_is_repeated(recorded: Trajectory) -> None:
    env = environment()
    assert [(each.step, each.action.kind, each.done) for each in repeated(recorded, env)] == [
        (1, "click", True),
        (2, "type", True),
    ]
    assert env.screen == "end"
    assert env.places_dev == [(64.0, 36.0)]
    assert env.actions[1].model_dump()["text"] == "hunter2"


def test_a_target_that_looks_different_ends_the_replay(recorded: Trajectory) -> None:
    changed = {**SCREENS, "start": SCREENS["start"].copy()}
    changed["start"][20:50, 40:90] = 0
    env = environment(changed)
    (only,) = repeated(recorded, env)
    assert not only.done
    assert "does not look as it did" in only.difference
    assert env.actions == []
    small = {name: pixels[:50] for name, pixels in SCREENS.items()}
    (only,) = repeated(recorded, environment(small))
    assert "128x50 pixels, the recorded one 128x72" in only.difference


def test_a_replay_passes_the_guard(recorded: Trajectory) -> None:
    env = environment()
    (only,) = repeated(recorded, env, Policy(rules=(Rule(effect=Effect.DENY, kinds=("click",)),)))
    assert not only.done
    assert env.actions == []


# ---- SIGKILL

KILLED = """
import os, random, signal, sys, time
from pathlib import Path
import numpy as np
from agent.episode import Limits
from agent.loop import Agent
from agent.trajectory import RecordError, Trajectory
from envs.fake import FakeEnv
from model.fake import ScriptedModel

def screen(step):
    return np.random.default_rng(step).integers(0, 255, (90, 160, 3), np.uint8)

screens = {str(step): screen(step) for step in range(1, 41)}

def code(step):
    return f"## Action:\\nStep {step}.\\n\\n## Code:\\n```python\\npyautogui.click(x={step / 100}, y=0.5)\\n```"

def episode(folder):
    env = FakeEnv(screens, "1", lambda at, _: str(int(at) + 1))
    model = ScriptedModel([code(step) for step in range(1, 40)])
    Agent(model, env, record=folder, limits=Limits(max_steps=39)).run("Go.")

def child(folder):
    pid = os.fork()
    if pid == 0:
        try:
            episode(folder)
        finally:
            os._exit(0)
    return pid

root, chance = Path(sys.argv[1]), random.Random(1)
began = time.perf_counter()
os.waitpid(child(root / "whole"), 0)
whole_s = time.perf_counter() - began
cut_off = 0
for number in range(int(sys.argv[2])):
    folder = root / str(number)
    pid = child(folder)
    time.sleep(chance.random() * whole_s)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    if not (folder / "run.json").exists():
        lines = folder / "steps.jsonl"
        assert not lines.exists() or not lines.read_bytes(), "nothing is recorded before the settings"
        continue
    trajectory = Trajectory.load(folder)
    cut_off += trajectory.stopped is None
    complete = [step for step in trajectory.steps if step.timing is not None]
    assert [step.observed.step for step in complete] == list(range(1, len(complete) + 1))
    if complete:
        last, step = complete[-1], len(complete)
        assert last.decided.answer.actions[0].at.x == step / 100, last
        assert [result.done for result in last.results] == [True]
        if trajectory.picture(last):
            assert np.array_equal(trajectory.frame(last).pixels, screen(step))
print(cut_off)
"""


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_record_survives_sigkill_at_any_moment(tmp_path: Path, share: float) -> None:
    """200 random ones with --thorough."""
    kills = round(200 * share)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(kills)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > kills / 4, "most runs were cut off"
