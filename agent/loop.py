"""One episode: observe, prompt, generate, parse, act, record, until it is over.

An action is carried out once or not at all: what failed may have had an effect, so the model is told and decides. Knows
the seams of environments and models, no backend and no task.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent import formats
from agent.episode import (
    Acted,
    ActionResult,
    Decided,
    Episode,
    Event,
    Limits,
    Listener,
    Observed,
    Refused,
    Settings,
    Started,
    Step,
    StepEnded,
    StepTiming,
    Stopped,
    StopReason,
    Wrote,
)
from agent.history import History, notes_on
from agent.looking import Unreadable, look
from agent.recorder import Recorder
from agent.stuck import RepetitionCounter
from envs.actions import Action, AskUser, Terminate, Wait
from envs.base import ActionFailed, Env, EnvUnavailable, Observation, TakenOver, UnsupportedAction
from envs.frame import PointOutsideFrame, StaleFrame
from model.base import GREEDY, Model, Sampling
from model.messages import Timing

MAX_REPETITIONS = 3
"""How often the same actions may be chosen on an unchanged screen; the last time they are not carried out any more."""

_REPEATED = "The same was done before and the screen has not changed: try something else."


@dataclass(frozen=True)
class Agent:
    """Carries out instructions in an environment.

    Example:
        >>> with Browser(url) as browser:
        ...     episode = Agent(load_model("nano"), browser).run('Click "Sign in"')
        >>> episode.success
        True
    """

    model: Model
    """What decides."""
    env: Env
    """Where it acts; it stays the caller's to close."""
    format: formats.Format | None = None
    """How the model is asked; by default as it was trained."""
    limits: Limits = field(default_factory=Limits)
    """When to stop, whatever the model thinks."""
    looks: int = 2
    """How often a model that sees small pictures looks at a screen: 1 or 2, as in `agent.looking`."""
    sampling: Sampling = GREEDY
    """How answers are drawn."""
    ask_person: Callable[[str], str | None] | None = None
    """Puts the model's questions to a person, None when nobody answers; without it the first question ends the
    episode."""
    record: Path | None = None
    """The folder for the record of the next episode, which must not hold one yet; by default nothing is recorded."""
    listeners: Sequence[Listener] = ()
    """Called with every event."""
    clock: Callable[[], float] = time.perf_counter
    """Seconds, from any origin."""
    sleep: Callable[[float], None] = time.sleep
    """What waiting is."""

    def run(self, instruction: str) -> Episode:
        """Carry out an instruction. However the episode ends, also by Ctrl-C, it is returned and its record is whole.

        Raises:
            ModelError: the model cannot answer at all.
            RecordError: the record cannot be written.
        """
        with ExitStack() as stack:
            listeners = tuple(self.listeners)
            if self.record is not None:
                listeners = (stack.enter_context(Recorder(self.record)).record, *listeners)
            return _Run(self, instruction, listeners).to_the_end()


@dataclass(frozen=True, slots=True)
class _Ending:
    reason: StopReason
    detail: str
    answer: str | None = None


