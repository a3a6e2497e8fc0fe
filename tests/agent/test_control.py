"""A person steps in: through a real terminal, into a real command, in a browser and on a display of the agent's own."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
import xcffib
import xcffib.xproto

from agent.control import Choice, Order, TerminalControl
from agent.trajectory import Trajectory
from envs.desktop import STOP_KEY
from envs.virtual_display import VirtualDisplay
from envs.x11_input import X11Input

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys, time
sys.argv = ["deixis", *sys.argv[1:]]
import model.loading
from model.fake import ScriptedModel
steps = []
def answer(prompt):
    steps.append(prompt)
    time.sleep(0.3)
    instruction = str(prompt[-1].parts)
    code = "computer.terminate(status='success')" if "finish now" in instruction else f"pyautogui.press('f{len(steps) % 12 + 1}')"
    return f"## Action:\\nStep.\\n\\n## Code:\\n```python\\n{code}\\n```"
model.loading.load_model = lambda _: ScriptedModel(answer)
import deixis
deixis.main()
"""  # noqa: E501


def lines(*given: str) -> Iterator[str]:
    yield from given


@pytest.mark.parametrize(
    ("typed", "order"),
    [
        (("c",), Order(Choice.CONTINUE)),
        (("what?", "", "CONTINUE"), Order(Choice.CONTINUE)),
        (("t", ""), Order(Choice.TAKE_OVER)),
        (("i", " use the blue one "), Order(Choice.INSTRUCT, "use the blue one")),
        (("i", "", "c"), Order(Choice.CONTINUE)),
        (("a",), Order(Choice.ABORT)),
    ],
)
def test_the_menu(typed: tuple[str, ...], order: Order) -> None:
    answers = lines(*typed)
    with TerminalControl(lambda _: next(answers), lambda _: None) as control:
        assert control.step_in() is None
        assert not control.wants_in()
        os.kill(os.getpid(), signal.SIGINT)
        assert control.wants_in()
        assert control.step_in() == order
        assert control.step_in() is None
    assert next(answers, None) is None


def test_one_step_pauses_again_after_it() -> None:
    answers = lines("s", "c")
    with TerminalControl(lambda _: next(answers), lambda _: None) as control:
        os.kill(os.getpid(), signal.SIGINT)
        assert control.step_in() == Order(Choice.CONTINUE)
        assert not control.wants_in(), "the step is carried out"
        assert control.step_in() == Order(Choice.CONTINUE)
        assert control.step_in() is None


def test_nobody_at_the_terminal_ends_it_and_a_second_ctrl_c_too() -> None:
    def nobody(_: str) -> str:
        raise EOFError

    before = signal.getsignal(signal.SIGINT)
    with TerminalControl(nobody, lambda _: None) as control:
        os.kill(os.getpid(), signal.SIGINT)
        assert control.step_in() == Order(Choice.ABORT)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.slow
@pytest.mark.parametrize("env", ["browser", "virtual"])
def test_a_person_pauses_takes_over_instructs_and_ends(env: str, tmp_path: Path) -> None:
    if env == "virtual" and not shutil.which("Xvfb"):
        pytest.skip("there is no Xvfb")
    where = ["--url", "data:text/html,<title>Here</title>"] if env == "browser" else ["--env", "virtual"]
    command = ["-u", "-c", PROGRAM, "run", "Go on.", "--max-steps", "1000", "--out", str(tmp_path / "run"), *where]
    shell = pexpect.spawn(sys.executable, command, cwd=str(ROOT), encoding="utf-8", timeout=300, dimensions=(40, 160))
    try:
        shell.expect("does")
        shell.sendintr()
        shell.expect("Pausing after")
        shell.expect("Paused:")
        shell.sendline("t")
        shell.expect("are yours")
        shell.sendline("")
        shell.expect("handed them back")
        shell.expect("sees")
        shell.expect("does")
        shell.sendintr()
        shell.expect("Paused:")
        shell.sendline("s")
        shell.expect("does")
        shell.expect("Paused:")
        shell.sendline("i")
        shell.expect("What else")
        shell.sendline("finish now")
        shell.expect("success after")
        shell.expect(pexpect.EOF)
    finally:
        shell.close(force=True)
    assert shell.exitstatus == 0
    told = [entry.what for entry in Trajectory.load(tmp_path / "run").interventions]
    assert told == [
        "The user took mouse and keyboard over, and handed them back.",
        "The user paused and let it go on.",
        "The user added: finish now",
    ]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="there is no Xvfb")
def test_the_stop_key_pauses_an_episode_on_a_desktop_and_a_second_one_ends_it(tmp_path: Path) -> None:
    with VirtualDisplay((640, 480)) as display:
        command = ["-u", "-c", PROGRAM, "run", "Go on.", "--env", "desktop", "--out", str(tmp_path / "run")]
        command += ["--max-steps", "1000"]
        shell = pexpect.spawn(
            sys.executable, command, cwd=str(ROOT), env={**display.environment}, encoding="utf-8", timeout=300,
            dimensions=(40, 160),
        )  # fmt: skip
        person = X11Input(display.name)
        try:
            shell.expect("does")
            person.press(STOP_KEY)
            shell.expect("Pausing after")
            shell.expect("Paused:")
            shell.sendline("c")
            shell.expect("sees")
            shell.expect("does")
            person.press(STOP_KEY)
            shell.expect("Pausing after")
            person.press(STOP_KEY)
            shell.expect(pexpect.EOF)
            assert not any(keys_down(display.name))
        finally:
            shell.close(force=True)
            person.close()
    assert shell.exitstatus == 130
    first = Trajectory.load(tmp_path / "run").interventions[0]
    assert first.what == "The user paused and let it go on."


def keys_down(display: str) -> list[int]:
    connection = xcffib.connect(display=display)
    down = xcffib.xproto.xprotoExtension(connection).QueryKeymap().reply().keys
    connection.disconnect()
    return list(down)


@pytest.mark.slow
def test_two_ctrl_c_end_it_at_once(tmp_path: Path) -> None:
    command = ["-u", "-c", PROGRAM, "run", "Go on.", "--out", str(tmp_path / "run"), "--url", "data:text/html,x"]
    shell = pexpect.spawn(sys.executable, command, cwd=str(ROOT), encoding="utf-8", timeout=300, dimensions=(40, 160))
    try:
        shell.expect("does")
        shell.sendintr()
        shell.expect("Pausing after")
        shell.sendintr()
        shell.expect(pexpect.EOF)
    finally:
        shell.close(force=True)
    assert shell.exitstatus == 130
    stopped = Trajectory.load(tmp_path / "run").stopped
    assert stopped is not None
    assert stopped.reason == "interrupted"
