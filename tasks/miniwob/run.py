"""Running MiniWoB++: the agent works in the browser environment, and the page itself says what it is worth.

An episode counts with the task's raw reward, negative ones as 0: how long it took makes no difference, beyond the limit
that the page keeps. What the model claims counts for nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final

from agent import formats
from agent.control import Choice, Order
from agent.episode import Limits, Listener, StopReason
from agent.loop import Agent
from agent.trajectory import RecordError
from agent.version import own_commit, own_version
from envs.actions import Navigate
from envs.base import EnvError
from envs.browser import Browser
from model.base import GREEDY, Model, ModelError
from tasks.errors import InfrastructureError
from tasks.miniwob.pages import Episode, MiniWobPages, size_of
from tasks.results import OutcomeKind, RunCard, TaskResult, cause_of, of_episode

SCALE: Final = 2.0
"""Pixels per CSS pixel: a task is 160 wide, and its letters are too small for the eyes of most models."""


def key_of(episode: Episode) -> str:
    """What tells an episode from the others of a run: the task is the domain, the seed the id."""
    return f"{episode.task}/{episode.seed}"


def card_of(model: Model, episodes: Sequence[Episode], limits: Limits) -> RunCard:
    """What a run of a model on episodes is, for its folder."""
    return RunCard(
        deixis=own_version(),
        commit=own_commit(),
        started=datetime.now(UTC),
        model=model.name,
        view_px=model.view_px,
        format=formats.for_model(model).name,
        temperature=GREEDY.temperature,
        max_steps=limits.max_steps,
        max_seconds=limits.max_seconds,
        suite="miniwob",
        sha256=_sha256(),
        tasks=tuple(map(key_of, episodes)),
    )


def _sha256() -> str:
    """Of what the distribution's list of files has about the pages: a hash of each."""
    from hashlib import sha256

    listed = (metadata.distribution("miniwob").read_text("RECORD") or "").splitlines()
    return sha256("\n".join(sorted(line for line in listed if line.startswith("miniwob/html/"))).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _UntilTheEnd:
    """Ends the agent's episode when the page has ended its own."""

    pages: MiniWobPages

    def wants_in(self) -> bool:
        return self.pages.end is not None

    def step_in(self) -> Order | None:
        return Order(Choice.ABORT) if self.wants_in() else None


class MiniWob:
    """Gives an agent episodes, one after the other. Use it as a context manager."""

    def __init__(
        self,
        model: Model,
        pages: MiniWobPages,
        records: Path,
        limits: Limits,
        *,
        headless: bool = True,
        listeners: Sequence[Listener] = (),
    ) -> None:
        """Be ready.

        Args:
            model: what decides.
            pages: MiniWoB++'s, which are being served.
            records: the folder for the folders of episodes.
            limits: of the agent.
            headless: do not show the browser.
            listeners: called with each event of each episode.
        """
        self._model, self._pages, self._records = model, pages, records
        self._limits, self._headless, self._listeners = limits, headless, listeners
        self._browser: tuple[Browser, tuple[int, int]] | None = None

    def __enter__(self) -> MiniWob:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def outcomes(self, episodes: Iterable[Episode]) -> Iterator[TaskResult]:
        """One outcome for each episode, as it comes.

        Raises:
            KeyboardInterrupt: the run was interrupted; the episode under way has no outcome.
        """
        for episode in episodes:
            blank = TaskResult(
                task=key_of(episode), outcome=OutcomeKind.INFRASTRUCTURE_ERROR, finished=datetime.now(UTC)
            )
            try:
                result = self._played(episode, blank)
            except (ModelError, RecordError) as error:
                result = blank.model_copy(update={"outcome": OutcomeKind.AGENT_ERROR, "cause": cause_of(error)})
            except (EnvError, InfrastructureError) as error:
                self._close()
                result = blank.model_copy(update={"cause": cause_of(error)})
            yield result.model_copy(update={"finished": datetime.now(UTC)})

    def _played(self, episode: Episode, result: TaskResult) -> TaskResult:
        browser = self._browser_for(size_of(episode.task))
        browser.execute(Navigate(url=self._pages.begin(episode)))
        record = self._records / key_of(episode) / "episode"
        shutil.rmtree(record, ignore_errors=True)  # of a time that was cut off
        agent = Agent(
            self._model,
            browser,
            limits=self._limits,
            supervisor=_UntilTheEnd(self._pages),
            record=record,
            listeners=self._listeners,
        )
        played = agent.run(self._pages.instruction())
        result = result.model_copy(update=of_episode(played))
        if played.reason is StopReason.ENV_LOST:
            self._close()
            return result.model_copy(update={"cause": played.detail})
        browser.observe()  # what the last action has begun comes to its end
        end = self._pages.end
        if end is None and played.reason is StopReason.INTERRUPTED:
            raise KeyboardInterrupt
        cause = (
            "The agent stopped before the task was over." if end is None else f"reward {end.raw_reward:g} {end.reason}"
        )
        score = 0.0 if end is None else max(0.0, end.raw_reward)
        return result.model_copy(update={"outcome": OutcomeKind.SCORED, "score": score, "cause": cause.strip()})

    def _browser_for(self, size: tuple[int, int]) -> Browser:
        if self._browser is None or self._browser[1] != size:
            self._close()
            self._browser = Browser(viewport=size, device_scale_factor=SCALE, headless=self._headless), size
        return self._browser[0]

    def _close(self) -> None:
        if self._browser is not None:
            self._browser[0].close()
            self._browser = None
