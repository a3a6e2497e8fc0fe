"""The decoder: multi-head latent attention and a mixture of experts (Moonlight, in the DeepSeek-V3 layout).

Shapes, in the order of the axes: B sequences, T new tokens, S tokens seen so far with them, D hidden width, H heads.
Knows nothing of images or text: embeddings in, hidden states out.
Source of the architecture: the published modelling code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.attention import attend
from model.config import TextConfig
from model.linear import Linear, is_widened, linear
from model.vision import rotate_pairs

ROUNDED = 64
"""A decoding step reads a multiple of so many cached rows: CPUs compile kernels, in milliseconds, for each number."""
LATENT_NORM_EPS = 1e-6  # the published code uses this for kv_a_layernorm, whatever the config says


class LatentCache:
    """What attention remembers of a token in a layer: the normalised latent and the rotated shared key."""

    def __init__(
        self, config: TextConfig, batch: int, capacity: int, *, dtype: torch.dtype, device: torch.device
    ) -> None:
        width = config.kv_lora_rank + config.qk_rope_head_dim
        self._rows = torch.zeros(config.num_hidden_layers, batch, capacity, width, dtype=dtype, device=device)
        self.length = 0
        """Tokens stored for every sequence, S."""

    @property
    def capacity(self) -> int:
        return self._rows.shape[2]

    def extend(self, layer: int, rows: Tensor) -> Tensor:
        """Store the new rows (B, T, latent + rope) of a layer behind the old ones; return all of them (B, S, ...)."""
        end = self.length + rows.shape[1]
        self._rows[layer, :, self.length : end] = rows
        return self._rows[layer, :, :end]

    def rounded(self, layer: int, rows: int) -> Tensor:
        """Of a layer at least so many rows (B, >= rows, ...), a number that seldom changes; those behind are finite."""
        return self._rows[layer, :, : -(-rows // ROUNDED) * ROUNDED]

    def advance(self, tokens: int) -> None:
        """Count tokens that every layer has stored."""
        self.length += tokens

    def keep(self, length: int, capacity: int) -> None:
        """Forget the tokens behind the first `length`, and make room for `capacity` of them."""
        self.length = length
        if capacity > self.capacity:
            layers, batch, _, width = self._rows.shape
            grown = self._rows.new_zeros(layers, batch, capacity, width)
            grown[:, :, :length] = self._rows[:, :, :length]
            self._rows = grown


class RMSNorm(nn.Module):
    """Division by the root mean square, taken in fp32."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x.float(), self.weight.shape, None, self.eps).to(x.dtype) * self.weight


def rotary_1d(positions: Tensor, dim: int, theta: float) -> tuple[Tensor, Tensor]:
    """Cosine and sine (B, T, dim / 2) for positions (B, T)."""
    frequencies = theta ** -(torch.arange(0, dim, 2, device=positions.device, dtype=torch.float32) / dim)
    angle = positions.unsqueeze(-1).float() * frequencies
    return angle.cos(), angle.sin()


