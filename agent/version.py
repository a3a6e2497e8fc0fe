"""Which version of Deixis this is, for records."""

from __future__ import annotations

import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def own_version() -> str:
    """The installed version; says so when a checkout runs that is not installed."""
    try:
        return version("deixis")
    except PackageNotFoundError:
        return "not installed"


def own_commit() -> str | None:
    """The commit of the checkout that runs, with "+" behind it when files were changed since; None outside of one."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return None
    try:
        asked = [["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"]]
        commit, changed = (
            subprocess.run(["git", "-C", root, *words], capture_output=True, text=True, check=True, timeout=30).stdout
            for words in asked
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return commit.strip() + ("+" if changed else "")
