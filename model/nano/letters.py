"""Which letters and digits a label has, and a picture's cell shows: what has to match for a label to be found.

Supervised in training only. Without it the upper half of the encoder and the projector keep where a label is and how
long, and drop what it says. Pairs of neighbouring letters tell labels apart that have the same letters in another
order. Knows no questions.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.characters import FIRST_CHARACTER, LAST_CHARACTER, plain_letters
from model.vision import Grid

ALPHABET = string.ascii_lowercase + string.digits
RARITY = 6.0
"""How much more a letter that is there weighs than one that is not: a cell has about four of them."""
COMMON = -2.0
"""The logit with which a head begins: most letters are not there, and most of its loss would teach it that."""
PAIRS = 256
"""Into so many kinds the pairs of two letters, or of a letter and an end of its word, are hashed."""


def _letter_of_class() -> Tensor:
    """For each class of a slot, the index of its letter, upper and lower case alike; len(ALPHABET) for all others."""
    characters = (chr(code).lower() for code in range(FIRST_CHARACTER, LAST_CHARACTER + 1))
    return torch.tensor([ALPHABET.find(char) % (len(ALPHABET) + 1) for char in characters])


_LETTER_OF_CLASS = _letter_of_class()


def letters_of(labels: Sequence[str]) -> Tensor:
    """(labels, letters) ones where a label has the letter, with or without an accent."""
    read = [plain_letters(label).lower() for label in labels]
    return torch.tensor([[float(letter in label) for letter in ALPHABET] for label in read])


def pairs_of(labels: Sequence[str]) -> Tensor:
    """(labels, `PAIRS`) ones for the kinds of pairs that a label has, with or without accents."""
    found = torch.zeros(len(labels), PAIRS)
    for row, label in enumerate(labels):
        places = [ALPHABET.find(char) + 1 for char in f" {plain_letters(label).lower()} "]
        for first, second in pairwise(places):
            found[row, _kind_of_pair(first, second)] = 1.0
    return found


def _kind_of_pair(first: int, second: int) -> int:
    """Knuth's multiplicative hash of the pair's number: the upper eight of 32 bits."""
    return ((first * (len(ALPHABET) + 1) + second) * 2654435761 & 0xFFFFFFFF) >> 24


def letters_in_cells(slots: Tensor, grids: Sequence[Grid]) -> tuple[Tensor, Tensor]:
    """The cells that show text and are known: their indices (M,) and their letters (M, letters).

    Args:
        slots: (N, SLOTS) classes of the patches of all pictures, -100 where they are not known.
        grids: rows and columns of patches of each picture, even and all the same.
    """
    rows, columns = grids[0]
    cells = (
        slots.view(len(grids), rows // 2, 2, columns // 2, -1)
        .transpose(2, 3)
        .reshape(len(grids) * rows // 2 * columns // 2, -1)
    )
    useful = ((cells > 0).any(1) & (cells >= 0).all(1)).nonzero().squeeze(1)
    shown = torch.zeros(len(useful), len(ALPHABET) + 1)
    shown.scatter_(1, _LETTER_OF_CLASS[cells[useful]], 1.0)
    return useful, shown[:, :-1]


class LettersHead(nn.Module):
    """Says which letters, or pairs of letters, are there."""

    def __init__(self, width: int, kinds: int = len(ALPHABET)) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.letters = nn.Linear(width, kinds)
        nn.init.constant_(self.letters.bias, COMMON)

    def loss(self, features: Tensor, wanted: Tensor) -> Tensor:
        """Mean over the features (n, D) of the cross-entropy summed over the kinds wanted, (n, kinds)."""
        if not len(features):
            return features.new_zeros(())
        weights = torch.tensor(RARITY)
        each = F.binary_cross_entropy_with_logits(self.letters(self.norm(features)), wanted, pos_weight=weights)
        return each * wanted.shape[1]
