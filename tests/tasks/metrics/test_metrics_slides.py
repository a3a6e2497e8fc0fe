from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import PP_ALIGN
from pptx.presentation import Presentation as Slides
from pptx.util import Emu, Inches, Pt

from tasks.errors import EvaluationFailed
from tasks.metrics.office_settings import (
    check_auto_saving_time,
    check_left_panel,
    check_presenter_console_disable,
    find_default_font,
)
from tasks.metrics.slide_checks import (
    check_image_stretch_and_center,
    check_page_number_colors,
    check_slide_orientation_Portrait,
    check_transition,
    evaluate_presentation_fill_to_rgb_distance,
)
from tasks.metrics.slide_parts import DRAWING
from tasks.metrics.slides import compare_pptx_files
from tests.tasks.metrics.conftest import WriteFile

Change = Callable[[Slides], object]
MakeSlides = Callable[..., str]


@pytest.fixture
def slides(tmp_path: Path) -> MakeSlides:
    """Write three slides: a text box of two paragraphs each, a table on the third; changed as a test has it."""

    def made(name: str, *changes: Change) -> str:
        presentation = Presentation()
        for number in range(3):
            slide = presentation.slides.add_slide(presentation.slide_layouts[6])
            frame = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(2)).text_frame
            frame.text = f"Title {number}"
            frame.add_paragraph().text = "Some text"
        table = presentation.slides[2].shapes.add_table(2, 2, Inches(1), Inches(4), Inches(4), Inches(2)).table
        table.cell(0, 0).text = "Cell"
        for change in changes:
            change(presentation)
        path = tmp_path / name
        presentation.save(str(path))
        return str(path)

    return made


def box(slides: Slides, slide: int = 0):
    return slides.slides[slide].shapes[0]


def paragraph(slides: Slides):
    return box(slides).text_frame.paragraphs[1]


def font(slides: Slides):
    return paragraph(slides).runs[0].font


def bullet(slides: Slides) -> None:
    properties = paragraph(slides)._p.get_or_add_pPr()
    properties.append(properties.makeelement(f"{{{properties.nsmap['a']}}}buChar", {"char": "•"}))


def filled(color: str) -> Change:
    def change(slides: Slides) -> None:
        for slide in slides.slides:
            slide.background.fill.solid()
            slide.background.fill.fore_color.rgb = RGBColor.from_string(color)

    return change


def grouped(alignment: PP_ALIGN) -> Change:
    def change(slides: Slides) -> None:
        group = slides.slides[1].shapes.add_group_shape()
        inner = group.shapes.add_textbox(Inches(1), Inches(4), Inches(2), Inches(1))
        inner.text_frame.text = "Inner"
        inner.text_frame.paragraphs[0].alignment = alignment

    return change


@pytest.mark.parametrize(
    ("option", "change"),
    [
        ("number_of_slides", lambda s: s.slides.add_slide(s.slide_layouts[6])),
        ("shape", lambda s: setattr(box(s), "left", Inches(2))),
        ("font_name", lambda s: setattr(font(s), "name", "Arial")),
        ("font_size", lambda s: setattr(font(s), "size", Pt(40))),
        ("font_bold", lambda s: setattr(font(s), "bold", True)),
        ("font_italic", lambda s: setattr(font(s), "italic", True)),
        ("font_underline", lambda s: setattr(font(s), "underline", True)),
        ("strike_through", lambda s: font(s)._element.set("strike", "sngStrike")),
        ("alignment", lambda s: setattr(paragraph(s), "alignment", PP_ALIGN.CENTER)),
        ("bullets", bullet),
        ("background_color", filled("00FF00")),
        ("note", lambda s: setattr(s.slides[0].notes_slide.notes_text_frame, "text", "Say this")),
        ("run_count", lambda s: paragraph(s).add_run()),
    ],
)
def test_each_option_lets_one_difference_pass(slides: MakeSlides, option: str, change: Change) -> None:
    expected = slides("b.pptx")
    assert compare_pptx_files(slides("a.pptx"), expected, _note="no option", enable_debug=False) == 1.0
    result = slides("a.pptx", change)
    assert compare_pptx_files(result, expected) == 0.0
    assert compare_pptx_files(result, expected, **{f"examine_{option}": False}) == 1.0


