"""How an answer is obtained for a frame: in one look at the whole of it, or in several looks at parts.

A model that can point only in small pictures looks at overlapping tiles of the screen, all in one batch. Places that
they name compete (`agent.answers`), by what is written there for a model that reads. Where two are nearly as good, both
are looked at once more, in the middle of a picture: what looked right at the edge of a tile may not be. If it is to
look twice, it looks at the best places that it does not read again in any case. What it tells from others like it by
what it stands beside is looked for near the anchor; by their order, among all that read or look the same.
Knows formats, models and views; carries nothing out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from PIL.Image import Image

from agent.answers import Candidate, Look, Usable, candidates, writings
from agent.formats.base import Answer, AnswerError, Apart, CutOff, Format, PastStep
from agent.nearby import all_like, are_one, in_reading_order, nearest_first, only, regions
from agent.reading import spots
from agent.strokes import Box
from agent.targets import Named
from agent.view import View, around, covering, tiles
from envs.actions import Action
from envs.frame import Frame, Point
from model.base import GREEDY, Model, Sampling
from model.messages import Message, Reply

MAX_CANDIDATES = 3
"""How many places of the first look are looked at again."""
SHORT_LABEL = 6
"""Characters; places of one thing are half as far apart at most, where it is not known what it is."""
LONG_LABEL = 16
"""Characters; shorter labels lie wholly in one of the tiles."""
MAX_TRIED = 2
"""How many places are tried where an anchor, or the first of several that look the same, may stand."""

Ask = Callable[[Image], list[Message]]
Read = Callable[[str, View], Answer]
OnText = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done, and how it was found out."""

    text: str
    """The answer that counts, as the model wrote it."""
    answer: Answer
    looks: tuple[Look, ...]
    prompt_s: float
    """Making pictures and prompts."""
    generate_s: float
    parse_s: float

    @property
    def actions(self) -> tuple[Action, ...]:
        return self.answer.actions

    @property
    def output_tokens(self) -> int:
        return sum(look.reply.output_tokens for look in self.looks)


class Unreadable(Exception):
    """Raised when no answer could be used, not even after the model was told so.

    Attributes:
        error: why not, for the model.
        looks: what was asked and answered.
    """

    def __init__(self, error: AnswerError, looks: Sequence[Look]) -> None:
        super().__init__(f"The model gave no answer that can be used. {error}")
        self.error = error
        self.looks = tuple(looks)


def look(
    model: Model,
    format: Format,
    frame: Frame,
    instruction: str,
    steps: Sequence[PastStep] = (),
    notes: Sequence[str] = (),
    *,
    looks: int = 1,
    sampling: Sampling = GREEDY,
    on_text: OnText | None = None,
) -> Decision:
    """Decide the next step of a task.

    An answer that cannot be used is given back to the model once, with the reason.

    Args:
        model: what decides.
        format: how it is asked.
        frame: what it sees.
        instruction: the task.
        steps: what was done before, oldest first.
        notes: what happened since and cannot be seen.
        looks: 1 looks at the tiles, and again only where places compete; 2 looks again around the best places in any
            case, but for those that are read. Without tiles it looks once.
        sampling: how answers are drawn.
        on_text: called with the text while it is written; not with that of several tiles.

    Raises:
        Unreadable: no answer could be used.
        GenerationError: the model cannot answer.
    """
    session = _Session(
        model,
        format,
        lambda picture: format.prompt(instruction, picture, steps, notes),
        format.parse,
        _held_to(format, instruction, sampling),
        on_text,
    )
    return session.decide(frame, looks, format.repair)


def look_for(
    model: Model, format: Format, frame: Frame, target: str, *, looks: int = 1, sampling: Sampling = GREEDY
) -> Decision:
    """Find something on a frame: the decision is to click it, or a failure.

    Raises:
        Unreadable: no answer could be used.
        GenerationError: the model cannot answer.
    """
    return _Session.grounding(model, format, target, sampling).decide(frame, looks, None)


def _held_to(format: Format, text: str, sampling: Sampling) -> Sampling:
    return sampling if format.quoting is None else replace(sampling, copied_from=format.quoting(text))


def _much_the_same(one: View, other: View) -> bool:
    """Whether two views of a size are less than a quarter of it apart."""
    (left, top, right, bottom), (other_left, other_top, _, _) = one.box_px, other.box_px
    return abs(left - other_left) < (right - left) / 4 and abs(top - other_top) < (bottom - top) / 4


