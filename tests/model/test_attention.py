"""Attention against its definition, for every way in which it is computed."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import model.attention
import model.linear
from model.attention import attend


def defined(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    scores = q.double() @ k.double().transpose(-1, -2) * q.shape[-1] ** -0.5
    if causal:
        unseen = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool).triu(k.shape[2] - q.shape[2] + 1)
        scores = scores.masked_fill(unseen, float("-inf"))
    return scores.softmax(-1) @ v.double()


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(("queries", "keys"), [(1, 1), (1, 70), (40, 40), (40, 70), (90, 90), (50, 130)])
@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-5), (torch.bfloat16, 0.03)])
@pytest.mark.parametrize(("multiplies_bfloat16", "multiplies_tiles"), [(True, True), (True, False), (False, False)])
@pytest.mark.parametrize("width", [24, 16])
@torch.no_grad()
def test_it_is_what_it_is_defined_to_be(
    monkeypatch: pytest.MonkeyPatch,
    causal: bool,
    queries: int,
    keys: int,
    dtype: torch.dtype,
    error: float,
    multiplies_bfloat16: bool,
    multiplies_tiles: bool,
    width: int,
) -> None:
    monkeypatch.setattr(model.linear, "multiplies_bfloat16", lambda: multiplies_bfloat16)
    has_tiles = model.linear.multiplies_tiles() and multiplies_tiles
    monkeypatch.setattr(model.attention, "multiplies_tiles", lambda: has_tiles)
    monkeypatch.setattr(model.attention, "BLOCK", 37)
    torch.manual_seed(queries + keys)
    q, k = (torch.randn(2, 3, length, 24).to(dtype) for length in (queries, keys))
    v = torch.randn(2, 3, keys, width).to(dtype)
    attended = attend(q, k, v, causal=causal)
    assert (attended.dtype, attended.shape) == (dtype, (2, 3, queries, width))
    assert (attended.double() - defined(q, k, v, causal)).abs().max() < error


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(("queries", "keys"), [(1, 70), (40, 40), (40, 70)])
@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-5), (torch.bfloat16, 0.05)])
@pytest.mark.parametrize("multiplies_bfloat16", [True, False])
def test_its_gradients_are_those_of_its_definition(
    monkeypatch: pytest.MonkeyPatch,
    causal: bool,
    queries: int,
    keys: int,
    dtype: torch.dtype,
    error: float,
    multiplies_bfloat16: bool,
) -> None:
    monkeypatch.setattr(model.linear, "multiplies_bfloat16", lambda: multiplies_bfloat16)
    torch.manual_seed(queries + keys)
    shapes = (2, 3, queries, 24), (2, 3, keys, 24), (2, 3, keys, 16)
    inputs = [torch.randn(shape).to(dtype).requires_grad_() for shape in shapes]
    exact = [each.detach().double().requires_grad_() for each in inputs]
    weights = torch.randn(2, 3, queries, 16)
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        attended = attend(*inputs, causal=causal)
    (attended * weights).sum().backward()
    (defined(exact[0], exact[1], exact[2], causal) * weights).sum().backward()
    for each, right in zip(inputs, exact, strict=True):
        assert each.grad is not None
        assert right.grad is not None
        assert (each.grad.double() - right.grad).abs().max() < error * right.grad.abs().max()
