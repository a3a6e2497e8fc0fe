from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image, ImageDraw
from skimage.metrics import structural_similarity

from tasks.errors import EvaluationFailed, MissingLibrary
from tasks.metrics import gimp, images

Save = Callable[[str, Image.Image], str]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def saved(name: str, image: Image.Image) -> str:
        path = tmp_path / name
        image.save(path)
        return str(path)

    return saved


def scene(width: int = 96, height: int = 64, seed: int = 0) -> Image.Image:
    """A picture with structure in it: rectangles of random colours."""
    generator = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), (90, 120, 150))
    draw = ImageDraw.Draw(image)
    for _ in range(20):
        left, top = generator.integers(0, width), generator.integers(0, height)
        colour = tuple(int(value) for value in generator.integers(30, 220, 3))
        draw.rectangle((left, top, left + 20, top + 12), fill=colour)
    return image


TWO_PICTURES = [
    (images.compare_images, {}),
    (images.compare_image_list, {}),
    (images.check_structure_sim, {}),
    (images.check_structure_sim_with_threshold, {"ssim_threshold": 0.85}),
    (images.check_structure_sim_resized, {}),
    (gimp.check_brightness_decrease_and_structure_sim, {"threshold": 0.15}),
    (gimp.check_saturation_increase_and_structure_sim, {}),
    (gimp.check_contrast_increase_and_structure_sim, {}),
    (gimp.check_palette_and_structure_sim, {}),
    (gimp.check_file_exists_and_structure_sim, {}),
    (gimp.check_image_mirror, {}),
    (gimp.check_green_background, {}),
]


@pytest.mark.parametrize(("metric", "options"), TWO_PICTURES)
def test_a_picture_that_is_missing_or_damaged_scores_nothing(
    save: Save, tmp_path: Path, metric: Callable[..., float], options: dict[str, float]
):
    whole = save("whole.png", scene())
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(Path(whole).read_bytes()[:400])
    for other in (None, str(tmp_path / "nowhere.png"), str(damaged), str(tmp_path)):
        assert metric(other, whole, **options) == 0.0
        assert metric(whole, other, **options) == 0.0


@pytest.mark.parametrize("metric", [gimp.check_textbox_on_leftside, gimp.check_triangle_position])
def test_one_picture_that_is_missing_or_damaged_scores_nothing(tmp_path: Path, metric: Callable[[str | None], float]):
    (tmp_path / "damaged.png").write_bytes(b"\x89PNG\r\n")
    assert metric(None) == metric(str(tmp_path / "nowhere.png")) == metric(str(tmp_path / "damaged.png")) == 0.0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16", "CMYK"])
@pytest.mark.parametrize(("metric", "options"), TWO_PICTURES)
def test_every_mode_of_picture_gets_a_score(
    save: Save, metric: Callable[..., float], options: dict[str, float], mode: str
):
    image = scene().convert("I").point(lambda value: value * 256).convert("I;16") if mode == "I;16" else scene()
    path = save("one.tif", image if mode == "I;16" else image.convert(mode))
    other = save("other.png", scene(seed=1))
    assert -1.0 <= metric(path, other, **options) <= 1.0
    assert -1.0 <= metric(other, path, **options) <= 1.0


def test_compared_images(save: Save):
    one, other = scene(), scene(seed=1)
    paths = save("one.png", one), save("other.png", other)
    expected = structural_similarity(np.asarray(one.convert("L")), np.asarray(other.convert("L")))
    assert images.compare_images(*paths) == pytest.approx(expected)
    assert images.compare_images(paths[0], paths[0]) == 1.0
    assert images.compare_images(paths[0], paths[0], reference_base_result=0.54) == pytest.approx(1.0)
    assert images.compare_images(*paths, reference_base_result=expected - 0.005) == 0.0
    assert images.compare_images(*paths, reference_base_result=0.1) == pytest.approx((expected - 0.1) / 0.9)
    assert images.compare_images(save("tiny.png", scene(6, 6)), paths[0]) == 0.0


def test_the_larger_image_is_brought_to_the_size_of_the_smaller(save: Save):
    small = save("small.png", scene().resize((48, 32), Image.Resampling.LANCZOS))
    assert images.compare_images(save("large.png", scene()), small) > 0.99


def test_lists_of_images(save: Save):
    one, other = save("one.png", scene()), save("other.png", scene(seed=1))
    palette = save("palette.png", scene().quantize(256))
    assert images.compare_image_list([one, other], [one, other]) == 1.0
    assert images.compare_image_list([one, other], [other, one]) == 0.0
    assert images.compare_image_list([one], [one, other]) == 0.0
    assert images.compare_image_list(one, palette) == images.compare_image_list(palette, one) == 1.0


def test_images_with_transparency_are_not_the_same_by_it_alone(save: Save):
    one, other = save("one.png", scene().convert("RGBA")), save("other.png", scene(seed=1).convert("RGBA"))
    assert images.compare_image_list(one, other) == 0.0
    assert images.compare_image_list(one, one) == 1.0


