"""The reports show every number and every miss, need nothing beside them, and treat foreign text as text."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from model.fake import ScriptedModel
from tasks.screenspot.dataset import read_dataset
from tasks.screenspot.gallery import picture_of
from tasks.screenspot.methods import Method
from tasks.screenspot.records import Record, RunCard, RunFolder, read_run
from tasks.screenspot.report import by_method, html, markdown, print_table, write_reports
from tasks.screenspot.runner import card_of, run_items

Answering = Callable[[Mapping[str, str]], ScriptedModel]
Run = tuple[RunCard, list[Record]]
VOID = {"meta", "br", "img", "link"}


@pytest.fixture
def run(benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering) -> Run:
    return asked("v2", benchmarks, tmp_path, answers, model_answering)


def asked(
    folder: str, benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering
) -> Run:
    dataset, model = read_dataset(benchmarks / folder), model_answering(answers[folder])
    with RunFolder(tmp_path / "run", card_of(model, dataset)) as run:
        for method in Method:
            run_items(model, dataset.items, run, method)
    card, records = read_run(tmp_path / "run")
    return card, list(records)


class Page(HTMLParser):
    """Tags that are open, and what they refer to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_is_whole_and_needs_nothing_beside_it(run: Run) -> None:
    card, records = run
    page = Page(html(card, by_method(records)))
    assert page.open == []
    assert "script" not in page.tags
    assert len(page.links) == 6  # three misses with each method
    assert all(link.startswith("data:image/jpeg;base64,") for link in page.links)


def test_the_page_shows_misses_with_box_point_and_words(run: Run) -> None:
    card, records = run
    page = html(card, by_method(records))
    assert "<h2>6 misses</h2>" in page
    for instruction in ("beside", "nonsense", "not there, it says"):
        assert page.count(f"<h2>{instruction}</h2>") == 2
    assert "<h2>inside</h2>" not in page
    assert "I would rather not say." in page
    assert page.count('<polygon class="target"') == 6
    assert page.count('<g class="point">') == 2
    assert 'points="150.0,60.0 190.0,60.0 190.0,90.0 150.0,90.0 "' in page
    assert "The model points at 148, 75." in page
    assert "The model says that it is not there." in page


def test_the_page_plots_what_has_several_sizes(run: Run) -> None:
    card, records = run
    page = html(card, by_method(records))
    assert "Accuracy against target size" in page
    assert "Accuracy against image size" not in page  # both pictures are of the same kind
    assert page.count('<g class="series-0">') == 2
    assert page.count('<g class="series-1">') == 2
    assert "zoom, 32 to 64 px: 1 of 3" in page


def test_foreign_text_stays_text(run: Run) -> None:
    card, records = run
    evil = "</pre><script>alert(1)</script> | `a` <b>"
    item = records[-1].item.model_copy(update={"instruction": evil, "application": evil})
    changed = [*records[:-1], records[-1].model_copy(update={"text": evil, "item": item})]
    results = by_method(changed)
    page = Page(html(card, results))
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert evil in page.text
    table_lines = [line for line in markdown(card, results).splitlines() if line.startswith("| application")]
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 9 for line in table_lines)
    assert "<script>" not in markdown(card, results).replace("\\<", "")


def test_markdown_has_the_numbers(run: Run) -> None:
    card, records = run
    text = markdown(card, by_method(records))
    assert "| all items | micro average | plain | 3 | 6 | 1 | 50.0 % |" in text
    assert "| platform | desktop | zoom | 3 | 4 | 0 | 75.0 % |" in text
    assert "| platform | macro average | plain |  |  |  | 37.5 % |" in text
    assert "2 records could not be asked" in text
    assert "gone.png" in text
    assert "6 of 6" in text


def test_the_terminal_has_the_numbers_too(run: Run) -> None:
    _, records = run
    console = Console(width=100, record=True, file=io.StringIO())
    print_table(console, records)
    shown = console.export_text()
    assert re.search(r"all items\W+micro average\W+plain\W+3\W+6\W+1\W+50\.0 %", shown)
    assert re.search(r"android\W+plain\W+0\W+1\W+0\W+0\.0 %\W+-", shown)
    assert max(len(line) for line in shown.splitlines()) <= 100
    assert "s an item" in shown


def test_a_miss_where_nothing_is_shows_the_point_only(
    benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering
) -> None:
    card, records = asked("osworld_g", benchmarks, tmp_path, answers, model_answering)
    page = html(card, by_method(records))
    assert page.count("It is not in the picture.") == 2
    miss = picture_of(next(record for record in records if record.item.instruction == "not refused"))
    assert miss.outline == ()
    assert miss.point == (50, 50)
    assert miss.part == (0, 0, 100, 100)


def test_a_part_lies_around_target_and_point(run: Run) -> None:
    _, records = run
    record = next(record for record in records if record.item.instruction == "beside")
    big = record.item.model_copy(update={"image_size": (4000, 4000)})
    miss = picture_of(record.model_copy(update={"item": big}))
    left, top, right, bottom = miss.part
    assert all(left <= x <= right and top <= y <= bottom for x, y in miss.outline)
    assert miss.point is not None
    assert left <= miss.point[0] <= right
    assert top <= miss.point[1] <= bottom


def test_a_screenshot_that_is_gone_does_not_stop_the_report(run: Run, tmp_path: Path) -> None:
    card, records = run
    item = records[-1].item.model_copy(update={"image": tmp_path / "gone.png"})
    page = html(card, by_method([*records[:-1], records[-1].model_copy(update={"item": item})]))
    assert "The screenshot is no longer there." in page


def test_both_files_are_written(run: Run, tmp_path: Path) -> None:
    card, records = run
    paths = write_reports(tmp_path, card, records)
    assert [path.name for path in paths] == ["report.md", "report.html"]
    assert all(path.stat().st_size > 1000 for path in paths)
