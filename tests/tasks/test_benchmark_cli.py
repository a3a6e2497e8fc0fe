"""What the benchmark commands print and with what status they end."""

import json

import pytest

from tasks.benchmark_cli import check, report, run
from tasks.errors import RunFolderError, TaskError, TaskFileError


@pytest.fixture
def benchmark(tmp_path):
    tasks = {
        "os/rename": {"func": "exact_match", "result": {"type": "vm_command_line", "command": "ls"}},
        "os/strange": {"func": "measure_happiness", "result": {"type": "vm_soul"}},
    }
    for key, evaluator in tasks.items():
        path = tmp_path / "examples" / f"{key}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"id": path.stem, "instruction": "Do it.", "evaluator": evaluator}))
    (tmp_path / "test_good.json").write_text(json.dumps({"os": ["rename"]}))
    return tmp_path


def test_check_names_what_is_not_available_and_what_cannot_be_read(benchmark, capsys):
    (benchmark / "examples" / "os" / "broken.json").write_text("{}")
    assert check(benchmark, each=True) == 1
    said = capsys.readouterr().out
    assert "not available: os/strange: getter vm_soul, metric measure_happiness" in said
    assert "broken.json: id: Field required." in said
    assert "2 of 3 task files read, everything is available for 1" in said
    assert "  getters: vm_command_line" in said


def test_check_of_a_list_of_what_is_available_is_good(benchmark, capsys):
    assert check(benchmark, chosen="test_good") == 0
    assert "1 of 1 task files read" in capsys.readouterr().out


def test_misuse_is_one_sentence(benchmark, tmp_path):
    with pytest.raises(TaskFileError, match="It has: test_good"):
        check(benchmark, chosen="test_bad")
    with pytest.raises(TaskFileError, match="no task 'none'"):
        run(benchmark, guest=("127.0.0.1:9",), task=("none",))
    with pytest.raises(TaskError, match="needs --reset"):
        run(benchmark, guest=("127.0.0.1:9",), check_before=True)
    with pytest.raises(TaskError, match="Give the address of a --guest, or a --disk"):
        run(benchmark)
    with pytest.raises(RunFolderError, match="holds no run"):
        report(tmp_path)
    with pytest.raises(RunFolderError, match="Give the folder"):
        report()
