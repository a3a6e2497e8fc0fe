from __future__ import annotations

import pytest
import torch
from torch import nn

from model.nano import muon
from model.nano.muon import Muon, orthogonal


@pytest.mark.parametrize(("in_bfloat16", "error"), [(False, 1e-4), (True, 0.05)])
@pytest.mark.parametrize("shape", [(16, 16), (48, 12), (12, 48)])
def test_singular_values_come_near_one(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int], in_bfloat16: bool, error: float
) -> None:
    monkeypatch.setattr(muon, "multiplies_bfloat16", lambda: in_bfloat16)
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    u, before, vh = torch.linalg.svd(matrix, full_matrices=False)
    result = orthogonal(matrix)
    assert result.dtype == matrix.dtype
    after = torch.linalg.svdvals(result)
    assert after.max() < 1.3
    assert after[before > 0.05 * before.max()].min() > 0.6
    # The directions stay: it is the nearest orthogonal matrix up to these values.
    in_its_axes = u.T @ result @ vh.T
    torch.testing.assert_close(in_its_axes, in_its_axes.diagonal().diag(), atol=error, rtol=0)


def test_it_finds_the_least_squares() -> None:
    generator = torch.Generator().manual_seed(1)
    wanted, x = torch.randn(6, 4, generator=generator), torch.randn(64, 4, generator=generator)
    weight = nn.Parameter(torch.zeros(6, 4))
    optimiser = Muon([weight], lr=0.05, weight_decay=0.0)
    for step in range(400):
        optimiser.param_groups[0]["lr"] = 0.1 * (1 - step / 400)
        loss = ((x @ (weight - wanted).T) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 1e-3


def test_weight_decay_shrinks() -> None:
    weight = nn.Parameter(torch.eye(3))
    weight.grad = torch.zeros(3, 3)
    Muon([weight], lr=0.1, weight_decay=0.5).step()
    torch.testing.assert_close(weight.detach(), 0.95 * torch.eye(3))