class KeyValueUp(Linear):
    """Keys, n wide, without their rotated part, and values, v wide, of all heads out of latents, L wide."""

    def __init__(self, config: TextConfig) -> None:
        heads, widths = config.num_attention_heads, (config.qk_nope_head_dim, config.v_head_dim)
        super().__init__(config.kv_lora_rank, heads * sum(widths), bias=False)
        self.heads, self.widths = heads, widths
        self.laid_out: tuple[Tensor, Tensor] | None = None
        """What `lay_out` keeps."""

    def lay_out(self) -> None:
        """Keep the matrices of keys (H, L, n) and values (H, v, L) beside the weight, each by itself.

        In bfloat16 a product is fastest with such a matrix on its left, and would copy a part of the weight first.
        """
        keys, values = self._matrices(self.weight.dtype)
        self.laid_out = keys.transpose(1, 2).contiguous(), values.contiguous()

    def queries_of_latents(self, queries: Tensor) -> Tensor:
        """What multiplies latents as `queries` (B, H, n) multiply the keys read out of them: (B, H, L)."""
        if self.laid_out is not None and queries.dtype == self.weight.dtype:
            return torch.bmm(self.laid_out[0], queries.permute(1, 2, 0)).permute(2, 0, 1)
        return torch.bmm(queries.transpose(0, 1), self._matrices(queries.dtype)[0]).transpose(0, 1)

    def values_of_latents(self, latents: Tensor) -> Tensor:
        """The values (B, H, v) of each head's own latents (B, H, L)."""
        if self.laid_out is not None and latents.dtype == self.weight.dtype:
            return torch.bmm(self.laid_out[1], latents.permute(1, 2, 0)).permute(2, 0, 1)
        return torch.bmm(latents.transpose(0, 1), self._matrices(latents.dtype)[1].transpose(1, 2)).transpose(0, 1)

    def _matrices(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Those of the keys (H, n, L) and of the values (H, v, L), parts of the weight."""
        keys, values = self.weight.to(dtype).unflatten(0, (self.heads, -1)).split(self.widths, dim=1)
        return keys, values


class LatentAttention(nn.Module):
    """Multi-head latent attention (MLA): keys and values of all heads are read out of one small latent a token."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        heads, hidden = config.num_attention_heads, config.hidden_size
        self.q_proj = Linear(hidden, heads * config.qk_head_dim, bias=False)
        self.kv_a_proj_with_mqa = Linear(hidden, config.kv_lora_rank + config.qk_rope_head_dim, bias=False)
        self.kv_a_layernorm = RMSNorm(config.kv_lora_rank, LATENT_NORM_EPS)
        self.kv_b_proj = KeyValueUp(config)
        self.o_proj = Linear(heads * config.v_head_dim, hidden, bias=False)

    def queries(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, H, T, nope + rope)."""
        c = self.config
        q = self.q_proj(x).unflatten(-1, (c.num_attention_heads, -1)).transpose(1, 2)
        nope, rope = q.split([c.qk_nope_head_dim, c.qk_rope_head_dim], dim=-1)
        return torch.cat([nope, rotate_pairs(rope, cos.unsqueeze(1), sin.unsqueeze(1))], dim=-1)

    def rows(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """What the cache keeps of x: (B, T, latent + rope)."""
        c = self.config
        latent, rope = self.kv_a_proj_with_mqa(x).split([c.kv_lora_rank, c.qk_rope_head_dim], dim=-1)
        return torch.cat([self.kv_a_layernorm(latent), rotate_pairs(rope, cos, sin)], dim=-1)

    def expand(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Keys (B, H, S, nope + rope) and values (B, H, S, v) of cached rows."""
        c = self.config
        latent, rope = rows.split([c.kv_lora_rank, c.qk_rope_head_dim], dim=-1)
        expanded = self.kv_b_proj(latent).unflatten(-1, (c.num_attention_heads, -1)).transpose(1, 2)
        nope, values = expanded.split([c.qk_nope_head_dim, c.v_head_dim], dim=-1)
        shared = rope.unsqueeze(1).expand(-1, c.num_attention_heads, -1, -1)
        return torch.cat([nope, shared], dim=-1), values

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: LatentCache | None, layer: int) -> Tensor:
        q = self.queries(x, cos, sin)
        rows = self.rows(x, cos, sin)
        if cache is not None:
            rows = cache.extend(layer, rows)
        if x.shape[1] == 1:
            seen = rows.shape[1]
            rows = rows if cache is None else cache.rounded(layer, seen)
            return self.o_proj(self.attend_latents(q.squeeze(2), rows, seen).flatten(1).unsqueeze(1))
        k, v = self.expand(rows)
        attended = attend(q, k, v, causal=True)
        return self.o_proj(attended.transpose(1, 2).flatten(2))

    def attend_latents(self, q: Tensor, rows: Tensor, seen: int) -> Tensor:
        """What one token a sequence, q (B, H, nope + rope), reads from the first rows (B, S, latent + rope): (B, H, v).

        Equal to attending to the expanded keys and values, but kv_b_proj is applied to the query and to the result
        instead of to every row seen so far: a decoding step need not expand all of them.
        """
        c = self.config
        fast = torch.float32 if is_widened(rows) else rows.dtype
        nope, rope = q.to(fast).split([c.qk_nope_head_dim, c.qk_rope_head_dim], dim=-1)
        latent_q = torch.cat([self.kv_b_proj.queries_of_latents(nope), rope], dim=-1) * c.qk_head_dim**-0.5
        read: list[Tensor] = []
        # Sequence by sequence: a batched product would first copy all of these rows.
        for of_sequence, row in zip(latent_q, rows.to(fast), strict=True):
            scores = (row @ of_sequence.T).T  # CPUs read a long matrix faster on this side
            scores[:, seen:] = float("-inf")
            attention = scores.softmax(-1, dtype=torch.float32).to(fast)
            read.append(attention @ row[:, : c.kv_lora_rank])
        return self.kv_b_proj.values_of_latents(torch.stack(read)).to(q.dtype)


