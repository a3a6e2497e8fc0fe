import json

import pytest

from tasks.check import needs_of, overview
from tasks.errors import TaskFileError
from tasks.suite import read_suite


def task(name, func="exact_match", config=(), **evaluator):
    return {
        "id": name,
        "instruction": f"Do {name}.",
        "config": list(config),
        "related_apps": ["os"],
        "evaluator": {"func": func, **evaluator},
    }


OPENS_PAGES = {"type": "chrome_open_tabs", "parameters": {"urls_to_open": ["https://shop.example/a", "news.example"]}}
FETCHES = {"type": "download", "parameters": {"files": [{"url": "https://files.example/a.xlsx", "path": "/a.xlsx"}]}}


@pytest.fixture
def benchmark(tmp_path):
    tasks = {
        "os/rename": task(
            "rename", result={"type": "vm_command_line", "command": "ls"}, expected={"type": "rule", "rules": {}}
        ),
        "os/never": task("never", "infeasible"),
        "calc/sum": task(
            "sum",
            "compare_table",
            [FETCHES],
            result={"type": "vm_file", "path": "/a.xlsx", "dest": "a.xlsx"},
            expected={"type": "cloud_file", "path": "https://files.example/gold.xlsx", "dest": "gold.xlsx"},
        ),
        "chrome/shop": task("shop", "is_expected_tabs", [OPENS_PAGES], result={"type": "open_tabs_info"}),
    }
    for key, content in tasks.items():
        path = tmp_path / "examples" / f"{key}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    (tmp_path / "test_small.json").write_text(json.dumps({"os": ["rename"], "calc": ["sum"]}))
    return tmp_path


def test_a_benchmark_is_read_whole_or_by_one_of_its_lists(benchmark):
    assert [each.key for each in read_suite(benchmark).tasks] == ["calc/sum", "chrome/shop", "os/never", "os/rename"]
    small = read_suite(benchmark, "test_small")
    assert ([each.key for each in small.tasks], small.name) == (["os/rename", "calc/sum"], "test_small")


def test_the_hash_is_that_of_the_contents(benchmark):
    before = read_suite(benchmark).sha256
    assert read_suite(benchmark).sha256 == before
    path = benchmark / "examples" / "os" / "never.json"
    path.write_text(path.read_text().replace("Do never.", "Do never!"))
    assert read_suite(benchmark).sha256 != before


def test_what_cannot_be_read_is_reported_and_the_rest_is_read(benchmark):
    (benchmark / "examples" / "os" / "broken.json").write_text("{")
    suite = read_suite(benchmark)
    assert len(suite.tasks) == 4
    assert "broken.json" in str(suite.unreadable[0])


def test_a_folder_without_tasks_and_a_list_that_is_not_there_are_refused(benchmark, tmp_path_factory):
    with pytest.raises(TaskFileError, match="holds no task files"):
        read_suite(tmp_path_factory.mktemp("empty"))
    with pytest.raises(TaskFileError, match="It has: test_small"):
        read_suite(benchmark, "test_all")
    (benchmark / "test_all.json").write_text(json.dumps({"os": ["gone"]}))
    with pytest.raises(TaskFileError, match=r"gone\.json"):
        read_suite(benchmark, "test_all")


def test_what_tasks_need_and_what_is_missing(benchmark):
    steps, getters = {"download"}, {"vm_command_line", "rule", "vm_file", "cloud_file"}
    metrics = {"exact_match", "infeasible", "compare_table"}
    needs = {each.key: needs_of(each, steps, getters, metrics) for each in read_suite(benchmark).tasks}
    assert needs["os/rename"].missing == ()
    assert needs["calc/sum"].files == {"https://files.example/a.xlsx", "https://files.example/gold.xlsx"}
    assert needs["chrome/shop"].sites == {"shop.example", "news.example"}
    assert needs["chrome/shop"].missing == (
        "set-up step chrome_open_tabs",
        "getter open_tabs_info",
        "metric is_expected_tabs",
    )
    together = overview(needs.values())
    assert (together.tasks, together.available, together.without_network, together.files) == (4, 3, 2, 2)
    assert together.steps == (("chrome_open_tabs", 1), ("download", 1))
    assert ("files.example", 1) in together.hosts
