"""The agent's commands: run, ground, view, doctor.

Reads the command line and prints; the libraries behind a command are imported when it is used, so that help comes at
once.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts import App

if TYPE_CHECKING:
    from envs.browser import Browser
    from envs.desktop import Desktop

app = App()

NOT_ACHIEVED = 1
"""Exit status when the command worked and the answer is no."""


@app.command
def run(
    instruction: str,
    /,
    *,
    env: Literal["browser", "desktop", "virtual"] = "browser",
    url: str | None = None,
    headed: bool = False,
    monitor: int = 1,
    launch: tuple[str, ...] = (),
    watch: bool = False,
    model: str = "nano",
    max_steps: int = 30,
    out: Path | None = None,
) -> int:
    """Carry out an instruction in a browser or on a desktop, and record it.

    The exit status is 0 only when the task was done.

    Args:
        instruction: what is to be done, in words.
        env: where: a browser, the user's own desktop, or a virtual display of the agent's own.
        url: the page that the browser begins at.
        headed: show the browser's window.
        monitor: which monitor of the desktop, counted from 1.
        launch: the command line of a program to start on the virtual display; may be given several times.
        watch: show the virtual display in a window.
        model: "nano", a folder with a Kimi-VL checkpoint, or its id on the Hugging Face hub.
        max_steps: when to give up.
        out: the folder for the record; by default a new one in runs/.
    """
    from rich.console import Console

    from agent.episode import Limits, StopReason
    from agent.loop import Agent
    from agent.progress import Progress
    from model.loading import load_model

    folder = out or _run_folder(instruction)
    with _environment(env, url, headed, monitor, launch, watch) as place:
        loaded = load_model(model)
        with Progress(Console(highlight=False)) as progress:
            limits = Limits(max_steps=max_steps)
            agent = Agent(loaded, place, limits=limits, record=folder, listeners=[progress.show])
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


@app.command
def doctor(*, calibrate: bool = False, env: Literal["desktop", "virtual"] = "desktop", monitor: int = 1) -> int:
    """Say what works on this machine and what does not, with the remedy.

    The exit status is 1 when there is no place where the agent can act, or when the calibration is not exact.

    Args:
        calibrate: click and type into a window of known targets instead, and measure the error. It uses the mouse and
            the keyboard for some seconds.
        env: what is calibrated.
        monitor: which monitor of the desktop is calibrated, counted from 1.
    """
    from rich.console import Console

    from agent.doctor import can_act, examine
    from agent.doctor_tables import calibration_table, checks_table

    console = Console(highlight=False)
    if calibrate:
        from envs.calibrate import calibrate as measure

        with _desktop(env, monitor) as desktop:
            calibration = measure(desktop)
        console.print(calibration_table(calibration))
        return 0 if calibration.is_exact else NOT_ACHIEVED
    with console.status("Looking"):
        checks = list(examine())
    console.print(checks_table(checks))
    return 0 if can_act(checks) else NOT_ACHIEVED


def _environment(
    env: str, url: str | None, headed: bool, monitor: int, launch: Sequence[str], watch: bool
) -> Browser | Desktop:
    """The place to act in, opened.

    Raises:
        EnvUnavailable: there is none, or an option belongs to another one.
    """
    from envs.base import EnvUnavailable

    of_place = {"--url": ("browser", url), "--headed": ("browser", headed), "--monitor": ("desktop", monitor != 1),
                "--launch": ("virtual", launch), "--watch": ("virtual", watch)}  # fmt: skip
    for option, (place, given) in of_place.items():
        if given and place != env:
            raise EnvUnavailable(f"{option} belongs to --env {place}, and this is --env {env}.")
    if env == "browser":
        from envs.browser import Browser

        return Browser(url, headless=not headed)
    return _desktop(env, monitor, launch, watch)


def _desktop(env: str, monitor: int, launch: Sequence[str] = (), watch: bool = False) -> Desktop:
    if env == "virtual":
        from envs.virtual import VirtualDesktop

        return VirtualDesktop([shlex.split(command) for command in launch], watch=watch)
    from envs.desktop import Desktop

    return Desktop(monitor)


def _run_folder(instruction: str) -> Path:
    """A new folder's name, by the time and the first words."""
    words = "-".join(re.findall(r"[a-z0-9]+", instruction.lower())[:5])
    return Path("runs") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{words}"
