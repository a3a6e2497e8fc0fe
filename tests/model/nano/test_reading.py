from __future__ import annotations

import random

import pytest
import torch

from model.characters import BLANK, FIRST_CHARACTER, plain_letters
from model.nano.dense_text import draw_dense_text, font_files
from model.nano.reading import patches_of, reading_losses, slot_targets
from model.reading_head import ReadingHead


def test_a_character_is_in_the_third_of_the_patch_that_it_stands_in() -> None:
    targets = slot_targets([("A", 1.0, 3.0), ("b", 13.9, 13.9), ("7", 14.0 + 5, 20.0)], (2, 3))
    wanted = torch.full((6, 3), BLANK)
    wanted[0, 0] = ord("A") - FIRST_CHARACTER
    wanted[0, 2] = ord("b") - FIRST_CHARACTER
    wanted[4, 1] = ord("7") - FIRST_CHARACTER
    assert torch.equal(targets, wanted)


@pytest.mark.parametrize(
    "character",
    [("A", -0.5, 3.0), ("A", 42.0, 3.0), ("A", 3.0, 28.0), ("A", 3.0, -1.0), ("…", 3.0, 3.0), (" ", 3.0, 3.0)],
)
def test_what_is_outside_or_no_letter_of_ours_is_blank(character: tuple[str, float, float]) -> None:
    assert (slot_targets([character], (2, 3)) == BLANK).all()


def test_letters_are_read_without_their_accents() -> None:
    assert plain_letters("Čeština, Ærø ½ …") == "Cestina, Aro ½ …"
    assert torch.equal(slot_targets([("é", 3.0, 3.0)], (2, 3)), slot_targets([("e", 3.0, 3.0)], (2, 3)))


def test_patches_are_in_raster_order() -> None:
    pixels = torch.zeros(2, 28, 42, 3, dtype=torch.uint8)
    pixels[1, 14:28, 28:42, 2] = 255
    patches = patches_of(pixels)
    assert patches.shape == (12, 3, 14, 14)
    bright = (patches == 1).flatten(1).any(1)
    assert bright.nonzero().flatten().tolist() == [11]
    assert (patches[11, 2] == 1).all()
    assert (patches[11, :2] == -1).all()


def test_unknown_slots_do_not_count() -> None:
    torch.manual_seed(0)
    head, features = ReadingHead(8), torch.randn(4, 8)
    targets = torch.tensor([[5, 0, 0], [9, 0, 0], [-100] * 3, [-100] * 3])
    whole, known = reading_losses(head, features, targets), reading_losses(head, features[:2], targets[:2])
    torch.testing.assert_close(whole, known)


def test_dense_text_knows_its_characters() -> None:
    if not font_files()[0]:
        pytest.skip("This machine has no outline fonts to draw text with.")
    canvas, again = (draw_dense_text(random.Random(3), 224, 112) for _ in range(2))
    assert canvas.pixels.shape == (112, 224, 3)
    assert (canvas.pixels == again.pixels).all()
    assert canvas.characters == again.characters
    assert len(canvas.characters) > 50
    for _, x, y in canvas.characters:
        assert 0 < x < 224
        assert 0 < y < 112
    # Where a character stands, there is ink: pixels differ.
    around = [
        canvas.pixels[max(0, int(y) - 3) : int(y) + 4, max(0, int(x) - 4) : int(x) + 5] for _, x, y in canvas.characters
    ]
    assert sum(pixels.std() > 15 for pixels in around) > 0.9 * len(around)
