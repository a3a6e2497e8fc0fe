"""Whether an agent does the same thing over and over on a screen that looks the same.

First it is told, then the same is no longer carried out and the next answer is drawn less predictably, and at last the
episode ends. Screens may alternate: what counts is the same choice on the same screen, not the same choice in a row.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from enum import Enum, auto

from envs.actions import Action, Wait
from envs.frame import Frame

TOLD_AT = 2
"""The second time the model is told."""
REFUSED_AT = 3
"""From the third time on it is not carried out any more, and another approach is asked for."""
STOPPED_AT = 5
"""The fifth time ends the episode."""

_SAME_PLACE_ON_ANY_FRAME = {place: {"frame_id"} for place in ("at", "to", "start", "end")}


class Health(Enum):
    """What to make of a choice."""

    WELL = auto()
    TELL = auto()
    REFUSE = auto()
    STOP = auto()


class RepetitionCounter:
    """Counts how often the same actions were chosen on the same screen.

    Waiting is meant for a screen that does not change yet, and never counts.
    """

    def __init__(self) -> None:
        self._chosen: Counter[bytes] = Counter()

    def judge(self, frame: Frame, actions: Sequence[Action]) -> Health:
        """Count a choice and judge it."""
        if all(isinstance(action, Wait) for action in actions):
            return Health.WELL
        choice = hashlib.sha256(frame.pixels.tobytes())
        for action in actions:
            choice.update(action.model_dump_json(exclude=_SAME_PLACE_ON_ANY_FRAME).encode())
        self._chosen[choice.digest()] += 1
        times = self._chosen[choice.digest()]
        if times >= STOPPED_AT:
            return Health.STOP
        if times >= REFUSED_AT:
            return Health.REFUSE
        return Health.TELL if times >= TOLD_AT else Health.WELL
