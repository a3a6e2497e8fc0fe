"""The command line: what is printed, exit statuses, and that nothing is left behind."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

import deixis
from agent.episode import StopReason
from agent.loop import Agent
from agent.progress import Progress, describe, plain
from agent.trajectory import Trajectory
from envs.actions import ACTIONS
from envs.fake import FakeEnv
from model.fake import ScriptedModel
from model.messages import Message
from tests.answers import say

ROOT = Path(__file__).parents[2]
TINY_CHECKPOINT = ROOT / "tests/model/golden/kimi-vl-tiny/checkpoint"

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Cli:
    """Runs the command in this process; gives exit status, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["deixis", *arguments])
        with pytest.raises(SystemExit) as stopped:
            deixis.main()
        printed = capsys.readouterr()
        return int(stopped.value.code or 0), printed.out, printed.err

    return run


@pytest.fixture
def picture(tmp_path: Path) -> str:
    Image.new("RGB", (200, 100), "white").save(tmp_path / "screen.png")
    return str(tmp_path / "screen.png")


def use_model(
    monkeypatch: pytest.MonkeyPatch, answers: Sequence[str] | Callable[[Sequence[Message]], str]
) -> ScriptedModel:
    model = ScriptedModel(answers)
    monkeypatch.setattr("model.loading.load_model", lambda *_: model)
    return model


