"""Packed weights: the kernels against what is unpacked, and a packed network against the reference outputs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

import model.quantize
from benchmarks.packing_error import golden_embeddings, layer_errors
from model.decoder import KeyValueUp
from model.kimi_vl import KimiVL
from model.quantize import (
    GROUP,
    KERNEL_ROWS,
    KERNEL_ROWS_WIDENED,
    ROW_BLOCK,
    PackedExperts,
    PackedLinear,
    PackedMatrix,
    Packing,
    can_pack,
    nibble_order,
    pack,
)

WEIGHT_ERROR = {Packing.INT8: 0.01, Packing.INT4: 0.1}
"""Bounds of the relative error of Gaussian matrices, by the Frobenius norm."""


@pytest.fixture(autouse=True)
def _inference():
    with torch.inference_mode():
        yield


def relative(a: Tensor, b: Tensor) -> float:
    return float((a.float() - b.float()).norm() / b.float().norm())


@pytest.mark.parametrize("packing", Packing)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@settings(max_examples=15, deadline=None)
@given(
    blocks=st.integers(1, 4),
    groups=st.integers(1, 3),
    rows=st.sampled_from([1, 2, 7, KERNEL_ROWS, KERNEL_ROWS + 1, KERNEL_ROWS_WIDENED + 1]),
    seed=st.integers(0, 99),
)
def test_kernels_and_unpacking_agree(
    packing: Packing, dtype: torch.dtype, blocks: int, groups: int, rows: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(blocks * ROW_BLOCK, groups * GROUP, generator=generator)
    x = torch.randn(rows, groups * GROUP, generator=generator).to(dtype)
    matrix = pack(weight, packing, dtype)
    assert matrix.shape == weight.shape
    assert relative(matrix.unpacked(torch.float32), weight) < WEIGHT_ERROR[packing]
    product = matrix.multiply(x)
    assert product.dtype == dtype
    assert relative(product, F.linear(x.float(), matrix.unpacked(torch.float32))) < 0.01


@settings(max_examples=80, deadline=None)
@given(
    packing=st.sampled_from(Packing),
    rows=st.integers(1, 20),
    columns=st.integers(1, 200),
    offset=st.integers(0, 63),
    seed=st.integers(0, 100),
)
def test_a_matrix_may_begin_anywhere_in_memory(
    packing: Packing, rows: int, columns: int, offset: int, seed: int
) -> None:
    """As one does that is mapped from a file: torch's kernel crashes the process at some places."""
    columns *= 64 if packing is Packing.INT4 else 1
    drawn = torch.Generator().manual_seed(seed)
    matrix = pack(torch.randn(64, columns % 1024 or 64, generator=drawn), packing, torch.bfloat16)
    memory = torch.empty(matrix.packed.numel() + 128, dtype=matrix.packed.dtype)
    begin = -memory.data_ptr() % 64 + offset
    moved = memory[begin : begin + matrix.packed.numel()].view(matrix.packed.shape).copy_(matrix.packed)
    x = torch.randn(rows, matrix.shape[1], generator=drawn).bfloat16()
    wanted = x.float() @ matrix.unpacked(torch.float32).T
    found = PackedMatrix(moved, matrix.scales).multiply(x).float()
    assert (found - wanted).abs().max() <= 0.02 * wanted.abs().max()


@pytest.mark.parametrize("packing", Packing)
def test_values_that_can_be_told_are_told_exactly(packing: Packing) -> None:
    steps = torch.arange(-127.0, 128) if packing is Packing.INT8 else torch.arange(-8.0, 8)
    weight = steps[torch.randint(len(steps), (ROW_BLOCK, 2 * GROUP), generator=torch.Generator().manual_seed(0))]
    weight[:, ::GROUP], weight[:, 1::GROUP] = steps[0], steps[-1]  # every group spans the whole range
    assert torch.equal(pack(weight, packing, torch.float32).unpacked(torch.float32), weight)


@pytest.mark.parametrize("packing", Packing)
def test_a_matrix_of_zeros_stays_so(packing: Packing) -> None:
    matrix = pack(torch.zeros(ROW_BLOCK, GROUP), packing, torch.float32)
    assert not matrix.multiply(torch.ones(1, GROUP)).abs().max() > 1e-6


