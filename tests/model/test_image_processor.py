from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from model.base import CheckpointError, GenerationError
from model.image_processor import ImageProcessor

Picture = Callable[[int], Image.Image]


def distance(a: Tensor, b: Tensor) -> float:
    assert a.shape == b.shape
    return float((a - b).abs().max())


def processor(in_token_limit: int) -> ImageProcessor:
    half = (0.5, 0.5, 0.5)
    return ImageProcessor(in_token_limit=in_token_limit, image_mean=half, image_std=half, pad_input=True)


@pytest.mark.parametrize("number", range(6))
def test_patches_and_grids_equal_the_reference(checkpoint: Path, golden: Path, picture: Picture, number: int) -> None:
    expected = load_file(golden / "images.safetensors")
    pixel_values, grid = ImageProcessor.from_pretrained(checkpoint)(picture(number))
    assert list(grid) == expected[f"{number}.grid"].tolist()
    assert pixel_values.dtype == torch.float32
    assert distance(pixel_values, expected[f"{number}.pixel_values"]) < 1e-6


@pytest.mark.parametrize(
    ("width", "height", "limit", "grid"),
    [
        (1280, 720, 4096, (50, 86)),
        (1366, 768, 4096, (50, 88)),
        (1920, 1080, 4096, (48, 86)),
        (1920, 1200, 4096, (52, 82)),
        (3840, 2160, 4096, (48, 86)),
        (1280, 720, 16384, (52, 92)),
        (1920, 1080, 16384, (78, 138)),
        (2560, 1440, 16384, (98, 172)),
        (3840, 2160, 16384, (98, 172)),
    ],
)
def test_screens_get_the_published_grids(width: int, height: int, limit: int, grid: tuple[int, int]) -> None:
    pixel_values, found = processor(limit)(Image.new("RGB", (width, height)))
    assert found == grid
    assert pixel_values.shape == (grid[0] * grid[1], 3, 14, 14)


def test_pictures_are_padded_with_black_to_the_right_and_below() -> None:
    pixel_values, grid = processor(4096)(Image.new("RGB", (30, 15), "white"))
    rows, columns = grid
    assert grid == (2, 4)
    canvas = pixel_values.view(rows, columns, 3, 14, 14).permute(2, 0, 3, 1, 4).reshape(3, 28, 56)
    expected = torch.full((3, 28, 56), -1.0)
    expected[:, :15, :30] = 1.0
    assert distance(canvas, expected) < 1e-6


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "1", "I;16"])
def test_any_mode_is_looked_at(mode: str) -> None:
    pixel_values, grid = processor(4096)(Image.new(mode, (60, 60)))
    assert grid == (6, 6)
    assert pixel_values.min() >= -1
    assert pixel_values.max() <= 1


def test_an_opaque_picture_is_the_same_with_alpha() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 150, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    assert distance(processor(16)(image)[0], processor(16)(image.convert("RGBA"))[0]) < 0.01


def test_mean_and_deviation_are_per_channel() -> None:
    tinted = ImageProcessor(in_token_limit=64, image_mean=(0.1, 0.2, 0.3), image_std=(1.0, 2.0, 0.5), pad_input=True)
    pixel_values, _ = tinted(Image.new("RGB", (28, 28), (255, 51, 102)))
    assert distance(pixel_values[0, :, 0, 0], torch.tensor([0.9, 0.0, 0.2])) < 1e-6


@pytest.mark.parametrize(("size", "complaint"), [((7155, 20), "too long a strip"), ((20, 9000), "too long a strip")])
def test_a_strip_is_refused(size: tuple[int, int], complaint: str) -> None:
    with pytest.raises(GenerationError, match=complaint):
        processor(16384)(Image.new("RGB", size))


def test_the_longest_side_is_accepted() -> None:
    assert processor(16384)(Image.new("RGB", (7140, 20)))[1] == (2, 510)


def test_an_empty_picture_is_refused() -> None:
    with pytest.raises(GenerationError, match="0x5 px"):
        processor(64)(Image.new("RGB", (0, 5)))


def test_the_view_is_read_where_a_checkpoint_has_one(copied: Path) -> None:
    file = copied / "preprocessor_config.json"
    assert ImageProcessor.from_pretrained(copied).view_px is None
    file.write_text(json.dumps({**json.loads(file.read_text()), "tile_px": [448, 336]}))
    assert ImageProcessor.from_pretrained(copied).view_px == (448, 336)


@pytest.mark.parametrize(
    ("key", "value"), [("pad_input", False), ("pad_input", None), ("in_token_limit", None), ("image_mean", [0.5])]
)
def test_an_unsupported_configuration_is_refused(copied: Path, key: str, value: object) -> None:
    file = copied / "preprocessor_config.json"
    settings = json.loads(file.read_text())
    file.write_text(
        json.dumps(
            {name: old for name, old in settings.items() if name != key} | ({key: value} if value is not None else {})
        )
    )
    with pytest.raises(CheckpointError, match=key):
        ImageProcessor.from_pretrained(copied)


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"preprocessor_config\.json"):
        ImageProcessor.from_pretrained(tmp_path)
