"""Prompts that model families have published, word for word, in the folder `prompts`."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def published(name: str) -> str:
    """The prompt in the file of that name, without its ending."""
    return resources.files("agent.formats").joinpath("prompts", f"{name}.txt").read_text(encoding="utf-8")
