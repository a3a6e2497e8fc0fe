from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

import model.linear
from model.linear import COMPILED_ROWS, FEW_ROWS, few_counts, linear


@given(st.integers(1, 10**7))
def test_a_count_is_rounded_up_by_an_eighth_at_most(rows: int) -> None:
    assert rows <= few_counts(rows) <= max(rows * 1.125, rows + COMPILED_ROWS)
    assert few_counts(few_counts(rows)) == few_counts(rows)


def test_there_are_few_counts() -> None:
    assert len({few_counts(rows) for rows in range(4096, 8193)}) == 9


@pytest.mark.parametrize("rows", [1, FEW_ROWS, COMPILED_ROWS, COMPILED_ROWS + 1, 300])
@pytest.mark.parametrize("in_hardware", [True, False])
def test_products_are_those_of_torch(rows: int, in_hardware: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.linear, "multiplies_bfloat16", lambda: in_hardware)
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, rows, 48), torch.randn(32, 48), torch.randn(32)
    exact = F.linear(x, weight, bias)
    torch.testing.assert_close(linear(x, weight, bias), exact)
    product = linear(x.bfloat16(), weight.bfloat16(), bias.bfloat16())
    assert product.dtype == torch.bfloat16
    assert product.is_contiguous()
    torch.testing.assert_close(product.float(), exact, atol=0.3, rtol=0.02)
