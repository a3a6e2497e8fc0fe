"""Whether nano names the next step of a list, given those that are done: reading alone, nothing has to be found.

    python -m benchmarks.nano_lists [--model nano] [--misses]

The lists are the instructions of the demo and of `tests/pages`; each is asked for every step and for its end, about the
same picture.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator

from PIL import Image
from rich.console import Console
from rich.progress import track

from benchmarks.nano_accuracy import SETS, wilson
from benchmarks.nano_episodes import PAGES
from model.loading import load_model
from model.messages import Message
from model.nano.prompts import SYSTEM, user_text
from model.nano.steps import DONE
from tasks.demo.tasks import TASKS

STEP = re.compile(
    r'type "(?P<text>[^"]*)" into "(?P<field>[^"]*)"'
    r'|(?P<verb>double-click|right-click|click|tick|untick) "(?P<label>[^"]*)"'
    r"|press (?P<key>\w+)|scroll (?P<way>\w+)",
    re.IGNORECASE,
)


def action_lines(instruction: str) -> Iterator[str]:
    """What nano is to say, step by step."""
    for step in STEP.finditer(instruction):
        if step["field"] is not None:
            yield f'Type "{step["text"]}" into "{step["field"]}"'
        elif step["verb"]:
            yield f'{step["verb"].capitalize()} "{step["label"]}"'
        else:
            yield f"Press {step['key'].lower()}" if step["key"] else f"Scroll {step['way'].lower()}"
    yield DONE.action


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--misses", action="store_true", help="print what was said instead")
    options = parser.parse_args()

    model, console = load_model(options.model), Console()
    picture = Image.open(SETS / "screens" / "crm.png").convert("RGB").crop((100, 100, 548, 436))
    pages = json.loads((PAGES / "tasks.json").read_text(encoding="utf-8"))
    instructions = [task.instruction for task in TASKS] + [task["instruction"] for task in pages]
    right = total = 0
    for instruction in track(instructions, description="Lists", transient=True):
        lines = list(action_lines(instruction))
        for done, wanted in enumerate(lines):
            prompt = [Message.system(SYSTEM), Message.user(picture, user_text(instruction, lines[:done]))]
            (reply,) = model.generate([prompt])
            said = reply.text.partition("\n")[2].partition("\n")[0]
            right, total = right + (said == wanted), total + 1
            if options.misses and said != wanted:
                console.print(f"{instruction}\n  after {done}: {said}\n  wanted: {wanted}", highlight=False)
    low, high = wilson(right, total)
    console.print(f"{right} of {total} next steps right ({low:.1%} to {high:.1%})", highlight=False)


if __name__ == "__main__":
    main()
