"""MiniWoB++ in the browser environment, with agents that read the page's instruction and one that does nothing."""

from __future__ import annotations

import re

import pytest

from agent.episode import Limits
from envs.actions import Navigate
from envs.browser import Browser
from model.fake import ScriptedModel
from tasks.miniwob.pages import End, Episode, MiniWobPages, Utterance, html_folder, size_of, task_names
from tasks.miniwob.run import MiniWob, key_of
from tasks.results import OutcomeKind
from tests.answers import say

pytest.importorskip("miniwob", reason="pip install 'deixis[miniwob]'")


@pytest.fixture(scope="module")
def pages():
    with MiniWobPages(html_folder()) as pages:
        yield pages


def played(pages, tmp_path, model, *episodes):
    with MiniWob(model, pages, tmp_path, Limits(max_steps=4)) as miniwob:
        return list(miniwob.outcomes(episodes))


def test_all_tasks_are_listed_and_each_has_its_size():
    names = task_names(html_folder())
    assert len(names) == len(set(names)) >= 128
    assert {"click-test", "use-spinner", "flight.Alaska"} <= set(names)
    assert size_of("click-test") == (160, 210)
    assert size_of("flight.AA") == (375, 667)


def test_what_another_episode_tells_and_what_comes_after_the_end_does_not_count(pages):
    pages.begin(Episode("click-test", 0, 10))
    pages.begin(Episode("click-test", 1, 10))
    number = pages._number
    pages.hear(number - 1, End(raw_reward=1, reward=1, reason=""))
    assert pages.end is None
    pages.hear(number, Utterance(utterance="Click."))
    pages.hear(number, End(raw_reward=-1, reward=-1, reason="timed out"))
    pages.hear(number, End(raw_reward=1, reward=1, reason=""))
    assert pages.end.raw_reward == -1
    assert pages.instruction() == "Click."


def obedient(prompt):
    """Does by keyboard alone what some instructions say."""
    told = " ".join(part for message in prompt for part in message.parts if isinstance(part, str))
    texts = re.findall(r'"(.+?)"', next(re.finditer(r"(Enter|Focus|Click).*", told)).group())
    fields = [f"pyautogui.press('tab')\npyautogui.write({text!r})" for text in texts]
    submit = "" if "Focus" in told else "\npyautogui.press('enter')"
    return say("\n".join(fields) + "\npyautogui.press('tab')" + submit)


@pytest.mark.slow
def test_whoever_does_a_task_gets_its_reward(pages, tmp_path):
    episodes = [Episode(task, 7, 60) for task in ("click-test", "focus-text", "enter-text", "login-user")]
    results = played(pages, tmp_path, ScriptedModel(obedient), *episodes)
    assert [(each.task, each.outcome, each.score) for each in results] == [
        (key_of(episode), OutcomeKind.SCORED, 1.0) for episode in episodes
    ]
    assert all("reward 1" in each.cause and each.steps == 1 for each in results)
    assert (tmp_path / "enter-text/7" / "episode").is_dir()


@pytest.mark.slow
def test_whoever_does_nothing_gets_none_and_the_page_has_its_limit(pages, tmp_path):
    stopped, late = played(
        pages,
        tmp_path,
        ScriptedModel([say("computer.terminate(status='success')"), say("computer.wait(seconds=3)")]),
        Episode("click-button", 0, 60),
        Episode("click-button", 0, 1),
    )
    assert (stopped.score, late.score) == (0.0, 0.0)
    assert "before the task was over" in stopped.cause
    assert late.cause == "reward -1 timed out"


def test_the_same_seed_is_the_same_task(pages):
    with Browser(viewport=(160, 210)) as browser:

        def instruction(seed):
            browser.execute(Navigate(url=pages.begin(Episode("click-button", seed, 60))))
            return pages.instruction()

        seen = [instruction(seed) for seed in (1, 2, 3, 4, 1)]
    assert seen[0] == seen[-1]
    assert len(set(seen)) > 1
