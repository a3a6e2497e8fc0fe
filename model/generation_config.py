"""What a checkpoint's `generation_config.json` says of its answers."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from model.base import CheckpointError

FILE = "generation_config.json"


class GenerationConfig(BaseModel, frozen=True):
    """The part that is heeded; the tokens that end an answer are the tokenizer's."""

    max_new_tokens: int | None = Field(default=None, ge=1)
    """No answer needs more tokens: one that goes on has lost its way."""

    @staticmethod
    def from_pretrained(folder: Path) -> GenerationConfig:
        """Read it; a checkpoint need not have one.

        Raises:
            CheckpointError: it is damaged.
        """
        path = folder / FILE
        if not path.exists():
            return GenerationConfig()
        try:
            return GenerationConfig.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise CheckpointError(f"{path} cannot be used: {' '.join(str(error).split())}") from error
