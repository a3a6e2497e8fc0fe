"""Our agent under the loops of OSWorld's and WindowsAgentArena's runners, with observations as they make them."""

from __future__ import annotations

import ast
import io
import json
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent.trajectory import Trajectory
from envs.actions import ACTIONS, Button, Click, Drag, Move, Press, Scroll, TypeText
from envs.base import EnvUnavailable
from envs.frame import Point
from model.base import GenerationError
from model.fake import ScriptedModel
from tasks.osworld_actions import ActionSpace, written
from tasks.osworld_agents import OSWorldAgent, WindowsArenaAgent
from tests.answers import say

SIZE = (1920, 1080)


def png(shade=0):
    encoded = io.BytesIO()
    Image.fromarray(np.full((SIZE[1], SIZE[0], 3), shade, np.uint8)).save(encoded, "PNG")
    return encoded.getvalue()


def osworld_observation(shade=0):
    """As `DesktopEnv._get_obs` makes it."""
    return {"screenshot": png(shade), "accessibility_tree": None, "terminal": None, "instruction": "Save it."}


def run_like_osworld(agent, max_steps=15):
    """The loop of `lib_run_single.run_single_example`, without its machine: what it would step with and log."""
    try:
        agent.reset(None, vm_ip="10.0.0.2")
    except Exception:
        agent.reset(vm_ip="10.0.0.2")
    stepped, done, obs, count = [], False, osworld_observation(), 0
    while not done and count < max_steps:
        response, actions = agent.predict("Save it.", obs)
        for action in actions:
            stepped.append(action)
            json.dumps({"step_num": count + 1, "action": action, "response": response})
            done = action in ("DONE", "FAIL")
            obs = osworld_observation(shade=len(stepped) * 9 % 256)
            if done:
                break
        count += 1
    return stepped


def test_an_episode_in_pyautogui_ends_with_a_plain_word():
    answers = [
        say("pyautogui.click(x=0.5, y=0.25)\npyautogui.write('a<b')"),
        say("computer.wait()"),
        say("pyautogui.hotkey('ctrl', 's')"),
        say("computer.terminate(status='success')"),
    ]
    stepped = run_like_osworld(OSWorldAgent(ScriptedModel(answers)))
    assert stepped == [
        "import pyautogui\npyautogui.click(960, 270, clicks=1, interval=0.05, button='left')",
        "import pyautogui\npyautogui.write('a', interval=0.01)\npyautogui.hotkey('shift', ',')\n"
        "pyautogui.write('b', interval=0.01)",
        "WAIT",
        "import pyautogui\npyautogui.hotkey('ctrl', 's')",
        "DONE",
    ]


def test_only_who_says_that_it_is_impossible_fails():
    assert run_like_osworld(OSWorldAgent(ScriptedModel([say("computer.terminate(status='failure')")]))) == ["FAIL"]
    unreadable = OSWorldAgent(ScriptedModel(["Hm."] * 5))
    assert run_like_osworld(unreadable) == ["DONE"]


def test_entries_of_computer_13():
    answers = [say("pyautogui.doubleClick(x=0.5, y=0.5)"), say("computer.terminate(status='success')")]
    stepped = run_like_osworld(OSWorldAgent(ScriptedModel(answers), action_space="computer_13"))
    click = {"action_type": "CLICK", "parameters": {"button": "left", "x": 960, "y": 540, "num_clicks": 2}}
    assert stepped == [click, "DONE"]


def test_windows_agent_arena_gets_four_things(tmp_path):
    answers = [say("pyautogui.write('é')"), say("pyautogui.scroll(-3)"), say("computer.terminate(status='success')")]
    agent = WindowsArenaAgent(ScriptedModel(answers), record=tmp_path)
    agent.reset()
    observation = {
        "screenshot": Image.open(io.BytesIO(png())),
        "accessibility_tree": "<desktop/>",
        "window_title": "Notepad",
        "window_rect": [0, 0, 800, 600],
        "window_image": None,
        "window_names_str": "Notepad",
        "computer_clipboard": "",
        "human_input": None,
    }
    response, actions, logs, update = agent.predict("Save it.", observation)
    assert actions == ["import pyautogui\ncomputer.clipboard.copy_text('é')\ncomputer.clipboard.paste()"]
    assert response in logs["plan_result"]
    assert update is None
    assert agent.predict("Save it.", observation | {"screenshot": png(9)})[1] == [
        "import pyautogui\npyautogui.scroll(-360)"
    ]
    assert agent.predict("Save it.", observation | {"screenshot": png(18)})[1] == ["DONE"]
    assert agent.predict("Save it.", observation)[1] == ["DONE"]  # a runner that goes on hears it again
    agent.reset()
    assert len(Trajectory.load(tmp_path / "0001").steps) == 3


def test_a_task_that_is_broken_off_leaves_nothing_behind():
    agent = OSWorldAgent(ScriptedModel([say("pyautogui.click(x=0.5, y=0.5)")] * 5))
    for _ in range(3):
        agent.reset()
        agent.predict("Save it.", osworld_observation())
    agent.reset()
    assert "episode" not in {thread.name for thread in threading.enumerate()}


def test_what_goes_wrong_is_raised_where_the_runner_asks():
    def broken(_prompt):
        raise GenerationError("The model broke.")

    agent = OSWorldAgent(ScriptedModel(broken))
    with pytest.raises(GenerationError, match="broke"):
        agent.predict("Save it.", osworld_observation())
    agent.reset()
    with pytest.raises(EnvUnavailable, match="no picture"):
        agent.predict("Save it.", {"screenshot": b"no picture"})
    # Their controllers observe nothing when a guest does not answer.
    assert agent.predict("Save it.", {"screenshot": None}) == ("", ["WAIT"])


points = st.builds(Point, st.just(1), st.floats(0, 1), st.floats(0, 1))
actions = st.one_of(
    st.builds(Click, at=points, button=st.sampled_from(Button), count=st.integers(1, 3)),
    st.builds(Move, to=points),
    st.builds(Drag, start=st.none() | points, end=points, button=st.sampled_from(Button)),
    st.builds(Scroll, at=st.none() | points, vertical=st.integers(-100, 100), horizontal=st.integers(-100, 100)),
    st.builds(TypeText, text=st.text(max_size=40)),
    st.builds(Press, keys=st.lists(st.sampled_from(["ctrl", "a", "enter", "'", "\\"]), min_size=1, max_size=3)),
)


@given(actions, st.sampled_from(ActionSpace), st.booleans())
def test_whatever_an_action_holds_it_is_written_as_literals(action, space, windows):
    for entry in written(action, lambda point: (int(point.x * 99), int(point.y * 99)), space, windows=windows):
        if space is ActionSpace.COMPUTER_13:
            assert ACTIONS.dump_json(action)
            json.dumps(entry)
            continue
        lines = ast.parse(f"import time; {entry}").body  # as the runner puts it behind others
        for line in lines:
            match line:
                case ast.Import():
                    continue
                case ast.Expr(value=ast.Call(func=ast.Attribute(), args=args, keywords=keywords)):
                    for value in [*args, *(keyword.value for keyword in keywords)]:
                        ast.literal_eval(value)
                case _:
                    raise AssertionError(entry)
