import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

# Pages tell what has happened to them in their title, which every observation has.
TELL = """<!doctype html><meta charset=utf-8><script>
    const tell = value => document.title = encodeURIComponent(JSON.stringify(value));"""


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


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Waits until something holds, and fails when it does not in time."""

    def wait(holds: Callable[[], bool], seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    return wait
