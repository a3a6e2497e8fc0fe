"""Whether a model finishes explicit instructions on pages that nobody prepared for it, in a real browser.

    python -m benchmarks.nano_episodes [--model nano] [--out FOLDER]

The pages and instructions are those of `tests/pages`; what counts is the page's own state after the episode, which
`tests/test_unprepared_pages.py` shows to be exact.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table

from agent.episode import Limits
from agent.loop import Agent
from agent.recorder import add_verdict
from benchmarks.nano_accuracy import wilson
from envs.browser import Browser
from envs.chromium import find_browser
from model.loading import load_model

PAGES = Path(__file__).parent.parent / "tests" / "pages"
MAX_STEPS = 10


@contextmanager
def opened(url: str) -> Generator[tuple[Page, str]]:
    """A page in a browser of its own, and the address at which that can be attached to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=find_browser(None, Path(playwright.chromium.executable_path)),
            args=[f"--remote-debugging-port={port}"],
            chromium_sandbox=os.geteuid() != 0,
            viewport={"width": 1280, "height": 720},
        )
        page = context.pages[0]
        page.goto(url)
        yield page, f"http://127.0.0.1:{port}"
        context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--out", type=Path, help="where the records go; by default a new folder in runs/")
    options = parser.parse_args()
    out = options.out or Path("runs") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-nano-episodes"

    model = load_model(options.model)
    tasks = json.loads((PAGES / "tasks.json").read_text(encoding="utf-8"))
    table = Table("page", "instruction", "done", "ended", "steps")
    right = 0
    for number, task in enumerate(tasks, start=1):
        record = out / f"{number:02}-{Path(task['page']).stem}"
        with opened((PAGES / task["page"]).as_uri()) as (page, address), Browser(attach=address) as browser:
            agent = Agent(model, browser, limits=Limits(max_steps=MAX_STEPS), record=record)
            episode = replace(agent.run(task["instruction"]), verified=page.evaluate(task["check"]) is True)
        add_verdict(record, episode.success, "The page's own state.")
        right += episode.success
        told = "[green]yes[/]" if episode.success else "[red]no[/]"
        table.add_row(task["page"], task["instruction"], told, str(episode.reason), str(len(episode.steps)))
    low, high = wilson(right, len(tasks))
    console = Console()
    console.print(table)
    console.print(f"{right} of {len(tasks)} done ({low:.0%} to {high:.0%}); records in {out}", highlight=False)


if __name__ == "__main__":
    main()
