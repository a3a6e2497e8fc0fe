"""Whether our scores are those of the ScreenSpot-Pro project's own script, on the same answers.

    python -m benchmarks.screenspot_pro_parity FOLDER_WITH_EVAL_SCREENSPOT_PRO_PY [--items 600]

A benchmark in ScreenSpot-Pro's format is made up, with boxes of any place and size, and an answer for every item:
inside its box, exactly on its border, beside it, or none. Both score it: our runner, whose export is compared, and the
project's script in a process of its own, with a model that gives the same answers. Nothing of the project is in here.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from rich.console import Console

from model.fake import ScriptedModel
from tasks.screenspot.dataset import read_dataset
from tasks.screenspot.export import results
from tasks.screenspot.methods import Method
from tasks.screenspot.records import RunFolder, read_run
from tasks.screenspot.runner import card_of, run_items

APPLICATIONS = (("vscode", "macos", "Dev"), ("excel", "windows", "Office"), ("blender", "linux", "Creative"))
SIZES = ((1920, 1080), (2560, 1440), (3840, 2160))
BINARY = 1 / 1024
"""Places are multiples of it, which both sides compute exactly: what is on a border is on it for both."""

THEIR_RUN = """
import json, runpy, sys, types
answers, script, arguments = json.load(open(sys.argv[1])), sys.argv[2], sys.argv[3:]

class Model:
    def ground_only_positive(self, instruction, image):
        point = answers[instruction]
        return {"point": point, "result": "positive" if point else "wrong_format", "raw_response": ""}

factory = types.ModuleType("model_factory")
factory.build_model = lambda args: Model()
sys.modules["model_factory"] = factory
sys.argv = [script, *arguments]
runpy.run_path(script, run_name="__main__")
"""


def answer(point: list[float] | None) -> str:
    """What a model writes to point there, or nowhere."""
    if point is None:
        return "I do not know."
    return f"## Action:\nClick it.\n\n## Code:\n```python\npyautogui.click(x={point[0]!r}, y={point[1]!r})\n```"


def make_up(folder: Path, count: int) -> dict[str, list[float] | None]:
    """Write the benchmark; the answers, by instruction."""
    rng = random.Random(0)
    answers: dict[str, list[float] | None] = {}
    records: dict[str, list[dict[str, object]]] = {}
    for number in range(count):
        application, platform, group = rng.choice(APPLICATIONS)
        width, height = size = rng.choice(SIZES)
        image = f"{application}/{width}.png"
        path = folder / "images" / image
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            Image.new("1", size).save(path)
        x0, y0 = rng.randrange(0, 1000), rng.randrange(0, 1000)
        x1, y1 = rng.randrange(x0 + 1, 1024), rng.randrange(y0 + 1, 1024)
        inside = [rng.randint(x0, x1), rng.randint(y0, y1)]
        border = rng.choice([[x0, inside[1]], [x1, inside[1]], [inside[0], y0], [inside[0], y1]])
        point = rng.choice([inside, border, [rng.randrange(1025), rng.randrange(1025)], None])
        instruction = f"open number {number}"
        answers[instruction] = None if point is None else [side * BINARY for side in point]
        records.setdefault(f"{application}_{platform}", []).append(
            {
                "id": f"{application}_{number}",
                "img_filename": image,
                "bbox": [x0 * width * BINARY, y0 * height * BINARY, x1 * width * BINARY, y1 * height * BINARY],
                "instruction": instruction,
                "application": application,
                "platform": platform,
                "img_size": list(size),
                "ui_type": rng.choice(("text", "icon")),
                "group": group,
            }
        )
    for name, items in records.items():
        (folder / "annotations").mkdir(exist_ok=True)
        (folder / "annotations" / f"{name}.json").write_text(json.dumps(items), encoding="utf-8")
    return answers


def ours(folder: Path, answers: dict[str, list[float] | None]) -> dict[str, Any]:
    """Our export."""
    dataset = read_dataset(folder)
    model = ScriptedModel([answer(answers[item.instruction]) for item in dataset.items])
    assert not dataset.left_out
    with RunFolder(folder / "run", card_of(model, dataset)) as run:
        run_items(model, dataset.items, run, Method.PLAIN)
    _, records = read_run(folder / "run")
    return json.loads(json.dumps(results(records)))


def theirs(script: Path, folder: Path, answers: dict[str, list[float] | None]) -> dict[str, Any]:
    """What the project's script writes."""
    told, log = folder / "answers.json", folder / "their" / "log.json"
    told.write_text(json.dumps(answers), encoding="utf-8")
    arguments = {
        "model_type": "x", "screenspot_imgs": str(folder / "images"), "screenspot_test": str(folder / "annotations"),
        "task": "all", "inst_style": "instruction", "language": "en", "gt_type": "positive", "log_path": str(log),
    }  # fmt: skip
    options = [part for name, value in arguments.items() for part in (f"--{name}", value)]
    command = [sys.executable, "-c", THEIR_RUN, str(told), str(script), *options]
    subprocess.run(command, check=True, capture_output=True)
    return json.loads(log.read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--items", type=int, default=600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        answers = make_up(folder, options.items)
        mine, original = ours(folder, answers), theirs(options.project / "eval_screenspot_pro.py", folder, answers)
    verdicts = [{item["id"]: item["correctness"] for item in report["details"]} for report in (mine, original)]
    different = [name for name in verdicts[1] if verdicts[0].get(name) != verdicts[1][name]]
    console = Console()
    console.print(f"{len(verdicts[1])} items, {len(different)} judged differently: {different[:10]}")
    for section, numbers in original["metrics"].items():
        same = mine["metrics"][section] == numbers
        console.print(f"{section}: {'the same' if same else 'different'}", style="green" if same else "red")
    console.print(original["metrics"]["overall"])
    sys.exit(0 if not different and mine["metrics"] == original["metrics"] else 1)


if __name__ == "__main__":
    main()
