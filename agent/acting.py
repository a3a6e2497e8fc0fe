"""Carries out what was decided, action by action, past the guard and with the secrets put in.

The only place from which actions reach an environment. An action is carried out once or not at all: what failed may
have had an effect, so the model is told and decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from agent.episode import ActionResult, StopReason
from agent.guard import Guard, TargetChanged
from agent.looking import Decision
from agent.ruling import Ruling
from agent.secret_fence import SecretFence
from agent.secrets import Secrets
from agent.typed_area import TypedArea
from envs.actions import Action, AskUser, Terminate, TypeText, Wait
from envs.base import ActionFailed, Env, Observation, UnsupportedAction
from envs.frame import PointOutsideFrame, StaleFrame


@dataclass(frozen=True, slots=True)
class Ending:
    """Why an episode ends."""

    reason: StopReason
    detail: str
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of an action."""

    note: str = ""
    ending: Ending | None = None
    done: bool = True
    ruling: Ruling | None = None


class Actor:
    """Sees and acts in one environment for one episode.

    Args:
        env: where.
        guard: what is asked before every action.
        secrets: of the episode.
        ask_person: puts the model's questions to a person.
        stop_asked: asked before every action whether the user wants to step in.
        sleep: what waiting is.
        clock: seconds.
    """

    def __init__(
        self,
        env: Env,
        guard: Guard,
        secrets: Secrets,
        ask_person: Callable[[str], str | None] | None,
        stop_asked: Callable[[], bool],
        sleep: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        self._env, self._guard, self._secrets = env, guard, secrets
        self._ask_person, self._stop_asked, self._sleep, self._clock = ask_person, stop_asked, sleep, clock
        self._fence = SecretFence(env, guard, secrets)
        self._typed = None if not secrets.forms or env.conceal(secrets.forms) else TypedArea()

    def observe(self) -> Observation:
        """What can be seen, without the secrets.

        Raises:
            EnvUnavailable: the environment has gone.
        """
        seen = self._secrets.concealing(self._env.observe())
        self._fence.begin_at(seen.url)
        return seen if self._typed is None else replace(seen, frame=self._typed.concealing(seen.frame))

    def remember(self, url: str | None, actions: Sequence[Action]) -> None:
        """Tell it what was done in a step of the episode before it was resumed, and where."""
        self._fence.begin_at(url)
        for action in actions:
            self._fence.remember(action)

    def act(
        self, decision: Decision, observation: Observation, tell: Callable[[ActionResult], None]
    ) -> tuple[tuple[ActionResult, ...], Ending | None]:
        """Carry out actions in order, up to one that fails or ends the episode: the rest did not reckon with that.

        Args:
            decision: what was decided.
            observation: on which screen.
            tell: called with each result.

        Raises:
            EnvUnavailable: the environment has gone.
            TakenOver: the user wants the agent to stop.
        """
        results: list[ActionResult] = []
        for action in decision.actions:
            if self._stop_asked():
                break
            result, ending = self.act_once(action, decision.answer.action, observation)
            results.append(result)
            tell(result)
            if ending or not result.done:
                return tuple(results), ending
        return tuple(results), None

    def act_once(self, action: Action, words: str, observation: Observation) -> tuple[ActionResult, Ending | None]:
        """Carry out one action.

        Args:
            action: what is to be done.
            words: how the model put it.
            observation: the screen it was decided on.

        Raises:
            EnvUnavailable: the environment has gone.
            TakenOver: the user wants the agent to stop.
        """
        started = self._clock()
        try:
            came = self._carry_out(action, words, observation)
        except (UnsupportedAction, ActionFailed, StaleFrame, PointOutsideFrame, TargetChanged) as error:
            came = _Done(str(error), done=False)
        note = self._secrets.concealed(came.note)
        return ActionResult(action, came.done, note, self._clock() - started, came.ruling), came.ending

    def _carry_out(self, action: Action, words: str, observation: Observation) -> _Done:
        match action:
            case Terminate(success=success, answer=answer):
                verb, reason = ("is", StopReason.SUCCESS) if success else ("cannot be", StopReason.FAILURE)
                return _Done(ending=Ending(reason, answer or f"The model says that the task {verb} done.", answer))
            case Wait():
                self._sleep(action.seconds)
                return _Done()
            case AskUser(question=question):
                answer = self._ask_person(question) if self._ask_person else None
                if answer is None:
                    detail = f"The model asks, and nobody can answer: {question}"
                    return _Done(ending=Ending(StopReason.NEEDS_USER, detail))
                return _Done(f"The user answers: {answer}")
            case _:
                return self._guarded(action, words, observation)

    def _guarded(self, action: Action, words: str, observation: Observation) -> _Done:
        """Carry out an action that reaches the environment; every such action passes here."""
        if action.kind not in self._env.capabilities:
            raise UnsupportedAction(f"This environment cannot {action.kind}.")
        ruling = self._guard.rule(action, observation, words)
        if not ruling.denial:
            ruling = self._fence.rule(action, words, observation) or ruling
        if ruling.denial:
            return _Done(ruling.denial, done=False, ruling=ruling)
        self._guard.check_target(action, observation.frame, self._env)
        self._fence.remember(action)
        if self._fence.carried_by(action):
            return _Done(self._carry_secrets(action, observation), ruling=ruling)
        return _Done(self._env.execute(action).note, ruling=ruling)

    def _carry_secrets(self, action: Action, observation: Observation) -> str:
        if not isinstance(action, TypeText):
            return self._watched(action, observation)
        notes: list[str] = []
        for line in action.text.splitlines(keepends=True):
            # Where it stands is looked at before Enter, which may bring another screen.
            if text := line.rstrip("\n"):
                notes.append(self._watched(self._typing(text), observation))
            if line.endswith("\n"):
                notes.append(self._env.execute(TypeText(text="\n")).note)
        return " ".join(filter(None, notes))

    def _watched(self, action: Action, observation: Observation) -> str:
        """Carry out an action that shows a secret, and look where it stands if the environment does not."""
        note = self._env.execute(action).note
        if self._typed is not None:
            self._typed.learn(observation.frame.pixels, self._typed.concealing(self._env.observe().frame).pixels)
        return note

    def _typing(self, text: str) -> TypeText:
        try:
            return TypeText(text=self._secrets.revealed(text))
        except ValidationError:  # whose message would show the value
            raise ActionFailed("The text is too long to be typed at once.") from None
