"""Kimi-VL: the vision encoder, its projector, the decoder and the head that gives logits.

Shapes, in the order of the axes: B sequences, T tokens, N image patches, M merged image tokens, D hidden width.
Knows tensors; knows no text and no picture files. Source of the architecture: the published modelling code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from model.base import GenerationError
from model.checkpoint import load_weights, read_config
from model.config import KimiVLConfig
from model.decoder import Decoder, LatentCache
from model.linear import Linear
from model.packed_checkpoint import map_packed
from model.quantize import Packing, pack_modules
from model.vision import Grid, MoonViT, Projector, last


class KimiVL(nn.Module):
    """The whole network."""

    def __init__(self, config: KimiVLConfig) -> None:
        super().__init__()
        self.config = config
        self.vision_tower = MoonViT(config.vision)
        self.multi_modal_projector = Projector(config.vision, config.text.hidden_size)
        self.decoder = Decoder(config.text)
        self.lm_head = Linear(config.text.hidden_size, config.text.vocab_size, bias=False)

    @staticmethod
    def from_pretrained(
        folder: Path | str,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        packing: Packing | None = None,
    ) -> KimiVL:
        """Load a checkpoint in the published layout, or one that `deixis model pack` wrote.

        No more than the weights as they will be is ever held in memory, and one tensor beside them.

        Args:
            folder: holds the checkpoint.
            dtype: of the weights and activations; a packed checkpoint has its own.
            device: where it runs.
            packing: keep the decoder's matrices in few bits; on the CPU only.

        Raises:
            CheckpointError: a file is missing, damaged, or not that of a Kimi-VL.
        """
        config = read_config(folder)
        if config.packed is not None:
            model = KimiVL.without_memory(config, Packing(config.packed.precision), torch.bfloat16)
            map_packed(model, config.packed, Path(folder))
        else:
            model = KimiVL.without_memory(config, packing, dtype)
            load_weights(model, folder, dtype, device)
        return model.eval()

    @staticmethod
    def without_memory(
        config: KimiVLConfig, packing: Packing | None = None, dtype: torch.dtype = torch.float32
    ) -> KimiVL:
        """The network with names, shapes and types only."""
        with torch.device("meta"), _NoInitialisation():
            model = KimiVL(config)
            for parameter in model.parameters():
                parameter.data = parameter.data.to(dtype)
            if packing is not None:
                pack_modules(model, packing, dtype)
        return model

    @property
    def device(self) -> torch.device:
        return self.decoder.norm.weight.device

    @property
    def dtype(self) -> torch.dtype:
        return self.decoder.norm.weight.dtype

    def encode_images(self, pixel_values: Tensor, grids: Tensor | Sequence[Grid]) -> Tensor:
        """(M, D) features of packed images, in the decoder's width, as `see` gives them."""
        return self.see(pixel_values, grids, 1)[1]

    def see(self, pixel_values: Tensor, grids: Tensor | Sequence[Grid], block: int) -> tuple[Tensor, Tensor]:
        """What one block of the encoder makes of packed images, and their features behind the projector.

        Args:
            pixel_values: (N, 3, patch, patch), the patches of all images, each in raster order.
            grids: (rows, columns) of each image, both even; their products add up to N.
            block: of the encoder, counted from 1.

        Returns:
            (N, vision width), one row a patch, and (M, D), one row a 2x2 block of patches, image after image.
        """
        sizes = [
            (int(rows), int(columns)) for rows, columns in (grids.tolist() if isinstance(grids, Tensor) else grids)
        ]
        states = self.vision_tower.states(pixel_values.to(self.device, self.dtype), sizes)
        early = last(islice(states, block))
        return early, self.multi_modal_projector(last(states), sizes)

    def embed(self, input_ids: Tensor, image_features: Tensor | None = None) -> Tensor:
        """Embeddings (B, T, D) of tokens (B, T), the image tokens replaced by features (M, D) in reading order.

        Raises:
            GenerationError: there are not exactly as many features as image tokens.
        """
        embeddings = self.decoder.embed_tokens(input_ids)
        is_image = input_ids == self.config.image_token_id
        wanted, given = int(is_image.sum()), 0 if image_features is None else image_features.shape[0]
        if wanted != given:
            raise GenerationError(f"The prompt has {wanted} image tokens, but its pictures give {given} features.")
        if image_features is None:
            return embeddings
        return embeddings.masked_scatter(is_image.unsqueeze(-1), image_features.to(embeddings.dtype))

    def next_token_logits(self, embeddings: Tensor, cache: LatentCache) -> Tensor:
        """Logits (B, vocabulary) in fp32 for the token behind new embeddings (B, T, D); the cache takes these in."""
        return self.lm_head(self.decoder(embeddings, cache=cache)[:, -1]).float()

    def forward(
        self, input_ids: Tensor, pixel_values: Tensor | None = None, grids: Tensor | Sequence[Grid] | None = None
    ) -> Tensor:
        """Logits (T, vocabulary) at every token of one sequence (T,), computed without a cache.

        Raises:
            GenerationError: the pictures do not fit the image tokens.
        """
        features = None if pixel_values is None or grids is None else self.encode_images(pixel_values, grids)
        return self.lm_head(self.decoder(self.embed(input_ids.unsqueeze(0), features))).squeeze(0)


class _NoInitialisation(TorchFunctionMode):
    """Leaves new parameters as they are: on the meta device, drawing random numbers loads the compiler, for seconds."""

    def __torch_function__(
        self,
        func: Callable[..., object],
        types: Sequence[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == nn.init.__name__:
            return kwargs.get("tensor", args[0] if args else None)
        return func(*args, **kwargs)
