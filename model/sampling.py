"""How the next token is chosen from logits. Shapes: B sequences, V vocabulary."""

from __future__ import annotations

import torch
from torch import Tensor

from model.base import Sampling


class Sampler:
    """Draws tokens as a `Sampling` says; its draws follow from the seed and the order of the calls."""

    def __init__(self, sampling: Sampling, device: torch.device) -> None:
        self._sampling = sampling
        self._generator = torch.Generator(device)
        if sampling.seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed(sampling.seed)

    def __call__(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (B,) for logits (B, V), and their log-probabilities (B,) before temperature and top_p."""
        tokens = logits.argmax(-1) if self._sampling.temperature == 0 else self._draw(logits)
        chosen = logits.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
        return tokens, chosen - logits.logsumexp(-1)

    def _draw(self, logits: Tensor) -> Tensor:
        probabilities, tokens = (logits / self._sampling.temperature).softmax(-1).sort(-1, descending=True)
        # The nucleus: the most probable tokens up to and with the one that reaches top_p.
        outside = probabilities.cumsum(-1) - probabilities >= self._sampling.top_p
        outside[:, 0] = False
        rank = torch.multinomial(probabilities.masked_fill(outside, 0.0), 1, generator=self._generator)
        return tokens.gather(-1, rank).squeeze(-1)
