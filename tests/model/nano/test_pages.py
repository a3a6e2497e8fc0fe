from __future__ import annotations

import random
from html.parser import HTMLParser

import pytest

from model.nano.icon_names import NAMES
from model.nano.pages import page

VOID = {"meta", "input", "br"}
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
