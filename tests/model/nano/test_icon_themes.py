from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.nano import icon_themes as themes
from model.nano.icon_names import NAMES

FILES = {
    "24x24/actions/document-save.png": b"save 24",
    "actions/16/document-save.png": b"save 16",
    "16x16/actions/edit-find.svg": b"<svg/>",
    "16x16/actions/no-name-of-ours.png": b"not called for",
    "48x48/actions/edit-copy.png": b"too large to be shown",
    "scalable/actions/edit-cut.svg": b"of no size",
    "24x24/actions/edit-cut.txt": b"no picture",
    "24x24/actions/edit-paste.png": b"x" * (themes.LARGEST_FILE + 1),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(themes, "FOLDERS", (tmp_path, tmp_path / "nowhere"))
    monkeypatch.setattr(themes, "FEWEST", 2)
    themes.icon_themes.cache_clear()
    yield tmp_path
    themes.icon_themes.cache_clear()


def add_theme(folder: Path, name: str, files: dict[str, bytes]) -> None:
    for file, content in {"index.theme": b"", **files}.items():
        (folder / name / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / name / file).write_bytes(content)


def url(content: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def test_a_theme_has_what_is_called_for_by_size(folder: Path) -> None:
    add_theme(folder, "Some-Dark", FILES)
    (theme,) = themes.icon_themes()
    assert theme.is_dark
    assert theme.drawings == {
        "save": {16: [url(b"save 16")], 24: [url(b"save 24")]},
        "search": {16: [url(b"<svg/>", "image/svg+xml")]},
    }
    assert set(theme.drawings) <= set(NAMES)


def test_themes_of_the_tested_windows_are_held_out(folder: Path) -> None:
    add_theme(folder, "Adwaita", FILES)
    assert themes.icon_themes() == []


def test_links_that_lead_nowhere_and_poor_themes_are_left_out(folder: Path) -> None:
    add_theme(folder, "Poor", {"24x24/actions/document-save.png": b"save"})
    (folder / "Poor/24x24/actions/edit-find.png").symlink_to(folder / "gone.png")
    assert themes.icon_themes() == []


def test_all_names_are_ours() -> None:
    assert set(themes._NAME_OF.values()) <= set(NAMES)  # pyright: ignore[reportPrivateUsage]
