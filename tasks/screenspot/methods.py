"""The ways to ask a model where something is: plainly, or looking again closer.

How a model is asked and read is its format's; here is only how often it looks, and at what. A model with a view of its
own looks at tiles of the screen (plain), and once more around the place it found (zoom): that is `agent.looking`. A
model that takes whole screens is asked once (plain), or again about ever smaller parts around its answer, at native
resolution (zoom): iterative narrowing, with the depth and the smallest part of ScreenSpot-Pro's
`methods/iterative_narrowing.py`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent.formats.base import Format
from agent.looking import Decision, Look, Unreadable, look_for
from agent.view import around
from envs.actions import Terminate, pointed_at
from envs.frame import Frame
from model.base import Model
from tasks.screenspot.scoring import PointFrac, Prediction

MAX_DEPTH: Final = 3
MIN_PART_PX: Final = 768


class Method(StrEnum):
    """How often a model looks."""

    PLAIN = "plain"
    ZOOM = "zoom"


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model answered, and what it cost."""

    prediction: Prediction
    text: str
    """The answer that counts, as the model wrote it."""
    looks: int
    """How many pictures it was shown."""
    prompt_tokens: int
    output_tokens: int
    log_probability: float | None
    seconds: float


def locate(model: Model, format: Format, frame: Frame, target: str, method: Method) -> Answered:
    """Ask where something is.

    Raises:
        GenerationError: the model cannot answer.
    """
    began = time.perf_counter()
    if method is Method.PLAIN:
        found = _ask(model, format, frame, target, looks=1)
    elif model.view_px is not None:
        found = _ask(model, format, frame, target, looks=2)
    else:
        found = _narrowed(model, format, frame, target)
    return Answered(
        found.prediction,
        found.text,
        len(found.looks),
        sum(look.reply.prompt_tokens for look in found.looks),
        sum(look.reply.output_tokens for look in found.looks),
        found.log_probability,
        time.perf_counter() - began,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    prediction: Prediction
    text: str
    log_probability: float | None
    looks: tuple[Look, ...]


def _ask(model: Model, format: Format, frame: Frame, target: str, looks: int) -> _Found:
    try:
        decision = look_for(model, format, frame, target, looks=looks)
    except Unreadable as error:
        return _Found(Prediction(unreadable=str(error.error)), error.looks[0].reply.text, None, error.looks)
    return _Found(_prediction(decision), decision.text, _log_probability(decision), decision.looks)


def _narrowed(model: Model, format: Format, frame: Frame, target: str) -> _Found:
    """The last place found; a part in which nothing was found leaves the place as it was."""
    found = _ask(model, format, frame, target, looks=1)
    looks: Sequence[Look] = found.looks
    part_px = (frame.width_px, frame.height_px)
    for _ in range(MAX_DEPTH - 1):
        part_px = part_px[0] // 2, part_px[1] // 2
        if found.prediction.point is None or max(part_px) < MIN_PART_PX:
            break
        part = around(frame, frame.point(*found.prediction.point), part_px)
        left, top, right, bottom = part.box_px
        closer = _ask(model, format, Frame(frame.pixels[top:bottom, left:right].copy()), target, looks=1)
        looks = (*looks, *closer.looks)
        if closer.prediction.point is None:
            break
        place = part.point(*closer.prediction.point)
        found = _Found(Prediction(point=(place.x, place.y)), closer.text, closer.log_probability, closer.looks)
    return _Found(found.prediction, found.text, found.log_probability, tuple(looks))


def _prediction(decision: Decision) -> Prediction:
    point = next((point for action in decision.actions if (point := pointed_at(action)) is not None), None)
    if point is not None:
        place: PointFrac = (point.x, point.y)
        return Prediction(point=place)
    first = decision.actions[0]
    if isinstance(first, Terminate) and not first.success:
        return Prediction()
    return Prediction(unreadable="The answer neither points anywhere nor says that there is nothing to point at.")


def _log_probability(decision: Decision) -> float | None:
    """That of the answer that counts; looks end with it, or hold it among tiles."""
    return next(
        (look.reply.log_probability for look in reversed(decision.looks) if look.reply.text == decision.text), None
    )
