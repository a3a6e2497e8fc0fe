"""Icons by name, as SVG: drawings of several free collections for each thing that interfaces show without words.

The collections come with the extra "training". Knows files and fonts; knows nothing of pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Final
from zipfile import ZipFile

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.ttLib import TTFont

from model.base import ModelError
from model.nano.icon_names import NAME_OF, NAMES

OPENING: Final = '<svg class="icon"'
FONTS: Final = (
    "codicon", "elusiveicons-webfont", "fontawesome5-regular-webfont", "fontawesome5-solid-webfont",
    "fontawesome6-regular-webfont", "fontawesome6-solid-webfont", "materialdesignicons6-webfont", "phosphor",
    "remixicon",
)  # fmt: skip
"""Of QtAwesome, each with a table of its names."""


@lru_cache(maxsize=1)
def drawings() -> Mapping[str, Sequence[str]]:
    """For each of `NAMES` its drawings, as SVG elements of the class "icon" in the colour of the text around them.

    Raises:
        ModelError: the collections are not installed.
    """
    found: dict[str, list[str]] = {name: [] for name in NAMES}
    for package in ("heroicons", "lucide"):
        for drawn_as, drawing in _files(_folder(package) / f"{package}.zip"):
            found[NAME_OF[drawn_as]].append(drawing)
    for font in FONTS:
        for drawn_as, drawing in _glyphs(_folder("qtawesome") / "fonts", font):
            found[NAME_OF[drawn_as]].append(drawing)
    return found


def _folder(package: str) -> Path:
    """Where a package is installed; nothing of it is run."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            f"The icons of {package!r} are not installed. Install them with:  pip install 'deixis[training]'"
        )
    return Path(spec.submodule_search_locations[0])


def _files(archive: Path) -> Iterator[tuple[str, str]]:
    """The drawings of an archive of SVG files that are called for, by their own names."""
    with ZipFile(archive) as opened:
        for file in opened.namelist():
            name = PurePosixPath(file).stem
            if file.endswith(".svg") and name in NAME_OF:
                yield name, opened.read(file).decode().replace("<svg", OPENING, 1)


def _glyphs(folder: Path, font: str) -> Iterator[tuple[str, str]]:
    """The characters of an icon font that are called for, by their own names."""
    names, file = (next(folder.glob(f"{font}-{rest}")) for rest in ("charmap-*.json", "[0-9]*.ttf"))
    with TTFont(file) as opened:
        glyphs, of_character = opened.getGlyphSet(), opened.getBestCmap() or {}
        em, top = vars(opened["head"])["unitsPerEm"], opened["hhea"].ascent
        for name, code in json.loads(names.read_text()).items():
            glyph = of_character.get(int(code, 16))
            if name not in NAME_OF or glyph is None:
                continue
            pen = SVGPathPen(glyphs)
            glyphs[glyph].draw(pen)
            yield (
                name,
                f'{OPENING} viewBox="0 {-top} {glyphs[glyph].width} {em}" fill="currentColor">'
                f'<path transform="scale(1 -1)" d="{pen.getCommands()}"/></svg>',
            )
