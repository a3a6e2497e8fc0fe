from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from model.base import ModelError
from model.nano.curves import write_curves
from model.nano.journal import LOG


def test_a_table_and_a_plot_are_written_of_records_that_differ(tmp_path: Path) -> None:
    records = [{"step": 50, "minutes": 1.5, "read": 3.0}, {"step": 100, "minutes": 3.0, "read": 2.0, "next": 0.5}]
    (tmp_path / LOG).write_text("".join(json.dumps(record) + "\n" for record in records))
    table, picture = write_curves(tmp_path)
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["read"] for row in rows] == ["3.0", "2.0"]
    assert [row["next"] for row in rows] == ["", "0.5"]
    assert picture.read_text().count('id="axes_') == 2


def test_a_stage_without_a_log_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="run the stage"):
        write_curves(tmp_path / "point")
