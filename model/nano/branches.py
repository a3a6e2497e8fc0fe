"""Many short continuations of one prefix, in one pass: how nano is taught many things about one picture.

The prefix (system text and picture) is computed once; every branch attends to it and, causally, to itself. The result
equals running each branch behind the prefix on its own.
Shapes, in the order of the axes: B prefixes of P tokens, Q branches each of T tokens, D hidden width, H heads.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from model.decoder import Decoder, DecoderLayer, LatentAttention, rotary_1d

GUIDED_HEAD = 0
"""The head whose attention is shown where the label is."""


@dataclass(frozen=True, slots=True)
class Branches:
    """What the decoder made of the branches."""

    hidden: Tensor
    """(B, Q, T, D), normalised."""
    found: Tensor
    """(B, Q, T, D), as it leaves the first guided layer."""
    attention: list[Tensor]
    """For each guided layer, what the guided head pays attention to: (B, Q, T, P) natural-log probabilities of every
    branch token's look at every prefix token. They do not sum to one: a branch also attends to itself."""


def run_branches(decoder: Decoder, prefix: Tensor, branches: Tensor, guided_layers: tuple[int, ...] = ()) -> Branches:
    """Run the decoder over prefixes and their branches.

    Args:
        decoder: without a cache, on the CPU.
        prefix: (B, P, D) embeddings.
        branches: (B, Q, T, D) embeddings; shorter ones are padded behind their end, which causality makes harmless.
        guided_layers: indices of the layers whose attention is returned.
    """
    config = decoder.config
    batch, queries, tokens, _ = branches.shape
    length = prefix.shape[1]
    positions = torch.arange(length + tokens).unsqueeze(0)
    cos, sin = rotary_1d(positions, config.qk_rope_head_dim, config.rope_theta)
    before, behind = (cos[:, :length], sin[:, :length]), (cos[:, length:], sin[:, length:])
    mask = torch.ones(tokens, length + tokens, dtype=torch.bool).tril(length)

    x = branches.flatten(0, 1)  # (B * Q, T, D)
    attention: list[Tensor] = []
    found = x
    last = len(decoder.layers) - 1
    for number, layer in enumerate(decoder.layers):
        assert isinstance(layer, DecoderLayer)
        attend = layer.self_attn
        normed = layer.input_layernorm(prefix)
        rows = attend.rows(normed, *before)
        shared_k, shared_v = attend.expand(rows)
        if number != last:  # nothing reads the prefix behind the last layer
            prefix = prefix + _attend(attend, attend.queries(normed, *before), shared_k, shared_v, None)
            prefix = prefix + layer.mlp(layer.post_attention_layernorm(prefix))

        normed = layer.input_layernorm(x)
        q = attend.queries(normed, *behind)
        own_k, own_v = attend.expand(attend.rows(normed, *behind))
        k, v = (
            torch.cat([shared.repeat_interleave(queries, dim=0), own], dim=2)
            for shared, own in ((shared_k, own_k), (shared_v, own_v))
        )
        if number in guided_layers:
            scores = q[:, GUIDED_HEAD] @ k[:, GUIDED_HEAD].transpose(-1, -2) * config.qk_head_dim**-0.5
            log_probabilities = scores.masked_fill(~mask, float("-inf")).log_softmax(-1)
            attention.append(log_probabilities[..., :length].unflatten(0, (batch, queries)))
        x = x + _attend(attend, q, k, v, mask)
        x = x + layer.mlp(layer.post_attention_layernorm(x))
        if number in guided_layers[:1]:
            found = x
    hidden = decoder.norm(x)
    return Branches(hidden.unflatten(0, (batch, queries)), found.unflatten(0, (batch, queries)), attention)


def _attend(attend: LatentAttention, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
    return attend.o_proj(attended.transpose(1, 2).flatten(2))
