"""What is written on the screen decides where a model that reads is believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from PIL import Image

from agent.formats.nano import NanoFormat
from agent.looking import Decision, look
from envs.actions import Click, Terminate
from envs.frame import Frame
from model.base import GREEDY, Sampling
from model.characters import BLANK, CLASSES, class_of
from model.messages import Message, ReadingReply, Reply
from model.nano.action_lines import target_of
from model.nano.prompts import NOT_HERE, answer_text
from model.writing import SLOT_PX, Writing

WIDTH, HEIGHT = 1280, 720
VIEW = (448, 336)
SURE = 0.97
Places = Sequence[tuple[int, int]]


class Reader:
    """Reads what it is told to stand on the screen, two slots a character, and points where it is told to.

    Every pixel of its screens says where it is, so that it knows which part it is shown.
    """

    name = "reader"
    family = "nano"
    view_px = VIEW
    resizing = None

    def __init__(self, texts: Mapping[str, Places], pointed: Mapping[str, Places]) -> None:
        self.texts, self.pointed = texts, pointed
        self.batches: list[int] = []

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling = GREEDY,
        on_text: Callable[[str], None] | None = None,
    ) -> list[Reply]:
        self.batches.append(len(prompts))
        return [self._reply(prompt[-1]) for prompt in prompts]

    def _reply(self, message: Message) -> Reply:
        picture, text = message.parts
        assert isinstance(picture, Image.Image)
        line = str(text).split("\n")[2]
        target = target_of(line)
        assert target is not None
        low_x, low_y, high = picture.getpixel((0, 0))  # pyright: ignore[reportGeneralTypeIssues]
        left, top = high // 16 * 256 + low_x, high % 16 * 256 + low_y
        inside = [
            (x - left, y - top)
            for x, y in self.pointed.get(target.label, ())
            if left <= x < left + picture.width and top <= y < top + picture.height
        ]
        code = NOT_HERE
        if inside:
            (x, y), *_ = inside
            code = f"pyautogui.click(x={x / picture.width:.3f}, y={y / picture.height:.3f})"
        return ReadingReply(
            answer_text(line, code),
            wording_log_probability=-0.05,
            writings=(self._writing(left, top, picture.width, picture.height),),
        )

    def _writing(self, left: int, top: int, width: int, height: int) -> Writing:
        seen = np.full((height // 14, width // 14 * 3, CLASSES), (1 - SURE) / (CLASSES - 1), np.float32)
        seen[..., BLANK] = SURE
        for text, places in self.texts.items():
            for x, y in places:
                row = (y - top) // 14
                for number, char in enumerate(text):
                    for slot in (int((x - left) / SLOT_PX) + 2 * number + part for part in (0, 1)):
                        if 0 <= row < seen.shape[0] and 0 <= slot < seen.shape[1]:
                            seen[row, slot] = (1 - SURE) / (CLASSES - 1)
                            seen[row, slot, class_of(char) or BLANK] = SURE
        return Writing.of(np.log(seen).astype(np.float16))


def screen() -> Frame:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return Frame(np.stack([x % 256, y % 256, x // 256 * 16 + y // 256], -1).astype(np.uint8))


def decided(
    instruction: str,
    texts: Mapping[str, Places],
    pointed: Mapping[str, Places] | None = None,
    frame: Frame | None = None,
) -> tuple[Decision, list[int]]:
    model = Reader(texts, pointed or {})
    return look(model, NanoFormat(), frame or screen(), instruction), model.batches


def middle(text: str, place: tuple[int, int]) -> tuple[float, float]:
    return place[0] + len(text) * SLOT_PX, place[1]


def clicked(decision: Decision) -> tuple[float, float]:
    first = decision.actions[0]
    assert isinstance(first, Click)
    return first.at.x * WIDTH, first.at.y * HEIGHT


def test_what_is_read_is_found_though_no_tile_points_there() -> None:
    decision, batches = decided('Click "Invoices"', {"Invoices": [(700, 400)]})
    assert clicked(decision) == pytest.approx(middle("Invoices", (700, 400)), abs=9)
    assert batches == [12]


def test_what_was_read_is_not_kept() -> None:
    """An episode keeps its decisions: half a megabyte a tile would fill the memory within some hundred steps."""
    decision, _ = decided('Click "Invoices"', {"Invoices": [(700, 400)]})
    assert len(decision.looks) == 12
    assert all(isinstance(look.reply, ReadingReply) and not look.reply.writings for look in decision.looks)


def test_what_is_read_nowhere_is_not_there_though_a_tile_points() -> None:
    decision, batches = decided('Click "Invoices"', {"Customers": [(700, 400)]}, {"Invoices": [(730, 400)]})
    assert decision.actions == (Terminate(success=False),)
    assert batches == [12, 1]  # once more in the middle of a picture: it might have been cut off


def test_what_nearly_reads_so_is_not_meant() -> None:
    texts = {"Invoice 2041": [(700, 400)], "Invoice 2014": [(200, 100)]}
    decision, _ = decided('Click "Invoice 2014"', texts, {"Invoice 2014": [(740, 400)]})
    assert clicked(decision) == pytest.approx(middle("Invoice 2014", (200, 100)), abs=9)


def test_of_two_that_read_the_same_the_one_is_meant_at_which_tiles_point() -> None:
    texts = {"Sign in": [(200, 100), (700, 400)]}
    for place in texts["Sign in"]:
        x, y = middle("Sign in", place)
        decision, _ = decided('Click "Sign in"', texts, {"Sign in": [(round(x), round(y))]})
        assert clicked(decision) == pytest.approx((x, y), abs=9)


def test_words_in_running_text_need_a_tile_that_points_there() -> None:
    texts = {"please save your work": [(300, 300)]}
    assert decided('Click "save"', texts)[0].actions == (Terminate(success=False),)
    x, y = 300 + 2 * 9 * SLOT_PX, 300
    assert clicked(decided('Click "save"', texts, {"save": [(round(x), y)]})[0]) == pytest.approx((x, y), abs=9)


def test_short_labels_are_not_found_in_longer_ones() -> None:
    assert decided('Click "in"', {"Signing": [(300, 300)]})[0].actions == (Terminate(success=False),)


def test_a_label_that_all_tiles_cut_is_read_in_the_middle_of_a_picture() -> None:
    """Tiles of 448 px begin at 0, 277, 554 and 832."""
    label = "All members of the committee"
    texts = {label: [(230, 100)]}
    x, y = middle(label, (230, 100))
    for pointed in ({label: [(300, 100)]}, {}):
        decision, batches = decided(f'Click "{label}"', texts, pointed)
        assert clicked(decision) == pytest.approx((x, y), abs=9)
        assert batches == [12, 1]


def test_a_label_may_be_written_in_two_lines() -> None:
    texts = {"My": [(300, 300)], "Documents": [(280, 316)]}
    x, y = clicked(decided('Click "My Documents"', texts)[0])
    assert 280 <= x <= 280 + 18 * SLOT_PX
    assert y == pytest.approx(308, abs=9)
    for far in ((700, 316), (280, 400), (280, 284)):
        decision, _ = decided('Click "My Documents"', texts | {"Documents": [far]})
        assert decision.actions == (Terminate(success=False),)


def test_a_field_is_found_beside_its_label_or_below_it() -> None:
    for left, top in ((860, 390), (700, 415)):
        pixels = screen().pixels.copy()
        pixels[top : top + 24, left : left + 200] = 255
        decision, batches = decided('Type "7" into "Amount"', {"Amount": [(700, 402)]}, frame=Frame(pixels))
        x, y = clicked(decision)
        assert left <= x < left + 200
        assert top <= y < top + 24
        assert batches == [12]


def test_a_label_without_a_field_is_looked_at_once_more() -> None:
    texts = {"Amount": [(700, 402)]}
    decision, batches = decided('Type "7" into "Amount"', texts)
    assert clicked(decision) == pytest.approx(middle("Amount", (700, 402)), abs=9)
    assert batches == [12, 1]


EDITS = {"Edit": [(900, 100), (900, 200), (900, 300)], "Ada": [(100, 100)], "Bob": [(100, 200)], "Cleo": [(100, 300)]}


@pytest.mark.parametrize(
    ("where", "number"),
    [('"Edit" in the row "Bob"', 1), ('the last "Edit"', 2), ('the first "Edit"', 0), ('"Edit" in the row "Cleo"', 2)],
)
def test_what_is_told_apart_is_found_by_reading_alone(where: str, number: int) -> None:
    pointed = {"Edit": [(910, 100)]}  # its code names any of them
    decision, batches = decided(f"Click {where}", EDITS, pointed)
    assert clicked(decision) == pytest.approx(middle("Edit", EDITS["Edit"][number]), abs=9)
    assert batches == [12]