def test_texts_and_levels(slides: MakeSlides) -> None:
    expected = slides("b.pptx")
    other_text = slides("a.pptx", lambda s: setattr(font(s)._element.getparent(), "text", "Other"))
    assert compare_pptx_files(other_text, expected) == 0.0
    assert compare_pptx_files(other_text, expected, examine_text=False, examine_bullets=False) == 1.0
    other_level = slides("a.pptx", lambda s: setattr(paragraph(s), "level", 2))
    assert compare_pptx_files(other_level, expected) == 0.0
    assert compare_pptx_files(other_level, expected, examine_indent=False, examine_bullets=False) == 1.0


@pytest.mark.parametrize(
    "change",
    [
        lambda s: setattr(font(s), "bold", False),
        lambda s: setattr(paragraph(s), "alignment", PP_ALIGN.LEFT),
        lambda s: setattr(font(s), "underline", False),
        lambda s: setattr(box(s), "left", Inches(1.004)),
        lambda s: setattr(font(s).color, "rgb", RGBColor(255, 0, 0)),  # the other has none to compare with
    ],
)
def test_what_says_the_same_in_other_words(slides: MakeSlides, change: Change) -> None:
    assert compare_pptx_files(slides("a.pptx", change), slides("b.pptx")) == 1.0


def coloured(color: str) -> Change:
    return lambda s: setattr(font(s).color, "rgb", RGBColor.from_string(color))


def test_colours(slides: MakeSlides) -> None:
    result, expected = slides("a.pptx", coloured("FF0000")), slides("b.pptx", coloured("00FF00"))
    assert compare_pptx_files(result, expected) == 0.0
    assert compare_pptx_files(result, expected, examine_color_rgb=False) == 1.0
    assert compare_pptx_files(slides("c.pptx", filled("FF0000")), slides("d.pptx", filled("FF0000"))) == 1.0


def test_groups(slides: MakeSlides) -> None:
    expected = slides("b.pptx", grouped(PP_ALIGN.LEFT))
    centered = slides("a.pptx", grouped(PP_ALIGN.CENTER))
    assert compare_pptx_files(centered, expected) == 0.0
    assert compare_pptx_files(centered, expected, examine_alignment=False) == 1.0


def cell_font(s: Slides):
    return s.slides[2].shapes[1].table.cell(0, 0).text_frame.paragraphs[0].runs[0].font


@pytest.mark.parametrize(
    ("change", "score"),
    [
        (lambda s: setattr(cell_font(s), "bold", False), 1.0),
        (lambda s: setattr(cell_font(s), "bold", True), 0.0),
        (lambda s: setattr(cell_font(s), "italic", True), 0.0),
        (lambda s: setattr(cell_font(s), "underline", True), 0.0),
        (lambda s: s.slides[2].shapes[1].table.cell(1, 1).text_frame.add_paragraph(), 0.0),
        (lambda s: s.slides[2].shapes[1].table.cell(0, 0).text_frame.paragraphs[0].add_run(), 0.0),
    ],
)
def test_tables(slides: MakeSlides, change: Change, score: float) -> None:
    assert compare_pptx_files(slides("a.pptx", change), slides("b.pptx")) == score


def moved(slide: int, shape: int, **emu: int) -> Change:
    def change(slides: Slides) -> None:
        for name, value in emu.items():
            setattr(slides.slides[slide].shapes[shape], name, Emu(value))

    return change


def picture(slides: Slides) -> None:
    image = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(image, "PNG")
    slides.slides[1].shapes.add_picture(image, Inches(1), Inches(3), Inches(2), Inches(1))


def named(slides: Slides) -> None:
    box(slides).text_frame.paragraphs[0].text = "Product Comparison"
    del box(slides).text_frame._txBody.p_lst[1:]
    box(slides).text_frame._txBody.remove(box(slides).text_frame._txBody.p_lst[-1])


