"""How exactly a desktop is hit, and whether typed text arrives: measured through the whole chain, on a known window.

The window shows a single point; it is found in the captured picture, clicked by way of the frame's map, and the window
says where the click arrived. What is wrong between the picture and the pointer shows as an error in pixels.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from envs.actions import Button, Click, Press, TypeText
from envs.base import EnvUnavailable
from envs.desktop import Desktop
from envs.frame import Frame, Point
from envs.screen_capture import Region

TEXTS = (
    "The quick brown fox jumps over the lazy dog 0123456789",
    "< > | \\ ~ ^ ` ' \" @ # $ % & { } [ ]",
    "äöüß ÄÖÜ éèêç ñ å ø æ ½ € £",
    "Ελληνικά Кириллица 日本語 한국어",
)
ANSWER_S = 10.0
"""How long the window may take to say that something arrived."""
_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Aim:
    """A click at a known place, in units of the input device."""

    target_dev: tuple[int, int]
    hit_dev: tuple[int, int]

    @property
    def error(self) -> int:
        """The larger of both distances, in units of the input device."""
        return max(abs(hit - target) for hit, target in zip(self.hit_dev, self.target_dev, strict=True))


@dataclass(frozen=True, slots=True)
class Typed:
    """A text, and what arrived of it."""

    text: str
    arrived: str

    @property
    def lost(self) -> int:
        """How many characters did not arrive."""
        return (Counter(self.text) - Counter(self.arrived)).total()


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured."""

    region: Region
    dev_per_px: float
    aims: tuple[Aim, ...]
    typed: tuple[Typed, ...]

    @property
    def is_exact(self) -> bool:
        """Whether everything was hit and arrived."""
        return all(aim.error == 0 for aim in self.aims) and all(typed.text == typed.arrived for typed in self.typed)


def targets(region: Region) -> list[tuple[int, int]]:
    """Corners, edges, centre and places between, in units of the input device."""
    columns, rows = (
        [start, start + 1, start + size // 3, start + size // 2, start + size - 2, start + size - 1]
        for start, size in ((region.left_dev, region.width_dev), (region.top_dev, region.height_dev))
    )
    return [(x, y) for y in rows for x in columns]


def calibrate(desktop: Desktop, texts: Sequence[str] = TEXTS) -> Calibration:
    """Click and type through a desktop, into a window that covers what it sees.

    Args:
        desktop: what is measured.
        texts: what is typed, one line each.

    Raises:
        EnvUnavailable: the window cannot be opened, is not seen, or something covers it.
    """
    with _window(desktop.region, desktop.environment) as window:
        aims: list[Aim] = []
        dev_per_px = 1.0
        for target in targets(desktop.region):
            window.ask("target", *target)
            frame = desktop.observe().frame
            dev_per_px = frame.dev_per_px
            desktop.execute(Click(at=_dark_point(frame), button=Button.LEFT))
            aims.append(Aim(target, window.clicked()))
        window.ask("text")
        typed: list[Typed] = []
        for text in texts:
            desktop.execute(TypeText(text=text))
            desktop.execute(Press(keys=("enter",)))
            typed.append(Typed(text, str(window.answer("typed")[0])))
        return Calibration(desktop.region, dev_per_px, tuple(aims), tuple(typed))


def _dark_point(frame: Frame) -> Point:
    """The middle of what is not white."""
    rows, columns = np.nonzero(frame.pixels.max(axis=2) < 128)
    if not len(rows):
        raise EnvUnavailable("The calibration window is not seen: is the screen locked, or captured blindly?")
    x, y = (columns.min() + columns.max() + 1) / 2, (rows.min() + rows.max() + 1) / 2
    return frame.point(float(x) / frame.width_px, float(y) / frame.height_px)


class _Window:
    """The calibration window, run as a program of its own."""

    def __init__(self, commands: IO[str], answers: IO[str]) -> None:
        self._commands = commands
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(answers,), daemon=True).start()

    def ask(self, *command: object) -> None:
        """Let it show something, and wait until it does."""
        print(json.dumps(command), file=self._commands, flush=True)
        self.answer("shown")

    def answer(self, kind: str) -> list[object]:
        """What it tells next of that kind; anything else is passed over."""
        while True:
            try:
                line = self._answers.get(timeout=ANSWER_S)
            except queue.Empty:
                raise EnvUnavailable(
                    f"Nothing arrived in the calibration window within {ANSWER_S:g} s: does something cover it?"
                ) from None
            if not line:
                raise EnvUnavailable("The calibration window was closed, or could not be opened.")
            what, *rest = json.loads(line)
            if what == kind:
                return rest

    def clicked(self) -> tuple[int, int]:
        """The place of the next click."""
        _, x, y, _ = self.answer("button")
        assert isinstance(x, int)
        assert isinstance(y, int)
        return x, y

    def _read(self, answers: IO[str]) -> None:
        for line in answers:
            self._answers.put(line)
        self._answers.put("")


@contextmanager
def _window(region: Region, environment: Mapping[str, str]) -> Generator[_Window]:
    place = [str(value) for value in (region.width_dev, region.height_dev, region.left_dev, region.top_dev)]
    command = [sys.executable, "-m", "envs.calibration_window", *place]
    with subprocess.Popen(
        command, cwd=_ROOT, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield _Window(process.stdin, process.stdout)
        finally:
            process.stdin.close()
            process.terminate()
