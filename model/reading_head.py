"""A head that says which characters an encoder sees: what is written in a picture, patch by patch.

Not a part of the published Kimi-VL; a checkpoint may have one beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from model.base import CheckpointError
from model.characters import CLASSES, SLOTS
from model.config import VisionConfig

HEAD_FILE: Final = "reading_head.safetensors"
BLOCK: Final = "block"
"""In the metadata of that file: which block of the encoder it reads behind."""


class ReadingHead(nn.Module):
    """Names the characters in the slots of every patch."""

    def __init__(self, width: int, block: int = 1) -> None:
        super().__init__()
        self.block = block
        """That block of the encoder, counted from 1, makes the features which it reads."""
        self.norm = nn.LayerNorm(width)
        self.slots = nn.Linear(width, SLOTS * CLASSES)

    @staticmethod
    def from_pretrained(folder: Path, vision: VisionConfig) -> ReadingHead | None:
        """That of a checkpoint's folder, in float32; None if it has none.

        Args:
            folder: holds the checkpoint.
            vision: the encoder.

        Raises:
            CheckpointError: it is damaged, or made for another encoder.
        """
        file = folder / HEAD_FILE
        if not file.exists():
            return None
        try:
            with safe_open(file, framework="pt") as weights:
                head = ReadingHead(vision.hidden_size, int(weights.metadata()[BLOCK]))
                names: list[str] = weights.keys()
                head.load_state_dict({name: weights.get_tensor(name).float() for name in names})
            if not 1 <= head.block <= vision.num_hidden_layers:
                raise ValueError(f"it reads behind block {head.block} of {vision.num_hidden_layers}")
        except (SafetensorError, OSError, RuntimeError, LookupError, TypeError, ValueError) as error:
            raise CheckpointError(f"{file} is not the reading head of this encoder: {error}.") from error
        return head.eval()

    def forward(self, features: Tensor) -> Tensor:
        """(N, SLOTS, CLASSES) log-probabilities of the characters in patches with features (N, D), left to right."""
        return self.slots(self.norm(features)).unflatten(-1, (SLOTS, CLASSES)).float().log_softmax(-1)
