"""Scaled dot-product attention, in the way that is fast on this machine.

Shapes, in the order of the axes: B sequences, H heads, T queries, S keys, K and V widths of keys and of values. Knows
tensors; knows no layer.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F

from model.linear import is_widened, multiplies_tiles

BLOCK: Final = 256
"""Queries whose scores are computed at once: with those of one head they stay in the cache of a core."""
FEW_QUERIES: Final = 32
"""So many are left to torch: the loop over the heads would cost more than it saves."""


def attend(q: Tensor, k: Tensor, v: Tensor, *, causal: bool) -> Tensor:
    """Attention of q (B, H, T, K) to k (B, H, S, K) and v (B, H, S, V): (B, H, T, V), of q's type.

    No more scores are kept than those of a block of queries, but for some queries behind many keys on a GPU, and for
    gradients in bfloat16 on a CPU.

    Args:
        q: queries.
        k: keys.
        v: values; V is at most K.
        causal: the queries belong to the last T keys, and look at no later ones.
    """
    if is_widened(q):
        return attend(q.float(), k.float(), v.float(), causal=causal).to(q.dtype)
    queries, keys, width = q.shape[2], k.shape[2], v.shape[3]
    if q.dtype == torch.bfloat16 and q.device.type == "cpu":
        if torch.is_grad_enabled():
            return _as_products(q, k, v, causal)
        behind_others = causal and queries < keys
        if queries > FEW_QUERIES and (behind_others or not multiplies_tiles()):
            return _by_blocks(q, k, v, causal)
    mask = None
    if causal and 1 < queries < keys:
        mask = torch.ones(queries, keys, dtype=torch.bool, device=q.device).tril(keys - queries)
    if width < q.shape[3]:  # else torch computes all scores at once, three times slower at 4,096 tokens
        v = F.pad(v, (0, q.shape[3] - width))
    square = causal and queries == keys
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=square)[..., :width]


def _as_products(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """With gradients: 1.4 times as fast as torch's own products, which also look for queries without any key."""
    with torch.autocast("cpu", enabled=False):  # which would compute the softmax in float32
        k, v = k.to(q.dtype), v.to(q.dtype)
        scores = q * q.shape[3] ** -0.5 @ k.transpose(2, 3)
        if causal:
            queries, keys = scores.shape[2:]
            later = torch.ones(queries, keys, dtype=torch.bool).triu(keys - queries + 1)
            scores = scores + torch.zeros(queries, keys, dtype=scores.dtype).masked_fill_(later, float("-inf"))
        return scores.softmax(-1) @ v


def _by_blocks(q: Tensor, k: Tensor, v: Tensor, causal: bool) -> Tensor:
    """Head by head, as plain products: on CPUs with arithmetic for bfloat16 four times as fast as torch's own kernel.

    With matrix units that kernel is up to twice as fast as this, unless it is given a mask. Scores are rounded to
    bfloat16, as in the published eager code.
    """
    batch, heads, queries, _ = q.shape
    keys = k.shape[2]
    q = q * q.shape[3] ** -0.5
    out = q.new_empty(batch, heads, queries, v.shape[3])
    for b in range(batch):
        for h in range(heads):
            for begin in range(0, queries, BLOCK):
                end = min(begin + BLOCK, queries)
                seen = keys - queries + end if causal else keys
                scores = q[b, h, begin:end] @ k[b, h, :seen].T
                if causal:
                    own = scores[:, seen - (end - begin) :]
                    own.masked_fill_(torch.ones_like(own, dtype=torch.bool).triu(1), float("-inf"))
                out[b, h, begin:end] = scores.softmax(-1) @ v[b, h, :seen]
    return out
