from __future__ import annotations

import random
import re
from collections.abc import Callable

import numpy as np
import pytest

from model.characters import BLANK, FIRST_CHARACTER, SLOTS
from model.nano import questions
from model.nano.action_lines import UNKNOWN_PLACE, code_of, target_of
from model.nano.cutouts import PATCH, thousandths
from model.nano.letters import letters_of
from model.nano.prompts import NOT_HERE
from model.nano.questions import Picture, picture_of
from model.nano.screens import Box, Item, Screen
from model.nano.steps import DONE

WIDTH, HEIGHT = 448, 336
LABEL = re.compile(r'"([^"]*)"$')
Cut = tuple[Picture, int, int]
"""A picture, and x and y of its left upper corner on the screen."""


@pytest.fixture(params=[(many, typing) for many in (False, True) for typing in (False, True)])
def cuts(
    request: pytest.FixtureRequest,
    screen: Screen,
    monkeypatch: pytest.MonkeyPatch,
    offset_of: Callable[[np.ndarray], tuple[int, int]],
) -> list[Cut]:
    """Pictures in the screen's own colours, which tell where they were cut out."""
    monkeypatch.setattr(questions, "_recoloured", lambda _, pixels: np.ascontiguousarray(pixels))
    many, typing = request.param
    pictures = [
        picture_of(random.Random(seed), screen, (WIDTH, HEIGHT), 6, many=many, typing=typing) for seed in range(40)
    ]
    return [(picture, *offset_of(picture.pixels)) for picture in pictures]


def contains(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def item_of(screen: Screen, action: str) -> Item | None:
    asked = LABEL.search(action)
    return next((item for item in screen.items if asked and item.label == asked[1]), None)


def test_an_aim_is_in_the_picture_and_on_what_is_asked_for(cuts: list[Cut], screen: Screen) -> None:
    aims = 0
    for picture, left, top in cuts:
        for query in picture.queries:
            if query.aim is None:
                continue
            aims += 1
            x, y = query.aim
            item = item_of(screen, query.action)
            assert item is not None
            assert contains((0, 0, WIDTH, HEIGHT), x, y)
            assert contains(item.box, x + left, y + top)
            assert query.code.count(UNKNOWN_PLACE) == 1
            assert query.action.startswith("Type") == (item.kind == "field")
            assert query.shown is not None
            assert contains(item.text, query.shown[0] + left, query.shown[1] + top)
            assert contains(item.text, query.shown[2] + left, query.shown[3] + top)
    assert aims > 30


def test_what_is_not_there_is_not_shown(cuts: list[Cut], screen: Screen) -> None:
    absent = 0
    for picture, left, top in cuts:
        shown = {
            item.label.lower()
            for item in screen.items
            if left < item.text[2]
            and item.text[0] < left + WIDTH
            and top < item.text[3]
            and item.text[1] < top + HEIGHT
        }
        for query in picture.queries:
            if query.code == NOT_HERE:
                asked = LABEL.search(query.action)
                assert asked is not None
                assert asked[1].lower() not in shown
                absent += 1
    assert absent > 30


def test_questions_are_of_the_wanted_sort(cuts: list[Cut], request: pytest.FixtureRequest) -> None:
    many, typing = request.node.callspec.params["cuts"]
    asked = [query for picture, _, _ in cuts for query in picture.queries]
    assert len(asked) == 40 * 6
    if many:
        assert any(query.steps for query in asked)
        finished = [query for query in asked if query.code == DONE.code]
        assert finished
        assert all(query.steps for query in finished)
    else:
        assert all(query.action.startswith("Type") == typing for query in asked)
        assert not any(query.steps for query in asked)


def test_of_what_is_told_apart_only_the_line_counts(cuts: list[Cut], request: pytest.FixtureRequest) -> None:
    many, typing = request.node.callspec.params["cuts"]
    asked = [query for picture, _, _ in cuts for query in picture.queries]
    targets = [(query, target_of(query.action)) for query in asked if not query.steps]
    apart = [(query, target) for query, target in targets if target and (target.ordinal or target.relation)]
    if not many:
        assert len(apart) > 15
        assert {bool(target.relation) for _, target in apart} == ({True} if typing else {True, False})
        for query, target in apart:
            assert (query.label, query.aim, query.is_absent) == ("", None, False)
            assert query.code == code_of(query.action)
            assert target.anchor in query.instruction


def test_patches_know_their_characters_and_labels(cuts: list[Cut], screen: Screen) -> None:
    columns, named = WIDTH // PATCH, 0
    for picture, left, top in cuts:
        slots = picture.slots.reshape(HEIGHT // PATCH, columns * SLOTS)
        written = 0
        for code, (x, y) in zip(screen.codes, screen.centres - (left, top), strict=True):
            if 0 <= x < WIDTH and 0 <= y < HEIGHT:
                assert slots[int(y // PATCH), int(x * SLOTS // PATCH)] == code - FIRST_CHARACTER
                written += 1
        assert (slots > BLANK).sum() == written
        centres, aims = (
            places.reshape(HEIGHT // PATCH, columns, 2) for places in (picture.maps.centres, picture.maps.aims)
        )
        letters = picture.maps.letters.reshape(HEIGHT // PATCH, columns, -1)
        for item in screen.items:
            x, y = (item.text[0] + item.text[2]) / 2 - left, (item.text[1] + item.text[3]) / 2 - top
            whole = contains((left, top, left + WIDTH, top + HEIGHT), *item.text[:2]) and contains(
                (left, top, left + WIDTH, top + HEIGHT), *item.text[2:]
            )
            if whole:
                at = int(y // PATCH), int(x // PATCH)
                aim = item.aim[0] - left, item.aim[1] - top
                told = aims[at].tolist()
                assert centres[at].tolist() == [thousandths(x, WIDTH), thousandths(y, HEIGHT)]
                if item.kind not in ("field", "tick"):
                    assert told == [-1, -1]
                elif contains((5, 5, WIDTH - 5, HEIGHT - 5), *aim):
                    assert told == [thousandths(aim[0], WIDTH), thousandths(aim[1], HEIGHT)]
                    assert aims[int(aim[1] // PATCH), int(aim[0] // PATCH)].tolist() == told
                    named += 1
                assert letters[at].tolist() == letters_of([item.label])[0].tolist()
    assert named > 10


def test_a_seed_decides(screen: Screen) -> None:
    first, again, other = (
        picture_of(random.Random(seed), screen, (WIDTH, HEIGHT), 6, many=True, typing=False) for seed in (1, 1, 2)
    )
    assert first.queries == again.queries != other.queries
    assert (first.pixels == again.pixels).all()


@pytest.mark.parametrize(
    ("value", "place"), [(0, 0), (0.44, 0), (0.45, 1), (447.9, 999), (448, 999), (-3, 0), (224, 500)]
)
def test_thousandths(value: float, place: int) -> None:
    assert thousandths(value, 448) == place
