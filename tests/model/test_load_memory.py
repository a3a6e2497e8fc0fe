"""How much memory loading takes, in a process of its own: the result and little more, whatever the files' size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from model.checkpoint import INDEX, save_checkpoint
from model.config import KimiVLConfig
from model.kimi_vl import KimiVL

SHAPE = {
    "text_config": {
        "vocab_size": 2048, "hidden_size": 512, "num_hidden_layers": 3, "num_attention_heads": 4,
        "intermediate_size": 1024, "kv_lora_rank": 64, "qk_nope_head_dim": 32, "qk_rope_head_dim": 16, "v_head_dim": 32,
        "n_routed_experts": 64, "num_experts_per_tok": 6, "n_shared_experts": 2, "moe_intermediate_size": 512,
    },
    "vision_config": {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64},
    "media_placeholder_token_id": 7,
}  # fmt: skip
SLACK_MB = 64
"""Beside the result: the largest tensor while it is converted, and what libraries allocate when they are first used."""

MEASURE = """
import resource, sys
import torch
from model.config import KimiVLConfig
from model.kimi_vl import KimiVL
from model.layout import lay_out

def peak_mb():
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024

folder, dtype = sys.argv[1], getattr(torch, sys.argv[2])
lay_out(KimiVL.from_pretrained(sys.argv[3], dtype))  # what the libraries need, with the tiny checkpoint
before = peak_mb()
network = KimiVL.from_pretrained(folder, dtype)
size = sum(tensor.nbytes for tensor in network.state_dict().values()) / 2**20
loaded = peak_mb() - before
lay_out(network)
print(size, loaded, peak_mb() - before)
"""


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """425 MB of weights in fp32."""
    folder = tmp_path_factory.mktemp("large")
    torch.manual_seed(0)
    save_checkpoint(KimiVL(KimiVLConfig.model_validate(SHAPE)), folder, torch.float32)
    assert not (folder / INDEX).exists()
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_loading_takes_the_memory_of_the_result(stored: Path, checkpoint: Path, dtype: str) -> None:
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, str(stored), dtype, str(checkpoint)],
        capture_output=True, text=True, check=True, timeout=500,
    )  # fmt: skip
    size_mb, loaded_mb, laid_out_mb = map(float, measured.stdout.split())
    assert size_mb > (400 if dtype == "float32" else 200)
    assert loaded_mb < size_mb + SLACK_MB
    text = SHAPE["text_config"]
    stack = text["n_routed_experts"] * 3 * text["hidden_size"] * text["moe_intermediate_size"] * 2 / 2**20
    assert laid_out_mb < size_mb + stack + SLACK_MB
