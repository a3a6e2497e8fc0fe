"""The network against the reference outputs of the published code, and against itself."""

from __future__ import annotations

import weakref

import pytest
import torch
from torch import Tensor, nn

from model.base import GenerationError
from model.config import VisionConfig
from model.decoder import LatentCache
from model.kimi_vl import KimiVL
from model.nano.shape import VISION
from model.vision import MoonViT

Case = dict[str, Tensor]


@pytest.fixture(autouse=True)
def _inference():
    with torch.inference_mode():
        yield


def distance(a: Tensor, b: Tensor) -> float:
    assert a.shape == b.shape
    return float((a - b).abs().max())


def cache_for(network: KimiVL, batch: int, capacity: int) -> LatentCache:
    return LatentCache(network.config.text, batch, capacity, dtype=network.dtype, device=network.device)


def test_image_features_equal_the_reference(network: KimiVL, case: Case) -> None:
    assert distance(network.encode_images(case["pixel_values"], case["grids"]), case["features"]) < 1e-4


def test_logits_with_several_images_equal_the_reference(network: KimiVL, case: Case) -> None:
    logits = network(case["input_ids"], case["pixel_values"], case["grids"])
    assert distance(logits, case["logits"]) < 1e-4


def test_logits_of_text_equal_the_reference(network: KimiVL, case: Case) -> None:
    assert distance(network(case["text_ids"]), case["text_logits"]) < 1e-4


def test_greedy_tokens_equal_the_reference_without_a_cache(network: KimiVL, case: Case) -> None:
    ids = case["input_ids"]
    for _ in case["greedy"]:
        ids = torch.cat([ids, network(ids, case["pixel_values"], case["grids"])[-1:].argmax(-1)])
    assert ids[-len(case["greedy"]) :].tolist() == case["greedy"].tolist()


def test_greedy_tokens_equal_the_reference_with_a_cache(network: KimiVL, case: Case) -> None:
    features = network.encode_images(case["pixel_values"], case["grids"])
    cache = cache_for(network, 1, len(case["input_ids"]) + len(case["greedy"]))
    tokens = [network.next_token_logits(network.embed(case["input_ids"][None], features), cache).argmax(-1)]
    while len(tokens) < len(case["greedy"]):
        tokens.append(network.next_token_logits(network.embed(tokens[-1][None]), cache).argmax(-1))
    assert torch.cat(tokens).tolist() == case["greedy"].tolist()


def test_rows_behind_the_last_one_are_not_read(network: KimiVL, case: Case) -> None:
    ids = case["text_ids"]
    exact, longer = cache_for(network, 1, len(ids)), cache_for(network, 1, 300)
    network.next_token_logits(network.embed(ids.flip(0).repeat(300 // len(ids))[None]) * 50, longer)
    longer.keep(0, 300)
    for cache in (exact, longer):
        network.next_token_logits(network.embed(ids[None, :-1]), cache)
    logits = [network.next_token_logits(network.embed(ids[None, -1:]), cache) for cache in (exact, longer)]
    assert distance(*logits) < 1e-5


@pytest.mark.parametrize("sizes", [[36], [35, 1], [1, 35], [20, 15, 1], [1] * 36, [12, 12, 12]])
def test_a_cache_changes_no_logits(network: KimiVL, case: Case, sizes: list[int]) -> None:
    """Prefill in one piece or several, and decoding token by token, give the logits of one pass."""
    cache = cache_for(network, 1, len(case["text_ids"]))
    for piece in case["text_ids"].split(sizes):
        logits = network.next_token_logits(network.embed(piece[None]), cache)
        assert distance(logits[0], case["text_logits"][cache.length - 1]) < 1e-4
    assert cache.length == cache.capacity


def test_images_of_one_size_are_encoded_as_if_alone(network: KimiVL) -> None:
    pixels = torch.randn(3 * 24, 3, 14, 14, generator=torch.Generator().manual_seed(0))
    together = network.encode_images(pixels, [(4, 6)] * 3)
    alone = [network.encode_images(image, [(4, 6)]) for image in pixels.split(24)]
    assert distance(together, torch.cat(alone)) < 1e-5


def test_images_do_not_see_each_other(network: KimiVL, case: Case) -> None:
    changed = case["pixel_values"].clone()
    changed[48:] = 0  # the second and third image
    features = network.encode_images(changed, case["grids"])
    assert distance(features[:12], case["features"][:12]) < 1e-5
    assert distance(features[12:], case["features"][12:]) > 1e-2


@pytest.mark.parametrize("given", [0, 59, 61])
def test_features_must_fit_the_image_tokens(network: KimiVL, case: Case, given: int) -> None:
    features = torch.zeros(given, 64) if given else None
    with pytest.raises(GenerationError, match=f"60 image tokens, but its pictures give {given} features"):
        network.embed(case["input_ids"][None], features)


def test_gradients_reach_every_parameter(checkpoint, case: Case) -> None:
    with torch.inference_mode(False):
        trained = KimiVL.from_pretrained(checkpoint)
        ids, pixels = case["input_ids"].clone(), case["pixel_values"].clone()
        trained(ids, pixels, case["grids"].clone()).logsumexp(-1).mean().backward()
        assert [name for name, parameter in trained.named_parameters() if parameter.grad is None] == []


def test_what_the_blocks_made_is_let_go() -> None:
    """A list of all of it would take hundreds of megabytes for a large screen and a full-size encoder."""
    tower = MoonViT(VisionConfig.model_validate(VISION))
    made: list[weakref.ref[Tensor]] = []
    alive: list[int] = []

    def note(_block: nn.Module, _inputs: object, output: Tensor) -> None:
        alive.append(sum(each() is not None for each in made))
        made.append(weakref.ref(output))

    for block in tower.encoder.blocks:
        block.register_forward_hook(note)
    tower(torch.zeros(16, 3, 14, 14), [(4, 4)])
    assert len(made) == 6
    assert max(alive) <= 2
