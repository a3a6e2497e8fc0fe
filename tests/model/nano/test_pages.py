from __future__ import annotations

import random
from html.parser import HTMLParser

import pytest

from model.nano import blocks
from model.nano.icon_names import NAMES
from model.nano.icon_themes import IconTheme
from model.nano.pages import page

VOID = {"meta", "input", "br", "img"}
KINDS = {"point", "icon", "tick", "field"}


class Reader(HTMLParser):
    """Follows a page's tags, and collects what can be pointed at."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.kinds: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if kind := given.get("data-k"):
            self.kinds.append(kind)
            if kind == "field":
                assert given["data-l"]
                assert given["data-at"] in ("above", "left", "inside")
            if kind == "icon":
                assert given["data-l"] in NAMES
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("number", range(12))
def test_a_page_is_well_formed_and_has_things_to_point_at(number: int) -> None:
    html = page(random.Random(f"page {number}"))
    assert html == page(random.Random(f"page {number}"))
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    assert len(reader.kinds) > 20
    assert set(reader.kinds) <= KINDS


def test_pages_have_every_kind() -> None:
    reader = Reader()
    for number in range(5):
        reader.feed(page(random.Random(f"page {number}")))
    assert set(reader.kinds) == KINDS


def block(name: str, number: int) -> Reader:
    (draw,) = [draw for draw, _ in blocks.BLOCKS if draw.__name__ == name]
    reader = Reader()
    reader.feed(draw(random.Random(number)))
    return reader


def test_bars_of_programs_show_icons_of_one_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    names = NAMES[:6]
    themes = [
        IconTheme(is_dark, {name: {16: ["data:,16"], 24: ["data:,24"]} for name in names}) for is_dark in (True, False)
    ]
    monkeypatch.setattr(blocks, "icon_themes", lambda: themes)
    for number in range(20):
        reader = block("_program_bar", number)
        assert reader.open == []
        assert 4 <= reader.kinds.count("icon") <= len(names)


def test_without_themes_bars_of_programs_show_other_icons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "icon_themes", list)
    assert "icon" in block("_program_bar", 0).kinds


def test_grids_have_short_labels() -> None:
    for number in range(20):
        reader = block("_grid", number)
        assert reader.open == []
        assert set(reader.kinds) == {"point"}
        assert len(reader.kinds) >= 4
