"""Weights in 8 or 4 bits, multiplied by torch's own packed kernels for the CPU.

8 bits: one scale a row. 4 bits: a scale and an offset for every group of `GROUP` values of a row. Activations keep
their type. A product of a few rows, as in decoding, reads the packed weights; one of many rows, as in prefill, unpacks
them into a passing copy and multiplies that. Knows matrices and the decoder's modules; knows no files.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.decoder import MLP, DecoderLayer, Experts, RoutedExperts
from model.linear import Linear, is_widened, with_rounded_rows

GROUP: Final = 64
"""Values of a row that share a scale in 4 bits: one of the sizes that the kernel takes (32, 64, 128, 256)."""
ROW_BLOCK: Final = 64
"""A matrix in 4 bits has a multiple of so many rows: the largest block in which the kernels lay rows side by side."""
KERNEL_ROWS: Final = 16
KERNEL_ROWS_WIDENED: Final = 64
"""Up to so many rows of activations the packed kernels are faster than unpacking; more where the product is then one of
float32. Measured on CPUs with and without bfloat16 arithmetic."""
HIGH_PRECISION: Final = ("kv_b_proj",)
"""Left as it is: decoding applies it to queries and values, not to activations."""


class Packing(StrEnum):
    """How many bits a packed weight takes."""

    INT8 = "int8"
    INT4 = "int4"


@dataclass(frozen=True, slots=True)
class PackedMatrix:
    """A matrix (N, K) in few bits.

    Attributes:
        packed: int8 (N, K), or uint8 (N, K / 2) in the order of the kernel.
        scales: (N), or (K / GROUP, N, 2) with the offset behind each scale; of the type of the activations.
    """

    packed: Tensor
    scales: Tensor

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.packed.shape
        return rows, columns if self.packed.dtype == torch.int8 else 2 * columns

    def rows(self, begin: int, end: int) -> PackedMatrix:
        """A view of some rows; both ends are multiples of `ROW_BLOCK` in 4 bits."""
        scales = self.scales[begin:end] if self.scales.dim() == 1 else self.scales[:, begin:end]
        return PackedMatrix(self.packed[begin:end], scales)

    def multiply(self, x: Tensor) -> Tensor:
        """X (..., K) times the transposed matrix: (..., N), of x's type."""
        rows = x.flatten(0, -2)
        few = rows.shape[0] <= (KERNEL_ROWS_WIDENED if is_widened(x) else KERNEL_ROWS)
        if few and self._kernel_takes(rows.shape[0]):
            return self._multiply_packed(rows).view(*x.shape[:-1], -1)
        if is_widened(x):
            return self._multiply_unpacked(x.float()).to(x.dtype)
        return with_rounded_rows(x, self._multiply_unpacked)

    def unpacked(self, dtype: torch.dtype) -> Tensor:
        """(N, K)."""
        if self.packed.dtype == torch.int8:
            return self.packed.to(dtype) * self.scales.to(dtype).unsqueeze(-1)
        steps, offsets = self._steps_and_offsets(dtype)
        return steps.view(-1, GROUP, steps.shape[1]).add_(offsets.unsqueeze(1)).view(steps.shape).T

    def _multiply_unpacked(self, x: Tensor) -> Tensor:
        if self.packed.dtype == torch.int8:
            return F.linear(x, self.unpacked(x.dtype))
        steps, offsets = self._steps_and_offsets(x.dtype)
        # Adding the offsets to the matrix would take another pass over all of it.
        return x @ steps + x.unflatten(-1, (-1, GROUP)).sum(-1) @ offsets

    def _steps_and_offsets(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Of 4 bits: how far each value is from the offset of its group (K, N), and the offsets (K / GROUP, N)."""
        order = nibble_order()
        half, count, columns = len(order) // 2, self.packed.shape[0], self.packed.shape[1] * 2
        pairs = self.packed.view(-1, columns, half).transpose(0, 1)  # (K, blocks, rows of half a block)
        steps = torch.empty(columns, count // len(order), len(order), dtype=dtype)
        steps[..., :half] = (pairs & 15).view(torch.int8) - 8
        steps[..., half:] = (pairs >> 4).view(torch.int8) - 8
        if order != tuple(sorted(order)):
            steps = steps.index_select(-1, torch.tensor(order).argsort())
        scales, offsets = self.scales.to(dtype).unbind(-1)
        steps = steps.view(-1, GROUP, count).mul_(scales.contiguous().unsqueeze(1))
        return steps.view(columns, count), offsets.contiguous()

    def _kernel_takes(self, rows: int) -> bool:
        """Whether the kernel's answer for so many rows is right.

        With AVX-512 that for 8 bits reads 32 columns at once, behind a row's end where it has not a multiple of them,
        and for 4 rows or more it crashes unless the matrix begins at a multiple of 16 bytes, as a mapped one may not.
        """
        if self.packed.dtype != torch.int8:
            return True
        return self.packed.shape[1] % 32 == 0 and (rows < 4 or self.packed.data_ptr() % 16 == 0)

    def _multiply_packed(self, x: Tensor) -> Tensor:
        if self.packed.dtype == torch.int8:
            return torch.ops.aten._weight_int8pack_mm(x, self.packed, self.scales)
        return torch.ops.aten._weight_int4pack_mm_for_cpu(x, self.packed, GROUP, self.scales)


def pack(weight: Tensor, packing: Packing, dtype: torch.dtype) -> PackedMatrix:
    """Round a matrix (N, K) to the nearest values that few bits can tell; `dtype` is that of the scales.

    Raises:
        ValueError: the matrix cannot be packed so; `can_pack` tells.
    """
    weight = weight.float()
    if packing is Packing.INT8:
        scales = (weight.abs().amax(-1) / 127).clamp(min=1e-12).to(dtype)
        rounded = (weight / scales.float().unsqueeze(-1)).round_().clamp_(-127, 127)
        return PackedMatrix(rounded.to(torch.int8), scales)
    if not can_pack(weight.shape, packing):
        raise ValueError(f"A matrix of {tuple(weight.shape)} cannot be packed into 4 bits.")
    groups = weight.unflatten(-1, (-1, GROUP))
    low, high = groups.aminmax(dim=-1, keepdim=True)
    scales = ((high - low) / 15).clamp(min=1e-12).to(dtype)
    offsets = (low + 8 * scales.float()).to(dtype)  # the kernel counts from 8
    rounded = ((groups - offsets.float()) / scales.float()).round_().add_(8).clamp_(0, 15)
    packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(rounded.to(torch.int32).flatten(-2), 1)
    return PackedMatrix(packed, torch.cat([scales, offsets], dim=-1).transpose(0, 1).contiguous())


def can_pack(shape: tuple[int, ...], packing: Packing) -> bool:
    """Whether a matrix (N, K) of this shape can be packed."""
    return packing is Packing.INT8 or (shape[0] % ROW_BLOCK == 0 and shape[1] % GROUP == 0)


@cache
def nibble_order() -> tuple[int, ...]:
    """Which rows of a block the bytes' low halves belong to, then those of the high halves.

    A matrix in 4 bits is laid out block after block of rows; within a block all rows stand side by side for each
    column. How many, and where, is the choice of this CPU's kernel: it is asked.
    """
    rows = torch.arange(ROW_BLOCK)
    low_digit, high_digit = (_laid_out(digit) for digit in (rows % 16, rows // 16))
    laid_out = low_digit + 16 * high_digit  # (bytes, 2): the row that each half of a byte belongs to
    block = next(size for size in (16, 32, ROW_BLOCK) if int(laid_out[: _PROBED * size // 2].max()) < size)
    return tuple(laid_out[: block // 2].T.flatten().tolist())


_PROBED: Final = 32
"""Columns of the matrix that the kernel is asked to lay out."""


def _laid_out(value_of_row: Tensor) -> Tensor:
    values = value_of_row.int().unsqueeze(1).repeat(1, _PROBED)
    packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(values, 1).flatten()
    return torch.stack([packed & 15, packed >> 4], dim=-1).int()


class PackedLinear(nn.Module):
    """A linear layer without bias, its weight packed."""

    def __init__(self, out_features: int, in_features: int, packing: Packing, dtype: torch.dtype) -> None:
        super().__init__()
        self.packing = packing
        packed, scales = _empty((out_features, in_features), packing, dtype)
        self.packed, self.scales = nn.Buffer(packed), nn.Buffer(scales)

    @property
    def matrix(self) -> PackedMatrix:
        return PackedMatrix(self.packed, self.scales)

    def forward(self, x: Tensor) -> Tensor:
        return self.matrix.multiply(x)


class PackedExperts(RoutedExperts):
    """The routed experts, packed: each stack in one buffer, gate above up."""

    def __init__(self, experts: int, hidden: int, width: int, packing: Packing, dtype: torch.dtype) -> None:
        super().__init__(experts)
        self.packing = packing
        gate_up, gate_up_scales = _empty((2 * width, hidden), packing, dtype, experts)
        down, down_scales = _empty((hidden, width), packing, dtype, experts)
        self.gate_up, self.gate_up_scales = nn.Buffer(gate_up), nn.Buffer(gate_up_scales)
        self.down, self.down_scales = nn.Buffer(down), nn.Buffer(down_scales)

    def multiply_gate_up(self, expert: int, x: Tensor) -> Tensor:
        return PackedMatrix(self.gate_up[expert], self.gate_up_scales[expert]).multiply(x)

    def multiply_down(self, expert: int, x: Tensor) -> Tensor:
        return PackedMatrix(self.down[expert], self.down_scales[expert]).multiply(x)

    def parts(self, expert: int) -> dict[str, PackedMatrix]:
        """The gate, up and down projections of an expert, as views."""
        width = self.gate_up.shape[1] // 2
        gate_up = PackedMatrix(self.gate_up[expert], self.gate_up_scales[expert])
        return {
            "gate_proj": gate_up.rows(0, width),
            "up_proj": gate_up.rows(width, 2 * width),
            "down_proj": PackedMatrix(self.down[expert], self.down_scales[expert]),
        }


def pack_modules(network: nn.Module, packing: Packing, dtype: torch.dtype) -> None:
    """Put packed layers, still empty, in the place of the decoder's matrices and of the head.

    Embeddings, norms, routers, the vision encoder and its projector stay as they are, and so do matrices of a shape
    that cannot be packed. Where errors count most, more bits are kept: the head, whose errors go straight into the
    choice of the token, has 8; dense layers, whose errors move the choices of every router behind them, have 8 beside
    4, and are left as they are beside 8.

    Args:
        network: a `KimiVL`; best on the meta device.
        packing: of the layers.
        dtype: of the activations, and so of the scales.
    """
    modules = dict(network.named_modules())
    dense = tuple(
        f"{name}." for name, layer in modules.items() if isinstance(layer, DecoderLayer) and isinstance(layer.mlp, MLP)
    )
    for name, module in modules.items():
        if name.endswith(HIGH_PRECISION) or not name.startswith(("decoder.", "lm_head")):
            continue
        if packing is Packing.INT8 and name.startswith(dense):
            continue
        kind = Packing.INT8 if name == "lm_head" or name.startswith(dense) else packing
        if isinstance(module, Linear) and can_pack(tuple(module.weight.shape), kind):
            network.set_submodule(name, PackedLinear(module.out_features, module.in_features, kind, dtype))
        elif isinstance(module, Experts):
            count, hidden, width = module.down.shape
            if can_pack((width, hidden), kind) and can_pack((hidden, width), kind):
                network.set_submodule(name, PackedExperts(count, hidden, width, kind, dtype))


def _empty(
    shape: tuple[int, int], packing: Packing, dtype: torch.dtype, stacked: int | None = None
) -> tuple[Tensor, Tensor]:
    """Room for one packed matrix or a stack of them."""
    rows, columns = shape
    stack = () if stacked is None else (stacked,)
    if packing is Packing.INT8:
        return torch.empty(*stack, rows, columns, dtype=torch.int8), torch.empty(*stack, rows, dtype=dtype)
    packed = torch.empty(*stack, rows, columns // 2, dtype=torch.uint8)
    return packed, torch.empty(*stack, columns // GROUP, rows, 2, dtype=dtype)
