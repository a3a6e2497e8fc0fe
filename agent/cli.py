"""The agent's commands: run, replay, ground, view, mcp, doctor.

Reads the command line and prints; the libraries behind a command are imported when it is used, so that help comes at
once.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts import App

if TYPE_CHECKING:
    from agent.policy import Policy
    from envs.browser import Browser
    from envs.desktop import Desktop

app = App()

NOT_ACHIEVED = 1
"""Exit status when the command worked and the answer is no."""


@app.command
def run(
    instruction: str | None = None,
    /,
    *,
    env: Literal["browser", "desktop", "virtual"] = "browser",
    url: str | None = None,
    headed: bool = False,
    monitor: int = 1,
    launch: tuple[str, ...] = (),
    watch: bool = False,
    model: str = "nano",
    policy: Path | None = None,
    profile: Path | None = None,
    attach: str | None = None,
    uploads: Path | None = None,
    downloads: Path | None = None,
    max_steps: int = 30,
    out: Path | None = None,
    resume: Path | None = None,
) -> int:
    """Carry out an instruction in a browser or on a desktop, and record it.

    Ctrl-C pauses: go on, do one step, take over, add to the instruction, or end it; a second Ctrl-C ends it at once.
    On an X11 desktop Super+Escape does the same, whichever program has the keyboard.
    A `{secret:NAME}` in the instruction is typed, and shown to nobody: it is read from the environment variable
    DEIXIS_SECRET_NAME, or from the keyring (`keyring set deixis NAME`). The exit status is 0 only when the task was
    done.

    Args:
        instruction: what is to be done, in words.
        env: where: a browser, the user's own desktop, or a virtual display of the agent's own.
        url: the page that the browser begins at.
        headed: show the browser's window.
        monitor: which monitor of the desktop, counted from 1.
        launch: the command line of a program to start on the virtual display; may be given several times.
        watch: show the virtual display in a window.
        model: "nano", a folder with a Kimi-VL checkpoint or its id on the Hugging Face hub, or what else `deixis
            ground --help` names.
        policy: a YAML file that says what is allowed, asked or denied; by default what may cost money, give something
            away or change the system is asked.
        profile: the folder of the browser's profile, which is kept; by default a new one that is thrown away.
        attach: the DevTools address of a running Chrome to use instead, such as http://127.0.0.1:9222.
        uploads: the only folder from which files are handed to pages; by default none are.
        downloads: the folder where downloads go; by default they are thrown away at the end.
        max_steps: when to give up.
        out: the folder for the record; by default a new one in runs/.
        resume: the folder of a record that was cut off or ran into a limit, to go on with instead of an instruction.
    """
    from rich.console import Console

    from agent.consent import TerminalConsent
    from agent.control import Nobody, TerminalControl
    from agent.episode import Limits, StopReason
    from agent.loop import Agent
    from agent.policy import DEFAULTS, Policy
    from agent.progress import Progress
    from agent.trajectory import RecordError, Trajectory, last_url
    from model.loading import load_model

    if (instruction is None) == (resume is None) or (resume and out):
        raise RecordError("Give an INSTRUCTION, or a record to go on with by --resume.")
    folder = resume or out or _run_folder(instruction or "")
    if resume and env == "browser" and url is None:
        url = last_url(Trajectory.load(resume))
    allowed = DEFAULTS[env] if policy is None else Policy.load(policy)
    shared = _Shared(profile, attach, uploads, downloads)
    with _place(env, allowed, url, headed, monitor, launch, watch, shared) as place:
        loaded = load_model(model)
        console = Console(highlight=False)
        there = sys.stdin.isatty()
        with (
            Progress(console) as progress,
            TerminalControl(progress.ask) if there else nullcontext(Nobody()) as supervisor,
        ):
            agent = Agent(
                loaded,
                place,
                limits=Limits(max_steps=max_steps),
                ask_person=progress.question if there else None,
                policy=allowed,
                ask_consent=TerminalConsent(console, progress.ask),
                supervisor=supervisor,
                record=folder,
                resume=resume is not None,
                listeners=[progress.show],
            )
            episode = agent.run(instruction or "")
    print(f"The record is in {folder}. Look at it with: deixis view {folder}")
    if episode.reason is StopReason.INTERRUPTED:
        raise KeyboardInterrupt
    return 0 if episode.success else NOT_ACHIEVED


@app.command
def replay(
    run: Path,
    /,
    *,
    env: Literal["browser", "desktop", "virtual"] = "browser",
    url: str | None = None,
    headed: bool = False,
    monitor: int = 1,
    launch: tuple[str, ...] = (),
    watch: bool = False,
    policy: Path | None = None,
) -> int:
    """Repeat a recorded run without a model; each target must look as it did, or the replay ends there.

    The exit status is 0 only when everything was repeated.

    Args:
        run: the folder of the record.
        env: where: a browser, the user's own desktop, or a virtual display of the agent's own.
        url: the page that the browser begins at; by default the first of the record.
        headed: show the browser's window.
        monitor: which monitor of the desktop, counted from 1.
        launch: the command line of a program to start on the virtual display; may be given several times.
        watch: show the virtual display in a window.
        policy: a YAML file that says what is allowed, asked or denied.
    """
    from rich.console import Console

    from agent.consent import TerminalConsent
    from agent.guard import Guard
    from agent.policy import DEFAULTS, Policy
    from agent.progress import describe, plain
    from agent.replay import replay as repeat
    from agent.trajectory import Trajectory

    trajectory = Trajectory.load(run)
    allowed = DEFAULTS[env] if policy is None else Policy.load(policy)
    if env == "browser" and url is None and trajectory.steps:
        url = trajectory.steps[0].observed.url
    with _place(env, allowed, url, headed, monitor, launch, watch) as place:
        guard = Guard(allowed, TerminalConsent(Console(highlight=False)))
        for repeated in repeat(trajectory, place, guard):
            note = repeated.difference or (repeated.result.note if repeated.result else "")
            failed = "" if repeated.done else "  NOT DONE"
            print(f"{repeated.step:>3}  {describe(repeated.action)}{failed}  {plain(note)}".rstrip())
            if not repeated.done:
                return NOT_ACHIEVED
    return 0


@app.command
def mcp(
    *,
    env: Literal["browser", "desktop", "virtual"] = "browser",
    url: str | None = None,
    headed: bool = False,
    monitor: int = 1,
    launch: tuple[str, ...] = (),
    watch: bool = False,
    policy: Path | None = None,
    model: str = "nano",
) -> int:
    """Let other programs see and use a screen: an MCP server on standard input and output.

    What the policy wants to have asked is denied, for nobody is at the terminal.

    Args:
        env: where: a browser, the user's own desktop, or a virtual display of the agent's own.
        url: the page that the browser begins at.
        headed: show the browser's window.
        monitor: which monitor of the desktop, counted from 1.
        launch: the command line of a program to start on the virtual display; may be given several times.
        watch: show the virtual display in a window.
        policy: a YAML file that says what is allowed or denied.
        model: what carries out instructions: "nano", a folder with a Kimi-VL checkpoint, or its id on the Hugging Face
            hub. It is loaded when the first one comes.
    """
    from functools import cache

    from agent.mcp_server import Session, server
    from agent.policy import DEFAULTS, Policy
    from model.loading import load_model

    allowed = DEFAULTS[env] if policy is None else Policy.load(policy)
    with _place(env, allowed, url, headed, monitor, launch, watch) as place:
        server(Session(place, allowed, cache(lambda: load_model(model)))).run("stdio")
    return 0


@app.command
def ground(image: Path, text: str, /, *, model: str = "nano", looks: int = 1, out: Path | None = None) -> int:
    """Say where something is in a picture, in fractions of it and in pixels, and mark the place in a copy.

    The exit status is 1 when it is not there.

    Args:
        image: the picture's file.
        text: what to look for, in words.
        model: "nano", a folder with a Kimi-VL checkpoint or its id on the Hugging Face hub, a server as
            http://localhost:8000/v1#NAME, or transformers:NAME for another family's model. Where neither the name
            nor the configuration tells whose prompts it knows, FAMILY= before all this does: qwen3-vl=...
        looks: 2 looks again at the places it found, for a model that sees small pictures; it takes longer, and of
            all that nano points at only fields gain.
        out: the file for the picture with the place marked, by default one in runs/.
    """
    from model.picture_file import read_picture

    picture = read_picture(image)

    from agent.ground import ground as find
    from agent.ground import marked
    from model.loading import load_model

    point = find(load_model(model), picture, text, looks=looks)
    if point is None:
        print("It is not there.", file=sys.stderr)
        return NOT_ACHIEVED
    print(f"{point.x:.4f} {point.y:.4f}  pixel {int(point.x * picture.width)} {int(point.y * picture.height)}")
    file = out or Path("runs") / f"{image.stem}-point.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    marked(picture, point).save(file, "PNG")
    print(file, file=sys.stderr)
    return 0


@app.command
def view(run: Path, /, *, open: bool = False) -> int:
    """Make the report of a recorded run, one HTML file in its folder; or of a folder of runs, with an index of them.

    Args:
        run: the folder of the record, or one that holds such folders.
        open: show it in the web browser.
    """
    from agent.viewer.index import runs_in, write_index
    from agent.viewer.report import write_report

    report = write_index(run) if runs_in(run) else write_report(run)
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


@dataclass(frozen=True, slots=True)
class _Shared:
    """What a browser shares with the rest of the machine: options of `run`."""

    profile: Path | None = None
    attach: str | None = None
    uploads: Path | None = None
    downloads: Path | None = None


def _place(
    env: str,
    policy: Policy,
    url: str | None,
    headed: bool,
    monitor: int,
    launch: Sequence[str],
    watch: bool,
    shared: _Shared | None = None,
) -> Browser | Desktop:
    """Open the place that a command's options name.

    Raises:
        EnvUnavailable: it cannot be opened, or an option belongs to another place.
    """
    from envs.base import EnvUnavailable

    shared = shared or _Shared()
    of_place: Mapping[str, Mapping[str, object]] = {
        "browser": {
            "--url": url, "--headed": headed, "--profile": shared.profile, "--attach": shared.attach,
            "--uploads": shared.uploads, "--downloads": shared.downloads,
        },
        "desktop": {"--monitor": monitor != 1},
        "virtual": {"--launch": launch, "--watch": watch},
    }  # fmt: skip
    for place, options in of_place.items():
        for option, value in options.items():
            if value and place != env:
                raise EnvUnavailable(f"{option} belongs to --env {place}, and this is --env {env}.")
    if env != "browser":
        return _desktop(env, monitor, launch, watch)
    from envs.browser import Browser

    return Browser(
        url,
        headless=not headed,
        profile=shared.profile,
        attach=shared.attach,
        allowed_upload_folder=shared.uploads,
        download_folder=shared.downloads,
        allowed_hosts=policy.hosts,
        downloads=policy.downloads,
    )


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
