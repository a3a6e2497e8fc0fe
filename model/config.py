"""The shape of a Kimi-VL checkpoint, as its published `config.json` states it.

Knows the names and meaning of the configuration values; knows nothing of tensors or files.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Section(BaseModel):
    # The published file also holds training-only and library-specific keys.
    model_config = ConfigDict(frozen=True, extra="ignore")


class VisionConfig(_Section):
    """MoonViT: the `vision_config` section."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    patch_size: int = 14
    init_pos_emb_height: int = 64
    init_pos_emb_width: int = 64
    merge_kernel_size: tuple[int, int] = (2, 2)

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_attention_heads


class TextConfig(_Section):
    """The decoder (DeepSeek-V3 layout, as in Moonlight): the `text_config` section."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    """Width of the dense SwiGLU of the first `first_k_dense_replace` layers."""
    kv_lora_rank: int
    qk_nope_head_dim: int
    qk_rope_head_dim: int
    v_head_dim: int
    n_routed_experts: int
    num_experts_per_tok: int
    n_shared_experts: int
    moe_intermediate_size: int
    first_k_dense_replace: int = 1
    routed_scaling_factor: float = 1.0
    norm_topk_prob: bool = True
    rms_norm_eps: float = 1e-5
    rope_theta: float = 10000.0
    max_position_embeddings: int = 131072

    # What the decoder takes for granted; a checkpoint that says otherwise would be computed wrongly, so it is refused.
    q_lora_rank: None = None
    rope_scaling: None = None
    n_group: Literal[1] = 1
    topk_group: Literal[1] = 1
    moe_layer_freq: Literal[1] = 1
    scoring_func: Literal["sigmoid"] = "sigmoid"
    topk_method: Literal["noaux_tc"] = "noaux_tc"
    hidden_act: Literal["silu"] = "silu"
    attention_bias: Literal[False] = False
    tie_word_embeddings: Literal[False] = False

    @property
    def qk_head_dim(self) -> int:
        return self.qk_nope_head_dim + self.qk_rope_head_dim


class PackedFormat(_Section):
    """How the weights of a folder that `deixis model pack` wrote are packed: its `quantization_config` section."""

    quant_method: Literal["deixis"] = "deixis"
    precision: Literal["int8", "int4"]
    nibble_order: tuple[int, ...]
    """As `model.quantize.nibble_order` gave it on the CPU that they were packed for."""


class KimiVLConfig(_Section):
    """The whole of `config.json`."""

    model_type: Literal["kimi_vl"] = "kimi_vl"
    architectures: tuple[Literal["KimiVLForConditionalGeneration"]] = ("KimiVLForConditionalGeneration",)
    vision: VisionConfig = Field(alias="vision_config")
    text: TextConfig = Field(alias="text_config")
    image_token_id: int = Field(alias="media_placeholder_token_id")
    """Each such token in the prompt is replaced by one merged image feature."""
    packed: PackedFormat | None = Field(default=None, alias="quantization_config")
    """None for published weights."""
