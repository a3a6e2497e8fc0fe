"""Pictures to the patches that the vision encoder takes, as the published image processor makes them.

Knows resizing, padding and normalising; knows no model and no prompt. Pictures keep their native resolution up to a
limit of patches.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from model.base import CheckpointError, GenerationError
from model.vision import Grid

MAX_SIDE_PATCHES: Final = 512
"""A side of that many patches or more is refused: the published rotary table ends there."""


class ImageProcessor(BaseModel):
    """Turns a picture into patches; its fields are those of the published `preprocessor_config.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    in_token_limit: int
    """Patches (before merging) above which a picture is made smaller."""
    image_mean: tuple[float, float, float]
    image_std: tuple[float, float, float]
    pad_input: Literal[True]
    """The published checkpoints pad; the other way, cropping, would lose the edges of a screen."""
    patch_size: int = 14
    merge_kernel_size: tuple[int, int] = (2, 2)
    view_px: tuple[int, int] | None = Field(default=None, alias="tile_px")
    """Width and height of the largest picture in which the model can point. Not a key of the published files."""

    @staticmethod
    def from_pretrained(folder: Path | str) -> ImageProcessor:
        """Read `preprocessor_config.json` of a checkpoint's folder.

        Raises:
            CheckpointError: it is missing, damaged or asks for what is not supported.
        """
        file = Path(folder) / "preprocessor_config.json"
        try:
            return ImageProcessor.model_validate_json(file.read_bytes())
        except OSError as error:
            raise CheckpointError(
                f"Cannot read the image processor's configuration {file}: {error.strerror}."
            ) from error
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
            raise CheckpointError(f"{file} does not describe the Kimi-VL image processor: {faults}.") from error

    def __call__(self, image: Image.Image) -> tuple[Tensor, Grid]:
        """Patches of a picture of any size and mode.

        Returns:
            pixel_values (N, 3, patch, patch) float32 in raster order, and the grid (rows, columns), N = rows * columns.

        Raises:
            GenerationError: the picture is empty or too long a strip.
        """
        pixels = self._padded(np.asarray(self._within_limit(image).convert("RGB")))
        size = self.patch_size
        rows, columns = pixels.shape[0] // size, pixels.shape[1] // size
        if max(rows, columns) >= MAX_SIDE_PATCHES:
            raise GenerationError(
                f"A picture of {image.width}x{image.height} px is too long a strip to be looked at: at most "
                f"{MAX_SIDE_PATCHES * size - 1} px a side remain after it is fitted to the model. Show a part of it."
            )
        # Rearranged while still bytes: a quarter of the memory traffic.
        patches = torch.from_numpy(pixels).view(rows, size, columns, size, 3).permute(0, 2, 4, 1, 3).contiguous()
        std, mean = (torch.tensor(values).view(3, 1, 1) for values in (self.image_std, self.image_mean))
        return patches.view(-1, 3, size, size).float().mul_(1 / (255 * std)).sub_(mean / std), (rows, columns)

    def _within_limit(self, image: Image.Image) -> Image.Image:
        width, height = image.size
        if not width or not height:
            raise GenerationError(f"A picture of {width}x{height} px has nothing to look at.")
        patches = (width // self.patch_size) * (height // self.patch_size)
        if patches <= self.in_token_limit:
            return image
        scale = math.sqrt(self.in_token_limit / patches)
        return image.resize((int(width * scale), int(height * scale)), Image.Resampling.BICUBIC)

    def _padded(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Black to the right and below, up to whole merged patches."""
        height, width = pixels.shape[:2]
        down, across = (self.patch_size * merge for merge in self.merge_kernel_size)
        canvas = np.zeros((math.ceil(height / down) * down, math.ceil(width / across) * across, 3), dtype=np.uint8)
        canvas[:height, :width] = pixels
        return canvas
