"""Episodes past the guard: what is denied is not done, whatever a model writes, and the person is asked before."""

from __future__ import annotations

import io
import random
import socket
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from agent.consent import TerminalConsent, picture
from agent.episode import Episode, Limits, StopReason
from agent.guard import Request
from agent.loop import Agent
from agent.policy import Policy, Rule
from agent.ruling import Effect
from agent.trajectory import Trajectory
from envs.actions import ACTIONS, Action, Click, TypeText
from envs.base import Observation
from envs.fake import FakeEnv
from model.fake import ScriptedModel
from tests.answers import say

NOISE = np.random.default_rng(7).integers(0, 255, (200, 300, 3), np.uint8)
SCREENS = {"start": NOISE, "end": NOISE[::-1].copy()}
EVERYTHING = frozenset(
    {"click", "move", "drag", "scroll", "type", "press", "navigate", "back", "switch_tab", "open_tab", "close_tab",
     "select_option", "upload"}
)  # fmt: skip


CLICK, DONE = say("pyautogui.click(x=0.5, y=0.5)"), say("computer.terminate(status='success')")
ASKING = Policy(rules=(Rule(effect=Effect.ASK, kinds=("click",), reason="It may cost money."),))


def environment(script: Callable[[str, Action], str | None] = lambda *_: None) -> FakeEnv:
    return FakeEnv(SCREENS, "start", script, capabilities=EVERYTHING)


def run(env: FakeEnv, *answers: str, **options: object) -> tuple[Episode, ScriptedModel]:
    model = ScriptedModel(list(answers))
    return Agent(model, env, **options).run("Go."), model  # type: ignore[arg-type]


def told(model: ScriptedModel, prompt: int) -> str:
    return "\n".join(part for part in model.prompts[prompt][-1].parts if isinstance(part, str))


def test_what_is_denied_is_not_done_and_the_model_is_told(tmp_path: Path) -> None:
    env = environment()
    policy = Policy(rules=(Rule(effect=Effect.DENY, kinds=("click",), reason="Look only."),))
    _, model = run(env, CLICK, DONE, policy=policy, record=tmp_path)
    assert env.actions == []
    assert "not allowed" in told(model, 1)
    assert "Look only." in told(model, 1)
    (result,) = Trajectory.load(tmp_path).steps[0].results
    assert result.ruling is not None
    assert result.ruling.effect is Effect.DENY


@pytest.mark.parametrize("consent", [True, False])
def test_the_person_is_asked_before_it_is_done(consent: bool) -> None:
    env, asked = environment(), list[Request]()

    def ask(request: Request) -> bool:
        assert env.actions == []
        asked.append(request)
        return consent

    _, model = run(env, CLICK, DONE, policy=ASKING, ask_consent=ask)
    (request,) = asked
    assert request.reason == "It may cost money."
    assert request.words == "Do it."
    assert request.crop is not None
    assert np.array_equal(request.crop, NOISE[0:200, 0:300])
    assert bool(env.actions) is consent
    assert ("did not agree" in told(model, 1)) is not consent


def test_when_nobody_is_there_it_is_denied() -> None:
    env = environment()
    _, model = run(env, CLICK, DONE, policy=ASKING)
    assert env.actions == []
    assert "nobody is there" in told(model, 1)


def test_a_denial_ends_the_actions_of_the_answer() -> None:
    env = environment()
    policy = Policy(rules=(Rule(effect=Effect.DENY, text="^rm "),))
    run(env, say("pyautogui.write('rm x')\npyautogui.press('enter')"), DONE, policy=policy)
    assert env.actions == []


def test_budgets_are_the_stricter_of_two() -> None:
    presses = [say(f"pyautogui.press('f{number}')") for number in range(1, 9)]
    episode, _ = run(environment(), *presses, policy=Policy.model_validate({"budgets": {"steps": 2}}))
    assert (episode.reason, len(episode.steps)) == (StopReason.STEP_LIMIT, 2)


# ---- the target's pixels


def test_a_target_that_has_changed_is_looked_at_again() -> None:
    env = environment()

    def answer(_: object) -> str:
        if len(model.prompts) == 1:
            env.screen = "end"  # while the model thinks
        return CLICK if len(model.prompts) <= 2 else DONE

    model = ScriptedModel(answer)
    episode = Agent(model, env).run("Go.")
    assert [step.results[0].done for step in episode.steps] == [False, True, True]
    assert len(env.actions) == 1
    assert "has changed since the screenshot" in told(model, 1)


def test_a_caret_is_no_change_and_a_film_is_clicked_at_last() -> None:
    env = environment()

    def blink() -> None:
        env._screens["start"] = env._screens["start"].copy()
        env._screens["start"][88:112, 150:152] ^= 255

    def flicker() -> None:
        env._screens["start"] = ~env._screens["start"]

    for change, looks in ((blink, 1), (flicker, 3)):
        env.actions.clear()

        def answer(_: object, change: Callable[[], None] = change) -> str:
            change()
            return DONE if env.actions else CLICK

        model = ScriptedModel(answer)
        Agent(model, env).run("Go.")
        assert len(env.actions) == 1
        assert len(model.prompts) == looks + 1


# ---- the terminal


