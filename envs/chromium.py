"""Which Chromium is launched, with which flags, and how one gets onto a machine that has none.

`python -m envs.chromium` makes sure that there is one; set-up calls it. Knows nothing about pages and actions.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from envs.base import EnvUnavailable

VARIABLE = "DEIXIS_BROWSER"
"""The environment variable that names the browser's executable."""

FLAGS = (
    "--disable-background-networking",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
    "--deny-permission-prompts",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
)
"""They keep it from calling home, which on a closed network only costs time, and from asking for permissions where no
picture of the page shows it."""

_COMMANDS = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")
_MAC_APPS = ("Google Chrome", "Chromium")
_PACKAGE_MANAGERS = {
    "apt-get": "apt-get install -y chromium",
    "dnf": "dnf install -y chromium",
    "brew": "brew install --cask chromium",
}
_INSTALLER_S = 600.0
"""Time limit of one installer: the download is about 170 MB."""


def is_root() -> bool:
    """Whether Chromium's sandbox, which refuses root, has to be switched off."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def find_browser(explicit: Path | None, playwrights_own: Path | None) -> Path:
    """The executable to launch: explicit, else named by `DEIXIS_BROWSER`, else Playwright's own, else the system's.

    Raises:
        EnvUnavailable: there is none, or not where it was said to be.
    """
    if explicit is not None:
        return _existing(explicit, "")
    if named := os.environ.get(VARIABLE):
        return _existing(Path(named), f", which {VARIABLE} names")
    for candidate in (playwrights_own, *_system_browsers()):
        if candidate is not None and candidate.is_file():
            return candidate
    raise EnvUnavailable(f"There is no Chrome or Chromium on this machine. {_remedy()}")


def _existing(path: Path, source: str) -> Path:
    if path.is_file():
        return path
    raise EnvUnavailable(f"There is no browser at {path}{source}.")


def _system_browsers() -> Iterator[Path]:
    for command in _COMMANDS:
        if found := shutil.which(command):
            yield Path(found)
    if sys.platform == "darwin":
        for app in _MAC_APPS:
            yield Path(f"/Applications/{app}.app/Contents/MacOS/{app}")


def _remedy() -> str:
    for manager, command in _PACKAGE_MANAGERS.items():
        if shutil.which(manager):
            sudo = "" if is_root() or manager == "brew" else "sudo "
            return f"Install one with:  {sudo}{command}"
    return f"Install one with:  {sys.executable} -m playwright install chromium"


def _installers() -> Iterator[list[str]]:
    """Commands that may bring a browser, the least intrusive first."""
    yield [sys.executable, "-m", "playwright", "install", "chromium"]
    for manager, command in _PACKAGE_MANAGERS.items():
        if shutil.which(manager) is None:
            continue
        sudo = [] if is_root() or manager == "brew" else ["sudo", "-n"]
        if manager == "apt-get":
            yield [*sudo, manager, "update"]
        yield [*sudo, *command.split()]


def playwrights_own() -> Path:
    """Where Playwright's own Chromium is, or would be if it were installed."""
    from playwright.sync_api import sync_playwright  # takes longer to import than everything else here to run

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def ensure_browser() -> Path:
    """A browser that is there; installed first when there is none.

    Raises:
        EnvUnavailable: there is none and none could be installed; the message names the command that helps.
    """
    with contextlib.suppress(EnvUnavailable):
        return find_browser(None, None)
    own = playwrights_own()
    with contextlib.suppress(EnvUnavailable):
        return find_browser(None, own)
    for command in () if VARIABLE in os.environ else _installers():
        print(f"No Chrome or Chromium yet: {' '.join(command)}", flush=True)
        with contextlib.suppress(OSError, subprocess.SubprocessError, EnvUnavailable):  # the next one may do
            subprocess.run(command, timeout=_INSTALLER_S, check=True, stdin=subprocess.DEVNULL)
            return find_browser(None, own)
    return find_browser(None, own)


def main() -> int:
    """Make sure that there is a browser; say what helps if there cannot be one."""
    try:
        ensure_browser()
    except EnvUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
