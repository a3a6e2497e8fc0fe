"""Our agent as OSWorld's and WindowsAgentArena's own runners know agents: `predict` a step, `reset` before a task.

    agent = OSWorldAgent(load_model("nano"))      # in place of PromptAgent in OSWorld's run.py

Their runners own the loop, and so does ours; both are kept by letting an episode run in a thread, in an environment
whose screen is what `predict` was given and whose actions are what `predict` returns.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Final, cast

import numpy as np
from PIL import Image, UnidentifiedImageError

from agent.episode import Decided, Episode, Event, Limits, StopReason
from agent.loop import Agent
from envs.actions import Action
from envs.base import Env, EnvUnavailable, Observation, Outcome, UnsupportedAction
from envs.fake import POINTING
from envs.frame import Frame, Point, StaleFrame
from model.base import GREEDY, Model, Sampling
from tasks.osworld_actions import DONE, FAIL, WAIT, ActionSpace, Written, written

_AS_LONG_AS_THE_RUNNER: Final = Limits(max_steps=10_000, max_seconds=7 * 24 * 3600.0, max_output_tokens=100_000_000)
"""Their runners count the steps."""

Observed = Mapping[str, object]
"""What their environments observe; only "screenshot" is looked at, a PNG or a PIL image."""


@dataclass
class _Turn:
    """What came of one look at the screen."""

    response: list[str] = field(default_factory=list[str])
    actions: list[Written] = field(default_factory=list[Written])
    error: BaseException | None = None


class _RunnersDesktop(Env):
    """A desktop that somebody else looks at and acts on."""

    def __init__(self, space: ActionSpace, windows: bool) -> None:
        self._space, self._windows = space, windows
        self._screens = SimpleQueue[Image.Image | None]()
        self._turns = SimpleQueue[_Turn]()
        self._turn: _Turn | None = None
        self._last: Written | None = None
        self._frame: Frame | None = None

    @property
    def capabilities(self) -> frozenset[str]:
        return POINTING

    def observe(self) -> Observation:
        self.hand_over()
        screen = self._screens.get()
        if screen is None:
            raise EnvUnavailable("The runner has gone on to another task.")
        self._turn = _Turn()
        self._frame = Frame(np.ascontiguousarray(screen.convert("RGB"), dtype=np.uint8))
        return Observation(self._frame)

    def execute(self, action: Action) -> Outcome:
        if action.kind not in self.capabilities:
            raise UnsupportedAction(f"A desktop cannot {action.kind}.")
        if self._turn is None:
            raise StaleFrame("The screen was not looked at yet.")
        self._turn.actions += written(action, self._place, self._space, windows=self._windows)
        return Outcome()

    def close(self) -> None:
        """Let the episode end the next time that it looks."""
        self._screens.put(None)

    def show(self, screen: Image.Image) -> _Turn:
        """Give the episode a screen, and wait for what it makes of it; one that is over says its last word again."""
        if self._last is not None:
            return _Turn(actions=[self._last])
        self._screens.put(screen)
        return self._turns.get()

    def note(self, event: Event) -> None:
        """Keep what the model has said."""
        if self._turn is not None and isinstance(event, Decided):
            self._turn.response += [look.reply.text for look in event.decision.looks]

    def end(self, last: Written, error: BaseException | None = None) -> None:
        """The episode is over."""
        turn = self._turn or _Turn()
        turn.actions.append(last)
        turn.error = error
        self._turn, self._last = turn, last
        self.hand_over()

    def hand_over(self) -> None:
        """The turn is over."""
        if self._turn is not None:
            self._turns.put(self._turn)
        self._turn = None

    def _place(self, point: Point) -> tuple[int, int]:
        assert self._frame is not None  # there is a turn
        x, y = self._frame.to_device(point)
        return int(x), int(y)


class _RunnersAgent:
    """An agent whose loop somebody else owns.

    Attributes:
        action_space: as the environment was made with; the runner's results lie in a folder of that name.
        observation_type: what the environment has to observe.
    """

    def __init__(
        self, model: Model, space: ActionSpace, windows: bool, sampling: Sampling, record: Path | None
    ) -> None:
        self.action_space = space
        self.observation_type = "screenshot"
        self._model, self._windows, self._sampling, self._record = model, windows, sampling, record
        self._desktop: _RunnersDesktop | None = None
        self._thread: threading.Thread | None = None
        self._episodes = 0

    def reset(self, _logger: object = None, **_runner: object) -> None:
        """Forget the task; the next `predict` begins one. Whatever runners give along is not needed."""
        if self._desktop is not None and self._thread is not None:
            self._desktop.close()
            self._thread.join()
        self._desktop = self._thread = None

    def _step(self, instruction: str, obs: Observed) -> tuple[str, list[Written]]:
        screen = _screen(obs)
        if screen is None:  # their controllers give None when a guest does not answer: look again
            return "", [WAIT]
        if self._desktop is None:
            self._desktop = self._begun(instruction)
        turn = self._desktop.show(screen)
        if turn.error is not None:
            raise turn.error
        return "\n".join(turn.response), turn.actions or [WAIT]

    def _begun(self, instruction: str) -> _RunnersDesktop:
        desktop = _RunnersDesktop(self.action_space, self._windows)
        self._episodes += 1
        agent = Agent(
            self._model,
            desktop,
            limits=_AS_LONG_AS_THE_RUNNER,
            sampling=self._sampling,
            record=None if self._record is None else self._record / f"{self._episodes:04}",
            listeners=[desktop.note],
            sleep=lambda seconds: None,  # the runner waits, for the word WAIT
        )
        self._thread = threading.Thread(target=_run, args=(agent, desktop, instruction), name="episode", daemon=True)
        self._thread.start()
        return desktop


class OSWorldAgent(_RunnersAgent):
    """An agent for OSWorld's `lib_run_single.run_single_example`."""

    def __init__(
        self,
        model: Model,
        *,
        action_space: str = ActionSpace.PYAUTOGUI,
        sampling: Sampling = GREEDY,
        record: Path | None = None,
    ) -> None:
        """Make an agent.

        Args:
            model: what decides.
            action_space: "pyautogui" or "computer_13", as the environment has it.
            sampling: how answers are drawn.
            record: a folder for our own records of the episodes, numbered; by default there are none.
        """
        super().__init__(model, ActionSpace(action_space), False, sampling, record)

    def predict(self, instruction: str, obs: Observed) -> tuple[str, list[Written]]:
        """Decide what to do.

        Args:
            instruction: the task; that of the first call after `reset` counts.
            obs: what the environment has observed.

        Returns:
            What the model has written, and the actions for `env.step`, at least one.

        Raises:
            ModelError, RecordError: as `Agent.run` does.
            EnvUnavailable: what was observed is no picture.
        """
        return self._step(instruction, obs)


