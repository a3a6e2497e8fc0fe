"""nano's vocabulary in a folder, a decoder small enough to compare with, and a screen whose every place is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from model.config import TextConfig
from model.decoder import Decoder
from model.nano.screens import Item, Screen
from model.nano.train import FIXED_TEXTS
from model.nano.vocabulary import ranks, write_vocabulary
from model.tokenizer import KimiTokenizer

NAMES = (
    "Save", "Open map", "Old tickets", "Print", "Reply to all", "Archive", "Weather", "Blue folder", "Export list",
    "Undo", "Quantity", "Your city", "Remember me", "Night mode", "Silent", "Notes", "Badge 7", "Zoom", "Rename", "Tax",
)  # fmt: skip
CHARACTER_PX = 7


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vocabulary")
    write_vocabulary(folder, ranks(FIXED_TEXTS))
    return folder


@pytest.fixture(scope="session")
def nano_tokenizer(vocabulary: Path) -> KimiTokenizer:
    return KimiTokenizer.from_pretrained(vocabulary)


@pytest.fixture(scope="session")
def small_decoder() -> Decoder:
    torch.manual_seed(0)
    config = TextConfig(
        vocab_size=50, hidden_size=24, num_hidden_layers=3, num_attention_heads=2, intermediate_size=40,
        kv_lora_rank=12, qk_nope_head_dim=8, qk_rope_head_dim=4, v_head_dim=10, n_routed_experts=4,
        num_experts_per_tok=2, n_shared_experts=1, moe_intermediate_size=16,
    )  # fmt: skip
    return Decoder(config).eval()


@pytest.fixture(scope="session")
def screen() -> Screen:
    """Labels in two columns. The pixel at (x, y) is (x % 256, y % 256, x // 256 + 16 * (y // 256))."""
    items: list[Item] = []
    characters: list[tuple[str, float, float]] = []
    for number, name in enumerate(NAMES):
        left, top = 30.0 + number % 2 * 360, 20.0 + number // 2 * 62
        kind = ("point", "near", "tick", "field")[number % 4]
        text = (left, top, left + CHARACTER_PX * len(name), top + 16)
        box = {
            "point": text,
            "near": (left - 20, top, text[2], text[3]),
            "tick": (left + 200, top, left + 234, top + 18),
            "field": (left + 110, top - 4, left + 300, top + 24),
        }[kind]
        items.append(Item(kind, name, text, box))
        middles = [(left + CHARACTER_PX * (place + 0.5), top + 8) for place in range(len(name))]
        characters += [(char, *middle) for char, middle in zip(name, middles, strict=True) if char != " "]
    y, x = np.mgrid[:650, :740]
    return Screen(
        pixels=np.stack([x % 256, y % 256, x // 256 + 16 * (y // 256)], axis=-1).astype(np.uint8),
        codes=np.array([ord(char) for char, _, _ in characters], dtype=np.int64),
        centres=np.array([(x, y) for _, x, y in characters], dtype=np.float32),
        items=items,
        holes=np.array([item.box for item in items if item.kind == "field"], dtype=np.float32),
    )


@pytest.fixture
def offset_of() -> Callable[[np.ndarray], tuple[int, int]]:
    """Where on `screen` a picture was cut out: x and y of its left upper corner."""

    def found(pixels: np.ndarray) -> tuple[int, int]:
        x, y, high = (int(value) for value in pixels[0, 0])
        return x + 256 * (high % 16), y + 256 * (high // 16)

    return found
