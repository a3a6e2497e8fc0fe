"""What works on this machine and what does not, each with its remedy. Looks only; touches no mouse and no keyboard."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

from envs.base import EnvUnavailable

_GIB = 2**30
NANO_BYTES = 1 * _GIB
"""What the embedded model takes with torch, rounded up."""
_SCRIPTS = {"ja": "Japanese", "ar": "Arabic", "und-zsye": "emoji"}
"""Languages and marks of fontconfig, for which a fresh system often has no font."""


class State(StrEnum):
    """How it stands with something."""

    WORKS = "works"
    LIMITED = "limited"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """What was found."""

    name: str
    state: State
    found: str
    remedy: str = ""


def examine() -> Iterator[Check]:
    """Everything that can be found out without acting, each as soon as it is known."""
    yield Check("system", State.WORKS, f"{platform.system()} {platform.release()}, Python {platform.python_version()}")
    yield from _desktop()
    yield from _virtual_display()
    yield _browser()
    yield _memory()
    yield _accelerator()
    yield from _fonts()


def can_act(checks: list[Check]) -> bool:
    """Whether there is any place where the agent can see and act."""
    return any(check.state is not State.MISSING and check.name in _PLACES for check in checks)


_PLACES = {"browser", "desktop input", "virtual display"}


def _desktop() -> Iterator[Check]:
    from envs.desktop import refuse_wayland
    from envs.screen_capture import ScreenCapture, frame_of

    try:
        refuse_wayland(None)
    except EnvUnavailable as error:
        yield Check("desktop capture", State.MISSING, "a Wayland session", str(error))
        return
    try:
        with closing(ScreenCapture()) as capture:
            for number, region in enumerate(capture.monitors, start=1):
                frame = frame_of(capture.grab(region), region)
                shown = f"monitor {number}: {region}, {1 / frame.dev_per_px:g} px a unit"
                if frame.pixels.min() == frame.pixels.max():
                    yield Check("desktop capture", State.LIMITED, f"{shown}, of one colour", _black_remedy())
                else:
                    yield Check("desktop capture", State.WORKS, shown)
    except EnvUnavailable as error:
        yield Check("desktop capture", State.MISSING, str(error), "Start it from a graphical session.")
        return
    yield _desktop_input()


def _black_remedy() -> str:
    if sys.platform == "darwin":
        return "Allow this terminal under System Settings, Privacy & Security, Screen Recording, and restart it."
    return "Is the screen locked or empty? Otherwise the programs on it may not be captured."


def _desktop_input() -> Check:
    from envs.desktop import input_device

    try:
        with closing(input_device(None)) as device:
            x, y = device.position()
    except EnvUnavailable as error:
        remedy = "Allow this terminal under Privacy & Security, Accessibility." if sys.platform == "darwin" else ""
        return Check("desktop input", State.MISSING, str(error), remedy)
    return Check("desktop input", State.WORKS, f"{type(device).__name__}, the pointer is at {x:g}, {y:g}")


def _virtual_display() -> Iterator[Check]:
    if sys.platform != "linux":
        yield Check("virtual display", State.MISSING, "a display of the agent's own exists on Linux only")
        return
    programs = (
        ("virtual display", "Xvfb", "xvfb", State.MISSING, "the agent can have no display of its own"),
        ("its window manager", "openbox", "openbox", State.LIMITED, "windows have no frames and are not raised"),
        ("its session bus", "dbus-daemon", "dbus", State.LIMITED, "some programs do not start"),
        ("watching it", "Xephyr", "xserver-xephyr", State.LIMITED, "--watch cannot be used"),
        ("recording it", "ffmpeg", "ffmpeg", State.LIMITED, "the screen cannot be recorded"),
    )
    for name, program, package, without, consequence in programs:
        path = shutil.which(program)
        if path:
            yield Check(name, State.WORKS, path)
        else:
            yield Check(name, without, f"no {program}: {consequence}", f"sudo apt-get install {package}")


def _browser() -> Check:
    from envs.chromium import find_browser, playwrights_own

    try:
        return Check("browser", State.WORKS, str(find_browser(None, playwrights_own())))
    except EnvUnavailable as error:
        return Check("browser", State.MISSING, "none", str(error))


def _memory() -> Check:
    import psutil

    memory = psutil.virtual_memory()
    found = f"{memory.available / _GIB:.1f} of {memory.total / _GIB:.1f} GiB are free"
    if memory.available < NANO_BYTES:
        return Check("memory", State.LIMITED, found, "Close other programs: the embedded model takes about 1 GiB.")
    return Check("memory", State.WORKS, found)


def _accelerator() -> Check:
    import torch

    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        name = torch.cuda.get_device_name()
        return Check("accelerator", State.WORKS, f"{name}, {free / _GIB:.1f} of {total / _GIB:.1f} GiB are free")
    cores = os.cpu_count()
    return Check("accelerator", State.LIMITED, f"none, {cores} cores", "The embedded model needs none; larger ones do.")


def _fonts() -> Iterator[Check]:
    if shutil.which("fc-list") is None:
        return
    for language, script in _SCRIPTS.items():
        listed = _output(["fc-list", f":lang={language}", "family"])
        if listed.strip():
            yield Check(f"fonts, {script}", State.WORKS, listed.splitlines()[0])
        else:
            yield Check(f"fonts, {script}", State.LIMITED, "none: shown as boxes", "sudo apt-get install fonts-noto")


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout
