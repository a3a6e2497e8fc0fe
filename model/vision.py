"""MoonViT and its projector: image patches in, decoder embeddings out.

Shapes, in the order of the axes: N patches of all images together, M = N / 4 merged tokens, D vision width, H heads,
K head dim.
Images keep their native grids; they are packed one after the other and attend only within themselves.
Source of the architecture: the published Kimi-VL modelling code and technical report.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.attention import attend
from model.config import VisionConfig
from model.linear import Linear, linear

Grid = tuple[int, int]
"""Patches of one image: rows, columns."""

ROPE_THETA = 10000.0


class PositionTable(nn.Module):
    """A learned grid of positions, resized to each image's grid."""

    def __init__(self, height: int, width: int, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(height, width, dim))
        nn.init.normal_(self.weight)

    def forward(self, grids: Sequence[Grid]) -> Tensor:
        """(N, D): the table at every patch, raster order."""
        tables = {grid: self._resized(grid) for grid in set(grids)}
        return torch.cat([tables[grid] for grid in grids])

    def _resized(self, grid: Grid) -> Tensor:
        height, width, dim = self.weight.shape
        if grid == (height, width):
            return self.weight.reshape(-1, dim)
        table = self.weight.permute(2, 0, 1).unsqueeze(0)
        return F.interpolate(table, size=grid, mode="bicubic").squeeze(0).flatten(1).T


