"""What is trained in the main lesson, and the losses that teach it to answer.

Beside the answer's own tokens some things are supervised in training only: the characters in every patch, the centre
of the label that every patch belongs to, before and behind the projector (which would otherwise lose it), where one
attention head looks once the label is spelled and while the place is written, and the place itself as soon as the
label is spelled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.config import KimiVLConfig
from model.decoder import Decoder, Router
from model.nano.branches import run_branches
from model.nano.encoding import Encoded, Encoder
from model.nano.loop import Losses
from model.nano.questions import PATCH, Picture
from model.nano.reading import READ_AFTER, ReadingHead, patches_of
from model.tokenizer import KimiTokenizer
from model.vision import Grid, MoonViT, Projector, rotary_2d

CELL = 2 * PATCH
"""Side of what one image token shows, px."""
GUIDED_LAYERS = (1, 2)
"""The first finds the label as soon as it is spelled, the second looks at it while the place is told."""
SPREAD_PX = 3.0
"""How far off a place may be and still be nearly as good: neighbouring digits share the target."""
LOSS_WEIGHTS: Final = {
    "answer": 1.0,
    "verdict": 0.5,
    "place": 2.0,
    "aim": 1.5,
    "look": 1.5,
    "centre": 1.0,
    "merged_centre": 1.0,
    "read": 0.5,
}


def soft_digits(place: Tensor, spread: float | Tensor) -> tuple[Tensor, Tensor]:
    """Distributions (n, 10) of the first digit, and of the second behind it, for places (n,) in thousandths.

    Args:
        place: 0 to 999, integers.
        spread: standard deviation in thousandths, one for all or (n, 1).
    """
    bins = torch.arange(1000) + 0.5
    mass = torch.exp(-0.5 * ((bins - (place.unsqueeze(1) + 0.5)) / spread) ** 2).view(-1, 10, 10, 10).sum(-1)
    first = mass.sum(-1)
    second = mass[torch.arange(len(place)), place // 100]
    return first / first.sum(-1, keepdim=True), second / second.sum(-1, keepdim=True)


class PlaceHead(nn.Module):
    """Names the first two digits of x and y of a place, all four at once."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.digits = nn.Linear(width, 40)

    def loss(self, features: Tensor, places: Tensor, size: tuple[int, int]) -> Tensor:
        """For features (n, D) and their places (n, 2) in thousandths of a picture of that width and height."""
        logits = self.digits(self.norm(features)).unflatten(-1, (4, 10)).log_softmax(-1)
        total = features.new_zeros(())
        for axis in (0, 1):
            first, second = soft_digits(places[:, axis], SPREAD_PX * 1000 / size[axis])
            total = total - (first * logits[:, 2 * axis] + second * logits[:, 2 * axis + 1]).sum(-1).mean()
        return total / 4


