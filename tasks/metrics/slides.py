"""Two presentations, slide by slide and shape by shape.

Knows what of a presentation is compared and which option says so. The semantics are those of `compare_pptx_files` in
OSWorld's `evaluators/metrics/slides.py`, whose positions and texts of single tasks are kept as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import zip_longest

from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.shapes.autoshape import Shape
from pptx.shapes.base import BaseShape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.slide import Slide
from pptx.table import Table
from pptx.text.text import Font, TextFrame

from tasks.metrics.files import opened, zero_if_unreadable
from tasks.metrics.slide_parts import (
    Paragraph,
    alignment,
    background_color,
    bullets,
    colors_alike,
    has_runs,
    notes,
    strike,
    text_frames,
    underlines_alike,
)

LOW_EMU, RIGHT_EMU, HIGH_EMU = 3_600_000, 4_320_000, 1_980_000
"""From where on a shape counts as at the bottom and at the right, and up to where as at the top: 10, 12, 5.5 cm."""

LOWERED_TITLE = "Product Comparison"
RESIZED_TEXT = "Elaborate on what you want to discuss."
"""Texts by which two tasks know a shape, in the function itself."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What is compared: the options of `compare_pptx_files`, each `examine_` and the name of a field."""

    number_of_slides: bool = True
    shape: bool = True
    """Places and sizes."""
    shape_lenient_height: bool = False
    """Places and widths: the height follows a text's size."""
    text: bool = True
    indent: bool = True
    font_name: bool = True
    font_size: bool = True
    font_bold: bool = True
    font_italic: bool = True
    color_rgb: bool = True
    font_underline: bool = True
    strike_through: bool = True
    alignment: bool = True
    run_count: bool = True
    """Into how many runs of one style each paragraph falls."""
    bullets: bool = True
    background_color: bool = True
    note: bool = True
    title_bottom_position: bool = False
    table_bottom_position: bool = False
    right_position: bool = False
    top_position: bool = False
    shape_for_shift_size: bool = False
    image_size: bool = False
    modify_height: bool = False


@zero_if_unreadable
def compare_pptx_files(
    file1_path: str | None, file2_path: str | None, approximately_tolerance: float = 0.005, **options: object
) -> float:
    """1.0 when a presentation is like the expected one in all that is examined, else 0.0.

    Args:
        file1_path: the result.
        file2_path: what is expected.
        approximately_tolerance: the greatest difference of two lengths, as a share of the greater.
        options: which of `Examined` is compared, as in `examine_font_name=False`. Other options are notes.
    """
    names = {field.name for field in fields(Examined)}
    chosen = {name: bool(options[f"examine_{name}"]) for name in names if f"examine_{name}" in options}
    result, expected = opened(file1_path, Presentation), opened(file2_path, Presentation)
    comparison = _Comparison(Examined(**chosen), approximately_tolerance)
    if len(result.slides) != len(expected.slides) and comparison.examined.number_of_slides:
        return 0.0
    pairs = zip(result.slides, expected.slides, strict=False)
    return float(all(comparison.slides_alike(*pair, number) for number, pair in enumerate(pairs, start=1)))


