"""How one of several things that look the same is found: by its order, or by what it stands beside."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent.formats.nano import NanoFormat
from agent.looking import Decision, look
from agent.nearby import in_reading_order, only, regions
from envs.actions import Click, Terminate, TypeText
from envs.frame import Frame
from model.base import GREEDY, Sampling
from model.messages import Message, Reply
from model.nano.action_lines import Relation, Target, read_target, target_of
from model.nano.prompts import NOT_HERE, answer_text

COLOURS = {"Edit": (255, 0, 0), "Ada": (0, 255, 0), "Bob": (0, 0, 255), "trash": (255, 255, 0)}
SIZE = (1280, 720)
TABLE = {"Ada": [(100, 200)], "Bob": [(100, 300)], "Edit": [(900, 203), (900, 298), (300, 600)]}


class ColourReader:
    """Points at the largest patch that has the colour of the label it is asked for; says back what it is asked."""

    name = "colours"
    family = "nano"
    view_px = (448, 336)
    resizing = None

    def __init__(self) -> None:
        self.held_to: list[str | None] = []
        self.pictures = 0

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling = GREEDY,
        on_text: Callable[[str], None] | None = None,
    ) -> list[Reply]:
        self.held_to.append(sampling.copied_from)
        self.pictures += len(prompts)
        return [self._reply(prompt[-1]) for prompt in prompts]

    def _reply(self, message: Message) -> Reply:
        picture, text = message.parts
        assert isinstance(picture, Image.Image)
        line = str(text).split("\n")[2]
        target = target_of(line)
        assert target is not None
        rows, columns = np.nonzero((np.asarray(picture) == COLOURS[target.label]).all(-1))
        code = NOT_HERE
        if len(rows):
            first = (abs(rows - rows[0]) <= 20) & (abs(columns - columns[0]) <= 20)
            x, y = columns[first].mean() / picture.width, rows[first].mean() / picture.height
            code = f"pyautogui.click(x={x:.3f}, y={y:.3f})"
        return Reply(answer_text(line, code), wording_log_probability=-1 / (1 + len(rows)))


def screen(places: dict[str, list[tuple[int, int]]]) -> Frame:
    """A white screen with a patch of 16x12 pixels around each place."""
    pixels = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
    for label, found in places.items():
        for x, y in found:
            pixels[y - 6 : y + 6, x - 8 : x + 8] = COLOURS[label]
    return Frame(pixels)


def decided(instruction: str, places: dict[str, list[tuple[int, int]]] = TABLE) -> Decision:
    return look(ColourReader(), NanoFormat(), screen(places), instruction)


def place_of(decision: Decision) -> tuple[int, int]:
    (click,) = decision.actions
    assert isinstance(click, Click)
    return round(click.at.x * SIZE[0]), round(click.at.y * SIZE[1])


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ('Click "Edit" in the row "Ada"', (900, 203)),
        ('Click "Edit" in the row "Bob"', (900, 298)),
        ('Click the first "Edit"', (900, 203)),
        ('Click the second "Edit"', (900, 298)),
        ('Click the last "Edit"', (300, 600)),
        ('Right-click "Edit" right of "Bob"', (900, 298)),
        ('Click "Edit" below "Bob"', (300, 600)),
    ],
)
def test_the_one_that_is_meant_is_found(instruction: str, expected: tuple[int, int]) -> None:
    assert place_of(decided(instruction)) == pytest.approx(expected, abs=2)


def test_a_screen_of_one_view_is_no_exception() -> None:
    places = {"Ada": [(100, 80)], "Bob": [(100, 160)], "Edit": [(300, 82), (300, 158)]}
    frame = Frame(screen(places).pixels[:336, :448])
    (click,) = look(ColourReader(), NanoFormat(), frame, 'Click "Edit" in the row "Bob"').actions
    assert isinstance(click, Click)
    assert (click.at.x * 448, click.at.y * 336) == pytest.approx((300, 158), abs=2)


def test_near_things_are_told_apart_by_their_order() -> None:
    rows = [(400 + 60 * column, 300 + 26 * row) for row in range(4) for column in range(3)]
    for number, ordinal in enumerate(("first", "second", "third", "fourth", "fifth", "sixth")):
        decision = decided(f'Click the {ordinal} "Edit"', {"Edit": rows})
        assert place_of(decision) == pytest.approx(rows[number], abs=2)


def test_what_is_typed_and_how_is_kept() -> None:
    decision = decided('Type "7" into "Edit" in the row "Bob"')
    click, text = decision.actions
    assert isinstance(click, Click)
    assert round(click.at.y * SIZE[1]) == pytest.approx(298, abs=2)
    assert text == TypeText(text="7")
    assert decision.answer.action == 'Type "7" into "Edit" in the row "Bob"'


@pytest.mark.parametrize(
    "instruction",
    [
        'Click the fourth "Edit"',
        'Click "Edit" left of "Ada"',
        'Click "Ada" in the row "trash"',
        'Click "trash" below "Bob"',
    ],
)
def test_what_is_not_there_is_a_failure(instruction: str) -> None:
    assert decided(instruction).actions == (Terminate(success=False),)


def test_every_look_is_recorded_and_held_to_what_is_looked_for() -> None:
    model = ColourReader()
    decision = look(model, NanoFormat(), screen(TABLE), 'Click "Edit" in the row "Ada"')
    assert len(decision.looks) == model.pictures > 12
    assert model.held_to[:3] == ['Click "Edit" in the row "Ada"', 'Click "Ada"', 'Click "Edit"']
    assert decision.generate_s > 0


def test_an_instruction_without_quotation_marks_is_understood_alike() -> None:
    marked, plain, frame = ColourReader(), ColourReader(), screen(TABLE)
    decision = look(marked, NanoFormat(), frame, 'Click "Edit" in the row "Ada"')
    assert look(plain, NanoFormat(), frame, "Click Edit in the row Ada").actions == decision.actions
    assert plain.held_to == marked.held_to


@pytest.mark.parametrize("relation", get_args(Relation))
@given(st.floats(0, 1), st.floats(0, 1))
def test_where_to_look_lies_on_the_screen(relation: Relation, x: float, y: float) -> None:
    frame = screen({})
    for left, top, right, bottom in regions(relation, frame.point(x, y), frame):
        assert 0 <= left < right <= SIZE[0]
        assert 0 <= top < bottom <= SIZE[1]


def test_a_part_of_a_frame_is_a_frame_with_the_same_places() -> None:
    frame = screen(TABLE)
    part = only(frame, (0, 190, 1280, 216))
    assert part.id == frame.id
    assert (part.pixels[190:216] == frame.pixels[190:216]).all()
    assert (part.pixels[:190] == 255).all()
    assert (part.pixels[216:] == 255).all()


def test_reading_order_is_line_by_line() -> None:
    frame = screen({})
    b, a, c, b2 = (frame.point(x / 1280, y / 720) for x, y in ((500, 104), (100, 100), (50, 180), (600, 96)))
    assert in_reading_order(frame, [b, a, c, b2]) == [a, b, b2, c]


def test_what_several_views_show_is_likelier_than_what_one_is_surer_of() -> None:
    places = {"Ada": [(100, 100), (330, 400)], "Edit": [(900, 100), (900, 400)]}  # the second lies in two views
    assert place_of(decided('Click "Edit" in the row "Ada"', places)) == pytest.approx((900, 400), abs=2)


LABELS = st.text(st.characters(exclude_characters="\n"), min_size=1, max_size=12).filter(lambda text: '" ' not in text)


@given(
    LABELS,
    st.booleans(),
    st.sampled_from(["", "first", "last"]),
    st.one_of(st.none(), st.tuples(st.sampled_from(get_args(Relation)), LABELS)),
)
def test_targets_are_read_as_they_are_written(
    label: str, is_icon: bool, ordinal: str, where: tuple[Relation, str] | None
) -> None:
    target = Target(label, is_icon, ordinal, *(where or ()))
    assert read_target(str(target)) == target
    assert target_of(f"Click {target}") == target
    assert target_of(f'Type "x" into {target}') == target


def test_other_lines_point_at_nothing() -> None:
    assert target_of("Press enter") is None
    assert target_of("The task is done") is None
    assert read_target(re.sub("row", "lane", 'the "Edit" in the row "Ada"')) is None
