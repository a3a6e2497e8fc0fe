"""How fast the network runs beside transformers' Kimi-K2.5 classes, with the same random weights in the same run.

    python -m benchmarks.engine [--quick] [--json FILE]

The shape has half of Kimi-VL's width, four layers, or one with --quick, and all of its experts, heads and latent
dimensions. Everything runs in one thread and is measured in CPU time of the process, so that other programs on the
machine hardly count; the networks take turns, and a ratio is the median of the ratios of single turns. transformers
runs in the type that is fast on this CPU: bfloat16 where the CPU has arithmetic for it, else float32.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from model.checkpoint import save_checkpoint
from model.config import KimiVLConfig
from model.decoder import LatentCache
from model.kimi_vl import KimiVL
from model.layout import lay_out
from model.linear import is_widened
from model.quantize import Packing

TEXT = {
    "vocab_size": 8192, "hidden_size": 1024, "num_hidden_layers": 4, "num_attention_heads": 16,
    "intermediate_size": 4096, "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "n_routed_experts": 64, "num_experts_per_tok": 6, "n_shared_experts": 2, "moe_intermediate_size": 704,
    "first_k_dense_replace": 0, "routed_scaling_factor": 2.446, "rope_theta": 800000.0,
}  # fmt: skip
VISION = {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
IMAGE_TOKEN = 8000
SCREENSHOT = 52, 92
"""Rows and columns of patches of a screenshot of 1280x720."""
SYSTEM_TOKENS, TURN_TOKENS = 400, 150
"""Of the texts of an episode: what comes before it, and what a step adds beside its picture."""
HISTORY = 3


class Network(Protocol):
    """One of the networks compared."""

    def prefill(self, ids: Tensor) -> None:
        """Take in a prompt (T,), forgetting what was before."""
        ...

    def decode(self, token: Tensor) -> Tensor:
        """Logits behind one more token (1,)."""
        ...


class Ours:
    def __init__(self, folder: Path, dtype: torch.dtype, packing: Packing | None = None) -> None:
        self.network = KimiVL.from_pretrained(folder, dtype, packing=packing)
        lay_out(self.network)
        self.cache: LatentCache | None = None

    def prefill(self, ids: Tensor) -> None:
        network = self.network
        self.cache = LatentCache(network.config.text, 1, len(ids) + 64, dtype=network.dtype, device=network.device)
        self.decode(ids)

    def decode(self, token: Tensor) -> Tensor:
        assert self.cache is not None
        return self.network.next_token_logits(self.network.embed(token[None]), self.cache)


class Theirs:
    def __init__(self, folder: Path, dtype: torch.dtype, text: dict[str, float]) -> None:
        import transformers

        (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 1}))
        config = transformers.Kimi_K25Config(
            text_config={**text, "model_type": "deepseek_v3", "q_lora_rank": None, "num_key_value_heads": 16}
            | {
                "n_group": 1,
                "topk_group": 1,
                "norm_topk_prob": True,
                "num_mtp_layers": 0,
                "tie_word_embeddings": False,
            },
            vision_config={**VISION, "patch_size": 14, "merge_kernel_size": [2, 2], "pos_emb_height": 64}
            | {"pos_emb_width": 64},
            projection_hidden_size=VISION["hidden_size"],
            image_token_id=IMAGE_TOKEN,
            video_token_id=TEXT["vocab_size"],
            tie_word_embeddings=False,
        )
        self.network = transformers.Kimi_K25ForConditionalGeneration.from_pretrained(
            folder,
            config=config,
            dtype=dtype,
            key_mapping={
                r"^multi_modal_projector\.linear_1": "mm_projector.proj.0",
                r"^multi_modal_projector\.linear_2": "mm_projector.proj.2",
                r"^multi_modal_projector\.pre_norm": "mm_projector.pre_norm",
            },
        ).eval()
        self.cache: object = None

    def prefill(self, ids: Tensor) -> None:
        self.cache = None
        self.decode(ids)

    def decode(self, token: Tensor) -> Tensor:
        out = self.network(input_ids=token[None], past_key_values=self.cache, use_cache=True, logits_to_keep=1)
        self.cache = out.past_key_values
        return out.logits[:, -1]


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of a network."""

    load_s: float
    prefill_tokens_s: float
    decode_tokens_s: dict[int, float]
    decode_ratio: dict[int, float]
    """Decoding speed over that of transformers, by tokens of context."""
    prefill_ratio: float


def timed(action: Callable[[], object]) -> float:
    """CPU seconds of the process."""
    began = time.process_time()
    action()
    return time.process_time() - began


def write_checkpoint(folder: Path, text: dict[str, float]) -> None:
    """Random weights in bfloat16; norms are ones."""
    torch.manual_seed(0)
    config = {"text_config": text, "vision_config": VISION, "media_placeholder_token_id": IMAGE_TOKEN}
    save_checkpoint(KimiVL(KimiVLConfig.model_validate(config)), folder, torch.bfloat16)


def compare(
    networks: dict[str, Network], loads: dict[str, float], contexts: Sequence[int], rounds: int
) -> dict[str, Row]:
    """Measure all networks in turns."""
    decode: dict[str, dict[int, list[float]]] = {name: {} for name in networks}
    prefill: dict[str, list[float]] = {name: [] for name in networks}
    prefilled = sorted(contexts)[1]
    for context in contexts:
        ids = torch.randint(0, IMAGE_TOKEN, (context or 8,), generator=torch.Generator().manual_seed(context))
        for name, network in networks.items():
            seconds = timed(partial(network.prefill, ids))
            network.decode(ids[:1])  # what is done once for a length
            decode[name][context] = []
            if context == prefilled:
                prefill[name].append(seconds)
        for _ in range(rounds):
            for name, network in networks.items():
                decode[name][context].append(timed(partial(network.decode, ids[:1])))
        if context == prefilled:
            for name, network in networks.items():
                prefill[name] += [timed(partial(network.prefill, ids)) for _ in range(2)]
    base = "transformers"
    return {
        name: Row(
            loads[name],
            prefilled / statistics.median(prefill[name]),
            {context: 1 / statistics.median(times) for context, times in decode[name].items()},
            {
                context: statistics.median(
                    theirs / ours for theirs, ours in zip(decode[base][context], times, strict=True)
                )
                for context, times in decode[name].items()
            },
            statistics.median(theirs / ours for theirs, ours in zip(prefill[base], prefill[name], strict=True)),
        )
        for name in networks
    }