class MLP(nn.Module):
    """SwiGLU."""

    def __init__(self, hidden: int, intermediate: int) -> None:
        super().__init__()
        self.gate_proj = Linear(hidden, intermediate, bias=False)
        self.up_proj = Linear(hidden, intermediate, bias=False)
        self.down_proj = Linear(intermediate, hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Router(nn.Module):
    """Chooses each token's experts by sigmoid affinity; a bias, learned without gradients, balances the choice only."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        self.weight = nn.Parameter(torch.empty(config.n_routed_experts, config.hidden_size))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)
        self.e_score_correction_bias = nn.Buffer(torch.zeros(config.n_routed_experts))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """For tokens (T, D): the chosen experts (T, k) and their weights (T, k), fp32."""
        scores = F.linear(x.float(), self.weight.float()).sigmoid()
        balanced = scores + self.e_score_correction_bias
        chosen = balanced.topk(self.config.num_experts_per_tok, dim=-1, sorted=False).indices
        weights = scores.gather(-1, chosen)
        if self.config.norm_topk_prob:
            weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
        return chosen, weights * self.config.routed_scaling_factor


class RoutedExperts(nn.Module):
    """SwiGLU experts of which each token passes a few; how their weights are kept is a subclass's matter."""

    def __init__(self, experts: int) -> None:
        super().__init__()
        self.experts = experts

    def multiply_gate_up(self, expert: int, x: Tensor) -> Tensor:
        """Gate and up projections (T, 2W) of an expert for tokens (T, D)."""
        raise NotImplementedError

    def multiply_down(self, expert: int, x: Tensor) -> Tensor:
        """Down projection (T, D) of an expert for (T, W)."""
        raise NotImplementedError

    def forward(self, x: Tensor, chosen: Tensor, weights: Tensor) -> Tensor:
        """Sum of the chosen experts' outputs for tokens (T, D), weighted."""
        if x.shape[0] == 1:  # sorting takes longer than an expert then
            return weights.to(x.dtype) @ torch.cat([self._through(expert, x) for expert in chosen[0].tolist()])
        order = chosen.flatten().argsort(stable=True)
        counts = chosen.flatten().bincount(minlength=self.experts).tolist()
        groups = x[order // chosen.shape[1]].split(counts)
        outputs = [self._through(expert, mine) for expert, mine in enumerate(groups) if mine.shape[0]]
        by_token = torch.cat(outputs)[order.argsort()].unflatten(0, chosen.shape)
        return torch.einsum("tkd,tk->td", by_token, weights.to(x.dtype))

    def _through(self, expert: int, x: Tensor) -> Tensor:
        gate, up = self.multiply_gate_up(expert, x).chunk(2, dim=-1)
        return self.multiply_down(expert, F.silu(gate) * up)


class Experts(RoutedExperts):
    """The experts stacked: gate and up in one matrix an expert."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__(config.n_routed_experts)
        experts, hidden, width = config.n_routed_experts, config.hidden_size, config.moe_intermediate_size
        self.gate_up = nn.Parameter(torch.empty(experts, 2 * width, hidden))
        self.down = nn.Parameter(torch.empty(experts, hidden, width))
        for weight in (self.gate_up, self.down):
            nn.init.uniform_(weight, -(weight.shape[-1] ** -0.5), weight.shape[-1] ** -0.5)

    def multiply_gate_up(self, expert: int, x: Tensor) -> Tensor:
        return linear(x, self.gate_up[expert])

    def multiply_down(self, expert: int, x: Tensor) -> Tensor:
        return linear(x, self.down[expert])


class MoE(nn.Module):
    """A router over experts, plus a shared MLP that every token passes."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.gate = Router(config)
        self.experts = Experts(config)
        self.shared_experts = MLP(config.hidden_size, config.moe_intermediate_size * config.n_shared_experts)

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(0, -2)
        chosen, weights = self.gate(tokens)
        return self.experts(tokens, chosen, weights).view_as(x) + self.shared_experts(x)


class DecoderLayer(nn.Module):
    """Pre-norm attention and a dense or routed MLP."""

    def __init__(self, config: TextConfig, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.self_attn = LatentAttention(config)
        dense = layer < config.first_k_dense_replace
        self.mlp = MLP(config.hidden_size, config.intermediate_size) if dense else MoE(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: LatentCache | None) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, cache, self.layer)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    """Embedding table, decoder layers and final norm; the head that gives logits stands beside it in `KimiVL`."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(DecoderLayer(config, layer) for layer in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(
        self,
        embeddings: Tensor,
        positions: Tensor | None = None,
        cache: LatentCache | None = None,
    ) -> Tensor:
        """Run the layers over new tokens.

        Args:
            embeddings: (B, T, D).
            positions: (B, T); by default they continue behind what the cache holds.
            cache: extended by the new tokens.

        Returns:
            (B, T, D) normalised hidden states.
        """
        tokens = embeddings.shape[1]
        seen = 0 if cache is None else cache.length
        if positions is None:
            positions = torch.arange(seen, seen + tokens, device=embeddings.device).unsqueeze(0)
        cos, sin = rotary_1d(positions, self.config.qk_rope_head_dim, self.config.rope_theta)
        x = embeddings
        for layer in self.layers:
            x = layer(x, cos, sin, cache)
        if cache is not None:
            cache.advance(tokens)
        return self.norm(x)
