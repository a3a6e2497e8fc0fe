"""What fits into this machine's memory: the precisions of a model, what each would take, and which is chosen.

Counts bytes from configurations alone; loads nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import torch

from model.base import ModelUnavailable
from model.config import KimiVLConfig
from model.image_processor import ImageProcessor
from model.kimi_vl import KimiVL
from model.layout import bytes_added, pays
from model.quantize import Packing

Precision = Literal["fp32", "bf16", "int8", "int4"]
"""Of the weights, the most exact first. In int8 and int4 only the decoder's matrices are packed, the rest is bf16."""

CONTEXT_TOKENS: Final = 16_384
"""A conversation that should fit: three full-size screenshots of 4,214 tokens and 3,700 tokens of text."""
SMALL_BYTES: Final = 2**30
"""A model that takes no more than this in fp32 runs so on a CPU: it is bound by arithmetic, not by memory."""
GIB: Final = 2**30


def dtype_of(precision: Precision) -> torch.dtype:
    """The type of activations and of the weights that are not packed."""
    return torch.float32 if precision == "fp32" else torch.bfloat16


def packing_of(precision: Precision) -> Packing | None:
    """How the decoder's matrices are packed."""
    return Packing(precision) if precision in ("int8", "int4") else None


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that a model takes in one precision."""

    precision: Precision
    weights: int
    cache: int
    """Of a conversation of `CONTEXT_TOKENS`."""
    pictures: int
    """An estimate of the largest intermediate results while the largest picture is encoded."""

    @property
    def total(self) -> int:
        return self.weights + self.cache + self.pictures


def needs(config: KimiVLConfig, processor: ImageProcessor, device: torch.device) -> list[Need]:
    """What a model takes in each precision that the device can run, or in the only one that it was packed in."""
    precisions: Sequence[Precision] = get_args(Precision) if device.type == "cpu" else ("fp32", "bf16")
    if config.packed is not None:
        precisions = (config.packed.precision,)
    return [_need(config, processor, precision, device) for precision in precisions]


def _need(config: KimiVLConfig, processor: ImageProcessor, precision: Precision, device: torch.device) -> Need:
    dtype, text, vision = dtype_of(precision), config.text, config.vision
    network = KimiVL.without_memory(config, packing_of(precision), dtype)
    row = text.kv_lora_rank + text.qk_rope_head_dim
    # Of every patch: the residual stream, its norm, queries, keys and values before and after rotation, and the MLP's
    # hidden layer twice, in fp32 where the CPU computes in that.
    pictures = processor.in_token_limit * (8 * vision.hidden_size + 2 * vision.intermediate_size) * 4
    weights = sum(tensor.nbytes for tensor in network.state_dict().values())
    return Need(
        precision,
        weights + (bytes_added(network) if pays(dtype, device) else 0),
        CONTEXT_TOKENS * text.num_hidden_layers * row * dtype.itemsize,
        pictures,
    )


def chosen(name: str, possible: Sequence[Need], free: int, wanted: Precision | None = None) -> Need:
    """The precision to load a model in: the one asked for, or else the most exact that fits.

    A large model is not loaded in fp32 unasked: its published weights are bf16, which is as exact and half as large.

    Args:
        name: of the model, for messages.
        possible: what the model takes, the most exact precision first.
        free: bytes that can be had.
        wanted: what was asked for.

    Raises:
        ModelUnavailable: it does not fit, or cannot be had; the message lists what each precision takes.
    """
    table = "; ".join(f"{need.precision} takes {need.total / GIB:.1f} GiB" for need in possible)
    offered = [need for need in possible if wanted in (None, need.precision)]
    if not offered:
        raise ModelUnavailable(f"{name} cannot be loaded as {wanted} here: {table}.")
    fitting = [need for need in offered if need.total <= free]
    if not fitting:
        raise ModelUnavailable(
            f"{name} does not fit{f' as {wanted}' if wanted else ''}: {free / GIB:.1f} GiB are free, and {table}."
        )
    if wanted is None and len(fitting) > 1 and fitting[0].precision == "fp32" and fitting[0].weights > SMALL_BYTES:
        return fitting[1]
    return fitting[0]
