"""For people's own tests: that a model finds the right place on a screenshot."""

from __future__ import annotations

import functools
from pathlib import Path

from PIL import Image

from agent.ground import ground
from agent.looking import Unreadable
from model.base import Model
from model.picture_file import read_picture

BoxPx = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the picture."""


def assert_points_at(
    image: Image.Image | Path | str, text: str, box: BoxPx | None, *, model: Model | str = "nano", looks: int = 1
) -> None:
    """Fail unless a model, asked for a text, points into a box; its border belongs to it.

    Example:
        assert_points_at(page.screenshot_image, "the Save button", (410, 80, 480, 110))

    Args:
        image: a screenshot, or its file.
        text: what to look for, as a user would say it.
        box: where it is, or None when it is not there and the model is to say so.
        model: what looks; a name is loaded once and kept.
        looks: 1 or 2, as in `agent.looking.look`.

    Raises:
        AssertionError: it points elsewhere, sees nothing, or cannot be understood. The message says where it pointed.
        ModelError: the model cannot be loaded or cannot answer, or the file is not a picture.
    """
    __tracebackhide__ = True
    picture = image if isinstance(image, Image.Image) else read_picture(Path(image))
    try:
        point = ground(_loaded(model) if isinstance(model, str) else model, picture, text, looks=looks)
    except Unreadable as error:
        raise AssertionError(f"{text!r}: {error}") from error
    if point is None:
        if box is not None:
            raise AssertionError(f"{text!r}: the model says that it is not there, but it is in {_said(box)}.")
        return
    x, y = point.x * picture.width, point.y * picture.height
    if box is None:
        raise AssertionError(f"{text!r}: the model points at ({x:.0f}, {y:.0f}), but it is not there.")
    misses = _misses(x, y, box)
    if misses:
        raise AssertionError(
            f"{text!r}: the model points at ({x:.0f}, {y:.0f}), {' and '.join(misses)} the box {_said(box)}."
        )


def _misses(x: float, y: float, box: BoxPx) -> list[str]:
    left, top, right, bottom = box
    sides = (("left of", left - x), ("right of", x - right), ("above", top - y), ("below", y - bottom))
    return [f"{distance:.1f} px {side}" for side, distance in sides if distance > 0]


def _said(box: BoxPx) -> str:
    return f"({', '.join(f'{edge:g}' for edge in box)})"


@functools.cache
def _loaded(name: str) -> Model:
    from model.loading import load_model  # brings torch: only where a name is to be loaded

    return load_model(name)