class Learner(nn.Module):
    """Everything that is trained: the model and the heads that are dropped afterwards."""

    def __init__(self, config: KimiVLConfig, tokenizer: KimiTokenizer) -> None:
        super().__init__()
        self.vision_tower = MoonViT(config.vision)
        self.multi_modal_projector = Projector(config.vision, config.text.hidden_size)
        self.language_model = Decoder(config.text)
        self.lm_head = nn.Linear(config.text.hidden_size, config.text.vocab_size, bias=False)
        nn.init.normal_(self.language_model.embed_tokens.weight, std=0.02)
        self.reading = ReadingHead(config.vision.hidden_size)
        self.centre = PlaceHead(config.vision.hidden_size)
        self.merged_centre = PlaceHead(config.text.hidden_size)
        self.aim = PlaceHead(config.text.hidden_size)
        self.encoder = Encoder(tokenizer)
        self._digit_ids = torch.tensor([tokenizer.encode(str(digit))[0] for digit in range(10)])
        for module in self.modules():
            if isinstance(module, Router):
                module.register_forward_hook(_balance)

    def forward(self, pictures: Sequence[Picture]) -> Losses:
        pixels = torch.stack([torch.from_numpy(picture.pixels) for picture in pictures])
        batch, height, width, _ = pixels.shape
        size = (width, height)
        grids = [(height // PATCH, width // PATCH)] * batch
        losses: Losses = {}

        x = self.vision_tower.patch_embed(patches_of(pixels), grids)
        cos, sin = rotary_2d(grids, self.vision_tower.config.head_dim, x.device)
        for number, block in enumerate(self.vision_tower.encoder.blocks, start=1):
            x = block(x, cos, sin, grids)
            if number == READ_AFTER:
                losses |= self.reading.losses(x, torch.from_numpy(np.concatenate([p.slots for p in pictures])))
        x = self.vision_tower.encoder.final_layernorm(x)
        centres = torch.from_numpy(np.concatenate([p.centres for p in pictures]))
        on_label = centres[:, 0] >= 0
        losses["centre"] = self.centre.loss(x[on_label], centres[on_label], size)
        merged = self.multi_modal_projector(x, grids)
        on_label, centres = _of_cells(centres, batch, grids[0])
        losses["merged_centre"] = self.merged_centre.loss(merged[on_label], centres[on_label], size)
        seen = merged.unflatten(0, (batch, -1))

        encoded = [[self.encoder.encode(query, size) for query in picture.queries] for picture in pictures]
        longest = max(len(branch.tokens) for row in encoded for branch in row)
        ids = torch.full((batch, len(encoded[0]), longest), self.encoder.padding)
        for b, row in enumerate(encoded):
            for q, branch in enumerate(row):
                ids[b, q, : len(branch.tokens)] = torch.tensor(branch.tokens)
        embed = self.language_model.embed_tokens
        before = embed(torch.tensor(self.encoder.before)).expand(batch, -1, -1)
        run = run_branches(self.language_model, torch.cat([before, seen], dim=1), embed(ids), GUIDED_LAYERS)

        flat = [(b * len(row) + q, branch) for b, row in enumerate(encoded) for q, branch in enumerate(row)]
        losses |= self._answers(run.hidden.flatten(0, 1), ids.flatten(0, 1), flat, size)
        pointing = [(row, branch) for row, branch in flat if branch.digits_at is not None]
        label_ends = run.found.flatten(0, 1)[[row for row, _ in pointing], [branch.label_end for _, branch in pointing]]
        losses["aim"] = self.aim.loss(label_ends, torch.tensor([branch.place for _, branch in pointing]), size)
        find, tell = (a[..., len(self.encoder.before) :] for a in run.attention)
        found = self._looking(find, pictures, encoded, width, lambda branch: slice(branch.label_end, branch.code_at))
        told = self._looking(tell, pictures, encoded, width, _while_telling)
        losses |= {"look": (found + told) / 2, "found": found.detach()}
        return losses

    def _answers(
        self, hidden: Tensor, ids: Tensor, branches: list[tuple[int, Encoded]], size: tuple[int, int]
    ) -> Losses:
        weights = torch.zeros(ids.shape)
        rows, places, columns = [], [], []
        for row, branch in branches:
            weights[row, branch.answer_at : len(branch.tokens)] = 0.3
            weights[row, branch.code_at] = 0.0
            if branch.digits_at is not None:
                for axis, at in enumerate(branch.digits_at):
                    weights[row, at : at + 2] = 0.0
                    weights[row, at + 2] = 0.05
                    rows.append(row)
                    columns.append(at)
                    places.append((axis, branch.place[axis]))
        wanted = weights[:, 1:] > 0
        logits = self.lm_head(hidden[:, :-1][wanted])
        targets, weight = ids[:, 1:][wanted], weights[:, 1:][wanted]
        words_loss = (F.cross_entropy(logits, targets, reduction="none") * weight).sum() / weight.sum()
        code = torch.tensor([(row, branch.code_at) for row, branch in branches])
        said, truth = self.lm_head(hidden[code[:, 0], code[:, 1] - 1]), ids[code[:, 0], code[:, 1]]
        verdict = F.cross_entropy(said, truth)
        verdict_right = (said.argmax(-1) == truth).float().mean()

        row, column = torch.tensor(rows), torch.tensor(columns)
        axis, place = torch.tensor(places).unbind(1)
        spread = SPREAD_PX * 1000 / torch.tensor(size)[axis]
        first, second = soft_digits(place, spread.view(-1, 1))
        one, two = (
            self.lm_head(hidden[row, column + shift - 1]).log_softmax(-1)[:, self._digit_ids] for shift in (0, 1)
        )
        place_loss = -((first * one).sum(-1) + (second * two).sum(-1)).mean() / 2
        right = (one.argmax(-1) == place // 100).float().mean()
        return {
            "answer": words_loss,
            "verdict": verdict,
            "place": place_loss,
            "digit_right": right,
            "verdict_right": verdict_right,
        }

    def _looking(
        self,
        attention: Tensor,
        pictures: Sequence[Picture],
        encoded: list[list[Encoded]],
        width: int,
        when: Callable[[Encoded], slice],
    ) -> Tensor:
        """Minus the log of the attention that lies on the label during a part of the answer."""
        across = width // CELL
        parts: list[Tensor] = []
        for b, picture in enumerate(pictures):
            for q, (query, branch) in enumerate(zip(picture.queries, encoded[b], strict=True)):
                if query.shown is None or query.aim is None or branch.digits_at is None:
                    continue
                left, top, right, bottom = query.shown
                columns = range(int(left + 2) // CELL, int(max(right - 2, left + 2)) // CELL + 1)
                cells = {int(query.aim[1]) // CELL * across + int(query.aim[0]) // CELL}
                for row in range(int(top + 4) // CELL, int(max(bottom - 4, top + 4)) // CELL + 1):
                    cells |= {row * across + column for column in columns}
                look = attention[b, q, when(branch)]
                inside = [cell for cell in cells if cell < look.shape[-1]]
                parts.append(-look[:, inside].logsumexp(-1).mean())
        return torch.stack(parts).mean() if parts else attention.new_zeros(())


def _of_cells(centres: Tensor, batch: int, grid: Grid) -> tuple[Tensor, Tensor]:
    """Which merged cells (M,) show a label, and the centre (M, 2) of one that they show, from those of the patches."""
    rows, columns = grid
    blocks = centres.view(batch, rows // 2, 2, columns // 2, 2, 2).transpose(2, 3).reshape(-1, 4, 2)
    labelled = blocks[..., 0] >= 0
    return labelled.any(1), blocks[torch.arange(len(blocks)), labelled.int().argmax(1)]


def _while_telling(branch: Encoded) -> slice:
    """From the verdict to the last digit of the place."""
    assert branch.digits_at is not None
    return slice(branch.code_at - 1, branch.digits_at[1] + 2)


def _balance(router: nn.Module, _: object, output: tuple[Tensor, Tensor]) -> None:
    """Nudge the choice towards experts that got less than their share, without gradients: DeepSeek-V3's way."""
    assert isinstance(router, Router)
    if router.training:
        load = output[0].flatten().bincount(minlength=router.e_score_correction_bias.shape[0]).float()
        router.e_score_correction_bias.add_(1e-3 * (load.mean() - load).sign())


def total(losses: Losses) -> Losses:
    """The losses with their weighted sum."""
    return losses | {"loss": torch.stack([weight * losses[name] for name, weight in LOSS_WEIGHTS.items()]).sum()}
