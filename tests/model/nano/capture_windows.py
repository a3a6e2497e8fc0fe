"""Photographs real programs' windows for a frozen pointing test set, and reads where their controls are.

    python -m tests.model.nano.capture_windows [NAME ...]

A scene starts one program on a display of its own, brings it where it is to be by keyboard or mouse, and takes the
picture. The boxes come from the accessibility tree. Only the window in front is asked about; what is covered, cut off,
disabled, too small or not told apart by its text is left out. Programs say wrong things about some of their elements:
what was seen to be wrong when the boxes were drawn onto the pictures stands in a scene's `without`.

The script knows nothing about the model. It needs Debian's packages of the programs, xvfb, openbox and at-spi2-core.
Other versions of the programs look different: run it only to make a new version of the set.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

from envs.accessibility import Box, Tree, accessibility_tree
from envs.actions import Click, Move, Press, TypeText
from envs.base import EnvUnavailable
from envs.frame import Pixels
from envs.virtual import VirtualDesktop
from tasks.screenspot.generate.programs import environment_variables
from tests.model.nano.render_screens import Item, clean, write_items
from tests.model.nano.window_items import items_of
from tests.model.nano.window_scenes import SCENES, BadScene, Scene
from tests.model.nano.window_trees import TREE_S, Placing, tree_of

FOLDER = Path(__file__).parent / "windows"
START_S = 180.0
REST_S = 120.0
CURSOR_PX = 120
"""How many pixels a blinking text cursor has at most."""
MINUTES: Final = """Minutes of the spring meeting

Present: Ines, Jakob, Oyelaran, Sun-mi (minutes)

1. The roof of the boat shed is tight again. Cost: 412 euros.
2. Two of the oars are to be replaced before May.
3. Jakob asks for volunteers for the open day.

