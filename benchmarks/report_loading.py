"""How long a report of 500 steps takes to be seen in Chromium, and how evenly its strip of steps scrolls.

`python -m benchmarks.report_loading`: a browser is started anew for each round, so nothing is in its caches. Times are
by the clock, on a machine that should have nothing else to do; tests/agent/test_viewer.py bounds the processor time,
which other work changes less.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from playwright.sync_api import sync_playwright

from agent.viewer.report import write_report
from envs.chromium import FLAGS, find_browser, is_root
from tests.agent.test_viewer import record

STEPS = 500
SCROLLED_PX = 120
"""A frame: a quick hand on a wheel."""
FRAMES = 240
SCROLL = """([pixels, frames]) => new Promise(done => {
    const strip = document.querySelector("#strip"), gaps = [];
    let last;
    requestAnimationFrame(function next(now) {
        if (last !== undefined) gaps.push(now - last);
        last = now;
        strip.scrollLeft += pixels;
        if (gaps.length < frames) requestAnimationFrame(next); else done(gaps);
    });
})"""

app = App(name="report_loading", help=__doc__)


@app.default
def measure(rounds: Annotated[int, Parameter(help="browsers that open the report, one after another.")] = 5) -> None:
    """Print the seconds until the first step is seen, and the milliseconds between frames while the strip scrolls."""
    seen_s: list[float] = []
    gaps_ms: list[float] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        record(Path(folder), STEPS)
        address = write_report(Path(folder)).as_uri()
        path = find_browser(None, Path(playwright.chromium.executable_path))
        for _ in range(rounds):
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS), chromium_sandbox=not is_root())
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            begun = time.monotonic()
            page.goto(address)
            page.locator("article:not([hidden]) image[href]").wait_for()
            seen_s.append(time.monotonic() - begun)
            gaps_ms += page.evaluate(SCROLL, [SCROLLED_PX, FRAMES])
            browser.close()
    gaps_ms.sort()
    print(f"{STEPS} steps, {rounds} rounds: seen after {statistics.median(seen_s):.2f} s, at most {max(seen_s):.2f} s")
    print(
        f"between frames of the scrolling strip: {statistics.median(gaps_ms):.1f} ms,"
        f" 95 % below {gaps_ms[int(len(gaps_ms) * 0.95)]:.1f} ms, at most {gaps_ms[-1]:.1f} ms"
    )


if __name__ == "__main__":
    app()
