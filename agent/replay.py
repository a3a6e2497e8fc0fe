"""Repeats a recorded episode without a model: the same actions, each only where the screen looks as it did.

A target is compared with its recorded picture before anything is done to it. The policy holds as in an episode, secrets
are looked up again. What was refused or failed the first time is left out, as are questions and the ending.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agent.acting import Actor
from agent.control import Nobody
from agent.episode import ActionResult
from agent.guard import TARGET_PX, Guard, box_around, cut, differs, target_of
from agent.secrets import Secrets, read_secret
from agent.trajectory import RecordedStep, Trajectory
from envs.actions import ACTIONS, Action, AskUser, Terminate
from envs.base import Env, Observation
from envs.frame import Frame, Point

APPEARS_S = 10.0
"""How long a target may take to look as recorded: pages are not always equally fast."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One action that was repeated, or the reason why it was not and the replay ended."""

    step: int
    action: Action
    result: ActionResult | None
    """None when the target did not look as recorded."""
    difference: str = ""

    @property
    def done(self) -> bool:
        return self.result is not None and self.result.done


def replay(
    trajectory: Trajectory,
    env: Env,
    guard: Guard,
    *,
    read_secret: Callable[[str], str] = read_secret,
    appears_s: float = APPEARS_S,
) -> Iterator[Replayed]:
    """Repeat a recorded episode, up to the first action that cannot be repeated.

    Args:
        trajectory: the record.
        env: where; it should begin as the recorded one began.
        guard: what every action passes.
        read_secret: gives the secrets that the instruction names.
        appears_s: how long a target may take to look as recorded.

    Raises:
        EnvUnavailable: the environment has gone.
        SecretError: a secret is not there.
    """
    secrets = Secrets(trajectory.info.settings.instruction, read_secret)
    actor = Actor(env, guard, secrets, None, Nobody().wants_in, time.sleep, time.perf_counter)
    for step in trajectory.steps:
        actions = [result.action for result in step.results if result.done]
        for recorded in actions:
            if isinstance(recorded, AskUser | Terminate):
                continue
            seen, difference = _awaited(actor, trajectory, step, recorded, appears_s)
            if difference:
                yield Replayed(step.observed.step, recorded, None, difference)
                return
            words = step.decided.answer.action if step.decided else ""
            result, _ = actor.act_once(on_frame(recorded, seen.frame), words, seen)
            yield Replayed(step.observed.step, recorded, result)
            if not result.done:
                return


def on_frame(action: Action, frame: Frame) -> Action:
    """An action whose places, read from another frame of the same size, are places of this one."""
    fields = {name: frame.point(value.x, value.y) if isinstance(value, Point) else value for name, value in action}
    return ACTIONS.validate_python(fields)


def _awaited(
    actor: Actor, trajectory: Trajectory, step: RecordedStep, action: Action, appears_s: float
) -> tuple[Observation, str]:
    """The screen when the action's target looks as recorded, and how it differs when it does not in time."""
    deadline = time.monotonic() + appears_s
    while True:
        seen = actor.observe()
        difference = _difference(seen.frame, trajectory, step, action)
        if not difference or time.monotonic() >= deadline:
            return seen, difference


def _difference(now: Frame, trajectory: Trajectory, step: RecordedStep, action: Action) -> str:
    recorded, target = step.observed, target_of(action)
    if (now.width_px, now.height_px) != (recorded.width_px, recorded.height_px):
        return (
            f"The screen has {now.width_px}x{now.height_px} pixels, the recorded one"
            f" {recorded.width_px}x{recorded.height_px}."
        )
    if target is None:
        return ""
    if trajectory.picture(step) is None:
        return "The recorded picture of this step was not written whole, so the target cannot be compared."
    box = box_around(now, target, TARGET_PX, TARGET_PX)
    if differs(cut(trajectory.frame(step).pixels, box), cut(now.pixels, box)):
        return "The screen around the target does not look as it did."
    return ""
