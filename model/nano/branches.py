"""Many continuations of one prefix, in one pass: how nano is taught many things about one picture.

The prefix (system text and picture) is computed once; every branch attends to it and, causally, to itself. The result
equals running each branch behind the prefix on its own.
Shapes, in the order of the axes: B prefixes of P tokens, Q branches each of T tokens, D hidden width, H heads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model.attention import attend
from model.decoder import Decoder, DecoderLayer, LatentAttention, rotary_1d

GUIDED_HEAD = 0
"""The head whose attention is shown where the label is."""


@dataclass(frozen=True, slots=True)
class Branches:
    """What the decoder made of the branches."""

    hidden: Tensor
    """(B, Q, T, D), normalised."""
    spelled: Tensor
    """(B, Q, T, D), as it enters the first guided layer."""
    found: Tensor
    """(B, Q, T, D), as it leaves the first guided layer."""
    attention: list[Tensor]
    """For each guided layer, what the guided head pays attention to: (B, Q, T, P) natural-log probabilities of every
    branch token's look at every prefix token. They do not sum to one: a branch also attends to itself."""
    rivals: Tensor | None
    """(B, Q, T, B, P) how the tokens of every prefix would appeal to the guided head of the first guided layer, on the
    scale of its own attention; None without guided layers. Where it sums to more than one, another prefix wins."""


def run_branches(
    decoder: Decoder, prefix: Tensor, groups: Sequence[Tensor], guided_layers: tuple[int, ...] = ()
) -> list[Branches]:
    """Run the decoder over prefixes and their branches.

    Args:
        decoder: without a cache, on the CPU.
        prefix: (B, P, D) embeddings.
        groups: of branches of like length, each (B, Q, T, D) embeddings with its own Q and T. Shorter branches are
            padded behind their end, which causality makes harmless.
        guided_layers: indices of the layers whose attention is returned.

    Returns:
        One for each group.
    """
    config = decoder.config
    batch, length, _ = prefix.shape
    positions = torch.arange(length + max(group.shape[2] for group in groups)).unsqueeze(0)
    cos, sin = rotary_1d(positions, config.qk_rope_head_dim, config.rope_theta)
    before = cos[:, :length], sin[:, :length]

    xs = [group.flatten(0, 1) for group in groups]  # (B * Q, T, D) each
    spelled, found = list(xs), list(xs)
    attention: list[list[Tensor]] = [[] for _ in groups]
    rivals: list[Tensor | None] = [None for _ in groups]
    last = len(decoder.layers) - 1
    for number, layer in enumerate(decoder.layers):
        assert isinstance(layer, DecoderLayer)
        latent = layer.self_attn
        normed = layer.input_layernorm(prefix)
        shared = latent.expand(latent.rows(normed, *before))
        if number != last:  # nothing reads the prefix behind the last layer
            prefix = prefix + _attended(latent, latent.queries(normed, *before), *shared)
            prefix = prefix + layer.mlp(layer.post_attention_layernorm(prefix))

        if number in guided_layers[:1]:
            spelled = list(xs)
        for which, x in enumerate(xs):
            queries, tokens = x.shape[0] // batch, x.shape[1]
            behind = cos[:, length : length + tokens], sin[:, length : length + tokens]
            normed = layer.input_layernorm(x)
            q = latent.queries(normed, *behind)
            own = latent.expand(latent.rows(normed, *behind))
            k, v = (
                torch.cat([ours.repeat_interleave(queries, dim=0), theirs], dim=2)
                for ours, theirs in zip(shared, own, strict=True)
            )
            if number in guided_layers:
                scores = (q[:, GUIDED_HEAD] @ k[:, GUIDED_HEAD].transpose(-1, -2)).float() * config.qk_head_dim**-0.5
                later = torch.ones(tokens, length + tokens, dtype=torch.bool).triu(length + 1)
                scores = scores.masked_fill(later, float("-inf"))
                total = scores.logsumexp(-1, keepdim=True)
                attention[which].append((scores - total)[..., :length].unflatten(0, (batch, queries)))
                if number == guided_layers[0]:
                    appeal = (q[:, GUIDED_HEAD] @ shared[0][:, GUIDED_HEAD].flatten(0, 1).T).float()
                    everywhere = appeal * config.qk_head_dim**-0.5
                    rivals[which] = (everywhere - total).unflatten(0, (batch, queries)).unflatten(-1, (batch, length))
            x = x + _attended(latent, q, k, v)
            xs[which] = x + layer.mlp(layer.post_attention_layernorm(x))
        if number in guided_layers[:1]:
            found = list(xs)
    return [
        Branches(
            hidden=decoder.norm(x).unflatten(0, (batch, -1)),
            spelled=before_looking.unflatten(0, (batch, -1)),
            found=after_looking.unflatten(0, (batch, -1)),
            attention=looks,
            rivals=others,
        )
        for x, before_looking, after_looking, looks, others in zip(xs, spelled, found, attention, rivals, strict=True)
    ]


def _attended(layer: LatentAttention, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return layer.o_proj(attend(q, k, v, causal=True).transpose(1, 2).flatten(2))