def test_structure(save: Save):
    one = save("one.png", scene())
    noisy = np.asarray(scene(), dtype=np.int16) + np.random.default_rng(0).integers(-3, 4, (64, 96, 3))
    alike = save("alike.png", Image.fromarray(noisy.clip(0, 255).astype(np.uint8)))
    other, larger = save("other.png", scene(seed=1)), save("larger.png", scene().resize((192, 128)))
    for metric in (images.check_structure_sim, gimp.check_file_exists_and_structure_sim):
        assert metric(alike, one) == 1.0
        assert metric(other, one) == 0.0
        assert metric(larger, one) == 0.0
        assert metric(save("tiny.png", scene(6, 6)), save("tiny.png", scene(6, 6))) == 0.0
    assert images.check_structure_sim_with_threshold(larger, one, ssim_threshold=0.8) == 1.0
    assert images.check_structure_sim_with_threshold(other, one) == 0.0
    assert images.check_structure_sim_with_threshold(one, save("tiny.png", scene(6, 5))) in (0.0, 1.0)
    assert images.check_structure_sim_with_threshold(one, save("tiny.png", scene(2, 2))) == 0.0


def test_structure_of_what_is_opaque(save: Save):
    canvas = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    canvas.paste(scene(), (50, 20))
    one = save("one.png", scene())
    assert images.check_structure_sim_resized(save("canvas.png", canvas), one) == 1.0
    assert images.check_structure_sim_resized(save("opaque.png", canvas.convert("RGB")), one) == 0.0
    assert images.check_structure_sim_resized(save("nothing.png", Image.new("RGBA", (9, 9))), one) == 0.0


@pytest.mark.parametrize(
    ("rule", "score"),
    [
        ({"width": 200, "height": 100}, 1.0),
        ({"height": 100}, 1.0),
        ({"width": None}, 1.0),
        ({"height": 64, "ignore_transparent": True}, 1.0),
        ({"height": 64}, 0.0),
        ({"width": 200, "height": 64}, 0.0),
    ],
)
def test_image_size(save: Save, tmp_path: Path, rule: dict[str, int], score: float):
    canvas = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    canvas.paste(scene(), (50, 20))
    assert images.check_image_size(save("canvas.png", canvas), rule) == score
    assert images.check_image_size(None, rule) == 0.0


def test_size_of_an_image_with_nothing_in_it(save: Save):
    nothing = save("nothing.png", Image.new("RGBA", (9, 9)))
    assert images.check_image_size(nothing, {"width": 0, "height": 0, "ignore_transparent": True}) == 1.0


def test_size_of_an_image_file(save: Save, tmp_path: Path):
    path = save("one.png", scene())
    size = Path(path).stat().st_size
    assert images.check_image_file_size(path, {"max_size": size + 1}) == 1.0
    assert images.check_image_file_size(path, {"max_size": size}) == 0.0
    assert images.check_image_file_size(None, {"max_size": size}) == 0.0


def test_brightness(save: Save):
    bright = save("bright.png", scene())
    dark = save("dark.png", scene().point(lambda value: int(value * 0.6)))
    black = save("black.png", Image.new("RGB", (96, 64)))
    assert gimp.check_brightness_decrease_and_structure_sim(dark, bright) == 1.0
    assert gimp.check_brightness_decrease_and_structure_sim(bright, dark) == 0.0
    assert gimp.check_brightness_decrease_and_structure_sim(black, bright) == 0.0
    other = save("other.png", scene(seed=1).point(lambda value: int(value * 0.2)))
    assert gimp.check_brightness_decrease_and_structure_sim(other, bright) == 0.0
    assert gimp.check_brightness_decrease_and_structure_sim(other, bright, threshold=0.9) == 1.0


def test_saturation(save: Save):
    hue, saturation, value = scene().convert("HSV").split()
    richer = Image.merge("HSV", (hue, saturation.point(lambda s: min(255, s + 30)), value)).convert("RGB")
    one, more = save("one.png", scene()), save("more.png", richer)
    assert gimp.check_saturation_increase_and_structure_sim(more, one) == 1.0
    assert gimp.check_saturation_increase_and_structure_sim(one, more) == 0.0
    assert gimp.check_saturation_increase_and_structure_sim(save("s.png", scene(seed=1)), one) == 0.0


def test_contrast(save: Save):
    stronger = scene().point(lambda value: max(0, min(255, int(128 + (value - 128) * 1.5))))
    one, more = save("one.png", scene()), save("more.png", stronger)
    assert gimp.check_contrast_increase_and_structure_sim(more, one) == 1.0
    assert gimp.check_contrast_increase_and_structure_sim(one, more) == 0.0


def test_palette(save: Save):
    one = save("one.png", scene())
    assert gimp.check_palette_and_structure_sim(save("palette.png", scene().quantize(64)), one) == 1.0
    assert gimp.check_palette_and_structure_sim(one, one) == 0.0
    assert gimp.check_palette_and_structure_sim(save("other.png", scene(seed=1).quantize(64)), one) == 0.0


