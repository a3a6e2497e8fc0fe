"""Ends all that was started for a display, also what has daemonised itself, and also when the agent was killed.

Every program of the display carries a mark in its environment, which its children inherit. Run as a program of its own,
`python -m envs.reaper MARK FOLDER`, it waits for the end of its standard input, that is of the agent, however that
comes; then it ends what carries the mark and removes the folder. Linux only, like the displays.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

VARIABLE = "DEIXIS_DISPLAY_MARK"
"""The environment variable that holds the mark."""
GRACE_S = 2.0
"""How long a program may take to end when it is asked to."""
_ROOT = Path(__file__).parent.parent


class Reaper:
    """The agent's side."""

    def __init__(self, mark: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "envs.reaper", mark, str(folder)],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # what ends the agent from the terminal must not end it first
        )

    def close(self) -> None:
        """Let it do its work, and wait for it. May be called twice."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


def marked(mark: str) -> list[psutil.Process]:
    """The programs that carry a mark."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it has ended, or belongs to somebody else
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(VARIABLE) == mark:
                found.append(process)
    return found


def end_all(mark: str) -> None:
    """End the programs that carry a mark; those that do not end when asked are killed."""
    while remaining := marked(mark):  # one that was asked may have started another in the meantime
        for process in remaining:
            with suppress(psutil.Error):
                process.terminate()
        _, alive = psutil.wait_procs(remaining, timeout=GRACE_S)
        for process in alive:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(alive, timeout=GRACE_S)


def main(mark: str, folder: str) -> None:
    """Wait for the end of the agent, then clean up behind it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.read()
    end_all(mark)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
