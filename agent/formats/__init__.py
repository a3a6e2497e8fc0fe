"""How models are asked and how their answers are read: one module a model family."""

from __future__ import annotations

from collections.abc import Collection

from agent.formats.base import Format
from agent.formats.kimi_vl import KimiVLFormat
from agent.formats.nano import NanoFormat
from model.base import Model


def for_model(model: Model, kinds: Collection[str] = ()) -> Format:
    """The format a model was trained on: that of the embedded model if it looks through small views, else Kimi-VL's.

    Args:
        model: what is to be asked.
        kinds: the kinds of actions that the environment can carry out.
    """
    return KimiVLFormat(kinds) if model.view_px is None else NanoFormat()
