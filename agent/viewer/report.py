"""The report of a run: one HTML file that needs nothing beside it.

Reads a trajectory and nothing else. Whatever a model or a page wrote is text on the report, escaped by the template
engine.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from agent.looking import pointed_at
from agent.trajectory import RecordedStep, RecordError, Trajectory
from agent.viewer.templates import templates

REPORT = "report.html"


@dataclass(frozen=True, slots=True)
class _Phase:
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Shown:
    """A step as the template needs it."""

    number: int
    step: RecordedStep
    picture: str | None
    """The frame as a data URL."""
    points_px: tuple[tuple[float, float], ...]
    boxes_px: tuple[tuple[int, int, int, int], ...]
    phases: tuple[_Phase, ...]


def render(trajectory: Trajectory) -> str:
    """The page of a run."""
    steps = [_shown(trajectory, step) for step in trajectory.steps]
    return (
        templates("agent.viewer")
        .get_template("report.html.jinja")
        .render(
            info=trajectory.info,
            settings=trajectory.info.settings,
            stopped=trajectory.stopped,
            verified=trajectory.verified,
            steps=steps,
        )
    )


def write_report(folder: Path) -> Path:
    """Write the report of a run into its folder.

    Returns:
        The file.

    Raises:
        RecordError: the folder holds no run, or the file cannot be written.
    """
    path = folder / REPORT
    page = render(Trajectory.load(folder))
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise RecordError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path


def _shown(trajectory: Trajectory, step: RecordedStep) -> _Shown:
    seen, path = step.observed, trajectory.picture(step)
    actions = step.decided.answer.actions if step.decided else ()
    points = tuple(
        (point.x * seen.width_px, point.y * seen.height_px)
        for action in actions
        if (point := pointed_at(action)) is not None
    )
    looks = step.decided.looks if step.decided else step.refused.looks if step.refused else ()
    picture = None if path is None else f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
    return _Shown(seen.step, step, picture, points, tuple(dict.fromkeys(look.box_px for look in looks)), _phases(step))


def _phases(step: RecordedStep) -> tuple[_Phase, ...]:
    timing = step.timing
    if timing is None:
        return ()
    inside = timing.model
    return tuple(
        _Phase(name, seconds)
        for name, seconds in (
            ("settle", timing.settle_s),
            ("capture", timing.capture_s),
            ("prompt", timing.prompt_s),
            ("preprocess", inside.preprocess_s),
            ("vision", inside.vision_s),
            ("prefill", inside.prefill_s),
            ("decode", inside.decode_s),
            ("model, other", max(timing.generate_s - inside.total_s, 0.0)),
            ("parse", timing.parse_s),
            ("act", timing.act_s),
            ("record", timing.record_s),
        )
    )
