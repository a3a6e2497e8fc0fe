"""Whether an action may be carried out: by the policy, by a person, and because the target still looks as it did.

Asks first, and whoever is not there to answer has not agreed. Knows policies and the environment's glance; carries
nothing out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agent.policy import Policy
from agent.ruling import Effect, Ruling
from envs.actions import Action, Click, Drag, SelectOption
from envs.base import Env, Observation
from envs.frame import Frame, Pixels, Point

TARGET_PX = 24
"""Half the side of the square around a target that is compared before a click: about the height of a button."""
CROP_PX = 120
"""Half the height of the part of the screen that a person is shown; it is twice as wide."""
CHANGED_SHARE = 0.04
"""Share of the square's pixels that must differ for the target to have changed. A blinking caret is 2 percent."""
MAX_RELOOKS = 2
"""How often in a row a click gives way to another look: what changes all the time, as a film does, is clicked at
last."""


class ActionDenied(Exception):
    """Raised when an action may not be carried out; nothing was done. The message is for the model."""


class TargetChanged(Exception):
    """Raised when a target looks no longer as it did on the frame it was chosen on. The message is for the model."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a person is asked before an action is carried out."""

    action: Action
    words: str
    """The model's own words for the step."""
    reason: str
    """Why it is asked; may be empty."""
    title: str
    url: str | None
    crop: Pixels | None
    """(H, W, 3): the screen around the target, None for an action that points nowhere."""


AskConsent = Callable[[Request], bool]


class Guard:
    """Lets actions through, or not.

    Args:
        policy: what is allowed.
        ask: asks a person; without it whatever would have to be asked is denied.
    """

    def __init__(self, policy: Policy, ask: AskConsent | None = None) -> None:
        self.policy = policy
        self._ask = ask
        self._relooks = 0

    def rule(self, action: Action, observation: Observation, words: str = "") -> Ruling:
        """Decide by the policy, asking where it says so.

        Args:
            action: what is to be done.
            observation: the screen it was decided on.
            words: the model's words for it.
        """
        verdict = self.policy.judge(action, observation, words)
        return self.ask(action, observation, words, verdict.reason) if verdict.effect is Effect.ASK else verdict

    def ask(self, action: Action, observation: Observation, words: str, reason: str) -> Ruling:
        """Ask the person; arguments as in `rule`, and why it is asked."""
        if self._ask is None:
            return Ruling(Effect.DENY, f"{reason} It needs the user's consent, and nobody is there to give it.".strip())
        point = target_of(action)
        crop = None if point is None else _around(observation.frame, point, 2 * CROP_PX, CROP_PX)
        consent = self._ask(Request(action, words, reason, observation.title, observation.url, crop))
        return Ruling(Effect.ASK, reason, consent is True)

    def check_target(self, action: Action, frame: Frame, env: Env) -> None:
        """Compare the screen around an action's target with the frame it was chosen on.

        Raises:
            TargetChanged: it looks different now, and this has not just happened several times in a row.
            EnvUnavailable: the environment has gone.
        """
        point = target_of(action)
        if point is None or point.frame_id != frame.id:
            return
        if isinstance(action, SelectOption):
            return  # found by its text, and a box that was opened by a click does not look as it did
        box = box_around(frame, point, TARGET_PX, TARGET_PX)
        now = env.glance(box)
        if now is None or not differs(cut(frame.pixels, box), now) or self._relooks >= MAX_RELOOKS:
            self._relooks = 0
            return
        self._relooks += 1
        raise TargetChanged("The screen at this place has changed since the screenshot: look at the new one.")


def target_of(action: Action) -> Point | None:
    """Where an action presses something; None for what only moves, scrolls or types."""
    match action:
        case Click(at=point) | SelectOption(at=point) | Drag(start=Point() as point):
            return point
        case _:
            return None


def box_around(frame: Frame, point: Point, half_width_px: int, half_height_px: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a rectangle around a point, cut off at the frame's edges."""
    x, y = int(point.x * frame.width_px), int(point.y * frame.height_px)
    return (
        max(x - half_width_px, 0),
        max(y - half_height_px, 0),
        min(x + half_width_px, frame.width_px),
        min(y + half_height_px, frame.height_px),
    )


def differs(before: Pixels, now: Pixels) -> bool:
    """Whether two pictures (H, W, 3) of a target are not of the same thing."""
    return before.shape != now.shape or float(np.mean((before != now).any(axis=-1))) > CHANGED_SHARE


def cut(pixels: Pixels, box_px: tuple[int, int, int, int]) -> Pixels:
    """A part of a picture (H, W, 3): left, top, right, bottom."""
    left, top, right, bottom = box_px
    return pixels[top:bottom, left:right]


def _around(frame: Frame, point: Point, half_width_px: int, half_height_px: int) -> Pixels:
    return cut(frame.pixels, box_around(frame, point, half_width_px, half_height_px))
