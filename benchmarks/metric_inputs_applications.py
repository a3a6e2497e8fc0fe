"""Random inputs for the metrics of VLC, Visual Studio Code, Thunderbird and the desktop."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

from metric_files import Call, MakeCall, written

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


def vlc_setting(metric: str, rng: random.Random, folder: Path) -> Call:
    setting, values, rule = VLC_SETTINGS[metric]
    lines = ["[qt] # Qt interface", "", f"#other-{setting}s"]
    lines += [f"{rng.choice(['', '', '#'])}{setting}={rng.choice(values)}" for _ in range(rng.randint(0, 2))]
    return (written(folder, "vlcrc", "\n".join(lines) + "\n"), rule(rng)), {}


def vlc_status(rng: random.Random, folder: Path) -> Call:
    address = "https://cdn.example.com/v/master.m3u8"
    texts = ["song.mp4", "/home/user/song.mp4", "a Song", address, address + "?a=1", "master.m3u8", "https://a.org/v"]
    names = rng.sample(["filename", "title", "uri", "url", "URI", "location", "name"], rng.randint(0, 3))
    entries = "".join(f'<info name="{name}">{rng.choice(texts)}</info>' for name in names)
    xml = (
        f"<root><state>{rng.choice(['playing', 'playing', 'playing', 'stopped'])}</state><information>"
        f'<category name="meta">{entries}</category></information></root>'
    )
    rule = rng.choice([{"type": "file_name", "file_name": "song.mp4"}, {"type": "url", "url": address}])
    return (written(folder, "status.xml", xml), rule), {}


def window_size(rng: random.Random, _: Path) -> Call:
    def size() -> object:
        return rng.choice([{"width": rng.choice([1280, 1920]), "height": 1080}, {"width": 1920, "height": 1080}, None])

    return (size(), size()), {}


def key_bindings(rng: random.Random, folder: Path) -> Call:
    bindings = [{"key": key, "command": command} for key in ("ctrl+j", "ctrl+f") for command in ("focus", "-find")]
    text = rng.choice(["", "", "// comment\n"]) + json.dumps(rng.sample(bindings, rng.randint(0, 3)))
    return (written(folder, "keys.json", rng.choice([text, text, "{}", ""])), {"expected": rng.choice(bindings)}), {}


def listed_extensions(rng: random.Random, _: Path) -> Call:
    rule = {"type": rng.choice(["contain", "not_contain"]), "expected": "ms-python.python"}
    return (rng.choice(["", "ms-python.python\n", "a\nms-python.python\n", "ms-python"]), rule), {}


def result_files(rng: random.Random, folder: Path) -> Call:
    texts = ["3.5", "3.50001", "3.6", "It is 3.5.", " 3.5\n", "text", " text\n", "35e-1", "", "nan", "inf"]
    return (written(folder, "found", rng.choice(texts)), written(folder, "expected", rng.choice(texts))), {}


def test_suite(rng: random.Random, folder: Path) -> Call:
    code = written(
        folder,
        f"solution_{folder.name}.py",
        f"def double(x):\n    return {rng.choice(['x + x', '2 * x', 'x * 3', '1 /'])}\n",
    )
    returned = rng.choice(["double(2) == 4", "double(2) == 4", "double(2) / 5", "[]", "-0.5", "None", "1 / 0"])
    function = rng.choice(["test", "test", "check"])
    test = f"from solution_{folder.name} import double\ndef {function}():\n    return {returned}\n"
    return (code, written(folder, "test_suite.py", test)), {}


def preferences(rng: random.Random, folder: Path) -> Call:
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
    return (written(folder, "prefs.js", "\n".join(lines) + "\n"), rule), {}


def filters(rng: random.Random, folder: Path) -> Call:
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
    return (written(folder, "filters.dat", "\n".join(lines) + "\n"), rules), {}


def mail_folders(rng: random.Random, folder: Path) -> Call:
    def mbox() -> str:
        return "".join(f"From - Mon\nX-Mozilla-Status: 0001\nSubject: {s}\n\ntext\n\n" for s in rng.sample("ab", 1))

    return (written(folder, "found", mbox()), written(folder, "expected", mbox())), {}


def favourite_apps(rng: random.Random, _: Path) -> Call:
    apps = [f"{name}.desktop" for name in ("chrome", "vim", "thunderbird")]
    expected = rng.sample(apps, rng.randint(1, 3))
    found = rng.choice([expected[::-1], [rng.choice(apps) for _ in expected], apps])
    return (f"{found}\n", {"expected": expected}), {}


def moved_files(rng: random.Random, _: Path) -> Call:
    names = ["a.jpg", "b.jpg", "c.jpg"]
    children = [{"type": "file", "name": name} for name in rng.sample(names, rng.randint(0, 3))]
    return (
        {"type": "directory", "name": "d", "children": children},
        {"expected": rng.sample(names, rng.randint(0, 3))},
    ), {}


def time_zone(rng: random.Random, _: Path) -> Call:
    zone = rng.choice(["Etc/UTC (UTC, +0000)", "Atlantic/Faroe (WET, +0000)", "Europe/Paris (CET, +0100)"])
    before = [f"{name:>25}: Thu 2024-01-25 12:56:06" for name in ("Local time", "Universal time", "RTC time")]
    return ("\n".join([*before, f"{'Time zone':>25}: {zone}", "System clock synchronized: yes", ""]),), {}


def clipboard(rng: random.Random, _: Path) -> Call:
    texts = ["/home/a.docx", "/home/b.docx", "a.docx"]
    return (
        {"expected": rng.choice([rng.choice(texts), rng.sample(texts, 2)])},
        rng.choice([*texts, "", " ".join(texts)]),
    ), {}


def accessibility_tree(rng: random.Random, _: Path) -> Call:
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
    return (tree, rng.sample(rules, rng.randint(1, 2))), {}


INPUTS: dict[str, MakeCall] = {
    "is_vlc_playing": vlc_status,
    "is_vlc_fullscreen": window_size,
    "check_json_keybindings": key_bindings,
    "is_extension_installed": listed_extensions,
    "compare_result_files": result_files,
    "check_python_file_by_test_suite": test_suite,
    "check_thunderbird_prefs": preferences,
    "check_thunderbird_filter": filters,
    "check_thunderbird_folder": mail_folders,
    "check_gnome_favorite_apps": favourite_apps,
    "check_moved_jpgs": moved_files,
    "is_utc_0": time_zone,
    "is_in_vm_clickboard": clipboard,
    "check_accessibility_tree": accessibility_tree,
    **{name: partial(vlc_setting, name) for name in VLC_SETTINGS},
}
