"""Laid out matrices give the products of those that are stored, and a laid out network the same answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

import model.layout
from model.decoder import Experts, KeyValueUp, LatentCache
from model.engine import Engine
from model.kimi_vl import KimiVL
from model.layout import LaidOutBytes, LaidOutExperts, LaidOutLinear, LaidOutMatrix, lay_out
from model.linear import Linear, multiplies_bfloat16, multiplies_bytes
from model.loading import load_model
from model.quantize import PackedLinear, Packing, pack

pytestmark = pytest.mark.skipif(not multiplies_bfloat16(), reason="this CPU has no arithmetic for bfloat16")


@pytest.fixture(autouse=True)
def _inference():
    with torch.inference_mode():
        yield


@settings(max_examples=30, deadline=None)
@given(
    shape=st.sampled_from([(1, 1), (7, 33), (64, 48), (176, 128)]),
    rows=st.sampled_from([(1,), (1, 1), (3, 5), (65,), (2, 100)]),
    seed=st.integers(0, 99),
)
def test_products_are_those_of_the_stored_matrix(shape: tuple[int, int], rows: tuple[int, ...], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    matrix = torch.randn(shape, generator=generator)
    x = torch.randn(*rows, shape[1], generator=generator)
    product = LaidOutMatrix(matrix.bfloat16()).multiply(x.bfloat16())
    exact = F.linear(x.bfloat16().float(), matrix.bfloat16().float())
    assert product.shape == exact.shape
    torch.testing.assert_close(product, exact.bfloat16(), atol=0.02 * shape[1] ** 0.5, rtol=0.01)


@pytest.mark.skipif(not multiplies_bytes(), reason="this CPU has no arithmetic for 8 bits")
@settings(max_examples=30, deadline=None)
@given(
    shape=st.sampled_from([(1, 1), (7, 33), (64, 48), (176, 128)]),
    rows=st.sampled_from([(1,), (1, 1), (3, 5), (65,), (2, 100)]),
    magnitude=st.sampled_from([1e-30, 1e-3, 1.0, 1e4]),
    seed=st.integers(0, 99),
)
def test_products_with_8_bits_are_as_exact_as_in_bfloat16(
    shape: tuple[int, int], rows: tuple[int, ...], magnitude: float, seed: int
) -> None:
    """Also where one activation is a thousand times as large as the others."""
    generator = torch.Generator().manual_seed(seed)
    packed = pack(torch.randn(shape, generator=generator), Packing.INT8, torch.bfloat16)
    x = torch.randn(*rows, shape[1], generator=generator)
    x[..., -1] *= 1000
    x = (x * magnitude).bfloat16()
    exact = F.linear(x.double(), packed.unpacked(torch.float64))
    product = LaidOutBytes(packed).multiply(x)
    assert product.dtype == x.dtype
    assert product.shape == exact.shape
    torch.testing.assert_close(product.double(), exact, atol=3e-4 * float(exact.abs().max()), rtol=0.01)


@pytest.mark.skipif(not multiplies_bytes(), reason="this CPU has no arithmetic for 8 bits")
def test_8_bits_times_nothing_is_nothing_and_what_is_no_number_stays_none() -> None:
    matrix = LaidOutBytes(pack(torch.ones(64, 64), Packing.INT8, torch.bfloat16))
    rows = torch.zeros(3, 64, dtype=torch.bfloat16)
    rows[1, 5], rows[2, 5] = float("nan"), float("inf")
    product = matrix.multiply(rows)
    assert torch.equal(product[0], torch.zeros_like(product[0]))
    assert not product[1:].isfinite().any()


def logits_of(network: KimiVL, ids: Tensor) -> Tensor:
    """(T, vocabulary): the first half at once, then token by token."""
    half = len(ids) // 2
    cache = LatentCache(network.config.text, 1, len(ids), dtype=network.dtype, device=network.device)
    chunks = [ids[:half], *ids[half:].split(1)]
    return torch.cat([network.next_token_logits(network.embed(chunk[None]), cache) for chunk in chunks])


def test_a_network_answers_as_before(checkpoint: Path, case: dict[str, Tensor]) -> None:
    network = KimiVL.from_pretrained(checkpoint, torch.bfloat16)
    before = logits_of(network, case["text_ids"])
    lay_out(network)
    kinds = {type(module) for module in network.decoder.modules()} | {type(network.lm_head)}
    assert {LaidOutLinear, LaidOutExperts} < kinds
    assert not {Linear, Experts} & kinds
    assert isinstance(network.decoder.layers[0].get_submodule("self_attn.kv_b_proj"), KeyValueUp)
    torch.testing.assert_close(logits_of(network, case["text_ids"]), before, atol=0.06, rtol=0.05)
    assert torch.equal(logits_of(network, case["text_ids"]), logits_of(network, case["text_ids"]))


@pytest.mark.skipif(not multiplies_bytes(), reason="this CPU has no arithmetic for 8 bits")
@pytest.mark.parametrize("packing", Packing)
def test_a_packed_network_has_its_head_laid_out(packing: Packing, checkpoint: Path, case: dict[str, Tensor]) -> None:
    network = KimiVL.from_pretrained(checkpoint, torch.bfloat16, packing=packing)
    assert isinstance(network.lm_head, PackedLinear)
    before = logits_of(network, case["text_ids"])
    lay_out(network)
    assert isinstance(network.lm_head, LaidOutLinear)
    torch.testing.assert_close(logits_of(network, case["text_ids"]), before, atol=0.06, rtol=0.05)


def test_another_type_is_left_alone(checkpoint: Path) -> None:
    network = KimiVL.from_pretrained(checkpoint)
    lay_out(network)
    assert isinstance(network.lm_head, Linear)


def test_another_cpu_keeps_what_is_stored(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.layout, "multiplies_bfloat16", lambda: False)
    network = KimiVL.from_pretrained(checkpoint, torch.bfloat16)
    names = set(network.state_dict())
    lay_out(network)
    assert set(network.state_dict()) == names


def test_a_model_that_is_loaded_is_laid_out(checkpoint: Path) -> None:
    loaded = load_model(checkpoint, precision="bf16", device="cpu")
    assert isinstance(loaded, Engine)
    assert isinstance(loaded.network.lm_head, LaidOutLinear)
