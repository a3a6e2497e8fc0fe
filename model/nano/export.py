"""Turns a training state into a checkpoint in the published layout, and a checkpoint back into something to train.

What exists for training only is kept in a file beside the weights that nothing else reads.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from model.checkpoint import save_checkpoint
from model.kimi_vl import KimiVL
from model.nano.loop import averaged_weights
from model.nano.reading import READ_AFTER
from model.nano.shape import TILE, configuration
from model.reading_head import BLOCK, HEAD_FILE
from model.tokenizer import KimiTokenizer

MODEL_PARTS = ("vision_tower.", "multi_modal_projector.", "language_model.", "lm_head.")
"""What a learner has of the model; everything else in it exists for training only."""
HEADS: Final = "training_heads.safetensors"
READS: Final = "reading."
"""Of a learner's heads the one that is exported as the reading head."""
LONGEST_ANSWER: Final = 320
"""Tokens: what is fixed in an answer takes 20 to 30, and a label or text of 60 bytes is said at most four times."""
PREPROCESSOR = {
    "patch_size": 14,
    "merge_kernel_size": [2, 2],
    "pad_input": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "in_token_limit": 4096,
    "tile_px": list(TILE),
}


def export(
    folder: Path,
    out: Path,
    dtype: torch.dtype = torch.bfloat16,
    *,
    mixed_with: Path | None = None,
    share: float = 0.5,
) -> None:
    """Write the averaged weights of the last stage and everything that loading needs.

    Args:
        folder: the trainer's folder, with the vocabulary and `point/state.pt`.
        out: where the checkpoint goes.
        dtype: of the stored weights.
        mixed_with: an exported checkpoint of the same shape, whose weights count too. That from which a training went
            on knows what was unlearned since, and the mean of both is often better than either (Wortsman et al. 2022).

        share: how much the new weights count beside them.

    Raises:
        ModelError: the last stage has saved nothing yet.
        CheckpointError: the vocabulary is missing or damaged.
    """
    averaged = averaged_weights(folder / "point")
    if mixed_with is not None:
        other = exported_weights(mixed_with)
        averaged = {name: share * value + (1 - share) * other.get(name, value) for name, value in averaged.items()}
    tokenizer = KimiTokenizer.from_pretrained(folder)
    model = KimiVL(configuration(tokenizer.vocab_size, tokenizer.special("<|media_pad|>")))
    model.load_state_dict(
        {
            name.replace("language_model.", "decoder."): value
            for name, value in averaged.items()
            if name.startswith(MODEL_PARTS)
        }
    )
    save_checkpoint(model, out, dtype)
    heads = {name: value.to(dtype) for name, value in averaged.items() if not name.startswith(MODEL_PARTS)}
    reading = {name.removeprefix(READS): heads.pop(name) for name in list(heads) if name.startswith(READS)}
    save_file(reading, out / HEAD_FILE, {BLOCK: str(READ_AFTER)})
    save_file(heads, out / HEADS)
    for name in ("tiktoken.model", "tokenizer_config.json"):
        shutil.copy(folder / name, out / name)
    (out / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR, indent=1) + "\n")
    ends = [tokenizer.special("[EOS]"), tokenizer.special("<|im_end|>")]
    generation = {"eos_token_id": ends, "max_new_tokens": LONGEST_ANSWER}
    (out / "generation_config.json").write_text(json.dumps(generation, indent=1) + "\n")


def restore(learner: nn.Module, folder: Path) -> None:
    """Give a learner the weights of an exported checkpoint; heads that are newer than it begin anew.

    Args:
        learner: a `Learner`, of the checkpoint's shape.
        folder: where `export` wrote.

    Raises:
        CheckpointError: the checkpoint is missing or damaged.
    """
    newer = {name: value for name, value in learner.state_dict().items() if not name.startswith(MODEL_PARTS)}
    learner.load_state_dict(newer | exported_weights(folder))


def exported_weights(folder: Path) -> dict[str, Tensor]:
    """The weights of an exported checkpoint in float32, under the names of a learner's state.

    Raises:
        CheckpointError: the checkpoint is missing or damaged.
    """
    weights = KimiVL.from_pretrained(folder).state_dict()
    exported = {name.replace("decoder.", "language_model."): value for name, value in weights.items()}
    exported |= {name: value.float() for name, value in load_file(folder / HEADS).items()}
    return exported | {READS + name: value.float() for name, value in load_file(folder / HEAD_FILE).items()}
