"""The features of pictures, each computed once: screens and tiles of screens come back step after step.

Knows the image processor and the vision half of the network, and the head that reads, if there is one; knows no
prompts.
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
from model.reading_head import ReadingHead
from model.vision import Grid
from model.writing import Writing

REMEMBERED_TOKENS: Final = 32_768
"""Merged image tokens kept: a dozen large screenshots or some 170 tiles of 192 tokens."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The features of some pictures and what they cost."""

    features: list[Tensor]
    """(M, D) of each picture."""
    writings: list[Writing | None]
    """What is written in each picture; None without a head that reads."""
    keys: list[bytes]
    """What stands for the exact pixels of each picture."""
    preprocess_s: float
    vision_s: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is remembered of a picture."""

    features: Tensor
    writing: Writing | None


class ImageEncoder:
    """Encodes pictures together and remembers the latest of them by their pixels."""

    def __init__(
        self,
        network: KimiVL,
        processor: ImageProcessor,
        reading_head: ReadingHead | None = None,
        remembered_tokens: int = REMEMBERED_TOKENS,
    ) -> None:
        self._network = network
        self._processor = processor
        self._reading_head = reading_head
        self._capacity = remembered_tokens
        self._remembered: OrderedDict[bytes, _Seen] = OrderedDict()

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
            known |= dict(zip(prepared, self._see(patches, grids), strict=True))
        self._remember({key: known[key] for key in keys})
        vision_s = seconds(self._network.device) - prepared_at
        seen = [known[key] for key in keys]
        return Encoded(
            [one.features for one in seen], [one.writing for one in seen], keys, prepared_at - began, vision_s
        )

    def _see(self, patches: Sequence[Tensor], grids: Sequence[Grid]) -> list[_Seen]:
        """Pictures as one batch."""
        head = self._reading_head
        seen, merged = self._network.see(torch.cat(list(patches)), grids, 1 if head is None else head.block)
        per_token = seen.shape[0] // merged.shape[0]
        sizes = [part.shape[0] for part in patches]
        # Copies, so that remembering one picture does not keep the whole batch.
        features = [part.clone() for part in merged.split([size // per_token for size in sizes])]
        if head is None:
            return [_Seen(part, None) for part in features]
        read = head(seen.float()).half().cpu()
        return [
            _Seen(part, Writing.of(of_one.unflatten(0, grid).flatten(1, 2).numpy()))
            for part, of_one, grid in zip(features, read.split(sizes), grids, strict=True)
        ]

    def _remember(self, seen: dict[bytes, _Seen]) -> None:
        for key, of_image in seen.items():
            self._remembered[key] = of_image
            self._remembered.move_to_end(key)
        while sum(of_image.features.shape[0] for of_image in self._remembered.values()) > self._capacity:
            self._remembered.popitem(last=False)


def _fingerprint(image: Image) -> bytes:
    digest = hashlib.blake2b(f"{image.mode} {image.size}".encode(), digest_size=16)
    digest.update(image.tobytes())
    return digest.digest()
