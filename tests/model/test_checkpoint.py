"""Checkpoints: whole ones go out and come back exactly, damaged ones are refused by name before anything runs."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor

from model.base import CheckpointError
from model.checkpoint import INDEX, SINGLE, published_tensors, save_checkpoint
from model.config import KimiVLConfig
from model.kimi_vl import KimiVL

FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
NORM = "language_model.model.norm.weight"
EXPERT = "language_model.model.layers.1.mlp.experts.3.up_proj.weight"


def edit(file: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file)


def edit_config(folder: Path, section: str, **values: object) -> None:
    file = folder / "config.json"
    config = json.loads(file.read_text())
    (config[section] if section else config).update(values)
    file.write_text(json.dumps(config))


def test_every_published_tensor_has_its_place(checkpoint: Path, network: KimiVL) -> None:
    stored = load_file(checkpoint / FIRST) | load_file(checkpoint / SECOND)
    ours = published_tensors(network.state_dict())
    assert set(ours) == {name for name in stored if not name.endswith("inv_freq")}
    for name, tensor in ours.items():
        assert torch.equal(tensor, stored[name]), name


def test_saving_and_loading_change_nothing(network: KimiVL, tmp_path: Path) -> None:
    save_checkpoint(network, tmp_path, torch.float32)
    again = KimiVL.from_pretrained(tmp_path)
    assert again.config == network.config
    state = again.state_dict()
    for name, tensor in network.state_dict().items():
        assert torch.equal(state[name], tensor), name


def test_weights_are_converted_and_routing_biases_kept(network: KimiVL, tmp_path: Path) -> None:
    save_checkpoint(network, tmp_path, torch.bfloat16)
    assert load_file(tmp_path / SINGLE)[NORM].dtype == torch.bfloat16
    loaded = KimiVL.from_pretrained(tmp_path, torch.float16)
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float16}
    biases = dict(network.named_buffers())
    assert biases
    for name, bias in loaded.named_buffers():
        assert bias.dtype == torch.float32
        assert torch.equal(bias, biases[name])


def test_half_precision_gives_nearly_the_same_logits(checkpoint: Path, case: dict[str, Tensor]) -> None:
    with torch.inference_mode():
        logits = KimiVL.from_pretrained(checkpoint, torch.bfloat16)(case["text_ids"])
    assert logits.dtype == torch.bfloat16
    # The median: where a random router's choice is nearly a tie, rounding sends a token to other experts.
    assert (logits.float() - case["text_logits"]).abs().median() < 0.1


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing tensor": (
        lambda f: edit(f / FIRST, lambda tensors: tensors.pop(NORM)),
        rf"{NORM} is missing \(1 in all\).*{FIRST}",
    ),
    "missing expert": (lambda f: edit(f / FIRST, lambda tensors: tensors.pop(EXPERT)), f"{EXPERT} is missing"),
    "unknown tensor": (
        lambda f: edit(f / SECOND, lambda tensors: tensors.update(extra=torch.zeros(1))),
        f"extra in .*{SECOND} has no place",
    ),
    "misshapen tensor": (
        lambda f: edit(f / FIRST, lambda tensors: tensors.update({NORM: torch.zeros(65)})),
        rf"{NORM} in .*{FIRST} has the shape \(65,\); config\.json asks for \(64,\)",
    ),
    "integers": (
        lambda f: edit(f / FIRST, lambda tensors: tensors.update({NORM: torch.zeros(64, dtype=torch.int8)})),
        f"{NORM} in .*{FIRST} is of type I8",
    ),
    "tensor twice": (
        lambda f: edit(f / SECOND, lambda tensors: tensors.update({NORM: torch.zeros(64)})),
        f"{NORM} is in .*{FIRST} and again in .*{SECOND}",
    ),
    "truncated shard": (
        lambda f: (f / FIRST).write_bytes((f / FIRST).read_bytes()[:-100]),
        f"{FIRST} is damaged or cut short",
    ),
    "empty shard": (lambda f: (f / FIRST).write_bytes(b""), f"{FIRST} is damaged"),
    "no safetensors": (lambda f: (f / FIRST).write_text("<html>not found</html>"), f"{FIRST} is damaged"),
    "missing shard": (lambda f: (f / SECOND).unlink(), f"Cannot read .*{SECOND}"),
    "damaged index": (lambda f: (f / INDEX).write_text("{"), INDEX),
    "index of another form": (lambda f: (f / INDEX).write_text("[]"), INDEX),
    "index that leads out": (
        lambda f: (f / INDEX).write_text('{"weight_map": {"a": "../../elsewhere.safetensors"}}'),
        "outside its folder",
    ),
    "no index": (lambda f: (f / INDEX).unlink(), f"Cannot read .*{SINGLE}"),
    "no config": (lambda f: (f / "config.json").unlink(), r"Cannot read .*config\.json"),
    "damaged config": (lambda f: (f / "config.json").write_text("{"), r"config\.json does not describe"),
    "another model": (
        lambda f: (f / "config.json").write_text('{"model_type": "llama"}'),
        r"model_type: .*vision_config",
    ),
    "another width": (lambda f: edit_config(f, "text_config", hidden_size=32), r"config\.json asks for"),
    "more layers": (lambda f: edit_config(f, "text_config", num_hidden_layers=4), r"layers\.3\..* is missing"),
    "fewer experts": (lambda f: edit_config(f, "text_config", n_routed_experts=7), "has no place"),
    "compressed queries": (lambda f: edit_config(f, "text_config", q_lora_rank=16), "q_lora_rank"),
    "another router": (lambda f: edit_config(f, "text_config", scoring_func="softmax"), "scoring_func"),
    "scaled rotation": (lambda f: edit_config(f, "text_config", rope_scaling={"type": "yarn"}), "rope_scaling"),
    "no number": (lambda f: edit_config(f, "", media_placeholder_token_id="x"), "media_placeholder_token_id"),
}


@pytest.mark.parametrize(("damage", "complaint"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_checkpoint_is_refused_by_name(
    copied: Path, damage: Callable[[Path], object], complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(copied)
    monkeypatch.setattr(
        KimiVL, "load_state_dict", lambda *_, **__: pytest.fail("memory was given to a damaged checkpoint")
    )
    with pytest.raises(CheckpointError, match=complaint):
        KimiVL.from_pretrained(copied)


def test_published_sizes_give_the_published_parameter_count(published_config: KimiVLConfig) -> None:
    """16,407,656,048 values in 5,679 tensors, of which 27 are rotary tables that are not stored here."""
    published = published_tensors(KimiVL.without_memory(published_config).state_dict())
    assert len(published) == 5679 - 27
    assert sum(tensor.numel() for tensor in published.values()) == 16_407_656_048


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_whatever_is_done_to_a_shard_is_noticed(checkpoint: Path, data: st.DataObject) -> None:
    """Cut anywhere, or any tensor renamed, reshaped, added or left out: a named error, never a wrong answer."""
    file = data.draw(st.sampled_from([FIRST, SECOND]))
    whole = (checkpoint / file).read_bytes()
    tensors = load_file(checkpoint / file)
    name = data.draw(st.sampled_from(sorted(name for name in tensors if not name.endswith("inv_freq"))))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(checkpoint, Path(place) / "damaged"))
        match data.draw(st.sampled_from(["cut", "renamed", "reshaped", "added", "left out"])):
            case "cut":
                (folder / file).write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
            case "renamed":
                tensors[name + data.draw(st.text("abc._0", min_size=1, max_size=5))] = tensors.pop(name)
                save_file(tensors, folder / file)
            case "reshaped":
                tensors[name] = torch.zeros(data.draw(st.lists(st.integers(0, 9), max_size=3)))
                save_file(tensors, folder / file)
            case "added":
                tensors[data.draw(st.text("abc._0", min_size=1, max_size=20))] = torch.zeros(1)
                save_file(tensors, folder / file)
            case _:
                del tensors[name]
                save_file(tensors, folder / file)
        with pytest.raises(CheckpointError, match=r"safetensors"):
            KimiVL.from_pretrained(folder)
