"""Every metric, on inputs of its own: one that passes, one that does not, and damaged ones.

The inputs are those that `benchmarks/metric_parity.py` makes to hold the metrics against the originals; a new metric
needs some there, or here when the original's package has no such function.
"""

from __future__ import annotations

import importlib
import random
import sys
import types
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import docx
import pytest
from PIL import Image

from tasks.errors import TaskError
from tasks.metrics import METRICS

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
MOST_TRIES = 60
"""Random inputs that pass, or fail, come sooner."""
RULE_FIRST = {"is_in_vm_clickboard"}
"""The original takes what is expected before what was found."""


def vlc_settings(name: str, rule: str) -> Callable[[random.Random, Path], tuple]:
    def make(rng, folder):
        file = folder / "vlcrc"
        file.write_text(f"{name}={rng.choice('01')}\n")
        return (str(file), {rule: rng.choice([0, 1])}), {}

    return make


def picture(path: Path, colour: str) -> str:
    Image.new("RGB", (32, 24), colour).save(path)
    return str(path)


def two_pictures(rng, folder):
    colours = rng.choices(["black", "white"], k=2)
    return tuple(picture(folder / f"{n}.png", colour) for n, colour in enumerate(colours)), {}


def picture_with_text(rng, folder):
    return (picture(folder / "a.png", "white"), {"type": "text", "text": rng.choice(["read", "missed"])}), {}


def three_words(rng, folder):
    document = docx.Document()
    document.add_paragraph(rng.choice(["Paris Rome Oslo", "Paris Rome Lima"]))
    document.save(folder / "a.docx")
    return (str(folder / "a.docx"), {"expected": ["Paris", "Rome", "Oslo"]}), {}


OWN = {
    "check_edge_font_size": lambda rng, _: (
        ({"default_font_size": rng.choice([16, 24])}, {"type": "range", "min": 24, "max": 99}), {},
    ),
    "check_play_and_exit": vlc_settings("play-and-exit", "expected_play_and_exit"),
    "check_qt_video_resize": vlc_settings("qt-video-autoresize", "qt-video-autoresize"),
    "check_structure_sim_with_threshold": two_pictures,
    "compare_image_text": picture_with_text,
    "fuzzy_place_math": three_words,
    "is_url_shortcut_on_desktop": lambda rng, _: (
        ({"a.url": "URL=https://a.example"}, {"type": "url", "url_content": f"https://{rng.choice('ab')}.example"}), {},
    ),
}  # fmt: skip
"""For metrics that the original's package, older than the tasks, has not, or not without a model of its own; and where
a pass comes by chance too rarely."""


@pytest.fixture
def make(monkeypatch) -> dict[str, Callable[[random.Random, Path], tuple]]:
    """Makes of random inputs, by metric."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    made: dict[str, Callable[[random.Random, Path], tuple]] = {}
    for module in BENCHMARKS.glob("metric_inputs_*.py"):
        made |= importlib.import_module(module.stem).INPUTS
    made |= OWN
    reader = types.SimpleNamespace(readtext=lambda picture, **_: ["it was read"])
    monkeypatch.setitem(sys.modules, "easyocr", types.SimpleNamespace(Reader=lambda *_, **__: reader))
    return made


def damaged(value: object) -> object:
    """What is in its place when files are garbage, or nothing could be fetched."""
    files = value if isinstance(value, list) else [value]
    if not all(isinstance(file, str) and Path(file).is_file() for file in files):
        return None
    for file in files:
        Path(file).write_bytes(b"\x00\xffgarbage")
    return value


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of librosa's imports, which would pass for a damaged file
@pytest.mark.parametrize("name", [name for name in METRICS if name != "infeasible"])
def test_one_that_passes_one_that_does_not_and_damaged_ones(name, make, tmp_path, monkeypatch):
    metric, scores = METRICS[name], set()
    monkeypatch.chdir(tmp_path)
    for number in range(MOST_TRIES):
        (folder := tmp_path / str(number)).mkdir()
        given, options = make[name](random.Random(f"{name} {number}"), folder)
        with suppress(TaskError):
            scores.add(metric(*given, **options))
        if scores and min(scores) < 1.0 == max(scores):
            break
    assert min(scores) < 1.0
    assert max(scores) == pytest.approx(1.0)
    found = 1 if name in RULE_FIRST else 0
    for wrong in (damaged(given[found]), None):
        with suppress(TaskError):  # the only error that may come
            assert 0.0 <= metric(*given[:found], wrong, *given[found + 1 :], **options) <= 1.0


def test_no_state_is_what_a_task_that_cannot_be_done_asks_for():
    assert METRICS["infeasible"]() == 0.0
