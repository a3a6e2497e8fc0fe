"""A screenshot and what can be asked about it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PIL.Image import Image

Sizes = tuple[tuple[int, int], ...]
SCREENS: Sizes = ((1024, 768), (1280, 720), (1920, 1080))
"""Width and height, px."""
MIN_SIDE_PX = 8
ICON_SHARE = 0.5
"""How many of a screenshot's questions are about icons, where it has so many."""


@dataclass(frozen=True, slots=True)
class Control:
    """Something on a screenshot that can be pointed at."""

    name: str
    kind: Literal["click", "type", "tick", "untick", "open"]
    element: Literal["text", "icon"]
    box: tuple[float, float, float, float]
    """Left, top, width and height, px of the screenshot."""

    @property
    def instruction(self) -> str:
        """How a user asks for it."""
        if self.element == "icon":
            return f"Click the {self.name}"
        return {
            "click": f'Click "{self.name}"',
            "type": f'Type "hello" into "{self.name}"',
            "tick": f'Tick "{self.name}"',
            "untick": f'Untick "{self.name}"',
            "open": f'Open the list "{self.name}"',
        }[self.kind]


@dataclass(frozen=True, slots=True)
class Shot:
    """A screenshot with everything on it that one can ask for without being misunderstood."""

    name: str
    source: str
    """The application, or the kind of page."""
    picture: Image
    controls: tuple[Control, ...]


def askable(controls: Sequence[Control], screen: tuple[int, int]) -> tuple[Control, ...]:
    """Those that lie wholly on a screen of that width and height, are large enough, and have a name of their own."""
    names = Counter(control.name.casefold() for control in controls)
    return tuple(
        control
        for control in controls
        if control.name
        and names[control.name.casefold()] == 1
        and min(control.box[2:]) >= MIN_SIDE_PX
        and control.box[0] >= 0
        and control.box[1] >= 0
        and control.box[0] + control.box[2] <= screen[0]
        and control.box[1] + control.box[3] <= screen[1]
    )


def drawn(rng: random.Random, shot: Shot, most: int) -> list[Control]:
    """At most so many of a shot's controls, icons and texts alike, in the order of the shot."""
    icons = [control for control in shot.controls if control.element == "icon"]
    texts = [control for control in shot.controls if control.element == "text"]
    few_icons = rng.sample(icons, min(len(icons), max(round(most * ICON_SHARE), most - len(texts))))
    few_texts = rng.sample(texts, min(len(texts), most - len(few_icons)))
    chosen = {*few_icons, *few_texts}
    return [control for control in shot.controls if control in chosen]
