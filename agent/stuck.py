"""Whether an agent does the same thing over and over on a screen that does not change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from envs.actions import Action, Wait
from envs.frame import Frame

_SAME_PLACE_ON_ANY_FRAME = {place: {"frame_id"} for place in ("at", "to", "start", "end")}


class RepetitionCounter:
    """Counts how often in a row the same actions were chosen on the same screen.

    Waiting is meant for a screen that does not change yet, and never counts.
    """

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._actions: list[str] = []
        self._count = 0

    def count(self, frame: Frame, actions: Sequence[Action]) -> int:
        """How often these actions were now chosen on this screen, this time included; 1 when something is new."""
        written = [action.model_dump_json(exclude=_SAME_PLACE_ON_ANY_FRAME) for action in actions]
        same = (
            self._frame is not None
            and written == self._actions
            and not all(isinstance(action, Wait) for action in actions)
            and np.array_equal(frame.pixels, self._frame.pixels)
        )
        self._count = self._count + 1 if same else 1
        self._frame, self._actions = frame, written
        return self._count
