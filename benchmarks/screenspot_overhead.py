"""What the grounding checks cost outside the model: 1,000 items with a model that answers at once.

    python -m benchmarks.screenspot_overhead [--items 1000] [--size 1920 1080]

A benchmark in the ScreenSpot-V2 format is written first, four items a screenshot. The
time is from reading the annotations to the written reports; making the benchmark is not in it.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from model.base import GREEDY, Sampling
from model.messages import Message, Reply
from tasks.screenspot.dataset import read_dataset
from tasks.screenspot.methods import Method
from tasks.screenspot.records import RunFolder, read_run
from tasks.screenspot.report import write_reports
from tasks.screenspot.runner import card_of, run_items

ITEMS_A_SCREENSHOT = 4
ANSWER = "## Action:\nClick it.\n\n## Code:\n```python\npyautogui.click(x=0.5, y=0.5)\n```"


def write_benchmark(folder: Path, items: int, size: tuple[int, int]) -> None:
    """Every third item has its box in the middle of the screen, where the model points."""
    width, height = size
    (folder / "screenspotv2_image").mkdir(parents=True)
    random = np.random.default_rng(0)
    records: list[dict[str, object]] = []
    for number in range(items):
        name = f"{number // ITEMS_A_SCREENSHOT}.png"
        if number % ITEMS_A_SCREENSHOT == 0:
            blocks = random.integers(0, 255, (height // 8, width // 8, 3), np.uint8)
            screen = Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST)
            screen.save(folder / "screenspotv2_image" / name, compress_level=1)
        left, top = (width // 2, height // 2) if number % 3 == 0 else (10 * (number % 40), 20)
        records.append(
            {
                "img_filename": name,
                "bbox": [left, top, 8 + number % 150, 8 + number % 90],
                "instruction": f"open number {number}",
                "data_type": "text" if number % 2 else "icon",
                "data_source": ("windows", "macos")[number % 2],
            }
        )
    (folder / "screenspot_desktop_v2.json").write_text(json.dumps(records), encoding="utf-8")


class Instant:
    """Answers at once, and keeps no screenshot."""

    name = "instant"
    family = "kimi_vl"
    view_px = None
    resizing = None

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling = GREEDY,
        on_text: Callable[[str], None] | None = None,
    ) -> list[Reply]:
        return [Reply(ANSWER) for _ in prompts]


class Clock:
    """Wall and processor time since the last lap: on a busy machine only the second is the program's own."""

    def __init__(self) -> None:
        self.laps: list[tuple[str, float, float]] = []
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def lap(self, name: str) -> None:
        wall, processor = time.perf_counter(), time.process_time()
        self.laps.append((name, wall - self._wall, processor - self._processor))
        self._wall, self._processor = wall, processor

    def total(self) -> tuple[float, float]:
        return sum(wall for _, wall, _ in self.laps), sum(processor for _, _, processor in self.laps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--size", type=int, nargs=2, default=(1920, 1080))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "data", Path(folder) / "run"
        write_benchmark(data, options.items, tuple(options.size))
        model = Instant()
        clock = Clock()
        dataset = read_dataset(data)
        clock.lap("reading the benchmark")
        with RunFolder(out, card_of(model, dataset)) as run:
            run_items(model, dataset.items, run, Method.PLAIN)
        clock.lap("asking and recording")
        card, records = read_run(out)
        write_reports(out, card, records)
        clock.lap("reports")
    print(f"{platform.machine()}, Python {platform.python_version()}, {len(records)} items, {options.size}")
    print(f"{'':<22} {'wall':>10} {'processor':>10}")
    for name, wall_s, processor_s in [*clock.laps, ("all", *clock.total())]:
        print(f"{name:<22} {wall_s:8.2f} s {processor_s:8.2f} s")


if __name__ == "__main__":
    main()
