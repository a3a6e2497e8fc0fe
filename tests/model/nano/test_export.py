"""What was trained is what runs: from a learner to a checkpoint, and from there back."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import AveragedModel

from model.base import Sampling
from model.checkpoint import read_config
from model.image_processor import ImageProcessor
from model.kimi_vl import KimiVL
from model.loading import load_engine
from model.messages import Message
from model.nano.branches import run_branches
from model.nano.export import HEADS, export, restore
from model.nano.learner import Learner
from model.nano.loop import STATE
from model.nano.prompts import SYSTEM, user_text
from model.nano.questions import Query
from model.nano.reading import patches_of
from model.nano.shape import TILE, configuration
from model.nano.train import FIXED_TEXTS, new_learner
from model.nano.vocabulary import ranks, write_vocabulary
from model.tokenizer import KimiTokenizer

WIDTH, HEIGHT = TILE
GRID = (HEIGHT // 14, WIDTH // 14)


@pytest.fixture(scope="module")
def learner(nano_tokenizer: KimiTokenizer) -> Learner:
    torch.manual_seed(3)
    config = configuration(nano_tokenizer.vocab_size, nano_tokenizer.special("<|media_pad|>"))
    made = Learner(config, nano_tokenizer)
    for name, buffer in made.named_buffers():
        assert name.endswith("e_score_correction_bias")
        torch.nn.init.normal_(buffer, std=0.1)
    return made.eval()


@pytest.fixture(scope="module")
def trained(learner: Learner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trainer's folder as the last stage leaves it."""
    folder = tmp_path_factory.mktemp("training")
    write_vocabulary(folder, ranks(FIXED_TEXTS))
    (folder / "point").mkdir()
    torch.save({"average": AveragedModel(learner, use_buffers=True).state_dict()}, folder / "point" / STATE)
    return folder


@pytest.fixture(scope="module")
def exported(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    export(trained, folder, torch.float32)
    return folder


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


@torch.no_grad()
def test_the_checkpoint_gives_the_learners_logits(learner: Learner, exported: Path, pixels: np.ndarray) -> None:
    branch = learner.encoder.encode(
        Query(
            'Click "Save"', ("Scroll down",), 'Click "Save"', "pyautogui.click(x=0.500, y=0.500)", "Save", (50.0, 70.0)
        ),
        TILE,
    )
    features = learner.vision_tower(patches_of(torch.from_numpy(pixels).unsqueeze(0)), [GRID])
    seen = learner.multi_modal_projector(features, [GRID])
    embed = learner.language_model.embed_tokens
    prefix = torch.cat([embed(torch.tensor(learner.encoder.before)), seen]).unsqueeze(0)
    (run,) = run_branches(learner.language_model, prefix, [embed(torch.tensor([[branch.tokens]]))])
    wanted = learner.lm_head(run.hidden[0, 0])

    model = KimiVL.from_pretrained(exported)
    patches, grid = ImageProcessor.from_pretrained(exported)(Image.fromarray(pixels))
    assert grid == GRID
    image = [model.config.image_token_id] * len(seen)
    logits = model(torch.tensor([*learner.encoder.before, *image, *branch.tokens]), patches, [grid])
    torch.testing.assert_close(logits[-len(branch.tokens) :], wanted, atol=2e-4, rtol=1e-4)


def test_the_checkpoint_is_complete(exported: Path, pixels: np.ndarray) -> None:
    engine = load_engine(exported, "nano", torch.float32, torch.device("cpu"))
    assert engine.view_px == TILE
    assert read_config(exported) == engine.network.config
    prompt = [Message.system(SYSTEM), Message.user(Image.fromarray(pixels), user_text('Click "Save"'))]
    (reply,) = engine.generate([prompt], Sampling(max_tokens=3))
    assert reply.image_tokens == 192
    assert reply.output_tokens <= 3
    ends = json.loads((exported / "generation_config.json").read_text())["eos_token_id"]
    assert ends == [engine.tokenizer.special("[EOS]"), engine.tokenizer.special("<|im_end|>")]


def test_it_comes_back(learner: Learner, trained: Path, exported: Path) -> None:
    again = new_learner(trained, start=exported)
    torch.testing.assert_close(again.state_dict(), learner.state_dict(), atol=0, rtol=0)


def test_heads_that_are_newer_than_it_begin_anew(
    learner: Learner, trained: Path, exported: Path, tmp_path: Path
) -> None:
    older = shutil.copytree(exported, tmp_path / "older")
    heads = load_file(older / HEADS)
    newer = {name for name in heads if name.startswith("is_field.")}
    save_file({name: value for name, value in heads.items() if name not in newer}, older / HEADS)
    begun = new_learner(trained).state_dict()
    again = new_learner(trained, start=older).state_dict()
    assert len(newer) == 2
    for name, value in learner.state_dict().items():
        torch.testing.assert_close(again[name], begun[name] if name in newer else value, atol=0, rtol=0)


def test_half_the_bytes_by_default(trained: Path, exported: Path, tmp_path: Path, learner: Learner) -> None:
    export(trained, tmp_path)
    sizes = [(folder / "model.safetensors").stat().st_size for folder in (tmp_path, exported)]
    assert sizes[0] < 0.55 * sizes[1]
    again = new_learner(trained)
    restore(again, tmp_path)
    name = random.Random(0).choice([name for name, _ in learner.named_parameters()])
    torch.testing.assert_close(again.state_dict()[name], learner.state_dict()[name], atol=1e-2, rtol=1e-2)


def test_an_export_can_be_mixed_with_another(trained: Path, exported: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(exported, other)
    for file in ("model.safetensors", HEADS):
        weights = load_file(other / file)
        save_file({name: value + 1 for name, value in weights.items()}, other / file)
    export(trained, other, torch.float32, mixed_with=other, share=0.75)
    for file in ("model.safetensors", HEADS):
        mixed = load_file(other / file)
        for name, value in load_file(exported / file).items():
            torch.testing.assert_close(mixed[name], value + 0.25)
