"""Checkpoints whose weights are packed already: written once, then mapped into memory as they lie on the disk.

The files are safetensors under the names of our own modules, beside the published `config.json`, which says in its
`quantization_config` how they are packed. Knows files; how weights are packed is `model.quantize`.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch
from safetensors.torch import save_file
from torch import Tensor

from model.base import CheckpointError
from model.checkpoint import INDEX, check_headers, opened, read_headers
from model.config import PackedFormat
from model.quantize import Packing, nibble_order
from model.reading_head import HEAD_FILE

if TYPE_CHECKING:
    from model.kimi_vl import KimiVL

SHARD_BYTES: Final = 2**30
"""Files are about this large: one is held in memory a second time while it is written."""
OTHER_FILES: Final = (
    "generation_config.json", "preprocessor_config.json", "tiktoken.model", "tokenizer_config.json", HEAD_FILE,
)  # fmt: skip
TYPES: Final = {"U8": torch.uint8, "I8": torch.int8, "BF16": torch.bfloat16, "F32": torch.float32}


def save_packed(network: KimiVL, packing: Packing, source: Path, folder: Path) -> None:
    """Write a packed network and all that a checkpoint's folder needs beside it.

    Args:
        network: loaded with `packing`.
        packing: of its weights.
        source: the folder of the published checkpoint.
        folder: where it goes; made if it is not there.

    Raises:
        CheckpointError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shards = _shards(network.state_dict())
        weight_map: dict[str, str] = {}
        for number, tensors in enumerate(shards, start=1):
            name = f"model-{number:05}-of-{len(shards):05}.safetensors"
            save_file(tensors, folder / name, metadata={"format": "pt"})
            weight_map |= dict.fromkeys(tensors, name)
        (folder / INDEX).write_text(json.dumps({"weight_map": weight_map}, indent=1) + "\n", encoding="utf-8")
        for name in OTHER_FILES:
            if (source / name).exists():
                shutil.copyfile(source / name, folder / name)
        # Last, so that a folder that was not finished is not taken for a checkpoint.
        packed = PackedFormat(precision=packing.value, nibble_order=nibble_order())
        config = network.config.model_copy(update={"packed": packed}).model_dump(mode="json", by_alias=True)
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CheckpointError(f"The packed weights cannot be written to {folder}: {error}.") from error


def map_packed(network: KimiVL, packed: PackedFormat, folder: Path) -> None:
    """Give a network on the meta device the weights of a packed checkpoint, without reading them: that comes with use.

    Raises:
        CheckpointError: they were packed for another kind of CPU, or a file is damaged or does not fit.
    """
    if packed.precision == Packing.INT4 and packed.nibble_order != nibble_order():
        raise CheckpointError(
            f"{folder} was packed for a CPU with other vector instructions: run `deixis model pack` on this machine."
        )
    stored, wanted = read_headers(folder), network.state_dict()
    check_headers(stored, {name: tuple(tensor.shape) for name, tensor in wanted.items()}, folder)
    for name, header in stored.items():
        if TYPES.get(header.dtype) is not wanted[name].dtype:
            raise CheckpointError(
                f"Tensor {name} in {header.file} is of type {header.dtype}, not {wanted[name].dtype}."
            )
    mapped: dict[str, Tensor] = {}
    for file in sorted({header.file for header in stored.values()}):
        with opened(file, mapped=True) as shard:
            mapped |= {name: shard.get_tensor(name) for name, header in stored.items() if header.file == file}
    network.load_state_dict(mapped, assign=True)


def _shards(state: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    shards: list[dict[str, Tensor]] = [{}]
    for name, tensor in state.items():
        if shards[-1] and sum(each.nbytes for each in shards[-1].values()) + tensor.nbytes > SHARD_BYTES:
            shards.append({})
        shards[-1][name] = tensor.contiguous()
    return shards
