"""How a training of nano goes on the frozen test sets, while it runs: its averaged weights are asked again and again.

    nice python -m benchmarks.nano_progress [--folder training] [--sets screens pages windows] [--limit 60] [--every 20]

Whenever the last stage has saved its state, but not more often than every so many minutes, a fixed sample of each set
is asked with one look. The hit rates go into the log of the stage, as `frozen_SET_KIND`, and so into its table and its
plot (`python -m model.nano.train curves`). Ctrl-C ends it; the training does not know of it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Final

import torch
from rich.console import Console
from rich.progress import track

from benchmarks.nano_accuracy import answer, is_right, items_of, picture_of
from model.loading import load_model
from model.nano.export import export
from model.nano.journal import LOG
from model.nano.loop import STATE

POLL_S: Final = 5.0


def hit_rates(folder: Path, sets: list[str], limit: int) -> dict[str, float]:
    """Of the weights that a training has averaged when its state was last saved, by set and kind; with its step.

    Args:
        folder: the trainer's.
        sets: which test sets.
        limit: how many items of each.
    """
    with tempfile.TemporaryDirectory() as place:
        saved, checkpoint = Path(place, "training"), Path(place, "checkpoint")
        shutil.copytree(folder, saved, ignore=shutil.ignore_patterns("pool", "read", "*.part"))
        state = torch.load(saved / "point" / STATE, weights_only=True, map_location="cpu")
        export(saved, checkpoint)
        model = load_model(str(checkpoint))
        right: dict[str, list[bool]] = defaultdict(list)
        for item in track([item for name in sets for item in items_of(name, limit)], transient=True):
            answered = answer(model, picture_of(item), item["instruction"], looks=1)
            right[f"frozen_{item['set']}_{item['kind']}"].append(is_right(answered, item["box_px"]))
    at = {"step": state["step"], "minutes": round(state["elapsed"] / 60, 2)}
    return at | {name: round(sum(hits) / len(hits), 4) for name, hits in right.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("training"), help="where the training keeps everything")
    parser.add_argument("--sets", nargs="+", default=["screens"], choices=("screens", "pages", "windows"))
    parser.add_argument("--limit", type=int, default=60, help="how many items of each set")
    parser.add_argument("--every", type=float, default=20.0, help="minutes")
    options = parser.parse_args()
    torch.set_num_threads(1)
    console = Console()
    state, asked_at, asked_about = options.folder / "point" / STATE, float("-inf"), 0.0
    with suppress(KeyboardInterrupt):
        while True:
            saved_at = state.stat().st_mtime if state.exists() else 0.0
            if saved_at == asked_about or time.monotonic() - asked_at < 60 * options.every:
                time.sleep(POLL_S)
                continue
            asked_at, asked_about = time.monotonic(), saved_at
            rates = hit_rates(options.folder, options.sets, options.limit)
            with (state.parent / LOG).open("a", encoding="utf-8") as log:
                log.write(json.dumps(rates) + "\n")
            console.print("  ".join(f"{name} {value:.3g}" for name, value in rates.items()), soft_wrap=True)


if __name__ == "__main__":
    main()
