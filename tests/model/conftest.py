"""The tiny checkpoint in the published layout, and what its reference implementation computed with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.full_size import IMAGE_TOKEN, TEXT, VISION
from model.config import KimiVLConfig
from model.engine import Engine
from model.kimi_vl import KimiVL
from model.loading import load_engine

GOLDEN = Path(__file__).parent / "golden" / "kimi-vl-tiny"

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def golden() -> Path:
    return GOLDEN / "cases"


@pytest.fixture(scope="session")
def checkpoint() -> Path:
    return GOLDEN / "checkpoint"


@pytest.fixture(scope="session")
def published_config() -> KimiVLConfig:
    """That of the published checkpoints."""
    text = {**TEXT, "num_hidden_layers": 27}
    return KimiVLConfig.model_validate(
        {"text_config": text, "vision_config": VISION, "media_placeholder_token_id": IMAGE_TOKEN}
    )


@pytest.fixture(scope="session")
def case(golden: Path) -> dict[str, Tensor]:
    return load_file(golden / "model.safetensors")


@pytest.fixture(scope="session")
def network(checkpoint: Path) -> KimiVL:
    return KimiVL.from_pretrained(checkpoint)


@pytest.fixture
def engine(checkpoint: Path) -> Engine:
    return load_engine(checkpoint, "tiny", torch.float32, torch.device("cpu"))


@pytest.fixture
def copied(checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of the checkpoint, to be damaged."""
    return Path(shutil.copytree(checkpoint, tmp_path / "checkpoint"))


@pytest.fixture(scope="session")
def picture(golden: Path) -> Callable[[int], Image.Image]:
    def opened(number: int) -> Image.Image:
        with Image.open(golden / "images" / f"{number}.png") as image:
            return image.copy()

    return opened
