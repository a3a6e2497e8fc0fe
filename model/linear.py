"""Products of activations with weights, in the arithmetic that is fast on this machine.

Many CPUs multiply bfloat16 matrices some fifty times slower than float32 ones, though a single row goes at the speed of
the memory, twice as fast in bfloat16. There, weights stay as they are stored, and are widened for products of many rows
only. Knows tensors; knows no layer.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FEW_ROWS: Final = 4
"""So many rows are multiplied as they are, whatever the CPU: reading the weights takes longer than computing."""


class Linear(nn.Linear):
    """A linear layer that is fast in bfloat16 on every CPU."""

    def forward(self, input: Tensor) -> Tensor:
        return linear(input, self.weight, self.bias)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """What `torch.nn.functional.linear` does: x (..., K), weight (N, K) and bias (N) give (..., N), of x's type."""
    if is_widened(x) and x.numel() > FEW_ROWS * x.shape[-1]:
        return F.linear(x.float(), weight.float(), None if bias is None else bias.float()).to(x.dtype)
    return F.linear(x, weight, bias)


def is_widened(x: Tensor) -> bool:
    """Whether large products of such tensors are better computed in float32."""
    return x.dtype == torch.bfloat16 and x.device.type == "cpu" and not multiplies_bfloat16()


@cache
def multiplies_bfloat16() -> bool:
    """Whether this CPU has arithmetic for bfloat16."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
