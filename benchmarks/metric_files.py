"""Texts and files for random inputs: the same, nearly the same, or broken."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

Call = tuple[tuple[object, ...], dict[str, object]]
MakeCall = Callable[[random.Random, Path], Call]

WORDS = [
    "Ada",
    "Grace",
    "Alan",
    "Edsger",
    "Barbara",
    "Donald",
    "kitten",
    "sitting",
    "Paris",
    "Rome",
    "Oslo",
    "12:34:56",
    "1.25",
    "true",
    "error",
]
BROKEN = 0.08
"""So often a file is missing or no file of its kind."""


def some_text(rng: random.Random, words: int = 6) -> str:
    return " ".join(rng.choices(WORDS, k=words))


def maybe_changed(rng: random.Random, text: str) -> str:
    """The text itself, half of the time; else another one that is near."""
    change = rng.choice(["same", "same", "same", "case", "blank", "word", "line", "end"])
    match change:
        case "case":
            return text.upper()
        case "blank":
            return text.replace(" ", "  ", 1)
        case "word":
            return text.replace(rng.choice(WORDS), rng.choice(WORDS), 1)
        case "line":
            return text + "\nmore"
        case "end":
            return text + " "
        case _:
            return text


def written(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def maybe_broken(rng: random.Random, folder: Path, path: str) -> str | None:
    """A path as it is, most of the time; else no file, or one with something else in it."""
    if rng.random() > BROKEN:
        return path
    return rng.choice([None, written(folder, f"broken{Path(path).suffix}", "nothing of that kind")])
