"""`deixis model pack` and what is loaded from it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

import model.packed_checkpoint
from model.base import CheckpointError, ModelUnavailable, Sampling
from model.characters import SLOTS
from model.checkpoint import INDEX, read_config
from model.cli import pack
from model.engine import Engine
from model.kimi_vl import KimiVL
from model.loading import load_model
from model.messages import Message, ReadingReply
from model.quantize import Packing
from model.reading_head import BLOCK, HEAD_FILE, ReadingHead

PROMPTS = [[Message.user("Hello")]]


@pytest.fixture(params=["int8", "int4"])
def packed(request: pytest.FixtureRequest, checkpoint: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "packed"
    assert pack(str(checkpoint), folder, precision=request.param) == 0
    return folder


def precision_of(folder: Path) -> str:
    return json.loads((folder / "config.json").read_text())["quantization_config"]["precision"]


def test_it_is_what_packing_while_loading_gives(packed: Path, checkpoint: Path) -> None:
    written = KimiVL.from_pretrained(packed).state_dict()
    fresh = KimiVL.from_pretrained(checkpoint, torch.bfloat16, packing=Packing(precision_of(packed))).state_dict()
    assert written.keys() == fresh.keys()
    for name, tensor in fresh.items():
        assert written[name].dtype == tensor.dtype
        assert torch.equal(written[name], tensor), name


def test_it_answers_as_a_model(packed: Path, checkpoint: Path) -> None:
    loaded = load_model(packed)
    assert isinstance(loaded, Engine)
    fresh = load_model(checkpoint, precision=precision_of(packed))
    answers = [each.generate(PROMPTS, Sampling(max_tokens=8))[0].text for each in (loaded, fresh)]
    assert answers[0] == answers[1]


def test_what_reads_is_packed_along(checkpoint: Path, tmp_path: Path) -> None:
    reading = shutil.copytree(checkpoint, tmp_path / "reading")
    head = ReadingHead(read_config(checkpoint).vision.hidden_size, 1)
    save_file(head.state_dict(), reading / HEAD_FILE, {BLOCK: "1"})
    assert pack(str(reading), tmp_path / "packed", precision="int8") == 0
    (reply,) = load_model(tmp_path / "packed").generate([[Message.user(Image.new("RGB", (56, 28)), "What?")]])
    assert isinstance(reply, ReadingReply)
    assert reply.writings[0].slots.shape[:2] == (2, 4 * SLOTS)


def test_weights_are_mapped(packed: Path) -> None:
    """No memory of its own: the weights lie where the file is mapped."""
    [shard] = sorted(packed.glob("*.safetensors"))
    loaded = KimiVL.from_pretrained(packed)
    ranges = [
        tuple(int(end, 16) for end in line.split()[0].split("-"))
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(str(shard))
    ]
    assert ranges
    for name, tensor in loaded.state_dict().items():
        assert any(begin <= tensor.data_ptr() < end for begin, end in ranges), name


def test_large_models_are_written_in_several_files(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model.packed_checkpoint, "SHARD_BYTES", 100_000)
    pack(str(checkpoint), tmp_path / "packed", precision="int8")
    shards = sorted(file.name for file in (tmp_path / "packed").glob("*.safetensors"))
    assert len(shards) > 2
    assert set(json.loads((tmp_path / "packed" / INDEX).read_text())["weight_map"].values()) == set(shards)
    assert load_model(tmp_path / "packed").generate(PROMPTS, Sampling(max_tokens=2))[0].output_tokens == 2


def change_config(folder: Path, **values: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"].update(values)
    (folder / "config.json").write_text(json.dumps(config))


def change_weights(folder: Path, name: str, tensor: torch.Tensor) -> None:
    [shard] = folder.glob("*.safetensors")
    save_file(load_file(shard) | {name: tensor}, shard)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "another quantisation": (lambda folder: change_config(folder, quant_method="fp8"), "quant_method"),
    "another type": (
        lambda folder: change_weights(folder, "decoder.norm.weight", torch.zeros(64)),
        r"decoder\.norm\.weight in .*safetensors is of type F32, not torch\.bfloat16",
    ),
    "another shape": (
        lambda folder: change_weights(folder, "decoder.norm.weight", torch.zeros(3, dtype=torch.bfloat16)),
        r"decoder\.norm\.weight in .* has the shape \(3,\)",
    ),
    "unknown tensor": (lambda folder: change_weights(folder, "extra", torch.zeros(3)), "extra in .* has no place"),
}


@pytest.mark.parametrize(("damage", "complaint"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_one_is_refused_by_name(packed: Path, damage: Callable[[Path], object], complaint: str) -> None:
    damage(packed)
    with pytest.raises(CheckpointError, match=complaint):
        KimiVL.from_pretrained(packed)


def test_4_bits_of_another_kind_of_cpu_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    pack(str(checkpoint), tmp_path / "packed", precision="int4")
    change_config(tmp_path / "packed", nibble_order=list(range(16))[::-1])
    with pytest.raises(CheckpointError, match=r"other vector instructions: run `deixis model pack`"):
        KimiVL.from_pretrained(tmp_path / "packed")


def test_what_is_packed_is_not_packed_again(packed: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"packed already, as int"):
        pack(str(packed), tmp_path / "again")
    with pytest.raises(ModelUnavailable, match="cannot be loaded as bf16"):
        load_model(packed, precision="bf16")


def test_a_checkpoint_is_never_written_over(checkpoint: Path) -> None:
    with pytest.raises(ModelUnavailable, match="holds a checkpoint already"):
        pack(str(checkpoint), checkpoint)
