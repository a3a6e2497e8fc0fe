from __future__ import annotations

import torch

from model.nano.letters import ALPHABET, LettersHead, letters_in_cells, letters_of
from model.nano.reading import SLOTS, slot_targets


def names(row: torch.Tensor) -> str:
    return "".join(letter for letter, there in zip(ALPHABET, row.tolist(), strict=True) if there)


def test_the_letters_of_labels() -> None:
    assert [names(row) for row in letters_of(["Save As…", "7 UP", "Češky"])] == ["aesv", "pu7", "ceksy"]


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
