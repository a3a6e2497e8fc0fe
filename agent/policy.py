"""What the agent may do: the rules that a user writes, and which of them an action meets.

A policy is a YAML file. The first rule that an action meets decides; hosts, windows and secrets are fences that no rule
opens. Knows actions and observations; asks nobody and carries nothing out: that is `agent.guard`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

import regex
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from agent.episode import Limits
from agent.ruling import Effect, Ruling
from envs.actions import Action, Drag, Navigate, OpenTab, Press, SelectOption, TypeText, Upload, pointed_at
from envs.addresses import BLANK, host_matches, host_of
from envs.base import Observation

_MATCH_S = 0.2
"""How long one pattern may take; a rule that is not decided by then is met, unless it allows."""
_WAYS_BACK = frozenset({"back", "close_tab", "switch_tab"})
"""What leads away from a page without doing anything on it."""


class PolicyError(Exception):
    """Raised when a policy cannot be read or says something impossible. The message says where and what."""


Kind = Literal[
    "click", "move", "drag", "scroll", "type", "press", "navigate", "back", "switch_tab", "open_tab", "close_tab",
    "select_option", "upload",
]  # fmt: skip


def _valid_pattern(pattern: str) -> str:
    try:
        regex.compile(pattern)
    except regex.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return pattern


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Region(_Model):
    """A part of the screen, in fractions of it."""

    left: Annotated[float, Field(ge=0, le=1)] = 0.0
    top: Annotated[float, Field(ge=0, le=1)] = 0.0
    right: Annotated[float, Field(ge=0, le=1)] = 1.0
    bottom: Annotated[float, Field(ge=0, le=1)] = 1.0


class Rule(_Model):
    """What is done with actions that meet all the conditions given; one without conditions is met by every action."""

    effect: Effect
    kinds: tuple[Kind, ...] | None = None
    hosts: tuple[str, ...] | None = None
    """Of the page acted on, or of the page that is to be opened. `*.example.org` is every host below it."""
    windows: tuple[str, ...] | None = None
    """Titles of the active window or page, with `*` for anything."""
    text: Annotated[str, AfterValidator(_valid_pattern)] | None = None
    """A regular expression, searched for in what is typed, pressed, chosen, opened or uploaded, and in the model's own
    words for the step."""
    region: Region | None = None
    """Where the action points at."""
    reason: str = ""
    """Told to the person who is asked and to the model."""

    def is_met(self, action: Action, observation: Observation, words: str) -> bool:
        """Whether an action meets all conditions.

        Args:
            action: what is to be done.
            observation: the screen it was decided on.
            words: the model's words for it.
        """
        return (
            (self.kinds is None or action.kind in self.kinds)
            and (self.hosts is None or host_matches(host_of(_target(action, observation)), self.hosts))
            and (self.windows is None or title_matches(observation.title, self.windows))
            and (self.region is None or _points_into(action, self.region))
            and (self.text is None or self._finds((*texts_of(action), words)))
        )

    def _finds(self, texts: Sequence[str]) -> bool:
        try:
            return any(regex.search(self.text or "", text, timeout=_MATCH_S) for text in texts)
        except TimeoutError:
            return self.effect is not Effect.ALLOW


class Budgets(_Model):
    """What an episode may use; what is not given stays as it is."""

    steps: Annotated[int, Field(ge=0)] | None = None
    seconds: Annotated[float, Field(gt=0)] | None = None
    tokens: Annotated[int, Field(ge=0)] | None = None


class Policy(_Model):
    """What the agent may do."""

    hosts: tuple[str, ...] | None = None
    """The only ones on which a browser may be, as in `Rule.hosts`; by default all."""
    windows: tuple[str, ...] | None = None
    """The only ones in which the agent may act, as in `Rule.windows`; by default all."""
    downloads: bool = True
    """Whether a browser may save files."""
    secrets: dict[str, tuple[str, ...]] = {}
    """The hosts where a secret may be typed, by its name, or the titles of windows outside of browsers. By default it
    is typed on the host where the episode began, and in windows only when the user agrees."""
    rules: tuple[Rule, ...] = ()
    default: Effect = Effect.ALLOW
    """For actions that meet no rule."""
    budgets: Budgets = Budgets()

    def judge(self, action: Action, observation: Observation, words: str = "") -> Ruling:
        """What is to be done with an action that was decided on an observation; arguments as in `Rule.is_met`."""
        if outside := self._outside(action, observation):
            return Ruling(Effect.DENY, outside)
        for rule in self.rules:
            if rule.is_met(action, observation, words):
                return Ruling(rule.effect, rule.reason)
        return Ruling(self.default, "")

    def within(self, limits: Limits) -> Limits:
        """The stricter of the policy's budgets and other limits."""
        budgets = self.budgets
        return Limits(
            limits.max_steps if budgets.steps is None else min(budgets.steps, limits.max_steps),
            limits.max_seconds if budgets.seconds is None else min(budgets.seconds, limits.max_seconds),
            limits.max_output_tokens if budgets.tokens is None else min(budgets.tokens, limits.max_output_tokens),
        )

    def _outside(self, action: Action, observation: Observation) -> str:
        """Why an action lies outside the fences; empty when it does not."""
        if self.windows is not None and not title_matches(observation.title, self.windows):
            return f"The window {observation.title!r} is not one of those in which you may act."
        if self.hosts is None or observation.url is None or action.kind in _WAYS_BACK:
            return ""
        address = _target(action, observation)
        if address == BLANK or host_matches(host_of(address), self.hosts):
            return ""
        return f"{host_of(address) or 'This address'} is not one of the hosts you may use: {', '.join(self.hosts)}."

    @staticmethod
    def load(path: Path) -> Policy:
        """Read a policy file.

        Raises:
            PolicyError: it cannot be read, is no YAML, or says something impossible.
        """
        import yaml

        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            return Policy.model_validate({} if content is None else content)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
            raise PolicyError(f"The policy {path} cannot be read: {reason}.") from error
        except yaml.YAMLError as error:
            raise PolicyError(f"The policy {path} is no YAML: {' '.join(str(error).split())}.") from error
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(part) for part in fault["loc"]) or "its top"
            raise PolicyError(f"The policy {path} is wrong at {where}: {fault['msg']}.") from error


