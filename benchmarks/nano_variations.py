"""What an unseen resolution, font and style cost a model: the same items on the same pages, shown in other ways.

    python -m benchmarks.nano_variations [--model nano] [--limit N] [--font FAMILY]

The hand-written pages of the frozen set "screens" are rendered again with Chromium: as they are, magnified 1.4 times,
in a font that no training page names, and in the colours of a contrast theme, as people choose it in their system. Only
items that can be seen whole in all of them are asked for. A difference is that of the hit rates; its interval at 95 %
is that of paired proportions, by the normal approximation.
"""

from __future__ import annotations

import argparse
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.nano_accuracy import SETS, answer, is_right
from model.loading import load_model
from model.nano.rendering import launch
from tests.model.nano.render_screens import READ_PAGE, Page, instruction

FONT = "TeX Gyre Adventor"
"""A geometric one, in Debian's fonts-texgyre."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to show a page."""

    scale: float = 1.0
    """Pixels of the picture for one of the page."""
    css: str = ""
    contrast: bool = False
    """In the colours of a contrast theme."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as it was shown."""

    picture: Image.Image
    boxes_px: dict[str, list[float]]
    """For each instruction, where its target is."""


def show(browser: Browser, source: Path, way: Way) -> Shown:
    """Render a page in some way and read where its targets are; those that are hidden or cut off are left out."""
    html = source.read_text(encoding="utf-8")
    width, height = (int(side) for side in html.partition('name="viewport-size" content="')[2].split('"')[0].split("x"))
    tab = browser.new_page(
        viewport={"width": width, "height": height},
        device_scale_factor=way.scale,
        forced_colors="active" if way.contrast else "none",
        color_scheme="dark" if way.contrast else "light",
    )
    try:
        tab.set_content(html, wait_until="load")
        if way.css:
            tab.add_style_tag(content=way.css)
        page: Page = tab.evaluate(READ_PAGE)
        picture = Image.open(io.BytesIO(tab.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    finally:
        tab.close()
    boxes = {
        instruction(target): [edge * way.scale for edge in target["box"]]
        for target in page["items"]
        if not target["faults"] and target["kind"] not in ("icon", "relative")
    }
    return Shown(picture, boxes)


def has_font(browser: Browser, family: str) -> bool:
    """Whether a font is installed: else what stands behind it in a list is taken, and texts are as wide as in that."""
    tab = browser.new_page()
    try:
        widths: list[float] = tab.evaluate(
            """family => ['serif', 'monospace'].map(other => {
              const canvas = document.createElement('canvas').getContext('2d');
              canvas.font = `40px "${family}", ${other}`;
              return canvas.measureText('Which font is it?').width;
            })""",
            family,
        )
    finally:
        tab.close()
    return widths[0] == widths[1]


def paired(before: list[bool], after: list[bool]) -> tuple[float, float]:
    """How much lower the second hit rate is, and half the 95 % interval of that, both in parts of one."""
    count = len(before)
    lost = sum(a and not b for a, b in zip(before, after, strict=True)) / count
    won = sum(b and not a for a, b in zip(before, after, strict=True)) / count
    return lost - won, 1.96 * ((lost + won - (lost - won) ** 2) / count) ** 0.5


def items(shown: dict[str, list[Shown]], limit: int) -> Iterator[tuple[int, str]]:
    """Page and instruction of those that are whole in every way, or so many of them, drawn with a fixed seed."""
    everywhere = [
        (number, said)
        for number, ways in enumerate(zip(*shown.values(), strict=True))
        for said in sorted(set.intersection(*(set(way.boxes_px) for way in ways)))
    ]
    yield from sorted(random.Random(0).sample(everywhere, min(limit, len(everywhere))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--limit", type=int, default=200, help="ask only so many items, drawn with a fixed seed")
    parser.add_argument("--font", default=FONT, help="one that is installed and that training pages do not name")
    options = parser.parse_args()

    ways = {
        "as it is": Way(),
        "magnified 1.4 times": Way(scale=1.4),
        f"in {options.font}": Way(css=f"* {{ font-family: {options.font!r} !important }}"),
        "in a contrast theme": Way(contrast=True),
    }
    sources = sorted((SETS / "screens").glob("*.html"))
    with sync_playwright() as playwright, launch(playwright) as browser:
        if not has_font(browser, options.font):
            parser.error(
                f"The font {options.font!r} is not installed: install it ({FONT} is in Debian's fonts-texgyre)."
            )
        shown = {
            name: [show(browser, source, way) for source in track(sources, f"rendering {name}", transient=True)]
            for name, way in ways.items()
        }
    model, asked = load_model(options.model), list(items(shown, options.limit))
    hits: dict[str, list[bool]] = {name: [] for name in ways}
    for number, said in track(asked, "looking", transient=True):
        for name in ways:
            page = shown[name][number]
            hits[name].append(is_right(answer(model, page.picture, said, 1), page.boxes_px[said]))

    table = Table("shown", "items", "hit", "less")
    for name, right in hits.items():
        cost, half = paired(hits["as it is"], right)
        less = (
            ""
            if name == "as it is"
            else f"{100 * cost:.1f} points ({100 * (cost - half):.1f} to {100 * (cost + half):.1f})"
        )
        table.add_row(name, str(len(right)), f"{sum(right) / len(right):.1%}", less)
    Console().print(table)


if __name__ == "__main__":
    main()
