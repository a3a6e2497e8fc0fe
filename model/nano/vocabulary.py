"""nano's vocabulary: bytes, and the fixed words of its prompts and answers as single tokens, in the published layout.

Everything that varies (labels, typed text, digits) is spelled byte by byte, so that nano reads and copies instead of
recognising.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Final

import regex

from model.tokenizer import SPLIT_PATTERN

SPECIAL_OFFSETS: Final = {
    "[BOS]": 0, "[EOS]": 1, "<|im_end|>": 2, "<|im_user|>": 3, "<|im_assistant|>": 4,
    "<|start_header_id|>": 6, "<|end_header_id|>": 7, "[EOT]": 9, "<|im_system|>": 10, "<|im_middle|>": 17,
    "<|media_start|>": 18, "<|media_content|>": 19, "<|media_end|>": 20, "<|media_pad|>": 21,
    "[UNK]": 254, "[PAD]": 255,
}  # fmt: skip
"""Offsets of the special tokens that have a name, behind the ranks; from the published vocabulary."""


def ranks(fixed_texts: list[str]) -> dict[bytes, int]:
    """All bytes, then every longer piece of the fixed texts, in order of appearance.

    Pieces with digits are left out, so that every digit stays a token of its own.
    """
    table = {bytes([value]): value for value in range(256)}
    for text in fixed_texts:
        for piece in regex.findall(SPLIT_PATTERN, text, flags=regex.VERSION1):
            encoded = piece.encode()
            if encoded not in table and not any(char.isdigit() for char in piece):
                table[encoded] = len(table)
    return table


def write_vocabulary(folder: Path, table: dict[bytes, int]) -> None:
    """Write `tiktoken.model` and `tokenizer_config.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{base64.b64encode(token).decode()} {rank}\n" for token, rank in table.items()]
    (folder / "tiktoken.model").write_text("".join(lines))
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    added = {str(len(table) + offset): {"content": name, **flags} for name, offset in SPECIAL_OFFSETS.items()}
    config = {
        "added_tokens_decoder": added,
        "bos_token": "[BOS]",
        "eos_token": "[EOS]",
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "tokenizer_class": "TikTokenTokenizer",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
