from __future__ import annotations

import random
from dataclasses import replace

import torch

from model.nano.learner import LOSS_WEIGHTS, Learner, total
from model.nano.lists import list_query
from model.nano.questions import picture_of
from model.nano.screens import Screen
from model.nano.shape import configuration
from model.tokenizer import KimiTokenizer


def test_every_lesson_reaches_the_weights(nano_tokenizer: KimiTokenizer, screen: Screen) -> None:
    torch.manual_seed(0)
    config = configuration(nano_tokenizer.vocab_size, nano_tokenizer.special("<|media_pad|>"))
    learner = Learner(config, nano_tokenizer)
    rng = random.Random(0)
    pictures = [picture_of(rng, screen, (448, 336), 4, many=False, typing=True) for _ in range(2)]
    losses = total(learner(pictures) | learner.next_steps([list_query(rng, 3, 14) for _ in range(6)]))
    assert set(LOSS_WEIGHTS) < set(losses)
    assert all(loss.isfinite() for loss in losses.values())
    torch.testing.assert_close(losses["loss"], sum(weight * losses[name] for name, weight in LOSS_WEIGHTS.items()))
    losses["loss"].backward()
    untouched = [name for name, p in learner.named_parameters() if p.grad is None or not p.grad.any()]
    assert untouched == []


def test_lists_teach_the_decoder_what_comes_next(nano_tokenizer: KimiTokenizer) -> None:
    torch.manual_seed(0)
    config = configuration(nano_tokenizer.vocab_size, nano_tokenizer.special("<|media_pad|>"))
    learner = Learner(config, nano_tokenizer)
    lists = [list_query(random.Random(seed), 2, 10) for seed in range(4)]
    optimiser = torch.optim.Adam(learner.parameters(), 3e-3)
    losses = [total(learner.next_steps(lists))["loss"]]
    for _ in range(30):
        optimiser.zero_grad()
        losses[-1].backward()
        optimiser.step()
        losses.append(total(learner.next_steps(lists))["loss"])
    assert losses[-1] < losses[0] / 2
    moved = {name.partition(".")[0] for name, p in learner.named_parameters() if p.grad is not None and p.grad.any()}
    assert moved == {"language_model", "lm_head"}


def test_a_lesson_without_anything_to_point_at(nano_tokenizer: KimiTokenizer, screen: Screen) -> None:
    config = configuration(nano_tokenizer.vocab_size, nano_tokenizer.special("<|media_pad|>"))
    learner = Learner(config, nano_tokenizer)
    picture = picture_of(random.Random(0), screen, (224, 168), 4, many=False, typing=False)
    absent = [query for query in picture.mentions if query.is_absent]
    assert absent
    losses = total(learner([replace(picture, queries=absent[:1], mentions=absent[:1])]))
    assert all(loss.isfinite() for loss in losses.values())
    losses["loss"].backward()


def test_what_is_only_seen_teaches_the_encoder_and_nothing_else(nano_tokenizer: KimiTokenizer, screen: Screen) -> None:
    config = configuration(nano_tokenizer.vocab_size, nano_tokenizer.special("<|media_pad|>"))
    learner = Learner(config, nano_tokenizer)
    rng = random.Random(0)
    asked, seen = ([picture_of(rng, screen, (224, 168), n, many=False, typing=False)] for n in (4, 0))
    losses = total(learner(seen))
    assert set(losses) < set(total(learner(asked)))
    losses["loss"].backward()
    moved = {name.partition(".")[0] for name, p in learner.named_parameters() if p.grad is not None and p.grad.any()}
    assert {"vision_tower", "multi_modal_projector", "words", "letters"} <= moved
    assert not {"language_model", "lm_head", "aim", "spelled"} & moved
