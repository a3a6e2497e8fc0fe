"""One episode: observe, prompt, generate, parse, act, record, until it is over.

Knows the seams of environments and models, no backend and no task. How actions are carried out is `agent.acting`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent import formats
from agent.acting import Actor, Ending
from agent.control import Choice, Nobody, Order, Supervisor
from agent.episode import (
    Acted,
    Decided,
    Episode,
    Event,
    Intervened,
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
from agent.formats.base import SEARCHING
from agent.guard import AskConsent, Guard
from agent.history import History, notes_on
from agent.looking import Decision, Unreadable, look
from agent.policy import Policy
from agent.recorder import Recorder
from agent.searching import Search
from agent.secrets import Secrets, read_secret
from agent.stuck import Health, RepetitionCounter
from agent.trajectory import Trajectory
from envs.base import Env, EnvUnavailable, Observation, TakenOver
from envs.frame import Frame
from model.base import GREEDY, Model, Sampling
from model.messages import Timing

ANOTHER_APPROACH_TEMPERATURE = 0.7
"""How answers are drawn after one that led nowhere again and again: the likeliest would be the same once more."""

_REPEATED = {
    Health.WELL: (),
    Health.TELL: ("The same was done before on this screen, and it has not helped: try something else.",),
    Health.REFUSE: ("This was not carried out: it was done twice on this screen before. Find another approach.",),
    Health.STOP: (),
}


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
    looks: int = 1
    """How often a model that sees small pictures looks at a screen: 1 or 2, as in `agent.looking`."""
    sampling: Sampling = GREEDY
    """How answers are drawn."""
    ask_person: Callable[[str], str | None] | None = None
    """Puts the model's questions to a person, None when nobody answers; without it the first question ends the
    episode."""
    policy: Policy = field(default_factory=Policy)
    """What it may do; by default everything that the environment can."""
    ask_consent: AskConsent | None = None
    """Asks a person before what the policy wants to have asked; without it that is denied."""
    read_secret: Callable[[str], str] = read_secret
    """Gives the value of a secret that the instruction names."""
    supervisor: Supervisor = field(default_factory=Nobody)
    """Who may step in."""
    record: Path | None = None
    """The folder for the record of the next episode, which must not hold one yet; by default nothing is recorded."""
    resume: bool = False
    """Go on with the episode that is recorded there, which was cut off or ran into a limit; its instruction counts."""
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
            SecretError: a secret that the instruction names is not there.
        """
        earlier = Trajectory.load(self.record) if self.resume and self.record else None
        if earlier is not None:
            earlier.refuse_if_over()
            instruction = earlier.info.settings.instruction
        secrets = Secrets(instruction, self.read_secret)
        with ExitStack() as stack:
            listeners = tuple(self.listeners)
            if self.record is not None:
                recorder = Recorder(self.record, conceal=secrets.concealed, resume=earlier is not None)
                stack.enter_context(recorder)
                listeners = (recorder.record, *listeners)
            run = _Run(self, instruction, secrets, listeners)
            if earlier is not None:
                run.remember(earlier)
            return run.to_the_end()


class _Abandoned(Exception):
    """The user wants to step in while the model writes: what it writes no longer matters."""


