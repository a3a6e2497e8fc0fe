"""Scrolling until what is asked for comes into view.

A model that judges one screen at a time says of a thing farther down that it is not there. Before it is believed the
page is scrolled: down to its end, then from its top to where the search began. Knows decisions and frames; carries
nothing out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from agent.formats.base import SEARCHING, Answer
from agent.looking import Decision
from envs.actions import Scroll, Terminate
from envs.frame import Frame

MOST_SCREENS: Final = 20
"""After so many it is given up."""
NOTCH_DEV: Final = 100.0
"""How far a notch of the wheel scrolls, about: in Chromium exactly."""
SHARE: Final = 0.6
"""How much of a screen is scrolled at a time: what one screen cuts off the next one shows whole."""
PATIENCE: Final = 2
"""After so many known screens in a row there is nothing more: one may be as empty as the one before."""
TO_THE_TOP: Final = 100
"""Notches."""
SAME: Final = 0.001
"""Frames that differ in a smaller part of their pixels show the same: a caret blinks, a clock goes on."""


class Search:
    """One search after the other; a thing that is found ends one."""

    def __init__(self) -> None:
        self._seen: list[tuple[Frame, Decision]] = []
        """The screens that do not show it, and what the model said of them."""
        self._known_in_a_row = 0
        self._from_top = False

    def decide(self, frame: Frame, look: Callable[[], Decision]) -> Decision:
        """What the model decides, or scrolling in the place of a failure as long as there is more to see.

        Args:
            frame: the screen.
            look: asks the model about it; not called for a screen that this search has seen already.
        """
        known = next((decision for seen, decision in self._seen if _look_the_same(seen, frame)), None)
        decision = look() if known is None else replace(known, looks=(), prompt_s=0.0, generate_s=0.0, parse_s=0.0)
        first, *_ = decision.actions
        if not isinstance(first, Terminate) or first.success:
            self._seen, self._known_in_a_row, self._from_top = [], 0, False
            return decision
        if known is None:
            self._seen.append((frame, decision))
            self._known_in_a_row = 0
        else:
            self._known_in_a_row += 1
        over = self._known_in_a_row >= PATIENCE
        if len(self._seen) > MOST_SCREENS or (over and self._from_top):
            return decision
        if over:
            self._from_top, self._known_in_a_row = True, 0
        notches = TO_THE_TOP if over else -max(1, int(SHARE * frame.height_px * frame.dev_per_px / NOTCH_DEV))
        scroll = Scroll(at=frame.point(0.5, 0.5), vertical=notches)
        return replace(decision, answer=Answer(decision.answer.thought, SEARCHING, (scroll,)))


def _look_the_same(one: Frame, other: Frame) -> bool:
    if one.pixels.shape != other.pixels.shape:
        return False
    return float(np.mean((one.pixels != other.pixels).any(-1))) < SAME
