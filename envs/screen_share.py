"""A virtual display shown to the user while the agent works, or recorded as a film."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from envs.base import EnvUnavailable
from envs.virtual_display import LaunchedProgram, VirtualDisplay

FRAMES_A_SECOND = 10
START_S = 20.0
LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Viewer:
    """A VNC server on this machine's own address."""

    port: int
    password: str
    program: LaunchedProgram


def view(display: VirtualDisplay) -> Viewer:
    """Offer a display to a VNC viewer on this machine; nobody else can connect.

    Raises:
        EnvUnavailable: there is no x11vnc, or it does not start.
    """
    _needed("x11vnc")
    password = secrets.token_urlsafe(6)  # VNC takes eight characters
    file = display.private_file("vnc-password", password)
    program = display.launch([
        "x11vnc", "-display", display.name, "-localhost", "-autoport", "5900", "-passwdfile", str(file),
        "-forever", "-shared", "-noxdamage",
    ])  # fmt: skip
    deadline = time.monotonic() + START_S
    while (found := re.search(r"^PORT=(\d+)$", program.said, re.MULTILINE)) is None:
        if program.exit_status is not None or time.monotonic() > deadline:
            raise EnvUnavailable(f"The viewer does not start: {program.said[-300:]}")
        time.sleep(LOOK_S)
    return Viewer(int(found[1]), password, program)


def record(display: VirtualDisplay, path: Path) -> LaunchedProgram:
    """Film a display until the program is stopped, or the display closed.

    Raises:
        EnvUnavailable: there is no ffmpeg.
    """
    _needed("ffmpeg")
    width, height = display.size_px
    return display.launch([
        "ffmpeg", "-loglevel", "error", "-y", "-f", "x11grab", "-framerate", str(FRAMES_A_SECOND),
        "-video_size", f"{width}x{height}", "-i", display.name, "-c:v", "libx264", "-preset", "ultrafast",
        "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path.resolve()),
    ])  # fmt: skip


def _needed(program: str) -> None:
    if shutil.which(program) is None:
        raise EnvUnavailable(f"There is no {program} here. Install it with:  sudo apt-get install {program}")
