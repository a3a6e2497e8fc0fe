"""The pool of training screens: pages rendered by Chromium, with the box of everything that can be pointed at and of every character.

A pool is a folder of `N.npy` (pixels) and `N.json` (what is on it). Pixels are memory-mapped, so several training processes share them.

    python -m model.nano.screens FOLDER COUNT [FIRST]
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.nano.pages import page

WIDTH, HEIGHT = 1120, 1400

_READ_BACK = """
() => {
  const chars = [], items = [], holes = [];
  const canvas = document.createElement('canvas').getContext('2d');
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const shows = node => {  // false where something else lies over the text, or it is clipped
    range.selectNodeContents(node);
    return [...range.getClientRects()].every(r => [r.left + 1, (r.left + r.right) / 2, r.right - 1].every(x => {
      const top = document.elementFromPoint(x, (r.top + r.bottom) / 2);
      return top && (top.contains(node) || node.contains(top));
    }));
  };
  const round = r => [r.left, r.top, r.right, r.bottom].map(v => Math.round(v * 10) / 10);
  for (let node; (node = walker.nextNode());) {
    const text = node.data;
    if (!text.trim() || !shows(node)) continue;
    for (let i = 0; i < text.length; i++) {
      if (!text[i].trim()) continue;
      range.setStart(node, i); range.setEnd(node, i + 1);
      const r = range.getBoundingClientRect();
      if (r.width && r.top < innerHeight) chars.push([text[i], Math.round((r.left + r.right) * 5) / 10, Math.round((r.top + r.bottom) * 5) / 10]);
    }
  }
  const textBox = element => {
    if (!shows(element)) return null;
    range.selectNodeContents(element);
    return range.getClientRects().length === 1 ? range.getBoundingClientRect() : null;
  };
  for (const field of document.querySelectorAll('input, textarea, select')) holes.push(round(field.getBoundingClientRect()));
  for (const element of document.querySelectorAll('[data-k]')) {
    const box = element.getBoundingClientRect();
    if (box.bottom > innerHeight || box.right > innerWidth || box.left < 0) continue;
    const kind = element.dataset.k;
    let label = element.dataset.l, text;
    if (kind === 'point') { label = element.textContent; text = textBox(element); }
    else if (kind === 'tick') {
      const caption = 'near' in element.dataset ? element.querySelector('[data-c]') : element.parentElement.querySelector('[data-c]');
      label = caption.textContent; text = textBox(caption);
    } else if (element.dataset.at === 'inside') {
      const s = getComputedStyle(element);
      canvas.font = `${s.fontWeight} ${s.fontSize} ${s.fontFamily}`;
      const left = box.left + parseFloat(s.paddingLeft) + parseFloat(s.borderLeftWidth);
      const line = parseFloat(s.fontSize) * 1.2, top = element.tagName === 'TEXTAREA' ? box.top + parseFloat(s.paddingTop) : (box.top + box.bottom - line) / 2;
      const right = left + canvas.measureText(element.placeholder).width;
      text = right < box.right ? new DOMRect(left, top, right - left, line) : null;
    } else {
      const caption = element.parentElement.querySelector('[data-c]');
      text = caption && textBox(caption);
    }
    const middle = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    if (!text || !text.width || !middle || !(element.contains(middle) || middle.contains(element))) continue;
    items.push({kind: kind === 'tick' && 'near' in element.dataset ? 'near' : kind, label, at: element.dataset.at || '', text: round(text), box: round(box)});
  }
  return {chars, items, holes};
}
"""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in px."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something on a screen that can be asked for."""

    kind: str
    """"point": click its text; "near": tick a box beside its label; "tick": tick a box away from its label; "field": type into it."""
    label: str
    text: Box
    """Where the label stands."""
    box: Box
    """The element itself."""

    @property
    def aim(self) -> tuple[float, float]:
        """Where to click, px: on the label's text, or in a field at the place nearest to its label."""
        left, top, right, bottom = self.box
        middle_x, middle_y = (self.text[0] + self.text[2]) / 2, (self.text[1] + self.text[3]) / 2
        if self.kind in ("point", "near"):
            return middle_x, middle_y
        if self.kind == "tick":
            return (left + right) / 2, (top + bottom) / 2
        inset = min(40.0, (right - left) / 2)
        return min(max(middle_x, left + inset), right - inset), min(max(middle_y, top + 10.0), (top + bottom) / 2)


@dataclass(frozen=True, slots=True)
class Screen:
    pixels: NDArray[np.uint8]
    """(H, W, 3) RGB, memory-mapped."""
    codes: NDArray[np.int64]
    """(C,) code points of the visible characters outside of fields ..."""
    centres: NDArray[np.float32]
    """(C, 2) ... and their centres, x and y in px."""
    items: list[Item]
    holes: NDArray[np.float32]
    """(F, 4) boxes of the fields."""


def render_pool(folder: Path, count: int, first: int = 0) -> None:
    """Render pages `first` to `first + count`; those already there are kept."""
    from io import BytesIO

    from PIL import Image
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--disable-background-networking", "--font-render-hinting=none"],
            chromium_sandbox=False,
        )
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for number in range(first, first + count):
            if (folder / f"{number}.json").exists():
                continue
            tab.set_content(page(random.Random(f"page {number}")))
            pixels = np.asarray(Image.open(BytesIO(tab.screenshot())).convert("RGB"))
            np.save(folder / f"{number}.npy", pixels)
            unfinished = folder / f"{number}.part"
            unfinished.write_text(json.dumps(tab.evaluate(_READ_BACK)))
            unfinished.rename(folder / f"{number}.json")
        browser.close()


@lru_cache(maxsize=4096)
def load_screen(folder: Path, number: int) -> Screen:
    content = json.loads((folder / f"{number}.json").read_text())
    items = [Item(i["kind"], i["label"], tuple(i["text"]), tuple(i["box"])) for i in content["items"]]
    return Screen(
        pixels=np.load(folder / f"{number}.npy", mmap_mode="r"),
        codes=np.array([ord(char[0]) for char, _, _ in content["chars"]], dtype=np.int64),
        centres=np.array([(x, y) for _, x, y in content["chars"]], dtype=np.float32).reshape(-1, 2),
        items=items,
        holes=np.array(content["holes"], dtype=np.float32).reshape(-1, 4),
    )


if __name__ == "__main__":
    render_pool(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
