"""The agent's commands: run, ground, view.

Reads the command line and prints; the libraries behind a command are imported when it is used, so that help comes at
once.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from cyclopts import App

app = App()

NOT_ACHIEVED = 1
"""Exit status when the command worked and the answer is no."""


@app.command
def run(
    instruction: str,
    /,
    *,
    url: str | None = None,
    model: str = "nano",
    max_steps: int = 30,
    out: Path | None = None,
    headed: bool = False,
) -> int:
    """Carry out an instruction in a browser, and record it.

    The exit status is 0 only when the task was done.

    Args:
        instruction: what is to be done, in words.
        url: the page to begin at.
        model: "nano", a folder with a Kimi-VL checkpoint, or its id on the Hugging Face hub.
        max_steps: when to give up.
        out: the folder for the record; by default a new one in runs/.
        headed: show the browser's window.
    """
    from rich.console import Console

    from agent.episode import Limits, StopReason
    from agent.loop import Agent
    from agent.progress import Progress
    from envs.browser import Browser
    from model.loading import load_model

    folder = out or _run_folder(instruction)
    with Browser(url, headless=not headed) as browser:
        loaded = load_model(model)
        with Progress(Console(highlight=False)) as progress:
            limits = Limits(max_steps=max_steps)
            agent = Agent(loaded, browser, limits=limits, record=folder, listeners=[progress.show])
            episode = agent.run(instruction)
    print(f"The record is in {folder}. Look at it with: deixis view {folder}")
    if episode.reason is StopReason.INTERRUPTED:
        raise KeyboardInterrupt
    return 0 if episode.success else NOT_ACHIEVED


@app.command
def ground(image: Path, text: str, /, *, model: str = "nano", looks: int = 2) -> int:
    """Say where something is in a picture, in fractions of it and in pixels.

    The exit status is 1 when it is not there.

    Args:
        image: the picture's file.
        text: what to look for, in words.
        model: "nano", a folder with a Kimi-VL checkpoint, or its id on the Hugging Face hub.
        looks: 1 is faster, 2 is more exact, for a model that sees small pictures.
    """
    from model.picture_file import read_picture

    picture = read_picture(image)

    from agent.ground import ground as find
    from model.loading import load_model

    point = find(load_model(model), picture, text, looks=looks)
    if point is None:
        print("It is not there.", file=sys.stderr)
        return NOT_ACHIEVED
    print(f"{point.x:.4f} {point.y:.4f}  pixel {int(point.x * picture.width)} {int(point.y * picture.height)}")
    return 0


@app.command
def view(run: Path, /, *, open: bool = False) -> int:
    """Make the report of a recorded run: one HTML file in its folder.

    Args:
        run: the folder of the record.
        open: show it in the web browser.
    """
    from agent.viewer.report import write_report

    report = write_report(run)
    print(report)
    if open:
        import webbrowser

        webbrowser.open(report.resolve().as_uri())
    return 0


def _run_folder(instruction: str) -> Path:
    """A new folder's name, by the time and the first words."""
    words = "-".join(re.findall(r"[a-z0-9]+", instruction.lower())[:5])
    return Path("runs") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{words}"
