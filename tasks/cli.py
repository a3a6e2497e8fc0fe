"""The tasks' commands: demo, screenspot, tasks.

Reads the command line and prints; the libraries behind a command are imported when it is used, so that help comes at
once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cyclopts import App

from tasks.benchmark_cli import app as benchmark_app
from tasks.screenspot.cli import app as screenspot_app
from tasks.suites_cli import local, miniwob

app = App()
app.command(screenspot_app, name="*")
app.command(benchmark_app)
for suite in (local, miniwob):
    benchmark_app["run"].command(suite)

NOT_ALL_DONE = 1
"""Exit status when a task was not achieved."""


@app.command
def demo(*names: str, model: str = "nano", out: Path | None = None, headed: bool = False) -> int:
    """Let a model use a small web application that is started for it; the application says what was achieved.

    The exit status is 0 only when every task was done.

    Args:
        names: which tasks; by default all.
        model: "nano", a folder with a Kimi-VL checkpoint or its id on the Hugging Face hub, or what else `deixis
            ground --help` names.
        out: the folder for the records and reports; by default a new one in runs/.
        headed: show the browser's window.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from agent.episode import StopReason
    from agent.progress import Progress
    from agent.viewer.report import write_report
    from model.loading import load_model
    from tasks.demo.run import run_tasks
    from tasks.demo.tasks import TASKS, chosen

    folder = out or Path("runs") / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-demo"
    tasks = chosen(names) if names else TASKS
    console = Console(highlight=False)
    table = Table("task", "done", "steps", "seconds", "s a step", "how it ended")
    done, loaded = 0, load_model(model)
    with Progress(console) as progress:
        for result in run_tasks(loaded, tasks, folder, headless=not headed, listeners=[progress.show]):
            episode = result.episode
            if episode.reason is StopReason.INTERRUPTED:
                raise KeyboardInterrupt
            write_report(result.record)
            done += episode.success
            steps = len(episode.steps)
            table.add_row(
                result.task.name,
                "yes" if episode.success else "NO",
                str(steps),
                f"{episode.seconds:.1f}",
                f"{episode.seconds / max(1, steps):.1f}",
                escape(episode.detail),
            )
    console.print(table)
    print(f"demo: {done} of {len(tasks)} tasks done")
    print(f"What it saw and did: {folder}/*/report.html")
    return 0 if done == len(tasks) else NOT_ALL_DONE