class WindowsArenaAgent(_RunnersAgent):
    """An agent for WindowsAgentArena's client, whose runner wants four things of `predict`."""

    def __init__(
        self,
        model: Model,
        *,
        action_space: str = ActionSpace.CODE_BLOCK,
        sampling: Sampling = GREEDY,
        record: Path | None = None,
    ) -> None:
        """Make an agent; the arguments are those of `OSWorldAgent`, and an action space may be "code_block"."""
        super().__init__(model, ActionSpace(action_space), True, sampling, record)

    def predict(self, instruction: str, obs: Observed) -> tuple[str, list[Written], dict[str, object], None]:
        """Decide what to do, as `OSWorldAgent.predict`.

        Returns:
            What the model has written, the actions, what the runner logs, and no update of the guest's `computer`:
            actions name places, and it would have to know elements only.
        """
        response, actions = self._step(instruction, obs)
        return response, actions, {"plan_result": response}, None


def _run(agent: Agent, desktop: _RunnersDesktop, instruction: str) -> None:
    try:
        episode = agent.run(instruction)
    except BaseException as error:  # is raised where the runner asks
        desktop.end(FAIL, error)
        return
    if episode.reason is not StopReason.ENV_LOST:  # nobody waits then
        desktop.end(_last_word(episode))


def _last_word(episode: Episode) -> Written:
    """FAIL is for who says that the task cannot be done: an agent that is stuck has not said so."""
    return FAIL if episode.claimed_success is False else DONE


def _screen(obs: Observed) -> Image.Image | None:
    shown = obs.get("screenshot")
    if isinstance(shown, Image.Image) or shown is None:
        return shown
    try:
        picture = Image.open(io.BytesIO(cast(bytes, shown)))
        picture.load()
    except (UnidentifiedImageError, OSError, TypeError) as error:
        raise EnvUnavailable('What the runner observed as "screenshot" is no picture.') from error
    return picture
