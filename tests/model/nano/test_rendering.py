"""Two pages in a real Chromium: what is read back from them stands where it says."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from model.characters import plain_letters
from model.nano import rendering
from model.nano.rendering import HEIGHT, WIDTH, NoBrowser, launch, render_pool
from model.nano.screens import Box, Screen, load_screen, pool_size


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> list[Screen]:
    pool = tmp_path_factory.mktemp("pool")
    try:
        render_pool(pool, 2)
    except NoBrowser as error:
        pytest.skip(str(error))
    assert pool_size(pool) == 2
    return [load_screen(pool, number) for number in range(2)]


def written_in(screen: Screen, box: Box) -> str:
    """The characters that stand in a box, in the order of the page, without their accents."""
    x, y = screen.centres.T
    inside = (box[0] <= x) & (x <= box[2]) & (box[1] <= y) & (y <= box[3])
    return "".join(map(chr, screen.codes[inside]))


def test_labels_are_written_where_they_are_said_to_be(screens: list[Screen]) -> None:
    for screen in screens:
        assert screen.pixels.shape == (HEIGHT, WIDTH, 3)
        written = [item for item in screen.items if item.kind not in ("field", "icon")]
        assert len(written) > 20
        for item in written:
            assert written_in(screen, item.text) == plain_letters("".join(item.label.split())), item


def test_there_is_ink_where_characters_stand(screens: list[Screen]) -> None:
    for screen in screens:
        assert len(screen.codes) > 300
        inked = [
            screen.pixels[max(0, int(y) - 5) : int(y) + 6, max(0, int(x) - 4) : int(x) + 5].std() > 5
            for x, y in screen.centres
        ]
        assert sum(inked) > 0.95 * len(inked)


def test_icons_are_drawn_where_they_are_said_to_be(screens: list[Screen]) -> None:
    icons = [(screen, item.text) for screen in screens for item in screen.items if item.kind == "icon"]
    assert len(icons) > 5
    for screen, (left, top, right, bottom) in icons:
        assert 8 <= bottom - top <= 40
        assert written_in(screen, (left, top, right, bottom)) == ""
        assert screen.pixels[int(top) : int(bottom) + 1, int(left) : int(right) + 1].std() > 5


def test_boxes_are_on_the_page_and_aims_in_them(screens: list[Screen]) -> None:
    for screen in screens:
        assert {item.kind for item in screen.items} <= {"point", "icon", "near", "tick", "field"}
        for item in screen.items:
            left, top, right, bottom = item.box
            assert 0 <= left < right <= WIDTH
            assert top < bottom <= HEIGHT
            x, y = item.aim
            assert left <= x <= right
            assert top <= y <= bottom
            if item.kind == "field":
                assert any(abs(hole - item.box).max() < 0.2 for hole in screen.holes)


def test_pages_that_are_there_are_kept(tmp_path: Path) -> None:
    (tmp_path / "0.json").write_text("kept")
    render_pool(tmp_path, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["0.json"]


def test_without_a_browser_it_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rendering.shutil, "which", lambda _: None)
    playwright = SimpleNamespace(chromium=SimpleNamespace(executable_path=str(tmp_path / "chrome")))
    with pytest.raises(NoBrowser, match="playwright install chromium"):
        launch(cast(Any, playwright))
