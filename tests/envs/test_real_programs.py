"""Programs that people use, on the agent's own display, driven by actions; their files say what happened."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from envs.actions import Click, Press, TypeText
from envs.virtual import VirtualDesktop

pytestmark = [
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
    pytest.mark.slow,
]
TEXT = "Grüße, Ελλάδα & 日本: <b>~50%</b> | \\ ^ `x`"


@pytest.mark.skipif(shutil.which("xterm") is None, reason="xterm is not installed")
def test_a_terminal(tmp_path: Path, wait_until) -> None:
    with VirtualDesktop([["xterm", "-T", "work", "-u8", "-e", "cat > " + str(tmp_path / "typed.txt")]]) as desktop:
        desktop.display.wait_for_window("work")
        desktop.execute(Click(at=desktop.observe().frame.point(0.5, 0.5)))
        desktop.observe()
        desktop.execute(TypeText(text=TEXT + "\n"))
        desktop.execute(Press(keys=("ctrl", "d")))
        wait_until(lambda: (tmp_path / "typed.txt").read_text(errors="replace") == TEXT + "\n", 30)


@pytest.mark.skipif(shutil.which("mousepad") is None, reason="mousepad is not installed")
def test_an_editor_and_its_file_dialog(tmp_path: Path, wait_until) -> None:
    file = tmp_path / "Notes für heute.txt"
    with VirtualDesktop([["mousepad"]]) as desktop:
        desktop.display.wait_for_window("Mousepad")
        desktop.observe()
        desktop.execute(TypeText(text=TEXT))
        desktop.observe()
        desktop.execute(Press(keys=("ctrl", "s")))
        desktop.display.wait_for_window("Save As")
        desktop.observe()
        desktop.execute(Press(keys=("ctrl", "a")))
        desktop.execute(TypeText(text=str(file)))
        desktop.observe()
        desktop.execute(Press(keys=("enter",)))
        wait_until(lambda: file.exists() and file.read_text().rstrip("\n") == TEXT, 30)
        wait_until(lambda: file.name in desktop.observe().title, 30)
