"""The characters that are read in pictures: those of printable ASCII, and letters with an accent as those without."""

from __future__ import annotations

import unicodedata
from typing import Final

SLOTS: Final = 3
"""Characters told apart side by side in one patch of 14 px."""
BLANK: Final = 0
FIRST_CHARACTER, LAST_CHARACTER = 32, 126
CLASSES: Final = LAST_CHARACTER - FIRST_CHARACTER + 1
"""Blank, in the place of the space, and every other printable character of ASCII."""
_UNACCENTED = str.maketrans("æøłđıÆØŁĐ", "aoldiAOLD")
"""Letters that Unicode does not take apart."""


def plain_letters(text: str) -> str:
    """The text, character by character, with its Latin letters without their accents: as such they are read."""
    return "".join(unicodedata.normalize("NFD", char)[0] for char in text.translate(_UNACCENTED))


def class_of(char: str) -> int | None:
    """Of a character without an accent; None for what is not read, BLANK for a space."""
    return ord(char) - FIRST_CHARACTER if FIRST_CHARACTER <= ord(char) <= LAST_CHARACTER else None
