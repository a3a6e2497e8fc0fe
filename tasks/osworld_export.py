"""A run as OSWorld's own runs lie on disk.

    OUT/{action_space}/{observation_type}/{model}/args.json
    OUT/{action_space}/{observation_type}/{model}/{domain}/{task}/result.txt, traj.jsonl, step_*.png
    OUT/summary/results.json

A score is in result.txt, and 0.0 for an error of the agent; a task that could not be given or judged has none, so that
OSWorld's runner takes it for unfinished. After OSWorld's `lib_run_single.py` and `show_result.py`.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.trajectory import RecordedStep, RecordError, Trajectory
from envs.actions import Terminate
from envs.frame import Point
from tasks.errors import RunFolderError
from tasks.osworld_actions import ActionSpace, Place, written
from tasks.results import RECORDS, OutcomeKind, RunCard, TaskResult, read_run
from tasks.run_statistics import domain_of

_STAMP: Final = "%Y%m%d@%H%M%S%f"


def export_run(run: Path, out: Path, observation: str = "screenshot") -> Path:
    """Write a run in OSWorld's layout.

    Args:
        run: its folder.
        out: where it goes, a new folder or one that holds other runs.
        observation: what OSWorld calls the kind of observation.

    Returns:
        The folder of the model, which must be new.

    Raises:
        RunFolderError: there is no such run, or it cannot be written there.
        RecordError: the record of an episode is damaged.
    """
    card, results = read_run(run)
    model = re.sub(r"[^\w.@-]+", "_", card.model)
    folder = out / ActionSpace.PYAUTOGUI / observation / model
    try:
        folder.mkdir(parents=True)
        _write_json(folder / "args.json", _arguments(card, observation))
        for result in results:
            _export_task(run / RECORDS / result.task, folder / domain_of(result.task) / _id(result.task), result)
        _add_to_summary(out / "summary" / "results.json", [_summary(result) for result in results])
    except FileExistsError as error:
        raise RunFolderError(f"{folder} is there already: give another folder.") from error
    except OSError as error:
        raise RunFolderError(f"The run cannot be written to {folder}: {error.strerror or error}.") from error
    return folder


def _arguments(card: RunCard, observation: str) -> dict[str, object]:
    return {
        "model": card.model,
        "action_space": ActionSpace.PYAUTOGUI.value,
        "observation_type": observation,
        "temperature": card.temperature,
        "max_steps": card.max_steps,
        "test_all_meta_path": card.suite,
    }


def _id(key: str) -> str:
    return key.rpartition("/")[2]


def _summary(result: TaskResult) -> dict[str, object]:
    failed = {} if result.outcome is OutcomeKind.SCORED else {"err_message": result.cause}
    return {
        "application": domain_of(result.task),
        "task_id": _id(result.task),
        "status": "success" if result.outcome is OutcomeKind.SCORED else "error",
        "score": result.counted,
        "timestamp": result.finished.strftime("%Y-%m-%d %H:%M:%S"),
        **failed,
    }


def _add_to_summary(path: Path, entries: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    before: list[object] = json.loads(path.read_bytes()) if path.exists() else []
    _write_json(path, [*before, *entries])


def _export_task(record: Path, folder: Path, result: TaskResult) -> None:
    folder.mkdir(parents=True)
    lines: list[dict[str, object]] = []
    try:
        lines += _lines(Trajectory.load(record / "episode"), folder)
    except RecordError:
        if result.steps:
            raise
        # The agent had not begun: there is no record.
    if result.outcome is not OutcomeKind.SCORED:
        lines.append({"Error": result.cause})
    if result.outcome is not OutcomeKind.INFRASTRUCTURE_ERROR:
        (folder / "result.txt").write_text(f"{result.counted}\n", encoding="utf-8")
    (folder / "traj.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _lines(trajectory: Trajectory, folder: Path) -> Iterator[dict[str, object]]:
    """An entry for each action, with the screen that it led to where one was seen."""
    steps = trajectory.steps
    at = trajectory.info.settings.started
    for number, step in enumerate(steps, start=1):
        at += timedelta(seconds=0.0 if step.timing is None else step.timing.total_s)
        shown = _copied(trajectory, steps[number:], number, at, folder)
        place = _place(trajectory, step)
        for result in step.results:
            ends = isinstance(result.action, Terminate)
            for action in written(result.action, place, ActionSpace.PYAUTOGUI):
                yield {
                    "step_num": number,
                    "action_timestamp": at.strftime(_STAMP),
                    "action": action,
                    "response": "" if step.decided is None else step.decided.text,
                    "reward": 0,
                    "done": ends,
                    "info": {"done" if action == "DONE" else "fail": True} if ends else {},
                    **shown,
                }


def _place(trajectory: Trajectory, step: RecordedStep) -> Place:
    frame = trajectory.frame(step)

    def place(point: Point) -> tuple[int, int]:
        x, y = frame.to_device(frame.point(point.x, point.y))
        return int(x), int(y)

    return place


def _copied(
    trajectory: Trajectory, later: Sequence[RecordedStep], number: int, at: datetime, folder: Path
) -> dict[str, object]:
    """The picture that was seen next; none after the last step, for nobody looked then."""
    picture = trajectory.picture(later[0]) if later else None
    if picture is None:
        return {}
    name = f"step_{number}_{at.strftime(_STAMP)}.png"
    shutil.copyfile(picture, folder / name)
    return {"screenshot_file": name}


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
