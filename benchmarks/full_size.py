"""Kimi-VL at its full size on this machine, with random weights: the memory that loading takes, and the time of a step.

    python -m benchmarks.full_size pack FOLDER [--layers 27] [--precision int4]
    python -m benchmarks.full_size answer FOLDER [--image FILE] [--tokens 16] [--threads 1]

`pack` writes the 33 GB of a checkpoint in the published layout shard by shard, each by a process of its own, fills the
network from it as loading does, and deletes it, so that no more than one shard lies on the disk; then it writes the
packed weights to FOLDER, as `deixis model pack` does. `answer` loads FOLDER as any model and asks it about a
screenshot. The values are drawn from one block of 2^24 normal ones, in which every tensor begins elsewhere.
"""

from __future__ import annotations

import argparse
import base64
import gc
import itertools
import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import torch
from PIL import Image
from rich.console import Console
from safetensors.torch import save_file
from torch import Tensor

from model.base import Sampling
from model.checkpoint import allocate, fill, published_shapes, read_config
from model.engine import Engine
from model.kimi_vl import KimiVL
from model.loading import load_model
from model.memory import peak_memory
from model.messages import Message
from model.packed_checkpoint import save_packed
from model.quantize import Packing
from model.tokenizer import RESERVED

# The values of the published config.json and preprocessor_config.json of Kimi-VL-A3B-Instruct.
TEXT: Final = {
    "vocab_size": 163840, "hidden_size": 2048, "num_attention_heads": 16, "intermediate_size": 11264,
    "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 64,
    "num_experts_per_tok": 6, "n_shared_experts": 2, "moe_intermediate_size": 1408, "first_k_dense_replace": 1,
    "routed_scaling_factor": 2.446, "rope_theta": 800000.0,
}  # fmt: skip
VISION: Final = {"hidden_size": 1152, "num_hidden_layers": 27, "num_attention_heads": 16, "intermediate_size": 4304}
IMAGE_TOKEN: Final = 163605
PREPROCESSOR: Final = {
    "in_token_limit": 4096, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "pad_input": True, "patch_size": 14
}  # fmt: skip
SPECIAL_TOKENS: Final = {
    163584: "[BOS]", 163585: "[EOS]", 163586: "<|im_end|>", 163587: "<|im_user|>", 163588: "<|im_assistant|>",
    163594: "<|im_system|>", 163601: "<|im_middle|>", 163602: "<|media_start|>", 163603: "<|media_content|>",
    163604: "<|media_end|>", 163605: "<|media_pad|>",
}  # fmt: skip
SPREAD: Final = 0.02
"""The published `initializer_range`."""
SCREENSHOT: Final = Path(__file__).parent.parent / "tests" / "model" / "nano" / "screens" / "calendar.png"
QUESTION: Final = "# Task Instruction:\nMove the meeting to Friday.\n\nPlease generate the next move."
GIB: Final = 2**30


