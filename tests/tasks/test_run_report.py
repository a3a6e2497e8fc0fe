"""The reports show every number of a run, need nothing beside them, and treat foreign text as text."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from rich.console import Console

from tasks.benchmark_cli import report
from tasks.errors import RunFolderError
from tasks.results import OutcomeKind, RunCard, RunFolder, TaskResult
from tasks.run_report import comparison_table, load_run, table_of, write_comparison, write_report
from tasks.run_statistics import difference, rows_of

NASTY = '<script>alert("x")</script> | *bold*'


def card(**fields):
    given = {
        "deixis": "1.0",
        "started": datetime(2026, 1, 2, tzinfo=UTC),
        "model": NASTY,
        "format": "kimi-vl",
        "temperature": 0.0,
        "max_steps": 15,
        "max_seconds": 60.0,
        "suite": "test_small",
        "sha256": "0" * 64,
        "tasks": ("os/a", "os/b", "vlc/c", "vlc/d"),
    }
    return RunCard.model_validate(given | fields)


def result(task, score=None, outcome=OutcomeKind.SCORED, **fields):
    return TaskResult(task=task, outcome=outcome, score=score, finished=datetime.now(UTC), **fields)


RESULTS = (
    result("os/a", 1.0, steps=4, prompt_tokens=1000, output_tokens=100, set_up_s=1.0, agent_s=8.0, evaluate_s=1.0),
    result("os/b", 0.5, steps=2, agent_s=2.0),
    result("vlc/c", outcome=OutcomeKind.INFRASTRUCTURE_ERROR, cause=NASTY),
)


def written(folder, results, **fields):
    with RunFolder(folder, card(**fields)) as run:
        for each in results:
            run.append(each)
    return load_run(folder)


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.links, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data):
        self.text += data


def test_totals_are_over_all_tasks_of_the_card():
    overall, os, vlc = rows_of(card(), RESULTS)
    assert overall.score.accuracy == pytest.approx(1.5 / 4)
    assert overall.score.low < overall.score.accuracy < overall.score.high
    assert (os.score.accuracy, vlc.score.accuracy, vlc.not_run) == (0.75, 0.0, 1)
    assert (overall.steps, overall.seconds, overall.tokens) == (2.0, 4.0, pytest.approx(1100 / 3))


def test_the_pages_hold_everything_and_run_nothing(tmp_path):
    markdown, html = (path.read_text() for path in write_report(written(tmp_path / "run", RESULTS)))
    for shown in ("37.5 %", "75.0 %", "infrastructure error"):
        assert shown in markdown
        assert shown in html
    assert "| 1100 |" in markdown
    assert "<td>1000</td><td>100</td>" in html
    tags = Tags(html)
    assert "script" not in tags.tags
    assert tags.links == [f"tasks/{each.task}/episode/" for each in RESULTS]  # beside it in the run's folder
    assert NASTY in tags.text
    assert tags.tags.count("circle") == 3  # all, os, vlc
    assert "<script>" not in markdown
    assert r"\| \*bold\*" in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {line.replace(r"\|", "").count("|") for line in rows[:5]} == {13}


def test_runs_are_compared_task_by_task(tmp_path):
    better = (result("os/a", 1.0), result("os/b", 1.0), result("vlc/c", 0.5), result("vlc/d", 1.0))
    runs = [written(tmp_path / "one", RESULTS), written(tmp_path / "two", better, sha256="1" * 64, model="other")]
    change = difference(runs[0].results, runs[1].results)
    assert (change.tasks, change.better, change.worse) == (3, ("os/b", "vlc/c"), ())
    assert change.score.accuracy == pytest.approx(1 / 3)
    assert difference(runs[1].results, runs[0].results).worse == ("os/b", "vlc/c")
    for path in write_comparison(runs, tmp_path):
        page = path.read_text()
        assert "+33.3 points" in page
        assert "over the 3 tasks that both have an outcome for: 2 better, 0 worse. The task files differ." in page
    html = (tmp_path / "comparison.html").read_text()
    assert Tags(html).tags.count("circle") == 6
    console = Console(record=True, width=300)
    console.print(table_of(runs[0]))
    console.print(comparison_table(runs))
    assert "+33.3" in console.export_text()


def test_the_command_writes_the_pages_and_says_where(tmp_path, capsys):
    written(tmp_path / "one", RESULTS)
    written(tmp_path / "two", RESULTS)
    assert report(tmp_path / "one", tmp_path / "two", out=tmp_path) == 0
    said = capsys.readouterr().out
    for name in ("one/report.md", "one/report.html", "two/report.html", "comparison.md", "comparison.html"):
        assert str(tmp_path / name) in said
        assert (tmp_path / name).is_file()
    with pytest.raises(RunFolderError, match="cannot be written"):
        write_comparison([load_run(tmp_path / "one")] * 2, tmp_path / "none")


def test_a_run_of_which_nothing_was_done_has_a_report(tmp_path):
    markdown, _ = write_report(written(tmp_path / "run", ()))
    assert "| all | 0.0 % | - | 4 | 0 | 0 | 0 | 4 |" in markdown.read_text()
