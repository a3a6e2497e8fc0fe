"""A desktop on another machine, over that machine's HTTP server: a guest of OSWorld or WindowsAgentArena, or our own.

Knows what makes an observation, when a point is stale, and the two ways to act: a server of ours takes typed actions
and waits itself until its screen rests; a published one takes pictures only and runs commands, so that the waiting is
done from here and an action is `envs.guest_program` with the action as data. An action is sent once: when its answer
does not come, the model is told that it may have happened.
"""

from __future__ import annotations

import io
import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from envs import guest_program
from envs.actions import Action, Click, Drag, Move, Press, Scroll, TypeText
from envs.base import ActionFailed, Env, EnvUnavailable, Observation, Outcome, TakenOver, UnsupportedAction
from envs.frame import Frame, Pixels, Point, PointOutsideFrame, StaleFrame
from envs.guest_client import GuestClient, GuestRefused, NoAnswer
from envs.guest_protocol import Acted, Description, Refusal, Seen
from envs.qemu_monitor import QemuMonitor
from envs.settle import Patience, settle

_CAPABILITIES: Final = frozenset({"click", "move", "drag", "scroll", "type", "press"})
_ERRORS: Final[dict[str, type[Exception]]] = {
    error.__name__: error
    for error in (ActionFailed, EnvUnavailable, PointOutsideFrame, StaleFrame, TakenOver, UnsupportedAction)
}
"""What a server of ours can answer to an action."""


