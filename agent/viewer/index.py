"""The index of a folder of runs: one line each, with filters, and a link to each report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from agent.trajectory import Trajectory
from agent.viewer.report import hash_of, write_page, write_report
from agent.viewer.templates import templates

INDEX = "index.html"
CUT_OFF = "cut off"
_CLAIMS = {True: "success", False: "failure", None: ""}


@dataclass(frozen=True, slots=True)
class _Run:
    """A line of the index."""

    link: str
    instruction: str
    started: str
    model: str
    ending: str
    claimed: str
    verified: str
    steps: int
    seconds: str


def runs_in(folder: Path) -> list[Path]:
    """The folders of runs in a folder, by name; none when it is itself a run."""
    if (folder / "run.json").exists():
        return []
    return sorted(path.parent for path in folder.glob("*/run.json"))


def write_index(folder: Path) -> Path:
    """Write the report of every run in a folder, and the index of them.

    Returns:
        The file of the index.

    Raises:
        RecordError: a run is damaged, or a file cannot be written.
    """
    runs = [_line(folder, run) for run in runs_in(folder)]
    environment = templates("agent.viewer")
    script = environment.get_template("index.js").render()
    page = environment.get_template("index.html.jinja").render(
        folder=folder.name,
        runs=runs,
        endings=sorted({run.ending for run in runs}),
        script=Markup(script),
        script_hash=hash_of(script),
    )
    return write_page(folder / INDEX, page)


def _line(folder: Path, run: Path) -> _Run:
    trajectory = Trajectory.load(run)
    settings, stopped, verified = trajectory.info.settings, trajectory.stopped, trajectory.verified
    return _Run(
        quote(write_report(run).relative_to(folder).as_posix()),
        settings.instruction,
        settings.started.strftime("%Y-%m-%d %H:%M"),
        settings.model,
        CUT_OFF if stopped is None else stopped.reason.replace("_", " "),
        "" if stopped is None else _CLAIMS[stopped.claimed_success],
        "" if verified is None else "yes" if verified.success else "no",
        len(trajectory.steps),
        "" if stopped is None else f"{stopped.seconds:.1f}",
    )
