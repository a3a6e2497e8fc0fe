"""What a training run's log says, as a table and as a picture: one small plot for each loss."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Final

from model.base import ModelError, ModelUnavailable
from model.nano.journal import LOG

MINUTES: Final = "minutes"
COLUMNS: Final = 4


def write_curves(stage: Path) -> tuple[Path, Path]:
    """Write `curves.csv` and `curves.svg` beside a stage's log.

    Returns:
        The two files.

    Raises:
        ModelError: there is no log.
        ModelUnavailable: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ModelUnavailable("The plot needs matplotlib: pip install 'deixis[training]'.") from error
    records = _records(stage / LOG)
    names = list(dict.fromkeys(name for record in records for name in record))
    table = stage / "curves.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(records)

    curves = [name for name in names if name not in ("step", MINUTES)]
    figure = Figure(figsize=(3.2 * COLUMNS, 2.2 * math.ceil(len(curves) / COLUMNS)), layout="constrained")
    for place, name in enumerate(curves, start=1):
        axes = figure.add_subplot(math.ceil(len(curves) / COLUMNS), COLUMNS, place)
        points = [(record[MINUTES], record[name]) for record in records if name in record]
        axes.plot(*zip(*points, strict=True), linewidth=1)
        axes.set_title(name, fontsize=9)
        axes.tick_params(labelsize=7)
    picture = stage / "curves.svg"
    figure.savefig(picture)
    return table, picture


def _records(log: Path) -> list[dict[str, float]]:
    if not log.exists():
        raise ModelError(f"There is no log {log}: run the stage {log.parent.name!r} first.")
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
