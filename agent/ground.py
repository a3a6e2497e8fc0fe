"""Where something is in a picture: grounding, without an environment and without an episode."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from agent import formats
from agent.looking import look_for
from envs.actions import pointed_at
from envs.frame import Frame, Point
from model.base import GREEDY, Model, Sampling


def ground(model: Model, image: Image.Image, text: str, *, looks: int = 1, sampling: Sampling = GREEDY) -> Point | None:
    """Find what a text describes in a picture.

    Args:
        model: what looks.
        image: a screenshot, of any mode and size.
        text: what to look for, as the user would say it: `the "Save" button`.
        looks: 1 or 2, as in `agent.looking.look`.
        sampling: how the answer is drawn.

    Returns:
        The place in fractions of the picture, or None when the model says that it is not there.

    Raises:
        Unreadable: the model's answer could not be used.
        GenerationError: the model cannot answer.
    """
    frame = Frame(np.asarray(image.convert("RGB")))
    decision = look_for(model, formats.for_model(model), frame, text, looks=looks, sampling=sampling)
    return next((point for action in decision.actions if (point := pointed_at(action)) is not None), None)


def marked(image: Image.Image, point: Point) -> Image.Image:
    """A copy of a picture in RGB with a ring around a place, and a dot of one pixel on it."""
    copy = image.convert("RGB")
    at = (int(point.x * image.width), int(point.y * image.height))
    draw = ImageDraw.Draw(copy)
    for radius, width, colour in ((14, 5, "white"), (13, 3, "red")):  # seen on any ground
        draw.circle(at, radius, outline=colour, width=width)
    draw.point(at, "red")
    return copy
