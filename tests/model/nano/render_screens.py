"""Renders a frozen pointing test set: hand-written pages to pictures, and the exact place of every target on them.

    python tests/model/nano/render_screens.py {screens,pages} [NAME ...]

A page declares its targets itself. An element with the bare attribute `data-item` is one: an input or text area is a
field, a check box, radio button, switch or a label around one is a check box, anything else is something to click. Its
label is its visible text (for a field its `<label>` or placeholder); `data-label` overrides where that text has more in
it, such as a count. `data-type` is what to type into a field. An element without any text that shows an icon says which
in `data-icon`. One that is told from others like it by its order or by what it stands beside says in `data-relative`
how a user would ask for it. Meta tags give the viewport ("viewport-size"), the scale of a dense screen ("scale", 1 by
default) and plausible labels that are not on the screen ("absent").

The script knows nothing about the model. It refuses a page whose targets are hidden, covered, cut off or ambiguous. Run
it only to make a new version of a set; the pictures then change, and so does the frozen hash in `test_screens.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import TypedDict

from PIL import Image
from playwright.sync_api import Browser, Playwright, sync_playwright

SETS = Path(__file__).parent
VIEWPORTS = {
    (640, 480), (800, 600), (1024, 768), (1280, 720), (1280, 800), (1366, 768), (1440, 900), (1600, 900), (1920, 1080),
}  # fmt: skip
"""Sizes of pictures, px."""
SYSTEM_CHROMIUM = "/usr/bin/chromium"
DECORATION = {"So", "Sm", "Sk", "Mn", "Cf", "Zs"}
"""Unicode categories of icons and arrows around a label's words."""
MARKS = "\u2039\u203a\u00ab\u00bb:*"
"""Guillemets, colon and asterisk, which belong to no such category but decorate labels as well."""

READ_PAGE = """() => {
  const shown = r => r.width > 0 && r.height > 0
    && r.right > 0 && r.bottom > 0 && r.left < innerWidth && r.top < innerHeight;
  const around = node => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return range.getBoundingClientRect();
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.checkVisibility({visibilityProperty: true}) && shown(around(node))) texts.push(node.data);
  }
  for (const e of document.querySelectorAll('input, textarea')) {
    if (e.type === 'checkbox' || e.type === 'radio' || !shown(e.getBoundingClientRect())) continue;
    texts.push(e.value || e.placeholder);
  }
  const items = [...document.querySelectorAll('[data-item], [data-icon], [data-relative]')].map(e => {
    const ticks = 'input[type=checkbox], input[type=radio], [role=switch], [role=checkbox]';
    const tick = e.matches(ticks) ? e : e.querySelector(ticks);
    const field = !tick && e.matches('input:not([type=submit]):not([type=button]), textarea');
    const {icon, relative} = e.dataset;
    const kind = icon ? 'icon' : relative ? 'relative' : tick ? 'checkbox' : field ? 'field' : 'label';
    const words = field || e === tick ? e.labels?.[0]?.innerText || e.placeholder : e.innerText || e.value;
    const label = icon ?? relative ?? e.dataset.label ?? words ?? '';
    const box = kind === 'checkbox' && e !== tick ? around(e) : e.getBoundingClientRect();
    const faults = [];
    for (const [part, place] of [[0.1, 'left'], [0.5, 'centre'], [0.9, 'right']]) {
      const hit = document.elementFromPoint(box.left + part * (box.right - box.left), (box.top + box.bottom) / 2);
      if (!hit || !(e.contains(hit) || hit.closest('label')?.contains(e))) faults.push(`is covered at its ${place}`);
    }
    if (box.width < 8 || box.height < 8) faults.push('is too small');
    if (box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight) faults.push('is cut off');
    if (!e.checkVisibility({visibilityProperty: true, opacityProperty: true})) faults.push('is invisible');
    if (kind === 'label' && e.getClientRects().length > 1) faults.push('is broken over several lines');
    if (e.disabled || tick?.disabled) faults.push('is disabled');
    const ticked = tick ? (tick.checked ?? tick.ariaChecked === 'true') : false;
    if (ticked && tick.type === 'radio') faults.push('is a radio button that is set already');
    if (kind === 'field' && !e.dataset.type) faults.push('has no data-type');
    if (icon && e.innerText.trim()) faults.push('shows text beside its icon');
    return {kind, label, value: e.dataset.type ?? '', ticked, faults, html: e.outerHTML.slice(0, 120),
            box: [box.left, box.top, box.right, box.bottom]};
  });
  const meta = name => document.querySelector(`meta[name="${name}"]`)?.content ?? '';
  return {texts, items, visible: [document.body.innerText, ...texts].join('\\n'), absent: meta('absent')};
}"""


class Target(TypedDict):
    """One target as READ_PAGE finds it; `box` in CSS pixels."""

    kind: str
    label: str
    value: str
    ticked: bool
    faults: list[str]
    html: str
    box: list[float]


class Page(TypedDict):
    """What READ_PAGE returns."""

    texts: list[str]
    items: list[Target]
    visible: str
    absent: str


class Item(TypedDict):
    """One line of items.json: an instruction and the box that a right answer falls into, null if there is none."""

    screen: str
    kind: str
    instruction: str
    box_px: list[int] | None


class BadPage(Exception):
    """Raised when a page's targets are not exact; the message lists every fault."""