def write_small_files(folder: Path, layers: int) -> None:
    """All but the weights. The vocabulary has the right size and real bytes, but no real words."""
    folder.mkdir(parents=True, exist_ok=True)
    text, vision = TEXT | {"num_hidden_layers": layers}, VISION
    config = {"text_config": text, "vision_config": vision, "media_placeholder_token_id": IMAGE_TOKEN}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR))
    names = {token: {"content": name} for token, name in SPECIAL_TOKENS.items()}
    (folder / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": names}))
    longer = (bytes(each) for length in (1, 2, 3) for each in itertools.product(range(256), repeat=length))
    vocabulary = itertools.islice(longer, TEXT["vocab_size"] - RESERVED)
    lines = (f"{base64.b64encode(token).decode()} {rank}\n" for rank, token in enumerate(vocabulary))
    (folder / "tiktoken.model").write_text("".join(lines))


def shards(shapes: dict[str, tuple[int, ...]]) -> Iterator[dict[str, tuple[int, ...]]]:
    """A decoder layer each, and what is none of them."""
    grouped: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, shape in shapes.items():
        layer = name.split(".")[3] if name.startswith("language_model.model.layers.") else name.split(".")[0]
        grouped.setdefault(layer, {})[name] = shape
    yield from grouped.values()


def write_shard(file: Path, shapes: dict[str, tuple[int, ...]], seed: int) -> None:
    """Random weights in bf16: norms are near one, biases near zero."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(seed)
    block = torch.randn(2**24, generator=generator).mul_(SPREAD).bfloat16()
    tensors: dict[str, Tensor] = {}
    for name, shape in shapes.items():
        tensor = torch.empty(shape, dtype=torch.bfloat16)
        flat, begin = tensor.view(-1), int(torch.randint(len(block), (), generator=generator))
        rolled = block.roll(-begin) if len(flat) > len(block) - begin else block[begin:]
        for piece in flat.split(len(rolled)):
            piece.copy_(rolled[: len(piece)])
        if "norm" in name and name.endswith("weight"):
            tensor.add_(1)
        tensors[name] = tensor
    save_file(tensors, file, metadata={"format": "pt"})


def pack(folder: Path, layers: int, precision: str, console: Console) -> None:
    packing = Packing(precision)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        source = Path(place)
        write_small_files(source, layers)
        network = KimiVL.without_memory(read_config(source), packing, torch.bfloat16).eval()
        allocate(network, torch.bfloat16, "cpu")
        file, spent, written = source / "shard.safetensors", 0.0, 0
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, context) as writer:
            for seed, shapes in enumerate(shards(published_shapes(network))):
                writer.submit(write_shard, file, shapes, seed).result()
                written += file.stat().st_size
                began = time.process_time()
                fill(network, file)
                spent += time.process_time() - began
                file.unlink()
                console.print(f"shard {seed}: {written / 1e9:.1f} GB, peak {peak_memory(network.device) / GIB:.2f} GiB")
        gc.collect()
        size = sum(tensor.nbytes for tensor in network.state_dict().values())
        console.print(
            f"{layers} layers, {written / 1e9:.1f} GB in bf16, are {size / GIB:.2f} GiB as {precision}; the peak of "
            f"loading was {peak_memory(network.device) / GIB:.2f} GiB, and it took {spent:.0f} s of CPU time."
        )
        save_packed(network, packing, source, folder)


def answer(folder: Path, image: Path, tokens: int, console: Console) -> None:
    cpu, wall = time.process_time(), time.perf_counter()
    model = load_model(folder)
    assert isinstance(model, Engine)
    console.print(f"loaded in {time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} s of CPU time")
    with Image.open(image) as opened:
        picture = opened.convert("RGB")
    # Twice: the weights are read from the disk in the first, and a real episode has many steps.
    for which in ("first", "again, with another screen"):
        cpu, wall = time.process_time(), time.perf_counter()
        (reply,) = model.generate([[Message.user(picture, QUESTION)]], Sampling(tokens))
        cpu, wall, timing = time.process_time() - cpu, time.perf_counter() - wall, reply.timing
        console.print(
            f"{which}: {picture.width}x{picture.height} px, {reply.prompt_tokens} tokens in ({reply.reused_tokens} "
            f"reused), {reply.output_tokens} out; preprocess {timing.preprocess_s:.2f} s, vision {timing.vision_s:.1f} "
            f"s, prefill {timing.prefill_s:.1f} s, decode {timing.decode_s:.2f} s "
            f"({reply.output_tokens / timing.decode_s:.2f} tokens/s); {wall:.1f} s in all, {cpu:.1f} s of CPU time; "
            f"peak {reply.peak_memory_bytes / GIB:.2f} GiB"
        )
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("pack", "answer"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", type=int, default=27)
    parser.add_argument("--precision", choices=[each.value for each in Packing], default=Packing.INT4.value)
    parser.add_argument("--image", type=Path, default=SCREENSHOT)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with torch.inference_mode():
        if options.command == "pack":
            pack(options.folder, options.layers, options.precision, Console(width=120))
        else:
            answer(options.folder, options.image, options.tokens, Console(width=120))


if __name__ == "__main__":
    main()