@dataclass(frozen=True, slots=True)
class _Comparison:
    examined: Examined
    tolerance: float

    def slides_alike(self, result: Slide, expected: Slide, number: int) -> bool:
        examined = self.examined
        if examined.background_color and background_color(result) != background_color(expected):
            return False
        if examined.note and notes(result) != notes(expected):
            return False
        if len(result.shapes) != len(expected.shapes):
            return False
        if not all(
            self._placed(first, second, number) and self._shapes_alike(first, second)
            for first, second in zip(result.shapes, expected.shapes, strict=True)
        ):
            return False
        if examined.bullets and has_runs(result) and has_runs(expected) and not _bullets_alike(result, expected):
            return False
        texts = list(text_frames(result)), list(text_frames(expected))
        if len(texts[0]) != len(texts[1]):
            return False
        return not examined.alignment or all(map(self._aligned, *texts))

    def _placed(self, first: BaseShape, second: BaseShape, number: int) -> bool:
        """Whether a shape is where, and as large as, the options have it."""
        examined, same = self.examined, self._box_alike(first, second)
        texts = _text(first), _text(second)
        if examined.title_bottom_position:
            if None not in texts and texts[0] == texts[1]:
                if texts[0] == LOWERED_TITLE and not second.top < first.top >= LOW_EMU:
                    return False
            elif not same:
                return False
        if examined.table_bottom_position:
            if number == 3 and _are(MSO_SHAPE_TYPE.TABLE, first, second):
                if not second.top < first.top >= LOW_EMU:
                    return False
            elif not same:
                return False
        if examined.right_position and number == 2 and texts == (None, None) and not second.left < first.left >= RIGHT_EMU:  # fmt: skip  # noqa: E501
            return False
        if (
            examined.top_position
            and number == 2
            and _are(MSO_SHAPE_TYPE.PICTURE, first, second)
            and not second.top > first.top <= HIGH_EMU
        ):
            return False
        if examined.shape_for_shift_size and not same and texts != (RESIZED_TEXT, RESIZED_TEXT):
            return False
        if examined.shape and not same:
            return False
        if examined.shape_lenient_height and not self._lengths_alike(first, second, "left", "top", "width"):
            return False
        if examined.image_size and not (
            self._lengths_alike(first, second, "width", "height")
            if _are(MSO_SHAPE_TYPE.PICTURE, first, second)
            else same
        ):
            return False
        return not examined.modify_height or (
            self._lengths_alike(first, second, "height")
            if texts == (None, None) or _are(MSO_SHAPE_TYPE.FREEFORM, first, second)
            else same
        )

    def _box_alike(self, first: BaseShape, second: BaseShape) -> bool:
        return self._lengths_alike(first, second, "left", "top", "width", "height")

    def _lengths_alike(self, first: BaseShape, second: BaseShape, *names: str) -> bool:
        return all(self._is_close(getattr(first, name), getattr(second, name)) for name in names)

    def _is_close(self, first: int | None, second: int | None) -> bool:
        if first == second:
            return True
        if not first or not second:
            return False
        return abs(first - second) / max(abs(first), abs(second)) <= self.tolerance

    def _shapes_alike(self, first: BaseShape, second: BaseShape) -> bool:
        if isinstance(first, GraphicFrame) and first.has_table:
            other = second.table if isinstance(second, GraphicFrame) and second.has_table else None
            if not self._tables_alike(first.table, other):
                return False
        if not isinstance(first, Shape) or not isinstance(second, Shape):
            return True
        if self.examined.text and first.text.strip() != second.text.strip():
            return False
        paragraphs = first.text_frame.paragraphs, second.text_frame.paragraphs
        if len(paragraphs[0]) != len(paragraphs[1]):
            return False
        return all(map(self._paragraphs_alike, *paragraphs))

    def _tables_alike(self, first: Table, second: Table | None) -> bool:
        if second is None or (len(first.rows), len(first.columns)) != (len(second.rows), len(second.columns)):
            return False
        for one, other in zip(first.iter_cells(), second.iter_cells(), strict=True):
            for paragraphs in zip_longest(one.text_frame.paragraphs, other.text_frame.paragraphs):
                if None in paragraphs or not self._run_counts_alike(*paragraphs):
                    return False
                fonts = ([run.font for run in paragraph.runs] for paragraph in paragraphs)
                if not all(map(self._cell_fonts_alike, *fonts)):
                    return False
        return True

    def _cell_fonts_alike(self, first: Font, second: Font) -> bool:
        return (
            (not self.examined.color_rgb or colors_alike(first, second))
            and bool(first.bold) == bool(second.bold)
            and bool(first.italic) == bool(second.italic)
            and underlines_alike(first, second)
        )

    def _paragraphs_alike(self, first: Paragraph, second: Paragraph) -> bool:
        examined = self.examined
        if examined.alignment and alignment(first) != alignment(second):
            return False
        if examined.text and first.text != second.text:
            return False
        if examined.indent and first.level != second.level:
            return False
        if not self._run_counts_alike(first, second):
            return False
        fonts = ([run.font for run in paragraph.runs] for paragraph in (first, second))
        return all(map(self._fonts_alike, *fonts))

    def _run_counts_alike(self, first: Paragraph, second: Paragraph) -> bool:
        return not self.examined.run_count or len(first.runs) == len(second.runs)

    def _fonts_alike(self, first: Font, second: Font) -> bool:
        examined = self.examined
        return (
            (not examined.font_name or first.name == second.name)
            and (not examined.font_size or first.size == second.size)
            and (not examined.font_bold or bool(first.bold) == bool(second.bold))
            and (not examined.font_italic or bool(first.italic) == bool(second.italic))
            and (not examined.color_rgb or colors_alike(first, second))
            and (not examined.font_underline or underlines_alike(first, second))
            and (not examined.strike_through or strike(first) == strike(second))
        )

    def _aligned(self, first: TextFrame, second: TextFrame) -> bool:
        """Whether two texts, in groups of shapes too, are the same and aligned alike."""
        if self.examined.text and first.text.strip() != second.text.strip():
            return False
        return [alignment(paragraph) for paragraph in first.paragraphs] == [
            alignment(paragraph) for paragraph in second.paragraphs
        ]


def _bullets_alike(result: Slide, expected: Slide) -> bool:
    found, wanted = bullets(result), bullets(expected)
    return found is None or wanted is None or found == wanted


def _are(kind: MSO_SHAPE_TYPE, *shapes: BaseShape) -> bool:
    return all(shape.shape_type == kind for shape in shapes)


def _text(shape: BaseShape) -> str | None:
    return shape.text if isinstance(shape, Shape) else None