class _Run:
    """One episode under way."""

    def __init__(self, agent: Agent, instruction: str, listeners: Sequence[Listener]) -> None:
        kinds = agent.env.capabilities | ({"ask_user"} if agent.ask_person else frozenset[str]())
        self._agent, self._instruction, self._listeners = agent, instruction, listeners
        self._format = agent.format or formats.for_model(agent.model, kinds)
        self._history = History(self._format.max_pictures)
        self._repetitions = RepetitionCounter()
        self._started = agent.clock()
        self._steps: list[Step] = []
        self._output_tokens = 0
        self._notes: list[str] = []
        """What the next prompt has to tell about the actions before."""
        self._last: Observation | None = None
        self._telling_s = 0.0

    def to_the_end(self) -> Episode:
        agent = self._agent
        self._tell(
            Started(
                Settings(
                    self._instruction,
                    agent.model.name,
                    self._format.name,
                    agent.model.view_px,
                    agent.looks,
                    agent.limits,
                    agent.sampling,
                )
            )
        )
        try:
            ending = self._reached_limit()
            while ending is None:
                ending = self._step(len(self._steps) + 1) or self._reached_limit()
        except EnvUnavailable as error:
            ending = _Ending(StopReason.ENV_LOST, str(error))
        except TakenOver as error:
            ending = _Ending(StopReason.INTERRUPTED, str(error))
        except KeyboardInterrupt:
            ending = _Ending(StopReason.INTERRUPTED, "The episode was interrupted.")
        claims = {StopReason.SUCCESS: True, StopReason.FAILURE: False}
        episode = Episode(
            self._instruction,
            ending.reason,
            ending.detail,
            claims.get(ending.reason),
            ending.answer,
            tuple(self._steps),
            agent.clock() - self._started,
            self._output_tokens,
        )
        self._tell(Stopped(episode))
        return episode

    def _reached_limit(self) -> _Ending | None:
        limits = self._agent.limits
        if len(self._steps) >= limits.max_steps:
            return _Ending(StopReason.STEP_LIMIT, f"{limits.max_steps} steps were not enough.")
        if self._agent.clock() - self._started >= limits.max_seconds:
            return _Ending(StopReason.TIME_LIMIT, f"{limits.max_seconds:g} seconds were not enough.")
        if self._output_tokens >= limits.max_output_tokens:
            return _Ending(StopReason.TOKEN_LIMIT, f"{limits.max_output_tokens} tokens of answers were not enough.")
        return None

    def _step(self, number: int) -> _Ending | None:
        agent, clock = self._agent, self._agent.clock
        began, told_before = clock(), self._telling_s
        observation = agent.env.observe()
        self._tell(Observed(number, observation))
        notes = (*self._notes, *notes_on(observation, self._last))
        self._last, self._notes = observation, []
        try:
            decision = look(
                agent.model,
                self._format,
                observation.frame,
                self._instruction,
                self._history.steps,
                notes,
                looks=agent.looks,
                sampling=replace(agent.sampling, max_tokens=min(agent.sampling.max_tokens, self._tokens_left())),
                on_text=lambda text: self._tell(Wrote(number, text)),
            )
        except Unreadable as unreadable:
            self._output_tokens += sum(each.reply.output_tokens for each in unreadable.looks)
            self._tell(Refused(number, unreadable))
            return _Ending(StopReason.UNPARSEABLE, str(unreadable))
        self._output_tokens += decision.output_tokens
        self._tell(Decided(number, decision))
        repetitions = self._repetitions.count(observation.frame, decision.actions)
        if repetitions >= MAX_REPETITIONS:
            return _Ending(
                StopReason.STUCK,
                f"The same was chosen {repetitions} times on a screen that does not change: {decision.answer.action}",
            )
        acting = clock()
        results, ending = self._act(number, decision.actions)
        acted = clock()
        self._notes = [result.note for result in results if result.note] + [_REPEATED] * (repetitions > 1)
        self._history.add(decision.answer, observation.frame, notes, all(result.done for result in results))
        timing = StepTiming(
            observation.settle_s,
            observation.capture_s,
            decision.prompt_s,
            decision.generate_s,
            _sum(each.reply.timing for each in decision.looks),
            decision.parse_s,
            acted - acting,
            self._telling_s - told_before,
            clock() - began,
        )
        self._steps.append(Step(number, decision, results, timing))
        self._tell(StepEnded(self._steps[-1]))
        return ending

    def _act(self, number: int, actions: Sequence[Action]) -> tuple[tuple[ActionResult, ...], _Ending | None]:
        """Carry out actions in order, up to one that fails or ends the episode: the rest did not reckon with that."""
        results: list[ActionResult] = []
        for action in actions:
            started = self._agent.clock()
            note, ending, done = "", None, True
            try:
                note, ending = self._carry_out(action)
            except (UnsupportedAction, ActionFailed, StaleFrame, PointOutsideFrame) as error:
                note, done = str(error), False
            results.append(ActionResult(action, done, note, self._agent.clock() - started))
            self._tell(Acted(number, results[-1]))
            if ending or not done:
                return tuple(results), ending
        return tuple(results), None

    def _carry_out(self, action: Action) -> tuple[str, _Ending | None]:
        """What the model is told about an action, and the ending that it brings about."""
        match action:
            case Terminate(success=True):
                return "", _Ending(
                    StopReason.SUCCESS, action.answer or "The model says that the task is done.", action.answer
                )
            case Terminate():
                return "", _Ending(
                    StopReason.FAILURE, action.answer or "The model says that the task cannot be done.", action.answer
                )
            case Wait():
                self._agent.sleep(action.seconds)
                return "", None
            case AskUser():
                answer = self._agent.ask_person(action.question) if self._agent.ask_person else None
                if answer is None:
                    return "", _Ending(
                        StopReason.NEEDS_USER, f"The model asks, and nobody can answer: {action.question}"
                    )
                return f"The user answers: {answer}", None
            case _:
                # Every action that reaches the environment passes here: the place of whatever may still refuse it.
                return self._agent.env.execute(action).note, None

    def _tokens_left(self) -> int:
        return self._agent.limits.max_output_tokens - self._output_tokens

    def _tell(self, event: Event) -> None:
        began = self._agent.clock()
        for listener in self._listeners:
            listener(event)
        self._telling_s += self._agent.clock() - began


def _sum(timings: Iterable[Timing]) -> Timing:
    each = list(timings)
    return Timing(
        sum(timing.preprocess_s for timing in each),
        sum(timing.vision_s for timing in each),
        sum(timing.prefill_s for timing in each),
        sum(timing.decode_s for timing in each),
    )
