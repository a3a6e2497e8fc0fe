"""What a model answered about parts of a screen, and which of its answers counts.

Answers that point at one thing are believed together. Where the model reads, what is written decides: what an answer
names has to stand where it points, is found where it stands though no answer points there, and is not there where it
stands nowhere. Knows answers and frames; asks nobody.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent.formats.base import Answer, AnswerError, Apart
from agent.nearby import are_one
from agent.outlines import field_of
from agent.reading import Spot, spots
from agent.strokes import Box
from agent.targets import Named
from envs.actions import Terminate, pointed_at
from envs.frame import Frame, Point
from model.messages import ReadingReply, Reply
from model.writing import Writing

SURETY: Final = 2.0
"""As how many nats of doubt less it counts that a view in which a place is sure points there ..."""
MOST_SURETY: Final = 1.5
"""... and so many such views at most."""
CLOSE: Final = 2.0
"""Candidates whose values differ by less compete."""
VOTES: Final = 5.0
"""As how many nats it counts that all views name the same step; what some do counts in proportion."""
UNREAD_DOUBT: Final = 1.0
"""Of what cannot be read, such as an icon."""


@dataclass(frozen=True, slots=True)
class Look:
    """One picture shown to the model and what it answered."""

    box_px: tuple[int, int, int, int]
    reply: Reply
    error: AnswerError | None = None
    """Why the answer could not be used."""

    @property
    def surety(self) -> float:
        """The logarithm of how probable the answer's words are; below all others where the backend does not tell it."""
        told = self.reply.wording_log_probability
        return float("-inf") if told is None else told

    def without_writing(self) -> Look:
        """For keeping: what was read takes much more memory than all the rest."""
        return replace(self, reply=replace(self.reply, writings=())) if isinstance(self.reply, ReadingReply) else self


@dataclass(frozen=True, slots=True)
class Usable:
    """A look whose answer can be used."""

    look: Look
    answer: Answer

    @property
    def point(self) -> Point | None:
        return next((point for action in self.answer.actions if (point := pointed_at(action)) is not None), None)

    @property
    def is_failure(self) -> bool:
        first = self.answer.actions[0]
        return isinstance(first, Terminate) and not first.success

    def on_target(self, frame: Frame) -> Usable:
        """The same answer with its place moved onto what it names, where that is a few pixels beside it."""
        point, named = self.point, self.answer.named
        return self if point is None or named is None else self.pointing_at(named.onto(frame, point))

    def pointing_at(self, point: Point) -> Usable:
        """The same answer about another place."""
        first, *rest = self.answer.meant or self.answer.actions
        moved = first.model_copy(update={"at": point})
        return Usable(self.look, replace(self.answer, actions=(moved, *rest), apart=None))

    def failed(self) -> Usable:
        """The same answer about something that is not there."""
        return Usable(self.look, replace(self.answer, actions=(Terminate(success=False),), apart=None))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may be meant."""

    answer: Usable
    """It points there."""
    value: float
    """Of two the greater is rather meant."""
    spot: Spot | None = None
    """Where what it names is written; None where that is not read."""
    is_placed: bool = True
    """Whether the place is that of the thing itself; else it is that of the text which names it."""

    def competes_with(self, better: Candidate) -> bool:
        """Whether it is nearly as good, as far as one can tell."""
        return self.spot is None or better.spot is None or better.value - self.value < CLOSE


def candidates(answers: Sequence[Usable], looks: Sequence[Look], frame: Frame, characters: int) -> list[Candidate]:
    """The places that answers point at or name, the best first.

    Args:
        answers: those that can be used.
        looks: all looks that they are from.
        frame: what they are about.
        characters: how many what they point at has where it is not read; its places may be half of that apart.

    Returns:
        Nothing where what is asked for is not there, or no answer points at anything.
    """
    shown = writings(looks)
    by_name: dict[Named | Apart, list[Usable]] = {}
    unnamed: list[Usable] = []
    for answer in answers:
        name = answer.answer.apart or answer.answer.named
        (unnamed if name is None else by_name.setdefault(name, [])).append(answer)
    found: list[Candidate] = []
    for name, named_so in by_name.items():
        votes = VOTES * len(named_so) / len(answers)
        read = spots(name.label, shown) if isinstance(name, Named) and name.kind != "icon" else None
        if isinstance(name, Named) and read is not None:
            found += _where_it_is_written(name, named_so, votes, read, frame)
        else:
            found += _where_tiles_agree(named_so, votes, frame, characters)
    if not (shown and by_name):  # else an answer that does not say what it points at has gone wrong
        found += _where_tiles_agree(unnamed, 0.0, frame, characters)
    return sorted(found, key=lambda candidate: candidate.value, reverse=True)


def writings(looks: Sequence[Look]) -> list[tuple[Box, Writing]]:
    """What is written in the parts of the frame that were looked at, for a model that reads."""
    return [
        (look.box_px, writing)
        for look in looks
        if isinstance(look.reply, ReadingReply)
        for writing in look.reply.writings[-1:]
    ]


def _where_tiles_agree(answers: Sequence[Usable], votes: float, frame: Frame, characters: int) -> list[Candidate]:
    """A candidate for each place at which something points: the surest answer, as sure as all views that show it."""
    weights: dict[Usable, float] = {}
    for answer in _surest(answers):
        if answer.point is not None:
            same = (one for one in weights if one.point and are_one(frame, answer.point, one.point, characters))
            one = next(same, answer)
            weights[one] = weights.get(one, 0.0) + math.exp(answer.look.surety)
    return [Candidate(one, votes + SURETY * min(each, MOST_SURETY) - UNREAD_DOUBT) for one, each in weights.items()]


def _where_it_is_written(
    named: Named, answers: Sequence[Usable], votes: float, read: Sequence[Spot], frame: Frame
) -> list[Candidate]:
    """A candidate for each place where a label is written and something speaks for it."""
    there: dict[Spot, list[Usable]] = {}
    for answer in _surest(answers):
        if answer.point is not None:
            place = frame.to_px(answer.point)
            aside = {spot: far for spot in read if (far := spot.distance(named.kind, place)) is not None}
            if aside:
                there.setdefault(min(aside, key=lambda spot: (aside[spot], spot.doubt)), []).append(answer)
    found: list[Candidate] = []
    for spot in read:
        seen = there.get(spot, [])
        if not seen and not spot.is_sure(frame):
            continue
        value = votes + SURETY * min(sum(math.exp(one.look.surety) for one in seen), MOST_SURETY) - spot.doubt
        best, place, is_placed = [*seen, *_surest(answers, 1)][0], spot.point(frame), True
        if named.kind == "field":
            place = best.point if seen and best.point is not None else place
            field = field_of(frame.pixels, spot.box_px, frame.to_px(place))
            place = place if field is None else frame.point_at_px(*field)
            is_placed = bool(seen) or field is not None
        found.append(Candidate(best.pointing_at(place), value, spot, is_placed))
    return found


def _surest(answers: Sequence[Usable], most: int | None = None) -> list[Usable]:
    return sorted(answers, key=lambda answer: answer.look.surety, reverse=True)[:most]