def test_mirror(save: Save):
    one = save("one.png", scene())
    mirrored = save("mirrored.png", scene().transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    assert gimp.check_image_mirror(mirrored, one) == 1.0
    assert gimp.check_image_mirror(one, one) == 0.0


def test_green_background(save: Save):
    target, green = Image.new("RGB", (60, 40), "white"), Image.new("RGB", (60, 40), (20, 200, 30))
    for image in (target, green):
        ImageDraw.Draw(image).ellipse((20, 10, 40, 30), fill="black")
    expected = save("white.png", target)
    assert gimp.check_green_background(save("green.png", green), expected) == 1.0
    assert gimp.check_green_background(expected, expected) == 0.0
    green.putpixel((59, 39), (200, 200, 30))
    assert gimp.check_green_background(save("corner.png", green), expected) == 0.0
    assert gimp.check_green_background(save("smaller.png", green.crop((0, 0, 9, 9))), expected) == 0.0


@pytest.mark.parametrize(("left", "score"), [(4, 1.0), (5, 0.0), (50, 0.0), (None, 0.0)])
def test_text_on_the_left(save: Save, left: int | None, score: float):
    image = Image.new("RGB", (100, 40), "white")
    if left is not None:
        ImageDraw.Draw(image).rectangle((left, 10, left + 30, 20), fill="black")
    assert gimp.check_textbox_on_leftside(save("text.png", image)) == score


@pytest.mark.parametrize(("left", "top", "score"), [(75, 55, 1.0), (80, 58, 1.0), (90, 55, 0.0), (75, 20, 0.0)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_triangle_in_the_middle(save: Save, left: int, top: int, score: float, mode: str):
    image = Image.new("RGB", (200, 150), "white")
    ImageDraw.Draw(image).rectangle((left, top, left + 50, top + 40), fill=(250, 220, 20))
    ImageDraw.Draw(image).point((0, 0), fill="red")
    assert gimp.check_triangle_position(save("triangle.png", image.convert(mode))) == score


def test_no_triangle(save: Save):
    assert gimp.check_triangle_position(save("empty.png", Image.new("RGB", (9, 9)))) == 0.0


class Reader:
    """EasyOCR without its model, which comes from the network: it reads the picture's size."""

    def __init__(self, languages: list[str], verbose: bool) -> None:
        assert languages == ["en"]

    def readtext(self, picture: bytes, detail: int) -> list[str]:
        with Image.open(BytesIO(picture)) as image:
            return [f"{image.width} pixels", f"by {image.height}"]


@pytest.mark.parametrize(("text", "score"), [("96 pixels by 64", 1.0), ("96 by 64", 0.0)])
def test_text_in_an_image(save: Save, monkeypatch: pytest.MonkeyPatch, text: str, score: float):
    monkeypatch.setitem(sys.modules, "easyocr", SimpleNamespace(Reader=Reader))
    rule = {"type": "text", "text": text}
    assert images.compare_image_text(save("one.png", scene()), rule) == score
    assert images.compare_image_text(None, rule) == 0.0
    with pytest.raises(EvaluationFailed, match="'shape'"):
        images.compare_image_text(save("one.png", scene()), {"type": "shape", "text": text})


def test_a_model_that_cannot_be_fetched_is_no_score(save: Save, monkeypatch: pytest.MonkeyPatch):
    def offline(*_: object, **__: object) -> None:
        raise URLError("no network")

    monkeypatch.setitem(sys.modules, "easyocr", SimpleNamespace(Reader=offline))
    with pytest.raises(EvaluationFailed, match="no network"):
        images.compare_image_text(save("one.png", scene()), {"type": "text", "text": "ls"})


def test_a_missing_library_names_its_extra(save: Save, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "easyocr", None)
    with pytest.raises(MissingLibrary, match=r"deixis\[osworld-ocr\]"):
        images.compare_image_text(save("one.png", scene()), {"type": "text", "text": "ls"})


GIMPRC = """# GIMP gimprc
# (theme "Light")

(undo-levels 100)
(theme "Dark")
  (default-image
    (width 640)
(hide-docks yes)
()
"""


@pytest.mark.parametrize(
    ("rule", "score"),
    [
        ({"key": "undo-levels", "value": "100"}, 1.0),
        ({"key": "hide-docks", "value": "yes"}, 1.0),
        ({"key": ["hide-docks", "yes"], "value": "yes"}, 1.0),
        ({"key": ["hide-docks", "no"], "value": "yes"}, 0.0),
        ({"key": "theme", "value": '"Light"'}, 0.0),
        ({"key": "undo-levels", "value": "10"}, 0.0),
    ],
)
def test_settings(tmp_path: Path, rule: dict[str, str], score: float):
    path = tmp_path / "gimprc"
    path.write_text(GIMPRC)
    assert gimp.check_config_status(str(path), rule) == score
    assert gimp.check_config_status(None, rule) == 0.0
    path.write_bytes(b"\xff\xfe")
    assert gimp.check_config_status(str(path), rule) == 0.0
