"""What a plain installation, without extras, loads of the tasks: none of the evaluators' libraries."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMPORTS = """
import importlib, json, pkgutil, sys
import tasks, tasks.getters, tasks.metrics
for package in (tasks, tasks.getters):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
assert len(list(tasks.metrics.METRICS)) > 100 and "compare_table" in tasks.metrics.METRICS
assert len(list(tasks.getters.GETTERS)) > 50 and "googledrive_file" in tasks.getters.GETTERS
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def distribution(requirement: str) -> str:
    return re.split(r"[\s\[<>=!;]", requirement)[0].lower().replace("_", "-")


def test_the_tasks_load_no_library_of_the_evaluators():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = {
        distribution(each)
        for extra, requirements in project["optional-dependencies"].items()
        if extra.startswith("osworld")
        for each in requirements
    } - {distribution(each) for each in project["dependencies"]}
    theirs = {
        name for name, homes in packages_distributions().items() if optional & {distribution(home) for home in homes}
    }
    assert {"openpyxl", "docx", "pptx", "skimage", "librosa", "googleapiclient"} <= theirs
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True, cwd=ROOT)
    assert theirs & set(json.loads(done.stdout)) == set()
