"""The frozen pointing test set is whole, exact in form, and the one whose scores were published."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

SCREENS = Path(__file__).parent / "screens"
ITEMS = json.loads((SCREENS / "items.json").read_text(encoding="utf-8"))
FINGERPRINT = "bcf8e6395f58aa6069295cdc3ca137dc71b42c1d102dbf2bd63bfa90a3c1f731"
"""SHA-256 over items.json and the PNGs, as `render_screens.py` prints it; scores of different sets do not compare."""

VERBS = {"label": ("Click ",), "absent": ("Click ",), "field": ("Type ",), "checkbox": ("Tick ", "Untick ")}


def test_the_set_is_the_frozen_one() -> None:
    digest = hashlib.sha256()
    for path in sorted([SCREENS / "items.json", *SCREENS.glob("*.png")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    assert digest.hexdigest() == FINGERPRINT


def test_the_set_is_large_enough() -> None:
    pictures = {path.name for path in SCREENS.glob("*.png")}
    assert len(pictures) >= 30
    assert pictures == {path.with_suffix(".png").name for path in SCREENS.glob("*.html")}
    assert pictures == {item["screen"] for item in ITEMS}
    kinds = Counter(item["kind"] for item in ITEMS)
    assert kinds["label"] >= 260
    assert kinds["field"] >= 80
    assert kinds["checkbox"] >= 70
    assert kinds["absent"] >= 80
    assert sum(path.stat().st_size for path in SCREENS.glob("*.png")) < 6_000_000


@pytest.mark.parametrize("screen", sorted({item["screen"] for item in ITEMS}))
def test_items_are_exact(screen: str) -> None:
    with Image.open(SCREENS / screen) as picture:
        width, height = picture.size
        assert (picture.format, picture.mode) == ("PNG", "RGB")
    items = [item for item in ITEMS if item["screen"] == screen]
    instructions = [item["instruction"] for item in items]
    assert len(instructions) == len(set(instructions))
    for item in items:
        assert item["instruction"].startswith(VERBS[item["kind"]]), item
        assert item["instruction"].endswith('"')
        if item["kind"] == "absent":
            assert item["box_px"] is None
            continue
        left, top, right, bottom = item["box_px"]
        assert 0 <= left < right <= width, item
        assert 0 <= top < bottom <= height, item
