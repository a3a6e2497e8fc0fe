"""The export is what ScreenSpot-Pro's own script writes for the same answers, computed by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from model.fake import ScriptedModel
from tasks.screenspot.dataset import read_dataset
from tasks.screenspot.export import results, write_results
from tasks.screenspot.items import RunError
from tasks.screenspot.methods import Method
from tasks.screenspot.records import Record, RunFolder
from tasks.screenspot.runner import card_of, run_items

Answering = Callable[[Mapping[str, str]], ScriptedModel]


@pytest.fixture
def records(
    benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering
) -> list[Record]:
    dataset, model = read_dataset(benchmarks / "pro"), model_answering(answers["pro"])
    with RunFolder(tmp_path / "run", card_of(model, dataset)) as run:
        run_items(model, dataset.items, run, Method.PLAIN)
        return run.records


def block(correct: int, total: int, wrong_format: int, text: float, icon: float) -> dict[str, object]:
    return {
        "num_correct_action": correct,
        "num_total": total,
        "wrong_format_num": wrong_format,
        "action_acc": correct / total,
        "text_acc": text,
        "icon_acc": icon,
    }


def test_metrics(records: list[Record]) -> None:
    """Excel: cell right; "missed cell" gave no point, which is a wrong format there; mute is one too.

    VS Code: corner right on its border, just outside wrong; of the negatives, unicorn right and dragon wrong.
    """
    excel, vscode = block(1, 3, 2, 1 / 2, 0), block(2, 4, 0, 1, 1 / 3)
    positive, negative = block(1, 2, 0, 1, 0), block(1, 2, 0, 0, 1 / 2)
    assert results(records)["metrics"] == {
        "fine_grained": {
            "plat:windows app:excel inst_style:instruction gt_type:positive": excel,
            "plat:linux app:vscode inst_style:instruction gt_type:positive": positive,
            "plat:linux app:vscode inst_style:instruction gt_type:negative": negative,
        },
        "seeclick_style": {
            "plat:windows inst_style:instruction gt_type:positive": excel,
            "plat:linux inst_style:instruction gt_type:positive": positive,
            "plat:linux inst_style:instruction gt_type:negative": negative,
        },
        "leaderboard_simple_style": {"group:Office": excel, "group:Dev": vscode},
        "leaderboard_detailed_style": {"app:excel": excel, "app:vscode": vscode},
        "overall": block(3, 7, 2, 2 / 3, 1 / 4),
    }


def test_details(records: list[Record], benchmarks: Path) -> None:
    details = {detail["prompt_to_evaluate"]: detail for detail in results(records)["details"]}
    corner = details["corner"]
    assert corner == {
        "id": "app_1",
        "img_path": str(benchmarks / "pro" / "images" / "app" / "big.png"),
        "group": "Dev",
        "platform": "linux",
        "application": "vscode",
        "lang": "en",
        "instruction_style": "instruction",
        "prompt_to_evaluate": "corner",
        "gt_type": "positive",
        "ui_type": "text",
        "task_filename": "vscode_linux",
        "pred": [200.0, 100.0],
        "raw_response": corner["raw_response"],
        "bbox": [100.0, 50.0, 200.0, 100.0],
        "correctness": "correct",
    }
    assert "bbox" not in details["unicorn"]
    assert (details["unicorn"]["pred"], details["unicorn"]["correctness"]) == (None, "correct")
    assert (details["missed cell"]["pred"], details["missed cell"]["correctness"]) == (None, "wrong_format")


def test_the_file_is_json(records: list[Record], tmp_path: Path) -> None:
    write_results(records, tmp_path / "results.json")
    assert json.loads((tmp_path / "results.json").read_text()) == results(records)
    with pytest.raises(RunError, match="cannot be written"):
        write_results(records, tmp_path / "no folder" / "results.json")
