"""Single things about one presentation: its format, a background, a transition, a picture, the page numbers' colour.

The semantics are those of OSWorld's `evaluators/metrics/slides.py`.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable
from typing import NotRequired, TypedDict
from xml.etree import ElementTree

from pptx import Presentation
from pptx.shapes.picture import Picture
from pptx.slide import Slide
from pptx.util import Inches

from tasks.errors import EvaluationFailed
from tasks.metrics.files import opened, zero_if_unreadable
from tasks.metrics.slide_parts import DRAWING, background_color

PRESENTATION = {"p": "http://schemas.openxmlformats.org/presentationml/2006/main"}

FIRST_MASTER = "ppt/slideMasters/slideMaster1.xml"

OFF_BY_EMU = Inches(0.5)
"""A picture may be off by so much and still fill the slide: OSWorld's `check_image_stretch_and_center`."""

CONTRAST = 50
"""A colour is red when its red is greater by so much than the others, and black when all are smaller than that."""

COLORS: dict[str, Callable[[int, int, int], bool]] = {
    "red": lambda r, g, b: r > g + CONTRAST and r > b + CONTRAST,
    "green": lambda r, g, b: g > r + CONTRAST and g > b + CONTRAST,
    "blue": lambda r, g, b: b > r + CONTRAST and b > g + CONTRAST,
    "black": lambda r, g, b: max(r, g, b) < CONTRAST,
}

Rgb = tuple[int, int, int] | list[int]


class ExpectedColor(TypedDict):
    """A colour of `COLORS` by its name."""

    color: str


class ExpectedTransition(TypedDict):
    """The kind of transition, by its name in the file, and the slide, the first of which is 0."""

    slide_idx: int
    transition_type: str


class ExpectedFill(TypedDict):
    """The colour that backgrounds should have, and the one that they had, which is no credit."""

    rgb: Rgb
    original_rgb: NotRequired[Rgb]


@zero_if_unreadable
def check_slide_orientation_Portrait(pptx_path: str | None) -> float:
    """1.0 when the slides are higher than wide, else 0.0."""
    presentation = opened(pptx_path, Presentation)
    return float((presentation.slide_width or 0) < (presentation.slide_height or 0))


@zero_if_unreadable
def check_image_stretch_and_center(modified_ppt: str | None, original_ppt: str | None) -> float:
    """1.0 when the first picture of the original's first slide fills the result's first slide, else 0.0.

    It is known by its content; where there are several, the last of them counts.
    """
    modified, original = opened(modified_ppt, Presentation), opened(original_ppt, Presentation)
    originals = _first_pictures(list(original.slides))
    if not originals:
        return 0.0
    same = [each for each in _first_pictures(list(modified.slides)) if each.image.blob == originals[0].image.blob]
    if not same:
        return 0.0
    picture, width, height = same[-1], original.slide_width or 0, original.slide_height or 0
    off_by = (
        picture.width - width,
        picture.height - height,
        picture.left - (width - picture.width) / 2,
        picture.top - (height - picture.height) / 2,
    )
    return float(max(map(abs, off_by)) <= OFF_BY_EMU)


def _first_pictures(slides: list[Slide]) -> list[Picture]:
    return [shape for slide in slides[:1] for shape in slide.shapes if isinstance(shape, Picture)]


@zero_if_unreadable
def check_page_number_colors(pptx_file: str | None, rules: ExpectedColor) -> float:
    """1.0 when the last colour but one that the first master slide fills with is `rules["color"]`, else 0.0.

    Raises:
        EvaluationFailed: there is no such colour.
    """
    if rules["color"] not in COLORS:
        raise EvaluationFailed(f"Page numbers can be {', '.join(COLORS)}, not {rules['color']!r}.")
    master = opened(pptx_file, lambda path: _part(path, FIRST_MASTER))
    colors = [color.get("val", "") for color in master.iterfind(".//a:solidFill//a:srgbClr", DRAWING)]
    if len(colors) < 2:
        return 0.0
    red, green, blue = bytes.fromhex(colors[-2])
    return float(COLORS[rules["color"]](red, green, blue))


@zero_if_unreadable
def check_transition(pptx_file: str | None, rules: ExpectedTransition) -> float:
    """1.0 when the slide `rules["slide_idx"]` appears with the transition `rules["transition_type"]`, else 0.0."""
    slide = opened(pptx_file, lambda path: _part(path, f"ppt/slides/slide{rules['slide_idx'] + 1}.xml"))
    transition = slide.find(".//p:transition", PRESENTATION)
    return float(
        transition is not None and transition.find(f".//p:{rules['transition_type']}", PRESENTATION) is not None
    )


def _part(path: str, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(path) as parts:
        return ElementTree.fromstring(parts.read(name))


@zero_if_unreadable
def evaluate_presentation_fill_to_rgb_distance(pptx_file: str | None, rules: ExpectedFill) -> float:
    """How near the slides' backgrounds are to `rules["rgb"]`, from 0.0 to 1.0, on average over the slides.

    A slide whose background is no one colour, or still `rules["original_rgb"]`, counts as 0.0.
    """
    slides = list(opened(pptx_file, Presentation).slides)
    wanted, original = tuple(rules["rgb"]), tuple(rules.get("original_rgb", ()))

    def distance(slide: Slide) -> float:
        color = background_color(slide)
        if color is None or tuple(color) == original:
            return 1.0
        return math.dist(color, wanted) / math.dist((0, 0, 0), (255, 255, 255))

    return 1 - sum(map(distance, slides)) / len(slides) if slides else 0.0
