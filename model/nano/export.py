"""Turns a training state into a checkpoint in the published layout; what exists for training only is left behind.

python -m model.nano.export [--folder training] [--out model/nano/weights]
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import torch

from model.checkpoint import save_checkpoint
from model.kimi_vl import KimiVL
from model.loading import EMBEDDED_FOLDER
from model.nano.shape import TILE, configuration
from model.tokenizer import KimiTokenizer

TRAINING_ONLY = ("reading.", "centre.", "aim.")
PREPROCESSOR = {
    "patch_size": 14,
    "merge_kernel_size": [2, 2],
    "pad_input": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "in_token_limit": 4096,
    "tile_px": list(TILE),
}


def export(folder: Path, out: Path, dtype: torch.dtype = torch.bfloat16) -> None:
    """Write the averaged weights of the last stage and everything that loading needs.

    Args:
        folder: the trainer's folder, with the vocabulary and `point/state.pt`.
        out: where the checkpoint goes.
        dtype: of the stored weights.
    """
    tokenizer = KimiTokenizer.from_pretrained(folder)
    model = KimiVL(configuration(tokenizer.vocab_size, tokenizer.special("<|media_pad|>")))
    averaged = torch.load(folder / "point" / "state.pt", weights_only=True, map_location="cpu")["average"]
    state = {
        name.removeprefix("module.").replace("language_model.", "decoder."): value
        for name, value in averaged.items()
        if name != "n_averaged" and not name.removeprefix("module.").startswith(TRAINING_ONLY)
    }
    model.load_state_dict(state)
    save_checkpoint(model, out, dtype)
    for name in ("tiktoken.model", "tokenizer_config.json"):
        shutil.copy(folder / name, out / name)
    (out / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR, indent=1) + "\n")
    ends = [tokenizer.special("[EOS]"), tokenizer.special("<|im_end|>")]
    (out / "generation_config.json").write_text(json.dumps({"eos_token_id": ends}, indent=1) + "\n")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("training"))
    parser.add_argument("--out", type=Path, default=EMBEDDED_FOLDER)
    options = parser.parse_args()
    export(options.folder, options.out)


if __name__ == "__main__":
    main()
