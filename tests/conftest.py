"""A guest machine for the tests: our own server on a virtual display, with a home folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]


class GuestServer(NamedTuple):
    address: str
    token: str
    home: Path


@pytest.fixture(scope="session")
def guest_server(tmp_path_factory) -> Iterator[GuestServer]:
    """A server that also runs commands."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    home = tmp_path_factory.mktemp("home")
    (home / "Desktop").mkdir()
    (home / ".Xauthority").touch()  # python-xlib, which pyautogui uses, does not start without one
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = subprocess.Popen(
        [sys.executable, ROOT / "deixis.py", "serve", "--env", "virtual", "--port", "0", "--commands"],
        env=os.environ | {"HOME": str(home), "PATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = process.stdout.readline().split()[2]
        yield GuestServer(address, process.stdout.readline().strip().partition("=")[2], home)
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@pytest.fixture(scope="session")
def serving() -> Callable[..., AbstractContextManager[str]]:
    """Serves a table of routes over HTTP, for whoever shows the token; gives the address."""
    import uvicorn

    from envs.guest_server import guest_app

    @contextmanager
    def serve(table, token="secret"):
        app = uvicorn.Server(uvicorn.Config(guest_app(table, token), port=0, log_level="warning"))
        thread = threading.Thread(target=app.run)
        thread.start()
        try:
            while not app.started:
                time.sleep(0.01)
            yield f"127.0.0.1:{app.servers[0].sockets[0].getsockname()[1]}"
        finally:
            app.should_exit = True
            thread.join()

    return serve