class RemoteDesktop(Env):
    """The screen, the mouse and the keyboard of a guest machine. Device coordinates are the guest's pixels.

    Attributes:
        guest: the guest's server, for files, commands and windows.
    """

    def __init__(
        self, address: str, *, token: str | None = None, monitor: str | None = None, patience: Patience | None = None
    ) -> None:
        """Reach a guest.

        Args:
            address: of its server, such as "127.0.0.1:5000".
            token: what it wants to be shown, if anything.
            monitor: the address of QEMU's monitor, to take the screen from there and not from a published server.
            patience: how long to wait for the screen to rest, where that is done from here.

        Raises:
            EnvUnavailable: there is no guest, or it does not take the token.
        """
        self._patience = patience or Patience()
        self._frame: Frame | None = None
        self._frame_id_there = 0
        self._closed = False
        with ExitStack() as opened:
            self.guest = opened.enter_context(GuestClient(address, token=token))
            self._description = _description(self.guest)
            self._screenshot = self.guest.screenshot
            if monitor is not None:
                screen = QemuMonitor(monitor)
                opened.callback(screen.close)
                self._screenshot = screen.screenshot
            self._opened = opened.pop_all()

    @property
    def capabilities(self) -> frozenset[str]:
        return _CAPABILITIES if self._description is None else self._description.capabilities

    def observe(self) -> Observation:
        self._refuse_if_closed()
        try:
            return self._settle_here() if self._description is None else self._settled_there()
        except (NoAnswer, GuestRefused) as error:
            raise EnvUnavailable(f"The guest shows no screen any more: {error}") from error

    def execute(self, action: Action) -> Outcome:
        self._refuse_if_closed()
        if action.kind not in self.capabilities:
            raise UnsupportedAction(f"A guest machine cannot {action.kind}.")
        begin = time.monotonic()
        try:
            note = self._run_program(action) if self._description is None else self._act_there(action)
        except NoAnswer as error:
            raise ActionFailed(f"{error} The action may have happened: look at the screen.") from error
        return Outcome(note, time.monotonic() - begin)

    def close(self) -> None:
        self._closed = True
        self._opened.close()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise EnvUnavailable("The guest was let go.")

    # ---- a published server

    def _settle_here(self) -> Observation:
        last: tuple[bytes, Pixels] | None = None

        def look() -> Pixels:
            nonlocal last
            png = self._screenshot()
            if last is None or last[0] != png:
                last = png, _pixels(png)
            return last[1]

        rest = settle(look, self._patience)
        self._frame = Frame(rest.pixels)
        return Observation(self._frame, settled=rest.settled, settle_s=rest.seconds, capture_s=rest.capture_s)

    def _run_program(self, action: Action) -> str:
        command = ["python", "-c", _PROGRAM, json.dumps(self._in_pixels(action))]
        try:
            done = self.guest.execute(command)
        except GuestRefused as error:
            raise ActionFailed(f"The guest could not carry out the action: {error}") from error
        if done.returncode not in (0, None):
            reason = done.error.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
            raise ActionFailed(f"The guest could not {action.kind}: {reason[0]}")
        return ""

    def _in_pixels(self, action: Action) -> dict[str, object]:
        """An action as `envs.guest_program` reads it."""
        told: dict[str, object] = {"kind": action.kind}
        match action:
            case Click():
                return told | {"at": self._place(action.at), "button": action.button.value, "count": action.count}
            case Move():
                return told | {"at": self._place(action.to)}
            case Drag():
                start = {} if action.start is None else {"at": self._place(action.start)}
                return told | start | {"end": self._place(action.end), "button": action.button.value}
            case Scroll():
                at = {} if action.at is None else {"at": self._place(action.at)}
                return told | at | {"vertical": action.vertical, "horizontal": action.horizontal}
            case TypeText():
                return told | {"text": action.text}
            case Press():
                return told | {"keys": action.keys, "presses": action.presses}
            case _:  # refused before
                return told

    def _place(self, point: Point) -> tuple[int, int]:
        x, y = self._current().to_device(point)
        return int(x), int(y)

    def _current(self) -> Frame:
        if self._frame is None:
            raise StaleFrame("The screen was not looked at yet.")
        return self._frame

    # ---- a server of ours

    def _settled_there(self) -> Observation:
        reply = self.guest.look("GET", "/observe")
        seen = Seen.model_validate_json(reply.headers[Seen.HEADER])
        self._frame = Frame(_pixels(reply.content), seen.origin_dev, seen.dev_per_px)
        self._frame_id_there = seen.frame_id
        return Observation(
            self._frame,
            title=seen.title,
            notes=seen.notes,
            settled=seen.settled,
            settle_s=seen.settle_s,
            capture_s=seen.capture_s,
        )

    def _act_there(self, action: Action) -> str:
        reply = self.guest.act("/act", json=self._told_there(action), accept=(409,))
        if reply.status_code == 409:
            refusal = Refusal.model_validate_json(reply.content)
            raise _ERRORS.get(refusal.error, ActionFailed)(refusal.message)
        return Acted.model_validate_json(reply.content).note

    def _told_there(self, action: Action) -> dict[str, object]:
        """An action with its points on the guest's own frame of the same picture."""
        told: dict[str, object] = action.model_dump(mode="json")
        for name, value in action:
            if isinstance(value, Point):
                self._current().to_device(value)  # raises when the point is stale
                told[name] = {"frame_id": self._frame_id_there, "x": value.x, "y": value.y}
        return told


_PROGRAM: Final = Path(guest_program.__file__).read_text(encoding="utf-8")


def _description(guest: GuestClient) -> Description | None:
    """What a server of ours says of itself; None for any other.

    Raises:
        EnvUnavailable: nobody answers.
    """
    try:
        return Description.model_validate_json(guest.look("GET", "/deixis").content)
    except GuestRefused as refused:
        if refused.status == 404:
            return None
        raise EnvUnavailable(f"{guest.address} is no guest's server: {refused}") from refused
    except (EnvUnavailable, NoAnswer) as error:
        raise EnvUnavailable(str(error)) from error
    except ValueError as error:
        raise EnvUnavailable(f"{guest.address} is no guest's server, or one of another version.") from error


def _pixels(png: bytes) -> Pixels:
    try:
        with Image.open(io.BytesIO(png)) as picture:
            return np.ascontiguousarray(picture.convert("RGB"), dtype=np.uint8)
    except (UnidentifiedImageError, OSError) as error:
        raise EnvUnavailable("What the guest sent for its screen is no picture.") from error
