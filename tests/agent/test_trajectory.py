"""Records of episodes: whole, cut off, damaged; and the report made of them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agent.episode import StopReason
from agent.loop import Agent
from agent.recorder import Recorder, add_verdict
from agent.trajectory import RecordError, Trajectory
from agent.viewer.report import hash_of, write_report
from envs.actions import Click, Terminate
from envs.fake import FakeEnv
from model.base import GenerationError
from model.fake import ScriptedModel
from model.messages import Message

SCREENS = {
    "start": np.random.default_rng(0).integers(0, 255, (72, 128, 3), np.uint8),
    "end": np.full((72, 128, 3), 255, np.uint8),
}
HOSTILE = "<script>alert(1)</script>"


def say(code: str) -> str:
    return f'## Thought:\n{HOSTILE}\n\n## Action:\nClick "Größe".\n\n## Code:\n```python\n{code}\n```'


CLICK = say("pyautogui.click(x=0.25, y=0.5)")
DONE = say("computer.terminate(status='success')")


def environment() -> FakeEnv:
    return FakeEnv(SCREENS, "start", {("start", "click"): "end"})


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    Agent(ScriptedModel([CLICK, DONE]), environment(), record=folder).run(f"Say {HOSTILE}.")
    return folder


def test_a_record_tells_what_happened(run_folder: Path) -> None:
    trajectory = Trajectory.load(run_folder)
    assert trajectory.info.settings.instruction == f"Say {HOSTILE}."
    assert trajectory.info.settings.model == "scripted"
    assert trajectory.info.settings.started.utcoffset() is not None
    first, second = trajectory.steps
    assert first.decided is not None
    assert isinstance(first.decided.answer.actions[0], Click)
    assert first.decided.answer.actions[0].at.x == 0.25
    assert first.decided.text == CLICK
    assert first.decided.looks[0].box_px == (0, 0, 128, 72)
    assert [result.done for result in first.results] == [True]
    assert first.timing is not None
    assert first.timing.total_s > 0
    assert second.decided is not None
    assert second.decided.answer.actions == (Terminate(success=True),)
    assert trajectory.stopped is not None
    assert trajectory.stopped.reason is StopReason.SUCCESS


def test_how_something_was_told_apart_is_not_read_back(run_folder: Path) -> None:
    """Earlier records have it, in a form that changes with the program."""
    file = run_folder / "steps.jsonl"
    entries = [json.loads(line) for line in file.read_text().splitlines()]
    (decided,) = (entry for entry in entries if entry["event"] == "decided" and entry["step"] == 1)
    decided["answer"]["apart"] = {"alike": 'Click "Edit"', "characters": 4}
    file.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    (first, _) = Trajectory.load(run_folder).steps
    assert first.decided is not None
    assert first.decided.answer.apart is None


def test_the_frames_are_kept_as_they_were(run_folder: Path) -> None:
    for name, screen in (("001.png", "start"), ("002.png", "end")):
        assert np.array_equal(np.asarray(Image.open(run_folder / name)), SCREENS[screen])


def test_answers_that_could_not_be_used_are_kept(tmp_path: Path) -> None:
    Agent(ScriptedModel(["Hm.", "Hm?"]), environment(), record=tmp_path).run("Go.")
    trajectory = Trajectory.load(tmp_path)
    (step,) = trajectory.steps
    assert step.refused is not None
    assert [look.reply.text for look in step.refused.looks] == ["Hm.", "Hm?"]
    assert trajectory.stopped is not None
    assert trajectory.stopped.reason is StopReason.UNPARSEABLE
    assert "Hm?" in write_report(tmp_path).read_text()


def test_an_interrupted_run_is_a_whole_record(tmp_path: Path) -> None:
    def model(prompt: Sequence[Message]) -> str:
        if len(prompt) > 2:
            raise KeyboardInterrupt
        return CLICK

    Agent(ScriptedModel(model), environment(), record=tmp_path).run("Go.")
    trajectory = Trajectory.load(tmp_path)
    assert trajectory.stopped is not None
    assert trajectory.stopped.reason is StopReason.INTERRUPTED
    assert [step.decided is not None for step in trajectory.steps] == [True, False]
    assert all(trajectory.picture(step) for step in trajectory.steps)


def test_a_run_that_broke_off_is_a_shorter_record(tmp_path: Path) -> None:
    with pytest.raises(GenerationError):
        Agent(ScriptedModel([CLICK]), environment(), record=tmp_path).run("Go.")
    trajectory = Trajectory.load(tmp_path)
    assert trajectory.stopped is None
    assert len(trajectory.steps) == 2
    assert "cut off" in write_report(tmp_path).read_text()


def test_a_record_cut_anywhere_can_still_be_read(run_folder: Path) -> None:
    whole = (run_folder / "steps.jsonl").read_bytes()
    steps = len(Trajectory.load(run_folder).steps)
    for length in range(0, len(whole), 97):
        (run_folder / "steps.jsonl").write_bytes(whole[:length])
        cut = Trajectory.load(run_folder)
        assert len(cut.steps) <= steps
        assert cut.stopped is None


def test_a_picture_that_was_not_written_whole_is_left_out(run_folder: Path) -> None:
    png = (run_folder / "001.png").read_bytes()
    (run_folder / "001.png").write_bytes(png[: len(png) // 2])
    (run_folder / "002.png").unlink()
    trajectory = Trajectory.load(run_folder)
    assert [trajectory.picture(step) for step in trajectory.steps] == [None, None]
    assert write_report(run_folder).read_text().count("was not written") == 2


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("steps.jsonl", b'{"event": "acted"\n', "line 1, is damaged"),
        ("steps.jsonl", b'{"event": "unheard of"}\n', "line 1, is damaged"),
        ("steps.jsonl", b"\xff\xfe\n", "line 1, is damaged"),
        ("run.json", b"{", "damaged"),
        ("run.json", b'{"format_version": 2}', "format_version"),
    ],
)
def test_a_damaged_record_is_refused_in_a_sentence(run_folder: Path, file: str, content: bytes, says: str) -> None:
    (run_folder / file).write_bytes(content)
    with pytest.raises(RecordError, match=says) as caught:
        Trajectory.load(run_folder)
    assert file in str(caught.value)


def test_a_record_of_an_earlier_version_can_still_be_read(run_folder: Path) -> None:
    """Without what came later: rulings, memory, interventions."""
    lines = [json.loads(line) for line in (run_folder / "steps.jsonl").read_text().splitlines()]
    for line in lines:
        line.pop("memory_bytes", None)
        line.get("result", {}).pop("ruling", None)
    (run_folder / "steps.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    trajectory = Trajectory.load(run_folder)
    assert trajectory.steps[0].memory_bytes is None
    assert trajectory.steps[0].results[0].ruling is None
    write_report(run_folder)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"no recorded run.*run\.json"):
        Trajectory.load(tmp_path)
    with pytest.raises(RecordError, match="no recorded run"):
        Trajectory.load(tmp_path / "nowhere")


def test_a_run_is_never_written_over(run_folder: Path) -> None:
    before = (run_folder / "steps.jsonl").read_bytes()
    with pytest.raises(RecordError, match="already"):
        Agent(ScriptedModel([DONE]), environment(), record=run_folder).run("Go.")
    assert (run_folder / "steps.jsonl").read_bytes() == before


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="cannot be recorded"):
        Recorder(tmp_path / "file" / "run")


def test_a_frame_that_cannot_be_written_is_an_error_and_leaves_no_thread(tmp_path: Path) -> None:
    (tmp_path / "001.png").mkdir()
    with pytest.raises(RecordError, match="cannot be recorded"):
        Agent(ScriptedModel([CLICK, DONE]), environment(), record=tmp_path).run("Go.")
    assert not [thread for thread in threading.enumerate() if thread.name == "frame writer"]


def test_every_line_is_json_and_on_the_disk_at_once(tmp_path: Path) -> None:
    lines: list[int] = []

    def count(_: object) -> None:
        lines.append(len((tmp_path / "steps.jsonl").read_text().splitlines()))

    Agent(ScriptedModel([CLICK, DONE]), environment(), record=tmp_path, listeners=[count]).run("Go.")
    assert lines[-1] == len([json.loads(line) for line in (tmp_path / "steps.jsonl").read_text().splitlines()])
    assert sorted(set(lines)) == list(range(lines[-1] + 1))


# ---- the report


def test_the_report_is_one_file_that_shows_each_step(run_folder: Path) -> None:
    page = write_report(run_folder).read_text()
    assert page.count("data:image/png;base64,") == 2
    assert page.count("<article") == 2
    assert page.count("<circle") == 1
    assert '<circle cx="32.0" cy="36.0"' in page
    assert page.count('<rect class="look"') == 2
    assert "Click &#34;Größe&#34;." in page
    assert "Claimed by the model: success" in page
    assert "Verified: not checked" in page
    assert "vision" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "memory" in page


def test_what_a_check_found_stands_beside_what_the_model_claims(run_folder: Path) -> None:
    add_verdict(run_folder, success=False, detail="The form was never sent.")
    trajectory = Trajectory.load(run_folder)
    assert trajectory.stopped is not None
    assert trajectory.stopped.claimed_success
    assert trajectory.verified is not None
    assert not trajectory.verified.success
    page = write_report(run_folder).read_text()
    assert "Verified: contradicted" in page
    assert "The form was never sent." in page
    with pytest.raises(RecordError):
        add_verdict(run_folder / "nowhere", success=True, detail="")


def test_what_a_model_wrote_is_text_on_the_report(run_folder: Path) -> None:
    page = write_report(run_folder).read_text()
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    policy = re.search(r"script-src '(sha256-[^']+)'", page)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert policy is not None
    assert policy[1] == hash_of(script)
