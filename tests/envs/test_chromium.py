import sys
from pathlib import Path

import pytest

from envs import chromium
from envs.base import EnvUnavailable
from envs.chromium import VARIABLE, ensure_browser, find_browser, main


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without any browser, except at the place returned once there is a file."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    monkeypatch.setattr(chromium, "_system_browsers", lambda: iter([tmp_path / "system"]))
    return tmp_path / "system"


def made(path: Path) -> Path:
    path.write_text("")
    return path


def test_the_order_of_preference(bare, monkeypatch, tmp_path):
    system, own = made(bare), tmp_path / "own"
    assert find_browser(None, own) == system
    made(own)
    assert find_browser(None, own) == own
    monkeypatch.setenv(VARIABLE, str(made(tmp_path / "named")))
    assert find_browser(None, own) == tmp_path / "named"
    assert find_browser(made(tmp_path / "explicit"), own) == tmp_path / "explicit"


def test_what_was_named_must_be_there(bare, monkeypatch, tmp_path):
    made(bare)
    with pytest.raises(EnvUnavailable, match=r"no browser at .*/gone"):
        find_browser(tmp_path / "gone", bare)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "lost"))
    with pytest.raises(EnvUnavailable, match=f"no browser at .*/lost, which {VARIABLE} names"):
        find_browser(None, bare)


def test_without_any_the_helpful_command_is_told(bare, tmp_path):
    with pytest.raises(EnvUnavailable, match="Install one with:  "):
        find_browser(None, tmp_path / "own")


def test_the_browser_of_this_machine_is_found():
    assert ensure_browser().is_file()
    assert main() == 0


def test_installers_are_tried_until_one_helps(bare, monkeypatch, capsys):
    commands = [
        ["no-such-command-anywhere"],
        [sys.executable, "-c", "raise SystemExit(3)"],
        [sys.executable, "-c", "pass"],  # succeeds and brings nothing
        [sys.executable, "-c", f"open({str(bare)!r}, 'w')"],
        [sys.executable, "-c", "raise AssertionError('not reached')"],
    ]
    monkeypatch.setattr(chromium, "_installers", lambda: iter(commands))
    assert ensure_browser() == bare
    assert capsys.readouterr().out.count("No Chrome or Chromium yet") == 4


def test_when_no_installer_helps_it_says_what_would(bare, monkeypatch, capsys):
    monkeypatch.setattr(chromium, "_installers", lambda: iter([[sys.executable, "-c", "raise SystemExit(1)"]]))
    assert main() == 1
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert "Install one with:  " in error


def test_the_least_intrusive_installer_comes_first(monkeypatch):
    monkeypatch.setattr(chromium.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "apt-get" else None)
    monkeypatch.setattr(chromium, "is_root", lambda: False)
    first, *others = chromium._installers()
    assert first[1:] == ["-m", "playwright", "install", "chromium"]
    assert others == [["sudo", "-n", "apt-get", "update"], ["sudo", "-n", "apt-get", "install", "-y", "chromium"]]
