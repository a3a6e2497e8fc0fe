"""Checkpoints in the published layout: `config.json` and safetensors, one file or shards with an index.

Knows how published tensor names lie in our modules, in both directions; runs no code from a checkpoint. Everything is
checked against the files' headers before memory is allocated, then copied tensor by tensor into place.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from model.base import CheckpointError
from model.config import KimiVLConfig
from model.quantize import ROW_BLOCK, PackedExperts, PackedLinear, PackedMatrix, Packing, pack

if TYPE_CHECKING:
    from model.kimi_vl import KimiVL

INDEX: Final = "model.safetensors.index.json"
SINGLE: Final = "model.safetensors"
IGNORED: Final = re.compile(r"\.rotary_emb\.inv_freq$")
"""Tables that the published files carry although they follow from the configuration."""
FLOATS: Final = ("F32", "F16", "BF16")
PIECE_VALUES: Final = 2**22
"""So much of a matrix is packed at a time: it takes some 16 bytes a value."""


def read_config(folder: Path | str) -> KimiVLConfig:
    """Read `config.json`.

    Raises:
        CheckpointError: it is missing, damaged, or not that of a Kimi-VL.
    """
    file = Path(folder) / "config.json"
    try:
        return KimiVLConfig.model_validate_json(file.read_bytes())
    except OSError as error:
        raise CheckpointError(f"Cannot read the model's configuration {file}: {error.strerror}.") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:3])
        raise CheckpointError(f"{file} does not describe a Kimi-VL that can be run here: {faults}.") from error


def published_tensors(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Every published tensor name, and the part of the model's state that it names: a view, never a copy."""
    published: dict[str, Tensor] = {}
    for name, tensor in state.items():
        name = _published_name(name)
        stacked, _, kind = name.rpartition(".")
        if kind == "gate_up":
            for expert, both in enumerate(tensor):
                gate, up = both.chunk(2)
                published[f"{stacked}.{expert}.gate_proj.weight"] = gate
                published[f"{stacked}.{expert}.up_proj.weight"] = up
        elif kind == "down":
            for expert, down in enumerate(tensor):
                published[f"{stacked}.{expert}.down_proj.weight"] = down
        else:
            published[name] = tensor
    return published


def load_weights(model: nn.Module, folder: Path | str, dtype: torch.dtype, device: torch.device | str) -> None:
    """Give a model on the meta device its memory and fill it from a checkpoint.

    Args:
        model: its parameters become tensors of `dtype`; its buffers keep their own type. Layers of `model.quantize` are
            filled with packed weights.
        folder: holds the published files.
        dtype: what the weights are converted to, tensor by tensor.
        device: where they are put.

    Raises:
        CheckpointError: a tensor is missing, unknown or misshapen, or a file is damaged; nothing is allocated then.
    """
    stored = read_headers(Path(folder))
    check_headers(stored, published_shapes(model), Path(folder))
    for name, header in stored.items():
        if header.dtype not in FLOATS:
            raise CheckpointError(
                f"Tensor {name} in {header.file} is of type {header.dtype}, not one of {', '.join(FLOATS)}."
            )
    allocate(model, dtype, device)
    # Files with large tensors first, while little memory is filled: the second copy of a tensor then adds to no peak.
    largest: dict[Path, int] = {}
    for header in stored.values():
        largest[header.file] = max(math.prod(header.shape), largest.get(header.file, 0))
    for file in sorted(largest, key=largest.__getitem__, reverse=True):
        fill(model, file)


