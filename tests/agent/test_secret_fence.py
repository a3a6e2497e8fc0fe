"""A secret goes nowhere else: not by what was copied, not by a drop, not in an address, not as the value itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from agent.episode import Limits
from agent.guard import Request
from agent.loop import Agent
from agent.policy import Policy
from envs.actions import Action, Press, TypeText
from envs.base import Observation
from envs.fake import FakeEnv
from envs.frame import Point
from envs.pasting import may_insert
from model.fake import ScriptedModel
from tests.answers import say

WHITE = np.full((72, 128, 3), 255, np.uint8)
TYPED, PASTED = WHITE.copy(), WHITE.copy()
TYPED[32:64, 0:32] = 30
PASTED[32:64, 0:32] = 30
PASTED[32:64, 96:128] = 30
VALUE = "hunter2 & geheim"
PASTE = "pyautogui.hotkey('ctrl', 'v')"
PASTES = (
    PASTE,
    "pyautogui.hotkey('ctrl', 'shift', 'v')",
    "pyautogui.hotkey('command', 'v')",
    "pyautogui.hotkey('shift', 'insert')",
    "pyautogui.middleClick(x=0.5, y=0.5)",
    "pyautogui.moveTo(x=0.1, y=0.1)\npyautogui.dragTo(x=0.5, y=0.5)",
)
HOME, ELSEWHERE = "https://home.example/", "https://else.example/"


class Pages(FakeEnv):
    """Two sites as tabs; each keystroke shows something."""

    def __init__(self) -> None:
        self.url = HOME

        def script(screen: str, action: Action) -> str | None:
            if action.kind == "switch_tab":
                self.url = ELSEWHERE
            return "typed" if isinstance(action, TypeText) else None

        kinds = frozenset({"click", "drag", "move", "press", "type", "switch_tab", "navigate", "open_tab"})
        super().__init__({"blank": WHITE, "typed": TYPED}, "blank", script, capabilities=kinds)

    def observe(self) -> Observation:
        seen = super().observe()
        return Observation(seen.frame, title="Page", url=self.url)

    def receiver_url(self, at: Point | None = None) -> str | None:
        return self.url


def done(env: FakeEnv, *codes: str, policy: Policy | None = None, **options: Any) -> list[tuple[bool, str]]:
    """Of each action, whether it was done, and what the model was told."""
    model = ScriptedModel([*map(say, codes), say("computer.terminate(status='success')")])
    agent = Agent(model, env, policy=policy or Policy(), read_secret=lambda _: VALUE, **options)
    episode = agent.run("Type {secret:pin}.")
    return [(result.done, result.note) for step in episode.steps[:-1] for result in step.results]


TYPE, LEAVE = "pyautogui.write('{secret:pin}')", "browser.switch_tab(1)"


@pytest.mark.parametrize("code", PASTES)
def test_what_was_copied_is_inserted_at_home_and_nowhere_else(code: str) -> None:
    assert done(Pages(), TYPE, code)[-1] == (True, "")
    was_done, note = done(Pages(), TYPE, LEAVE, code)[-1]
    assert not was_done
    assert "The secret 'pin' may not be inserted on else.example." in note
    assert done(Pages(), LEAVE, code)[-1] == (True, ""), "nothing was typed, so nothing can have been copied"
    allowed = Policy(secrets={"pin": ("home.example", "else.example")})
    assert done(Pages(), TYPE, LEAVE, code, policy=allowed)[-1] == (True, "")


@pytest.mark.parametrize(
    "code",
    [
        f"pyautogui.write({VALUE!r})",
        "browser.goto('https://else.example/?q=hunter2%20%26%20geheim')",
        "browser.open_tab('https://else.example/?q=hunter2+%26+geheim')",
    ],
)
def test_the_value_itself_is_no_way_around(code: str) -> None:
    was_done, note = done(Pages(), LEAVE, code)[-1]
    assert not was_done
    assert "The secret 'pin' may not be" in note
    assert "else.example" in note


def test_it_is_remembered_in_a_resumed_episode(tmp_path: Path) -> None:
    done(Pages(), TYPE, record=tmp_path, limits=Limits(max_steps=1))
    assert not done(Pages(), LEAVE, PASTE, record=tmp_path, resume=True)[-1][0]


def test_home_is_where_the_recorded_episode_began(tmp_path: Path) -> None:
    done(Pages(), LEAVE, record=tmp_path, limits=Limits(max_steps=1))
    elsewhere = Pages()
    elsewhere.url = ELSEWHERE
    assert not done(elsewhere, TYPE, record=tmp_path, resume=True)[-1][0]


class Windows(FakeEnv):
    """A desktop: what is typed and what is pasted shows at different places."""

    def __init__(self) -> None:
        def script(screen: str, action: Action) -> str | None:
            return "typed" if isinstance(action, TypeText) else "pasted" if isinstance(action, Press) else None

        super().__init__({"blank": WHITE, "typed": TYPED, "pasted": PASTED}, "blank", script)


def test_on_a_desktop_the_user_is_asked_and_what_is_pasted_is_black(tmp_path: Path) -> None:
    asked: list[str] = []

    def agree(request: Request) -> bool:
        asked.append(request.reason)
        return True

    assert [was for was, _ in done(Windows(), TYPE, PASTE, ask_consent=agree, record=tmp_path)] == [True, True]
    assert asked == ["It types the secret 'pin'.", "It may insert the secret 'pin', which was typed before."]
    pasted = np.asarray(Image.open(tmp_path / "003.png"))
    assert not pasted[32:64, 0:32].any()
    assert not pasted[32:64, 96:128].any()
    assert pasted[:32].all()
    once: Callable[[Request], bool] = lambda request: "types" in request.reason  # noqa: E731
    assert [was for was, _ in done(Windows(), TYPE, PASTE, ask_consent=once)] == [True, False]


def test_other_keys_and_clicks_insert_nothing() -> None:
    for keys in (("ctrl", "c"), ("v",), ("insert",), ("ctrl", "shift"), ("alt", "v")):
        assert not may_insert(Press(keys=keys))
    for keys in (("Control", "V"), ("ctrlright", "v"), ("cmd", "shift", "v"), ("shift", "ins")):
        assert may_insert(Press(keys=keys))
