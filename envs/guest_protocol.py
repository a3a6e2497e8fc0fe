"""What our own guest server and its client tell each other beyond the published routes.

GET /deixis     Description
GET /observe    a PNG, with `Seen` as JSON in a header
POST /act       an action as `envs.actions` writes it, its points on the server's last frame: Acted, or 409 and Refusal
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Description(_Frozen):
    """What the server is."""

    protocol: int = 1
    capabilities: frozenset[str]
    """Kinds of actions that it carries out."""


class Seen(_Frozen):
    """An observation without its picture, as `envs.base.Observation` has it."""

    HEADER: ClassVar[str] = "X-Deixis-Seen"

    frame_id: int
    """Of the server's frame; points of an action name it."""
    origin_dev: tuple[float, float]
    dev_per_px: float
    title: str
    notes: tuple[str, ...]
    settled: bool
    settle_s: float
    capture_s: float


class Acted(_Frozen):
    """An action was carried out."""

    note: str
    seconds: float


class Refusal(_Frozen):
    """An action was not carried out, or failed."""

    error: str
    """The name of the exception of `envs.base` or `envs.frame` that was raised."""
    message: str
