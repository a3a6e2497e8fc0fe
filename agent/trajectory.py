"""The record of an episode: what its files hold, and how they are read.

A run is a folder: `run.json` with the settings, `steps.jsonl` with one event a line, `001.png`, `002.png`... with the
frames. Lines are only ever added, so an interrupted run is a shorter run. The viewer and the reports read nothing else.
What writes it is `agent.recorder`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, cast

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from agent.episode import (
    ActionResult,
    Settings,
    StepTiming,
    StopReason,
)
from agent.formats.base import Answer
from envs.base import Tab
from envs.frame import Frame
from model.messages import Reply

FORMAT_VERSION = 1


class RecordError(Exception):
    """Raised when a record cannot be written, or a folder does not hold one. The message says what to do."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RunInfo(_Entry):
    """`run.json`: what a run was made with."""

    format_version: Literal[1] = FORMAT_VERSION
    deixis: str
    """Version of this package."""
    python: str
    platform: str
    settings: Settings


class ObservedEntry(_Entry):
    """What was seen."""

    event: Literal["observed"] = "observed"
    step: int
    picture: str
    """File name of the frame."""
    width_px: int
    height_px: int
    title: str
    url: str | None
    tabs: tuple[Tab, ...]
    notes: tuple[str, ...]
    settled: bool
    settle_s: float
    capture_s: float


class LookEntry(_Entry):
    """A picture shown to the model and its answer."""

    box_px: tuple[int, int, int, int]
    reply: Reply
    error: str | None


class DecidedEntry(_Entry):
    """What the model decided."""

    event: Literal["decided"] = "decided"
    step: int
    text: str
    answer: Answer
    looks: tuple[LookEntry, ...]
    prompt_s: float
    generate_s: float
    parse_s: float

    @field_validator("answer", mode="before")
    @classmethod
    def _as_decided(cls, answer: object) -> object:
        """Without how its target was to be told apart, which earlier records have in another form: that is over."""
        if isinstance(answer, dict):
            return {name: value for name, value in cast(dict[str, object], answer).items() if name != "apart"}
        return replace(answer, apart=None) if isinstance(answer, Answer) else answer


class RefusedEntry(_Entry):
    """Answers of which none could be used."""

    event: Literal["refused"] = "refused"
    step: int
    error: str
    looks: tuple[LookEntry, ...]


class ActedEntry(_Entry):
    """What became of an action."""

    event: Literal["acted"] = "acted"
    step: int
    result: ActionResult


class IntervenedEntry(_Entry):
    """The user stepped in."""

    event: Literal["intervened"] = "intervened"
    step: int
    what: str


class StepEndedEntry(_Entry):
    """Where a step's time went."""

    event: Literal["step_ended"] = "step_ended"
    step: int
    timing: StepTiming
    memory_bytes: int | None = None
    """What the process had in memory; None in records from before it was written."""


class StoppedEntry(_Entry):
    """How it ended."""

    event: Literal["stopped"] = "stopped"
    reason: StopReason
    detail: str
    claimed_success: bool | None
    answer: str | None
    seconds: float
    output_tokens: int


class VerifiedEntry(_Entry):
    """What a check found after the episode."""

    event: Literal["verified"] = "verified"
    success: bool
    detail: str


Entry = Annotated[
    ObservedEntry | DecidedEntry | RefusedEntry | ActedEntry | IntervenedEntry | StepEndedEntry | StoppedEntry
    | VerifiedEntry,
    Field(discriminator="event"),
]  # fmt: skip
_ENTRIES: TypeAdapter[Entry] = TypeAdapter(Entry)


