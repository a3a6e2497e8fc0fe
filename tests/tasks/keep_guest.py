"""The reset command of `test_killed_runs`: waits until a guest's server answers, and starts one where none does.

    keep_guest.py FOLDER PORT BROWSER_PORT

The server's process id is in FOLDER/server.pid. It outlives whoever has called this, as a machine would.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parents[2]


def answers(port: int) -> bool:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/deixis", headers={"Authorization": f"Bearer {os.environ['DEIXIS_TOKEN']}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status == 200
    except OSError:
        return False


def start(folder: Path, port: int, browser_port: str) -> None:
    home = folder / "home"
    home.mkdir(exist_ok=True)
    (home / ".Xauthority").touch()  # python-xlib, which pyautogui uses, does not start without one
    command = [sys.executable, str(ROOT / "deixis.py"), "serve", "--env", "virtual", "--port", str(port), "--commands"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=os.environ | {"HOME": str(home), "PATH": path, "BROWSER_PORT": browser_port},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    new = folder / "server.pid.new"  # replaced at once: whoever reads it finds a whole number
    new.write_text(str(process.pid))
    new.replace(folder / "server.pid")


def alive(folder: Path) -> bool:
    """Whether a server was started that has not ended: it may not answer yet."""
    try:
        process = Path("/proc") / (folder / "server.pid").read_text() / "stat"
        return process.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "keeper.lock"):  # that of a worker that was killed may be at it still
        while not answers(port):
            if not alive(folder):
                start(folder, port, sys.argv[3])
            time.sleep(0.2)


if __name__ == "__main__":
    main()