def clean(text: str) -> str:
    """Take the white space, icons and marks off the ends of a label, and make inner white space single."""

    def is_decoration(char: str) -> bool:
        return unicodedata.category(char) in DECORATION or char in MARKS

    words = " ".join(text.split())
    start, end = 0, len(words)
    while start < end and is_decoration(words[start]):
        start += 1
    while end > start and is_decoration(words[end - 1]):
        end -= 1
    return words[start:end]


def instruction(target: Target) -> str:
    """Word the task as a user would."""
    if target["kind"] == "relative":
        return target["label"]
    if target["kind"] == "icon":
        return f'Click the "{target["label"]}" icon'
    label = clean(target["label"])
    if target["kind"] == "field":
        return f'Type "{target["value"]}" into "{label}"'
    if target["kind"] == "checkbox":
        return f'{"Untick" if target["ticked"] else "Tick"} "{label}"'
    return f'Click "{label}"'


def read_items(screen: str, page: Page, scale: float) -> list[Item]:
    """Turn the declarations of a page, shown at a scale, into items.

    Raises:
        BadPage: A target is hidden, covered, ambiguous or without a visible label, or an absent label is there.
    """
    faults: list[str] = []
    counts = Counter(clean(text).casefold() for text in page["texts"])
    visible = " ".join(page["visible"].split()).casefold()
    items: list[Item] = []
    for target in page["items"]:
        label = clean(target["label"])
        found = list(target["faults"])
        if target["kind"] not in ("icon", "relative"):
            if not label or label.casefold() not in visible:
                found.append(f"has a label that is not to be seen ({label!r})")
            if counts[label.casefold()] > 1:
                found.append(f"shares its label {label!r} with other text")
        faults += [f"{target['html']} {fault}" for fault in found]
        box_px = [round(edge * scale) for edge in target["box"]]
        items.append({"screen": screen, "kind": target["kind"], "instruction": instruction(target), "box_px": box_px})
    for label in filter(None, page["absent"].split("|")):
        if label.casefold() in visible:
            faults.append(f"the absent label {label!r} is on the screen")
        items.append({"screen": screen, "kind": "absent", "instruction": f'Click "{label}"', "box_px": None})
    faults += [f"{text} comes twice" for text, n in Counter(item["instruction"] for item in items).items() if n > 1]
    if faults:
        raise BadPage(f"{screen}:\n  " + "\n  ".join(faults))
    return items


def render(browser: Browser, source: Path) -> tuple[bytes, list[Item]]:
    """Render one page; returns the PNG and its items."""
    html = source.read_text(encoding="utf-8")

    def meta(name: str, default: str) -> str:
        behind = html.partition(f'name="{name}" content="')[2]
        return behind.partition('"')[0] or default

    scale = float(meta("scale", "1"))
    width, height = (int(side) for side in meta("viewport-size", "0x0").split("x"))
    if (width, height) not in VIEWPORTS:
        raise BadPage(f"{source.name}: the viewport {width}x{height} is not one of {sorted(VIEWPORTS)}.")
    viewport = {"width": round(width / scale), "height": round(height / scale)}
    tab = browser.new_page(viewport=viewport, device_scale_factor=scale)  # pyright: ignore[reportArgumentType]
    try:
        tab.set_content(html, wait_until="load")
        page: Page = tab.evaluate(READ_PAGE)
        shot = Image.open(io.BytesIO(tab.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    finally:
        tab.close()
    if shot.size != (width, height):
        raise BadPage(f"{source.name}: at scale {scale} the picture has {shot.size} instead of {width}x{height} px.")
    png = io.BytesIO()
    shot.save(png, "PNG", optimize=True)
    return png.getvalue(), read_items(source.with_suffix(".png").name, page, scale)


def launch(playwright: Playwright) -> Browser:
    """Start Playwright's own Chromium, or the system's where that is absent."""
    own = Path(playwright.chromium.executable_path)
    return playwright.chromium.launch(
        executable_path=None if own.exists() else SYSTEM_CHROMIUM,
        chromium_sandbox=os.geteuid() != 0,
        args=["--hide-scrollbars"],
    )


def fingerprint(folder: Path) -> str:
    """SHA-256 over items.json and every PNG, with their names, in order of name."""
    digest = hashlib.sha256()
    for path in sorted([folder / "items.json", *folder.glob("*.png")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def write_items(folder: Path, items: list[Item]) -> None:
    """Write the items of a set beside its pictures, and say how large it is and what its hash is."""
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    (folder / "items.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.glob("*.png"))
    print(f"{len(items)} items, {size / 1e6:.2f} MB of PNG, fingerprint {fingerprint(folder)}")


def main(folder: Path, names: list[str]) -> int:
    """Render the named pages (all by default); items.json is written only for all of them and only without faults."""
    sources = sorted(folder.glob("*.html"))
    chosen = [source for source in sources if not names or source.stem in names]
    items: list[Item] = []
    bad = 0
    with sync_playwright() as playwright, launch(playwright) as browser:
        for source in chosen:
            try:
                png, found = render(browser, source)
            except BadPage as fault:
                print(fault, file=sys.stderr)
                bad += 1
                continue
            source.with_suffix(".png").write_bytes(png)
            items += found
    print(len(chosen), "pages,", dict(Counter(item["kind"] for item in items)))
    if bad or names:
        return int(bad > 0)
    write_items(folder, items)
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=("screens", "pages"))
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these pages, without writing items.json")
    options = parser.parse_args()
    sys.exit(main(SETS / options.set, options.names))
