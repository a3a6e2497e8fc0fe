"""Random inputs for the metrics of presentations and LibreOffice's settings."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

from metric_files import Call, MakeCall, maybe_broken, written


def presentation(rng: random.Random, folder: Path, name: str, changes: list[str]) -> str:
    from PIL import Image
    from pptx import Presentation
    from pptx.dml.color import RGBColor
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Inches, Pt

    made = Presentation()
    for number in range(3):
        slide = made.slides.add_slide(made.slide_layouts[6])
        frame = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(2)).text_frame
        frame.text = f"Title {number}"
        frame.add_paragraph().text = "Some text"
    image = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(image, "PNG")
    picture = made.slides[1].shapes.add_picture(image, Inches(1), Inches(3), Inches(2), Inches(1))
    grid = made.slides[2].shapes.add_table(2, 2, Inches(1), Inches(3), Inches(4), Inches(2))
    grid.table.cell(0, 0).text = "Cell"
    box = made.slides[0].shapes[0]
    paragraph = box.text_frame.paragraphs[1]
    font, cell = paragraph.runs[0].font, grid.table.cell(0, 0).text_frame.paragraphs[0].runs[0].font
    for change in changes:
        match change:
            case "size":
                font.size = Pt(40)
            case "name":
                font.name = "Arial"
            case "bold":
                font.bold = True
            case "not bold":
                font.bold = False
            case "underline":
                font.underline = True
            case "strike":
                font._element.set("strike", "sngStrike")
            case "red":
                font.color.rgb = RGBColor(255, 0, 0)
            case "green":
                font.color.rgb = RGBColor(0, 255, 0)
            case "center":
                paragraph.alignment = PP_ALIGN.CENTER
            case "left":
                paragraph.alignment = PP_ALIGN.LEFT
            case "text":
                paragraph.runs[0].text = "Other text"
            case "level":
                paragraph.level = 1
            case "bullet":
                properties = paragraph._p.get_or_add_pPr()
                properties.append(properties.makeelement(f"{{{properties.nsmap['a']}}}buChar", {"char": "-"}))
            case "moved":
                box.left = Inches(2)
            case "nudged":
                box.left = Inches(1.003)
            case "high":
                box.height = Inches(3)
            case "picture up":
                picture.top = Inches(1)
            case "picture right":
                picture.left = Inches(6)
            case "picture wide":
                picture.width = Inches(4)
            case "table down":
                grid.top = Inches(5)
            case "cell bold":
                cell.bold = True
            case "background":
                for slide in made.slides:
                    slide.background.fill.solid()
                    slide.background.fill.fore_color.rgb = RGBColor(rng.choice([0, 255]), 0, 200)
            case "notes":
                made.slides[0].notes_slide.notes_text_frame.text = "Say this"
            case "slide":
                made.slides.add_slide(made.slide_layouts[6])
            case "portrait":
                made.slide_width, made.slide_height = Inches(5), Inches(9)
            case "group":
                group = made.slides[1].shapes.add_group_shape().shapes
                group.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = rng.choice(["Inner", "inner"])
    path = folder / name
    made.save(str(path))
    return str(path)


SLIDE_CHANGES = [
    "size",
    "name",
    "bold",
    "not_bold",
    "underline",
    "strike",
    "red",
    "green",
    "center",
    "left",
    "text",
    "level",
    "bullet",
    "moved",
    "nudged",
    "high",
    "picture_up",
    "picture_right",
    "picture_wide",
    "table_down",
    "cell_bold",
    "background",
    "notes",
    "slide",
    "group",
]
SLIDE_OPTIONS = [
    "shape",
    "text",
    "indent",
    "font_name",
    "font_size",
    "font_bold",
    "font_italic",
    "color_rgb",
    "font_underline",
    "strike_through",
    "alignment",
    "bullets",
    "background_color",
    "note",
    "number_of_slides",
]
SLIDE_PLACES = [
    "title_bottom_position",
    "table_bottom_position",
    "right_position",
    "top_position",
    "shape_for_shift_size",
    "image_size",
    "modify_height",
]


def slide_pair(rng: random.Random, folder: Path) -> Call:
    common = [change.replace("_", " ") for change in rng.sample(SLIDE_CHANGES, 2)]
    more = [change.replace("_", " ") for change in rng.sample(SLIDE_CHANGES, rng.choice([0, 1, 1, 2]))]
    result = presentation(rng, folder, "a.pptx", common + more)
    expected = presentation(rng, folder, "b.pptx", common)
    options: dict[str, object] = {f"examine_{name}": False for name in rng.sample(SLIDE_OPTIONS, rng.randint(0, 5))}
    if rng.random() < 0.4:
        options |= {"examine_shape": False, f"examine_{rng.choice(SLIDE_PLACES)}": True}
    if rng.random() < 0.3:
        options["approximately_tolerance"] = 0.001
    return (result, expected), options | {"enable_debug": False}


def one_presentation(rules: Callable[[random.Random], object] | None, *changes: str) -> MakeCall:
    def make(rng: random.Random, folder: Path) -> Call:
        path = presentation(rng, folder, "a.pptx", [change for change in changes if rng.random() < 0.5])
        return ((path,) if rules is None else (path, rules(rng))), {}

    return make


def transition(rng: random.Random, folder: Path) -> Call:
    plain = presentation(rng, folder, "plain.pptx", [])
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(folder / "a.pptx", "w") as made:
        for part in source.namelist():
            content = source.read(part)
            if part == "ppt/slides/slide2.xml":
                kind = rng.choice([b"dissolve", b"fade"])
                content = content.replace(b"</p:sld>", b"<p:transition><p:%s/></p:transition></p:sld>" % kind)
            made.writestr(part, content)
    return (str(folder / "a.pptx"), {"slide_idx": rng.choice([0, 1, 1, 1, 9]), "transition_type": "dissolve"}), {}


def page_number_color(rng: random.Random, folder: Path) -> Call:
    color = rng.choice([b"FF0000", b"C9211E", b"0000FF", b"00FF00", b"000000", b"FFFFFF"])
    drawing = b"http://schemas.openxmlformats.org/drawingml/2006/main"
    fill = b'<a:solidFill xmlns:a="' + drawing + b'"><a:srgbClr val="%s"/></a:solidFill>'
    with zipfile.ZipFile(folder / "a.pptx", "w") as made:
        made.writestr("ppt/slideMasters/slideMaster1.xml", b"<x>" + fill % color + fill % b"123456" + b"</x>")
    return (str(folder / "a.pptx"), {"color": rng.choice(["red", "blue", "green", "black"])}), {}


def stretched(rng: random.Random, folder: Path) -> Call:
    from PIL import Image
    from pptx import Presentation
    from pptx.util import Inches

    def made(name: str, left: float, width: float, colour: str) -> str:
        slides, image = Presentation(), io.BytesIO()
        Image.new("RGB", (8, 8), colour).save(image, "PNG")
        slides.slides.add_slide(slides.slide_layouts[6]).shapes.add_picture(
            image, Inches(left), 0, Inches(width), Inches(rng.choice([7.5, 7.3, 5]))
        )
        slides.save(str(folder / name))
        return str(folder / name)

    original = made("b.pptx", 0, 2, "red")
    return (made("a.pptx", rng.choice([0, 0.3, 2]), rng.choice([10, 9.8]), rng.choice(["red", "red", "blue"])), original), {}  # fmt: skip  # noqa: E501


def office_setting(
    item: str, name: str, values: list[str], rules: Callable[[random.Random], object] | None
) -> MakeCall:
    def make(rng: random.Random, folder: Path) -> Call:
        items = "".join(
            f'<item oor:path="/org.openoffice.Office.{item}"><prop oor:name="{rng.choice([name, name, "Other"])}">'
            f"<value>{rng.choice(values)}</value></prop></item>"
            for _ in range(rng.randint(0, 2))
        )
        namespace = 'xmlns:oor="http://openoffice.org/2001/registry"'
        path = maybe_broken(rng, folder, written(folder, "a.xcu", f"<oor:items {namespace}>{items}</oor:items>"))
        return ((path,) if rules is None else (path, rules(rng))), {}

    return make


def left_panel(rng: random.Random, folder: Path) -> Call:
    name = rng.choice(["Slides View", "Notes", "slides view"])
    return (f'<desktop-frame><panel><document-frame name="{name}"/></panel></desktop-frame>',), {}


INPUTS: dict[str, MakeCall] = {
    "find_default_font": office_setting(
        "Writer/DefaultFont", "Standard", ["Arial", "Times"], lambda rng: {"font_name": "Arial"}
    ),
    "check_presenter_console_disable": office_setting(
        "Impress/Misc/Start", "EnablePresenterScreen", ["false", "true", "False"], None
    ),
    "check_auto_saving_time": office_setting(
        "Common/Save/Document", "AutoSaveTimeIntervall", ["3", "3", "10"], lambda rng: {"minutes": 3}
    ),
    "check_left_panel": left_panel,
    "compare_pptx_files": slide_pair,
    "check_image_stretch_and_center": stretched,
    "check_page_number_colors": page_number_color,
    "check_slide_orientation_Portrait": one_presentation(None, "portrait"),
    "check_transition": transition,
    "evaluate_presentation_fill_to_rgb_distance": one_presentation(
        lambda rng: (
            {"rgb": rng.choice([[0, 0, 200], [255, 0, 0]])}
            | ({"original_rgb": [255, 0, 200]} if rng.random() < 0.3 else {})
        ),
        "background",
    ),
}
