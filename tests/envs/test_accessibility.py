"""The accessibility tree of real programs on the agent's own display."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator

import pytest

from envs.accessibility import Element, Tree, accessibility_tree
from envs.actions import Click, TypeText
from envs.base import EnvUnavailable
from envs.virtual import VirtualDesktop

pytest.importorskip("jeepney")
pytestmark = [
    pytest.mark.skipif(shutil.which("mousepad") is None, reason="mousepad is not installed"),
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
    pytest.mark.slow,
    pytest.mark.usefixtures("fresh_home"),
]


def element(tree: Tree, role: str, name: str = "") -> Element | None:
    return next((one for one in tree.walk() if one.role == role and name in one.name), None)


@pytest.fixture(params=["1", "2"], ids=["scale 1", "scale 2"])
def editor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, wait_until) -> Iterator[VirtualDesktop]:
    monkeypatch.setenv("GDK_SCALE", request.param)
    with VirtualDesktop([["mousepad"]]) as desktop:
        desktop.display.wait_for_window("Mousepad")
        wait_until(lambda: element(accessibility_tree(desktop.environment), "menu", "File") is not None)
        yield desktop


def click(desktop: VirtualDesktop, box: tuple[int, int, int, int] | None) -> None:
    assert box is not None
    left, top, width, height = box
    frame = desktop.observe().frame
    desktop.execute(Click(at=frame.point((left + width / 2) / frame.width_px, (top + height / 2) / frame.height_px)))


def test_it_says_where_things_are_and_what_stands_in_them(editor: VirtualDesktop, wait_until) -> None:
    editor.observe()
    editor.execute(TypeText(text="Grüße"))
    editor.observe()
    tree = accessibility_tree(editor.environment)
    assert tree.complete
    (program,) = tree.programs
    assert program.name == "mousepad"
    text = element(tree, "text")
    assert text is not None
    assert text.text == "Grüße"
    assert {"editable", "focused", "multi-line"} <= text.states
    assert element(tree, "menu item") is None  # of menus that are closed

    menu = element(tree, "menu", "File")
    assert menu is not None
    click(editor, menu.box)
    wait_until(lambda: element(accessibility_tree(editor.environment), "menu item", "Save As") is not None)


def test_limits(editor: VirtualDesktop) -> None:
    few = accessibility_tree(editor.environment, most=5)
    assert not few.complete
    assert len(list(few.walk())) <= 5
    assert not accessibility_tree(editor.environment, timeout_s=0.0).complete


def test_a_program_that_hangs_holds_up_only_itself(editor: VirtualDesktop, wait_until) -> None:
    other = editor.display.launch(["mousepad", "--disable-server"])
    wait_until(lambda: len(accessibility_tree(editor.environment).programs) == 2)
    os.killpg(other.pid, signal.SIGSTOP)
    try:
        tree = accessibility_tree(editor.environment, timeout_s=2.0)
        assert not tree.complete
        assert element(tree, "menu", "File") is not None
    finally:
        os.killpg(other.pid, signal.SIGCONT)


def test_without_a_bus() -> None:
    with pytest.raises(EnvUnavailable, match="no session bus"):
        accessibility_tree({})
    with pytest.raises(EnvUnavailable, match="does not answer"):
        accessibility_tree({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})
