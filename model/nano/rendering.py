"""Renders the pool of training screens with Chromium, and reads back where everything stands.

Knows pages and the browser; knows nothing of questions. Page N is the same on every machine; its picture depends on the
fonts that are installed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from importlib import resources
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from rich.progress import track

from model.base import ModelError
from model.nano.pages import page

WIDTH, HEIGHT = 1120, 1400
"""Of the viewport, px."""
COMMANDS = ("google-chrome", "chromium", "chromium-browser")
FLAGS = ("--disable-background-networking", "--font-render-hinting=none")


class NoBrowser(ModelError):
    """Raised when there is no Chrome or Chromium to render with. The message says how to get one."""


def render_pool(folder: Path, count: int) -> None:
    """Render pages 0 to `count`; those already there are kept.

    Raises:
        NoBrowser: there is no Chrome or Chromium on this machine.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [number for number in range(count) if not (folder / f"{number}.json").exists()]
    if not missing:
        return
    with sync_playwright() as playwright, launch(playwright) as browser:
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for number in track(missing, description="Rendering screens"):
            _render(tab, folder, number)


def launch(playwright: Playwright) -> Browser:
    """Start Playwright's own Chromium, or the system's where that is not installed.

    Raises:
        NoBrowser: there is neither.
    """
    own = Path(playwright.chromium.executable_path)
    system = next(filter(None, map(shutil.which, COMMANDS)), None)
    if not own.exists() and system is None:
        raise NoBrowser(
            "There is no Chrome or Chromium to render screens with. Install one with:  playwright install chromium"
        )
    return playwright.chromium.launch(
        executable_path=None if own.exists() else system,
        args=list(FLAGS),
        chromium_sandbox=os.geteuid() != 0,  # as root it would not start
    )


def _render(tab: Page, folder: Path, number: int) -> None:
    tab.set_content(page(random.Random(f"page {number}")))
    np.save(folder / f"{number}.npy", np.asarray(Image.open(BytesIO(tab.screenshot())).convert("RGB")))
    unfinished = folder / f"{number}.part"
    unfinished.write_text(json.dumps(tab.evaluate(_read_back())))
    unfinished.rename(folder / f"{number}.json")  # last: a page that has it is complete


def _read_back() -> str:
    return resources.files("model.nano").joinpath("read_back.js").read_text(encoding="utf-8")
