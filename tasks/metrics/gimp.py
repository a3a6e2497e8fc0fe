"""What GIMP has in its configuration, and what was done to a picture.

Knows the files `gimprc` and `sessionrc`, and pictures; knows no running GIMP. The semantics are those of OSWorld's
`evaluators/metrics/gimp.py`. Two pictures show the same when their SSIM is 0.9 or more, where nothing else is said.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageStat

from tasks.metrics.files import read_text, zero_if_unreadable
from tasks.metrics.images import open_image, similar_structure

INK = 128
"""Grey below this, of 255, is ink."""
MIDDLE_GREY = 128
"""The brightness, of 255, at which pictures that are not equally bright are compared."""
MARGIN = 0.05
"""How far from an edge, or from the middle, is still there: a share of the picture's width or height."""


class SettingRule(TypedDict):
    """A setting by its name, or by the first two words of its line; and the last word of its line."""

    key: str | list[str]
    value: str


@zero_if_unreadable
def check_config_status(actual_config_path: str | None, rule: SettingRule) -> float:
    """1.0 when one line that is no comment begins with `rule["key"]` and ends with `rule["value"]`, else 0.0."""
    key = [rule["key"]] if isinstance(rule["key"], str) else rule["key"]
    for line in read_text(actual_config_path).splitlines():
        words = line.strip().lstrip("(").rstrip(")").split()
        if words and not line.startswith("#") and words[: len(key)] == key and words[-1] == rule["value"]:
            return 1.0
    return 0.0


@zero_if_unreadable
def check_brightness_decrease_and_structure_sim(
    src_path: str | None, tgt_path: str | None, threshold: float = 0.03
) -> float:
    """1.0 when a picture is darker than another and shows the same, else 0.0.

    Args:
        src_path: the edited picture.
        tgt_path: the one it was made from.
        threshold: the mean squared difference, of values from 0 to 1, that the two must stay below once both have been
            made equally bright.
    """
    source, target = open_image(src_path), open_image(tgt_path)
    brightness, target_brightness = _brightness(source), _brightness(target)
    if not 0 < brightness < target_brightness:
        return 0.0
    one, other = _scaled(source, MIDDLE_GREY / brightness), _scaled(target, MIDDLE_GREY / target_brightness)
    return float(_mean_squared_difference(one, other) < threshold)


@zero_if_unreadable
def check_saturation_increase_and_structure_sim(src_path: str | None, tgt_path: str | None) -> float:
    """1.0 when a picture is more saturated than another, with the same structure in hue and in value; else 0.0."""
    source, target = (open_image(path).convert("HSV").split() for path in (src_path, tgt_path))
    more_saturated = _mean(source[1]) > _mean(target[1])
    return float(more_saturated and all(similar_structure(source[channel], target[channel]) for channel in (0, 2)))


@zero_if_unreadable
def check_contrast_increase_and_structure_sim(src_path: str | None, tgt_path: str | None) -> float:
    """1.0 when a picture has a larger standard deviation than another, and an SSIM of 0.65 or more; else 0.0."""
    source, target = open_image(src_path), open_image(tgt_path)
    contrast, target_contrast = (np.std(np.asarray(image, dtype=np.float32)) for image in (source, target))
    return float(contrast > target_contrast and similar_structure(source, target, threshold=0.65))


@zero_if_unreadable
def check_palette_and_structure_sim(src_path: str | None, tgt_path: str | None) -> float:
    """1.0 when a picture has a palette and shows the same as another, else 0.0."""
    source = open_image(src_path)
    return float(source.mode == "P" and similar_structure(source, open_image(tgt_path)))


@zero_if_unreadable
def check_file_exists_and_structure_sim(src_path: str | None, tgt_path: str | None) -> float:
    """1.0 when there is a picture, and it shows the same as another; else 0.0."""
    return float(similar_structure(open_image(src_path), open_image(tgt_path)))


@zero_if_unreadable
def check_image_mirror(src_path: str | None, tgt_path: str | None) -> float:
    """1.0 when a picture, flipped from left to right, has with another an SSIM of 0.99 or more; else 0.0."""
    flipped = open_image(src_path).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return float(similar_structure(flipped, open_image(tgt_path), threshold=0.99))


@zero_if_unreadable
def check_green_background(src_path: str | None, tgt_path: str | None) -> float:
    """1.0 when a picture is more green than red and blue wherever another one is not black, else 0.0."""
    source, target = (np.asarray(open_image(path).convert("RGB")) for path in (src_path, tgt_path))
    if source.shape != target.shape:
        return 0.0
    red, green, blue = np.moveaxis(source[target.any(axis=2)], 1, 0)
    return float(((green > red) & (green > blue)).all())


@zero_if_unreadable
def check_textbox_on_leftside(src_path: str | None) -> float:
    """1.0 when the leftmost ink of a picture is within the left twentieth of it, else 0.0."""
    grey = np.asarray(open_image(src_path).convert("L"))
    columns = np.flatnonzero((grey < INK).any(axis=0))
    return float(columns.size > 0 and columns[0] < grey.shape[1] * MARGIN)


@zero_if_unreadable
def check_triangle_position(tgt_path: str | None) -> float:
    """1.0 when what is painted on a background is in the middle of a picture, else 0.0.

    The background is what has the most frequent colour, the triangle what has the next one; its centre of gravity may
    be a twentieth of the height and of the width away from the middle.
    """
    image = open_image(tgt_path).convert("RGBA")
    colours = np.asarray(image).view(np.uint32)[:, :, 0]
    values, counts = np.unique(colours, return_counts=True)
    if len(values) < 2:
        return 0.0
    triangle = colours == values[np.argsort(counts, kind="stable")[-2]]
    offset = np.abs(np.argwhere(triangle).mean(axis=0) / colours.shape - 0.5)
    return float((offset < MARGIN).all())


def _brightness(image: Image.Image) -> float:
    return _mean(image.convert("L"))


def _mean(channel: Image.Image) -> float:
    return ImageStat.Stat(channel).mean[0]


def _scaled(image: Image.Image, factor: float) -> Image.Image:
    """A picture with all its values multiplied, at most to 255."""
    return image.point([min(255, int(value * factor)) for value in range(256)] * len(image.getbands()))


def _mean_squared_difference(one: Image.Image, other: Image.Image) -> float:
    if one.size != other.size:
        one = one.resize(other.size, Image.Resampling.LANCZOS)
    return float(np.mean((_fractions(one) - _fractions(other)) ** 2))


def _fractions(image: Image.Image) -> NDArray[np.float32]:
    return np.asarray(image.convert("RGB"), dtype=np.float32) / np.float32(255)
