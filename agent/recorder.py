"""Writes the record of an episode while it runs.

Lines are flushed at once; frames are compressed in a thread of their own, off the step's path. Knows events and the
record's form (`agent.trajectory`); knows no model and no environment.
"""

from __future__ import annotations

import platform
import queue
import threading
from collections.abc import Callable, Sequence
from io import SEEK_END
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image

from agent.episode import (
    Acted,
    Decided,
    Event,
    Intervened,
    Observed,
    Refused,
    Settings,
    Started,
    StepEnded,
    Stopped,
    Wrote,
)
from agent.looking import Look
from agent.trajectory import (
    ActedEntry,
    DecidedEntry,
    Entry,
    IntervenedEntry,
    LookEntry,
    ObservedEntry,
    RecordError,
    RefusedEntry,
    RunInfo,
    StepEndedEntry,
    StoppedEntry,
    VerifiedEntry,
)
from agent.version import own_version

_PENDING_FRAMES = 8
"""Frames that may wait for compression; beyond that a step waits for the disk."""


class Recorder:
    """Writes the record of one episode into a folder. Use it as a context manager; `record` is a listener.

    Args:
        folder: where; it is made when it is not there.
        conceal: takes what must not be written out of a line.
        resume: go on with the record that the folder holds.

    Raises:
        RecordError: the folder cannot be made, or holds a run already that is not to be resumed.
    """

    def __init__(self, folder: Path, *, conceal: Callable[[str], str] = str, resume: bool = False) -> None:
        self._folder, self._conceal, self._resume = folder, conceal, resume
        if (folder / "run.json").exists() and not resume:
            raise RecordError(f"{folder} holds a recorded run already: choose another folder.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if resume:
                _cut_off_half_a_line(folder / "steps.jsonl")
            self._lines = (folder / "steps.jsonl").open("a", encoding="utf-8")
        except OSError as error:
            raise _cannot_write(folder, error) from error
        self._frames = _FrameWriter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def record(self, event: Event) -> None:
        """Add an event.

        Raises:
            RecordError: the disk does not take it.
        """
        try:
            match event:
                case Started() if self._resume:
                    pass  # its settings are those of the first time
                case Started(settings):
                    # In one piece or not at all, whenever the process is killed.
                    written = self._folder / "run.json.part"
                    written.write_text(_run_info(settings).model_dump_json(indent=1) + "\n", encoding="utf-8")
                    written.replace(self._folder / "run.json")
                case Observed(step, observation):
                    picture = f"{step:03d}.png"
                    self._frames.put(self._folder / picture, observation.frame.pixels)
                    self._add(_observed(event, picture))
                case Wrote():
                    pass  # the whole text comes with the decision
                case _:
                    self._add(_entry(event))
        except OSError as error:
            raise _cannot_write(self._folder, error) from error

    def close(self) -> None:
        """Wait until everything is on the disk. May be called twice.

        Raises:
            RecordError: a frame could not be written.
        """
        self._lines.close()
        try:
            self._frames.close()
        except OSError as error:
            raise _cannot_write(self._folder, error) from error

    def _add(self, entry: Entry) -> None:
        self._lines.write(self._conceal(entry.model_dump_json()) + "\n")
        self._lines.flush()


def add_verdict(folder: Path, success: bool, detail: str) -> None:
    """Add what a check has found to the record of an episode that is over.

    Raises:
        RecordError: the folder holds no record, or the disk does not take it.
    """
    try:
        with (folder / "steps.jsonl").open("r+", encoding="utf-8") as lines:
            lines.seek(0, SEEK_END)
            lines.write(VerifiedEntry(success=success, detail=detail).model_dump_json() + "\n")
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _cut_off_half_a_line(path: Path) -> None:
    """Remove what was not written whole, which the next line would be joined to."""
    with path.open("r+b") as lines:
        lines.truncate(lines.read().rfind(b"\n") + 1)


class _FrameWriter:
    """Compresses frames to PNG in one thread, in order."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[Path, NDArray[np.uint8]] | None] = queue.Queue(_PENDING_FRAMES)
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._work, name="frame writer", daemon=True)
        self._thread.start()

    def put(self, path: Path, pixels: NDArray[np.uint8]) -> None:
        if self._error:
            raise self._error
        self._waiting.put((path, pixels))

    def close(self) -> None:
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()
        if self._error:
            raise self._error

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            path, pixels = item
            if self._error is None:
                try:
                    Image.fromarray(pixels).save(
                        path, compress_level=1
                    )  # three times faster than the default, a little larger
                except OSError as error:
                    self._error = error


def _run_info(settings: Settings) -> RunInfo:
    return RunInfo(
        deixis=own_version(), python=platform.python_version(), platform=platform.platform(), settings=settings
    )


def _observed(event: Observed, picture: str) -> ObservedEntry:
    seen = event.observation
    return ObservedEntry(
        step=event.step,
        picture=picture,
        width_px=seen.frame.width_px,
        height_px=seen.frame.height_px,
        title=seen.title,
        url=seen.url,
        tabs=seen.tabs,
        notes=seen.notes,
        settled=seen.settled,
        settle_s=seen.settle_s,
        capture_s=seen.capture_s,
    )


def _entry(event: Decided | Refused | Acted | Intervened | StepEnded | Stopped) -> Entry:
    match event:
        case Decided(step, decision):
            return DecidedEntry(
                step=step,
                text=decision.text,
                answer=decision.answer,
                looks=_looks(decision.looks),
                prompt_s=decision.prompt_s,
                generate_s=decision.generate_s,
                parse_s=decision.parse_s,
            )
        case Refused(step, unreadable):
            return RefusedEntry(step=step, error=str(unreadable), looks=_looks(unreadable.looks))
        case Acted(step, result):
            return ActedEntry(step=step, result=result)
        case Intervened(step, what):
            return IntervenedEntry(step=step, what=what)
        case StepEnded(step):
            return StepEndedEntry(step=step.number, timing=step.timing, memory_bytes=psutil.Process().memory_info().rss)
        case Stopped(episode):
            return StoppedEntry(
                reason=episode.reason,
                detail=episode.detail,
                claimed_success=episode.claimed_success,
                answer=episode.answer,
                seconds=episode.seconds,
                output_tokens=episode.output_tokens,
            )


def _looks(looks: Sequence[Look]) -> tuple[LookEntry, ...]:
    return tuple(
        LookEntry(box_px=look.box_px, reply=look.reply, error=None if look.error is None else str(look.error))
        for look in looks
    )


def _cannot_write(folder: Path, error: OSError) -> RecordError:
    return RecordError(f"The run cannot be recorded in {folder}: {error.strerror or error}.")
