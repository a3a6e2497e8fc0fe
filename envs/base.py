"""The seam between the agent and whatever it sees and acts in.

Knows what every environment promises; knows no backend, no model and no task.

    EnvError                        anything below
    ├── EnvUnavailable              the environment cannot be started or has gone; the message names the remedy
    ├── UnsupportedAction           this environment cannot do that kind of action
    ├── ActionFailed                it was tried and did not work; the message is meant for the model
    └── TakenOver                   the user wants the mouse and the keyboard back
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

from envs.actions import Action
from envs.frame import Frame, Pixels, Point


class EnvError(Exception):
    """Base of what environments raise."""


class EnvUnavailable(EnvError):
    """Raised when an environment cannot be started, or has gone: no browser, no display, no answer from an address."""


class UnsupportedAction(EnvError):
    """Raised for a kind of action that is not among the environment's capabilities."""


class ActionFailed(EnvError):
    """Raised when an action was tried and did not work. It may have had an effect and must not be repeated blindly."""


class TakenOver(EnvError):
    """Raised instead of acting when the user has shown that the agent is to stop."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A page that is open in a browser."""

    title: str
    url: str
    active: bool = False


@dataclass(frozen=True, slots=True)
class Download:
    """A file that a browser has saved."""

    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Observation:
    """A frame and what else is known at the moment it was taken."""

    frame: Frame
    title: str = ""
    """Of the active window or page."""
    url: str | None = None
    tabs: tuple[Tab, ...] = ()
    downloads: tuple[Download, ...] = ()
    """Finished since the observation before."""
    notes: tuple[str, ...] = ()
    """What happened since then and cannot be seen: a dialog was answered, a file chooser waits. For the model."""
    settled: bool = True
    """Whether the screen had come to rest within the time allowed."""
    settle_s: float = 0.0
    capture_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an action that was carried out."""

    note: str = ""
    """For the model; empty when there is nothing to say."""
    seconds: float = 0.0


@runtime_checkable
class Env(Protocol):
    """A place with a screen and an input device.

    Use it as a context manager, or call `close`. It must hold `envs.check.check_env`.
    """

    @property
    def capabilities(self) -> frozenset[str]:
        """The `kind`s of the actions it can carry out. Waiting, asking and ending are the agent's own."""
        ...

    def observe(self) -> Observation:
        """Wait until the screen rests, within a cap, and capture it.

        Raises:
            EnvUnavailable: the environment has gone.
        """
        ...

    def execute(self, action: Action) -> Outcome:
        """Carry out one action. Its points must come from the latest observation's frame.

        Raises:
            StaleFrame: a point was read from an earlier frame.
            UnsupportedAction: the action's kind is not among the capabilities.
            ActionFailed: it was tried and did not work.
            TakenOver: it was not tried, because the user wants the agent to stop.
            EnvUnavailable: the environment has gone.
        """
        ...

    def glance(self, box_px: tuple[int, int, int, int]) -> Pixels | None:
        """How a part of the latest frame looks now, without waiting for rest; its points stay valid.

        Args:
            box_px: left, top, right, bottom in pixels of the latest frame, right and bottom excluded.

        Returns:
            (bottom - top, right - left, 3), or None where the environment cannot tell.

        Raises:
            EnvUnavailable: the environment has gone.
        """
        return None

    def conceal(self, texts: Sequence[str]) -> bool:
        """Blacken these texts on every frame from now on.

        Returns:
            False where the environment cannot tell where its texts are.
        """
        return False

    def receiver_url(self, at: Point | None = None) -> str | None:
        """The address of the page, an inner one too, that gets what is typed; None outside of browsers.

        Args:
            at: a place of the latest frame, to know what gets what is dropped or pasted there instead.

        Raises:
            StaleFrame: the place was read from an earlier frame.
            EnvUnavailable: the environment has gone.
        """
        return None

    def close(self) -> None:
        """Release everything: keys, buttons, processes. May be called twice.

        Whatever else is called afterwards raises EnvUnavailable.
        """
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
