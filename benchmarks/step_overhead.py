"""What a step costs outside the model, in a real browser.

    python benchmarks/step_overhead.py [--steps 60]

The agent's loop runs as always, with a recorder, on a page of 1280x720; the model is scripted and clicks a button whose
page changes with each click, so every frame is new. Settling is the page's time and is not counted. The peer, in the
same process and browser, is what many agents do once a step: Playwright's `page.screenshot()` and decoding that PNG.
Times are medians and 95th percentiles.
"""

from __future__ import annotations

import argparse
import io
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from agent.episode import Limits, Step, StopReason
from agent.loop import Agent
from envs.browser import Browser
from envs.chromium import find_browser, is_root
from model.fake import ScriptedModel

SIZE = (1280, 720)
PAGE = "data:text/html," + quote("""<title>Work</title><body style="font:16px sans-serif"><h1>Orders</h1>
<button style="position:fixed;left:600px;top:340px;width:80px;height:40px" onclick="n++;draw()">Next</button><table
id=t></table> <script>let n=0;function draw(){t.innerHTML=Array.from({length:24},(_,i)=>`<tr><td>${n}-${i}</td><td>Order
${n*31+i*7} of customer
${(n+i)*13%97}</td><td style="background:hsl(${(n*40+i*9)%360} 80% 80%)">open</td></tr>`).join('')};draw()</script>""")
ANSWER = """\
## Thought:
The next page.

## Action:
Click "Next".

## Code:
```python
pyautogui.click(x=0.5, y=0.5)
```"""

PHASES: dict[str, Callable[[Step], float]] = {
    "capture": lambda step: step.timing.capture_s,
    "prompt": lambda step: step.timing.prompt_s,
    "parse": lambda step: step.timing.parse_s,
    "act": lambda step: step.timing.act_s,
    "record": lambda step: step.timing.record_s,
    "step without model and settling": lambda step: step.timing.total_s - step.timing.settle_s - step.timing.generate_s,
}


def agent_steps(count: int) -> list[Step]:
    """The steps of one episode, its first left out: it also draws the page for the first time."""
    with tempfile.TemporaryDirectory() as folder, Browser(PAGE, viewport=SIZE) as browser:
        agent = Agent(
            ScriptedModel([ANSWER] * (count + 1)),
            browser,
            limits=Limits(max_steps=count + 1),
            record=Path(folder) / "run",
        )
        episode = agent.run("Go through all the pages.")
    if episode.reason is not StopReason.STEP_LIMIT:
        raise SystemExit(f"The episode did not run to its end: {episode.detail}")
    return list(episode.steps[1:])


def peer_times(count: int) -> list[float]:
    """Seconds of `page.screenshot()` and decoding, after a click on the same page."""
    times: list[float] = []
    with sync_playwright() as playwright:
        executable = find_browser(None, Path(playwright.chromium.executable_path))
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"] if is_root() else [])
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.goto(PAGE)
        for _ in range(count + 1):
            page.mouse.click(640, 360)
            began = time.perf_counter()
            np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
            times.append(time.perf_counter() - began)
        browser.close()
    return times[1:]


def report(name: str, seconds: Sequence[float]) -> None:
    ordered = sorted(1000 * each for each in seconds)
    print(f"{name:<42} {statistics.median(ordered):9.2f} ms {ordered[int(0.95 * (len(ordered) - 1))]:9.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    count = parser.parse_args().steps
    print(f"{platform.machine()}, Python {platform.python_version()}, {SIZE[0]}x{SIZE[1]}, {count} steps")
    print(f"{'':<42} {'median':>12} {'p95':>12}")
    steps = agent_steps(count)
    for name, seconds in PHASES.items():
        report(name, [seconds(step) for step in steps])
    report("peer: page.screenshot() + decoding", peer_times(count))


if __name__ == "__main__":
    main()
