"""What records say of the Deixis that made them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

import agent.version
from agent.version import own_commit


def git(folder, *words):
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    done = subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_checkout_names_its_commit_and_says_when_files_were_changed(tmp_path, monkeypatch):
    (tmp_path / "agent").mkdir()
    module = tmp_path / "agent" / "version.py"
    module.write_text("one")
    monkeypatch.setattr(agent.version, "__file__", str(module))
    assert own_commit() is None
    git(tmp_path, "init", "-q")
    assert own_commit() is None  # there is none yet
    git(tmp_path, "add", "agent")
    git(tmp_path, "commit", "-qm", "x")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert own_commit() == commit
    (tmp_path / "untracked").touch()
    assert own_commit() == commit
    module.write_text("two")
    assert own_commit() == f"{commit}+"
