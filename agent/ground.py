"""Where something is in a picture: grounding, without an environment and without an episode."""

from __future__ import annotations

import numpy as np
from PIL import Image

from agent import formats
from agent.looking import look_for, pointed_at
from envs.frame import Frame, Point
from model.base import GREEDY, Model, Sampling


def ground(model: Model, image: Image.Image, text: str, *, looks: int = 2, sampling: Sampling = GREEDY) -> Point | None:
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
