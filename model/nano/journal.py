"""What a training run tells of itself: lines in `log.jsonl`, and one for whoever watches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from rich.console import Console
from torch import Tensor

LOG: Final = "log.jsonl"
EVERY = 50
"""Steps between two records; each holds the means of the steps since the one before."""


class Journal:
    """The journal of one run. A terminal has one line that is rewritten at every step, anything else one a record."""

    def __init__(self, folder: Path, planned_s: float) -> None:
        self._file = folder / LOG
        self._planned_s = planned_s
        self._console = Console()
        self._sums: dict[str, list[float]] = {}

    def note(self, step: int, elapsed_s: float, lr: float, losses: dict[str, Tensor]) -> None:
        """Take in the losses of a step, counted from 1."""
        for name, value in losses.items():
            self._sums.setdefault(name, []).append(value.item())
        means = {name: sum(values) / len(values) for name, values in self._sums.items()}
        is_record = step % EVERY == 0
        if is_record:
            self._write({"step": step, "minutes": round(elapsed_s / 60, 2), "lr": lr, **means})
            self._sums.clear()
        if is_record or self._console.is_terminal:
            left = max(0.0, self._planned_s - elapsed_s) / 60
            shown = "  ".join(f"{name} {mean:.3f}" for name, mean in means.items())
            self._show(f"step {step}  {left:.1f} min left  {shown}")

    def note_held_out(self, step: int, elapsed_s: float, losses: dict[str, Tensor]) -> None:
        """Record losses on what is not trained on, under names of their own."""
        named = {f"held_out_{name}": value.item() for name, value in losses.items()}
        self._write({"step": step, "minutes": round(elapsed_s / 60, 2), **named})

    def close(self, step: int, elapsed_s: float) -> None:
        """Say how the run ended."""
        left = self._planned_s - elapsed_s
        how = "finished" if left <= 0 else f"interrupted, {left / 60:.1f} min left: the same command goes on"
        if self._console.is_terminal:
            self._console.print()
        self._console.print(f"{step} steps, {how}", highlight=False)

    def _write(self, record: dict[str, float]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a") as log:
            log.write(json.dumps({key: round(value, 5) for key, value in record.items()}) + "\n")

    def _show(self, line: str) -> None:
        if self._console.is_terminal:
            width = self._console.width - 1
            self._console.print(line[:width].ljust(width), end="\r", highlight=False)
        else:
            self._console.print(line, soft_wrap=True, highlight=False)
