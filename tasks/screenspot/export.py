"""The results in the form that ScreenSpot-Pro's own script writes, for its leaderboard and for comparison with it.

Two things differ from our own records, as they do there: a model that says that there is nothing to point at, where
there is, has given no point and counts as `wrong_format`; and an item's group is one name, or null.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal, TypedDict

from tasks.screenspot.items import Absent, Box, RunError
from tasks.screenspot.records import Record
from tasks.screenspot.scoring import Verdict

Detail = dict[str, object]


class Metrics(TypedDict):
    """The block of numbers of one kind of items."""

    num_correct_action: int
    num_total: int
    wrong_format_num: int
    action_acc: float
    text_acc: float
    icon_acc: float


Section = Literal["fine_grained", "seeclick_style", "leaderboard_simple_style", "leaderboard_detailed_style"]

_KEYS: Final[dict[Section, Callable[[Detail], str]]] = {
    "fine_grained": lambda detail: (
        "plat:{platform} app:{application} inst_style:{instruction_style} gt_type:{gt_type}".format_map(detail)
    ),
    "seeclick_style": lambda detail: "plat:{platform} inst_style:{instruction_style} gt_type:{gt_type}".format_map(
        detail
    ),
    "leaderboard_simple_style": lambda detail: f"group:{detail['group']}",
    "leaderboard_detailed_style": lambda detail: f"app:{detail['application']}",
}


class Results(TypedDict):
    """The whole file."""

    details: list[Detail]
    metrics: dict[str, dict[str, Metrics] | Metrics]


def results(records: Sequence[Record]) -> Results:
    """The results of records of one method."""
    details = [_detail(record) for record in records]
    metrics: dict[str, dict[str, Metrics] | Metrics] = {}
    for section, key in _KEYS.items():
        kinds: dict[str, list[Detail]] = {}
        for detail in details:
            kinds.setdefault(key(detail), []).append(detail)
        metrics[section] = {kind: _metrics(members) for kind, members in kinds.items()}
    metrics["overall"] = _metrics(details)
    return {"details": details, "metrics": metrics}


def write_results(records: Sequence[Record], path: Path) -> None:
    """Write the results to a JSON file.

    Raises:
        RunError: it cannot be written.
    """
    try:
        path.write_text(json.dumps(results(records), indent=4), encoding="utf-8")
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror or error}.") from error


def _detail(record: Record) -> Detail:
    item, point = record.item, record.prediction.point
    width, height = item.image_size
    negative = isinstance(item.target, Absent)
    detail: Detail = {
        "id": item.published_id,
        "img_path": str(item.image),
        "group": item.groups[0] if item.groups else None,
        "platform": item.platform,
        "application": item.application,
        "lang": item.language,
        "instruction_style": item.instruction_style,
        "prompt_to_evaluate": item.instruction,
        "gt_type": "negative" if negative else "positive",
        "ui_type": item.element,
        "task_filename": item.file,
        "pred": None if point is None else [point[0] * width, point[1] * height],
        "raw_response": record.text,
    }
    if not isinstance(item.target, Absent):
        box = item.target if isinstance(item.target, Box) else item.target.bounds
        detail["bbox"] = [box.left, box.top, box.right, box.bottom]
    no_point = not negative and point is None
    detail["correctness"] = Verdict.WRONG_FORMAT.value if no_point else record.verdict.value
    return detail


def _metrics(details: Sequence[Detail]) -> Metrics:
    return {
        "num_correct_action": _count(details, Verdict.CORRECT),
        "num_total": len(details),
        "wrong_format_num": _count(details, Verdict.WRONG_FORMAT),
        "action_acc": _accuracy(details),
        "text_acc": _accuracy([detail for detail in details if detail["ui_type"] == "text"]),
        "icon_acc": _accuracy([detail for detail in details if detail["ui_type"] == "icon"]),
    }


def _count(details: Sequence[Detail], verdict: Verdict) -> int:
    return sum(detail["correctness"] == verdict for detail in details)


def _accuracy(details: Sequence[Detail]) -> float:
    return _count(details, Verdict.CORRECT) / len(details) if details else 0