def test_the_kernel_lays_every_row_once() -> None:
    assert sorted(nibble_order()) == list(range(len(nibble_order())))


@pytest.mark.parametrize("rows", [16, 32, 64])
def test_whatever_order_a_kernel_lays_rows_in_they_are_unpacked_into_their_own(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    drawn = torch.Generator().manual_seed(rows)
    order = torch.randperm(rows, generator=drawn)
    values = torch.randint(16, (ROW_BLOCK, 2 * GROUP), generator=drawn)
    laid = values.view(-1, rows, 2 * GROUP)[:, order].transpose(1, 2)  # (blocks, K, rows of a block)
    low, high = laid.chunk(2, dim=-1)
    packed = (low + 16 * high).to(torch.uint8).reshape(ROW_BLOCK, GROUP)
    scales = torch.rand(2, ROW_BLOCK, 2, generator=drawn)
    monkeypatch.setattr(model.quantize, "nibble_order", lambda: tuple(order.tolist()))
    scale, offset = (each.T.repeat_interleave(GROUP, dim=1) for each in scales.unbind(-1))
    matrix = PackedMatrix(packed, scales)
    torch.testing.assert_close(matrix.unpacked(torch.float32), (values - 8) * scale + offset)
    x = torch.randn(KERNEL_ROWS_WIDENED + 1, 2 * GROUP, generator=drawn)
    torch.testing.assert_close(matrix.multiply(x), x @ matrix.unpacked(torch.float32).T, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("shape", [(ROW_BLOCK + 1, GROUP), (ROW_BLOCK, GROUP // 2)])
def test_a_matrix_of_another_shape_is_not_packed_into_4_bits(shape: tuple[int, int]) -> None:
    assert not can_pack(shape, Packing.INT4)
    with pytest.raises(ValueError, match="cannot be packed"):
        pack(torch.zeros(shape), Packing.INT4, torch.float32)


def test_8_bits_give_the_greedy_tokens_of_the_reference(checkpoint: Path, case: dict[str, Tensor]) -> None:
    packed = KimiVL.from_pretrained(checkpoint, packing=Packing.INT8)
    ids = torch.cat([case["input_ids"], case["greedy"]])
    logits = packed(ids, case["pixel_values"], case["grids"])[-25:-1]
    assert torch.equal(logits.argmax(-1), case["greedy"])
    # The median: where a random router's choice is nearly a tie, rounding sends a token to other experts.
    assert (packed(case["text_ids"]) - case["text_logits"]).abs().median() < 0.05


def test_no_layer_adds_much_error(network: KimiVL, checkpoint: Path) -> None:
    packed = KimiVL.from_pretrained(checkpoint, packing=Packing.INT8)
    errors = layer_errors(network, packed, golden_embeddings(network))
    assert errors[0].own == 0.0  # dense, and so left as it is
    assert all(0 < error.own < 0.04 for error in errors[1:])


def test_4_bits_are_as_exact_as_their_matrices(checkpoint: Path, case: dict[str, Tensor]) -> None:
    """The few matrices of the tiny model that can be packed; real weights have to be measured."""
    packed = KimiVL.from_pretrained(checkpoint, packing=Packing.INT4)
    assert (packed(case["text_ids"]) - case["text_logits"]).abs().median() < 0.2


@pytest.mark.parametrize("packing", Packing)
def test_vision_router_and_embeddings_stay_as_they_are(
    checkpoint: Path, network: KimiVL, case: dict[str, Tensor], packing: Packing
) -> None:
    packed = KimiVL.from_pretrained(checkpoint, packing=packing)
    kinds = {name: type(module) for name, module in packed.named_modules()}
    assert kinds["lm_head"] is PackedLinear
    assert kinds["decoder.layers.0.self_attn.kv_b_proj"] is KeyValueUp
    if packing is Packing.INT8:
        assert kinds["decoder.layers.1.mlp.experts"] is PackedExperts
    features = packed.encode_images(case["pixel_values"], case["grids"])
    assert torch.equal(features, network.encode_images(case["pixel_values"], case["grids"]))
    for name, tensor in network.state_dict().items():
        if "gate.weight" in name or "norm" in name or "embed_tokens" in name:
            assert torch.equal(packed.state_dict()[name], tensor), name
