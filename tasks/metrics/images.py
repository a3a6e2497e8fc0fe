"""How alike two pictures are, how large one is, and what is written on it.

Knows picture files; knows no editor. The semantics are those of OSWorld's `evaluators/metrics/gimp.py`; of
`compare_images`, `vlc.py`; of `compare_image_text`, `docs.py`. Pictures are compared by SSIM (Wang et al., 2004) in
windows of 7 x 7 pixels, which is from -1.0 to 1.0.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TypedDict, cast

import numpy as np
from PIL import Image, ImageChops

from tasks.errors import EvaluationFailed
from tasks.metrics.files import opened, zero_if_unreadable
from tasks.metrics.libraries import extra

WINDOW_PX = 7
"""Side of the windows in which structure is compared: scikit-image's default."""
NOTICEABLE = 0.01
"""How much more alike than the reference two pictures must be for a score above zero."""


class SizeRule(TypedDict, total=False):
    """In pixels; what is left out, or None, may be anything."""

    width: int | None
    height: int | None
    ignore_transparent: bool
    """Measure only what is not fully transparent."""


class FileSizeRule(TypedDict):
    """In bytes."""

    max_size: int


class TextRule(TypedDict):
    """`type` is `text`."""

    type: str
    text: str


@zero_if_unreadable
def compare_images(
    image1_path: str | None, image2_path: str | None, reference_base_result: float | None = None
) -> float:
    """The SSIM of two pictures in grey, both brought to the size of the smaller one; 0.0 when that is below 7 pixels.

    Args:
        image1_path: a picture.
        image2_path: another; an animation counts by its first frame.
        reference_base_result: the SSIM before the task was begun. The score is then how far it was raised from there
            to 1.0; 0.0 when by less than `NOTICEABLE`.
    """
    images = [open_image(path).convert("L") for path in (image1_path, image2_path)]
    size = min(image.size for image in images)
    if min(size) < WINDOW_PX:
        return 0.0
    one, other = (image.resize(size, Image.Resampling.LANCZOS) for image in images)
    alike = ssim(one, other)
    if reference_base_result is None:
        return alike
    if alike < reference_base_result + NOTICEABLE:
        return 0.0
    return (alike - reference_base_result) / (1 - reference_base_result)


@zero_if_unreadable
def compare_image_list(
    pred_img_path_list: str | list[str | None] | None, gold_img_path_list: str | list[str | None] | None
) -> float:
    """1.0 when the pictures of two lists are pairwise the same, each pixel of them, else 0.0.

    A picture of another size or mode than its counterpart is first brought to that.
    """
    found = pred_img_path_list if isinstance(pred_img_path_list, list) else [pred_img_path_list]
    expected = gold_img_path_list if isinstance(gold_img_path_list, list) else [gold_img_path_list]
    if len(found) != len(expected):
        return 0.0
    return float(all(_same_pixels(open_image(p), open_image(g)) for p, g in zip(found, expected, strict=True)))


@zero_if_unreadable
def check_structure_sim(src_path: str | None, tgt_path: str | None) -> float:
    """1.0 when two pictures have one size and an SSIM of 0.9 or more, else 0.0."""
    return float(similar_structure(open_image(src_path), open_image(tgt_path)))


@zero_if_unreadable
def check_structure_sim_with_threshold(
    src_path: str | None, tgt_path: str | None, ssim_threshold: float = 0.85
) -> float:
    """1.0 when two pictures, the first brought to the size of the second, have at least the given SSIM, else 0.0."""
    source, target = open_image(src_path), open_image(tgt_path)
    if source.size != target.size:
        source = source.resize(target.size, Image.Resampling.LANCZOS)
    side = min(WINDOW_PX, *target.size)
    window_px = side if side % 2 else side - 1
    if window_px < 3:
        return 0.0
    return float(ssim(source.convert("RGB"), target.convert("RGB"), window_px) >= ssim_threshold)


@zero_if_unreadable
def check_structure_sim_resized(src_path: str | None, tgt_path: str | None) -> float:
    """1.0 when what is opaque of a picture, brought to the size of another, has with it an SSIM of 0.9 or more."""
    source, target = open_image(src_path), open_image(tgt_path)
    if has_transparency(source):
        source = source.convert("RGBA")
        box = opaque_box(source)
        if box is None:
            return 0.0
        source = source.crop(box).convert("RGB")
    return float(similar_structure(source.resize(target.size), target))


