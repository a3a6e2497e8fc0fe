"""A desktop as an environment: one monitor, or a region of the screen, with the mouse and the keyboard.

Knows what makes an observation, when a point is stale, and when the user wants the mouse back. `screen_capture` takes
the pictures; `x11_input` is the input device on X11, `pyautogui_input` everywhere else.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from envs.actions import Action, Click, Drag, Move, Press, Scroll, TypeText
from envs.base import Env, EnvUnavailable, Observation, Outcome, TakenOver, UnsupportedAction
from envs.frame import Frame, Pixels, Point, StaleFrame
from envs.input_device import InputDevice
from envs.screen_capture import Region, ScreenCapture, frame_of
from envs.settle import Patience, settle

STOP_KEY = ("win", "esc")
"""Super and Escape: on every keyboard, and no desktop environment does harm by it; Ctrl+Alt+Escape kills windows on
Xfce and KDE."""
_CAPABILITIES = frozenset({"click", "move", "drag", "scroll", "type", "press"})
CORNER_DEV = 3
"""Side of the squares in the desktop's corners that stop the agent when the user moves the pointer there."""


class Desktop(Env):
    """A monitor of a desktop, or a part of one. Device coordinates are those of the desktop, physical pixels on X11."""

    def __init__(
        self,
        monitor: int = 1,
        *,
        region: Region | None = None,
        display: str | None = None,
        hot_corners: bool = True,
        stop_key: Sequence[str] | None = STOP_KEY,
        patience: Patience | None = None,
    ) -> None:
        """Open a desktop.

        Args:
            monitor: which one, counted from 1; 1 is the primary one.
            region: look at this part of the desktop instead of a monitor.
            display: of X11, such as ":99"; by default the user's.
            hot_corners: whether the user stops the agent by moving the pointer into a corner of the desktop.
            stop_key: keys that together do what Ctrl-C in the terminal does, whichever program has the keyboard; None
                for no such keys. Only on X11.
            patience: how long to wait for the screen to rest.

        Raises:
            EnvUnavailable: there is no such desktop, monitor or region, or it cannot be seen and used.
        """
        self._patience = patience or Patience()
        self._hot_corners = hot_corners
        self._display = display
        self._frame: Frame | None = None
        self._stopped = False
        with ExitStack() as opened:
            refuse_wayland(display)
            self._capture = ScreenCapture(display)
            opened.callback(self._capture.close)
            self._region = _chosen(self._capture, monitor, region)
            self._title = _title_of(display, opened)
            self._input = input_device(display)
            opened.callback(self._input.close)
            self._left_at = self._input.position()
            """Where the pointer was after the last action, or at the beginning."""
            if stop_key is not None and _is_x11(display):
                from envs.x11_stop_key import StopKey

                opened.callback(StopKey(stop_key, self._interrupt, display).close)
            self._opened: ExitStack | None = opened.pop_all()

    @property
    def capabilities(self) -> frozenset[str]:
        return _CAPABILITIES

    @property
    def region(self) -> Region:
        """What is seen of the desktop."""
        return self._region

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables of programs that are to appear on it."""
        return os.environ | ({"DISPLAY": self._display} if self._display else {})

    def observe(self) -> Observation:
        self._refuse_if_closed()
        rest = settle(self._look, self._patience)
        self._frame = frame_of(rest.pixels, self._region)
        return Observation(
            self._frame,
            title=self._title(),
            settled=rest.settled,
            settle_s=rest.seconds,
            capture_s=rest.capture_s,
        )

    def execute(self, action: Action) -> Outcome:
        self._refuse_if_closed()
        if action.kind not in self.capabilities:
            raise UnsupportedAction(f"A desktop cannot {action.kind}.")
        self._refuse_if_taken_over()
        begin = time.monotonic()
        try:
            self._perform(action)
        finally:
            self._left_at = self._input.position()
        return Outcome(seconds=time.monotonic() - begin)

    def glance(self, box_px: tuple[int, int, int, int]) -> Pixels:
        self._refuse_if_closed()
        left, top, right, bottom = box_px
        return self._look()[top:bottom, left:right]

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _look(self) -> Pixels:
        return self._capture.grab(self._region)

    def _perform(self, action: Action) -> None:
        device = self._input
        match action:
            case Click():
                device.move(*self._place(action.at))
                device.click(action.button, action.count)
            case Move():
                device.move(*self._place(action.to))
            case Drag():
                end = self._place(action.end)
                if action.start is not None:
                    device.move(*self._place(action.start))
                device.drag(*end, action.button)
            case Scroll():
                if action.at is not None:
                    device.move(*self._place(action.at))
                device.scroll(action.vertical, action.horizontal)
            case TypeText():
                device.type_text(action.text)
            case Press():
                device.press(action.keys, action.presses)
            case _:  # refused before
                pass

    def _place(self, point: Point) -> tuple[float, float]:
        if self._frame is None:
            raise StaleFrame("The screen was not looked at yet.")
        return self._frame.to_device(point)

    def _refuse_if_closed(self) -> None:
        if self._opened is None:
            raise EnvUnavailable("The desktop was closed.")

    def _interrupt(self) -> None:
        """The stop key was pressed: interrupt the main thread, or act no more where that is ignored."""
        main = threading.main_thread().ident
        if main is None or signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in a shell's background
            self._stopped = True
        else:
            signal.pthread_kill(main, signal.SIGINT)

    def _refuse_if_taken_over(self) -> None:
        """Whoever moves the pointer into a corner wants it back; where it has been left before says nothing."""
        if self._stopped:
            raise TakenOver("The stop key was pressed: the user has stopped the agent.")
        if not self._hot_corners:
            return
        x, y = at = self._input.position()
        whole = self._capture.desktop
        beside = min(x - whole.left_dev, whole.left_dev + whole.width_dev - 1 - x) < CORNER_DEV
        above = min(y - whole.top_dev, whole.top_dev + whole.height_dev - 1 - y) < CORNER_DEV
        if beside and above and at != self._left_at:
            raise TakenOver("The pointer was moved into a corner of the screen: the user has stopped the agent.")


def _is_x11(display: str | None) -> bool:
    return sys.platform == "linux" or display is not None


def refuse_wayland(display: str | None) -> None:
    """On Wayland a program may neither see the screen nor act on it; what XWayland shows of it is black.

    Raises:
        EnvUnavailable: the user's own desktop is meant and is a Wayland session.
    """
    if display is None and sys.platform == "linux" and os.environ.get("WAYLAND_DISPLAY"):
        raise EnvUnavailable(
            "This is a Wayland session, in which no program may capture the screen or act on it. Use a display of the"
            " agent's own (--env virtual), or log in to an X11 session ('Xorg' on the login screen)."
        )


def _chosen(capture: ScreenCapture, monitor: int, region: Region | None) -> Region:
    if region is not None:
        if region.width_dev < 1 or region.height_dev < 1 or not capture.desktop.contains(region):
            raise EnvUnavailable(f"The region {region} is not on the desktop, which is {capture.desktop}.")
        return region
    monitors = capture.monitors
    if not 1 <= monitor <= len(monitors):
        there = ", ".join(f"{number}: {found}" for number, found in enumerate(monitors, start=1))
        raise EnvUnavailable(f"There is no monitor {monitor}. There are {there}.")
    return monitors[monitor - 1]


def input_device(display: str | None) -> InputDevice:
    """The mouse and the keyboard of a display of X11, by default of the user's desktop.

    Raises:
        EnvUnavailable: there is no such desktop.
    """
    if _is_x11(display):
        from envs.x11_input import X11Input

        return X11Input(display)
    from envs.pyautogui_input import PyAutoGuiInput

    return PyAutoGuiInput()


def _title_of(display: str | None, opened: ExitStack) -> Callable[[], str]:
    """What tells the active window's title, to be closed with `opened`."""
    if _is_x11(display):
        from envs.x11_windows import X11Windows

        windows = X11Windows(display)
        opened.callback(windows.close)
        return windows.active_title
    from envs.pyautogui_input import active_title

    return active_title