class _Run:
    """One episode under way."""

    def __init__(self, agent: Agent, instruction: str, secrets: Secrets, listeners: Sequence[Listener]) -> None:
        kinds = agent.env.capabilities | ({"ask_user"} if agent.ask_person else frozenset[str]())
        self._agent, self._instruction, self._listeners = agent, instruction, listeners
        self._format = agent.format or formats.for_model(agent.model, kinds)
        self._limits = agent.policy.within(agent.limits)
        self._actor = Actor(
            agent.env,
            Guard(agent.policy, agent.ask_consent),
            secrets,
            agent.ask_person,
            agent.supervisor.wants_in,
            agent.sleep,
            agent.clock,
        )
        self._history = History(self._format.max_pictures, self._format.evicted_at_once)
        self._repetitions = RepetitionCounter()
        self._search = Search() if self._format.judges_one_screen and "scroll" in kinds else None
        self._another_approach = False
        self._started = agent.clock()
        self._steps: list[Step] = []
        self._looked = 0
        """How often the screen was looked at, in the record before it was resumed too; it numbers the steps."""
        self._output_tokens = 0
        self._notes: list[str] = []
        """What the next prompt has to tell about the actions before."""
        self._last: Observation | None = None
        self._telling_s = 0.0

    def remember(self, earlier: Trajectory) -> None:
        """Begin where a recorded episode ended."""
        self._looked = len(earlier.steps)
        for step in earlier.steps:
            self._actor.remember(step.observed.url, step.decided.answer.actions if step.decided else ())
            if step.decided is not None and step.timing is not None:
                done = len(step.results) == len(step.decided.answer.actions) and all(r.done for r in step.results)
                self._history.add(step.decided.answer, earlier.frame(step), step.observed.notes, done)
        if earlier.steps and earlier.steps[-1].timing is None:
            self._notes.append("The last step was interrupted: it may have been carried out in part.")

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
                    self._limits,
                    agent.sampling,
                )
            )
        )
        try:
            ending = self._reached_limit()
            while ending is None:
                ending = self._step() or self._reached_limit()
        except EnvUnavailable as error:
            ending = Ending(StopReason.ENV_LOST, str(error))
        except TakenOver as error:
            ending = Ending(StopReason.INTERRUPTED, str(error))
        except KeyboardInterrupt:
            ending = Ending(StopReason.INTERRUPTED, "The episode was interrupted.")
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

    def _reached_limit(self) -> Ending | None:
        limits = self._limits
        if len(self._steps) >= limits.max_steps:
            return Ending(StopReason.STEP_LIMIT, f"{limits.max_steps} steps were not enough.")
        if self._agent.clock() - self._started >= limits.max_seconds:
            return Ending(StopReason.TIME_LIMIT, f"{limits.max_seconds:g} seconds were not enough.")
        if self._output_tokens >= limits.max_output_tokens:
            return Ending(StopReason.TOKEN_LIMIT, f"{limits.max_output_tokens} tokens of answers were not enough.")
        return None

    def _step(self) -> Ending | None:
        clock, number = self._agent.clock, self._looked + 1
        if ending := self._let_user_in(number):
            return ending
        self._looked = number
        began, told_before = clock(), self._telling_s
        observation = self._actor.observe()
        self._tell(Observed(number, observation))
        notes = (*self._notes, *notes_on(observation, self._last))
        self._last, self._notes = observation, []
        try:
            decision = self._decide(number, observation.frame, notes)
        except _Abandoned:
            self._notes = list(notes)
            return None
        except Unreadable as unreadable:
            self._output_tokens += sum(each.reply.output_tokens for each in unreadable.looks)
            self._tell(Refused(number, unreadable))
            return Ending(StopReason.UNPARSEABLE, str(unreadable))
        self._output_tokens += decision.output_tokens
        self._tell(Decided(number, decision))
        searching = decision.answer.action == SEARCHING  # which does not repeat itself
        health = Health.WELL if searching else self._repetitions.judge(observation.frame, decision.actions)
        self._another_approach = health is Health.REFUSE
        if health is Health.STOP:
            return Ending(
                StopReason.STUCK, f"The same was chosen again and again on the same screen: {decision.answer.action}"
            )
        acting = clock()
        results, ending = (
            ((), None)
            if health is Health.REFUSE
            else self._actor.act(decision, observation, lambda result: self._tell(Acted(number, result)))
        )
        acted = clock()
        self._notes = [*(result.note for result in results if result.note), *_REPEATED[health]]
        done = len(results) == len(decision.actions) and all(result.done for result in results)
        self._history.add(decision.answer, observation.frame, notes, done)
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

    def _decide(self, number: int, frame: Frame, notes: Sequence[str]) -> Decision:
        def asked() -> Decision:
            return look(
                self._agent.model,
                self._format,
                frame,
                self._instruction,
                self._history.steps,
                notes,
                looks=self._agent.looks,
                sampling=self._sampling(),
                on_text=lambda text: self._on_text(number, text),
            )

        return self._search.decide(frame, asked) if self._search else asked()

    def _on_text(self, number: int, text: str) -> None:
        self._tell(Wrote(number, text))
        if self._agent.supervisor.wants_in():
            raise _Abandoned

    def _let_user_in(self, number: int) -> Ending | None:
        paused = self._agent.clock()
        order = self._agent.supervisor.step_in()
        if order is None:
            return None
        self._started += self._agent.clock() - paused  # the time limit is the agent's
        self._tell(Intervened(number, _told(order)))
        match order.choice:
            case Choice.ABORT:
                return Ending(StopReason.INTERRUPTED, "The user ended the episode.")
            case Choice.INSTRUCT:
                self._instruction += f"\n{order.instruction}"
            case Choice.TAKE_OVER:
                self._notes.append("The user has used the mouse and the keyboard meanwhile.")
            case Choice.CONTINUE:
                pass
        return None

    def _sampling(self) -> Sampling:
        sampling = self._agent.sampling
        left = self._limits.max_output_tokens - self._output_tokens
        least = ANOTHER_APPROACH_TEMPERATURE if self._another_approach else 0.0
        return replace(
            sampling,
            max_tokens=min(sampling.max_tokens, left),
            temperature=max(sampling.temperature, least),
        )

    def _tell(self, event: Event) -> None:
        began = self._agent.clock()
        for listener in self._listeners:
            listener(event)
        self._telling_s += self._agent.clock() - began


def _told(order: Order) -> str:
    return {
        Choice.CONTINUE: "The user paused and let it go on.",
        Choice.TAKE_OVER: "The user took mouse and keyboard over, and handed them back.",
        Choice.INSTRUCT: f"The user added: {order.instruction}",
        Choice.ABORT: "The user ended the episode.",
    }[order.choice]


def _sum(timings: Iterable[Timing]) -> Timing:
    each = list(timings)
    return Timing(
        sum(timing.preprocess_s for timing in each),
        sum(timing.vision_s for timing in each),
        sum(timing.prefill_s for timing in each),
        sum(timing.decode_s for timing in each),
    )
