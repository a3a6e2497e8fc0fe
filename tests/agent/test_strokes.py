"""A place beside a text is moved onto it, and nothing else moves it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from agent.answers import Look, Usable
from agent.formats.nano import NanoFormat
from agent.strokes import look_alikes, onto_text, stands_out, text_near
from agent.view import View
from envs.frame import Frame
from model.messages import Reply
from model.nano.prompts import answer_text

FONT = ImageFont.load_default(15)
SIZE = (400, 120)
LABEL, OTHER = "Accounts", "Go"
LABEL_BOX = (150, 50, 212, 66)
"""Of the ink, about; OTHER stands 40 px to the right of it."""


@pytest.fixture(scope="module", params=["light", "dark", "button"])
def pixels(request: pytest.FixtureRequest) -> np.ndarray:
    ground, ink = {"dark": ((30, 32, 40), (220, 220, 220))}.get(request.param, ((255, 255, 255), (20, 20, 20)))
    picture = Image.new("RGB", SIZE, ground)
    draw = ImageDraw.Draw(picture)
    if request.param == "button":
        draw.rectangle((130, 40, 232, 76), fill=(235, 235, 240), outline=(90, 90, 90))
    draw.text((150, 48), LABEL, ink, FONT)
    draw.text((252, 48), OTHER, ink, FONT)
    return np.asarray(picture)


@pytest.mark.parametrize("place", [(140.0, 57.0), (222.0, 59.0), (180.0, 42.0), (180.0, 74.0), (216.0, 68.0)])
def test_a_place_beside_a_text_is_moved_onto_it(pixels: np.ndarray, place: tuple[float, float]) -> None:
    left, top, right, bottom = LABEL_BOX
    x, y = onto_text(pixels, place, len(LABEL))
    assert left <= x <= right
    assert top <= y <= bottom


def test_of_two_texts_the_one_of_the_right_length_is_meant(pixels: np.ndarray) -> None:
    between = (234.0, 58.0)
    assert onto_text(pixels, between, len(LABEL))[0] < 215
    assert onto_text(pixels, between, len(OTHER))[0] > 250


@given(st.floats(160, 202), st.floats(57, 60))
def test_a_place_on_a_text_stays(x: float, y: float) -> None:
    picture = Image.new("RGB", SIZE, "white")
    ImageDraw.Draw(picture).text((150, 48), LABEL, "black", FONT)
    assert onto_text(np.asarray(picture), (x, y), len(LABEL)) == pytest.approx((x, y))


def test_a_link_is_told_from_the_words_before_it_by_its_colour() -> None:
    picture = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    before, link = "8 min late · ", "Stops"
    draw.text((40, 48), before, (40, 40, 40), FONT)
    start = 40 + draw.textlength(before, FONT)
    draw.text((start, 48), link, (20, 60, 200), FONT)
    end = start + draw.textlength(link, FONT)
    found = text_near(np.asarray(picture), (start + 3, 57.0), len(link))
    assert found is not None
    left, top, right, bottom = found
    assert (left, right) == (pytest.approx(start, abs=3), pytest.approx(end, abs=3))
    assert 8 <= bottom - top <= 16


def test_the_lines_of_a_table_are_no_part_of_its_texts() -> None:
    picture = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    for y in range(20, 110, 24):
        draw.line((20, y, 300, y), (120, 120, 120))
        draw.text((60, y + 4), "Open", "black", FONT)
    for x in (20, 40, 130, 300):
        draw.line((x, 20, x, 116), (120, 120, 120))
    found = text_near(np.asarray(picture), (70.0, 58.0), 4)
    assert found is not None
    assert 8 <= found[3] - found[1] <= 16
    assert len(look_alikes(np.asarray(picture), found)) == 4


@given(st.floats(0, SIZE[0]), st.floats(0, SIZE[1]), st.integers(0, 300))
def test_where_nothing_is_written_a_place_stays(x: float, y: float, length: int) -> None:
    for shade in (0, 128, 255):
        blank = np.full((SIZE[1], SIZE[0], 3), shade, np.uint8)
        assert onto_text(blank, (x, y), length) == (x, y)


@given(st.integers(0, 2**32 - 1), st.floats(0, SIZE[0]), st.floats(0, SIZE[1]), st.integers(0, 40))
def test_a_place_never_leaves_the_picture(seed: int, x: float, y: float, length: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    moved = onto_text(noise, (x, y), length)
    assert 0 <= moved[0] <= SIZE[0]
    assert 0 <= moved[1] <= SIZE[1]


def test_all_that_looks_the_same_is_found_also_in_other_colours() -> None:
    picture = Image.new("RGB", (600, 300), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((300, 40, 400, 70), fill=(20, 60, 160))
    places = [(40, 48, "black"), (320, 48, "white"), (40, 148, "black"), (321, 250, (120, 120, 120))]
    for x, y, ink in places:
        draw.text((x, y), "Edit", ink, FONT)
    for x, y, other in ((150, 48, "Exit"), (150, 148, "Edit all"), (150, 250, "Delete"), (40, 250, "Editor")):
        draw.text((x, y), other, "black", FONT)
    pixels = np.asarray(picture)
    box = text_near(pixels, (52.0, 57.0), 4)
    assert box is not None
    found = sorted(look_alikes(pixels, box), key=lambda place: place[::-1])
    assert len(found) == len(places)
    for (x, y), (left, top, _) in zip(found, places, strict=True):
        assert left < x < left + 28
        assert top < y < top + 20


@given(st.integers(0, 255))
def test_of_a_plain_area_nothing_looks_the_same(shade: int) -> None:
    assert look_alikes(np.full((90, 120, 3), shade, np.uint8), (20, 20, 60, 40)) == []


@pytest.mark.parametrize(
    ("line", "moves"),
    [
        ('Click "Accounts"', True),
        ('Right-click "Accounts"', True),
        ('Tick "Accounts"', False),
        ('Type "7" into "Accounts"', False),
    ],
)
def test_only_what_is_its_own_text_is_moved_to(pixels: np.ndarray, line: str, moves: bool) -> None:
    view, text = View.whole(Frame(pixels)), answer_text(line, "pyautogui.click(x=0.355, y=0.480)")
    point = Usable(Look(view.box_px, Reply(text)), NanoFormat().parse(text, view)).on_target(view.frame).point
    assert point is not None
    assert (point.x > 0.37) == moves


@pytest.mark.parametrize(
    ("link", "is_underlined", "is_out"),
    [((20, 20, 200), False, True), ((20, 20, 20), True, True), ((20, 20, 20), False, False)],
)
@pytest.mark.parametrize("is_dark", [False, True])
def test_links_stand_out_of_running_text(
    link: tuple[int, int, int], is_underlined: bool, is_out: bool, is_dark: bool
) -> None:
    picture = Image.new("RGB", (500, 60), "white")
    draw = ImageDraw.Draw(picture)
    before, label, behind = "by our terms", "of sale", "and returns of it"
    left = 20 + draw.textlength(before + " ", FONT)
    right = left + draw.textlength(label, FONT)
    draw.text((20, 20), before, (20, 20, 20), FONT)
    draw.text((left, 20), label, link, FONT)
    draw.text((right + draw.textlength(" ", FONT), 20), behind, (20, 20, 20), FONT)
    if is_underlined:
        draw.line((left, 37, right, 37), link)
    pixels = np.asarray(picture)
    assert stands_out(255 - pixels if is_dark else pixels, (left - 2, 20, right + 2, 34)) == is_out


def test_part_of_a_link_does_not_stand_out() -> None:
    picture = Image.new("RGB", (500, 60), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((100, 20), "Terms of sale and returns", (20, 20, 200), FONT)
    draw.line((100, 37, 100 + draw.textlength("Terms of sale and returns", FONT), 37), (20, 20, 200))
    left = 100 + draw.textlength("Terms ", FONT)
    assert not stands_out(np.asarray(picture), (left, 20, left + draw.textlength("of sale", FONT), 34))
