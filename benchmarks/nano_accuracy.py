"""How well a model points on the frozen test sets: hit rates with intervals, and the time of a step.

    python -m benchmarks.nano_accuracy [--model nano] [--sets screens pages windows] [--looks 1 2] [--limit N]
                                       [--misses FILE]

The sets are web pages that were written by hand, in two parts, and windows of programs. An item is hit when the click
lies in the element's box; an absent one is right when the model says that it is not there. The intervals are Wilson's
at 95 %. The time is that of the first question about each screen of a size, before anything about it is cached.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from agent.formats.base import AnswerError
from agent.ground import ground
from agent.looking import Unreadable
from model.base import Model
from model.loading import load_model

SETS = Path(__file__).parent.parent / "tests" / "model" / "nano"
TIMED = (1280, 720), (1920, 1080)
"""Sizes of screens, px, about which the time of a step is told."""
ABSENT = "not on the screen"


def wilson(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a proportion (Wilson 1927)."""
    share, spread = hits / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    half = z * (share * (1 - share) / total + spread / (4 * total)) ** 0.5 / (1 + spread)
    return middle - half, middle + half


def answer(model: Model, picture: Image.Image, instruction: str, looks: int) -> tuple[float, float] | str:
    """The place in pixels of the picture that the model names, or in words why it names none."""
    try:
        point = ground(model, picture, instruction, looks=looks)
    except (Unreadable, AnswerError) as error:
        return str(error)
    return ABSENT if point is None else (point.x * picture.width, point.y * picture.height)


def is_right(answered: tuple[float, float] | str, box_px: object) -> bool:
    """Whether an answer is a place in the box, or says that there is none where there is no box."""
    if isinstance(answered, str) or not isinstance(box_px, list):
        return answered == ABSENT and box_px is None
    (x, y), (left, top, right, bottom) = answered, box_px
    return left <= x <= right and top <= y <= bottom


def items_of(name: str, limit: int | None) -> list[dict[str, Any]]:
    """Those of a set, or so many of them, drawn with a fixed seed; in the order of its screens."""
    items = json.loads((SETS / name / "items.json").read_text(encoding="utf-8"))
    if limit is not None and limit < len(items):
        items = random.Random(0).sample(items, limit)
    return [{"set": name, **item} for item in sorted(items, key=lambda item: item["screen"])]


def picture_of(item: dict[str, Any]) -> Image.Image:
    """The screen that an item is about."""
    return Image.open(SETS / item["set"] / item["screen"]).convert("RGB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--sets", nargs="+", default=["screens"], choices=("screens", "pages", "windows"))
    parser.add_argument("--looks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--limit", type=int, help="ask only so many items of a set, drawn with a fixed seed")
    parser.add_argument("--misses", type=Path, help="write what was missed, and the answers, as JSON lines")
    options = parser.parse_args()

    items = [item for name in options.sets for item in items_of(name, options.limit)]
    model = load_model(options.model)
    results: dict[tuple[int, str, str], list[bool]] = defaultdict(list)
    seconds: dict[tuple[int, tuple[int, int]], list[float]] = defaultdict(list)
    misses: list[dict[str, object]] = []
    for looks in options.looks:
        seen: set[tuple[str, str]] = set()
        for item in track(items, description=f"looking {'once' if looks == 1 else 'twice'}", transient=True):
            picture, screen = picture_of(item), (item["set"], item["screen"])
            started = time.perf_counter()
            answered = answer(model, picture, item["instruction"], looks)
            if screen not in seen and picture.size in TIMED:
                seconds[looks, picture.size].append(time.perf_counter() - started)
            seen.add(screen)
            right = is_right(answered, item["box_px"])
            results[looks, item["set"], item["kind"]].append(right)
            if not right:
                misses.append({"looks": looks, "answered": answered, **item})

    table = Table("set", "kind", "items", *(f"{looks} look{'s' * (looks > 1)}" for looks in options.looks))
    for name, kind in dict.fromkeys((item["set"], item["kind"]) for item in items):
        cells: list[str] = []
        for looks in options.looks:
            right = results[looks, name, kind]
            low, high = wilson(sum(right), len(right))
            cells.append(f"{sum(right) / len(right):.1%}  ({low:.1%} to {high:.1%})")
        table.add_row(name, kind, str(len(results[options.looks[0], name, kind])), *cells)
    console = Console()
    console.print(table)
    for (looks, (width, height)), times in seconds.items():
        console.print(
            f"{looks} look(s): {statistics.median(times):.2f} s a step at {width}x{height} (median of {len(times)})"
        )
    if options.misses is not None:
        options.misses.write_text(
            "".join(json.dumps(miss, ensure_ascii=False) + "\n" for miss in misses), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
