"""The features of pictures, each computed once: screens and tiles of screens come back step after step.

Knows the image processor and the vision half of the network; knows no prompts.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from PIL.Image import Image
from torch import Tensor

from model.clock import seconds
from model.image_processor import ImageProcessor
from model.kimi_vl import KimiVL
from model.vision import Grid

REMEMBERED_TOKENS: Final = 32_768
"""Merged image tokens kept: a dozen large screenshots or some 170 tiles of 192 tokens."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The features of some pictures and what they cost."""

    features: list[Tensor]
    """(M, D) of each picture."""
    keys: list[bytes]
    """What stands for the exact pixels of each picture."""
    preprocess_s: float
    vision_s: float


class ImageEncoder:
    """Encodes pictures together and remembers the latest of them by their pixels."""

    def __init__(self, network: KimiVL, processor: ImageProcessor, remembered_tokens: int = REMEMBERED_TOKENS) -> None:
        self._network = network
        self._processor = processor
        self._capacity = remembered_tokens
        self._remembered: OrderedDict[bytes, Tensor] = OrderedDict()

    def encode(self, images: Sequence[Image]) -> Encoded:
        """Features of each picture; only pictures not seen lately are computed, all of them as one batch.

        Raises:
            GenerationError: a picture cannot be looked at.
        """
        began = time.perf_counter()
        keys = [_fingerprint(image) for image in images]
        known = {key: self._remembered[key] for key in keys if key in self._remembered}
        prepared: dict[bytes, tuple[Tensor, Grid]] = {}
        for key, image in zip(keys, images, strict=True):
            if key not in known and key not in prepared:
                prepared[key] = self._processor(image)
        prepared_at = seconds(self._network.device)
        if prepared:
            patches, grids = zip(*prepared.values(), strict=True)
            merged = self._network.encode_images(torch.cat(patches), grids)
            per_token = sum(part.shape[0] for part in patches) // merged.shape[0]
            sizes = [part.shape[0] // per_token for part in patches]
            # Copies, so that remembering one picture does not keep the whole batch.
            known |= {key: part.clone() for key, part in zip(prepared, merged.split(sizes), strict=True)}
        self._remember({key: known[key] for key in keys})
        vision_s = seconds(self._network.device) - prepared_at
        return Encoded([known[key] for key in keys], keys, prepared_at - began, vision_s)

    def _remember(self, features: dict[bytes, Tensor]) -> None:
        for key, of_image in features.items():
            self._remembered[key] = of_image
            self._remembered.move_to_end(key)
        while sum(of_image.shape[0] for of_image in self._remembered.values()) > self._capacity:
            self._remembered.popitem(last=False)


def _fingerprint(image: Image) -> bytes:
    digest = hashlib.blake2b(f"{image.mode} {image.size}".encode(), digest_size=16)
    digest.update(image.tobytes())
    return digest.digest()