@dataclass(slots=True)
class RecordedStep:
    """One step as far as it came before the run ended."""

    observed: ObservedEntry
    decided: DecidedEntry | None = None
    refused: RefusedEntry | None = None
    results: list[ActionResult] = field(default_factory=list[ActionResult])
    timing: StepTiming | None = None
    """None when the run ended within the step."""
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A recorded run."""

    folder: Path
    info: RunInfo
    steps: tuple[RecordedStep, ...]
    stopped: StoppedEntry | None
    """None when the run was cut off before it could say how it ended."""
    verified: VerifiedEntry | None
    """None when nobody has checked what the model claims."""
    interventions: tuple[IntervenedEntry, ...] = ()
    """When the user stepped in."""

    @staticmethod
    def load(folder: Path) -> Trajectory:
        """Read a run, also one that was cut off: what was not written whole is not there.

        Raises:
            RecordError: the folder holds no run, or something else has damaged it.
        """
        try:
            info = RunInfo.model_validate_json((folder / "run.json").read_bytes())
            lines = (folder / "steps.jsonl").read_bytes().split(b"\n")
        except FileNotFoundError as error:
            raise RecordError(
                f"{folder} holds no recorded run: there is no {Path(error.filename).name} in it."
            ) from None
        except OSError as error:
            raise RecordError(f"{folder} cannot be read: {error.strerror or error}.") from error
        except ValidationError as error:
            raise RecordError(f"{folder / 'run.json'} is damaged: {_first_fault(error)}.") from error
        steps: list[RecordedStep] = []
        stopped: StoppedEntry | None = None
        verified: VerifiedEntry | None = None
        interventions: list[IntervenedEntry] = []
        for number, line in enumerate(lines[:-1], start=1):  # after the last newline there is nothing, or half a line
            try:
                entry = _ENTRIES.validate_json(line)
            except ValidationError as error:
                raise RecordError(
                    f"{folder / 'steps.jsonl'}, line {number}, is damaged: {_first_fault(error)}."
                ) from error
            if isinstance(entry, StoppedEntry):
                stopped = entry
            elif isinstance(entry, VerifiedEntry):
                verified = entry
            elif isinstance(entry, IntervenedEntry):
                interventions.append(entry)
            elif isinstance(entry, ObservedEntry):
                stopped = None  # it was resumed
                steps.append(RecordedStep(entry))
            elif not steps:
                raise RecordError(f"{folder / 'steps.jsonl'}, line {number}, belongs to a step that was not observed.")
            else:
                _add_to(steps[-1], entry)
        return Trajectory(folder, info, tuple(steps), stopped, verified, tuple(interventions))

    def refuse_if_over(self) -> None:
        """Make sure that there is something to resume.

        Raises:
            RecordError: the model has ended it.
        """
        if self.stopped is not None and self.stopped.claimed_success is not None:
            claim = "done" if self.stopped.claimed_success else "impossible"
            raise RecordError(f"{self.folder} cannot be resumed: the model has ended it and says that it is {claim}.")

    def frame(self, step: RecordedStep) -> Frame:
        """A step's frame; a black one when its picture was not written whole."""
        path, seen = self.picture(step), step.observed
        if path is None:
            return Frame(np.zeros((seen.height_px, seen.width_px, 3), np.uint8))
        with Image.open(path) as image:
            return Frame(np.asarray(image.convert("RGB")))

    def picture(self, step: RecordedStep) -> Path | None:
        """The file of a step's frame; None when the run was cut off before it was written whole."""
        path = self.folder / step.observed.picture
        try:
            with Image.open(path) as image:
                image.verify()
        except (OSError, SyntaxError):  # what Pillow raises for a PNG that ends early
            return None
        return path


def last_url(trajectory: Trajectory) -> str | None:
    """The page on which a run was seen last; None outside of browsers."""
    return trajectory.steps[-1].observed.url if trajectory.steps else None


def _add_to(step: RecordedStep, entry: DecidedEntry | RefusedEntry | ActedEntry | StepEndedEntry) -> None:
    match entry:
        case DecidedEntry():
            step.decided = entry
        case RefusedEntry():
            step.refused = entry
        case ActedEntry():
            step.results.append(entry.result)
        case StepEndedEntry():
            step.timing, step.memory_bytes = entry.timing, entry.memory_bytes


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    return f"{'.'.join(str(part) for part in fault['loc'])} {fault['msg']}".strip()
