"""Screenshots of web pages in Chromium, and where their controls are, from the pages' own documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment
from PIL import Image
from playwright.sync_api import sync_playwright
from pydantic import TypeAdapter

from envs.chromium import FLAGS, find_browser, is_root
from tasks.screenspot.generate.icons import ICONS
from tasks.screenspot.generate.shots import SCREENS, Control, Shot, askable

_FOLDER = resources.files("tasks.screenspot.generate")
_CONTROLS = TypeAdapter(list[Control])


@dataclass(frozen=True, slots=True)
class Look:
    """A style of pages. Colours are those of the background, of raised parts, and of text."""

    light: tuple[str, str, str]
    dark: tuple[str, str, str]
    strong: str
    font: str
    size: int
    gap: int
    round: int
    icon: int
    side: bool
    """Navigation beside the page rather than above it."""
    banner: bool


LOOKS: Final = (
    Look(
        ("#ffffff", "#f4f5f7", "#1d2530"), ("#15181d", "#20252c", "#e8eaee"), "#2456c9",
        "Arial, sans-serif", size=14, gap=10, round=6, icon=20, side=True, banner=False,
    ),
    Look(
        ("#faf6ee", "#fffdf8", "#3a2f22"), ("#241f19", "#2f2921", "#f0e6d6"), "#96430f",
        "Georgia, serif", size=16, gap=12, round=0, icon=22, side=False, banner=True,
    ),
    Look(
        ("#eef1f4", "#ffffff", "#26323c"), ("#0e1418", "#18222a", "#cfd9e0"), "#0a7d6b",
        "'DejaVu Sans', sans-serif", size=12, gap=6, round=2, icon=16, side=True, banner=True,
    ),
    Look(
        ("#fbf9ff", "#ffffff", "#2b2140"), ("#191427", "#241d38", "#e9e2fb"), "#6a3fd0",
        "Verdana, sans-serif", size=15, gap=12, round=18, icon=24, side=False, banner=False,
    ),
)  # fmt: skip

READ_CONTROLS = """() => [...document.querySelectorAll('a, button, input:not([aria-hidden]), select')].flatMap(e => {
  const words = e.ariaLabel || e.labels?.[0]?.innerText || e.innerText;
  const r = e.getBoundingClientRect();
  const top = document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2);
  if (!top || !(e.contains(top))) return [];
  const kind = e.matches('select') ? 'open' : e.type === 'checkbox' ? (e.checked ? 'untick' : 'tick')
    : e.matches('input') ? 'type' : 'click';
  return [{name: words.trim().split('\\n')[0], kind, element: e.matches('.icon') ? 'icon' : 'text',
           box: [r.left, r.top, r.width, r.height]}];
})"""


def _pages() -> list[dict[str, Any]]:
    return json.loads((_FOLDER / "pages.json").read_text(encoding="utf-8"))


def page_count() -> int:
    """How many pages there are."""
    return len(_pages())


def page_shots() -> Iterator[Shot]:
    """One shot of every page, the screens, looks and light and dark in turn.

    Raises:
        EnvUnavailable: there is no Chromium.
    """
    pages = _pages()
    template = Environment(autoescape=True).from_string((_FOLDER / "page.html.j2").read_text(encoding="utf-8"))
    with sync_playwright() as playwright:
        executable = find_browser(None, Path(playwright.chromium.executable_path))
        browser = playwright.chromium.launch(
            executable_path=executable, args=list(FLAGS), chromium_sandbox=not is_root()
        )
        for number, page in enumerate(pages):
            width, height = screen = SCREENS[number % len(SCREENS)]
            look = LOOKS[number // 2 % len(LOOKS)]
            tab = browser.new_page(viewport={"width": width, "height": height})
            tab.set_content(template.render(page=page, look=look, dark=number % 2 == 1, icons=ICONS))
            picture = Image.open(BytesIO(tab.screenshot())).convert("RGB")
            controls = _CONTROLS.validate_python(tab.evaluate(READ_CONTROLS))
            tab.close()
            yield Shot(page["name"], page["main"]["kind"], picture, askable(controls, screen))
        browser.close()