def published_shapes(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """The names and shapes of the published tensors that a model is filled from."""
    return {name: target.shape for name, target in _targets(model).items()}


def allocate(model: nn.Module, dtype: torch.dtype, device: torch.device | str) -> None:
    """Give a model on the meta device its memory, parameters as `dtype` and buffers of their own type."""
    memory = {
        name: torch.empty(
            tensor.shape, dtype=dtype if isinstance(tensor, nn.Parameter) else tensor.dtype, device=device
        )
        for name, tensor in model.state_dict(keep_vars=True).items()
    }
    model.load_state_dict(memory, assign=True)


def fill(model: nn.Module, file: Path) -> None:
    """Copy a file's tensors to their places in a model, the largest first.

    Raises:
        CheckpointError: the file is damaged.
    """
    targets = _targets(model)
    with opened(file) as shard:
        names = [name for name in shard.keys() if not IGNORED.search(name)]  # noqa: SIM118, it is no mapping
        for name in sorted(names, key=lambda name: math.prod(targets[name].shape), reverse=True):
            targets[name].fill(shard.get_tensor(name))


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a published tensor goes."""

    place: Tensor | PackedMatrix
    packing: Packing | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.place.shape)

    def fill(self, tensor: Tensor) -> None:
        """Put a tensor into its place; it is packed some rows at a time, which takes several times their memory."""
        if isinstance(self.place, Tensor):
            self.place.copy_(tensor)
            return
        assert self.packing is not None
        step = ROW_BLOCK * max(PIECE_VALUES // (ROW_BLOCK * tensor.shape[1]), 1)
        for begin in range(0, tensor.shape[0], step):
            rows = tensor[begin : begin + step]
            place, matrix = self.place.rows(begin, begin + step), pack(rows, self.packing, self.place.scales.dtype)
            place.packed.copy_(matrix.packed)
            place.scales.copy_(matrix.scales)


def _targets(model: nn.Module) -> dict[str, _Target]:
    """The places of all published tensors in a model."""
    targets: dict[str, _Target] = {}
    packed_modules: list[str] = []
    for name, module in model.named_modules():
        if isinstance(module, PackedLinear):
            targets[f"{_published_name(name)}.weight"] = _Target(module.matrix, module.packing)
        elif isinstance(module, PackedExperts):
            for expert in range(module.experts):
                for part, matrix in module.parts(expert).items():
                    targets[f"{_published_name(name)}.{expert}.{part}.weight"] = _Target(matrix, module.packing)
        else:
            continue
        packed_modules.append(name)
    plain = {
        name: tensor for name, tensor in model.state_dict().items() if name.rpartition(".")[0] not in packed_modules
    }
    return targets | {name: _Target(tensor) for name, tensor in published_tensors(plain).items()}


def _published_name(name: str) -> str:
    return re.sub(r"^decoder\.", "language_model.model.", re.sub(r"^lm_head\b", "language_model.lm_head", name))


def save_checkpoint(model: KimiVL, folder: Path | str, dtype: torch.dtype) -> None:
    """Write `config.json` and the weights under their published names, parameters as `dtype`, buffers as they are."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        name: tensor.detach().to("cpu", dtype if isinstance(tensor, nn.Parameter) else tensor.dtype)
        for name, tensor in model.state_dict(keep_vars=True).items()
    }
    tensors = {name: tensor.clone() for name, tensor in published_tensors(state).items()}
    save_file(tensors, folder / SINGLE, metadata={"format": "pt"})
    config = model.config.model_dump(mode="json", by_alias=True, exclude={"packed"})
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of one of its tensors."""

    file: Path
    shape: tuple[int, ...]
    dtype: str


def read_headers(folder: Path) -> dict[str, Header]:
    """The headers of all tensors of a checkpoint, without its tables that follow from the configuration.

    Raises:
        CheckpointError: a file is missing or damaged, or a tensor is in two of them.
    """
    headers: dict[str, Header] = {}
    for file in _files(folder):
        with opened(file) as shard:
            for name in shard.keys():  # noqa: SIM118, it is no mapping
                if IGNORED.search(name):
                    continue
                if name in headers:
                    raise CheckpointError(f"Tensor {name} is in {headers[name].file} and again in {file}.")
                part = shard.get_slice(name)
                headers[name] = Header(file, tuple(part.get_shape()), part.get_dtype())
    return headers


def _files(folder: Path) -> list[Path]:
    index = folder / INDEX
    if not index.exists():
        return [folder / SINGLE]
    try:
        names = {str(name) for name in json.loads(index.read_bytes())["weight_map"].values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{index} does not say which file holds which tensor: {error!r}.") from error
    if outside := [name for name in names if Path(name).name != name]:
        raise CheckpointError(f"{index} names a file outside its folder: {outside[0]}.")
    return sorted(folder / name for name in names)


def check_headers(stored: Mapping[str, Header], wanted: Mapping[str, tuple[int, ...]], folder: Path) -> None:
    """Compare what the files hold with the names and shapes that the configuration asks for.

    Raises:
        CheckpointError: they differ.
    """
    for name, header in stored.items():
        if name not in wanted:
            raise CheckpointError(
                f"Tensor {name} in {header.file} has no place in the model that config.json describes."
            )
        if header.shape != tuple(wanted[name]):
            raise CheckpointError(
                f"Tensor {name} in {header.file} has the shape {header.shape}; "
                f"config.json asks for {tuple(wanted[name])}."
            )
    if missing := [name for name in wanted if name not in stored]:
        searched = ", ".join(str(file) for file in _files(folder))
        raise CheckpointError(f"Tensor {missing[0]} is missing ({len(missing)} in all) from {searched}.")


@contextmanager
def opened(file: Path, mapped: bool = False) -> Generator[safe_open]:
    """A safetensors file. The pages of a mapped one count as memory of this process until no tensor is left of it.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    try:
        with safe_open(file, framework="pt", backend="mmap" if mapped else "pread") as shard:
            yield shard
    except OSError as error:
        raise CheckpointError(f"Cannot read {file}: it is missing or unreadable ({error}).") from error
    except SafetensorError as error:
        raise CheckpointError(f"{file} is damaged or cut short ({error}): download it again.") from error
