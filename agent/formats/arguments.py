"""What the calls of all families have in common: places, keys and texts, built into actions or refused.

How a family writes its arguments is its own module's matter. Knows no prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import ValidationError

from agent.formats.base import BadArguments
from agent.formats.literals import excerpt, untypable
from agent.formats.scales import Scale, point
from agent.view import View
from envs.actions import Action, Scroll, TypeText
from envs.frame import Point
from envs.keys import UnknownKey, canonical_chord

LONGEST_KEY: Final = 20
"""Characters of the longest name of a key that is looked up."""
_DIRECTIONS: Final = {"up": (0, 1), "down": (0, -1), "right": (1, 0), "left": (-1, 0)}


@dataclass(frozen=True, slots=True)
class CallArguments:
    """A call, and what its places refer to; a family's subclass has the values that it was given."""

    call: str
    view: View
    scale: Scale

    def fault(self, message: str) -> BadArguments:
        return BadArguments(f"{self.call}: {message}")

    def point(self, x: float, y: float) -> Point:
        """The place that two numbers mean.

        Raises:
            OutsideScreen: it is not on the picture.
        """
        return point(self.view, self.scale, x, y, self.call)

    def typed(self, text: str, name: str) -> TypeText:
        """Typing of the text in the argument of this name.

        Raises:
            BadArguments: no keyboard types it.
        """
        if (character := untypable(text)) is not None:
            raise self.fault(f"{name} holds {character!a}, which cannot be typed: press keys for that.")
        return TypeText(text=text)

    def chord(self, names: Sequence[str]) -> tuple[str, ...]:
        """Keys by their canonical names.

        Raises:
            BadArguments: there is no such key.
        """
        for name in names:
            if len(name) > LONGEST_KEY or not name.isprintable():
                raise self.fault(f"{excerpt(name)} is not the name of a key, as 'enter' and 'ctrl' are.")
        try:
            return canonical_chord(names)
        except UnknownKey as error:
            raise self.fault(str(error)) from None

    def scrolling(self, direction: str, notches: int, at: Point | None = None) -> Scroll:
        """Scrolling by so many notches in a direction.

        Raises:
            BadArguments: it is no direction.
        """
        across, up = _DIRECTIONS.get(direction.strip().lower(), (0, 0))
        if not (across or up):
            raise self.fault("direction must be 'up', 'down', 'left' or 'right'.")
        return Scroll(at=at, horizontal=across * notches, vertical=up * notches)


A = TypeVar("A", bound=CallArguments)


def built(given: A, build: Callable[[A], Action | tuple[Action, ...]]) -> tuple[Action, ...]:
    """What a call's arguments are built into.

    Raises:
        BadArguments: they are wrong, or beyond an action's limits.
        OutsideScreen: a place is not on the picture.
    """
    try:
        result = build(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise given.fault(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}.") from None
    return result if isinstance(result, tuple) else (result,)
