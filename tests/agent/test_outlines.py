"""Fields and boxes are found by their outlines: on drawings, and on a page as a real Chromium draws it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import sync_playwright

from agent.answers import Look, Usable
from agent.formats.nano import NanoFormat
from agent.outlines import BESIDE_PX, field_of, onto_field, onto_icon, onto_tick
from agent.view import View
from envs.frame import Frame
from model.messages import Reply
from model.nano.prompts import answer_text
from model.nano.rendering import launch

SIZE = (500, 200)
FIELD = (120, 80, 380, 108)


def drawing(fill: tuple[int, int, int] = (255, 255, 255), text: str = "") -> np.ndarray:
    """A field with a border on a light ground, and perhaps a text in it."""
    picture = Image.new("RGB", SIZE, (246, 246, 248))
    draw = ImageDraw.Draw(picture)
    draw.rectangle(FIELD, fill, (150, 150, 150))
    draw.text((130, 85), text, (90, 90, 90), ImageFont.load_default(15))
    return np.asarray(picture)


PLAIN, FILLED = drawing(), drawing((225, 230, 250), "Street and number")


def is_in(place: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
    return box[0] <= place[0] <= box[2] and box[1] <= place[1] <= box[3]


@given(st.floats(FIELD[0] - 12, FIELD[2] + 12), st.floats(FIELD[1] - 12, FIELD[3] + 12), st.booleans())
def test_a_place_beside_a_field_is_moved_into_it(x: float, y: float, is_filled: bool) -> None:
    moved = onto_field(FILLED if is_filled else PLAIN, (x, y))
    assert is_in(moved, FIELD)
    well_inside = FIELD[0] + 10, FIELD[1] + 10, FIELD[2] - 10, FIELD[3] - 10
    if is_in((x, y), well_inside):
        assert moved == pytest.approx((x, y))


@given(st.floats(0, SIZE[0]), st.floats(0, SIZE[1]))
def test_a_place_far_from_fields_stays(x: float, y: float) -> None:
    far = 2 * BESIDE_PX
    if not is_in((x, y), (FIELD[0] - far, FIELD[1] - far, FIELD[2] + far, FIELD[3] + far)):
        assert onto_field(PLAIN, (x, y)) == (x, y)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.floats(0, 120), st.floats(0, 90), st.integers(0, 30))
def test_a_place_never_leaves_the_picture(seed: int, x: float, y: float, length: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 2, (90, 120, 3), dtype=np.uint8) * 200
    for moved in (onto_field(noise, (x, y)), onto_icon(noise, (x, y)), onto_tick(noise, (x, y), length)):
        assert is_in(moved, (0, 0, 120, 90))


def test_where_nothing_is_drawn_a_place_stays() -> None:
    blank = np.full((90, 120, 3), 255, np.uint8)
    assert onto_tick(blank, (60.0, 40.0), 8) == (60.0, 40.0)
    assert onto_icon(blank, (60.0, 40.0)) == (60.0, 40.0)


@given(st.integers(0, 3), st.floats(-19, 19), st.floats(-19, 19), st.booleans())
def test_of_several_icons_the_nearest_is_meant(number: int, aside: float, down: float, is_dark: bool) -> None:
    """Circles with a dot, whose parts are one drawing, 60 px apart."""
    picture = Image.new("RGB", (300, 100), (40, 44, 52) if is_dark else "white")
    draw, ink = ImageDraw.Draw(picture), "white" if is_dark else (70, 70, 70)
    middles = [(50 + 60 * index, 50) for index in range(4)]
    for x, y in middles:
        draw.circle((x, y), 8, outline=ink, width=2)
        draw.circle((x, y), 3, fill=ink)
    x, y = middles[number]
    assert onto_icon(np.asarray(picture), (x + aside, y + down)) == pytest.approx((x, y), abs=1)


class Control(NamedTuple):
    label: str
    box: tuple[float, float, float, float]
    """Of what has to be hit, px of the picture."""
    text: tuple[float, float, float, float]
    """Of its label, px of the picture."""


class Shown(NamedTuple):
    pixels: np.ndarray
    fields: list[Control]
    ticks: list[Control]


PAGE = """<meta charset=utf-8><style>
body { font: 15px "Liberation Sans", "DejaVu Sans", sans-serif; margin: 24px; width: 760px }
.row { display: flex; justify-content: space-between; width: 640px; margin: 14px 0 }
.switch { width: 38px; height: 20px; border-radius: 10px; background: #b9c0c8; position: relative }
.switch::after { content: ""; position: absolute; width: 16px; height: 16px; margin: 2px; border-radius: 8px }
.switch::after { background: #fff }
.on { background: #1a73e8 } .on::after { right: 0 }
p { margin: 22px 0 } td { padding: 7px 40px 7px 6px; border-bottom: 1px solid #8888 }
</style>
<p><label data-f><span>Full name</span><br><input></label>
<p><label data-f><span>Telephone</span> <input value="+351 265" style="border: 2px solid #345; border-radius: 8px">
<p><label data-f><span>Remarks</span> <textarea rows=2></textarea></label>
<p><span data-t><input type=checkbox> <span>Remember me</span></span> &emsp;
   <span data-t><input type=checkbox checked> <span>Send a copy</span></span>
<p><span data-t><input type=radio name=r> <span>Once a week</span></span> &emsp;
   <span data-t><input type=radio name=r checked> <span>Every month</span></span>
<div class=row data-t><span>Dark mode</span><span class="switch" data-s></span></div>
<div class=row data-t><span>Location history</span><span class="switch on" data-s></span></div>
<table>
<tr data-t><td><input type=checkbox><td>1042<td><span>Harbour crane</span><td>12 May
<tr data-t><td><input type=checkbox checked><td>1043<td><span>Diesel pump</span><td>3 June
</table>"""
READ = """scale => {
  const box = e => {
    const {left, top, right, bottom} = e.getBoundingClientRect();
    return [left, top, right, bottom].map(v => v * scale);
  };
  const all = (kind, control) => [...document.querySelectorAll(`[data-${kind}]`)].map(e => {
    const text = [...e.querySelectorAll('span')].find(s => s.innerText);
    return [text.innerText, box(e.querySelector(control)), box(text)];
  });
  return [all('f', 'input, textarea'), all('t', 'input, [data-s]')];
}"""


@pytest.fixture(scope="module", params=[(1.0, "light"), (1.0, "dark"), (1.5, "light"), (2.0, "dark")], ids=str)
def shown(request: pytest.FixtureRequest) -> Iterator[Shown]:
    scale, scheme = request.param
    style = "<style>:root { color-scheme: dark }</style>" if scheme == "dark" else ""
    with sync_playwright() as playwright, launch(playwright) as browser:
        tab = browser.new_page(viewport={"width": 820, "height": 560}, device_scale_factor=scale)
        tab.set_content(style + PAGE)
        pixels = np.asarray(Image.open(io.BytesIO(tab.screenshot())).convert("RGB"))
        fields, ticks = tab.evaluate(READ, scale)
        yield Shown(pixels, [Control(*found) for found in fields], [Control(*found) for found in ticks])


def test_places_around_the_fields_of_a_page_are_moved_into_them(shown: Shown) -> None:
    for field in shown.fields:
        left, top, right, bottom = field.box
        middle = (left + right) / 2, (top + bottom) / 2
        for place in (middle, (middle[0], top - 6), (middle[0], bottom + 6), (right + 6, middle[1])):
            assert is_in(onto_field(shown.pixels, place), field.box), (field, place)
        assert onto_field(shown.pixels, middle) == pytest.approx(middle)


def test_the_boxes_of_a_page_are_found_from_their_texts(shown: Shown) -> None:
    for tick in shown.ticks:
        left, top, right, bottom = tick.text
        for x in (left + 4, (left + right) / 2, right - 4):
            place = onto_tick(shown.pixels, (x, (top + bottom) / 2), len(tick.label))
            assert is_in(place, tick.box), (tick, place)


def test_nano_ticks_the_box_and_types_into_the_field(shown: Shown) -> None:
    frame = Frame(shown.pixels)
    (tick, *_), (field, *_) = shown.ticks, shown.fields
    for line, code, place, box in (
        (f'Tick "{tick.label}"', "pyautogui.click(x={:.3f}, y={:.3f})", (tick.text[2] - 5, tick.text[1] + 8), tick.box),
        (
            f'Type "Ada" into "{field.label}"',
            "pyautogui.click(x={:.3f}, y={:.3f})\npyautogui.write(message='Ada')",
            ((field.box[0] + field.box[2]) / 2, field.box[1] - 5),
            field.box,
        ),
    ):
        text = answer_text(line, code.format(place[0] / frame.width_px, place[1] / frame.height_px))
        answer = Usable(Look(View.whole(frame).box_px, Reply(text)), NanoFormat().parse(text, View.whole(frame)))
        point = answer.on_target(frame).point
        assert point is not None
        assert is_in(frame.to_px(point), box)


def test_a_field_is_found_from_its_label(shown: Shown) -> None:
    for field in shown.fields:
        left, top, right, bottom = field.text
        place = field_of(shown.pixels, field.text, ((left + right) / 2, (top + bottom) / 2))
        assert place is not None
        assert is_in(place, field.box), (field, place)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ((20, 86, 100, 102), True),  # left of it
        ((120, 58, 200, 74), True),  # above it
        ((140, 86, 200, 102), True),  # in it
        ((20, 20, 100, 36), False),  # far above and left of it
        ((400, 86, 470, 102), False),  # right of it
    ],
)
def test_a_label_names_the_field_right_of_it_or_below_it(text: tuple[int, int, int, int], is_found: bool) -> None:
    found = field_of(PLAIN, text, (text[0] + 10, text[1] + 8))
    assert (found is not None and is_in(found, FIELD)) == is_found
    assert is_found or found is None


def test_a_field_may_be_nothing_but_a_line_below_its_label() -> None:
    picture = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    draw.text((40, 60), "Currency", (60, 80, 190), ImageFont.load_default(14))
    assert field_of(np.asarray(picture), (40, 60, 100, 76), (70, 68)) is None
    draw.line((40, 108, 400, 108), (140, 140, 140))
    place = field_of(np.asarray(picture), (40, 60, 100, 76), (70, 68))
    assert place is not None
    assert is_in(place, (40, 80, 400, 108))


def test_a_panel_around_a_field_and_its_label_is_no_field() -> None:
    picture = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((12, 60, 480, 104), (245, 245, 255), (40, 40, 120))
    draw.rectangle((160, 70, 380, 94), "white", (90, 90, 90))
    draw.text((40, 74), "Search this thread", (0, 0, 0), ImageFont.load_default(14))
    for place in ((140, 84), (90, 82), (200, 80)):
        found = field_of(np.asarray(picture), (40, 74, 150, 90), place)
        assert found is not None
        assert is_in(found, (160, 70, 380, 94))


def test_a_place_in_a_field_is_believed_whatever_the_label_stands_beside() -> None:
    assert field_of(PLAIN, (20, 20, 100, 36), (250, 95)) == pytest.approx((250, 95))


def test_the_cell_around_a_check_box_is_no_check_box() -> None:
    picture = Image.new("RGB", (400, 100), "white")
    draw = ImageDraw.Draw(picture)
    for left, right in ((20, 76), (76, 300)):
        draw.rectangle((left, 30, right, 56), outline=(200, 200, 200))
    draw.rectangle((28, 37, 40, 49), outline=(90, 90, 90))
    draw.text((84, 35), "Potassium", (0, 0, 0), ImageFont.load_default(14))
    assert is_in(onto_tick(np.asarray(picture), (110, 44), 9), (28, 37, 40, 49))


def test_a_box_in_a_row_of_two_lines_stands_between_them() -> None:
    picture = Image.new("RGB", (500, 100), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((22, 33, 42, 53), outline=(90, 90, 90))
    draw.text((90, 24), "Harbour cranes for sale", (0, 0, 0), ImageFont.load_default(16))
    draw.text((90, 48), "Region", (120, 120, 120), ImageFont.load_default(14))
    assert is_in(onto_tick(np.asarray(picture), (150, 34), 23), (22, 33, 42, 53))


@pytest.mark.parametrize("word", ["Play", "Book now"])
def test_a_button_beside_a_text_is_no_switch(word: str) -> None:
    """In scale 1: a pill with a word on the left, the switch on the right."""
    picture = Image.new("RGB", (700, 100), "white")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((120, 34, 192, 62), 14, fill=(45, 40, 70))
    draw.text((156, 48), word, "white", ImageFont.load_default(13), anchor="mm")
    draw.text((240, 48), "Boost voices", (30, 30, 30), ImageFont.load_default(14), anchor="lm")
    draw.rounded_rectangle((440, 38, 476, 58), 10, fill=(40, 180, 120))
    draw.circle((466, 48), 8, fill="white")
    assert is_in(onto_tick(np.asarray(picture), (280, 48), 12), (440, 38, 476, 58))
