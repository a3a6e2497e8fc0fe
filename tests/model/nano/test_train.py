from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from model.base import ModelError
from model.nano.learner import Learner
from model.nano.screens import Screen
from model.nano.shape import configuration
from model.nano.train import HELD_OUT, app, held_out_losses
from model.tokenizer import KimiTokenizer


@pytest.mark.parametrize(
    ("command", "remedy"), [(["point", "--minutes", "1"], "stage 'screens' first"), (["export"], "stage 'point' first")]
)
def test_a_stage_names_the_one_that_is_missing(command: list[str], remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=remedy):
        app([*command, "--folder", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


def test_held_out_screens_ask_for_the_same_every_time(
    tmp_path: Path, nano_tokenizer: KimiTokenizer, screen: Screen
) -> None:
    content = {
        "chars": [[chr(code), *at] for code, at in zip(screen.codes.tolist(), screen.centres.tolist(), strict=True)],
        "items": [
            {"kind": item.kind, "label": item.label, "text": item.text, "box": item.box} for item in screen.items
        ],
        "holes": screen.holes.tolist(),
    }
    for number in range(HELD_OUT):
        np.save(tmp_path / f"{number}.npy", screen.pixels)
        (tmp_path / f"{number}.json").write_text(json.dumps(content))
    config = configuration(nano_tokenizer.vocab_size, nano_tokenizer.special("<|media_pad|>"))
    torch.manual_seed(0)
    learner = Learner(config, nano_tokenizer).eval()
    with torch.no_grad():
        first, again = held_out_losses(tmp_path)(learner), held_out_losses(tmp_path)(learner)
        learner.lm_head.weight *= 2
        other = held_out_losses(tmp_path)(learner)
    assert all(value.isfinite() for value in first.values())
    torch.testing.assert_close(first, again, atol=0, rtol=0)
    assert other["place"] != first["place"]
    assert other["kept"] == first["kept"]