def use_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scripted environment in the place of the browser."""

    class Context(FakeEnv):
        def __init__(self, url: str | None, **_: object) -> None:
            super().__init__({"a": np.zeros((72, 128, 3), np.uint8)}, "a", {})

    monkeypatch.setattr("envs.browser.Browser", Context)


def test_help_comes_without_any_model_library() -> None:
    code = (
        "import sys, deixis\nsys.argv = ['deixis', '--help']\ntry:\n    deixis.main()\nexcept SystemExit as end:\n"
        "    assert not end.code\nprint(sorted({'torch', 'numpy', 'playwright', 'PIL', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert all(command in done.stdout for command in ("run", "ground", "view", "ask"))


def test_the_public_names_are_there() -> None:
    for name in deixis.__all__:
        assert getattr(deixis, name) is not None
    assert set(deixis.__all__) == {*deixis._HOMES, "main"}
    assert set(deixis.__all__) <= set(dir(deixis))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = deixis.nonsense


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["frob"], "frob"),
        (["run"], "INSTRUCTION"),
        (["run", "x", "--max-steps", "many"], "max-steps"),
        (["run", "x", "--bogus"], "bogus"),
        (["run", "x", "--resume", "here"], "INSTRUCTION, or a record"),
        (["run", "x", "--policy", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["run", "--resume", "nowhere"], "nowhere holds no recorded run"),
        (["replay", "nowhere"], "nowhere holds no recorded run"),
        (["view", "nowhere"], "nowhere holds no recorded run"),
        (["ground", "nowhere.png", "x"], "nowhere.png cannot be read"),
        (["ground", __file__, "x"], "is not a picture"),
        (["ask"], "no question"),
        (["ask", "nowhere.png", "What?"], "nowhere.png cannot be read"),
        (["ask", "What?", "--model", "nosuch"], "no model 'nosuch'"),
        (["ask", "What?", "--model", "."], "config.json"),
    ],
)
def test_bad_input_gets_one_sentence(cli: Cli, arguments: list[str], says: str) -> None:
    status, out, err = cli(*arguments)
    assert status == 2
    assert out == ""
    assert err.startswith("deixis: ")
    assert says in err
    assert err.count("\n") == 1


def test_a_damaged_picture_gets_one_sentence(cli: Cli, picture: str) -> None:
    whole = Path(picture).read_bytes()
    Path(picture).write_bytes(whole[: len(whole) // 2])
    status, _, err = cli("ground", picture, "x")
    assert (status, err.count("\n")) == (2, 1)


def test_an_unforeseen_error_is_not_hidden(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("model.loading.load_model", broken)
    monkeypatch.setattr(sys, "argv", ["deixis", "ask", "What?"])
    with pytest.raises(ZeroDivisionError):
        deixis.main()


@pytest.mark.parametrize("chosen", [[], ["--out", "found/here.png"]])
def test_ground_prints_the_place_and_marks_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, picture: str, tmp_path: Path, chosen: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    use_model(monkeypatch, ["pyautogui.click(x=0.25, y=0.5)"])
    file = chosen[-1] if chosen else f"runs/{Path(picture).stem}-point.png"
    assert cli("ground", picture, "it", *chosen) == (0, "0.2500 0.5000  pixel 50 50\n", f"{file}\n")
    with Image.open(picture) as before, Image.open(file) as after:
        differs = np.argwhere(np.any(np.asarray(before.convert("RGB")) != np.asarray(after), axis=2))
        assert after.getpixel((50, 50)) == (255, 0, 0)
    # The ring is round the place: as far above and left of it as below and right.
    assert (differs.min(axis=0) + differs.max(axis=0)).tolist() == [100, 100]


def test_ground_says_when_it_is_not_there(cli: Cli, monkeypatch: pytest.MonkeyPatch, picture: str) -> None:
    model = use_model(monkeypatch, ["## Action:\nIt\n\n## Code:\n```python\ncomputer.terminate(status='failure')\n```"])
    model.view_px = (448, 336)
    assert cli("ground", picture, "it") == (1, "", "It is not there.\n")


def test_ask_prints_the_answer_without_control_characters(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, picture: str
) -> None:
    model = use_model(monkeypatch, ["A page.\x1b[2J\nWhite."])
    assert cli("ask", picture, picture, "What is it?") == (0, "A page.[2J\nWhite.\n", "")
    ((message,),) = model.prompts
    assert [type(part).__name__ for part in message.parts] == ["Image", "Image", "str"]


def test_run_records_and_ends_with_0_only_when_the_task_was_done(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    use_environment(monkeypatch)
    use_model(monkeypatch, [say("pyautogui.click(x=0.25, y=0.5)"), say("computer.terminate(status='success')")])
    status, out, _ = cli("run", "Do it!")
    assert status == 0
    for line in (
        "1  sees  a",
        "says  Do it.",
        "does  click (0.250, 0.500)",
        "does  terminate success True",
        "success after 2 steps",
    ):
        assert line in out
    folder = Path(re.search(r"deixis view (\S+)", out)[1])  # type: ignore[index]
    assert folder.name.endswith("-do-it")
    assert len(Trajectory.load(folder).steps) == 2
    status, out, _ = cli("view", str(folder))
    assert status == 0
    assert Path(out.strip()).read_text().startswith("<!doctype html>")


def test_run_ends_with_1_when_the_task_was_not_done(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    use_environment(monkeypatch)
    use_model(monkeypatch, [say("computer.terminate(status='failure')")])
    assert cli("run", "Do it!", "--out", "here")[0] == 1
    use_model(monkeypatch, [say("computer.terminate(status='success')")])
    status, _, err = cli("run", "Do it!", "--out", "here")
    assert status == 2
    assert "here holds a recorded run already" in err


def test_run_ends_with_130_after_ctrl_c(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Sequence[Message]) -> str:
        raise KeyboardInterrupt

    use_environment(monkeypatch)
    use_model(monkeypatch, interrupted)
    assert cli("run", "Do it!", "--out", "here")[0] == 130


@pytest.mark.skipif(not hasattr(os, "killpg") or not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_ctrl_c_leaves_a_whole_record_and_no_browser(tmp_path: Path) -> None:
    """The real command with a real browser and a real, if untrained, model."""
    mark = f"DEIXIS_TEST={uuid.uuid4()}"
    command = [
        sys.executable, "-u", "deixis.py", "run", "Go.", "--url", "data:text/html,<title>Here</title>",
        "--out", str(tmp_path / "run"),
        "--model", str(TINY_CHECKPOINT),
    ]  # fmt: skip
    environment = {**os.environ, "DEIXIS_TEST": mark.partition("=")[2]}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert "sees  Here" in process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the browser gets it too
        process.communicate(timeout=180)
    assert process.returncode == 130
    trajectory = Trajectory.load(tmp_path / "run")
    assert trajectory.stopped is not None
    assert trajectory.stopped.reason is StopReason.INTERRUPTED
    assert trajectory.picture(trajectory.steps[0]) is not None
    assert [path for path in Path("/proc").glob("[0-9]*/environ") if mark in _content(path)] == []


def _content(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


# ---- what is shown


def test_on_a_terminal_a_line_tells_what_is_going_on_and_is_gone_at_the_end() -> None:
    written = io.StringIO()
    env = FakeEnv({"a": np.zeros((72, 128, 3), np.uint8)}, "a", {})
    with Progress(Console(file=written, force_terminal=True, width=80)) as progress:
        Agent(ScriptedModel([say("computer.terminate(status='success')")]), env, listeners=[progress.show]).run("Go.")
    assert "writing" in written.getvalue() or "looking" in written.getvalue()
    assert "took" in written.getvalue()
    assert written.getvalue().endswith("\x1b[2K")  # the line is erased


def test_foreign_texts_are_shown_on_one_line_without_control_characters() -> None:
    assert plain("a\x1b[31m\n\tb\u202e c") == "a [31m b c"
    assert len(plain("word " * 1000)) == 100


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ('{"kind": "click", "at": {"frame_id": 1, "x": 0.25, "y": 0.5}}', "click (0.250, 0.500)"),
        ('{"kind": "click", "at": {"frame_id": 1, "x": 0.25, "y": 0.5}, "button": "right", "count": 2}',
         "click (0.250, 0.500) button right count 2"),
        ('{"kind": "scroll", "vertical": -5}', "scroll vertical -5"),
        ('{"kind": "type", "text": "a\\nb"}', 'type "a b"'),
        ('{"kind": "press", "keys": ["ctrl", "a"]}', "press ctrl+a"),
        ('{"kind": "back"}', "back"),
    ],
)  # fmt: skip
def test_an_action_in_a_few_words(action: str, words: str) -> None:
    assert describe(ACTIONS.validate_json(action)) == words
