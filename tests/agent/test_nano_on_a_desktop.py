"""The embedded model drives an editor and its file dialog on the agent's own display, as far as its skills reach.

Two steps that it does reliably; that both are done it does not notice yet, so the limit ends the episode there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.episode import Limits
from agent.loop import Agent
from agent.trajectory import Trajectory
from envs.accessibility import accessibility_tree
from envs.actions import Click, Press
from envs.virtual import VirtualDesktop
from model.base import Model
from model.loading import load_model

pytestmark = [
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
    pytest.mark.skipif(shutil.which("mousepad") is None, reason="mousepad is not installed"),
    pytest.mark.slow,
    pytest.mark.usefixtures("fresh_home"),
]


@pytest.fixture(scope="module")
def nano() -> Model:
    return load_model("nano")


@contextmanager
def editor_on(size_px: tuple[int, int]) -> Iterator[VirtualDesktop]:
    """With nothing in it whose name is another one in each run."""
    with VirtualDesktop([["mousepad"]], size_px=size_px) as desktop:
        desktop.display.wait_for_window("Mousepad")
        yield desktop


def do_two_steps(nano: Model, editor: VirtualDesktop, instruction: str, record: Path) -> Trajectory:
    episode = Agent(nano, editor, limits=Limits(max_steps=2), record=record).run(instruction)
    answers = [step.decision.answer for step in episode.steps]
    assert [[type(action) for action in answer.actions] for answer in answers if answer] == [[Press], [Click]]
    return Trajectory.load(record)


def test_it_opens_the_file_dialog_and_cancels_it(nano, tmp_path, wait_until) -> None:
    with editor_on((1440, 900)) as editor:
        record = do_two_steps(nano, editor, 'Press ctrl+o, then click "Cancel".', tmp_path / "record")
        assert record.steps[1].observed.title == "Open File"
        wait_until(lambda: "Mousepad" in editor.observe().title, 30)


@pytest.mark.parametrize("size_px", [(1280, 720), (1440, 900)])
def test_it_opens_the_search_bar_and_ticks_a_box(size_px, nano, tmp_path) -> None:
    with editor_on(size_px) as editor:
        do_two_steps(nano, editor, 'Press ctrl+f, then tick "Match case".', tmp_path / "record")
        boxes = [one for one in accessibility_tree(editor.environment).walk() if one.name == "Match case"]
        assert ["checked" in box.states for box in boxes] == [True]
