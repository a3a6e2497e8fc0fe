"""The report of a run: one HTML file that needs nothing beside it.

Reads a trajectory and nothing else. Whatever a model or a page wrote is text on the report, escaped by the template
engine; the one script that runs is named by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from PIL import Image

from agent.progress import describe
from agent.trajectory import IntervenedEntry, RecordedStep, RecordError, Trajectory
from agent.viewer.templates import templates
from envs.actions import Drag, pointed_at

REPORT = "report.html"
EXACT_STEPS = 100
"""Longer runs get JPEG pictures, a tenth as large, so that a browser opens 500 steps in a moment; the record keeps all
pixels."""
_JPEG_QUALITY = 75

COLOURS = {
    "settle": "#9aa5b1", "capture": "#5b6b7c", "prompt": "#c9b458", "preprocess": "#8fbc5a", "vision": "#2a9d8f",
    "prefill": "#3a86ff", "decode": "#7b4bd8", "model, other": "#c77dff", "parse": "#6d6875", "act": "#e5007d",
    "record": "#c8571b",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Phase:
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Bar:
    """A part of a stacked bar; the highest bar is 1 high, and 1 is the bottom."""

    name: str
    seconds: float
    top: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class _Shown:
    """A step as the template needs it."""

    place: int
    """From 0."""
    number: int
    step: RecordedStep
    picture: str | None
    """The name of the frame's picture."""
    kinds: str
    points_px: tuple[tuple[float, float], ...]
    paths_px: tuple[tuple[tuple[float, float], tuple[float, float]], ...]
    boxes_px: tuple[tuple[int, int, int, int], ...]
    phases: tuple[_Phase, ...]
    bars: tuple[_Bar, ...]
    trouble: bool
    interventions: tuple[IntervenedEntry, ...]
    prompt_tokens: int
    output_tokens: int


class _Pictures:
    """The frames as data URLs, each different one once."""

    def __init__(self, exact: bool) -> None:
        self._exact = exact
        self.urls: dict[str, str] = {}

    def name_of(self, path: Path) -> str:
        png = path.read_bytes()
        name = f"picture-{hashlib.sha256(png).hexdigest()[:16]}"
        if name not in self.urls:
            kind, data = ("png", png) if self._exact else ("jpeg", _jpeg(png))
            self.urls[name] = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
        return name


def render(trajectory: Trajectory) -> str:
    """The page of a run."""
    pictures = _Pictures(exact=len(trajectory.steps) <= EXACT_STEPS)
    longest_s = max((step.timing.total_s for step in trajectory.steps if step.timing), default=0.0)
    steps = [_shown(trajectory, place, step, pictures, longest_s) for place, step in enumerate(trajectory.steps)]
    environment = templates("agent.viewer")
    script = environment.get_template("report.js").render()
    return environment.get_template("report.html.jinja").render(
        info=trajectory.info,
        settings=trajectory.info.settings,
        stopped=trajectory.stopped,
        verified=trajectory.verified,
        steps=steps,
        pictures=pictures.urls,
        colours=COLOURS,
        longest_s=longest_s,
        describe=describe,
        script=Markup(script),
        script_hash=hash_of(script),
    )


def write_report(folder: Path) -> Path:
    """Write the report of a run into its folder.

    Returns:
        The file.

    Raises:
        RecordError: the folder holds no run, or the file cannot be written.
    """
    return write_page(folder / REPORT, render(Trajectory.load(folder)))


def write_page(path: Path, page: str) -> Path:
    """Write a page, and give its path.

    Raises:
        RecordError: it cannot be written.
    """
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise RecordError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path


def hash_of(script: str) -> str:
    """What names a script in a Content-Security-Policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def _shown(trajectory: Trajectory, place: int, step: RecordedStep, pictures: _Pictures, longest_s: float) -> _Shown:
    seen, path = step.observed, trajectory.picture(step)
    actions = step.decided.answer.actions if step.decided else ()
    points = tuple(
        (point.x * seen.width_px, point.y * seen.height_px)
        for action in actions
        if (point := pointed_at(action)) is not None
    )
    looks = step.decided.looks if step.decided else step.refused.looks if step.refused else ()
    phases = tuple(_phases(step))
    interventions = tuple(entry for entry in trajectory.interventions if entry.step == seen.step)
    return _Shown(
        place,
        seen.step,
        step,
        None if path is None else pictures.name_of(path),
        " ".join(action.kind for action in actions),
        points,
        tuple(
            (
                (action.start.x * seen.width_px, action.start.y * seen.height_px),
                (action.end.x * seen.width_px, action.end.y * seen.height_px),
            )
            for action in actions
            if isinstance(action, Drag) and action.start is not None
        ),
        tuple(dict.fromkeys(look.box_px for look in looks)),
        phases,
        tuple(_bars(phases, longest_s)),
        bool(interventions) or step.refused is not None or not all(result.done for result in step.results),
        interventions,
        sum(look.reply.prompt_tokens for look in looks),
        sum(look.reply.output_tokens for look in looks),
    )


def _phases(step: RecordedStep) -> Iterator[_Phase]:
    timing = step.timing
    if timing is None:
        return
    inside = timing.model
    seconds = {
        "settle": timing.settle_s, "capture": timing.capture_s, "prompt": timing.prompt_s,
        "preprocess": inside.preprocess_s, "vision": inside.vision_s, "prefill": inside.prefill_s,
        "decode": inside.decode_s, "model, other": max(timing.generate_s - inside.total_s, 0.0),
        "parse": timing.parse_s, "act": timing.act_s, "record": timing.record_s,
    }  # fmt: skip
    for name in COLOURS:
        yield _Phase(name, seconds[name])


def _bars(phases: tuple[_Phase, ...], longest_s: float) -> Iterator[_Bar]:
    bottom = 1.0
    for phase in phases:
        height = phase.seconds / longest_s if longest_s else 0.0
        if height >= 0.002:  # less is not to be seen
            yield _Bar(phase.name, phase.seconds, bottom - height, height, COLOURS[phase.name])
            bottom -= height


def _jpeg(png: bytes) -> bytes:
    encoded = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").save(encoded, "JPEG", quality=_JPEG_QUALITY)
    return encoded.getvalue()
