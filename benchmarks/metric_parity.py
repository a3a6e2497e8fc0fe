"""Scores every metric with Deixis and with the benchmark's own function, on random inputs, and says where they differ.

    python benchmarks/metric_parity.py FOLDER [--cases 12] [--only NAME ...] [--seed 0]

FOLDER has the package `desktop_env` in it, as the wheel of that name has. Libraries that it imports and that are not
installed are replaced by empty ones, so metrics that call those fail there, which is counted apart. The inputs come
from `metric_inputs_*.py`. The exit status is 1 when a score differs.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import importlib
import importlib.abc
import importlib.machinery
import io
import logging
import math
import random
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import MagicMock

from metric_files import Call, MakeCall

from tasks.errors import TaskError
from tasks.metrics import METRICS

MODULES = [
    "basic_os",
    "chrome",
    "docs",
    "general",
    "gimp",
    "libreoffice",
    "others",
    "pdf",
    "slides",
    "table",
    "thunderbird",
    "vlc",
    "vscode",
]  # of desktop_env.evaluators.metrics
OPTIONAL = [
    "PyPDF2",
    "acoustid",
    "borb",
    "cv2",
    "easyocr",
    "fastdtw",
    "imagehash",
    "librosa",
    "mutagen",
    "pdfplumber",
    "pydrive",
    "skimage",
    "tldextract",
]


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Empty modules in place of libraries that are not installed."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = {name for name in names if find_spec(name) is None}

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in self._names:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = MagicMock(spec_set=None)
        module.__path__, module.__name__, module.__spec__ = [], spec.name, spec
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing is in it."""


def originals(folder: Path) -> Mapping[str, Callable[..., object]]:
    """The functions of the package in a folder, by name; its packages' own modules are not run."""
    sys.path.insert(0, str(folder))
    sys.meta_path.append(Absent(OPTIONAL))
    for name in ("desktop_env", "desktop_env.evaluators", "desktop_env.evaluators.metrics"):
        package = types.ModuleType(name)
        package.__path__ = [str(folder / name.replace(".", "/"))]
        sys.modules[name] = package
    found: dict[str, Callable[..., object]] = {}
    for name in MODULES:
        found |= vars(importlib.import_module(f"desktop_env.evaluators.metrics.{name}"))
    logging.disable(logging.CRITICAL)
    return found


@dataclass
class Tally:
    """What came of the calls of one metric."""

    agree: int = 0
    raised: int = 0
    scores: set[float] = field(default_factory=set)
    differences: list[str] = field(default_factory=list)


def outcome(metric: Callable[..., object], call: Call) -> float | str:
    """A score, or the error that came instead."""
    args, options = copy.deepcopy(call)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return float(metric(*args, **options) or 0.0)  # type: ignore[arg-type]
    except TaskError as error:
        return type(error).__name__
    except Exception as error:  # what the original does on odd inputs is what is to be seen
        return type(error).__name__


def compare(name: str, make: MakeCall, original: Callable[..., object], cases: int, seed: int) -> Tally:
    """Score random calls of one metric twice."""
    tally = Tally()
    for case in range(cases):
        rng = random.Random(f"{seed} {name} {case}")
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # some originals write where they are
            call = make(rng, Path(folder))
            ours, theirs = outcome(METRICS[name], call), outcome(original, call)
        if isinstance(ours, float):
            tally.scores.add(round(ours, 3))
        if isinstance(theirs, str):
            tally.raised += 1
        elif isinstance(ours, float) and math.isclose(ours, theirs, abs_tol=1e-9):
            tally.agree += 1
        else:
            tally.differences.append(f"    {case}: {ours} here, {theirs} there: {call}")
    return tally


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=int, default=12)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    inputs: dict[str, MakeCall] = {}
    for module in sorted(Path(__file__).parent.glob("metric_inputs_*.py")):
        inputs |= importlib.import_module(module.stem).INPUTS
    theirs, differing = originals(options.folder.resolve()), 0
    print(f"{'metric':50} {'cases':>5} {'agree':>5} {'raised':>6} {'differ':>6}  scores seen")
    for name, make in inputs.items():
        if options.only and name not in options.only:
            continue
        if name not in theirs:
            print(f"{name:50} not in this version of the original")
            continue
        tally = compare(name, make, theirs[name], options.cases, options.seed)
        seen = f"{min(tally.scores, default=0):.2f} to {max(tally.scores, default=0):.2f}"
        print(f"{name:50} {options.cases:5} {tally.agree:5} {tally.raised:6} {len(tally.differences):6}  {seen}")
        print("\n".join(tally.differences), end="\n" if tally.differences else "", flush=True)
        differing += len(tally.differences)
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