class PatchEmbed(nn.Module):
    """Patches to vectors, with their places added."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, config.hidden_size, kernel_size=config.patch_size, stride=config.patch_size)
        self.pos_emb = PositionTable(config.init_pos_emb_height, config.init_pos_emb_width, config.hidden_size)

    def forward(self, pixel_values: Tensor, grids: Sequence[Grid]) -> Tensor:
        # A convolution over single patches is a matrix product.
        patches = linear(pixel_values.flatten(1), self.proj.weight.flatten(1), self.proj.bias)
        return patches + self.pos_emb(grids)


def rotary_2d(grids: Sequence[Grid], head_dim: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosine and sine (N, K/2) of the 2-D rotation: pair 2i turns with the column, pair 2i + 1 with the row."""
    frequencies = ROPE_THETA ** -(torch.arange(0, head_dim, 4, device=device, dtype=torch.float32) / head_dim)

    def angles(rows: int, columns: int) -> Tensor:
        by_column = torch.outer(torch.arange(columns, device=device, dtype=torch.float32), frequencies)
        by_row = torch.outer(torch.arange(rows, device=device, dtype=torch.float32), frequencies)
        pairs = torch.stack([by_column.expand(rows, -1, -1), by_row.unsqueeze(1).expand(-1, columns, -1)], dim=-1)
        return pairs.reshape(rows * columns, head_dim // 2)

    of_grid = {grid: angles(*grid) for grid in set(grids)}
    angle = torch.cat([of_grid[grid] for grid in grids])
    return angle.cos(), angle.sin()


def last(states: Iterable[Tensor]) -> Tensor:
    """The last of some states; each of the others is let go when the next one comes, unlike in a list."""
    return deque(states, maxlen=1).pop()


def rotate_pairs(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate adjacent channel pairs of x (..., K), in fp32; cosine and sine of the angles broadcast to (..., K/2)."""
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)).contiguous())  # fewer passes than by parts
    return torch.view_as_real(pairs * torch.complex(cos, sin)).flatten(-2).to(x.dtype)


class VisionMLP(nn.Module):
    """Two layers with a GELU in its tanh form."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.fc0 = Linear(config.hidden_size, config.intermediate_size)
        self.fc1 = Linear(config.intermediate_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc1(F.gelu(self.fc0(x), approximate="tanh"))


class VisionBlock(nn.Module):
    """Pre-norm attention within each image, and an MLP."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        self.norm0 = nn.LayerNorm(config.hidden_size)
        self.norm1 = nn.LayerNorm(config.hidden_size)
        self.wqkv = Linear(config.hidden_size, 3 * config.hidden_size)
        self.wo = Linear(config.hidden_size, config.hidden_size)
        self.mlp = VisionMLP(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, grids: Sequence[Grid]) -> Tensor:
        x = x + self.wo(self._attend(self.norm0(x), cos, sin, grids))
        return x + self.mlp(self.norm1(x))

    def _attend(self, x: Tensor, cos: Tensor, sin: Tensor, grids: Sequence[Grid]) -> Tensor:
        q, k, v = self.wqkv(x).unflatten(-1, (3, self.heads, -1)).unbind(1)  # (N, H, K) each
        q, k = rotate_pairs(q, cos.unsqueeze(1), sin.unsqueeze(1)), rotate_pairs(k, cos.unsqueeze(1), sin.unsqueeze(1))
        if len(set(grids)) == 1:  # images of one size, tiles above all, attend as one batch
            q, k, v = (t.unflatten(0, (len(grids), -1)).transpose(1, 2) for t in (q, k, v))
            return attend(q, k, v, causal=False).transpose(1, 2).flatten(2).flatten(0, 1)
        sizes = [rows * columns for rows, columns in grids]
        images = zip(*(t.transpose(0, 1).split(sizes, dim=1) for t in (q, k, v)), strict=True)
        attended = [attend(q[None], k[None], v[None], causal=False).squeeze(0) for q, k, v in images]
        return torch.cat(attended, dim=1).transpose(0, 1).flatten(1)


class VisionEncoder(nn.Module):
    """The stack of blocks and the final norm."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(VisionBlock(config) for _ in range(config.num_hidden_layers))
        self.final_layernorm = nn.LayerNorm(config.hidden_size)

    def states(self, x: Tensor, cos: Tensor, sin: Tensor, grids: Sequence[Grid]) -> Iterator[Tensor]:
        """What each block makes of it, one after the other, and last the normalised end."""
        for block in self.blocks:
            x = block(x, cos, sin, grids)
            yield x
        yield self.final_layernorm(x)


class MoonViT(nn.Module):
    """The native-resolution vision encoder."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.config = config
        self.patch_embed = PatchEmbed(config)
        self.encoder = VisionEncoder(config)

    def forward(self, pixel_values: Tensor, grids: Sequence[Grid]) -> Tensor:
        """Encode packed images.

        Args:
            pixel_values: (N, 3, patch, patch), the patches of all images, each in raster order.
            grids: (rows, columns) of each image, both even; their products add up to N.

        Returns:
            (N, D) features, one a patch.
        """
        return last(self.states(pixel_values, grids))

    def states(self, pixel_values: Tensor, grids: Sequence[Grid]) -> Iterator[Tensor]:
        """(N, D) each: the patches behind every block, one block after the other, and last the features."""
        x = self.patch_embed(pixel_values, grids)
        cos, sin = rotary_2d(grids, self.config.head_dim, x.device)
        return self.encoder.states(x, cos, sin, grids)


class Projector(nn.Module):
    """Merges every 2x2 neighbourhood of patches into one embedding of the decoder's width."""

    def __init__(self, config: VisionConfig, text_hidden_size: int) -> None:
        super().__init__()
        self.merge = config.merge_kernel_size
        merged = config.hidden_size * self.merge[0] * self.merge[1]
        self.pre_norm = nn.LayerNorm(config.hidden_size)
        self.linear_1 = Linear(merged, merged)
        self.linear_2 = Linear(merged, text_hidden_size)

    def forward(self, features: Tensor, grids: Sequence[Grid]) -> Tensor:
        """(N, D) patch features to (M, text hidden): slots top left, top right, bottom left, bottom right."""
        features = self.pre_norm(features)
        merged: list[Tensor] = []
        for image, (rows, columns) in zip(
            features.split([rows * columns for rows, columns in grids]), grids, strict=True
        ):
            down, across = self.merge
            blocks = image.view(rows // down, down, columns // across, across, -1).transpose(1, 2)
            merged.append(blocks.reshape(rows // down * (columns // across), -1))
        return self.linear_2(F.gelu(self.linear_1(torch.cat(merged))))
