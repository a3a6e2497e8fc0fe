"""What a slide has: a background, notes, texts in shapes and groups, bullets, and the look of their letters.

Knows python-pptx's objects; does not know what is compared when.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from pptx.dml.color import RGBColor
from pptx.dml.fill import FillFormat
from pptx.enum.dml import MSO_FILL
from pptx.enum.text import PP_ALIGN
from pptx.shapes.autoshape import Shape
from pptx.slide import Slide
from pptx.text.text import Font, TextFrame, _Paragraph  # pyright: ignore[reportPrivateUsage]

Paragraph = _Paragraph
"""The library's own name for a paragraph is a private one."""

DRAWING = {"a": "http://schemas.openxmlformats.org/drawingml/2006/main"}


def background_color(slide: Slide) -> RGBColor | None:
    """The one colour of a slide's background, or of its master's where it has none of its own; None for others."""
    fill = slide.background.fill
    if fill.type == MSO_FILL.BACKGROUND:
        fill = slide.slide_layout.slide_master.background.fill
    return _solid_color(fill)


def _solid_color(fill: FillFormat) -> RGBColor | None:
    return getattr(fill.fore_color, "rgb", None) if fill.type == MSO_FILL.SOLID else None


def notes(slide: Slide) -> str:
    """What is noted below a slide."""
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    return "" if frame is None else frame.text.strip()


def text_frames(slide: Slide) -> Iterator[TextFrame]:
    """The texts of a slide's shapes, those in groups too."""
    waiting = list(slide.shapes)
    while waiting:
        shape = waiting.pop(0)
        if isinstance(shape, Shape):
            yield shape.text_frame
        waiting[:0] = getattr(shape, "shapes", [])


def alignment(paragraph: Paragraph) -> PP_ALIGN:
    """How a paragraph is aligned: to the left, when it does not say."""
    return paragraph.alignment or PP_ALIGN.LEFT


def colors_alike(first: Font, second: Font) -> bool:
    """Whether two colours are the same, or one of them is none or one of a theme."""
    colors = [(font.color, hasattr(font.color, "rgb")) for font in (first, second)]
    return not all(has_rgb for _, has_rgb in colors) or colors[0][0].rgb == colors[1][0].rgb


def underlines_alike(first: Font, second: Font) -> bool:
    """An underline that is not mentioned is as good as any but a plain one."""
    lines = {first.underline, second.underline}
    return len(lines) == 1 or (None in lines and True not in lines)


def strike(font: Font) -> str:
    """How letters are struck through, in the file's own words."""
    return font._element.get("strike", "noStrike")  # pyright: ignore[reportPrivateUsage]  # no property has it


def has_runs(slide: Slide) -> bool:
    """Whether a text of a slide, outside groups and tables, has a run of any style."""
    shapes = (shape for shape in slide.shapes if isinstance(shape, Shape))
    return any(paragraph.runs for shape in shapes for paragraph in shape.text_frame.paragraphs)


def bullets(slide: Slide) -> list[tuple[str, str, str]] | None:
    """Level, bullet and text of all paragraphs of a slide that have a text; None when there are empty runs among them.

    OSWorld's function gives up on a slide with an empty run, and takes its bullets for right.
    """
    found: list[tuple[str, str, str]] = []
    for paragraph in ElementTree.fromstring(slide.part.blob).iterfind(".//a:p", DRAWING):
        texts = [part.text for part in paragraph.iterfind(".//a:t", DRAWING)]
        if None in texts:
            return None
        text = "".join(part for part in texts if part)
        properties = paragraph.find("a:pPr", DRAWING)
        if not text.strip():
            continue
        if properties is None:
            found.append(("No Level", "No Bullet", text))
        else:
            bullet = properties.find("a:buChar", DRAWING)
            character = "No Bullet" if bullet is None else bullet.get("char", "")
            found.append((properties.get("lvl", "0"), character, text))
    return found
