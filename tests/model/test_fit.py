"""What fits into memory: the published model's sizes, the choice, and the refusal."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import model.loading
from model.base import ModelUnavailable
from model.checkpoint import read_config
from model.cli import fit
from model.config import KimiVLConfig
from model.decoder import KeyValueUp
from model.fit import GIB, Need, chosen, dtype_of, needs, packing_of
from model.image_processor import ImageProcessor
from model.kimi_vl import KimiVL
from model.layout import lay_out, pays
from model.loading import load_model

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def published(checkpoint: Path, published_config: KimiVLConfig) -> list[Need]:
    return needs(published_config, ImageProcessor.from_pretrained(checkpoint), CPU)


def test_the_published_model_takes_what_its_parameters_take(published: list[Need]) -> None:
    gib = {need.precision: need.weights / GIB for need in published}
    assert gib["fp32"] == pytest.approx(16_407_656_048 * 4 / GIB, rel=1e-6)
    twice = 27 * 512 * 16 * (128 + 128) if pays(torch.bfloat16, CPU) else 0
    assert gib["bf16"] == pytest.approx((16_407_656_048 + twice) * 2 / GIB, rel=1e-4)
    assert 16 < gib["int8"] < 16.5
    assert 9.5 < gib["int4"] < 10.1
    cache = {need.precision: need.cache for need in published}
    assert cache["bf16"] == 16_384 * 27 * 1152  # 1,152 bytes a token and layer


@pytest.mark.parametrize(
    ("free_gib", "precision"), [(200, "bf16"), (33, "bf16"), (24, "int8"), (18, "int8"), (12, "int4")]
)
def test_the_most_exact_that_fits_is_chosen(published: list[Need], free_gib: int, precision: str) -> None:
    assert chosen("Kimi", published, free_gib * GIB).precision == precision


def test_fp32_of_a_large_model_is_only_had_when_asked_for(published: list[Need]) -> None:
    assert chosen("Kimi", published, 200 * GIB, "fp32").precision == "fp32"


@pytest.mark.parametrize("wanted", [None, "bf16", "int4"])
def test_what_is_too_large_is_refused_with_all_sizes(published: list[Need], wanted) -> None:
    with pytest.raises(
        ModelUnavailable, match=r"does not fit.*8\.0 GiB are free.*bf16 takes 3\d\.\d GiB.*int4 takes 1"
    ):
        chosen("Kimi", published, 8 * GIB, wanted)


def test_what_is_counted_is_what_is_loaded(checkpoint: Path) -> None:
    config, processor = read_config(checkpoint), ImageProcessor.from_pretrained(checkpoint)
    for need in needs(config, processor, CPU):
        dtype = dtype_of(need.precision)
        loaded = KimiVL.from_pretrained(checkpoint, dtype, packing=packing_of(need.precision))
        stored = sum(tensor.nbytes for tensor in loaded.state_dict().values())
        lay_out(loaded)
        twice = 0
        for layer in loaded.decoder.layers:
            up = layer.get_submodule("self_attn.kv_b_proj")
            assert isinstance(up, KeyValueUp)
            twice += sum(matrix.nbytes for matrix in up.laid_out or ())
        assert need.weights == stored + twice, need.precision


def test_a_gpu_is_offered_no_packed_weights(checkpoint: Path) -> None:
    possible = needs(read_config(checkpoint), ImageProcessor.from_pretrained(checkpoint), torch.device("cuda"))
    assert [need.precision for need in possible] == ["fp32", "bf16"]


def test_a_small_model_runs_in_fp32(checkpoint: Path) -> None:
    assert load_model(checkpoint).network.dtype == torch.float32


def test_nothing_is_allocated_for_a_model_that_is_too_large(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.loading, "free_memory", lambda _: 1000)
    monkeypatch.setattr(KimiVL, "from_pretrained", lambda *_: pytest.fail("it was loaded"))
    with pytest.raises(ModelUnavailable, match="does not fit"):
        load_model(checkpoint)


def test_the_command_shows_every_precision(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(str(checkpoint)) == 0
    printed = capsys.readouterr().out
    assert [word in printed for word in ("fp32", "bf16", "int8", "int4", "default")] == [True] * 5
    monkeypatch.setattr("model.memory.free_memory", lambda _: 1000)
    assert fit(str(checkpoint)) == 1
    assert "too large" in capsys.readouterr().out