@pytest.mark.parametrize(
    ("option", "before", "good", "bad"),
    [
        ("title_bottom_position", named, moved(0, 0, top=4_000_000), moved(0, 0, top=3_000_000)),
        ("table_bottom_position", named, moved(2, 1, top=4_000_000), moved(2, 1, top=3_500_000)),
        ("right_position", picture, moved(1, 1, left=4_400_000), moved(1, 1, left=4_000_000)),
        ("top_position", picture, moved(1, 1, top=1_900_000), moved(1, 1, top=2_000_000)),
        ("image_size", picture, moved(1, 1, top=1_900_000), moved(1, 1, width=1_900_000)),
        ("modify_height", picture, moved(1, 1, top=1_900_000), moved(1, 1, height=1_900_000)),
        ("shape_lenient_height", picture, moved(1, 1, height=1_900_000), moved(1, 1, width=900_000)),
        ("shape_for_shift_size", picture, moved(1, 1, top=2_743_200), moved(1, 1, top=2_000_000)),
    ],
)
def test_places(slides: MakeSlides, option: str, before: Change, good: Change, bad: Change) -> None:
    options = {f"examine_{option}": True, "examine_shape": False}
    expected = slides("b.pptx", before, moved(2, 1, top=3_000_000))
    if option != "table_bottom_position":
        good_change, bad_change = (before, moved(2, 1, top=3_000_000), good), (before, moved(2, 1, top=3_000_000), bad)
    else:
        good_change, bad_change = (before, good), (before, bad)
    assert compare_pptx_files(slides("a.pptx", *good_change), expected, **options) == 1.0
    assert compare_pptx_files(slides("c.pptx", *bad_change), expected, **options) == 0.0


def test_a_damaged_presentation_scores_nothing(slides: MakeSlides, write: WriteFile) -> None:
    for path in (None, "nowhere.pptx", write("a.pptx", "no presentation")):
        assert compare_pptx_files(path, slides("b.pptx")) == 0.0
        assert check_slide_orientation_Portrait(path) == 0.0
        assert check_image_stretch_and_center(path, slides("b.pptx")) == 0.0
        assert check_transition(path, {"slide_idx": 0, "transition_type": "dissolve"}) == 0.0
        assert check_page_number_colors(path, {"color": "red"}) == 0.0
        assert evaluate_presentation_fill_to_rgb_distance(path, {"rgb": [1, 2, 3]}) == 0.0


def test_orientation(slides: MakeSlides) -> None:
    assert check_slide_orientation_Portrait(slides("a.pptx")) == 0.0
    assert check_slide_orientation_Portrait(slides("b.pptx", lambda s: setattr(s, "slide_width", Inches(5)))) == 1.0


def test_backgrounds(slides: MakeSlides) -> None:
    green = slides("a.pptx", filled("00FF00"))
    distance = evaluate_presentation_fill_to_rgb_distance
    assert distance(green, {"rgb": [0, 255, 0]}) == 1.0
    assert distance(green, {"rgb": [255, 255, 0]}) == pytest.approx(1 - 3**-0.5)
    assert distance(green, {"rgb": [0, 255, 0], "original_rgb": [0, 255, 0]}) == 0.0
    assert distance(slides("b.pptx"), {"rgb": [0, 255, 0]}) == 0.0


def test_a_picture_that_fills_the_slide(slides: MakeSlides) -> None:
    def pictured(left: float, width: float, colour: str = "red") -> Change:
        def change(slides: Slides) -> None:
            image = io.BytesIO()
            Image.new("RGB", (8, 8), colour).save(image, "PNG")
            slides.slides[0].shapes.add_picture(image, Inches(left), 0, Inches(width), Inches(7.5))

        return change

    original = slides("b.pptx", pictured(0, 2))
    assert check_image_stretch_and_center(slides("a.pptx", pictured(0, 10)), original) == 1.0
    assert check_image_stretch_and_center(slides("c.pptx", pictured(1, 9)), original) == 0.0
    assert check_image_stretch_and_center(slides("d.pptx", pictured(0, 10, "blue")), original) == 0.0
    assert check_image_stretch_and_center(slides("a.pptx", pictured(0, 10)), slides("e.pptx")) == 0.0


