"""The main lesson: parts of rendered screens, each with several questions about it, and the losses that teach to answer them.

Beside the answer's own tokens three things are supervised that exist in training only: the characters and the centre of the label that every
patch belongs to, and where one attention head looks while the place is written.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from model.config import KimiVLConfig
from model.decoder import Decoder, Router
from model.nano import words
from model.nano.branches import run_branches
from model.nano.loop import Losses
from model.nano.prompts import NOT_HERE, SYSTEM, answer_text, user_text
from model.nano.reading import BLANK, FIRST_CHARACTER, LAST_CHARACTER, READ_AFTER, SLOTS, ReadingHead, patches_of
from model.nano.screens import Box, Item, Screen
from model.nano.steps import (
    DONE,
    UNKNOWN_PLACE,
    Step,
    instruction,
    key_step,
    pointer_step,
    random_step,
    scroll_step,
    type_step,
)
from model.tokenizer import KimiTokenizer
from model.vision import MoonViT, Projector, rotary_2d

PATCH, CELL = 14, 28
GUIDED_LAYERS = (1, 2)
SPREAD_PX = 3.0
"""How far off a place may be and still be nearly as good: neighbouring digits share the target."""
SHORT = 22
"""Longer labels are asked for less often: all questions of a step cost as much as the longest."""
VISIBLE = 0.6
"""The part of a label that a picture must show to count as showing it; what shows some, but less, is not asked for."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question about a picture and its answer."""

    instruction: str
    steps: tuple[str, ...]
    action: str
    code: str
    """With `UNKNOWN_PLACE` where `aim` goes."""
    aim: tuple[float, float] | None = None
    """px of the picture."""
    shown: Box | None = None
    """Where the label stands, px of the picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    pixels: NDArray[np.uint8]
    slots: NDArray[np.int64]
    """(N, SLOTS) characters of each patch; -100 where they are not known."""
    centres: NDArray[np.int64]
    """(N, 2) x and y, in thousandths of the picture, of the middle of the label that the patch belongs to; -1 outside of labels."""
    queries: list[Query]


# ---- from screens to questions -------------------------------------------------------------------------------------------------------------


def _cut(box: Box, left: int, top: int, width: int, height: int) -> tuple[Box, float]:
    """The part of a box that a picture shows, in px of the picture, and its share of the box."""
    x0, y0, x1, y1 = box[0] - left, box[1] - top, box[2] - left, box[3] - top
    cut = max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height))
    area = max(0.0, cut[2] - cut[0]) * max(0.0, cut[3] - cut[1])
    return cut, area / max(1e-6, (x1 - x0) * (y1 - y0))


def _recoloured(rng: random.Random, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if rng.random() < 0.12:
        pixels = 255 - pixels
    if rng.random() < 0.25:
        pixels = pixels[..., rng.sample(range(3), 3)]
    if rng.random() < 0.3:
        low, high = rng.uniform(0, 40), rng.uniform(200, 255)
        pixels = (low + pixels * ((high - low) / 255.0)).astype(np.uint8)
    return np.ascontiguousarray(pixels)


def _step_for(rng: random.Random, item: Item) -> Step:
    if item.kind == "field":
        return type_step(rng, words.value(rng), item.label)
    if item.kind in ("near", "tick"):
        return pointer_step(rng, rng.choices(("Tick", "Untick", "Click"), (6, 2, 2))[0], item.label)
    return pointer_step(rng, rng.choices(("Click", "Double-click", "Right-click"), (10, 1, 1))[0], item.label)


def _query(rng: random.Random, step: Step, aim: tuple[float, float] | None, shown: Box | None, many: bool) -> Query:
    """The step on its own, or as one of a list of which some are done."""
    pointing = UNKNOWN_PLACE in step.code
    code = NOT_HERE if pointing and aim is None else step.code
    if not many:
        return Query(instruction(rng, [step]), (), step.action, code, aim, shown)
    steps = _other_steps(rng, rng.randint(1, 3))
    done = rng.randint(0, len(steps))
    steps.insert(done, step)
    return Query(instruction(rng, steps), tuple(s.action for s in steps[:done]), step.action, code, aim, shown)


def _other_steps(rng: random.Random, count: int) -> list[Step]:
    return [
        random_step(rng, lambda: words.label(rng)[:16].strip(), lambda: words.value(rng)[:12]) for _ in range(count)
    ]


def _finished(rng: random.Random) -> Query:
    steps = _other_steps(rng, rng.randint(1, 4))
    return Query(instruction(rng, steps), tuple(s.action for s in steps), DONE.action, DONE.code)


def picture_of(
    rng: random.Random, screen: Screen, size: tuple[int, int], queries: int, many: bool, typing: bool
) -> Picture:
    """A random part of a screen, with questions about what it shows and what it does not.

    Args:
        rng: everything is drawn from it.
        screen: where the picture is cut from.
        size: width and height of the picture, px.
        queries: how many questions.
        many: ask for one of several steps instead of a single one.
        typing: single steps type into fields; else they do not. (Questions of one length are cheaper together.)
    """
    width, height = size
    full_height, full_width, _ = screen.pixels.shape

    long_ones = rng.random() < 0.15

    def suits(item: Item) -> bool:
        return (many or typing == (item.kind == "field")) and (long_ones or len(item.label) <= SHORT)

    elsewhere = [item for item in screen.items if suits(item)] or screen.items
    middle = rng.choice(elsewhere).text
    left = int(min(max(middle[0] - rng.uniform(0, width), 0), full_width - width))
    top = int(min(max(middle[1] - rng.uniform(0, height), 0), full_height - height))

    grid = np.full((height // PATCH, width // PATCH * SLOTS), BLANK, dtype=np.int64)
    at = screen.centres - (left, top)
    inside = (at[:, 0] >= 0) & (at[:, 1] >= 0) & (at[:, 0] < width) & (at[:, 1] < height)
    known = inside & (screen.codes > FIRST_CHARACTER) & (screen.codes <= LAST_CHARACTER)
    for x0, y0, x1, y1 in screen.holes - (left, top, left, top):
        if x1 > 0 and y1 > 0:
            grid[
                max(0, int(y0) // PATCH) : int(y1) // PATCH + 1,
                max(0, int(x0) // PATCH * SLOTS) : (int(x1) // PATCH + 1) * SLOTS,
            ] = -100
    place = at[known].astype(np.float64)
    grid[(place[:, 1] // PATCH).astype(int), (place[:, 0] * SLOTS // PATCH).astype(int)] = (
        screen.codes[known] - FIRST_CHARACTER
    )

    centres = np.full((height // PATCH, width // PATCH, 2), -1, dtype=np.int64)
    seen: dict[str, list[tuple[Item, Box]]] = {}
    partly: set[str] = set()
    for item in screen.items:
        cut, share = _cut(item.text, left, top, width, height)
        if share <= 0:
            continue
        partly.add(item.label)
        if share < VISIBLE:
            continue
        seen.setdefault(item.label, []).append((item, cut))
        x, y = (cut[0] + cut[2]) / 2, (cut[1] + cut[3]) / 2
        rows = slice(int((cut[1] + 3) // PATCH), int((cut[3] - 3) // PATCH) + 1)
        centres[rows, int((cut[0] + 2) // PATCH) : int((cut[2] - 2) // PATCH) + 1] = (
            _thousandths(x, width),
            _thousandths(y, height),
        )

    askable = [found[0] for found in seen.values() if len(found) == 1 and suits(found[0][0])]
    weights = [4.0 if item.kind in ("field", "tick") else 2.0 if item.kind == "near" else 1.0 for item, _ in askable]
    asked: list[Query] = []
    for _ in range(queries):
        kind = rng.random()
        if many and kind < 0.3:
            asked.append(
                _finished(rng)
                if kind < 0.15
                else _query(rng, rng.choice((key_step, scroll_step))(rng), None, None, many)
            )
        elif askable and kind < 0.72:
            item, cut = rng.choices(askable, weights)[0]
            aim = _aim(item, cut, left, top, width, height)
            if aim is not None:
                asked.append(_query(rng, _step_for(rng, item), aim, cut, many))
                continue
            asked.append(_absent(rng, elsewhere, partly, many))
        else:
            asked.append(_absent(rng, elsewhere, partly, many))
    return Picture(
        _recoloured(rng, screen.pixels[top : top + height, left : left + width]),
        grid.reshape(-1, SLOTS),
        centres.reshape(-1, 2),
        asked,
    )


def _aim(item: Item, cut: Box, left: int, top: int, width: int, height: int) -> tuple[float, float] | None:
    if item.kind in ("point", "near"):
        return (cut[0] + cut[2]) / 2, (cut[1] + cut[3]) / 2
    x, y = item.aim[0] - left, item.aim[1] - top
    return (x, y) if 4 <= x < width - 4 and 4 <= y < height - 4 else None


def _absent(rng: random.Random, elsewhere: list[Item], partly: set[str], many: bool) -> Query:
    """A question about something that the picture does not show: elsewhere on the page, nearly the same, or invented."""
    for _ in range(8):
        item = rng.choice(elsewhere)
        kind = rng.random()
        name = item.label if kind < 0.4 else words.mutated(rng, item.label) if kind < 0.75 else words.label(rng)
        name, same = name.strip(), {shown.lower() for shown in partly}
        overlaps = any(name in shown or shown in name for shown in partly)
        if name and name.lower() not in same and not (kind < 0.4 and overlaps):
            break
    else:
        name = words.label(rng)
    return _query(rng, _step_for(rng, Item(item.kind, name, item.text, item.box)), None, None, many)


# ---- from questions to tensors -------------------------------------------------------------------------------------------------------------


def _thousandths(value: float, whole: float) -> int:
    return min(999, max(0, int(value / whole * 1000)))


@dataclass(frozen=True, slots=True)
class Encoded:
    """One branch: its tokens, which of them are learned and how much, and where the digits of the place are."""

    tokens: list[int]
    answer_at: int
    code_at: int
    """Index of the first token of the code: it tells whether the thing is there."""
    digits_at: tuple[int, int] | None
    """Index of the first of the three digits of x and of y."""
    place: tuple[int, int]
    """x and y in thousandths."""


class Encoder:
    """Writes prompts and answers as tokens, as the chat template does."""

    def __init__(self, tokenizer: KimiTokenizer) -> None:
        self.tokenizer = tokenizer
        special, encode = tokenizer.special, tokenizer.encode

        def turn(role: str) -> list[int]:
            return [special(f"<|im_{role}|>"), *encode(role), special("<|im_middle|>")]

        self._end = special("<|im_end|>")
        picture = [special("<|media_start|>"), *encode("image"), special("<|media_content|>")]
        self.before = [*turn("system"), *encode(SYSTEM), self._end, *turn("user"), *picture]
        self._behind = [special("<|media_end|>")]
        self._answer = [self._end, *turn("assistant")]
        self.padding = special("[PAD]")

    def encode(self, query: Query, size: tuple[int, int]) -> Encoded:
        encode = self.tokenizer.encode
        tokens = [*self._behind, *encode(user_text(query.instruction, query.steps)), *self._answer]
        answer_at = len(tokens)
        head, _, rest = answer_text(query.action, query.code).rpartition("```python\n")
        tokens += encode(head + "```python\n")
        code_at = len(tokens)
        if query.aim is None:
            return Encoded([*tokens, *encode(rest), self._end], answer_at, code_at, None, (0, 0))
        place = _thousandths(query.aim[0], size[0]), _thousandths(query.aim[1], size[1])
        before, _, behind = rest.partition(UNKNOWN_PLACE)
        tokens += encode(before + "x=0.")
        x_at = len(tokens)
        tokens += [*encode(f"{place[0]:03d}"), *encode(", y=0.")]
        y_at = len(tokens)
        tokens += [*encode(f"{place[1]:03d}"), *encode(behind), self._end]
        return Encoded(tokens, answer_at, code_at, (x_at, y_at), place)


def soft_digits(place: Tensor, spread: float) -> tuple[Tensor, Tensor]:
    """Distributions (n, 10) of the first digit, and of the second behind that first one, for places (n,) in thousandths."""
    bins = torch.arange(1000) + 0.5
    mass = torch.exp(-0.5 * ((bins - (place.unsqueeze(1) + 0.5)) / spread) ** 2).view(-1, 10, 10, 10).sum(-1)
    first = mass.sum(-1)
    second = mass[torch.arange(len(place)), place // 100]
    return first / first.sum(-1, keepdim=True), second / second.sum(-1, keepdim=True)


class CentreHead(nn.Module):
    """Names, at every patch of a label, the first two digits of x and y of the label's middle."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.digits = nn.Linear(width, 40)

    def loss(self, features: Tensor, places: Tensor, size: tuple[int, int]) -> Tensor:
        on = places[:, 0] >= 0
        logits = self.digits(self.norm(features[on])).unflatten(-1, (4, 10)).log_softmax(-1)
        total = features.new_zeros(())
        for axis in (0, 1):
            first, second = soft_digits(places[on, axis], SPREAD_PX * 1000 / size[axis])
            total = (
                total - (first * logits[:, 2 * axis]).sum(-1).mean() - (second * logits[:, 2 * axis + 1]).sum(-1).mean()
            )
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
        self.centre = CentreHead(config.vision.hidden_size)
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
        losses["centre"] = self.centre.loss(x, torch.from_numpy(np.concatenate([p.centres for p in pictures])), size)
        seen = self.multi_modal_projector(x, grids).unflatten(0, (batch, -1))

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
        guided = [self._looking(a[..., len(self.encoder.before) :], pictures, encoded, width) for a in run.attention]
        losses["look"] = torch.stack(guided).mean()
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
        self, attention: Tensor, pictures: Sequence[Picture], encoded: list[list[Encoded]], width: int
    ) -> Tensor:
        """Minus the log of the attention that lies on the label while the code is written up to the place."""
        across = width // CELL
        parts: list[Tensor] = []
        for b, picture in enumerate(pictures):
            for q, (query, branch) in enumerate(zip(picture.queries, encoded[b], strict=True)):
                if query.shown is None or query.aim is None or branch.digits_at is None:
                    continue
                left, top, right, bottom = query.shown
                cells = {int(query.aim[1]) // CELL * across + int(query.aim[0]) // CELL}
                for y in range(int(top + 4) // CELL, int(max(bottom - 4, top + 4)) // CELL + 1):
                    cells |= set(
                        range(
                            y * across + int(left + 2) // CELL, y * across + int(max(right - 2, left + 2)) // CELL + 1
                        )
                    )
                look = attention[b, q, branch.code_at - 1 : branch.digits_at[1] + 2]
                inside = [cell for cell in cells if cell < look.shape[-1]]
                parts.append(-look[:, inside].logsumexp(-1).mean())
        return torch.stack(parts).mean() if parts else attention.new_zeros(())


def _balance(router: nn.Module, _: object, output: tuple[Tensor, Tensor]) -> None:
    """Nudge the choice towards experts that got less than their share; the published training does the same, without gradients."""
    assert isinstance(router, Router)
    if router.training:
        load = output[0].flatten().bincount(minlength=router.e_score_correction_bias.shape[0]).float()
        router.e_score_correction_bias += 1e-3 * (load.mean() - load).sign()


LOSS_WEIGHTS = {"answer": 1.0, "verdict": 0.5, "place": 1.5, "look": 0.7, "centre": 1.0, "read": 0.5}


def total(losses: Losses) -> Losses:
    losses["loss"] = torch.stack([weight * losses[name] for name, weight in LOSS_WEIGHTS.items()]).sum()
    return losses


@lru_cache(maxsize=1)
def pool_size(folder: Path, _minute: int) -> int:
    return len(list(folder.glob("*.json")))
