"""The demo application's web server: a small order book for the agent to work in, on this machine alone.

Knows HTTP and the pages; what the application keeps and what changes it is in `tasks.demo.state`.
"""

from __future__ import annotations

import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from string import Template
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from pydantic import ValidationError

from tasks.demo.state import COMMANDS, Command, Refused, State

PAGES: Final = {
    "/": ("customers.html", "Customers"),
    "/sign-in": ("sign-in.html", "Sign in"),
    "/customers": ("customers.html", "Customers"),
    "/orders/new": ("order.html", "New order"),
    "/settings": ("settings.html", "Settings"),
    "/terms": ("terms.html", "Terms of sale"),
}
"""File and title of the page at each path."""

ASSETS: Final = {"/app.css": "text/css", "/app.js": "text/javascript"}

MAX_BODY_BYTES: Final = 10_000


class DemoApp:
    """The application, listening while it is entered.

    with DemoApp() as app:
        ...  # a browser at app.url
        assert app.state.terms_accepted
    """

    def __init__(self) -> None:
        self._state = State()
        self._lock = Lock()
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self._server = _Server(self)
        # Polled only to notice that it shall end.
        Thread(target=self._server.serve_forever, args=(0.05,), name="demo application", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end.

        Raises:
            RuntimeError: it has not been entered.
        """
        if self._server is None:
            raise RuntimeError("The demo application is not running: use it as a context manager.")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def state(self) -> State:
        """A copy of what it keeps now."""
        with self._lock:
            return self._state.model_copy(deep=True)

    def reset(self) -> None:
        """Forget everything that was done. Pages that are open show it when they are loaded again."""
        with self._lock:
            self._state = State()

    def carry_out(self, command: Command) -> State:
        """Do what a page asks for, and return a copy of what is kept then.

        Raises:
            Refused: it cannot be done; nothing has changed.
        """
        with self._lock:
            command.apply(self._state)
            return self._state.model_copy(deep=True)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, app: DemoApp) -> None:
        self.app = app
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A browser that goes elsewhere drops its connections; that is no fault.
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]
    timeout = 10.0

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path in PAGES:
            file, title = PAGES[path]
            # Within a script element no text can begin a tag.
            state = self.server.app.state.model_dump_json().replace("<", "\\u003c")
            page = Template(_read("layout.html")).substitute(title=title, content=_read(file), state=state)
            self._answer(HTTPStatus.OK, page, "text/html")
        elif path in ASSETS:
            self._answer(HTTPStatus.OK, _read(path.removeprefix("/")), ASSETS[path])
        else:
            self._answer(HTTPStatus.NOT_FOUND, f"There is no page at {path}.")

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        if path not in COMMANDS:
            return self._answer(HTTPStatus.NOT_FOUND, f"Nothing can be posted to {path}.")
        # Other sites cannot send this type without asking first, which is refused.
        if self.headers.get_content_type() != "application/json":
            return self._answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be JSON.")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            return self._answer(HTTPStatus.LENGTH_REQUIRED, "Content-Length must be a number of bytes.")
        if len(length) > 9 or int(length) > MAX_BODY_BYTES:
            return self._answer(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body must have at most {MAX_BODY_BYTES} bytes."
            )
        try:
            state = self.server.app.carry_out(COMMANDS[path].model_validate_json(self.rfile.read(int(length))))
        except ValidationError as error:
            first = error.errors()[0]
            where = " ".join(str(part) for part in first["loc"]).replace("_", " ") or "request"
            return self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, f"{where.capitalize()}: {first['msg']}.")
        except Refused as error:
            return self._answer(HTTPStatus.CONFLICT, str(error))
        self._answer(HTTPStatus.OK, state.model_dump_json(), "application/json")

    def _answer(self, status: HTTPStatus, text: str, content_type: str = "text/plain") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for the agent."""


def _read(name: str) -> str:
    return resources.files("tasks.demo").joinpath("pages", name).read_text(encoding="utf-8")
