"""The head that reads: what it says of pictures, and how it comes with a checkpoint."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from model.base import CheckpointError
from model.characters import CLASSES, SLOTS
from model.engine import Engine
from model.loading import EMBEDDED_FOLDER, load_engine
from model.messages import Message, ReadingReply
from model.nano.prompts import SYSTEM, user_text
from model.reading_head import BLOCK, HEAD_FILE, ReadingHead
from model.writing import find

SCREENS = Path(__file__).parent / "nano" / "screens"
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def nano() -> Engine:
    return load_engine(EMBEDDED_FOLDER, "nano", torch.float32, CPU)


def asked(engine: Engine, picture: Image.Image) -> ReadingReply:
    (reply,) = engine.generate([[Message.system(SYSTEM), Message.user(picture, user_text('Click "Save"'))]])
    assert isinstance(reply, ReadingReply)
    return reply


def test_it_says_how_probable_each_character_is() -> None:
    torch.manual_seed(0)
    read = ReadingHead(8)(torch.randn(5, 8))
    assert read.shape == (5, SLOTS, CLASSES)
    torch.testing.assert_close(read.exp().sum(-1), torch.ones(5, SLOTS))


def test_most_labels_of_a_real_page_are_read_where_they_stand(nano: Engine) -> None:
    """Of those in a part of a page of the frozen set, with nano's own weights."""
    items = json.loads((SCREENS / "items.json").read_text(encoding="utf-8"))
    name, left, top = "wiki.png", 0, 150
    whole = Image.open(SCREENS / name).convert("RGB")
    (writing,) = asked(nano, whole.crop((left, top, left + 448, top + 336))).writings
    assert writing.slots.shape == (24, 32 * SLOTS, CLASSES)
    inside = [
        (item["instruction"].split('"')[1], item["box_px"])
        for item in items
        if item["screen"] == name and item["kind"] == "label" and item["box_px"]
        if left + 4 < item["box_px"][0] and item["box_px"][2] < left + 444
        if top + 4 < item["box_px"][1] and item["box_px"][3] < top + 332
    ]
    assert len(inside) == 18
    right = 0
    for label, box in inside:
        (places,) = find(label, [writing], 10.0)
        x, y = (
            ((places[0].box_px[axis] + places[0].box_px[axis + 2]) / 2 if places else 0.0) + offset
            for axis, offset in ((0, left), (1, top))
        )
        right += box[0] <= x <= box[2] and box[1] <= y <= box[3]
    assert right >= 0.8 * len(inside)
    assert find("Zyxwvutsrqp", [writing], 10.0) == [[]]


def test_a_picture_that_is_seen_again_is_read_the_same(nano: Engine) -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (112, 140, 3), np.uint8))
    first, again = asked(nano, picture), asked(nano, picture.copy())
    assert first.writings[0] is again.writings[0]
    assert first.writings[0].slots.shape == (8, 10 * SLOTS, CLASSES)


def test_a_checkpoint_without_one_reads_nothing(checkpoint: Path) -> None:
    engine = load_engine(checkpoint, "tiny", torch.float32, CPU)
    (reply,) = engine.generate([[Message.user(Image.new("RGB", (28, 28)), "What?")]])
    assert isinstance(reply, ReadingReply)
    assert reply.writings == ()


@pytest.mark.parametrize("fault", ["empty", "no tensors", "no block", "too far up", "another shape"])
def test_a_damaged_one_is_named(tmp_path: Path, fault: str) -> None:
    folder = shutil.copytree(EMBEDDED_FOLDER, tmp_path / "nano")
    weights = load_file(folder / HEAD_FILE)
    match fault:
        case "empty":
            (folder / HEAD_FILE).write_bytes(b"")
        case "no tensors":
            (folder / HEAD_FILE).write_bytes(b"no tensors")
        case "no block":
            save_file(weights, folder / HEAD_FILE)
        case "too far up":
            save_file(weights, folder / HEAD_FILE, {BLOCK: "7"})
        case _:
            save_file(weights | {"norm.weight": torch.ones(3)}, folder / HEAD_FILE, {BLOCK: "4"})
    with pytest.raises(CheckpointError, match=r"reading_head\.safetensors is not the reading head of this encoder"):
        load_engine(folder, "nano", torch.float32, CPU)
