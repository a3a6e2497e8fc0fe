"""What is trained in the main lesson, and the losses that teach it to answer.

Beside the answer's own tokens some things are supervised in training only: the characters in every patch, half way and
at the encoder's end; the centre of the label that every patch belongs to and the place of the field that it names,
before and behind the projector (which would otherwise lose them); behind the projector the letters that a place shows
and those of the whole label it belongs to, and where a label ends in the answer its letters, which must match; where
one attention head looks once the label is spelled and while the place is written (in front of the picture when it does
not show the label); and the place itself as soon as the label is spelled. While that head seeks the label, the other
pictures of a step compete with its own, as the tiles of a screen do: else it finds something nearly right in all.

What comes next of a list of steps is taught without pictures, which is cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from model.config import KimiVLConfig
from model.decoder import Decoder, Router
from model.nano.branches import Branches, run_branches
from model.nano.cutouts import PATCH
from model.nano.encoding import Encoded, Encoder
from model.nano.letters import PAIRS, LettersHead, letters_in_cells, letters_of, pairs_of
from model.nano.loop import Losses
from model.nano.places import SPREAD, PlaceHead, digits_loss, spreads
from model.nano.questions import Picture, Query
from model.nano.reading import READ_AFTER, patches_of, reading_losses
from model.nano.screens import Box
from model.reading_head import ReadingHead
from model.tokenizer import KimiTokenizer
from model.vision import Grid, MoonViT, Projector, last

CELL = 2 * PATCH
"""Side of what one image token shows, px."""
LENGTH_STEP = 32
GUIDED_LAYERS = (1, 2)
"""The first finds the label as soon as it is spelled, the second looks at it while the place is told."""
LOSS_WEIGHTS: Final = {
    "answer": 1.0,
    "verdict": 3.0,
    "place": 2.0,
    "aim": 1.5,
    "look": 3.0,
    "missed": 1.5,
    "centre": 1.0,
    "merged_centre": 1.0,
    "field": 1.5,
    "own_field": 0.7,
    "is_field": 1.0,
    "merged_field": 1.5,
    "read": 0.5,
    "kept": 0.7,
    "letters": 0.5,
    "words": 1.0,
    "word_pairs": 0.1,
    "spelled": 0.5,
    "spelled_pairs": 0.05,
    "next": 20.0,
}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query and its tokens."""

    query: Query
    branch: Encoded


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
        self.kept = ReadingHead(config.vision.hidden_size)
        self.centre, self.field = (PlaceHead(config.vision.hidden_size) for _ in range(2))
        self.merged_centre, self.merged_field = (PlaceHead(config.text.hidden_size) for _ in range(2))
        self.is_field = nn.Linear(config.vision.hidden_size, 1)
        self.aim = PlaceHead(config.text.hidden_size)
        self.letters = LettersHead(config.text.hidden_size)
        self.words = LettersHead(config.text.hidden_size)
        self.spelled = LettersHead(config.text.hidden_size)
        self.word_pairs, self.spelled_pairs = (LettersHead(config.text.hidden_size, PAIRS) for _ in range(2))
        self.encoder = Encoder(tokenizer)
        self._digit_ids = torch.tensor([tokenizer.encode(str(digit))[0] for digit in range(10)])
        for module in self.modules():
            if isinstance(module, Router):
                module.register_forward_hook(_balance)

    def forward(self, pictures: Sequence[Picture]) -> Losses:
        """The losses of one step.

        Args:
            pictures: of one size, with as many questions about each; without any, only what the encoder and the
                projector learn is taught, at a third of the cost.
        """
        batch, (height, width, _) = len(pictures), pictures[0].pixels.shape
        size = (width, height)
        merged, losses = self._see(pictures, size)
        if not pictures[0].queries:
            return losses
        seen = merged.unflatten(0, (batch, -1))

        encode = self.encoder
        asked = [_Asked(query, encode.encode(query, size)) for picture in pictures for query in picture.queries]
        named = [
            _Asked(query, encode.encode_mention(query, size)) for picture in pictures for query in picture.mentions
        ]
        ids = [self._ids([one.branch for one in rows]) for rows in (asked, named)]
        embed = self.language_model.embed_tokens
        before = embed(torch.tensor(self.encoder.before)).expand(batch, -1, -1)
        groups = [embed(rows.unflatten(0, (batch, -1))) for rows in ids]
        answers, mentions = run_branches(self.language_model, torch.cat([before, seen], dim=1), groups, GUIDED_LAYERS)
        losses |= self._words(answers.hidden.flatten(0, 1), ids[0], asked)
        losses |= self._places(answers.hidden.flatten(0, 1), asked, size)
        aims = [self._aim(run.found.flatten(0, 1), rows, size) for run, rows in ((answers, asked), (mentions, named))]
        spellings = [
            self._spelling(run.spelled.flatten(0, 1), rows) for run, rows in ((answers, asked), (mentions, named))
        ]
        for name, losses_of_it in zip(("spelled", "spelled_pairs"), zip(*spellings, strict=True), strict=True):
            losses[name] = torch.stack(losses_of_it).mean()
        across = width // CELL
        looks = [
            self._looking(self._among_all(answers, asked, pictures), asked, across, _spelled),
            self._looking(answers.attention[1].flatten(0, 1), asked, across, _telling),
            self._looking(self._among_all(mentions, named, pictures), named, across, _spelled),
        ]
        found, missed = (torch.stack(parts).mean() for parts in zip(*looks, strict=True))
        named_found = looks[2][0].detach()
        return losses | {"aim": (aims[0] + aims[1]) / 2, "look": found, "missed": missed, "named": named_found}

    def next_steps(self, lists: Sequence[Query]) -> Losses:
        """The losses of a step about lists alone, without any picture.

        Taught are the steps that are done, each from those before it, and the answer but for the place in it.
        """
        size = (1000, 1000)
        branches = [self.encoder.encode(query, size) for query in lists]
        ids = self._ids(branches)
        embed = self.language_model.embed_tokens
        before = embed(torch.tensor([self.encoder.before]))
        (run,) = run_branches(self.language_model, before, [embed(ids).unsqueeze(0)])
        wanted, line = (torch.zeros(ids.shape, dtype=torch.bool) for _ in range(2))
        for row, branch in enumerate(branches):
            wanted[row, branch.steps] = True
            wanted[row, branch.answer_at : len(branch.tokens)] = True
            if branch.digits_at is not None:
                wanted[row, branch.code_at : branch.digits_at[1] + 3] = False
            line[row, branch.answer_at : branch.label_end + 1] = True
        wanted, line, targets = wanted[:, 1:], line[:, 1:], ids[:, 1:]
        logits = self.lm_head(run.hidden[0, :, :-1][wanted])
        wrong = torch.zeros(targets.shape, dtype=torch.bool)
        wrong[wanted] = logits.argmax(-1) != targets[wanted]
        right = (~(wrong & line).any(1)).float().mean()
        return {"next": F.cross_entropy(logits, targets[wanted]), "next_right": right}

    def _see(self, pictures: Sequence[Picture], size: tuple[int, int]) -> tuple[Tensor, Losses]:
        """(M, D) what the decoder is given of pictures of a size, in px, and the losses of seeing."""
        width, height = size
        grids = [(height // PATCH, width // PATCH)] * len(pictures)

        def of_patches(values: Callable[[Picture], NDArray[np.generic]]) -> Tensor:
            return torch.from_numpy(np.concatenate([values(picture) for picture in pictures]))

        losses: Losses = {}
        pixels = torch.stack([torch.from_numpy(picture.pixels) for picture in pictures])
        slots = of_patches(lambda picture: picture.slots)
        states = self.vision_tower.states(patches_of(pixels), grids)
        losses |= reading_losses(self.reading, last(islice(states, READ_AFTER)), slots)
        x = last(states)
        losses["kept"] = reading_losses(self.kept, x, slots)["read"]
        centres, aims = of_patches(lambda picture: picture.maps.centres), of_patches(lambda picture: picture.maps.aims)
        around = spreads(of_patches(lambda picture: picture.maps.sizes), size)
        room = spreads(of_patches(lambda picture: picture.maps.rooms), size)
        letters = of_patches(lambda picture: picture.maps.letters)
        pairs = of_patches(lambda picture: picture.maps.pairs)
        on_label, knows_field = centres[:, 0] >= 0, aims[:, 0] >= 0
        names_field, in_field = knows_field & on_label, knows_field & ~on_label
        losses["centre"] = self.centre.loss(x[on_label], centres[on_label], around[on_label])
        losses["field"] = self.field.loss(x[names_field], aims[names_field], room[names_field])
        losses["own_field"] = self.field.loss(x[in_field], aims[in_field], room[in_field])
        known = in_field | ~on_label & (slots >= 0).all(1)  # else a field without a label, or one that is cut off
        is_field = self.is_field(x[known]).squeeze(-1)
        losses["is_field"] = F.binary_cross_entropy_with_logits(is_field, in_field[known].to(is_field.dtype))
        merged = self.multi_modal_projector(x, grids)
        labelled, patch = _of_cells(on_label, len(pictures), grids[0])
        losses["merged_centre"] = self.merged_centre.loss(merged[labelled], centres[patch], around[patch])
        losses["words"] = self.words.loss(merged[labelled], letters[patch])
        losses["word_pairs"] = self.word_pairs.loss(merged[labelled], pairs[patch])
        labelled, patch = _of_cells(names_field, len(pictures), grids[0])
        losses["merged_field"] = self.merged_field.loss(merged[labelled], aims[patch], room[patch])
        cells, shown = letters_in_cells(slots, grids)
        losses["letters"] = self.letters.loss(merged[cells], shown)
        return merged, losses

    def _ids(self, branches: list[Encoded]) -> Tensor:
        """(rows, T) the tokens of all branches, padded to one of few lengths: kernels are compiled for each."""
        longest = max(len(branch.tokens) for branch in branches)
        ids = torch.full((len(branches), -(-longest // LENGTH_STEP) * LENGTH_STEP), self.encoder.padding)
        for row, branch in enumerate(branches):
            ids[row, : len(branch.tokens)] = torch.tensor(branch.tokens)
        return ids

    def _words(self, hidden: Tensor, ids: Tensor, asked: list[_Asked]) -> Losses:
        """Of the answers, but for the places in them."""
        weights = torch.zeros(ids.shape)
        for row, one in enumerate(asked):
            weights[row, one.branch.answer_at : len(one.branch.tokens)] = 0.3
            weights[row, one.branch.code_at] = 0.0
            for at in one.branch.digits_at or ():
                weights[row, at : at + 2] = 0.0
                weights[row, at + 2] = 0.05
        wanted = weights[:, 1:] > 0
        logits = self.lm_head(hidden[:, :-1][wanted])
        targets, weight = ids[:, 1:][wanted], weights[:, 1:][wanted]
        answer = (F.cross_entropy(logits, targets, reduction="none") * weight).sum() / weight.sum()
        rows, code_at = torch.arange(len(asked)), torch.tensor([one.branch.code_at for one in asked])
        said, truth = self.lm_head(hidden[rows, code_at - 1]), ids[rows, code_at]
        right = (said.argmax(-1) == truth).float().mean()
        return {"answer": answer, "verdict": F.cross_entropy(said, truth), "verdict_right": right}

    def _places(self, hidden: Tensor, asked: list[_Asked], size: tuple[int, int]) -> Losses:
        """Of the places in the answers."""
        rows, places, spread = _targets(asked, size)
        if not len(rows):
            return {"place": hidden.new_zeros(())}
        begun = torch.tensor([one.branch.begun for one in asked if one.branch.digits_at is not None])
        place, hit = hidden.new_zeros(()), torch.ones(len(rows), dtype=torch.bool)
        for axis in (0, 1):
            at = torch.tensor([one.branch.digits_at[axis] for one in asked if one.branch.digits_at is not None])
            first, second = (
                self.lm_head(hidden[rows, at + shift - 1]).log_softmax(-1)[:, self._digit_ids] for shift in (0, 1)
            )
            place = place + digits_loss(first, second, places[:, axis], spread[:, axis], begun[:, axis]) / 2
            said = begun[:, axis] * 100 + second.argmax(-1) * 10 + 5
            hit &= (said - places[:, axis]).abs() <= spread[:, axis] / SPREAD / 2
            hit &= (first.argmax(-1) - begun[:, axis]).abs() <= 1
        return {"place": place, "hit": hit.float().mean()}

    def _aim(self, found: Tensor, asked: list[_Asked], size: tuple[int, int]) -> Tensor:
        """Of naming the places as soon as the labels are spelled."""
        rows, places, spread = _targets(asked, size)
        label_ends = torch.tensor([one.branch.label_end for one in asked])
        return self.aim.loss(found[rows, label_ends[rows]], places, spread)

    def _spelling(self, spelled: Tensor, asked: list[_Asked]) -> tuple[Tensor, Tensor]:
        """Of knowing the labels' letters, and pairs of letters, where the labels end."""
        rows = [row for row, one in enumerate(asked) if one.query.label]
        labels = [asked[row].query.label for row in rows]
        ends = spelled[rows, [asked[row].branch.label_end for row in rows]]
        return self.spelled.loss(ends, letters_of(labels)), self.spelled_pairs.loss(ends, pairs_of(labels))

    def _among_all(self, run: Branches, asked: list[_Asked], pictures: Sequence[Picture]) -> Tensor:
        """(rows, T, P) the first guided layer's attention, if all pictures without the label competed for it."""
        assert run.rivals is not None
        queries = len(asked) // len(pictures)
        competes = torch.tensor(
            [
                [
                    number != row // queries and not other.may_show(one.query.label)
                    for number, other in enumerate(pictures)
                ]
                for row, one in enumerate(asked)
            ]
        )
        cells = run.rivals.flatten(0, 1)[..., len(self.encoder.before) :].logsumexp(-1)
        strongest = cells.masked_fill(~competes.unsqueeze(1), -1e4).logsumexp(-1)
        return run.attention[0].flatten(0, 1) - F.softplus(strongest).unsqueeze(-1)

    def _looking(
        self, head: Tensor, asked: list[_Asked], across: int, when: Callable[[Encoded], slice]
    ) -> tuple[Tensor, Tensor]:
        """Minus the log of the attention that lies where it should, for what the picture shows and what it does not."""
        found: list[Tensor] = []
        missed: list[Tensor] = []
        before = len(self.encoder.before)
        for row, one in enumerate(asked):
            query, looks = one.query, head[row, when(one.branch)]
            if query.is_absent:
                missed.append(-looks[:, :before].logsumexp(-1).mean())
            elif query.shown is not None and query.aim is not None:
                cells = [before + cell for cell in _cells(query.shown, query.aim, across)]
                found.append(-looks[:, cells].logsumexp(-1).mean())
        nothing = head.new_zeros(())
        return torch.stack(found).mean() if found else nothing, torch.stack(missed).mean() if missed else nothing


def _spelled(branch: Encoded) -> slice:
    """From the end of the label to the code."""
    return slice(branch.label_end, branch.code_at)


def _telling(branch: Encoded) -> slice:
    """From the verdict to the last digit of the place that counts."""
    return slice(branch.code_at - 1, branch.code_at if branch.digits_at is None else branch.digits_at[1] + 2)


def _targets(asked: list[_Asked], size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """The rows (n,) of those that point, their places (n, 2), and the spreads (n, 2) of these, in thousandths."""
    pointing = [row for row, one in enumerate(asked) if one.query.target is not None]
    places = torch.tensor([asked[row].branch.place for row in pointing]).view(-1, 2)
    rooms = torch.tensor([asked[row].query.room for row in pointing]).view(-1, 2)
    return torch.tensor(pointing, dtype=torch.long), places, spreads(rooms, size)


def _cells(shown: Box, aim: tuple[float, float], across: int) -> set[int]:
    """The merged tokens, `across` of them in a row, that show a label or the place to aim at."""
    left, top, right, bottom = shown
    cells = {int(aim[1]) // CELL * across + int(aim[0]) // CELL}
    for row in range(int(top + 4) // CELL, int(max(bottom - 4, top + 4)) // CELL + 1):
        cells |= {
            row * across + column for column in range(int(left + 2) // CELL, int(max(right - 2, left + 2)) // CELL + 1)
        }
    return cells


def _of_cells(on_label: Tensor, batch: int, grid: Grid) -> tuple[Tensor, Tensor]:
    """Which merged cells (M,) show a label, given which patches (N,) do, and for each of these the index of one."""
    rows, columns = grid
    shape = (batch, rows // 2, 2, columns // 2, 2)
    blocks = on_label.view(shape).transpose(2, 3).reshape(-1, 4)
    numbers = torch.arange(len(on_label)).view(shape).transpose(2, 3).reshape(-1, 4)
    labelled = blocks.any(1)
    return labelled, numbers[labelled, blocks[labelled].int().argmax(1)]


def _balance(router: nn.Module, _: object, output: tuple[Tensor, Tensor]) -> None:
    """Nudge the choice towards experts that got less than their share, without gradients: DeepSeek-V3's way."""
    assert isinstance(router, Router)
    if router.training:
        load = output[0].flatten().bincount(minlength=router.e_score_correction_bias.shape[0]).float()
        router.e_score_correction_bias.add_(1e-3 * (load.mean() - load).sign())


def total(losses: Losses) -> Losses:
    """The losses with their weighted sum."""
    weighted = [weight * losses[name] for name, weight in LOSS_WEIGHTS.items() if name in losses]
    return losses | {"loss": torch.stack(weighted).sum()}
