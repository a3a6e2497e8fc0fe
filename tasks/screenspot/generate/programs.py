"""Screenshots of programs on the agent's own display, and where their controls are, from the accessibility tree."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from PIL import Image

from envs.accessibility import Element, accessibility_tree
from envs.actions import Move
from envs.base import EnvUnavailable
from envs.frame import Pixels
from envs.virtual import VirtualDesktop
from tasks.screenspot.generate.shots import SCREENS, Control, Shot, askable

START_S = 120.0
LAST_MENU = "Help"
_BUTTONS: Final = frozenset({"push button", "radio button", "toggle button"})


@dataclass(frozen=True, slots=True)
class Program:
    """A program, and how one knows that its window is there."""

    name: str
    command: tuple[str, ...]
    window: str
    """Regular expression that is found in the window's title."""
    buttons: Literal["text", "icon"] = "icon"
    """What its buttons show; the accessibility tree does not tell."""


PROGRAMS: Final = (
    Program("mousepad", ("mousepad", "--disable-server"), "Mousepad"),
    Program("galculator", ("galculator",), "galculator", "text"),
    Program("xfce4-terminal", ("xfce4-terminal", "--disable-server"), "Terminal"),
    Program("writer", ("libreoffice", "--norestore", "--nologo", "--nofirststartwizard", "--writer"), "Writer"),
    Program("calc", ("libreoffice", "--norestore", "--nologo", "--nofirststartwizard", "--calc"), "Calc"),
)


def missing_programs() -> tuple[str, ...]:
    """The names of those that are not installed."""
    return tuple(program.name for program in PROGRAMS if shutil.which(program.command[0]) is None)


def program_shots() -> Iterator[Shot]:
    """A shot of every installed program on every size of screen, light and dark.

    Raises:
        EnvUnavailable: there is no X server, no accessibility bus, or a program does not come up.
    """
    for program in PROGRAMS:
        if shutil.which(program.command[0]) is None:
            continue
        for screen in SCREENS:
            for dark in (False, True):
                name = f"{program.name}-{screen[0]}x{screen[1]}-{'dark' if dark else 'light'}"
                yield _shot(name, program, screen, dark)


def _shot(name: str, program: Program, screen: tuple[int, int], dark: bool) -> Shot:
    theme = "Adwaita:dark" if dark else "Adwaita"
    with (
        tempfile.TemporaryDirectory() as home,
        environment_variables({"HOME": home, "GTK_THEME": theme, "XDG_CONFIG_HOME": str(Path(home) / ".config")}),
        VirtualDesktop([program.command], screen) as desktop,
    ):
        desktop.display.wait_for_window(program.window, START_S)
        desktop.execute(Move(to=desktop.observe().frame.point(0.999, 0.999)))  # where no tip comes up
        controls, pixels = _when_complete(desktop, program)
        picture = Image.fromarray(pixels)
    return Shot(name, program.name, picture, askable(controls, screen))


def _when_complete(desktop: VirtualDesktop, program: Program) -> tuple[list[Control], Pixels]:
    """The controls and the picture as soon as neither changes any more, and the last menu is there."""
    deadline = time.monotonic() + START_S
    before: tuple[list[Control], Pixels] | None = None
    while time.monotonic() < deadline:
        pixels = desktop.observe().frame.pixels
        tree = accessibility_tree(desktop.environment, timeout_s=START_S)
        found = (element for element in tree.walk() if element.role == "menu" and element.name == LAST_MENU)
        controls = [each for element in tree.walk() if (each := control_of(element, program.buttons)) is not None]
        if before is not None and any(found) and controls == before[0] and np.array_equal(pixels, before[1]):
            return controls, pixels
        before = controls, pixels
    raise EnvUnavailable(f"{program.name} did not come to rest within {START_S:g} s.")


def control_of(element: Element, buttons: Literal["text", "icon"]) -> Control | None:
    """What can be asked about an element; None for what is no control, or has no name or place.

    Args:
        element: of a program.
        buttons: what the program's buttons show.
    """
    name = element.name.strip()
    if not name or element.box is None or not {"showing", "sensitive"} <= element.states:
        return None
    if element.role in _BUTTONS:
        return Control(name if buttons == "text" else f"{name} button", "click", buttons, element.box)
    if element.role in ("menu", "page tab"):
        return Control(name, "click", "text", element.box)
    if element.role == "check box":
        return Control(name, "untick" if "checked" in element.states else "tick", "text", element.box)
    return None


@contextmanager
def environment_variables(changed: Mapping[str, str]) -> Generator[None]:
    """Environment variables for programs that are started inside."""
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
