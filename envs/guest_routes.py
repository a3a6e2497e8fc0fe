"""What the routes of our guest server answer, without HTTP: a request's content in, a status and a content out.

Here is what shows the screen and acts on it as a person would; commands and files are in `envs.guest_command_routes`.
The routes are those of OSWorld's published in-guest server (xlang-ai/osworld-server at 0919a09), with its payloads and
replies, and those of `envs.guest_protocol`.
"""

from __future__ import annotations

import io
import platform
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import BinaryIO, Final, TypeVar

from PIL import Image
from pydantic import BaseModel, ConfigDict

from envs.actions import ACTIONS
from envs.base import ActionFailed, TakenOver, UnsupportedAction
from envs.desktop import Desktop
from envs.frame import Pixels, PointOutsideFrame, StaleFrame
from envs.guest_machine import BadRequest, GuestMachine, NotFound
from envs.guest_protocol import Acted, Description, Refusal, Seen
from envs.screen_capture import ScreenCapture

_PNG_COMPRESSION: Final = 1
"""A screenshot is read once: a quick file is better than a small one."""

_Given = TypeVar("_Given")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request's content."""

    json: bytes = b""
    form: Mapping[str, str] = field(default_factory=dict[str, str])
    upload: BinaryIO | None = None

    def form_field(self, name: str) -> str:
        """A field of a form.

        Raises:
            BadRequest: it is not there.
        """
        if name not in self.form:
            raise BadRequest(f"{name} is required.")
        return self.form[name]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: `json`, or else a content of a media type."""

    content: bytes = b""
    media_type: str = "text/plain; charset=utf-8"
    json: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def text(cls, words: str) -> Answer:
        return cls(words.encode())


Handler = Callable[[Asked], Answer]
RouteTable = Mapping[tuple[str, str], Handler]
"""Handlers by method and path."""


class WindowName(BaseModel):
    """How a window is asked for."""

    model_config = ConfigDict(frozen=True)

    window_name: str
    strict: bool = False
    by_class: bool = False


class ScreenRoutes:
    """The routes over one desktop. Use `close` at the end.

    The desktop is opened and used by one thread alone: connections to a display belong to the thread that made them.
    """

    def __init__(self, open_desktop: Callable[[], Desktop]) -> None:
        """Open the desktop.

        Raises:
            EnvUnavailable: it cannot be opened.
        """
        with ExitStack() as opened:
            self._thread = opened.enter_context(ThreadPoolExecutor(1, "desktop"))
            self._desktop = self._thread.submit(open_desktop).result()
            opened.callback(lambda: self._thread.submit(self._desktop.close).result())
            display = self._desktop.environment.get("DISPLAY")
            self._capture = self._thread.submit(ScreenCapture, display).result()
            opened.callback(lambda: self._thread.submit(self._capture.close).result())
            self.machine = GuestMachine(self._desktop.environment, self._desktop.region)
            opened.callback(self.machine.close)
            self._opened = opened.pop_all()

    def close(self) -> None:
        self._opened.close()

    @property
    def table(self) -> RouteTable:
        return {
            ("GET", "/deixis"): self._describe,
            ("GET", "/observe"): self._observe,
            ("POST", "/act"): self._act,
            ("GET", "/screenshot"): self._screenshot,
            ("POST", "/screen_size"): self._screen_size,
            ("GET", "/cursor_position"): self._cursor_position,
            ("GET", "/platform"): lambda _: Answer.text(platform.system()),
            ("POST", "/window_size"): self._window_size,
            ("POST", "/setup/activate_window"): self._activate_window,
        }

    def _describe(self, _: Asked) -> Answer:
        return _told(Description(capabilities=self._desktop.capabilities))

    def _observe(self, _: Asked) -> Answer:
        seen = self._thread.submit(self._desktop.observe).result()
        told = Seen(
            frame_id=seen.frame.id,
            origin_dev=seen.frame.origin_dev,
            dev_per_px=seen.frame.dev_per_px,
            title=seen.title,
            notes=seen.notes,
            settled=seen.settled,
            settle_s=seen.settle_s,
            capture_s=seen.capture_s,
        )
        return _picture(seen.frame.pixels, {Seen.HEADER: told.model_dump_json(ensure_ascii=True)})

    def _act(self, asked: Asked) -> Answer:
        action = ACTIONS.validate_json(asked.json)
        try:
            outcome = self._thread.submit(self._desktop.execute, action).result()
        except (ActionFailed, PointOutsideFrame, StaleFrame, TakenOver, UnsupportedAction) as error:
            refusal = Refusal(error=type(error).__name__, message=str(error))
            return Answer(json=refusal.model_dump(mode="json"), status=409)
        return _told(Acted(note=outcome.note, seconds=outcome.seconds))

    def _screenshot(self, _: Asked) -> Answer:
        return _picture(self._thread.submit(self._capture.grab, self._desktop.region).result(), {})

    def _screen_size(self, _: Asked) -> Answer:
        region = self._desktop.region
        return Answer(json={"width": region.width_dev, "height": region.height_dev})

    def _cursor_position(self, _: Asked) -> Answer:
        return Answer(json=list(self.machine.pointer()))

    def _window_size(self, asked: Asked) -> Answer:
        name = asked.form_field("app_class_name")
        with self.machine.windows() as windows:
            window = windows.named(name, strict=True, by_class=True)
            if window is None:
                raise NotFound(f"There is no window of the class {name!r}.")
            width, height = windows.size_px(window)
        return Answer(json={"width": width, "height": height})

    def _activate_window(self, asked: Asked) -> Answer:
        wanted = WindowName.model_validate_json(asked.json)
        with self.machine.window(wanted.window_name, wanted.strict, wanted.by_class) as (windows, window):
            windows.activate(window)
        return Answer.text("Window activated successfully")


def _told(content: BaseModel) -> Answer:
    return Answer(json=content.model_dump(mode="json"))


def _picture(pixels: Pixels, headers: Mapping[str, str]) -> Answer:
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG", compress_level=_PNG_COMPRESSION)
    return Answer(png.getvalue(), "image/png", headers=headers)
