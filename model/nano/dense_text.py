"""Canvases full of text, the first thing nano learns to read: many characters for little compute.

Every canvas comes with the centre of each of its characters. Random words, not a dictionary, so that letters are read
and words not guessed.
"""

from __future__ import annotations

import random
import re
import string
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
UNREADABLE = re.compile(r"math|symbol|dingbat|emoji|icon|Noto(?!(Sans|Serif|SansMono|SansDisplay)-)", re.IGNORECASE)
SELDOM = re.compile("Italic|Oblique|Condensed|Narrow|Thin|Hairline|ExtraLight|Black|Mono|Serif")
COMMON_LETTERS = "eeeeettttaaaooooiiinnnsssrrrhhllddccuummffppggwwyybbvk"


@dataclass(frozen=True, slots=True)
class TextCanvas:
    """A picture of text that knows what is written on it."""

    pixels: NDArray[np.uint8]
    """(H, W, 3) RGB."""
    characters: list[tuple[str, float, float]]
    """Each visible character and its centre, x and y in px."""


@lru_cache(maxsize=1)
def font_files() -> tuple[list[Path], list[float]]:
    """The outline fonts of this machine that hold Latin text, and how often to draw with each: seldom in italics."""
    files = sorted(file for folder in FONT_FOLDERS for file in folder.rglob("*.[to]tf"))
    files = [file for file in files if not UNREADABLE.search(file.name)]
    return files, [0.2 if SELDOM.search(file.name) else 1.0 for file in files]


@lru_cache(maxsize=512)
def load_font(file: Path, size: int) -> ImageFont.FreeTypeFont:
    """A font at a size in px, laid out without ligatures: every character has a place of its own."""
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)


def random_word(rng: random.Random) -> str:
    """Digits, printable ASCII, or letters, mostly as often as English has them."""
    kind = rng.random()
    length = min(12, 1 + int(rng.gammavariate(2.5, 1.8)))
    if kind < 0.12:
        return "".join(rng.choices(string.digits, k=min(length, 6)))
    if kind < 0.2:
        return "".join(rng.choices(string.printable[:94], k=length))
    letters = COMMON_LETTERS if kind < 0.65 else string.ascii_lowercase
    word = "".join(rng.choices(letters, k=length))
    style = rng.random()
    word = word.upper() if style < 0.2 else word.capitalize() if style < 0.5 else word
    return word + rng.choice(".,:;!?-)") if rng.random() < 0.08 else word


Colour = tuple[int, int, int]


def _random_colour(rng: random.Random) -> Colour:
    return rng.randint(0, 255), rng.randint(0, 255), rng.randint(0, 255)


def _colours(rng: random.Random) -> tuple[Colour, Colour]:
    """Background and text colour, far enough apart to be read."""
    while True:
        if rng.random() < 0.6:  # most text of the world is dark on near white, or the reverse
            light, dark = rng.randint(225, 255), rng.randint(0, 110)
            near_white = light, light, light
            darkish = dark, min(255, dark + rng.randint(0, 40)), min(255, dark + rng.randint(0, 90))
            background, text = (near_white, darkish) if rng.random() < 0.7 else (darkish, near_white)
        else:
            background, text = _random_colour(rng), _random_colour(rng)
        luminance = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b in (background, text)]
        if abs(luminance[0] - luminance[1]) > 70:
            return background, text


def draw_dense_text(rng: random.Random, width: int, height: int) -> TextCanvas:
    """A canvas of lines of random words, each line in a font, size and indent of its own; colours change in bands."""
    background, colour = _colours(rng)
    image = Image.new("RGB", (width, height), background)
    draw = ImageDraw.Draw(image)
    characters: list[tuple[str, float, float]] = []
    y = rng.uniform(-4, 6)
    while y < height - 8:
        size = rng.choice((10, 11, 12, 12, 13, 13, 14, 14, 15, 16, 16, 17, 18, 20, 22, 24))
        font = load_font(*rng.choices(*font_files()), size)
        ascent, descent = font.getmetrics()
        if rng.random() < 0.25:
            background, colour = _colours(rng)
            draw.rectangle((0, y, width, height), fill=background)
        x = rng.uniform(-6, 12)
        while x < width:
            word = random_word(rng)
            draw.text((x, y), word, font=font, fill=colour)
            edges = [font.getlength(word[:end]) for end in range(len(word) + 1)]
            middle = y + ascent - 0.33 * size
            characters += [
                (char, x + (left + right) / 2, middle)
                for char, left, right in zip(word, edges, edges[1:], strict=False)
                if 0 < x + (left + right) / 2 < width and 0 < middle < height
            ]
            x += edges[-1] + size * rng.choice((0.3, 0.3, 0.3, 1.0, 2.0))
        y += (ascent + descent) * rng.uniform(0.95, 1.3)
    return TextCanvas(np.asarray(image), characters)