def with_part(source: str, name: str, old: bytes, new: bytes) -> str:
    changed = f"{source}.changed.pptx"
    with zipfile.ZipFile(source) as plain, zipfile.ZipFile(changed, "w") as made:
        for part in plain.namelist():
            content = plain.read(part)
            made.writestr(part, content.replace(old, new, 1) if part == name else content)
    return changed


def test_transitions(slides: MakeSlides) -> None:
    changed = with_part(
        slides("a.pptx"), "ppt/slides/slide2.xml", b"</p:sld>", b"<p:transition><p:dissolve/></p:transition></p:sld>"
    )
    assert check_transition(changed, {"slide_idx": 1, "transition_type": "dissolve"}) == 1.0
    assert check_transition(changed, {"slide_idx": 1, "transition_type": "fade"}) == 0.0
    assert check_transition(changed, {"slide_idx": 0, "transition_type": "dissolve"}) == 0.0
    assert check_transition(changed, {"slide_idx": 9, "transition_type": "dissolve"}) == 0.0


@pytest.mark.parametrize(
    ("value", "red", "blue"), [("FF0000", 1.0, 0.0), ("C9211E", 1.0, 0.0), ("0000FF", 0.0, 1.0), ("FFFFFF", 0.0, 0.0)]
)
def test_page_numbers(slides: MakeSlides, value: str, red: float, blue: float) -> None:
    fills = b"".join(
        b'<a:solidFill xmlns:a="%s"><a:srgbClr val="%s"/></a:solidFill>' % (DRAWING["a"].encode(), color.encode())
        for color in (value, "123456")
    )
    changed = with_part(
        slides("a.pptx"), "ppt/slideMasters/slideMaster1.xml", b"</p:sldMaster>", fills + b"</p:sldMaster>"
    )
    assert check_page_number_colors(changed, {"color": "red"}) == red
    assert check_page_number_colors(changed, {"color": "blue"}) == blue
    assert check_page_number_colors(slides("b.pptx"), {"color": "red"}) == 0.0
    with pytest.raises(EvaluationFailed, match="'pink'"):
        check_page_number_colors(changed, {"color": "pink"})


def settings(write: WriteFile, item: str, name: str, *values: str) -> str:
    items = "".join(
        f'<item oor:path="/org.openoffice.Office.{item}"><prop oor:name="{name}"><value>{value}</value></prop></item>'
        for value in values
    )
    return write("registry.xcu", f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>')


def test_office_settings(write: WriteFile) -> None:
    font_set = settings(write, "Writer/DefaultFont", "Standard", "Arial", "Times New Roman")
    assert find_default_font(font_set, {"font_name": "Times New Roman"}) == 1.0
    assert find_default_font(font_set, {"font_name": "Arial"}) == 0.0
    assert check_presenter_console_disable(font_set) == 0.0
    console = settings(write, "Impress/Misc/Start", "EnablePresenterScreen", "False")
    assert check_presenter_console_disable(console) == 1.0
    assert check_presenter_console_disable(settings(write, "Impress/Misc/Start", "EnablePresenterScreen", "true")) == 0
    saving = settings(write, "Common/Save/Document", "AutoSaveTimeIntervall", "3")
    assert check_auto_saving_time(saving, {"minutes": 3}) == 1.0
    assert check_auto_saving_time(saving, {"minutes": 10}) == 0.0
    for broken in (None, write("broken.xcu", "<oor:items")):
        assert find_default_font(broken, {"font_name": "Arial"}) == 0.0
        assert check_presenter_console_disable(broken) == 0.0
        assert check_auto_saving_time(broken, {"minutes": 3}) == 0.0


@pytest.mark.parametrize(
    ("tree", "score"),
    [
        ('<desktop-frame><document-frame name="Slides View"/></desktop-frame>', 1.0),
        ('<desktop-frame><document-frame name="Notes"/></desktop-frame>', 0.0),
        ("<desktop-frame>", 0.0),
        (None, 0.0),
    ],
)
def test_the_panel_of_slides(tree: str | None, score: float) -> None:
    assert check_left_panel(tree) == score
