"""The frozen pointing test sets are whole, exact in form, and those whose scores were published."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final

import pytest
from PIL import Image

from tests.model.nano.render_screens import SETS, Item, fingerprint

FINGERPRINTS: Final = {
    "screens": "bcf8e6395f58aa6069295cdc3ca137dc71b42c1d102dbf2bd63bfa90a3c1f731",
    "pages": "5edec91a976b5aa01fa6d7d9e8f04912fe125f434c42b1a894c42445a2c150e3",
    "windows": "94b686f53c566598eac5d65920d84224a22877085a5ab8feacce252aec24fa68",
}
"""SHA-256 over items.json and the PNGs, as `render_screens.py` prints it; scores of different sets do not compare."""
ITEMS: Final[dict[str, list[Item]]] = {
    name: json.loads((SETS / name / "items.json").read_text(encoding="utf-8")) for name in FINGERPRINTS
}
LEAST: Final = {
    "screens": {"label": 600, "field": 120, "checkbox": 190, "absent": 100},
    "pages": {"label": 400, "field": 110, "checkbox": 120, "absent": 80, "icon": 120, "relative": 110},
    "windows": {"label": 400, "field": 15, "checkbox": 110, "absent": 120, "icon": 30},
}
"""Items of each kind."""
VERBS: Final = {
    "label": ("Click ",),
    "absent": ("Click ",),
    "icon": ("Click the ",),
    "field": ("Type ",),
    "checkbox": ("Tick ", "Untick "),
    "relative": ("Click ", "Tick ", "Select ", "Turn on "),
}


@pytest.mark.parametrize("name", FINGERPRINTS)
def test_a_set_is_the_frozen_one(name: str) -> None:
    assert fingerprint(SETS / name) == FINGERPRINTS[name]


@pytest.mark.parametrize("name", FINGERPRINTS)
def test_a_set_is_large_enough(name: str) -> None:
    pictures = {path.name for path in (SETS / name).glob("*.png")}
    assert pictures == {item["screen"] for item in ITEMS[name]}
    kinds = Counter(item["kind"] for item in ITEMS[name])
    assert set(kinds) <= set(VERBS)
    assert all(kinds[kind] >= count for kind, count in LEAST[name].items())
    assert sum(path.stat().st_size for path in (SETS / name).glob("*.png")) < 6_000_000


@pytest.mark.parametrize("name", ["screens", "pages"])
def test_a_set_of_pages_has_their_sources(name: str) -> None:
    pictures = {path.stem for path in (SETS / name).glob("*.png")}
    assert pictures == {path.stem for path in (SETS / name).glob("*.html")}


@pytest.mark.parametrize(
    ("name", "screen"), sorted({(name, item["screen"]) for name, items in ITEMS.items() for item in items})
)
def test_items_are_exact(name: str, screen: str) -> None:
    with Image.open(SETS / name / screen) as picture:
        width, height = picture.size
        assert (picture.format, picture.mode) == ("PNG", "RGB")
    items = [item for item in ITEMS[name] if item["screen"] == screen]
    instructions = [item["instruction"] for item in items]
    assert len(instructions) == len(set(instructions))
    for item in items:
        assert item["instruction"].startswith(VERBS[item["kind"]]), item
        assert '"' in item["instruction"], item
        if item["kind"] == "absent":
            assert item["box_px"] is None
            continue
        assert item["box_px"] is not None
        left, top, right, bottom = item["box_px"]
        assert 0 <= left < right <= width, item
        assert 0 <= top < bottom <= height, item
