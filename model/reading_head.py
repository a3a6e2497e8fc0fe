"""A head that says which characters an encoder sees: what is written in a picture, patch by patch.

Not a part of the published Kimi-VL; a checkpoint may have one beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from model.base import CheckpointError
from model.characters import CLASSES, SLOTS

HEAD_FILE: Final = "reading_head.safetensors"


class ReadingHead(nn.Module):
    """Names the characters in the slots of every patch."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.slots = nn.Linear(width, SLOTS * CLASSES)

    @staticmethod
    def from_pretrained(folder: Path, width: int) -> ReadingHead | None:
        """That of a checkpoint's folder, in float32; None if it has none.

        Args:
            folder: holds the checkpoint.
            width: of the encoder.

        Raises:
            CheckpointError: it is damaged, or made for another encoder.
        """
        file = folder / HEAD_FILE
        if not file.exists():
            return None
        head = ReadingHead(width)
        try:
            head.load_state_dict({name: value.float() for name, value in load_file(file).items()})
        except (SafetensorError, OSError, RuntimeError) as error:
            raise CheckpointError(f"{file} is not the reading head of this encoder: {error}.") from error
        return head.eval()

    def forward(self, features: Tensor) -> Tensor:
        """(N, SLOTS, CLASSES) log-probabilities of the characters in patches with features (N, D), left to right."""
        return self.slots(self.norm(features)).unflatten(-1, (SLOTS, CLASSES)).float().log_softmax(-1)
