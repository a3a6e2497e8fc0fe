"""What is not in view is scrolled to, and a page that does not have it is looked through once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agent.episode import Episode, StopReason
from agent.formats.base import SEARCHING
from agent.formats.kimi_vl import KimiVLFormat
from agent.formats.nano import NanoFormat
from agent.loop import Agent
from agent.trajectory import Trajectory
from envs.actions import Action, Scroll
from envs.fake import POINTING, FakeEnv
from model.fake import ScriptedModel
from model.messages import Message
from model.nano.prompts import NOT_HERE, answer_text

SHADES = {"top": 40, "middle": 90, "bottom": 140, "end": 250}
ORDER = ("top", "middle", "bottom")
DONE = answer_text("The task is done", "computer.terminate(status='success')")


def screens() -> dict[str, np.ndarray]:
    drawn = {name: np.full((600, 800, 3), shade, np.uint8) for name, shade in SHADES.items()}
    drawn["caret"] = drawn["top"].copy()
    drawn["caret"][300:310, 400:402] = 255
    return drawn


def page(screen: str, action: Action) -> str | None:
    """Three screens one below the other; a click leads to the end."""
    if isinstance(action, Scroll):
        place = ORDER.index(screen)
        return ORDER[0] if action.vertical > 3 else ORDER[max(0, min(place - (1 if action.vertical > 0 else -1), 2))]
    return "end" if action.kind == "click" else None


class Watcher:
    """Says that there is something to click on one of the screens alone."""

    def __init__(self, where: str) -> None:
        self.where, self.texts = where, list[str]()

    def __call__(self, prompt: Sequence[Message]) -> str:
        picture, text = prompt[-1].parts
        assert isinstance(picture, Image.Image)
        self.texts.append(str(text))
        shade = np.asarray(picture)[0, 0, 0]
        if shade == SHADES["end"]:
            return DONE
        here = shade == SHADES.get(self.where)
        return answer_text('Click "Terms"', "pyautogui.click(x=0.500, y=0.500)" if here else NOT_HERE)


def run(
    where: str,
    start: str = "top",
    script: Callable[[str, Action], str | None] = page,
    kinds: frozenset[str] = POINTING,
    record: Path | None = None,
) -> tuple[Episode, FakeEnv, Watcher]:
    env, watcher = FakeEnv(screens(), start, script, capabilities=kinds), Watcher(where)
    episode = Agent(ScriptedModel(watcher), env, format=NanoFormat(), record=record).run('Click "Terms"')
    return episode, env, watcher


@pytest.mark.parametrize("where", ORDER)
@pytest.mark.parametrize("start", ORDER)
def test_it_is_found_wherever_it_stands(where: str, start: str) -> None:
    episode, env, watcher = run(where, start)
    assert (episode.reason, env.screen) == (StopReason.SUCCESS, "end")
    assert len(watcher.texts) <= 4  # no screen is asked about twice
    assert '"Terms"' in watcher.texts[-1]
    assert "Previous steps:\nClick" in watcher.texts[-1]
    assert SEARCHING not in watcher.texts[-1]


def test_a_page_without_it_is_looked_through_once() -> None:
    episode, env, watcher = run("nowhere", "middle")
    assert episode.reason is StopReason.FAILURE
    assert len(watcher.texts) == 3
    assert {action.kind for action in env.actions} == {"scroll"}
    assert len(env.actions) <= 8


@pytest.mark.parametrize("script", [lambda screen, action: None, lambda screen, action: "caret"])
def test_a_page_that_does_not_scroll_is_given_up_after_one_look(script: Callable[[str, Action], str | None]) -> None:
    episode, _, watcher = run("nowhere", script=script)
    assert (episode.reason, len(watcher.texts)) == (StopReason.FAILURE, 1)


def test_an_empty_screen_in_between_is_not_the_end() -> None:
    below = dict(zip(("top", "blank", "as blank", "bottom"), ("blank", "as blank", "bottom", "bottom"), strict=True))
    drawn = screens()
    drawn["blank"] = drawn["as blank"] = np.full_like(drawn["top"], 255)
    watcher = Watcher("bottom")
    env = FakeEnv(drawn, "top", lambda screen, action: below[screen] if action.kind == "scroll" else "end")
    episode = Agent(ScriptedModel(watcher), env, format=NanoFormat()).run('Click "Terms"')
    assert (episode.reason, len(watcher.texts)) == (StopReason.SUCCESS, 4)


def test_where_there_is_no_wheel_it_fails_at_once() -> None:
    episode, env, _ = run("bottom", kinds=POINTING - {"scroll"})
    assert (episode.reason, env.actions) == (StopReason.FAILURE, [])


def test_models_that_plan_are_believed() -> None:
    env = FakeEnv(screens(), "top", page, capabilities=POINTING)
    model = ScriptedModel([answer_text("It is not there.", NOT_HERE)])
    episode = Agent(model, env, format=KimiVLFormat()).run('Click "Terms"')
    assert (episode.reason, env.actions) == (StopReason.FAILURE, [])


def test_the_record_tells_the_search(tmp_path: Path) -> None:
    run("middle", record=tmp_path / "run")
    steps = Trajectory.load(tmp_path / "run").steps
    told = [step.decided.answer.action for step in steps if step.decided]
    assert told == [SEARCHING, 'Click "Terms"', "The task is done"]
