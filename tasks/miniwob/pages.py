"""MiniWoB++'s own pages on the loopback interface, and what a page tells of its episode.

Knows the pages of the distribution `miniwob` and how an episode of them is begun; its driver, its observations and its
actions are not used, so that neither is imported.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tasks.errors import MissingLibrary, SetUpFailed

SIZE: Final = (160, 210)
"""Width and height of a task in CSS pixels, its instruction included; what MiniWoB's own screenshots show."""
FLIGHT_SIZE: Final = (375, 667)
"""The same of the tasks that copy airlines' sites."""
BEGIN_S: Final = 60.0
"""How long a page may take to begin its episode, on a machine that is busy with others."""
_OUR_SCRIPT: Final = "/deixis/episode.js"
_TELL: Final = "/deixis/told/"
_SCRIPT: Final = (
    '<script id="deixis-episode" type="application/json">{}</script><script src="/deixis/episode.js"></script>'
)


class Utterance(BaseModel):
    """A page says what is to be done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    utterance: Annotated[str, Field(min_length=1)]


class End(BaseModel):
    """A page says how its episode has ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    raw_reward: float
    """-1 to 1, as the task gives it, however long it took."""
    reward: float
    """Less for a later success, where the task has it so."""
    reason: str


_TOLD: Final[TypeAdapter[Utterance | End]] = TypeAdapter(Utterance | End)


@dataclass(frozen=True, slots=True)
class Episode:
    """One way a task can come."""

    task: str
    seed: int
    limit_s: float
    """When the page itself ends it, with -1."""


def html_folder() -> Path:
    """The folder of MiniWoB++'s pages.

    Raises:
        MissingLibrary: it is not installed.
    """
    found = importlib.util.find_spec("miniwob")  # without importing it: its package imports its drivers
    if found is None or not found.submodule_search_locations:
        raise MissingLibrary("MiniWoB++ is not installed: pip install 'deixis[miniwob]'.")
    return Path(next(iter(found.submodule_search_locations))) / "html"


def task_names(folder: Path) -> Sequence[str]:
    """All tasks, in alphabetical order: a page each, and the airlines' sites as "flight.NAME"."""
    pages = [page.stem for page in (folder / "miniwob").glob("*.html")]
    flights = [f"flight.{page.parent.name}" for page in (folder / "flight").glob("*/wrapper.html")]
    return sorted(pages + flights)


def size_of(task: str) -> tuple[int, int]:
    """Width and height of a task in CSS pixels."""
    return FLIGHT_SIZE if task.startswith("flight.") else SIZE


def _path_of(task: str) -> str:
    return f"/{task.replace('.', '/')}/wrapper.html" if task.startswith("flight.") else f"/miniwob/{task}.html"


class MiniWobPages:
    """The pages, listening while this is entered. One episode at a time."""

    def __init__(self, folder: Path) -> None:
        """Serve MiniWoB++'s folder of pages."""
        self._folder = folder
        self._changed = Condition()
        self._episode = Episode("", 0, 0.0)
        self._number = 0
        self._utterance: str | None = None
        self._end: End | None = None

    def __enter__(self) -> Self:
        handler = partial(_Handler, self, directory=str(self._folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        # Polled only to notice that it shall end.
        Thread(target=self._server.serve_forever, args=(0.05,), name="MiniWoB++", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def begin(self, episode: Episode) -> str:
        """Prepare an episode; the address that begins it when it is opened."""
        with self._changed:
            self._episode, self._number = episode, self._number + 1
            self._utterance = self._end = None
        return f"http://127.0.0.1:{self._server.server_address[1]}{_path_of(episode.task)}"

    def instruction(self) -> str:
        """What the page that was opened wants.

        Raises:
            SetUpFailed: it does not say it.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._utterance is not None, BEGIN_S)
            if self._utterance is None:
                raise SetUpFailed(f"{self._episode.task} does not say within {BEGIN_S:g} s what is to be done.")
            return self._utterance

    @property
    def end(self) -> End | None:
        """How the episode has ended; None while it has not."""
        return self._end

    def page(self, path: str) -> str | None:
        """The page of the episode with what begins it, when it has this path."""
        if path != _path_of(self._episode.task):
            return None
        html = self._folder.joinpath(path.removeprefix("/")).read_text(encoding="utf-8")
        told = json.dumps({"number": self._number, "seed": self._episode.seed, "limit_s": self._episode.limit_s})
        before, tag, after = html.rpartition("</body>")
        return f"{before or after}{_SCRIPT.format(told)}{tag}{after if before else ''}"

    def hear(self, number: int, told: Utterance | End) -> None:
        """Take note of what the page of an episode tells; of its ends the first one counts."""
        with self._changed:
            if number != self._number:  # the page of the episode before, on its way out
                return
            if isinstance(told, Utterance):
                self._utterance = self._utterance or told.utterance
            else:
                self._end = self._end or told
            self._changed.notify_all()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, pages: MiniWobPages, *about: object, directory: str) -> None:
        self._pages = pages
        super().__init__(*about, directory=directory)  # pyright: ignore[reportArgumentType]

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == _OUR_SCRIPT:
            self._answer(resources.files("tasks.miniwob").joinpath("episode.js").read_text(), "text/javascript")
        elif (page := self._pages.page(path)) is not None:
            self._answer(page, "text/html")
        else:
            super().do_GET()

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        number = urlsplit(self.path).path.removeprefix(_TELL)
        if not (number.isdecimal() and length.isdecimal() and len(length) < 6):
            return self.send_error(HTTPStatus.BAD_REQUEST)
        try:
            self._pages.hear(int(number), _TOLD.validate_json(self.rfile.read(int(length))))
        except ValidationError:
            return self.send_error(HTTPStatus.UNPROCESSABLE_ENTITY)
        self._answer("", "text/plain")

    def _answer(self, text: str, content_type: str) -> None:
        body = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for the agent."""
