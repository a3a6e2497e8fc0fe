"""The function for people's own tests fails when it should, and says where the model pointed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from model.fake import ScriptedModel
from model.nano.prompts import NOT_HERE, answer_text
from model.picture_file import UnreadablePicture
from tasks.screenspot.assertions import assert_points_at

PICTURE = Image.new("RGB", (200, 100))
BOX = (100, 40, 140, 60)


def pointing(x: float, y: float) -> ScriptedModel:
    return ScriptedModel([answer_text("Click it", f"pyautogui.click(x={x}, y={y})")], view_px=(448, 336))


def refusing() -> ScriptedModel:
    return ScriptedModel([answer_text("Look for it", NOT_HERE)], view_px=(448, 336))


@pytest.mark.parametrize(("x", "y"), [(0.6, 0.5), (0.5, 0.4), (0.7, 0.6)])
def test_inside_and_on_the_border(x: float, y: float) -> None:
    assert_points_at(PICTURE, "the Save button", BOX, model=pointing(x, y))


@pytest.mark.parametrize(
    ("x", "y", "where"),
    [
        (0.25, 0.5, r"\(50, 50\), 50\.0 px left of the box \(100, 40, 140, 60\)"),
        (0.75, 0.5, r"10\.0 px right of the box"),
        (0.6, 0.1, r"30\.0 px above the box"),
        (0.9, 0.9, r"40\.0 px right of and 30\.0 px below the box"),
    ],
)
def test_beside(x: float, y: float, where: str) -> None:
    with pytest.raises(AssertionError, match=f"'the Save button': the model points at .*{where}"):
        assert_points_at(PICTURE, "the Save button", BOX, model=pointing(x, y))


def test_not_there() -> None:
    assert_points_at(PICTURE, "a unicorn", None, model=refusing())
    with pytest.raises(AssertionError, match="says that it is not there"):
        assert_points_at(PICTURE, "the Save button", BOX, model=refusing())
    with pytest.raises(AssertionError, match=r"points at \(100, 50\), but it is not there"):
        assert_points_at(PICTURE, "a unicorn", None, model=pointing(0.5, 0.5))


def test_an_answer_that_cannot_be_read() -> None:
    with pytest.raises(AssertionError, match="no answer that can be used"):
        assert_points_at(PICTURE, "the Save button", BOX, model=ScriptedModel(["well"], view_px=(448, 336)))


def test_a_file(tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "shot.png")
    assert_points_at(tmp_path / "shot.png", "the Save button", BOX, model=pointing(0.6, 0.5))
    with pytest.raises(UnreadablePicture):
        assert_points_at(tmp_path / "none.png", "the Save button", BOX, model=pointing(0.6, 0.5))
