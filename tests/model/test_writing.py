"""Where a text is found in what an encoder reads."""

from __future__ import annotations

import string
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.characters import BLANK, CLASSES, class_of, plain_letters
from model.writing import SLOT_PX, Writing, can_be_read, find

ROWS, SLOTS = 6, 60
SURE = 0.97
MOST = 12.0


def writing(*texts: tuple[int, int, str], slots: int = SLOTS) -> Writing:
    """Texts that are read nearly surely, each from a slot of a row on, a character a slot; a space is a blank."""
    seen = np.full((ROWS, slots, CLASSES), (1 - SURE) / (CLASSES - 1), np.float32)
    seen[..., BLANK] = SURE
    for row, start, text in texts:
        for slot, char in enumerate(plain_letters(text), start=start):
            seen[row, slot] = (1 - SURE) / (CLASSES - 1)
            seen[row, slot, class_of(char) or BLANK] = SURE
    return Writing.of(np.log(seen).astype(np.float16))


def doubt(text: str, *texts: tuple[int, int, str], most: float = MOST) -> float:
    """Of the least doubtful place; more than what is allowed where there is none."""
    return min((place.doubt for place in find(text, [writing(*texts)], most)[0]), default=most + 1)


def test_a_text_is_found_where_it_stands() -> None:
    (places,) = find("Save draft", [writing((2, 10, "Save draft"), (4, 3, "Send"))], MOST)
    assert len(places) == 1
    left, top, right, bottom = places[0].box_px
    assert (left, right) == pytest.approx((10 * SLOT_PX, 20 * SLOT_PX))
    assert top < 2.5 * 14 < bottom
    assert places[0].doubt < 0.5
    assert places[0].part < 0.5


@pytest.mark.parametrize(
    "read", ["SSaavee drraft", "S a v e  d r a f t", "SSSSave    draft", "save DRAFT", "SaveDRAFT"]
)
def test_characters_are_as_wide_as_they_like_and_small_or_large(read: str) -> None:
    assert doubt("Save draft", (2, 10, read)) < 6


@pytest.mark.parametrize(
    "read",
    ["Send draft", "Save drift", "Save", "draft Save", "Save drafts", "Unsave draft", "Sabe draft", "avSe draft"],
)
def test_another_text_is_not_it(read: str) -> None:
    assert doubt("Save draft", (2, 10, read)) > 5


def test_numbers_of_the_same_digits_are_told_apart() -> None:
    assert doubt("Invoice 2014", (2, 10, "Invoice 2041")) > 8
    (places,) = find("Invoice 2014", [writing((1, 10, "Invoice 2041"), (3, 10, "Invoice 2014"))], 30.0)
    assert places[0].box_px[1] < 3.5 * 14 < places[0].box_px[3]


def test_narrow_letters_may_share_a_slot_and_others_may_not() -> None:
    assert doubt("Fill in", (2, 10, "Fil in")) < 2
    assert doubt("Gadget", (2, 10, "Gaget")) > 4


def test_what_is_read_partly_in_two_rows_is_one_line() -> None:
    halves = (2, 10, "S v   r f "), (3, 10, " a e d a t")
    (places,) = find("Save draft", [writing(*halves)], MOST)
    assert len(places) == 1
    assert places[0].doubt < 1
    assert places[0].box_px[1] < 3 * 14 < places[0].box_px[3]


@pytest.mark.parametrize("mark", [":", "*", ")", "...", "|"])
def test_a_mark_may_follow_a_label(mark: str) -> None:
    assert doubt("Name", (2, 10, "Name" + mark)) < 0.5


def test_what_is_spread_over_the_screen_is_no_text() -> None:
    assert doubt("15F", (2, 5, "1       5       F")) < 2
    assert doubt("15F", (2, 5, "1           5           F")) > MOST


def test_words_of_a_longer_phrase_are_rather_not_meant() -> None:
    (places,) = find("Save", [writing((1, 10, "SSaavvee  aallll"), (3, 10, "SSaavvee"))], MOST)
    alone, part = places
    assert alone.box_px[1] < 3.5 * 14 < alone.box_px[3]
    assert alone.part < 0.5
    assert part.part > 4
    assert 1 < part.doubt < 4


def test_what_is_never_read_may_look_like_anything() -> None:
    assert can_be_read("Größe…")
    assert not can_be_read("→ …")
    assert not can_be_read("設定")
    for read in ("Grosse", "Gro.e..", "Gro e"):
        assert doubt("Gro🙂e…", (2, 10, read)) < 3, read


def test_accents_do_not_count() -> None:
    assert doubt("Čeština", (2, 10, "Cestina")) < 0.5


def test_pictures_may_be_of_different_widths() -> None:
    found = find("Save", [writing((2, 50, "Save")), writing(slots=30), writing((1, 4, "Save"), slots=30)], MOST)
    assert [len(places) for places in found] == [1, 0, 1]
    assert found[0][0].box_px[0] == pytest.approx(50 * SLOT_PX)
    assert found[2][0].box_px[0] == pytest.approx(4 * SLOT_PX)


LABELS = st.text(string.ascii_letters + string.digits + " -&", min_size=1, max_size=18).map(str.strip).filter(len)


@given(LABELS, st.data())
def test_any_text_is_found_however_wide_its_characters_are(label: str, data: st.DataObject) -> None:
    widths: Sequence[int] = data.draw(st.lists(st.integers(1, 2), min_size=len(label), max_size=len(label)))
    read = "".join(char * width for char, width in zip(label, widths, strict=True))
    row, start = data.draw(st.integers(0, ROWS - 1)), data.draw(st.integers(0, SLOTS - len(read)))
    (places,) = find(label, [writing((row, start, read))], MOST)
    left, top, right, bottom = places[0].box_px
    assert places[0].doubt < 2
    assert start * SLOT_PX - 1 <= left < right <= (start + len(read)) * SLOT_PX + 1
    assert top < (row + 0.5) * 14 < bottom


@given(LABELS, LABELS)
def test_all_that_is_found_is_doubted_less_than_what_is_allowed(label: str, read: str) -> None:
    for most in (0.5, 4.0, MOST):
        (places,) = find(label, [writing((2, 10, read))], most)
        assert all(0 <= place.doubt <= most for place in places)
        assert [place.doubt for place in places] == sorted(place.doubt for place in places)