Next meeting: Thursday, 14 May, 19:30, at the harbour.
"""


def capture(scene: Scene) -> tuple[Image.Image, list[Item]]:
    """Bring a scene up, photograph it and read its items.

    Raises:
        BadScene: it does not come up, or something declared of it is not so.
    """
    with _home() as home:
        folder = str(home)
        command = tuple(part.replace("{home}", folder) for part in scene.command)
        changed = {
            "HOME": folder,
            "GTK_THEME": scene.theme,
            "LANG": "C.UTF-8",
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "XDG_DATA_HOME": str(home / ".local/share"),
            "GSK_RENDERER": "cairo",
            "QT_ACCESSIBILITY": "1",
            **{name: value.replace("{home}", folder) for name, value in scene.variables.items()},
        }
        try:
            with environment_variables(changed), VirtualDesktop(size_px=scene.size) as desktop:
                accessibility_tree(desktop.environment, timeout_s=TREE_S)  # Qt wants the bus to be there before it
                desktop.display.launch(command)
                with closing(Placing(desktop.display.name)) as placing:
                    placing.paint_desktop(0x3B5A78)
                    window = desktop.display.wait_for_window(scene.window, START_S)
                    if scene.maximised:
                        placing.maximise(window)
                if scene.steps:
                    _at_rest(desktop, scene.one_by_one)  # a program that still starts forgets keys
                for step in scene.steps:
                    _act(desktop, step, scene.one_by_one)
                desktop.display.wait_for_window(scene.front, START_S)
                desktop.execute(Move(to=desktop.observe().frame.point(0.999, 0.999)))  # where no tip comes up
                tree, pixels = _at_rest(desktop, scene.one_by_one)
        except EnvUnavailable as error:
            raise BadScene(f"{scene.name}: {error}") from error
    picture = Image.fromarray(pixels)
    items = items_of(scene, tree)
    if blank := [item["instruction"] for item in items if item["box_px"] and _is_blank(picture, item["box_px"])]:
        raise BadScene(f"{scene.name}: nothing is to be seen at the place of: {', '.join(blank)}.")
    return picture, items


def _is_blank(picture: Image.Image, box_px: list[int]) -> bool:
    """Whether a place has one colour only."""
    return len(picture.crop((box_px[0], box_px[1], box_px[2], box_px[3])).getcolors(2) or ()) == 1


def _act(desktop: VirtualDesktop, step: str | tuple[str, ...], one_by_one: bool) -> None:
    """Do one step as soon as the screen rests."""
    if isinstance(step, tuple):
        desktop.observe()
        desktop.execute(Press(keys=step))
        return
    if step.startswith("="):
        desktop.observe()
        desktop.execute(TypeText(text=step[1:]))
        return
    deadline = time.monotonic() + REST_S
    while time.monotonic() < deadline:
        frame = desktop.observe().frame
        there = [
            each for each in tree_of(desktop, one_by_one).walk() if clean(each.name) == step and each.box is not None
        ]
        if there and there[-1].box is not None:
            left, top, width, height = there[-1].box
            desktop.execute(
                Click(at=frame.point((left + width / 2) / frame.width_px, (top + height / 2) / frame.height_px))
            )
            return
    raise EnvUnavailable(f"there is no {step!r} to click within {REST_S:g} s.")


def _at_rest(desktop: VirtualDesktop, one_by_one: bool) -> tuple[Tree, Pixels]:
    """The tree and the picture as soon as neither changes any more."""
    deadline = time.monotonic() + REST_S
    before: tuple[list[Box | None], Pixels] | None = None
    while time.monotonic() < deadline:
        pixels = desktop.observe().frame.pixels
        tree = tree_of(desktop, one_by_one)
        boxes = [element.box for element in tree.walk()]
        if before is not None and tree.programs and boxes == before[0] and _alike(pixels, before[1]):
            return tree, pixels
        before = boxes, pixels
    raise EnvUnavailable(f"it did not come to rest within {REST_S:g} s.")


def _alike(one: Pixels, other: Pixels) -> bool:
    """Whether two pictures differ by no more than a text cursor that blinks."""
    return one.shape == other.shape and int((one != other).any(axis=2).sum()) <= CURSOR_PX


@contextmanager
def _home() -> Generator[Path]:
    """A home folder that always has the same name, since programs show it."""
    home = Path(tempfile.gettempdir()) / "anna"
    try:
        home.mkdir()
    except FileExistsError as error:
        raise BadScene(f"{home} is there already: another capture runs, or one was killed; remove it.") from error
    try:
        furnish(home)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def furnish(home: Path) -> None:
    """Put a user's files into a home folder."""
    documents = home / "Documents"
    for name in ("Documents/Invoices", "Documents/Letters", "Downloads", "Music", "Pictures"):
        (home / name).mkdir(parents=True)
    (documents / "minutes.txt").write_text(MINUTES, encoding="utf-8")
    (documents / "members.csv").write_text(
        "Name,Town,Fee,Paid\nInes Falk,Plau,48,yes\nJakob Rehn,Malchow,48,no\nSun-mi Park,Waren,24,yes\n",
        encoding="utf-8",
    )
    picture = Image.new("RGB", (640, 420), (152, 192, 222))
    pencil = ImageDraw.Draw(picture)
    pencil.rectangle((0, 270, 640, 420), fill=(62, 104, 128))
    pencil.polygon(((170, 250), (470, 250), (420, 310), (220, 310)), fill=(140, 72, 48))
    pencil.polygon(((320, 60), (320, 240), (440, 240)), fill=(246, 240, 226))
    picture.save(home / "Pictures" / "boat.png")
    picture.save(documents / "boat.pdf")


def main(names: list[str]) -> int:
    """Capture the named scenes, all by default; the items of others stay as they are."""
    if unknown := set(names) - {scene.name for scene in SCENES}:
        print(f"There are no scenes {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    FOLDER.mkdir(exist_ok=True)
    listed = FOLDER / "items.json"
    items: list[Item] = json.loads(listed.read_text(encoding="utf-8")) if names and listed.exists() else []
    bad = 0
    for scene in SCENES:
        if names and scene.name not in names:
            continue
        try:
            picture, found = capture(scene)
        except BadScene as fault:
            print(fault, file=sys.stderr)
            bad += 1
            continue
        screen = f"{scene.name}.png"
        picture.save(FOLDER / screen, optimize=True)
        items = [item for item in items if item["screen"] != screen] + found
        print(screen, dict(Counter(item["kind"] for item in found)))
    order = [f"{scene.name}.png" for scene in SCENES]
    items.sort(key=lambda item: order.index(item["screen"]))
    write_items(FOLDER, items)
    return int(bad > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these scenes")
    sys.exit(main(parser.parse_args().names))