@zero_if_unreadable
def check_image_size(src_path: str | None, rule: SizeRule) -> float:
    """1.0 when a picture has the `width` and the `height` of the rule, else 0.0."""
    image = open_image(src_path)
    width, height = image.size
    if rule.get("ignore_transparent", False) and has_transparency(image):
        left, top, right, bottom = opaque_box(image.convert("RGBA")) or (0, 0, 0, 0)
        width, height = right - left, bottom - top
    return float(rule.get("width") in (None, width) and rule.get("height") in (None, height))


@zero_if_unreadable
def check_image_file_size(src_path: str | None, rule: FileSizeRule) -> float:
    """1.0 when a file is smaller than `rule["max_size"]`, else 0.0."""
    return float(opened(src_path, lambda path: Path(path).stat().st_size) < rule["max_size"])


@zero_if_unreadable
def compare_image_text(image_path: str | None, rule: TextRule) -> float:
    """1.0 when `rule["text"]` is in what EasyOCR reads in a picture, all of it on one line; else 0.0.

    Raises:
        EvaluationFailed: the rule is of another type than `text`, or EasyOCR cannot fetch its model.
        MissingLibrary: EasyOCR is not installed.
    """
    if rule["type"] != "text":
        raise EvaluationFailed(f"The task's rule is of the type {rule['type']!r}, which compare_image_text has not.")
    picture = BytesIO()
    open_image(image_path).convert("RGB").save(picture, "PNG")
    with extra("osworld-ocr"):
        import easyocr  # pyright: ignore[reportMissingImports]  # too large an extra for development
    try:
        reader = easyocr.Reader(["en"], verbose=False)
    except OSError as error:
        raise EvaluationFailed(f"EasyOCR cannot fetch its model of written English: {error}.") from error
    lines = cast(list[str], reader.readtext(picture.getvalue(), detail=0))
    return float(rule["text"] in " ".join(lines))


def open_image(path: str | None) -> Image.Image:
    """A picture, decoded. Sixteen and more bits a channel are cut to eight.

    Raises:
        UnreadableFile: there is no such file, or it is no whole picture.
    """

    def decoded(name: str) -> Image.Image:
        with Image.open(name) as image:
            image.load()
            return image.convert("RGB") if image.mode[0] in "IF" else image.copy()

    return opened(path, decoded)


def has_transparency(image: Image.Image) -> bool:
    """Whether some of a picture may be transparent."""
    return image.mode in ("RGBA", "LA") or "transparency" in image.info


def opaque_box(image: Image.Image) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom, in pixels, of what is not fully transparent of an RGBA picture; None for nothing."""
    return image.getchannel("A").getbbox()


def similar_structure(one: Image.Image, other: Image.Image, threshold: float = 0.9) -> bool:
    """Whether two pictures have one size, of 7 pixels or more, and in RGB at least the given SSIM."""
    if one.size != other.size or min(one.size) < WINDOW_PX:
        return False
    return ssim(one.convert("RGB"), other.convert("RGB")) >= threshold


def ssim(one: Image.Image, other: Image.Image, window_px: int = WINDOW_PX) -> float:
    """The mean SSIM of two pictures of one size and mode, L or RGB.

    Raises:
        MissingLibrary: scikit-image is not installed.
    """
    with extra("osworld"):
        from skimage.metrics import structural_similarity

    arrays = np.asarray(one), np.asarray(other)
    channel_axis = None if one.mode == "L" else 2
    return float(cast(float, structural_similarity(*arrays, win_size=window_px, channel_axis=channel_axis)))


def _same_pixels(found: Image.Image, expected: Image.Image) -> bool:
    if found.size != expected.size:
        found = found.resize(expected.size, Image.Resampling.LANCZOS)
    mode = "RGBA" if expected.mode == "P" else expected.mode  # two palettes can give one colour two numbers
    difference = ImageChops.difference(found.convert(mode), expected.convert(mode))
    return difference.getbbox(alpha_only=False) is None
