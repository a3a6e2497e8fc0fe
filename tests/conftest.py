"""What several folders of tests stand on: pages on the loopback interface, and a guest machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[1]
# Pages tell what has happened to them in their title, which every observation has.
TELL = """<!doctype html><meta charset=utf-8><script>
    const tell = value => document.title = encodeURIComponent(JSON.stringify(value));"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="all 10,000 outputs and 200 kills, not a fifth of them")


@pytest.fixture(scope="session")
def share(request: pytest.FixtureRequest) -> float:
    """Which share of what is tried at random is to be tried."""
    return 1.0 if request.config.getoption("--thorough") else 0.2


class Site:
    """Pages on the loopback interface. A page is HTML, or (bytes, headers); `/slow/x` is `/x` a second later."""

    def __init__(self) -> None:
        self.pages: dict[str, str | tuple[bytes, dict[str, str]]] = {}
        self.asked: list[tuple[str, str]] = []
        """Host and path of every request."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path
                site.asked.append((self.headers["Host"].partition(":")[0], path))
                if path.startswith("/slow/"):
                    time.sleep(1)
                    path = path.removeprefix("/slow")
                page = site.pages.get(path.partition("?")[0])
                if isinstance(page, str):
                    page = page.encode(), {"Content-Type": "text/html"}
                body, headers = page or (b"There is no such page.", {})
                self.send_response(404 if page is None else 302 if "Location" in headers else 200)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self._server.server_port}{path}"

    def page(self, path: str, html: str) -> str:
        """Publish a page; `html` begins inside the script that has `tell`."""
        self.pages[path] = TELL + html
        return self.url(path)

    @staticmethod
    def told(browser):
        """What the page in front has told last."""
        return json.loads(unquote(browser.observe().title))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., None]:
    """Waits until something holds, and fails when it does not in time."""

    def wait(holds: Callable[[], bool], seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    return wait


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


@pytest.fixture
def fresh_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder without a past: an editor that was killed before would ask whether to restore its files."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home