class _Session:
    """The looks of one decision and the time they took."""

    def __init__(
        self, model: Model, format: Format, ask: Ask, read: Read, sampling: Sampling, on_text: OnText | None = None
    ) -> None:
        self._model, self._format, self._ask, self._read = model, format, ask, read
        self._sampling, self._on_text = sampling, on_text
        self._looks: list[Look] = []
        self._first_error: AnswerError | None = None
        self._prompt_s = self._generate_s = self._parse_s = 0.0

    @staticmethod
    def grounding(model: Model, format: Format, target: str, sampling: Sampling) -> _Session:
        """The looks for a target."""
        return _Session(
            model,
            format,
            lambda picture: format.grounding_prompt(target, picture),
            format.parse_grounding,
            _held_to(format, target, sampling),
        )

    def decide(self, frame: Frame, looks: int, repair: Callable[[AnswerError], str] | None) -> Decision:
        view_px = self._model.view_px
        views = (View.whole(frame),) if view_px is None else tiles(frame, view_px)
        if view_px is None:  # answers that compete are compared to their ends
            self._sampling = replace(self._sampling, stop_after_code=True)
        answers = self._look(views)
        if not answers and repair is not None:
            answers = self._look_again_at_refused(views, repair)
        if not answers:
            assert self._first_error is not None
            raise Unreadable(self._first_error, self._kept_looks())
        places = candidates(answers, self._looks, frame, SHORT_LABEL)
        if view_px is not None and not places:
            places = self._seen_whole(frame, view_px, answers)
        best = places[0].answer if places else self._without_place(answers)
        if view_px is None or not places:
            return self._decision(best)
        if best.answer.apart is not None:
            best = self._told_apart(frame, view_px, best, best.answer.apart)
        elif not places[0].is_placed:
            best = self._seen_beside(frame, view_px, places[0])
        elif looks > 1 and len(views) > 1 and places[0].spot is None:
            surest_first = sorted(places, key=lambda place: place.answer.look.surety, reverse=True)
            best = self._confirmed(frame, view_px, [place.answer for place in surest_first])
        elif len(places) > 1 and places[1].competes_with(places[0]):
            best = self._found_again(frame, view_px, [place.answer for place in places])
        return self._decision(best.on_target(frame))

    def _seen_whole(self, frame: Frame, view_px: tuple[int, int], answers: Sequence[Usable]) -> list[Candidate]:
        """The candidates once the likeliest place was looked at in the middle of a view: tiles cut long labels off."""
        surest_first = sorted(answers, key=lambda answer: answer.look.surety, reverse=True)
        places = [answer.point for answer in surest_first if answer.point is not None]
        places = places or self._half_written(surest_first[0].answer.named, frame)
        if not places:
            return []
        closer = self._look([around(frame, places[0], view_px)])
        return candidates([*closer, *answers], self._looks, frame, SHORT_LABEL)

    def _half_written(self, named: Named | None, frame: Frame) -> list[Point]:
        """Where the first half of a long label is written, or the second."""
        words = [] if named is None else named.label.split()
        if named is None or named.kind == "icon" or len(words) < 2 or len(named.label) < LONG_LABEL:
            return []
        halves = words[: len(words) // 2], words[len(words) // 2 :]
        found = (spots(" ".join(half), writings(self._looks)) or () for half in halves)
        return [spot.point(frame) for of_half in found for spot in of_half]

    def _without_place(self, answers: Sequence[Usable]) -> Usable:
        """The surest answer that needs no place, or a failure."""
        best_first = sorted(answers, key=lambda read: read.look.surety, reverse=True)
        unplaced = [read for read in best_first if read.point is None]
        return next((read for read in unplaced if not read.is_failure), [*unplaced, best_first[0].failed()][0])

    def _seen_beside(self, frame: Frame, view_px: tuple[int, int], place: Candidate) -> Usable:
        """The answer with the place that a closer look at the text of something names, if there is one."""
        named = place.answer.answer.named
        assert place.answer.point is not None
        assert place.spot is not None
        assert named is not None
        for read in self._look([around(frame, place.answer.point, view_px)]):
            if read.point is not None and place.spot.distance(named.kind, frame.to_px(read.point)) is not None:
                return read
        return place.answer

    def _told_apart(self, frame: Frame, view_px: tuple[int, int], read: Usable, apart: Apart) -> Usable:
        """The answer with the place of the one that is meant, or a failure where it is not found."""
        for area, anchor in self._where_to_look(frame, view_px, apart):
            shown = frame if apart.relation is None else only(frame, area)
            for alike in self._alike(frame, area, covering(shown, area, view_px), apart):
                if apart.ordinal is None and apart.relation is not None and anchor is not None:
                    alike = nearest_first(apart.relation, anchor, alike, frame)
                index = apart.ordinal or 0
                if -len(alike) <= index < len(alike):
                    return read.pointing_at(apart.named.onto(frame, alike[index]))
        return read.failed()

    def _alike(self, frame: Frame, area: Box, views: Sequence[View], apart: Apart) -> Iterator[list[Point]]:
        """What looks the same in an area, in reading order: as it is read, then as the model finds it in some views."""
        if written := self._written(apart.named, area, frame):
            yield in_reading_order(frame, written)
        for place in self._places(apart.alike, views, apart.named)[:MAX_TRIED]:
            yield [place] if apart.ordinal is None else all_like(views[0].frame, place, apart.named.characters)

    def _where_to_look(
        self, frame: Frame, view_px: tuple[int, int], apart: Apart
    ) -> Iterator[tuple[Box, Point | None]]:
        """Parts of the frame, and the anchor beside which each is; the likeliest first."""
        everywhere = (0, 0, frame.width_px, frame.height_px)
        if apart.relation is None:
            yield everywhere, None
            return
        named = Named("text", apart.anchor_label)
        anchors = self._written(named, everywhere, frame)
        anchors = anchors or self._places(apart.anchor, covering(frame, everywhere, view_px), named)
        for anchor in anchors[:MAX_TRIED]:
            for area in regions(apart.relation, anchor, frame):
                yield area, anchor

    def _written(self, named: Named, area: Box, frame: Frame) -> list[Point]:
        """Where in an area something is surely written, if its place follows from that; the surest place first."""
        if named.kind in ("icon", "field"):
            return []
        found = [spot for spot in spots(named.label, writings(self._looks)) or () if spot.is_sure(frame)]
        return [spot.point(frame) for spot in found if spot.lies_in(area)]

    def _places(self, target: str, views: Sequence[View], named: Named) -> list[Point]:
        """Where a target is found in some views, the best place first."""
        session = _Session.grounding(self._model, self._format, target, self._sampling)
        frame = views[0].frame
        found = candidates(session._look(views), session._looks, frame, named.characters)
        self._looks += session._looks
        self._prompt_s += session._prompt_s
        self._generate_s += session._generate_s
        self._parse_s += session._parse_s
        return [point for place in found if (point := place.answer.on_target(frame).point) is not None]

    def _found_again(self, frame: Frame, view_px: tuple[int, int], best_first: Sequence[Usable]) -> Usable:
        """Of the two best places that compete the first that is found once more in the middle of a picture."""
        views = [around(frame, read.point, view_px) for read in best_first[:2] if read.point is not None]
        again = {read.look.box_px: read.point for read in self._look(views)}
        for read, view in zip(best_first, views, strict=False):
            point = again.get(view.box_px)
            if point is not None and read.point is not None and are_one(frame, point, read.point, SHORT_LABEL):
                return read
        return best_first[0]

    def _confirmed(self, frame: Frame, view_px: tuple[int, int], best_first: Sequence[Usable]) -> Usable:
        """What is most probable of the first look and a second one, straight at the places that it named.

        Where no second look finds it the first is believed: of nano's answers more right ones than wrong ones are
        refused on a second look. Its model card has the figures.
        """
        closest: list[tuple[View, Usable]] = []
        for read in best_first:
            assert read.point is not None
            closer = around(frame, read.point, view_px)
            if len(closest) < MAX_CANDIDATES and not any(_much_the_same(closer, view) for view, _ in closest):
                closest.append((closer, read))
        first_surety = {view.box_px: read.look.surety for view, read in closest}
        seconds = [read for read in self._look([view for view, _ in closest]) if read.point is not None]
        if seconds:
            return max(seconds, key=lambda second: second.look.surety + first_surety[second.look.box_px])
        return best_first[0]

    def _look(self, views: Sequence[View]) -> list[Usable]:
        started = time.perf_counter()
        prompts = [self._ask(view.picture()) for view in views]
        self._prompt_s += time.perf_counter() - started
        return self._answers(views, prompts)

    def _look_again_at_refused(self, views: Sequence[View], repair: Callable[[AnswerError], str]) -> list[Usable]:
        """One further turn about the most probable of the answers that could not be used."""
        view, refused = max(zip(views, self._looks, strict=True), key=lambda pair: pair[1].surety)
        assert refused.error is not None
        answered, told = Message.assistant(refused.reply.text), Message.user(repair(refused.error))
        return self._answers([view], [[*self._ask(view.picture()), answered, told]])

    def _answers(self, views: Sequence[View], prompts: Sequence[Sequence[Message]]) -> list[Usable]:
        started = time.perf_counter()
        replies = self._model.generate(prompts, self._sampling, self._on_text if len(prompts) == 1 else None)
        generated = time.perf_counter()
        answers: list[Usable] = []
        for view, reply in zip(views, replies, strict=True):
            try:
                answers.append(Usable(Look(view.box_px, reply), self._read_reply(reply, view)))
                self._looks.append(answers[-1].look)
            except AnswerError as error:
                self._first_error = self._first_error or error
                self._looks.append(Look(view.box_px, reply, error))
        self._generate_s += generated - started
        self._parse_s += time.perf_counter() - generated
        return answers

    def _read_reply(self, reply: Reply, view: View) -> Answer:
        try:
            answer = self._read(reply.text, view)
            return answer if answer.thought else replace(answer, thought=reply.thought)
        except AnswerError:
            if not reply.finished:
                raise CutOff("Your answer was too long and was cut off: answer more briefly.") from None
            raise

    def _decision(self, read: Usable) -> Decision:
        return Decision(
            read.look.reply.text, read.answer, self._kept_looks(), self._prompt_s, self._generate_s, self._parse_s
        )

    def _kept_looks(self) -> tuple[Look, ...]:
        return tuple(look.without_writing() for look in self._looks)
