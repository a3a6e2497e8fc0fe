"""Our network against another one: transformers' Kimi-K2.5, which for still pictures computes what Kimi-VL does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from model.checkpoint import save_checkpoint
from model.config import KimiVLConfig
from model.kimi_vl import KimiVL

transformers = pytest.importorskip("transformers")

TEXT = {
    "vocab_size": 600,
    "hidden_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 3,
    "intermediate_size": 80,
    "kv_lora_rank": 20,
    "qk_nope_head_dim": 12,
    "qk_rope_head_dim": 8,
    "v_head_dim": 14,
    "n_routed_experts": 6,
    "num_experts_per_tok": 2,
    "n_shared_experts": 1,
    "moe_intermediate_size": 28,
    "first_k_dense_replace": 2,
    "routed_scaling_factor": 1.7,
    "rms_norm_eps": 1e-5,
    "rope_theta": 50000.0,
}
VISION = {
    "hidden_size": 72,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "intermediate_size": 110,
    "init_pos_emb_height": 10,
    "init_pos_emb_width": 10,
}
IMAGE_TOKEN = 500
GRIDS = [(4, 6), (10, 10), (2, 14)]


def random_network() -> KimiVL:
    torch.manual_seed(3)
    network = KimiVL(
        KimiVLConfig.model_validate(
            {"text_config": TEXT, "vision_config": VISION, "media_placeholder_token_id": IMAGE_TOKEN}
        )
    )
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if "norm" in name or name.endswith(("bias", "e_score_correction_bias")):  # else ones and zeros
                tensor.add_(torch.randn_like(tensor) * 0.2)
    return network.eval()


def load_in_transformers(folder: Path) -> torch.nn.Module:
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": 1}))
    vision = {name.removeprefix("init_"): value for name, value in VISION.items()}
    config = transformers.Kimi_K25Config(
        text_config={**TEXT, "model_type": "deepseek_v3", "q_lora_rank": None, "num_key_value_heads": 3, "n_group": 1}
        | {"topk_group": 1, "norm_topk_prob": True, "num_mtp_layers": 0, "tie_word_embeddings": False},
        vision_config={**vision, "patch_size": 14, "merge_kernel_size": [2, 2]},
        projection_hidden_size=VISION["hidden_size"],
        image_token_id=IMAGE_TOKEN,
        video_token_id=TEXT["vocab_size"],
        tie_word_embeddings=False,
    )
    loaded, information = transformers.Kimi_K25ForConditionalGeneration.from_pretrained(
        folder,
        config=config,
        dtype=torch.float32,
        key_mapping={
            r"^multi_modal_projector\.linear_1": "mm_projector.proj.0",
            r"^multi_modal_projector\.linear_2": "mm_projector.proj.2",
            r"^multi_modal_projector\.pre_norm": "mm_projector.pre_norm",
        },
        output_loading_info=True,
    )
    assert not information["missing_keys"]
    assert not information["unexpected_keys"]
    return loaded.eval()


@pytest.mark.filterwarnings("ignore")
def test_logits_and_features_equal_those_of_transformers(tmp_path: Path) -> None:
    network = random_network()
    save_checkpoint(network, tmp_path, torch.float32)
    other = load_in_transformers(tmp_path)

    patches = [rows * columns for rows, columns in GRIDS]
    pixels = torch.randn(sum(patches), 3, 14, 14)
    ids = [7, 8]
    for count in patches:
        ids += [11, *[IMAGE_TOKEN] * (count // 4), 12, 13]
    input_ids = torch.tensor(ids)
    with torch.inference_mode():
        ours = network(input_ids, pixels, GRIDS)
        theirs = other(
            input_ids=input_ids[None],
            pixel_values=pixels,
            image_grid_thw=torch.tensor([(1, *grid) for grid in GRIDS]),
        ).logits[0]
        text = torch.arange(40) * 7
        ours_text, theirs_text = network(text), other(input_ids=text[None]).logits[0]
    assert ours.shape == theirs.shape
    assert ours.std() > 0.1
    assert (ours - theirs).abs().max() < 1e-4
    assert (ours_text - theirs_text).abs().max() < 1e-4
