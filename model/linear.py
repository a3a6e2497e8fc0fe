"""Products of activations with weights, in the arithmetic that is fast on this machine.

Many CPUs multiply bfloat16 matrices some fifty times slower than float32 ones, though a single row goes at the speed of
the memory, twice as fast in bfloat16. There, weights stay as they are stored, and are widened for products of many rows
only. Knows tensors; knows no layer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FEW_ROWS: Final = 4
"""So many rows are multiplied as they are, whatever the CPU: reading the weights takes longer than computing."""
COMPILED_ROWS: Final = 64
"""Products of more rows are padded where kernels are compiled for a number of rows."""


class Linear(nn.Linear):
    """A linear layer that is fast in bfloat16 on every CPU."""

    def forward(self, input: Tensor) -> Tensor:
        return linear(input, self.weight, self.bias)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """What `torch.nn.functional.linear` does: x (..., K), weight (N, K) and bias (N) give (..., N), of x's type."""
    if is_widened(x) and x.numel() > FEW_ROWS * x.shape[-1]:
        return F.linear(x.float(), weight.float(), None if bias is None else bias.float()).to(x.dtype)
    return with_rounded_rows(x, lambda rows: F.linear(rows, weight, bias))


def with_rounded_rows(x: Tensor, multiply: Callable[[Tensor], Tensor]) -> Tensor:
    """What `multiply` gives for x (..., K), of more rows where kernels are compiled for a number of them."""
    rows = x.numel() // x.shape[-1]
    if _is_compiled_for_rows(x) and (further := few_counts(rows) - rows):
        return multiply(F.pad(x.reshape(rows, -1), (0, 0, 0, further)))[:rows].unflatten(0, x.shape[:-1])
    return multiply(x)


def few_counts(rows: int) -> int:
    """A number of rows at most an eighth larger, of which there are eight between a power of two and the next."""
    step = max(COMPILED_ROWS, 1 << max(0, rows.bit_length() - 4))
    return -(-rows // step) * step if rows > COMPILED_ROWS else rows


def _is_compiled_for_rows(x: Tensor) -> bool:
    """Whether a kernel is compiled, in milliseconds, for each number of rows that such tensors are multiplied with."""
    compiled = x.dtype in {torch.bfloat16, torch.int8} or torch.is_autocast_enabled("cpu")
    return compiled and x.device.type == "cpu" and multiplies_bfloat16()


def is_widened(x: Tensor) -> bool:
    """Whether large products of such tensors are better computed in float32."""
    return x.dtype == torch.bfloat16 and x.device.type == "cpu" and not multiplies_bfloat16()


@cache
def multiplies_bfloat16() -> bool:
    """Whether this CPU has arithmetic for bfloat16."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


@cache
def multiplies_tiles() -> bool:
    """Whether this CPU has matrix units for bfloat16 (AMX), and torch's kernels are those for it."""
    return torch.backends.cpu.get_cpu_capability() == "AVX512" and bool(torch.cpu.get_capabilities().get("amx_bf16"))


@cache
def multiplies_bytes() -> bool:
    """Whether this CPU has arithmetic for products of 8 bits (VNNI)."""
    return bool(torch.cpu.get_capabilities().get("avx512_vnni"))