@pytest.mark.parametrize(
    ("line", "agreed"), [("y", True), (" YES ", True), ("", False), ("n", False), ("yesterday", False)]
)
def test_only_a_typed_yes_is_consent(line: str, agreed: bool) -> None:
    written = io.StringIO()
    request = Request(TypeText(text="a\x1b[2Jb"), "Type\x1b[2J it.", "It may.", "Title\x07", "https://a.example", NOISE)
    consent = TerminalConsent(Console(file=written, force_terminal=True, width=100), lambda _: line)
    assert consent(request) is agreed
    for part in ('type "a [2Jb"', "Type [2J it.", "It may.", "https://a.example", "▀"):
        assert part in written.getvalue()


def test_nobody_at_the_terminal_is_no() -> None:
    def nobody(_: str) -> str:
        raise EOFError

    request = Request(TypeText(text="a"), "", "", "", None, None)
    assert TerminalConsent(Console(file=io.StringIO()), nobody)(request) is False


def test_a_picture_in_characters_has_the_colours_of_the_pixels() -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:2] = 255, 0, 0
    text = picture(pixels, 4)
    assert text.plain == "▀▀▀▀\n▀▀▀▀\n"
    assert str(text.spans[0].style) == "rgb(255,0,0) on rgb(255,0,0)"


# ---- whatever a model writes

_CALLS = (
    "pyautogui.click(x=0.5, y=0.5)", "pyautogui.click(0.02, 0.02)", "pyautogui.write('drop table users')",
    "pyautogui.write('hello')", "pyautogui.hotkey('ctrl', 'alt', 'delete')", "pyautogui.press('enter')",
    "pyautogui.dragTo(0.01, 0.01)", "pyautogui.scroll(-3)", "browser.goto('https://evil.example')",
    "browser.goto(url='https://good.example@evil.example')", "browser.goto('javascript:alert(1)')",
    "browser.open_tab('evil.example')", "browser.upload(['/etc/passwd'])", "browser.select_option(0.5, 0.5, 'x')",
    "computer.wait(1)", "computer.ask_user('Which?')", "computer.terminate(status='failure')",
    "__import__('os').system('touch /tmp/owned')", "exec('import os')", "eval('1')", "open('/etc/passwd').read()",
    "import subprocess; subprocess.run('ls')", "lambda: 0", "[x for x in range(9)]", "f'{1+1}'",
    "pyautogui.write(9**9)",
    "pyautogui.click(x=float('nan'), y=1e999)", "pyautogui.click(x=1.5, y=-2)", "pyautogui.keyDown('ctrl')",
)  # fmt: skip
_SHAPES = (
    "## Code:\n```python\n{}\n```", "```\n{}", "{}", "◁think▷hm◁/think▷\n## Action:\nGo\n## Code:\n```python\n{}\n```",
    "Thought: x\nAction: {}", '{{"name": "computer", "arguments": {{"action": "{}"}}}}', "<|im_end|>```python\n{}\n```",
    "<|box_start|>({})<|box_end|>", "## Code:\n```python\n{}\n{}\n```",
)  # fmt: skip
_JUNK = "()[]{}'\"`\\#:;,.=\n\t \0\x1b<|im_start|>◁think▷\udc80😀abc019"
_POLICY = Policy(
    hosts=("good.example",),
    rules=(
        Rule(effect=Effect.DENY, kinds=("upload", "select_option")),
        Rule(effect=Effect.DENY, text="(?i)drop table|delete"),
        Rule.model_validate({"effect": "deny", "region": {"right": 0.1, "bottom": 0.1}}),
        Rule(effect=Effect.ASK, kinds=("press",)),
    ),
)


class Page(FakeEnv):
    """Is on an allowed host."""

    def observe(self) -> Observation:
        return replace(super().observe(), url="https://good.example/")


def _output(chance: random.Random) -> str:
    shape = chance.choice(_SHAPES)
    text = shape.replace("{}", chance.choice(_CALLS)).replace("{{", "{").replace("}}", "}")
    if chance.random() < 0.5:
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(_JUNK) + text[at + chance.randint(0, 3) :]
    return text if chance.random() < 0.95 else "".join(chance.choices(_JUNK, k=chance.randint(0, 200)))


@pytest.mark.parametrize("seed", range(4))
def test_no_output_of_a_model_leads_to_what_the_policy_denies(
    seed: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10,000 outputs in all with --thorough, random and adversarial, in the shapes of all families."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("model text was executed")

    for owner, name in ((subprocess, "Popen"), (socket, "create_connection")):
        monkeypatch.setattr(owner, name, never)
    for name in ("os.system", "builtins.eval", "builtins.exec"):
        monkeypatch.setattr(name, never)
    chance = random.Random(seed)
    outputs, done = 0, list[Action]()
    while outputs < 2500 * share:
        env = Page({"start": NOISE}, "start", lambda *_: None, capabilities=EVERYTHING)
        model = ScriptedModel(lambda _: _output(chance), None if seed % 2 else (200, 150))
        Agent(
            model, env, policy=_POLICY, limits=Limits(max_steps=20), sleep=lambda _: None, ask_consent=lambda _: False
        ).run("Go.")
        outputs += len(model.prompts)
        done += env.actions
    assert len({action.kind for action in done}) >= 2, "something is allowed"
    for action in done:
        assert action.kind not in {"upload", "select_option", "press"}
        written = ACTIONS.dump_json(action).decode().lower()
        assert "drop table" not in written
        assert "evil" not in written
        assert not (isinstance(action, Click) and action.at.x <= 0.1 and action.at.y <= 0.1)
