"""What nano is: the sizes of a Kimi-VL in miniature, as its published-layout `config.json` states them."""

from __future__ import annotations

from typing import Final

import torch

from model.config import KimiVLConfig, TextConfig, VisionConfig
from model.vision import MoonViT

TILE: Final = (448, 336)
"""Width and height in px of the pictures that nano points in: 24 x 32 patches, 192 merged tokens."""

VISION: Final = {
    "model_type": "moonvit",
    "patch_size": 14,
    "hidden_size": 192,
    "num_hidden_layers": 6,
    "num_attention_heads": 3,
    "intermediate_size": 768,
    "init_pos_emb_height": 24,
    "init_pos_emb_width": 32,
    "merge_kernel_size": [2, 2],
}

TEXT: Final = {
    "model_type": "deepseek_v3",
    "hidden_size": 192,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 512,
    "kv_lora_rank": 128,
    "q_lora_rank": None,
    "qk_nope_head_dim": 48,
    "qk_rope_head_dim": 16,
    "v_head_dim": 64,
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "n_shared_experts": 1,
    "moe_intermediate_size": 192,
    "first_k_dense_replace": 1,
    "routed_scaling_factor": 1.0,
    "norm_topk_prob": True,
    "scoring_func": "sigmoid",
    "topk_method": "noaux_tc",
    "hidden_act": "silu",
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": False,
}


def configuration(vocab_size: int, image_token_id: int) -> KimiVLConfig:
    """The whole configuration, for a vocabulary."""
    return KimiVLConfig(
        vision_config=VisionConfig.model_validate(VISION),
        text_config=TextConfig.model_validate({**TEXT, "vocab_size": vocab_size}),
        media_placeholder_token_id=image_token_id,
    )


def initialise_positions(vision: MoonViT) -> None:
    """Start the learned position table as sines and cosines of the place in the picture: pointing begins there."""
    table = vision.patch_embed.pos_emb.weight
    rows, columns, dim = table.shape
    y = ((torch.arange(rows) + 0.5) / rows)[:, None, None].expand(rows, columns, 1)
    x = ((torch.arange(columns) + 0.5) / columns)[None, :, None].expand(rows, columns, 1)
    waves = torch.pi * 2.0 ** torch.linspace(0, 4, dim // 4)
    with torch.no_grad():
        table.copy_(
            0.3 * torch.cat([(x * waves).sin(), (x * waves).cos(), (y * waves).sin(), (y * waves).cos()], dim=-1)
        )
