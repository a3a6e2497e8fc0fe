"""Episodes with a scripted model in a scripted environment: every way to end, and what the model is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent.episode import (
    Acted,
    Decided,
    Episode,
    Event,
    Limits,
    Observed,
    Started,
    StepEnded,
    Stopped,
    StopReason,
    Wrote,
)
from agent.loop import Agent
from envs.actions import Action, Click, Press, TypeText
from envs.base import ActionFailed, Download, EnvUnavailable, Observation, Tab
from envs.fake import POINTING, FakeEnv
from model.base import GREEDY, GenerationError, Sampling
from model.fake import ScriptedModel
from model.messages import Message, Reply
from tests.answers import say

OnText = Callable[[str], None] | None
SCREENS = {name: np.full((72, 128, 3), shade, np.uint8) for name, shade in (("start", 0), ("middle", 90), ("end", 255))}


CLICK = say("pyautogui.click(x=0.5, y=0.5)", "Click the button.")
ENTER = say("pyautogui.press('enter')", "Press enter.")
DONE = say("computer.terminate(status='success', answer='42')")


def environment(script: Callable[[str, Action], str | None] | None = None, kinds: frozenset[str] = POINTING) -> FakeEnv:
    table = {("start", "click"): "middle", ("middle", "press"): "end", ("start", "type"): "middle"}
    return FakeEnv(SCREENS, "start", script or table, capabilities=kinds)


def texts(prompt: Sequence[Message]) -> str:
    return "\n".join(part for message in prompt for part in message.parts if isinstance(part, str))


def test_an_episode_that_succeeds() -> None:
    env, model, events = environment(), ScriptedModel([CLICK, ENTER, DONE]), list[Event]()
    episode = Agent(model, env, listeners=[events.append]).run("Press the button, then enter.")
    assert (episode.reason, episode.claimed_success, episode.verified, episode.success) == (
        StopReason.SUCCESS,
        True,
        None,
        True,
    )
    assert episode.answer == "42"
    assert env.screen == "end"
    assert env.places_dev == [(64.0, 36.0)]
    assert [action.kind for action in env.actions] == ["click", "press"]
    assert [step.number for step in episode.steps] == [1, 2, 3]
    kinds = [type(event) for event in events]
    assert kinds == [Started, *[Observed, Wrote, Decided, Acted, StepEnded] * 3, Stopped]


def test_what_a_check_finds_counts_more_than_what_the_model_claims() -> None:
    episode = Agent(ScriptedModel([DONE]), environment()).run("Go.")
    assert episode.success
    assert not replace(episode, verified=False).success
    assert replace(episode, claimed_success=False, verified=True).success


def test_an_episode_that_the_model_gives_up() -> None:
    episode = Agent(ScriptedModel([say("computer.terminate(status='failure')")]), environment()).run("Go.")
    assert (episode.reason, episode.claimed_success, episode.success) == (StopReason.FAILURE, False, False)


def test_words_like_done_and_fail_in_a_text_end_nothing() -> None:
    env = environment()
    typing = say("pyautogui.write('done: failover, next, wait, terminate')")
    assert Agent(ScriptedModel([typing, DONE]), env).run("Go.").reason is StopReason.SUCCESS
    assert env.actions == [TypeText(text="done: failover, next, wait, terminate")]


@pytest.mark.parametrize(
    ("limits", "reason", "steps"),
    [
        (Limits(max_steps=2), StopReason.STEP_LIMIT, 2),
        (Limits(max_steps=0), StopReason.STEP_LIMIT, 0),
        (Limits(max_seconds=25), StopReason.TIME_LIMIT, 3),
        (Limits(max_output_tokens=0), StopReason.TOKEN_LIMIT, 0),
    ],
)
def test_limits_end_an_episode(limits: Limits, reason: StopReason, steps: int) -> None:
    seconds = [0.0]

    def model(_: Sequence[Message]) -> str:
        seconds[0] += 10
        return say(f"pyautogui.press('f{int(seconds[0] / 10)}')")

    agent = Agent(ScriptedModel(model), environment(), limits=limits, clock=lambda: seconds[0])
    episode = agent.run("Go on.")
    assert (episode.reason, len(episode.steps)) == (reason, steps)
    assert episode.claimed_success is None


def test_an_answer_that_cannot_be_used_gets_one_more_turn_then_the_episode_ends() -> None:
    env = environment()
    episode = Agent(ScriptedModel(["Hm.", CLICK, "Hm.", "Hm?"]), env).run("Go.")
    assert episode.reason is StopReason.UNPARSEABLE
    assert "no code block" in episode.detail
    assert len(env.actions) == len(episode.steps) == 1


def test_the_same_on_the_same_screen_is_told_then_refused_then_ends_the_episode() -> None:
    env, model = environment(lambda *_: None), ScriptedModel([CLICK] * 5)
    drawn: list[float] = []
    generate = model.generate

    def keep(prompts: Sequence[Sequence[Message]], sampling: Sampling = GREEDY, on_text: OnText = None) -> list[Reply]:
        drawn.append(sampling.temperature)
        return generate(prompts, sampling, on_text)

    model.generate = keep  # type: ignore[method-assign]
    episode = Agent(model, env).run("Go.")
    assert episode.reason is StopReason.STUCK
    assert "Click the button." in episode.detail
    assert len(env.actions) == 2
    assert "has not helped" not in texts(model.prompts[1])
    assert "has not helped" in texts(model.prompts[2])
    assert "another approach" in texts(model.prompts[3])
    assert drawn == [0, 0, 0, 0.7, 0.7]


def test_two_screens_in_turns_are_no_way_to_go_on_for_ever() -> None:
    turns = iter(["middle", "start"] * 3)
    env = environment(lambda *_: next(turns))
    assert Agent(ScriptedModel([CLICK] * 20), env).run("Go.").reason is StopReason.STUCK
    assert len(env.actions) == 4


def test_the_same_on_a_changing_screen_is_no_repetition() -> None:
    turns = iter(["middle", "start", "middle", "start"])
    env = environment(lambda *_: next(turns))
    assert Agent(ScriptedModel([CLICK] * 4 + [DONE]), env).run("Go.").reason is StopReason.SUCCESS


def test_waiting_is_no_repetition_and_sleeps_on_the_given_clock() -> None:
    slept: list[float] = []
    agent = Agent(ScriptedModel([say("computer.wait(seconds=3)")] * 4 + [DONE]), environment(), sleep=slept.append)
    assert agent.run("Go.").reason is StopReason.SUCCESS
    assert slept == [3, 3, 3, 3]


def test_ctrl_c_ends_the_episode_and_gives_it_back() -> None:
    def model(prompt: Sequence[Message]) -> str:
        if len(prompt) > 2:
            raise KeyboardInterrupt
        return CLICK

    episode = Agent(ScriptedModel(model), environment()).run("Go.")
    assert (episode.reason, len(episode.steps)) == (StopReason.INTERRUPTED, 1)


@pytest.mark.parametrize("when", ["observing", "acting"])
def test_an_environment_that_goes_away_ends_the_episode(when: str) -> None:
    env = environment()

    def script(_screen: str, _action: Action) -> str | None:
        if when == "acting":
            raise EnvUnavailable("The browser has gone.")
        env.close()
        return None

    env._script = script  # type: ignore[attr-defined]
    episode = Agent(ScriptedModel([CLICK] * 2), env).run("Go.")
    assert episode.reason is StopReason.ENV_LOST
    assert episode.detail


def test_a_model_that_cannot_answer_is_an_error() -> None:
    with pytest.raises(GenerationError):
        Agent(ScriptedModel([]), environment()).run("Go.")


def test_a_failed_action_is_told_and_never_done_again() -> None:
    tried: list[Action] = []

    def script(_: str, action: Action) -> str | None:
        tried.append(action)
        if isinstance(action, Click):
            raise ActionFailed("The page did not take the click.")
        return None

    model = ScriptedModel([say("pyautogui.click(x=0.5, y=0.5)\npyautogui.write('Ada')"), ENTER, DONE])
    episode = Agent(model, environment(script)).run("Go.")
    assert [action.kind for action in tried] == ["click", "press"]
    assert "The page did not take the click." in texts(model.prompts[1])
    assert [[result.done for result in step.results] for step in episode.steps] == [[False], [True], [True]]


def test_what_the_environment_cannot_do_is_told() -> None:
    model = ScriptedModel([say("browser.back()"), DONE])
    episode = Agent(model, environment()).run("Go.")
    assert "cannot back" in texts(model.prompts[1])
    assert not episode.steps[0].results[0].done


def test_several_actions_of_one_answer_share_its_screen() -> None:
    env = environment(lambda *_: None)
    code = (
        "pyautogui.click(x=0.25, y=0.5)\npyautogui.write('Ada')\n"
        "pyautogui.click(x=0.75, y=0.5)\npyautogui.press('enter')"
    )
    episode = Agent(ScriptedModel([say(code), DONE]), env).run("Go.")
    assert [action.kind for action in env.actions] == ["click", "type", "click", "press"]
    assert env.places_dev == [(32.0, 36.0), (96.0, 36.0)]
    assert len(episode.steps) == 2


def test_a_question_ends_the_episode_when_nobody_is_there() -> None:
    episode = Agent(ScriptedModel([say("computer.ask_user(question='Which account?')")]), environment()).run("Go.")
    assert episode.reason is StopReason.NEEDS_USER
    assert "Which account?" in episode.detail


def test_a_question_is_answered_when_somebody_is_there() -> None:
    model = ScriptedModel([say("computer.ask_user(question='Which account?')"), DONE])
    asked: list[str] = []
    agent = Agent(model, environment(), ask_person=lambda question: asked.append(question) or "The blue one.")
    assert agent.run("Go.").reason is StopReason.SUCCESS
    assert asked == ["Which account?"]
    assert "computer.ask_user" in texts(model.prompts[0])
    assert "The user answers: The blue one." in texts(model.prompts[1])


def test_the_prompt_holds_three_pictures_at_most() -> None:
    model = ScriptedModel(
        [say(f"pyautogui.press('f{number}')", f"Press F{number}.") for number in range(1, 6)] + [DONE]
    )
    Agent(model, environment()).run("Go.")
    pictures = [
        sum(not isinstance(part, str) for message in prompt for part in message.parts) for prompt in model.prompts
    ]
    assert pictures == [1, 2, 3, 3, 3, 3]
    assert all(f"Press F{number}." in texts(model.prompts[-1]) for number in range(1, 6))


def test_what_cannot_be_seen_is_told() -> None:
    class Telling(FakeEnv):
        def observe(self) -> Observation:
            tabs = (
                Tab("A", "http://a", active=self.screen == "start"),
                Tab("B", "http://b", active=self.screen != "start"),
            )
            seen = super().observe()
            if self.screen == "start":
                return replace(seen, tabs=tabs, notes=("A dialog was closed.",), settled=False)
            return replace(seen, tabs=tabs, downloads=(Download(Path("/x/report.pdf"), 1234),))

    model = ScriptedModel([CLICK, DONE])
    Agent(model, Telling(SCREENS, "start", {("start", "click"): "middle"})).run("Go.")
    first, second = (str(prompt[-1].parts[-1]) for prompt in model.prompts)
    assert "A dialog was closed." in first
    assert "still changing" in first
    assert "Open tabs: 0 (current) 'A' http://a; 1 'B' http://b" in first
    assert "Downloaded /x/report.pdf, 1234 bytes." in second
    assert "1 (current) 'B'" in second
    assert "A dialog" not in second


def test_the_time_of_a_step_is_split_into_its_phases() -> None:
    episode: Episode = Agent(ScriptedModel([CLICK, DONE]), environment()).run("Go.")
    for step in episode.steps:
        timing = step.timing
        parts = (timing.prompt_s, timing.generate_s, timing.parse_s, timing.act_s)
        assert all(part > 0 for part in parts)
        assert sum(parts) + timing.record_s <= timing.total_s
    assert sum(step.timing.total_s for step in episode.steps) <= episode.seconds


def test_keys_reach_the_environment_by_their_canonical_names() -> None:
    env = environment()
    Agent(ScriptedModel([say("pyautogui.hotkey('Control', 'A')"), DONE]), env).run("Go.")
    assert env.actions == [Press(keys=("ctrl", "a"))]
