"""Inputs at random for the metrics of the applications, scored by Deixis and by the original functions.

    python -m benchmarks.metric_parity_apps FOLDER [METRIC ...] [--cases 24] [--seed 0] [--show]

FOLDER is where the package `desktop_env` of OSWorld is unpacked. Of the libraries that it imports, those that are not
installed are replaced by stand-ins, so its audio metrics can be compared only where librosa and fastdtw are there.
An original that raises has no score to compare with; it is counted apart.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.abc
import importlib.machinery
import json
import logging
import random
import sys
import tempfile
import types
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
from PIL import Image, ImageDraw

from tasks.errors import TaskError
from tasks.metrics import METRICS

Arguments = tuple[list[object], dict[str, object]]
Generator = Callable[[random.Random, Path], Arguments]

GENERATORS: dict[str, Generator] = {}


def inputs_of(*names: str) -> Callable[[Generator], Generator]:
    """Use a generator for the metrics of these names."""

    def register(generator: Generator) -> Generator:
        GENERATORS.update(dict.fromkeys(names, generator))
        return generator

    return register


# --- browsers ---------------------------------------------------------------------------------------------------------

HOSTS = [
    "www.airbnb.com",
    "airbnb.co.uk",
    "m.airbnb.com",
    "github.com",
    "www.github.io",
    "127.0.0.1:8080",
    ".amazon.com",
]
PATHS = ["", "/", "/a", "/a/", "/a/b.html", "/?q=1", "/a?q=1#top", "/a#top"]


def url(rng: random.Random) -> str:
    return rng.choice(["https://", "http://", ""]) + rng.choice(HOSTS[:4]) + rng.choice(PATHS)


def tab(rng: random.Random) -> object:
    return rng.choice([url(rng), {"url": url(rng), "title": "A page"}, None, {}])


@inputs_of("is_expected_active_tab", "is_expected_active_tab_approximate")
def active_tab(rng: random.Random, _: Path) -> Arguments:
    expected = url(rng)
    found = rng.choice([expected, expected.replace("www.", ""), expected + "?x=2", tab(rng)])
    return [found, {"type": "url", "url": expected}], {}


@inputs_of("is_expected_url_pattern_match")
def url_pattern(rng: random.Random, _: Path) -> Arguments:
    patterns = rng.sample(["airbnb", "^https://", r"/a(/.*)?$", r"\?q=", "github", "#top"], rng.randint(1, 2))
    return [tab(rng), {"expected": patterns}], {}


@inputs_of("is_expected_search_query")
def search_query(rng: random.Random, _: Path) -> Arguments:
    return [{"url": url(rng)}, {"expect": {"pattern": rng.choice(["(?i)AIRBNB", r"\?q=1", "#top", "^https"])}}], {}


@inputs_of("is_expected_tabs")
def open_tabs(rng: random.Random, _: Path) -> Arguments:
    expected = [url(rng) for _ in range(rng.randint(1, 3))]
    found = rng.choice([expected, expected[::-1], expected[1:], [*expected[1:], url(rng)]])
    return [[{"url": each, "title": ""} for each in found], {"type": "url", "urls": expected}], {}


@inputs_of("is_expected_installed_extensions")
def extensions(rng: random.Random, _: Path) -> Arguments:
    names = ["Zoom", "Momentum", "Translate", "React"]
    return [rng.sample(names, rng.randint(0, 4)), {"expected": rng.sample(names, rng.randint(1, 2))}], {}


@inputs_of("is_expected_bookmarks")
def bookmarks(rng: random.Random, _: Path) -> Arguments:
    def pages(most: int = 3) -> list[dict[str, object]]:
        return [{"type": "url", "name": each, "url": each} for each in rng.sample("abc", rng.randint(0, most))]

    folders = [
        {"type": "folder", "name": name, "children": pages()}
        for name in rng.sample(["Favorites", "Liked Authors"], rng.randint(0, 2))
    ]
    rule = rng.choice(
        [
            {"type": "bookmark_bar_folders_names", "names": rng.sample(["Favorites", "Liked Authors"], 1)},
            {"type": "bookmark_bar_websites_urls", "urls": rng.sample("abc", rng.randint(1, 2))},
            {"type": "liked_authors_websites_urls", "urls": [["a", "b"], rng.choice(["a", "c"])]},
        ]
    )
    return [{"bookmark_bar": {"children": pages(2) + folders}, "other": {}}, rule], {}


@inputs_of("is_cookie_deleted")
def cookies(rng: random.Random, _: Path) -> Arguments:
    rows = [(1, domain, "name") for domain in rng.sample(HOSTS, rng.randint(0, 4))]
    return [rows, {"type": "domains", "domains": rng.sample([".amazon.com", "amazon.de", ".airbnb.com"], 1)}], {}


@inputs_of("check_history_deleted")
def history(rng: random.Random, _: Path) -> Arguments:
    rows = [(url(rng), "title", 0) for _ in range(rng.randint(0, 3))]
    return [rows, {"type": "keywords", "keywords": rng.sample(["airbnb", "github", "#top", "youtube"], 2)}], {}


@inputs_of("check_enabled_experiments")
def experiments(rng: random.Random, _: Path) -> Arguments:
    names = rng.sample(["hud", "tabs", "dark"], rng.randint(1, 2))
    found = rng.choice([names, names[::-1], names[1:], [*names, "more"]])
    return [[f"{name}@{rng.randint(1, 3)}" for name in found], {"type": "names", "names": names}], {}


@inputs_of("check_font_size")
def font_size(rng: random.Random, _: Path) -> Arguments:
    rule = rng.choice([{"type": "value", "value": 16}, {"type": "range", "min": 16, "max": 24}])
    return [{"default_font_size": rng.choice([15, 16, 17, 23, 24])}, rule], {}


@inputs_of("is_shortcut_on_desktop")
def shortcuts(rng: random.Random, _: Path) -> Arguments:
    files = {
        f"{n}.desktop": f"[Desktop Entry]\nName={rng.choice('abc')}\nExec=chrome {n}\n"
        for n in range(rng.randint(0, 3))
    }
    rule = rng.choice([{"type": "name", "name": rng.choice("abc")}, {"type": "exec", "exec": "chrome 1"}])
    return [files, rule], {}


@inputs_of("is_added_to_steam_cart")
def steam_cart(rng: random.Random, _: Path) -> Arguments:
    items = ["Soundtrack", "Game", "Season Pass"]
    content = " ".join(rng.sample(items, rng.randint(0, 3)))
    return [{"content": content}, {"items": rng.sample(items, rng.randint(1, 2))}], {}


# --- VLC --------------------------------------------------------------------------------------------------------------

VLC_SETTINGS: dict[str, tuple[str, list[str], Callable[[random.Random], dict[str, object]]]] = {
    "check_qt_bgcone": ("qt-bgcone", ["0", "1"], lambda rng: {"expected_qt_bgcone": rng.choice([0, 1, "1"])}),
    "check_qt_max_volume": (
        "qt-max-volume",
        ["125", "200"],
        lambda rng: {"expected_qt_max_volume": rng.choice([125, 200, "200"])},
    ),
    "check_qt_minimal_view": (
        "qt-minimal-view",
        ["0", "1"],
        lambda rng: {"expected_qt_minimal_view": rng.choice([0, 1])},
    ),
    "check_one_instance_when_started_from_file": (
        "one-instance-when-started-from-file",
        ["0", "1"],
        lambda rng: {"expected_one_instance_when_started_from_file": rng.choice([0, 1])},
    ),
    "check_global_key_play_pause": (
        "global-key-play-pause",
        ["", "Space", " "],
        lambda rng: {"expected_global_key_play_pause": rng.choice([0, 1])},
    ),
    "check_qt_slider_colours": (
        "qt-slider-colours",
        ["0;0;0;99;99;99", "0;0;0;100;0;0", "1;2;3;4", "black", "153;210;153;20;210;20;255;199;15;245;39;29"],
        lambda rng: rng.choice(
            [{"type": "blackish"}, {"type": "match", "expected_qt_slider_colours": "0;0;0;99;99;99"}]
        ),
    ),
    "is_vlc_recordings_folder": (
        "input-record-path",
        ["/home/user", "/home/user/Desktop", ""],
        lambda _: {"recording_file_path": "/home/user/Desktop"},
    ),
}


def vlc_setting(metric: str, rng: random.Random, folder: Path) -> Arguments:
    setting, values, rule = VLC_SETTINGS[metric]
    lines = ["[qt] # Qt interface", "", f"#other-{setting}s"]
    lines += [f"{rng.choice(['', '', '#'])}{setting}={rng.choice(values)}" for _ in range(rng.randint(0, 2))]
    return [write(folder / "vlcrc", "\n".join(lines) + "\n"), rule(rng)], {}


GENERATORS.update({name: partial(vlc_setting, name) for name in VLC_SETTINGS})


@inputs_of("is_vlc_playing")
def vlc_status(rng: random.Random, folder: Path) -> Arguments:
    address = "https://cdn.example.com/v/master.m3u8"
    texts = ["song.mp4", "/home/user/song.mp4", "a Song", address, address + "?a=1", "master.m3u8", "https://a.org/v"]
    names = rng.sample(["filename", "title", "uri", "url", "URI", "location", "name"], rng.randint(0, 3))
    entries = "".join(f'<info name="{name}">{rng.choice(texts)}</info>' for name in names)
    xml = (
        f"<root><state>{rng.choice(['playing', 'playing', 'playing', 'stopped'])}</state><information>"
        f'<category name="meta">{entries}</category></information></root>'
    )
    rule = rng.choice([{"type": "file_name", "file_name": "song.mp4"}, {"type": "url", "url": address}])
    return [write(folder / "status.xml", xml), rule], {}


@inputs_of("is_vlc_fullscreen")
def window_size(rng: random.Random, _: Path) -> Arguments:
    def size() -> object:
        return rng.choice([{"width": rng.choice([1280, 1920]), "height": 1080}, {"width": 1920, "height": 1080}, None])

    return [size(), size()], {}


# --- VS Code ----------------------------------------------------------------------------------------------------------


@inputs_of("check_json_keybindings")
def key_bindings(rng: random.Random, folder: Path) -> Arguments:
    bindings = [{"key": key, "command": command} for key in ("ctrl+j", "ctrl+f") for command in ("focus", "-find")]
    text = rng.choice(["", "", "// comment\n"]) + json.dumps(rng.sample(bindings, rng.randint(0, 3)))
    return [write(folder / "keys.json", rng.choice([text, text, "{}", ""])), {"expected": rng.choice(bindings)}], {}


@inputs_of("is_extension_installed")
def listed_extensions(rng: random.Random, _: Path) -> Arguments:
    rule = {"type": rng.choice(["contain", "not_contain"]), "expected": "ms-python.python"}
    return [rng.choice(["", "ms-python.python\n", "a\nms-python.python\n", "ms-python"]), rule], {}


@inputs_of("compare_result_files")
def result_files(rng: random.Random, folder: Path) -> Arguments:
    texts = ["3.5", "3.50001", "3.6", "It is 3.5.", " 3.5\n", "text", " text\n", "35e-1", "", "nan", "inf"]
    return [write(folder / "found", rng.choice(texts)), write(folder / "expected", rng.choice(texts))], {}


@inputs_of("check_python_file_by_test_suite")
def test_suite(rng: random.Random, folder: Path) -> Arguments:
    code = write(
        folder / f"solution_{folder.name}.py",
        f"def double(x):\n    return {rng.choice(['x + x', '2 * x', 'x * 3', '1 /'])}\n",
    )
    returned = rng.choice(["double(2) == 4", "double(2) == 4", "double(2) / 5", "[]", "-0.5", "None", "1 / 0"])
    function = rng.choice(["test", "test", "check"])
    test = f"from solution_{folder.name} import double\ndef {function}():\n    return {returned}\n"
    return [code, write(folder / "test_suite.py", test)], {}


# --- Thunderbird ------------------------------------------------------------------------------------------------------


@inputs_of("check_thunderbird_prefs")
def preferences(rng: random.Random, folder: Path) -> Arguments:
    values = {"a.flag": ["true", "false"], "a.count": ["3", "4"], "a.text": ['"Anonym\\nLab"', '"x \\"y\\""']}
    chosen = [rng.choice(list(values)) for _ in range(rng.randint(0, 4))]
    lines = ["// Mozilla User Preferences", *(f'user_pref("{key}", {rng.choice(values[key])});' for key in chosen)]
    rules = {
        "a.flag": {"method": "eq", "ref": True},
        "a.count": {"method": rng.choice(["eq", "lt", "ge"]), "ref": 4},
        "a.text": {"method": "re.S", "ref": "Anonym.Lab"},
    }
    expect, unexpect = rng.sample(list(rules), rng.randint(0, 2)), rng.sample(list(rules), rng.randint(0, 1))
    rule = {"expect": {key: rules[key] for key in expect}, "unexpect": {key: rules[key] for key in unexpect}}
    return [write(folder / "prefs.js", "\n".join(lines) + "\n"), rule], {}


@inputs_of("check_thunderbird_filter")
def filters(rng: random.Random, folder: Path) -> Arguments:
    conditions = ["ALL", "AND (subject,contains,discount)", "AND (a,is,b) OR (c,isn't,d e)", r"OR (from,is,\"a (b)\")"]
    parsed = [["ALL"], [conditions[1]], ["AND (a,is,b)", "OR (c,isn't,d e)"], ['OR (from,is,"a (b)")']]
    lines = ['version="9"', 'logging="no"']
    for number in range(rng.randint(0, 3)):
        lines += [f'name="{number}"', f'enabled="{rng.choice(["yes", "no"])}"', 'type="17"']
        lines += [f'action="{rng.choice(["Forward", "Move to folder"])}"', 'actionValue="a@b.org"']
        lines += [f'condition="{rng.choice(conditions)}"']
    entries = [
        {"enabled": "yes"},
        {"action": "Forward"},
        {"condition": rng.choice(parsed)},
        {"name": "1", "type": "17"},
    ]
    rules = {"expect": rng.sample(entries, rng.randint(0, 2)), "unexpect": rng.sample(entries, rng.randint(0, 1))}
    return [write(folder / "filters.dat", "\n".join(lines) + "\n"), rules], {}


@inputs_of("check_thunderbird_folder")
def mail_folders(rng: random.Random, folder: Path) -> Arguments:
    def mbox() -> str:
        return "".join(f"From - Mon\nX-Mozilla-Status: 0001\nSubject: {s}\n\ntext\n\n" for s in rng.sample("ab", 1))

    return [write(folder / "found", mbox()), write(folder / "expected", mbox())], {}


# --- the desktop ------------------------------------------------------------------------------------------------------


@inputs_of("check_gnome_favorite_apps")
def favourite_apps(rng: random.Random, _: Path) -> Arguments:
    apps = [f"{name}.desktop" for name in ("chrome", "vim", "thunderbird")]
    found = [rng.choice(apps) for _ in range(rng.randint(1, 3))]
    return [f"{found}\n", {"expected": rng.sample(apps, rng.randint(1, 2))}], {}


@inputs_of("check_moved_jpgs")
def moved_files(rng: random.Random, _: Path) -> Arguments:
    names = ["a.jpg", "b.jpg", "c.jpg"]
    children = [{"type": "file", "name": name} for name in rng.sample(names, rng.randint(0, 3))]
    return [
        {"type": "directory", "name": "d", "children": children},
        {"expected": rng.sample(names, rng.randint(0, 3))},
    ], {}


@inputs_of("is_utc_0")
def time_zone(rng: random.Random, _: Path) -> Arguments:
    zone = rng.choice(["Etc/UTC (UTC, +0000)", "Atlantic/Faroe (WET, +0000)", "Europe/Paris (CET, +0100)"])
    before = [f"{name:>25}: Thu 2024-01-25 12:56:06" for name in ("Local time", "Universal time", "RTC time")]
    return ["\n".join([*before, f"{'Time zone':>25}: {zone}", "System clock synchronized: yes", ""])], {}


@inputs_of("is_in_vm_clickboard")
def clipboard(rng: random.Random, _: Path) -> Arguments:
    texts = ["/home/a.docx", "/home/b.docx", "a.docx"]
    return [
        {"expected": rng.choice([rng.choice(texts), rng.sample(texts, 2)])},
        rng.choice([*texts, "", " ".join(texts)]),
    ], {}


@inputs_of("check_accessibility_tree")
def accessibility_tree(rng: random.Random, _: Path) -> Arguments:
    labels = "".join(
        f'<label name="{n}" attr:id="{n}">{rng.choice(["fox", "fax", ""])}</label>' for n in range(rng.randint(0, 4))
    )
    namespace = 'xmlns:attr="https://accessibility.ubuntu.example.org/ns/attributes"'
    tree = f'<desktop-frame {namespace}><application name="T">{labels}</application></desktop-frame>'
    rules = [
        {"selectors": ["application[name=T]>label[attr|id='1']", "nothing"]},
        {"selectors": ["label"], "text": "fox", "exact": rng.choice([True, False])},
        {"xpath": "//application//label[contains(text(), 'f')]"},
        {"xpath": "//label[@attr:id='2']", "text": "fax", "exact": rng.choice([True, False])},
    ]
    return [tree, rng.sample(rules, rng.randint(1, 2))], {}


# --- pictures ---------------------------------------------------------------------------------------------------------


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


def two_pictures(options: Sequence[dict[str, object]], rng: random.Random, folder: Path) -> Arguments:
    image = scene(rng)
    paths: list[object] = [save(folder / "found.png", edited(rng, image)), save(folder / "expected.png", image)]
    return paths, rng.choice(options)


GENERATORS.update({name: partial(two_pictures, options) for name, options in PICTURE_METRICS.items()})


@inputs_of("compare_image_list")
def picture_lists(rng: random.Random, folder: Path) -> Arguments:
    expected = [scene(rng) for _ in range(rng.randint(1, 2))]
    found = [rng.choice([image, image, image, edited(rng, image)]) for image in expected]
    return [
        [save(folder / f"found{n}.png", image) for n, image in enumerate(found)],
        [save(folder / f"expected{n}.png", image) for n, image in enumerate(expected)],
    ], {}


@inputs_of("check_image_size")
def picture_size(rng: random.Random, folder: Path) -> Arguments:
    image = Image.new("RGBA", (80, 60), (0, 0, 0, 0))
    image.paste(scene(rng, (40, 30)), (10, 10))
    rule = {"width": rng.choice([40, 80, None]), "height": rng.choice([30, 60])}
    rule |= {"ignore_transparent": rng.choice([True, False])}
    return [save(folder / "found.png", image.convert(rng.choice(["RGBA", "RGB"]))), rule], {}


@inputs_of("check_image_file_size")
def picture_file_size(rng: random.Random, folder: Path) -> Arguments:
    path = save(folder / "found.png", scene(rng))
    return [path, {"max_size": Path(path).stat().st_size + rng.choice([-1, 0, 1, 1000])}], {}


@inputs_of("check_green_background")
def green_background(rng: random.Random, folder: Path) -> Arguments:
    target = Image.new("RGB", (50, 50), "white")
    found = Image.new("RGB", (50, 50), rng.choice([(10, 200, 10), (0, 255, 0), (200, 200, 10)]))
    for image in (target, found):
        ImageDraw.Draw(image).ellipse((10, 10, 30, 30), fill="black")
    if rng.random() < 0.3:
        found.putpixel((49, 0), (255, 0, 0))
    return [save(folder / "found.png", found), save(folder / "expected.png", target)], {}


@inputs_of("check_textbox_on_leftside")
def text_box(rng: random.Random, folder: Path) -> Arguments:
    image = Image.new("RGB", (100, 40), "white")
    left, grey = rng.choice([0, 4, 5, 40]), rng.choice([0, 127, 128])
    ImageDraw.Draw(image).rectangle((left, 10, left + 30, 20), fill=(grey,) * 3)
    return [save(folder / "found.png", image)], {}


@inputs_of("check_triangle_position")
def triangle(rng: random.Random, folder: Path) -> Arguments:
    image = Image.new("RGB", (200, 150), "white")
    left, top = rng.choice([70, 75, 80, 90, 0]), rng.choice([50, 55, 60, 70])
    ImageDraw.Draw(image).polygon([(left, top + 40), (left + 50, top + 40), (left + 25, top)], fill=(250, 220, 20))
    image.putpixel((0, 0), (255, 0, 0))
    return [save(folder / "found.png", image)], {}


@inputs_of("check_config_status")
def gimp_setting(rng: random.Random, folder: Path) -> Arguments:
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
    return [write(folder / "gimprc", "\n".join(rng.sample(lines, rng.randint(0, 4))) + "\n"), rule], {}


# --- sound and film ---------------------------------------------------------------------------------------------------


@inputs_of("compare_audios")
def recordings(rng: random.Random, folder: Path) -> Arguments:
    import soundfile

    def sound(pitch_hz: float, seconds: float) -> np.ndarray:
        times = np.arange(int(22050 * seconds)) / 22050
        return 0.4 * np.sin(2 * np.pi * pitch_hz * times) + 0.2 * np.sin(5 * np.pi * pitch_hz * times)

    paths = [folder / "found.wav", folder / "expected.wav"]
    for path in paths:
        soundfile.write(path, sound(rng.choice([220, 440, 660]), rng.choice([0.0, 0.3, 0.5])), 22050)
    return [str(path) for path in paths], {}


@inputs_of("check_mp3_meta")
def tags(rng: random.Random, folder: Path) -> Arguments:
    from mutagen.easyid3 import EasyID3

    path = folder / "found.mp3"
    found = EasyID3()
    found["title"] = rng.choice(["Missing You", "missing you"])
    if rng.random() < 0.7:
        found["artist"] = rng.choice([["Cheng Xiang"], ["Cheng Xiang", "Other"]])
    found.save(path)
    meta = {"title": {"method": rng.choice(["eq", "re.I"]), "ref": "Missing You"}}
    return [
        str(path),
        meta | rng.choice([{}, {"artist": {"method": "str_set_eq", "ref": ["Other", "Cheng Xiang"]}}]),
    ], {}


@inputs_of("compare_videos")
def films(rng: random.Random, folder: Path) -> Arguments:
    import cv2

    scenes = [scene(rng) for _ in range(12)]
    other = [edited(rng, each).convert("RGB").resize(each.size) if rng.random() < 0.6 else each for each in scenes]
    film = rng.choice([scenes, scenes[:-1], other])
    for path, frames in ((folder / "found.avi", film), (folder / "expected.avi", scenes)):
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, frames[0].size)
        for frame in frames:
            writer.write(np.asarray(frame)[:, :, ::-1])
        writer.release()
    options = rng.choice([{}, {"max_frames_to_check": 5}, {"threshold": 1}])
    return [str(folder / "found.avi"), str(folder / "expected.avi")], options


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def save(path: Path, image: Image.Image) -> str:
    image.save(path)
    return str(path)


# --- comparing --------------------------------------------------------------------------------------------------------


HEAVY = {
    "acoustid", "borb", "bs4", "cv2", "docx", "easyocr", "fastdtw", "fitz", "formulas", "imagehash", "librosa",
    "lxml", "mutagen", "odf", "openpyxl", "pandas", "pdfplumber", "pptx", "pypdf", "PyPDF2", "rapidfuzz",
    "skimage", "xmltodict", "yaml",
}  # fmt: skip


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the libraries of the originals that nobody else finds: modules in which everything is a mock."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        root = fullname.partition(".")[0]
        if root not in HEAVY or getattr(sys.modules.get(root), "__loader__", self) is not self:
            return None  # of an installed library nothing is made up
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = types.ModuleType(spec.name)
        module.__getattr__ = lambda name: MagicMock(name=f"{spec.name}.{name}")
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def originals(folder: Path) -> types.ModuleType:
    """OSWorld's package of metrics."""
    logging.disable(logging.CRITICAL)
    sys.path.insert(0, str(folder))
    finder = StandIns()
    sys.meta_path.append(finder)
    try:
        return importlib.import_module("desktop_env.evaluators.metrics")
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name, loaded in sys.modules.items() if getattr(loaded, "__loader__", None) is finder]:
            del sys.modules[name]  # so that Deixis notices what is not installed


