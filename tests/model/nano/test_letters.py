from __future__ import annotations

import torch

from model.characters import SLOTS
from model.nano.letters import ALPHABET, PAIRS, LettersHead, letters_in_cells, letters_of, pairs_of
from model.nano.reading import slot_targets


def names(row: torch.Tensor) -> str:
    return "".join(letter for letter, there in zip(ALPHABET, row.tolist(), strict=True) if there)


def test_the_letters_of_labels() -> None:
    assert [names(row) for row in letters_of(["Save As…", "7 UP", "Češky"])] == ["aesv", "pu7", "ceksy"]


def test_pairs_tell_labels_with_the_same_letters_apart() -> None:
    first, second, accented, capital = pairs_of(["Invoice 2014", "Invoice 2041", "ínvoice 2014", "INVOICE 2014"])
    assert first.shape == (PAIRS,)
    assert letters_of(["Invoice 2014"]).equal(letters_of(["Invoice 2041"]))
    assert not first.equal(second)
    assert first.equal(accented)
    assert first.equal(capital)
    assert set(first.tolist()) == {0.0, 1.0}


def test_few_pairs_are_of_one_kind() -> None:
    """Of 60 labels of two letters each, all different, at least 50 are told apart."""
    labels = [first + second for first in ALPHABET[:12] for second in ALPHABET[20:25]]
    assert len({tuple(row.tolist()) for row in pairs_of(labels)}) >= 50


def test_a_cell_shows_the_letters_of_its_four_patches() -> None:
    # Two pictures of 2 x 4 patches, so two cells each.
    first = slot_targets([("A", 3, 3), ("b", 20, 20), ("!", 10, 3), ("Z", 50, 20)], (2, 4))
    second = slot_targets([("9", 30, 3)], (2, 4))
    cells, letters = letters_in_cells(torch.cat([first, second]), [(2, 4), (2, 4)])
    assert cells.tolist() == [0, 1, 3]
    assert [names(row) for row in letters] == ["ab", "z", "9"]


def test_what_is_not_known_is_not_taught() -> None:
    slots = slot_targets([("a", 3, 3)], (2, 2))
    slots[3, SLOTS - 1] = -100
    cells, letters = letters_in_cells(slots, [(2, 2)])
    assert not len(cells)
    assert LettersHead(8).loss(torch.zeros(0, 8), letters).item() == 0.0


def test_it_can_be_learned() -> None:
    torch.manual_seed(0)
    head = LettersHead(len(ALPHABET))
    wanted = letters_of(["Save", "Open", "Close", "Print"])
    optimiser = torch.optim.Adam(head.parameters(), 0.1)
    first = head.loss(wanted, wanted).item()
    for _ in range(60):
        optimiser.zero_grad()
        head.loss(wanted, wanted).backward()
        optimiser.step()
    assert head.loss(wanted, wanted).item() < first / 20
