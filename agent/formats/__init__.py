"""How models are asked and how their answers are read: one module a model family."""

from __future__ import annotations

from collections.abc import Collection

from agent.formats.base import Format
from agent.formats.kimi_vl import KimiVLFormat
from agent.formats.nano import NanoFormat
from agent.formats.ui_tars import UITarsFormat
from model.base import Model


def for_model(model: Model, kinds: Collection[str] = ()) -> Format:
    """The format a model was trained on.

    That of the embedded model if it looks through small views, that of UI-TARS if its name says so, else Kimi-VL's.

    Args:
        model: what is to be asked.
        kinds: the kinds of actions that the environment can carry out.
    """
    if model.view_px is not None:
        return NanoFormat()
    return UITarsFormat(kinds) if "ui-tars" in model.name.lower() else KimiVLFormat(kinds)