def outcome(metric: Callable[..., float], arguments: Arguments) -> float | str:
    """A score, or what was raised."""
    try:
        with redirect_stdout(StringIO()):
            return float(metric(*arguments[0], **arguments[1]))
    except TaskError as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:
        return f"raises {type(error).__name__}"


def compare(name: str, original: Callable[..., float], cases: int, seed: int, show: bool) -> Counter[str]:
    """How often the two agree on random inputs."""
    counts: Counter[str] = Counter()
    for case in range(cases):
        rng = random.Random(f"{name}/{seed}/{case}")
        with tempfile.TemporaryDirectory() as folder:
            arguments = GENERATORS[name](rng, Path(folder))
            written = repr(arguments)
            ours, theirs = outcome(METRICS[name], arguments), outcome(original, arguments)
        counts["original says 1.0"] += theirs == 1.0
        if isinstance(ours, str) and ours.startswith("MissingLibrary"):
            verdict = "library missing"
        elif isinstance(theirs, str):
            verdict = "original raises"
        else:
            verdict = "agree" if isinstance(ours, float) and abs(ours - theirs) < 1e-6 else "differ"
        counts[verdict] += 1
        if show and verdict != "agree":
            print(f"{name} {verdict}: ours {ours}, original {theirs}, on {written}", file=sys.stderr)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where desktop_env is unpacked")
    parser.add_argument("metrics", nargs="*", default=list(GENERATORS), help="names; all without any")
    parser.add_argument("--cases", type=int, default=24, help="inputs a metric")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="show each input on which the two do not agree")
    arguments = parser.parse_args()
    module = originals(arguments.folder)
    verdicts = ("agree", "differ", "original raises", "library missing", "original says 1.0")
    print(f"{'':44}{''.join(f'{verdict:>18}' for verdict in verdicts)}")
    total: Counter[str] = Counter()
    for name in arguments.metrics:
        counts = compare(name, getattr(module, name), arguments.cases, arguments.seed, arguments.show)
        total += counts
        print(f"{name:44}{''.join(f'{counts[verdict]:18}' for verdict in verdicts)}")
    print(f"{len(arguments.metrics):3} metrics{'':33}{''.join(f'{total[verdict]:18}' for verdict in verdicts)}")


if __name__ == "__main__":
    main()
