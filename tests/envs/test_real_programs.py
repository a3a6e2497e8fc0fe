"""Programs that people use, on the agent's own display, driven by actions; their files say what happened."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from envs.accessibility import accessibility_tree
from envs.actions import Click, Press, TypeText
from envs.virtual import VirtualDesktop

pytestmark = [
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
    pytest.mark.slow,
    pytest.mark.usefixtures("fresh_home"),
]
OFFICE_S = 120.0
"""LibreOffice takes long to start for the first time."""
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


def is_shown(desktop: VirtualDesktop, state: str, role: str) -> bool:
    return any(one.role == role and state in one.states for one in accessibility_tree(desktop.environment).walk())


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], list[str]]:
    """The command that opens a file in LibreOffice, with a profile of its own: no first-run windows, no lock."""
    if shutil.which("libreoffice") is None:
        pytest.skip("LibreOffice is not installed")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    return lambda file: ["libreoffice", profile, "--norestore", "--nologo", "--nofirststartwizard", str(file)]


def test_a_word_processor(tmp_path: Path, office: Callable[[Path], list[str]], wait_until) -> None:
    file = tmp_path / "Brief.txt"
    file.write_text("old")
    with VirtualDesktop([office(file)]) as desktop:
        desktop.display.wait_for_window(r"Brief\.txt .* Writer", OFFICE_S)
        wait_until(lambda: is_shown(desktop, "focused", "paragraph"), OFFICE_S)
        desktop.observe()
        desktop.execute(TypeText(text=TEXT))
        desktop.observe()
        desktop.execute(Press(keys=("ctrl", "s")))
        desktop.display.wait_for_window("Keep Current Format|Confirm", OFFICE_S)
        desktop.observe()
        desktop.execute(Press(keys=("enter",)))
        # Before what was there: Writer takes no shortcut like Ctrl+A while it still loads, but the text arrives.
        wait_until(lambda: file.read_text(encoding="utf-8-sig").strip() == TEXT + "old", OFFICE_S)


def test_a_spreadsheet(tmp_path: Path, office: Callable[[Path], list[str]], wait_until) -> None:
    file = tmp_path / "sums.csv"
    file.write_text("1,2\n")
    with VirtualDesktop([office(file)]) as desktop:
        desktop.display.wait_for_window("Text Import", OFFICE_S)
        desktop.observe()
        desktop.execute(Press(keys=("enter",)))
        desktop.display.wait_for_window(r"sums\.csv .* Calc", OFFICE_S)
        wait_until(lambda: is_shown(desktop, "showing", "table"), OFFICE_S)
        desktop.execute(Click(at=desktop.observe().frame.point(0.5, 0.5)))
        desktop.observe()
        desktop.execute(Press(keys=("ctrl", "home")))
        desktop.observe()
        for text in ("40", "2", "=A1+B1"):
            desktop.execute(TypeText(text=text + "\t"))
        desktop.observe()
        desktop.execute(Press(keys=("ctrl", "s")))
        desktop.display.wait_for_window("Keep Current Format|Confirm", OFFICE_S)
        desktop.observe()
        desktop.execute(Press(keys=("enter",)))
        wait_until(lambda: file.read_text() == "40,2,42\n", OFFICE_S)
