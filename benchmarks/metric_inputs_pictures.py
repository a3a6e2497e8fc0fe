"""Random inputs for the metrics of GIMP and of pictures."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from metric_files import Call, MakeCall, written
from PIL import Image, ImageDraw


def scene(rng: random.Random, size: tuple[int, int] = (80, 60)) -> Image.Image:
    image = Image.new("RGB", size, tuple(rng.randint(60, 255) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(15):
        left, top = rng.randint(0, size[0]), rng.randint(0, size[1])
        draw.rectangle((left, top, left + 20, top + 12), fill=tuple(rng.randint(10, 240) for _ in range(3)))
    return image


def edited(rng: random.Random, image: Image.Image) -> Image.Image:
    """A picture that is more or less the same as another."""
    noise = np.asarray(image, dtype=np.int16) + np.random.default_rng(rng.randint(0, 99)).integers(
        -9, 10, (*image.size[::-1], 3)
    )
    factor = rng.choice([0.5, 0.8, 1.3])
    return rng.choice(
        [
            image,
            Image.fromarray(noise.clip(0, 255).astype(np.uint8)),
            image.point(lambda value: min(255, int(value * factor))),
            image.resize((60, 60)),
            image.quantize(rng.choice([8, 64])),
            image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
            image.convert("L"),
            image.convert("RGBA"),
            Image.merge("RGBA", (*image.split(), scene(rng).convert("L"))),
            scene(rng),
        ]
    )


PICTURE_METRICS: dict[str, list[dict[str, object]]] = {
    "compare_images": [{}, {"reference_base_result": 0.11}, {"reference_base_result": 0.54}],
    "check_structure_sim": [{}],
    "check_structure_sim_resized": [{}],
    "check_brightness_decrease_and_structure_sim": [{}, {"threshold": 0.15}],
    "check_saturation_increase_and_structure_sim": [{}],
    "check_contrast_increase_and_structure_sim": [{}],
    "check_palette_and_structure_sim": [{}],
    "check_file_exists_and_structure_sim": [{}],
    "check_image_mirror": [{}],
}


def two_pictures(options: Sequence[dict[str, object]], rng: random.Random, folder: Path) -> Call:
    image = scene(rng)
    paths = saved(folder / "found.png", edited(rng, image)), saved(folder / "expected.png", image)
    return paths, rng.choice(options)


def picture_lists(rng: random.Random, folder: Path) -> Call:
    expected = [scene(rng) for _ in range(rng.randint(1, 2))]
    found = [rng.choice([image, image, image, edited(rng, image)]) for image in expected]
    return (
        [saved(folder / f"found{n}.png", image) for n, image in enumerate(found)],
        [saved(folder / f"expected{n}.png", image) for n, image in enumerate(expected)],
    ), {}


def picture_size(rng: random.Random, folder: Path) -> Call:
    image = Image.new("RGBA", (80, 60), (0, 0, 0, 0))
    image.paste(scene(rng, (40, 30)), (10, 10))
    rule = rng.choice([{"width": 40, "height": 30}, {"width": None, "height": 60}, {"height": 30}, {"width": 80}])
    rule = rule | rng.choice([{}, {"ignore_transparent": True}, {"ignore_transparent": False}])
    return (saved(folder / "found.png", image.convert(rng.choice(["RGBA", "RGB"]))), rule), {}


def picture_file_size(rng: random.Random, folder: Path) -> Call:
    path = saved(folder / "found.png", scene(rng))
    return (path, {"max_size": Path(path).stat().st_size + rng.choice([-1, 0, 1, 1000])}), {}


def green_background(rng: random.Random, folder: Path) -> Call:
    target = Image.new("RGB", (50, 50), "white")
    found = Image.new("RGB", (50, 50), rng.choice([(10, 200, 10), (0, 255, 0), (200, 200, 10)]))
    for image in (target, found):
        ImageDraw.Draw(image).ellipse((10, 10, 30, 30), fill="black")
    if rng.random() < 0.3:
        found.putpixel((49, 0), (255, 0, 0))
    return (saved(folder / "found.png", found), saved(folder / "expected.png", target)), {}


def text_box(rng: random.Random, folder: Path) -> Call:
    image = Image.new("RGB", (100, 40), "white")
    left, grey = rng.choice([0, 4, 5, 40]), rng.choice([0, 127, 128])
    ImageDraw.Draw(image).rectangle((left, 10, left + 30, 20), fill=(grey,) * 3)
    return (saved(folder / "found.png", image),), {}


def triangle(rng: random.Random, folder: Path) -> Call:
    image = Image.new("RGB", (200, 150), "white")
    left, top = rng.choice([70, 75, 80, 90, 0]), rng.choice([50, 55, 60, 70])
    ImageDraw.Draw(image).polygon([(left, top + 40), (left + 50, top + 40), (left + 25, top)], fill=(250, 220, 20))
    image.putpixel((0, 0), (255, 0, 0))
    return (saved(folder / "found.png", image),), {}


def gimp_setting(rng: random.Random, folder: Path) -> Call:
    lines = [
        '(theme "Light")',
        '(theme "Dark")',
        "(undo-levels 100)",
        "(undo-levels 10)",
        "# (hide-docks yes)",
        "(hide-docks yes)",
    ]
    rule = rng.choice(
        [
            {"key": "theme", "value": '"Light"'},
            {"key": "undo-levels", "value": "100"},
            {"key": ["hide-docks", "yes"], "value": "yes"},
        ]
    )
    return (written(folder, "gimprc", "\n".join(rng.sample(lines, rng.randint(0, 4))) + "\n"), rule), {}


def saved(path: Path, image: Image.Image) -> str:
    image.save(path)
    return str(path)


INPUTS: dict[str, MakeCall] = {
    "compare_image_list": picture_lists,
    "check_image_size": picture_size,
    "check_image_file_size": picture_file_size,
    "check_green_background": green_background,
    "check_textbox_on_leftside": text_box,
    "check_triangle_position": triangle,
    "check_config_status": gimp_setting,
    **{name: partial(two_pictures, options) for name, options in PICTURE_METRICS.items()},
}