ON_A_PAGE = Policy(
    rules=(
        Rule(
            effect=Effect.ASK,
            kinds=("click", "press"),
            text=r"(?i)\b(buy|pay|purchase|place (the |your |my )?order|transfer|delete|erase|send money)\b",
            reason="It may cost money or cannot be undone.",
        ),
        Rule(effect=Effect.ASK, kinds=("upload",), reason="It gives a file away."),
    )
)
"""For a browser: what may cost money or give something away is asked."""

ON_THE_USERS_DESKTOP = Policy(
    rules=(
        *ON_A_PAGE.rules,
        Rule(
            effect=Effect.ASK,
            kinds=("type",),
            text=r"(?i)\b(sudo|rm\s+-|mkfs|dd\s+if=|shutdown|reboot|format\s+[a-z]:|curl\s.*\|\s*(ba)?sh)",
            reason="It looks like a command that changes the system.",
        ),
    )
)
"""For the user's own desktop: commands that change the system are asked as well."""

ON_AN_OWN_DISPLAY = Policy()
"""For a display of the agent's own: everything is allowed."""

DEFAULTS = {"browser": ON_A_PAGE, "desktop": ON_THE_USERS_DESKTOP, "virtual": ON_AN_OWN_DISPLAY}
"""By the environment's name on the command line."""


def texts_of(action: Action) -> tuple[str, ...]:
    """The texts that an action hands to the environment."""
    match action:
        case TypeText(text=text) | SelectOption(option=text) | Navigate(url=text):
            return (text,)
        case OpenTab():
            return () if action.url is None else (action.url,)
        case Press():
            return ("+".join(action.keys),)
        case Upload():
            return action.paths
        case _:
            return ()


def _target(action: Action, observation: Observation) -> str:
    """The address that an action opens, or else that of the page it acts on; empty outside of browsers."""
    match action:
        case Navigate(url=url):
            return url
        case OpenTab():
            return action.url or BLANK
        case _:
            return observation.url or ""


def title_matches(title: str, patterns: Sequence[str]) -> bool:
    """Whether a title is one of those, in any case, with `*` for anything."""
    return any(fnmatchcase(title.casefold(), pattern.casefold()) for pattern in patterns)


def _points_into(action: Action, region: Region) -> bool:
    points = [pointed_at(action), action.start if isinstance(action, Drag) else None]
    return any(
        point is not None and region.left <= point.x <= region.right and region.top <= point.y <= region.bottom
        for point in points
    )
