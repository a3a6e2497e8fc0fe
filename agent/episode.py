"""What an episode consists of, how it can end, and what is told while it runs.

Knows data only. Whoever wants to follow an episode (a display, a recorder) is a listener: a function that is called
with each event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from agent.looking import Decision, Unreadable
from agent.ruling import Ruling
from envs.actions import Action
from envs.base import Observation
from model.base import GREEDY, Sampling
from model.messages import Timing


@dataclass(frozen=True, slots=True)
class Limits:
    """When an episode is over, whatever the model thinks."""

    max_steps: int = 30
    max_seconds: float = 3600.0
    """Looked at between steps: a step that has begun is finished."""
    max_output_tokens: int = 200_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an episode was run with; what a record needs so that it can be run again."""

    instruction: str
    model: str
    format: str
    view_px: tuple[int, int] | None
    looks: int = 1
    limits: Limits = field(default_factory=Limits)
    sampling: Sampling = GREEDY
    started: datetime = field(default_factory=lambda: datetime.now(UTC))


class StopReason(StrEnum):
    """Why an episode ended."""

    SUCCESS = "success"
    """The model says that the task is done."""
    FAILURE = "failure"
    """The model says that the task cannot be done."""
    STEP_LIMIT = "step_limit"
    TIME_LIMIT = "time_limit"
    TOKEN_LIMIT = "token_limit"
    UNPARSEABLE = "unparseable"
    """The model's answer could not be used, not even after it was told so."""
    STUCK = "stuck"
    """The same actions were chosen on the same screen again and again."""
    NEEDS_USER = "needs_user"
    """The model asked something and nobody was there to answer."""
    INTERRUPTED = "interrupted"
    """By the user: Ctrl-C, or the pointer in a corner of the screen."""
    ENV_LOST = "env_lost"
    """The environment has gone."""


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What became of an action."""

    action: Action
    done: bool
    """False when it was refused or failed; it may have had an effect all the same."""
    note: str
    """For the model; empty when there is nothing to say."""
    seconds: float
    ruling: Ruling | None = None
    """What the guard decided; None for what does not reach the environment."""


@dataclass(frozen=True, slots=True)
class StepTiming:
    """Where the time of a step went, in seconds."""

    settle_s: float
    """Waiting until the screen rested."""
    capture_s: float
    prompt_s: float
    """Cutting pictures and writing prompts."""
    generate_s: float
    """The model, as seen from outside; its own split is in `model`."""
    model: Timing
    parse_s: float
    act_s: float
    record_s: float
    """Telling the listeners, the recorder among them."""
    total_s: float


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of the loop."""

    number: int
    """From 1."""
    decision: Decision
    results: tuple[ActionResult, ...]
    """Of the actions that were begun; the last may have failed."""
    timing: StepTiming


@dataclass(frozen=True, slots=True)
class Episode:
    """What came of an instruction.

    What the model claims and what a check has found are two things: `claimed_success` is the model's word, `verified`
    is set by whoever knows the task, with `dataclasses.replace`, and stays None where nobody does.
    """

    instruction: str
    reason: StopReason
    detail: str
    """The reason in a sentence."""
    claimed_success: bool | None
    """None when the model said neither."""
    answer: str | None
    """What the model replied to a question that was the task."""
    steps: tuple[Step, ...]
    seconds: float
    output_tokens: int
    verified: bool | None = None

    @property
    def success(self) -> bool:
        """The check's verdict where there is one, else the model's."""
        return self.claimed_success is True if self.verified is None else self.verified


# ---- events


@dataclass(frozen=True, slots=True)
class Started:
    """The settings are known and nothing was done yet."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class Observed:
    """The screen was looked at."""

    step: int
    observation: Observation


@dataclass(frozen=True, slots=True)
class Wrote:
    """The model wrote a piece of its answer."""

    step: int
    text: str


@dataclass(frozen=True, slots=True)
class Decided:
    """The model decided what to do."""

    step: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class Refused:
    """No answer of the model could be used."""

    step: int
    unreadable: Unreadable


@dataclass(frozen=True, slots=True)
class Acted:
    """An action was carried out, or was refused."""

    step: int
    result: ActionResult


@dataclass(frozen=True, slots=True)
class Intervened:
    """The user stepped in."""

    step: int
    """The one that was under way or would have been next."""
    what: str
    """In a sentence."""


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step is over."""

    step: Step


@dataclass(frozen=True, slots=True)
class Stopped:
    """The episode is over."""

    episode: Episode


Event = Started | Observed | Wrote | Decided | Refused | Acted | Intervened | StepEnded | Stopped
Listener = Callable[[Event], None]
