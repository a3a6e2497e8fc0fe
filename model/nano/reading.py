"""The first lesson, to read: every patch names the characters in it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import islice

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.characters import BLANK, SLOTS, class_of, plain_letters
from model.nano.dense_text import TextCanvas, draw_dense_text
from model.nano.loop import Losses
from model.reading_head import ReadingHead
from model.vision import Grid, MoonViT, last

READ_AFTER = 4
"""The block of the encoder whose output the head reads; those behind it put words together."""
BLANK_WEIGHT = 0.15


def slot_targets(characters: Sequence[tuple[str, float, float]], grid: Grid, patch: int = 14) -> Tensor:
    """(rows * columns, SLOTS) classes: the character whose centre lies in that third of the patch, or BLANK.

    Args:
        characters: each with its centre, x and y in px; what is neither printable ASCII nor
            an accented letter counts as blank.
        grid: rows and columns of patches.
        patch: side of a patch, px.
    """
    rows, columns = grid
    targets = torch.full((rows, columns * SLOTS), BLANK)
    for shown, x, y in characters:
        read = class_of(plain_letters(shown))
        row, slot = int(y // patch), int(x * SLOTS // patch)
        if 0 <= row < rows and 0 <= slot < columns * SLOTS and read:
            targets[row, slot] = read
    return targets.view(rows * columns, SLOTS)


def patches_of(pixels: Tensor, patch: int = 14) -> Tensor:
    """(B, H, W, 3) uint8 pictures as packed patches (N, 3, patch, patch) in -1..1, sides a multiple of the patch."""
    batch, height, width, _ = pixels.shape
    x = pixels.view(batch, height // patch, patch, width // patch, patch, 3).permute(0, 1, 3, 5, 2, 4)
    return x.reshape(-1, 3, patch, patch).float() / 127.5 - 1.0


def reading_losses(head: ReadingHead, features: Tensor, targets: Tensor) -> Losses:
    """Cross-entropy over all slots but those marked -100, and the share of characters named right.

    Args:
        head: what names them.
        features: (N, D) of patches.
        targets: (N, SLOTS) classes.
    """
    read, wanted = head(features).flatten(0, 1), targets.flatten()
    each = F.nll_loss(read, wanted, reduction="none")
    written = wanted > BLANK
    weights = torch.where(written, 1.0, torch.where(wanted == BLANK, BLANK_WEIGHT, 0.0))
    right = (read.argmax(-1) == wanted)[written].float().mean()
    return {"read": (each * weights).sum() / weights.sum(), "read_right": right}


class Reader(nn.Module):
    """The lower half of the encoder and the reading head, trained on dense text."""

    def __init__(self, vision: MoonViT, head: ReadingHead) -> None:
        super().__init__()
        self.vision = vision
        self.head = head

    def forward(self, canvases: Sequence[TextCanvas]) -> Losses:
        pixels = torch.stack([torch.from_numpy(canvas.pixels.copy()) for canvas in canvases])
        grid = (pixels.shape[1] // 14, pixels.shape[2] // 14)
        grids = [grid] * len(canvases)
        x = last(islice(self.vision.states(patches_of(pixels), grids), READ_AFTER))
        targets = torch.cat([slot_targets(canvas.characters, grid) for canvas in canvases])
        return reading_losses(self.head, x, targets)


def reading_lesson(rng: random.Random, canvases: int = 24) -> list[TextCanvas]:
    """So many canvases of 224 x 112 px."""
    return [draw_dense_text(rng, width=224, height=112) for _ in range(canvases)]
