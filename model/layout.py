"""The decoder's matrices in the order in which the products of a CPU made for bfloat16 read them.

A matrix as it is stored is put in that order at every product. For one row, as in decoding, that takes as long as the
product itself; here it is done once, when the model is loaded. Most such CPUs multiply 8 bits fast, too. Knows the
decoder's modules; knows no files.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from model.decoder import Experts, KeyValueUp, RoutedExperts
from model.kimi_vl import KimiVL
from model.linear import Linear, multiplies_bfloat16, multiplies_bytes, with_rounded_rows
from model.quantize import PackedLinear, PackedMatrix

LOW_DIGIT: Final = 254
"""What is left of an activation behind its first digit of 8 bits, at most a half, is counted in so many parts."""


class LaidOutMatrix:
    """A bfloat16 matrix (N, K) in the order of oneDNN's kernels, which decide on it."""

    def __init__(self, matrix: Tensor) -> None:
        self._blocks: Tensor = torch.ops.mkldnn._reorder_linear_weight(matrix.detach().contiguous(), 1)

    def multiply(self, x: Tensor) -> Tensor:
        """X (..., K) times the transposed matrix: (..., N)."""
        return with_rounded_rows(
            x, lambda rows: torch.ops.mkldnn._linear_pointwise(rows, self._blocks, None, "none", [], "")
        )


class LaidOutBytes:
    """A matrix (N, K) of 8 bits, in the order of oneDNN's kernels, which multiply it by activations of 8 bits.

    A row of activations is counted in two such digits, the second for what the first leaves, so that it is as exact as
    in bfloat16: its largest value is 127 times 254 of the small steps.
    """

    def __init__(self, matrix: PackedMatrix) -> None:
        self._blocks: Tensor = torch.ops.onednn.qlinear_prepack(matrix.packed, None)
        self._scales = matrix.scales.float()
        self._zeros = torch.zeros_like(self._scales, dtype=torch.int32)

    def multiply(self, x: Tensor) -> Tensor:
        """X (..., K) times the transposed matrix: (..., N), of x's type."""
        rows = x.flatten(0, -2).float()
        unit = rows.abs().amax(-1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny * 127) / 127
        counted = rows / unit
        high = counted.round()
        low = ((counted - high) * LOW_DIGIT).round_()
        products = with_rounded_rows(torch.cat([high, low]).to(torch.int8), self._multiply)
        of_high, of_low = products.chunk(2)
        return ((of_high + of_low / LOW_DIGIT) * unit).to(x.dtype).unflatten(0, x.shape[:-1])

    def _multiply(self, digits: Tensor) -> Tensor:
        return torch.ops.onednn.qlinear_pointwise(
            digits, 1.0, 0, self._blocks, self._scales, self._zeros, None, 1.0, 0, torch.float32, "none", [], ""
        )


class LaidOutLinear(nn.Module):
    """A linear layer without bias."""

    def __init__(self, layer: Linear | PackedLinear) -> None:
        super().__init__()
        self._matrix = LaidOutMatrix(layer.weight) if isinstance(layer, Linear) else LaidOutBytes(layer.matrix)

    def forward(self, x: Tensor) -> Tensor:
        return self._matrix.multiply(x)


class LaidOutExperts(RoutedExperts):
    """The routed experts, a matrix or two each."""

    def __init__(self, experts: Experts) -> None:
        super().__init__(experts.experts)
        self._gate_up = [LaidOutMatrix(matrix) for matrix in experts.gate_up]
        self._down = [LaidOutMatrix(matrix) for matrix in experts.down]

    def multiply_gate_up(self, expert: int, x: Tensor) -> Tensor:
        return self._gate_up[expert].multiply(x)

    def multiply_down(self, expert: int, x: Tensor) -> Tensor:
        return self._down[expert].multiply(x)


def pays(dtype: torch.dtype, device: torch.device) -> bool:
    """Whether matrices of a type are multiplied faster on a device when they are laid out."""
    return dtype == torch.bfloat16 and device.type == "cpu" and multiplies_bfloat16()


def bytes_added(network: KimiVL) -> int:
    """What `lay_out` keeps twice: the matrices of the latents."""
    return sum(module.weight.nbytes for module in network.modules() if isinstance(module, KeyValueUp))


def lay_out(network: KimiVL) -> None:
    """Lay the matrices of the decoder and of the head out, where that is faster: in bfloat16, on a CPU made for it.

    They are parameters of the network no longer. Meanwhile no more than one stack of experts is held twice.
    """
    if not pays(network.dtype, network.device):
        return
    for name in [name for name, _ in network.named_modules() if name.startswith(("decoder.", "lm_head"))]:
        module = network.get_submodule(name)
        if isinstance(module, KeyValueUp):
            module.lay_out()
        elif isinstance(module, Linear):
            network.set_submodule(name, LaidOutLinear(module))
        elif isinstance(module, Experts):
            network.set_submodule(name, LaidOutExperts(module))
    # Of what has 8 bits only the head: it is large, and never multiplied with many rows, which would be slower so.
    if isinstance(network.lm_head, PackedLinear) and multiplies_bytes():
        network.set_submodule("lm_head", LaidOutLinear(network.lm_head))
