"""What fewer bits do to the output of every decoder layer, against fp32.

    python -m benchmarks.packing_error [FOLDER] [--tokens N]

For each layer two relative errors (of the Frobenius norm): its own, when it is given what the exact network gives it,
and that which has gathered up to it, when the whole network before it is packed too. bf16 computes in bf16; int8 and
int4 are measured with fp32 activations, so that rounding the weights is all that differs. The input is the tiny golden
checkpoint's reference prompt with its pictures, or random tokens for another checkpoint in the published layout.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from rich.console import Console
from rich.table import Table
from safetensors.torch import load_file
from torch import Tensor

from model.kimi_vl import KimiVL
from model.quantize import Packing

GOLDEN: Final = Path(__file__).parent.parent / "tests" / "model" / "golden" / "kimi-vl-tiny"
PRECISIONS: Final[dict[str, tuple[torch.dtype, Packing | None]]] = {
    "bf16": (torch.bfloat16, None),
    "int8": (torch.float32, Packing.INT8),
    "int4": (torch.float32, Packing.INT4),
}


@dataclass(frozen=True, slots=True)
class LayerError:
    """Relative errors of one layer's output."""

    own: float
    """Given the exact input."""
    gathered: float
    """Behind packed layers."""


def layer_errors(exact: KimiVL, packed: KimiVL, embeddings: Tensor) -> list[LayerError]:
    """Compare the layers of two networks.

    Args:
        exact: in fp32.
        packed: the same weights in fewer bits.
        embeddings: (1, T, D) fp32, what both begin with.
    """
    inputs, outputs = _layers_in_and_out(exact, embeddings)
    _, gathered = _layers_in_and_out(packed, embeddings.to(packed.dtype))
    own = [
        layer(before.to(packed.dtype), *others)
        for layer, (before, *others) in zip(packed.decoder.layers, inputs, strict=True)
    ]
    return [
        LayerError(relative_error(alone, right), relative_error(behind, right))
        for alone, behind, right in zip(own, gathered, outputs, strict=True)
    ]


def relative_error(found: Tensor, right: Tensor) -> float:
    """Of the Frobenius norm."""
    return float((found.float() - right.float()).norm() / right.float().norm())


def _layers_in_and_out(network: KimiVL, embeddings: Tensor) -> tuple[list[tuple[Tensor, ...]], list[Tensor]]:
    """The arguments and the output of every layer."""
    inputs: list[tuple[Tensor, ...]] = []
    outputs: list[Tensor] = []

    def remember(_: torch.nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        inputs.append(given)
        outputs.append(output)

    hooks = [layer.register_forward_hook(remember) for layer in network.decoder.layers]
    try:
        network.decoder(embeddings)
    finally:
        for hook in hooks:
            hook.remove()
    return inputs, outputs


def golden_embeddings(network: KimiVL) -> Tensor:
    """The reference prompt with its pictures, (1, T, D)."""
    case = load_file(GOLDEN / "cases" / "model.safetensors")
    features = network.encode_images(case["pixel_values"], case["grids"])
    return network.embed(case["input_ids"].unsqueeze(0), features)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="a checkpoint in the published layout")
    parser.add_argument("--tokens", type=int, default=128, help="how many random tokens another checkpoint is given")
    options = parser.parse_args(arguments)
    folder = options.folder or GOLDEN / "checkpoint"
    torch.set_num_threads(1)
    with torch.inference_mode():
        exact = KimiVL.from_pretrained(folder)
        if options.folder is None:
            embeddings = golden_embeddings(exact)
        else:
            generator = torch.Generator().manual_seed(0)
            highest = min(exact.config.image_token_id, exact.config.text.vocab_size)
            embeddings = exact.embed(torch.randint(highest, (1, options.tokens), generator=generator))
        errors = {
            name: layer_errors(exact, KimiVL.from_pretrained(folder, dtype, packing=packing), embeddings)
            for name, (dtype, packing) in PRECISIONS.items()
        }
    table = Table("layer", *(f"{name}, {which}" for name in errors for which in ("own", "gathered")))
    for number, row in enumerate(zip(*errors.values(), strict=True)):
        table.add_row(str(number), *(f"{value:.2%}" for each in row for value in (each.own, each.gathered)))
    Console().print(table)


if __name__ == "__main__":
    main()
