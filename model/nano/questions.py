"""Questions about parts of rendered screens: what nano is asked in its main lesson, and the answers.

Some ask for what the picture shows, some for what it does not: that stands elsewhere on the page, looks nearly the
same, or is invented. Knows screens and steps; knows no tokens and no tensors.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.nano import words
from model.nano.action_lines import UNKNOWN_PLACE
from model.nano.cutouts import LabelMaps, Place, cut_of, labels_in, place_of, room, slots_in
from model.nano.icon_names import NAMES
from model.nano.prompts import NOT_HERE
from model.nano.screens import Box, Item, Screen
from model.nano.steps import (
    DONE,
    Step,
    icon_step,
    instruction,
    key_step,
    ordinal_step,
    pointer_step,
    random_step,
    related_step,
    row_tick_step,
    scroll_step,
    type_step,
)

WEIGHTS = {"point": 1.0, "icon": 2.5, "near": 2.0, "tick": 4.0, "field": 4.0}
"""How often each kind of item is asked for, in proportion to how often pictures show it."""
SHORT = 22
"""Longer labels are asked for less often: all questions of a step cost as much as the longest."""
PRESENT = 0.55
"""How often what is asked for is in the picture: with fewer absent things nano points in every tile of a screen."""
MENTIONS = 2
MENTION_PRESENT = 0.75
"""How often what is mentioned is in the picture: it is absent from all others, and they compete for it."""
LONG_TEXT = 24
BRIEF_LABEL, BRIEF_TEXT = 16, 6
"""Longest label, and longest text to type, of a mention: all of a step cost as much as the longest."""
AROUND_BESIDE = 0.75
"""How often a picture for questions about fields is cut around one that stands beside its label."""
AROUND_ICON = 0.3
"""How often any other picture is cut around an icon."""
RELATED = 0.15
"""How often a single step is told from others by its order or an anchor: only its line counts then."""
IN_ROW = 0.25
"""How often a box away from its label is asked for as the box in the label's row."""
NEARLY_SHOWN, ELSEWHERE, MUTATED = 0.4, 0.75, 0.85
"""Up to these parts of one, an absent label is nearly one that the picture shows, stands elsewhere on the page, or is
nearly one that does; else it is invented."""
LENGTHS = ((16, 12), (16, 12), (28, 20))
"""Longest labels and texts of the steps in a list beside the one that is asked for, in characters."""
MOST_SLIP = 2.0
"""How many standard deviations a named place is off its aim at most: so it is still on what is meant."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question about a picture and its answer."""

    instruction: str
    steps: tuple[str, ...]
    action: str
    code: str
    """With `UNKNOWN_PLACE` where `aim` goes."""
    label: str = ""
    """What it points at, or would if the picture showed it."""
    aim: tuple[float, float] | None = None
    """px of the picture."""
    shown: Box | None = None
    """Where the label stands, px of the picture."""
    target: Box | None = None
    """What has to be hit, px of the picture."""
    slip: tuple[float, float] = (0.0, 0.0)
    """How far the place that the answer names is off the aim, in standard deviations of what is tolerated.

    nano does not always begin a number with the likeliest digit, and has to go on well from one that is nearly as good.
    """

    @property
    def room(self) -> tuple[float, float]:
        """Width and height, px, of what may be hit around the aim."""
        return room(self.aim, self.target) if self.aim is not None and self.target is not None else (0.0, 0.0)

    @property
    def is_absent(self) -> bool:
        """Whether it asks for something that the picture does not show."""
        return self.code == NOT_HERE


@dataclass(frozen=True, slots=True)
class Picture:
    """A part of a screen with everything that is taught about it, N patches of `PATCH` px."""

    pixels: NDArray[np.uint8]
    """(H, W, 3) RGB, sides a multiple of two patches."""
    slots: NDArray[np.int64]
    """(N, SLOTS) characters of each patch; -100 where they are not known."""
    maps: LabelMaps
    labels: frozenset[str]
    """Those that it shows, wholly or in part, in lower case."""
    queries: list[Query]
    mentions: list[Query]
    """Of which only the action line is used: cheap, so there are `MENTIONS` for every query."""

    def may_show(self, label: str) -> bool:
        """Whether something in it reads like the label, or contains it, or is contained in it."""
        return any(label.lower() in shown or shown in label.lower() for shown in self.labels)


