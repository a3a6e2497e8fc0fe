"""How models are asked and how their answers are read: one module a model family."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from agent.formats.base import Format
from agent.formats.gui_owl import GUIOwlFormat
from agent.formats.holo import HOLO1_5, HOLO2, HoloFormat
from agent.formats.kimi_toolcall import KimiToolcallFormat
from agent.formats.kimi_vl import KimiVLFormat
from agent.formats.nano import NanoFormat
from agent.formats.opencua import QWEN_PIXELS, OpenCUAFormat
from agent.formats.scales import FRACTIONS
from agent.formats.tool_call_formats import GUI_OWL_1_5, QWEN2_5_VL, QWEN3_VL, ToolCallFormat
from agent.formats.ui_tars import UITarsFormat
from agent.formats.ui_venus import UIVenusFormat
from model.base import Model, ModelUnavailable
from model.resizing import Resizing

Maker = Callable[[Collection[str], Resizing | None], Format]


def _whatever_the_size(make: Callable[[Collection[str]], Format]) -> Maker:
    """For a family whose places do not depend on how its pictures are resized."""
    return lambda kinds, _resizing: make(kinds)


FAMILIES: Final[dict[str, Maker]] = {
    "kimi-vl": _whatever_the_size(KimiVLFormat),
    "kimi-vl-toolcall": _whatever_the_size(KimiToolcallFormat),
    "opencua-l1": partial(OpenCUAFormat, 1, QWEN_PIXELS),
    "opencua-l2": partial(OpenCUAFormat, 2, QWEN_PIXELS),
    "opencua-l3": partial(OpenCUAFormat, 3, QWEN_PIXELS),
    "opencua-a3b-l1": partial(OpenCUAFormat, 1, FRACTIONS),
    "opencua-a3b-l2": partial(OpenCUAFormat, 2, FRACTIONS),
    "opencua-a3b-l3": partial(OpenCUAFormat, 3, FRACTIONS),
    "ui-tars-1.5": UITarsFormat,
    "qwen2.5-vl": partial(ToolCallFormat, QWEN2_5_VL),
    "qwen3-vl": partial(ToolCallFormat, QWEN3_VL),
    "gui-owl": GUIOwlFormat,
    "gui-owl-1.5": partial(ToolCallFormat, GUI_OWL_1_5),
    "holo1.5": partial(HoloFormat, HOLO1_5),
    "holo2": partial(HoloFormat, HOLO2),
    "ui-venus-1.5": _whatever_the_size(UIVenusFormat),
}
"""What makes each family's format, given the kinds of actions that the environment can carry out and how the model's
pictures are resized."""

_BY_NAME: Final = (
    ("opencua-a3b", "opencua-a3b-l2"), ("opencua", "opencua-l2"), ("ui-tars", "ui-tars-1.5"),
    ("gui-owl-1.5", "gui-owl-1.5"), ("gui-owl", "gui-owl"), ("holo2", "holo2"), ("holo1.5", "holo1.5"),
    ("ui-venus-1.5", "ui-venus-1.5"), ("qwen2.5-vl", "qwen2.5-vl"), ("qwen3-vl", "qwen3-vl"), ("kimi-vl", "kimi-vl"),
)  # fmt: skip
"""The family of a model in whose name, in lower case and with - for _, this stands; the first that fits."""
_BY_ARCHITECTURE: Final = {
    "": None, "kimi_vl": "kimi-vl", "qwen2_vl": None, "qwen2_5_vl": "qwen2.5-vl", "qwen3_vl": "qwen3-vl",
    "qwen3_vl_moe": "qwen3-vl",
}  # fmt: skip
"""Whose prompts models of these architectures know, unless the name tells more; None where only the name does."""


class UnknownFamily(ModelUnavailable):
    """Raised when nothing tells which prompts a model was trained on. The message says how to name them."""


def for_model(model: Model, kinds: Collection[str] = ()) -> Format:
    """The format a model was trained on.

    That of the embedded model if it looks through small views; else that of the family which the user has named, which
    the model's name tells, or to which its architecture belongs.

    Args:
        model: what is to be asked.
        kinds: the kinds of actions that the environment can carry out.

    Raises:
        UnknownFamily: there is no such family, or nothing tells it.
    """
    if model.view_px is not None:
        return NanoFormat()
    return FAMILIES[_family_of(model)](kinds, model.resizing)


def _family_of(model: Model) -> str:
    if model.family in FAMILIES:
        return model.family
    name = re.sub(r"[_\s]", "-", model.name.lower())
    by_name = next((family for part, family in _BY_NAME if part in name), None)
    found = by_name or _BY_ARCHITECTURE.get(model.family)
    if found is None or model.family not in _BY_ARCHITECTURE:
        known = f"is said to be of the family {model.family}, which" if model.family else "tells no family that"
        raise UnknownFamily(
            f"{model.name} {known} Deixis has no prompts for. Put one of these and = before the model's name: "
            f"{', '.join(FAMILIES)}."
        )
    return found
