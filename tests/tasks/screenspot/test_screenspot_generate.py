"""The generated benchmark: what is asked about is there, alone of its name, and written as it is read."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from envs.accessibility import Element
from tasks.screenspot.dataset import read_dataset
from tasks.screenspot.generate import programs
from tasks.screenspot.generate.programs import PROGRAMS, control_of, program_shots
from tasks.screenspot.generate.shots import SCREENS, Control, Shot, askable, drawn
from tasks.screenspot.generate.web import page_count, page_shots
from tasks.screenspot.generate.write import write
from tasks.screenspot.items import Box, DataError


def control(name: str, box: tuple[float, float, float, float] = (10, 10, 40, 20), element: str = "text") -> Control:
    return Control(name, "click", element, box)  # pyright: ignore[reportArgumentType]


def test_what_can_be_misunderstood_or_not_be_hit_is_not_asked_for() -> None:
    kept = control("Save")
    offered = [
        kept, control("Edit"), control("edit"), control(""), control("Thin", (5, 5, 40, 4)),
        control("Half outside", (780, 10, 40, 20)), control("Above", (10, -5, 40, 20)),
    ]  # fmt: skip
    assert askable(offered, (800, 600)) == (kept,)


def test_icons_have_their_share() -> None:
    controls = tuple(control(f"{kind} {number}", element=kind) for kind in ("icon", "text") for number in range(9))
    shot = Shot("a", "b", Image.new("RGB", (8, 8)), controls)
    chosen = drawn(random.Random(0), shot, 8)
    assert [each.element for each in chosen] == ["icon"] * 4 + ["text"] * 4
    few = Shot("a", "b", shot.picture, (*controls[:1], *controls[9:]))
    assert [each.element for each in drawn(random.Random(0), few, 8)] == ["icon"] + ["text"] * 7
    assert drawn(random.Random(0), few, 99) == list(few.controls)


@pytest.mark.parametrize(
    ("role", "states", "buttons", "instruction"),
    [
        ("push button", "", "icon", "Click the Bold button"),
        ("push button", "", "text", 'Click "Bold"'),
        ("menu", "", "icon", 'Click "Bold"'),
        ("check box", "", "icon", 'Tick "Bold"'),
        ("check box", "checked", "icon", 'Untick "Bold"'),
    ],
)
def test_elements_become_controls(role: str, states: str, buttons: str, instruction: str) -> None:
    shown = frozenset({"showing", "sensitive", states})
    element = Element(role, " Bold ", "", "", shown, (1, 2, 30, 40))
    made = control_of(element, buttons)  # pyright: ignore[reportArgumentType]
    assert made is not None
    assert (made.instruction, made.box) == (instruction, (1, 2, 30, 40))


@pytest.mark.parametrize(
    "element",
    [
        Element("label", "Bold", "", "", frozenset({"showing", "sensitive"}), (1, 2, 30, 40)),
        Element("menu", "Bold", "", "", frozenset({"showing"}), (1, 2, 30, 40)),
        Element("menu", "Bold", "", "", frozenset({"sensitive"}), (1, 2, 30, 40)),
        Element("menu", "", "", "", frozenset({"showing", "sensitive"}), (1, 2, 30, 40)),
        Element("menu", "Bold", "", "", frozenset({"showing", "sensitive"}), None),
    ],
)
def test_what_is_no_control(element: Element) -> None:
    assert control_of(element, "text") is None


def assert_something_is_there(shot: Shot) -> None:
    """A place where nothing is drawn would be one colour."""
    pixels = np.asarray(shot.picture)
    for each in shot.controls:
        left, top, width, height = (round(side) for side in each.box)
        part = pixels[top : top + height, left : left + width]
        assert part.std(axis=(0, 1)).max() > 1, f"{each.name} on {shot.name}"


@pytest.mark.slow
def test_pages_and_how_they_are_written(tmp_path: Path) -> None:
    shots = list(page_shots())
    assert len(shots) == page_count() >= 40
    assert {shot.picture.size for shot in shots} == set(SCREENS)
    bright = [np.asarray(shot.picture).mean() > 128 for shot in shots]
    assert 15 <= sum(bright) <= 25
    for shot in shots:
        assert len(shot.controls) >= 8
        assert_something_is_there(shot)

    count = write(tmp_path, "web", iter(shots))
    assert count > 350
    with pytest.raises(DataError, match="already"):
        write(tmp_path, "web", iter(shots))
    dataset = read_dataset(tmp_path)
    assert len(dataset.items) == count
    assert not dataset.left_out
    known = {(f"web_{shot.name}.png", each.instruction): each for shot in shots for each in shot.controls}
    for item in dataset.items:
        made = known[item.image.name, item.instruction]
        assert isinstance(item.target, Box)
        assert (item.target.left, item.target.top) == pytest.approx(made.box[:2], abs=0.01)
        assert (item.target.right - item.target.left) == pytest.approx(made.box[2], abs=0.02)
        assert (item.element, item.platform) == (made.element, "web")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mousepad") is None, reason="mousepad is not installed")
def test_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jeepney")
    monkeypatch.setattr(programs, "PROGRAMS", PROGRAMS[:1])
    monkeypatch.setattr(programs, "SCREENS", SCREENS[:1])
    light, dark = program_shots()
    assert np.asarray(light.picture).mean() > np.asarray(dark.picture).mean() + 50
    for shot in (light, dark):
        assert {"File", "Edit", "Help"} <= {each.name for each in shot.controls}
        assert_something_is_there(shot)
