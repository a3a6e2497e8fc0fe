"""Runs the demo: the agent works in the demo application, and the application's own state says what came of it.

A task whose report is wanted is recorded like any other episode; the model's word counts for nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agent.episode import Episode, Limits, Listener
from agent.loop import Agent
from agent.recorder import add_verdict
from envs.browser import Browser
from model.base import Model
from tasks.demo.app import DemoApp
from tasks.demo.tasks import DemoTask

MAX_STEPS = 12
"""About twice what the longest task takes."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one task."""

    task: DemoTask
    episode: Episode
    """`verified` is the application's verdict."""
    record: Path


def run_tasks(
    model: Model,
    tasks: Iterable[DemoTask],
    out: Path,
    *,
    headless: bool = True,
    listeners: Sequence[Listener] = (),
) -> Iterator[Result]:
    """Run tasks one after the other, each in a fresh application and a fresh browser.

    Args:
        model: what decides.
        tasks: what to do.
        out: the records go to folders in it that are named after the tasks.
        headless: do not show the browser.
        listeners: they follow the episodes.

    Raises:
        EnvUnavailable: no browser can be started.
        ModelError: the model cannot answer.
    """
    for task in tasks:
        with DemoApp() as app, Browser(app.url.rstrip("/") + task.start_path, headless=headless) as browser:
            record = out / task.name
            agent = Agent(model, browser, limits=Limits(max_steps=MAX_STEPS), record=record, listeners=listeners)
            episode = replace(agent.run(task.instruction), verified=task.done(app.state))
            add_verdict(record, episode.success, "The application's own state.")
            yield Result(task, episode, record)