class Episode:
    """Steps with a screenshot of 1280x720 each: a system text, then turns of a picture and a text."""

    def __init__(self, network: KimiVL, pictures: int) -> None:
        self.network = network
        drawn = torch.Generator().manual_seed(1)
        rows, columns = SCREENSHOT
        self.patches = torch.rand(pictures, rows * columns, 3, 14, 14, generator=drawn) * 2 - 1
        text = torch.randint(0, IMAGE_TOKEN, (SYSTEM_TOKENS + pictures * TURN_TOKENS,), generator=drawn)
        system, *turns = text.split([SYSTEM_TOKENS, *[TURN_TOKENS] * pictures])
        picture = torch.full((rows * columns // 4,), IMAGE_TOKEN)
        self.ids = torch.cat([system, *(part for turn in turns for part in (picture, turn))])
        self.turn = len(picture) + TURN_TOKENS
        """Tokens that a step adds."""
        self.cache = LatentCache(network.config.text, 1, len(self.ids), dtype=network.dtype, device=network.device)

    def last_step(self, known: int) -> Tensor:
        """Logits behind the last turn, with so many of the turns before it computed already."""
        new = self.ids[-(len(self.patches) - known) * self.turn :] if known else self.ids
        patches = self.patches[known:]
        features = self.network.encode_images(patches.flatten(0, 1), [SCREENSHOT] * len(patches))
        self.cache.keep(len(self.ids) - len(new), len(self.ids))
        return self.network.next_token_logits(self.network.embed(new[None], features), self.cache)


def reuse_saving(network: KimiVL, history: int, rounds: int) -> tuple[float, float]:
    """What reusing saves in a step with so many pictures before its own.

    Returns:
        How many times less the step costs, pictures included (median over the rounds), and how far its logits are
        from those without reuse.
    """
    episode = Episode(network, history + 1)
    apart = (episode.last_step(0) - episode.last_step(history)).abs().max().item()
    ratios = [timed(lambda: episode.last_step(0)) / timed(lambda: episode.last_step(history)) for _ in range(rounds)]
    return statistics.median(ratios), apart


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one layer and fewer rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the ratios as numbers")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    contexts, rounds = (0, 1024, 4096), 5 if options.quick else 15
    text = TEXT | {"num_hidden_layers": 1} if options.quick else TEXT
    fast = torch.float32 if is_widened(torch.empty(1, dtype=torch.bfloat16)) else torch.bfloat16
    makers: dict[str, Callable[[Path], Network]] = {
        "transformers": lambda folder: Theirs(folder, fast, text),
        "fp32": lambda folder: Ours(folder, torch.float32),
        "bf16": lambda folder: Ours(folder, torch.bfloat16),
        "int8": lambda folder: Ours(folder, torch.bfloat16, Packing.INT8),
        "int4": lambda folder: Ours(folder, torch.bfloat16, Packing.INT4),
    }
    networks: dict[str, Network] = {}
    loads: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as place, torch.inference_mode():
        write_checkpoint(Path(place), text)
        gc.collect()
        for name, make in makers.items():
            loads[name] = timed(lambda name=name, make=make: networks.update({name: make(Path(place))}))
        rows = compare(networks, loads, contexts, rounds)
        ours, exact = networks["bf16"], networks["fp32"]
        assert isinstance(ours, Ours)
        assert isinstance(exact, Ours)
        networks.clear()
        saving, _ = reuse_saving(ours.network, HISTORY, 3)
        _, apart = reuse_saving(exact.network, HISTORY, 1)
    shape = ours.network.config.text
    cache_bytes = (shape.kv_lora_rank + shape.qk_rope_head_dim) * ours.network.dtype.itemsize

    table = Table(
        "", "load, s", "prefill, tokens/s", *(f"decode at {context}" for context in contexts),
        title=f"tokens/s, and times transformers' ({fast}), {platform.processor() or platform.machine()}, one thread",
    )  # fmt: skip
    for name, row in rows.items():
        speeds = (f"{row.decode_tokens_s[context]:.1f}  ({row.decode_ratio[context]:.1f}x)" for context in contexts)
        table.add_row(name, f"{row.load_s:.1f}", f"{row.prefill_tokens_s:.0f}  ({row.prefill_ratio:.2f}x)", *speeds)
    console = Console(width=120)
    console.print(table)
    console.print(
        f"A step with {HISTORY} screenshots before its own costs {saving:.1f} times less than without reuse; in fp32 "
        f"its logits are {apart:.1e} from those without."
    )
    if options.json:
        bf16, int4 = rows["bf16"], rows["int4"]
        ratios = {
            "decode_over_transformers": {str(context): bf16.decode_ratio[context] for context in contexts},
            "prefill_over_transformers": bf16.prefill_ratio,
            "int4_over_bf16_decode": int4.decode_tokens_s[0] / bf16.decode_tokens_s[0],
            "reuse_prefill_saving": saving,
            "cache_bytes_per_token_layer": cache_bytes,
        }
        options.json.write_text(json.dumps(ratios, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