def _recoloured(rng: random.Random, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if rng.random() < 0.12:
        pixels = 255 - pixels
    if rng.random() < 0.25:
        pixels = pixels[..., rng.sample(range(3), 3)]
    if rng.random() < 0.3:
        low, high = rng.uniform(0, 40), rng.uniform(200, 255)
        pixels = (low + pixels * ((high - low) / 255.0)).astype(np.uint8)
    return np.ascontiguousarray(pixels)


def _step_for(rng: random.Random, item: Item, longest_text: int) -> Step:
    if item.kind == "field":
        return type_step(rng, words.value(rng)[:longest_text].strip(), item.label)
    if item.kind == "icon":
        return icon_step(rng, item.label)
    if item.kind == "tick" and rng.random() < IN_ROW:
        return row_tick_step(rng, rng.choices(("Tick", "Untick"), (3, 1))[0], item.label)
    if item.kind in ("near", "tick"):
        return pointer_step(rng, rng.choices(("Tick", "Untick", "Click"), (6, 2, 2))[0], item.label)
    return pointer_step(rng, rng.choices(("Click", "Double-click", "Right-click"), (10, 1, 1))[0], item.label)


def _query(rng: random.Random, step: Step, many: bool, place: Place | None = None) -> Query:
    """The step on its own, or as one of a list of which some are done."""
    pointing = UNKNOWN_PLACE in step.code
    code = NOT_HERE if pointing and place is None else step.code
    steps, done = [step], 0
    if many:
        steps = _other_steps(rng, rng.randint(1, 4))
        done = rng.randint(0, len(steps))
        steps.insert(done, step)
    query = Query(instruction(rng, steps), tuple(s.action for s in steps[:done]), step.action, code, step.label)
    if place is None:
        return query
    slip = tuple(min(max(rng.gauss(0, 1), -MOST_SLIP), MOST_SLIP) for _ in range(2))
    return replace(query, aim=place.aim, shown=place.shown, target=place.target, slip=slip)


def _other_steps(rng: random.Random, count: int) -> list[Step]:
    label, text = rng.choice(LENGTHS)
    return [
        random_step(rng, lambda: words.label(rng)[:label].strip(), lambda: words.value(rng)[:text])
        for _ in range(count)
    ]


def _told_apart(rng: random.Random, labels: Sequence[str], typing: bool) -> Query:
    """A step on one of several that look the same, found by further looks: its code always names the same place."""
    label, kind = rng.choice(labels), rng.random()
    if typing:
        step = type_step(rng, words.value(rng)[:LONG_TEXT].strip(), label)
    elif kind < 0.2:
        step = icon_step(rng, rng.choice(NAMES))
    else:
        step = pointer_step(rng, rng.choices(("Click", "Tick", "Untick"), (8, 2, 1))[0], label)
    if typing or kind < 0.7:
        step = related_step(rng, step, rng.choice(labels), words.word(rng).lower())
    else:
        step = ordinal_step(rng, label)
    return Query(instruction(rng, [step]), (), step.action, step.code)


def _finished(rng: random.Random) -> Query:
    steps = _other_steps(rng, rng.randint(1, 4))
    return Query(instruction(rng, steps), tuple(s.action for s in steps), DONE.action, DONE.code)


def picture_of(
    rng: random.Random, screen: Screen, size: tuple[int, int], queries: int, many: bool, typing: bool
) -> Picture:
    """A random part of a screen, with questions about what it shows and what it does not.

    Args:
        rng: everything is drawn from it.
        screen: where the picture is cut from.
        size: width and height of the picture, px.
        queries: how many questions.
        many: ask for one of several steps instead of a single one.
        typing: single steps type into fields; else they do not. (Questions of one length are cheaper together.)
    """
    width, height = size
    full_height, full_width, _ = screen.pixels.shape

    long_ones = rng.random() < 0.15

    def suits(item: Item) -> bool:
        return (many or typing == (item.kind == "field")) and (long_ones or len(item.label) <= SHORT)

    elsewhere = [item for item in screen.items if suits(item)] or screen.items
    around: list[Item] = []
    if typing and rng.random() < AROUND_BESIDE:
        around = [item for item in elsewhere if item.is_beside]
    elif rng.random() < AROUND_ICON:
        around = [item for item in elsewhere if item.kind == "icon"]
    middle = rng.choice(around or elsewhere).text
    left = int(min(max(middle[0] - rng.uniform(0, width), 0), full_width - width))
    top = int(min(max(middle[1] - rng.uniform(0, height), 0), full_height - height))

    seen, maps = labels_in(screen, left, top, width, height)
    partly = {item.label for item in screen.items if cut_of(item.text, left, top, width, height)[1] > 0}
    askable = [found[0] for found in seen.values() if len(found) == 1 and suits(found[0][0])]
    weights = [WEIGHTS[item.kind] for item, _ in askable]

    def there(item: Item, cut: Box, many: bool, longest_text: int) -> Query | None:
        place = place_of(item, cut, left, top, width, height)
        return None if place is None else _query(rng, _step_for(rng, item, longest_text), many, place)

    asked: list[Query] = []
    for _ in range(queries):
        kind = rng.random()
        if not many and rng.random() < RELATED:
            asked.append(_told_apart(rng, [item.label for item in screen.items if len(item.label) <= SHORT], typing))
        elif many and kind < 0.15:
            asked.append(_finished(rng))
        elif many and kind < 0.3:
            asked.append(_query(rng, rng.choice((key_step, scroll_step))(rng), many))
        else:
            query = there(*rng.choices(askable, weights)[0], many, LONG_TEXT) if askable and kind < PRESENT else None
            asked.append(query or _absent(rng, elsewhere, partly, many, LONG_TEXT))
    brief = [found[0] for found in seen.values() if len(found) == 1 and len(found[0][0].label) <= BRIEF_LABEL]
    brief_elsewhere = [item for item in screen.items if len(item.label) <= BRIEF_LABEL] or screen.items
    mentions: list[Query] = []
    for _ in range(MENTIONS * queries):
        query = there(*rng.choice(brief), False, BRIEF_TEXT) if brief and rng.random() < MENTION_PRESENT else None
        mentions.append(query or _absent(rng, brief_elsewhere, partly, False, BRIEF_TEXT))
    return Picture(
        _recoloured(rng, screen.pixels[top : top + height, left : left + width]),
        slots_in(screen, left, top, width, height),
        maps,
        frozenset(label.lower() for label in partly),
        asked,
        mentions,
    )


def _absent(rng: random.Random, elsewhere: list[Item], partly: set[str], many: bool, longest_text: int) -> Query:
    """A question about something that the picture does not show."""
    item, name = elsewhere[0], None
    longest = max(len(item.label) for item in elsewhere)
    near = sorted(label for label in partly if len(label) <= longest)
    for _ in range(8):
        item = rng.choice(elsewhere)
        name = _absent_icon(rng, partly) if item.kind == "icon" else _absent_name(rng, item.label, near, partly)
        if name:
            break
    name = name or words.label(rng)
    return _query(rng, _step_for(rng, Item(item.kind, name, item.text, item.box), longest_text), many)


def _absent_icon(rng: random.Random, partly: set[str]) -> str | None:
    name = rng.choice(NAMES)
    return None if any(name in shown.lower() for shown in partly) else name


def _absent_name(rng: random.Random, label: str, near: list[str], partly: set[str]) -> str | None:
    """A label, one that looks much like it or like one in the picture, or an invented one; None if it may be shown."""
    kind = rng.random()
    if kind < NEARLY_SHOWN and near:
        name = words.mutated(rng, rng.choice(near))
    elif kind < ELSEWHERE:
        name = label
    else:
        name = words.mutated(rng, label) if kind < MUTATED else words.label(rng)
    name = name.strip()
    is_shown = name.lower() in {shown.lower() for shown in partly}
    overlaps = any(name in shown or shown in name for shown in partly)
    return None if not name or is_shown or (name == label and overlaps) else name
