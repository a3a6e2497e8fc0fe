import json
from contextlib import suppress
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.errors import TaskFileError
from tasks.schema import Task, read_task
from tasks.setup_schema import Download, Execute, Sleep, WindowStep

RENAME = {
    "id": "0f1d2c3b-rename",
    "snapshot": "os",
    "instruction": "Rename notes.txt on the desktop to todo.txt.",
    "source": "https://example.org/rename",
    "config": [
        {
            "type": "download",
            "parameters": {"files": [{"url": "https://example.org/notes.txt", "path": "/home/user/Desktop/notes.txt"}]},
        },
        {"type": "launch", "parameters": {"command": ["nautilus", "/home/user/Desktop"]}},
        {"type": "sleep", "_comment": "it starts slowly", "parameters": {"seconds": 0.5}},
    ],
    "trajectory": "trajectories/",
    "related_apps": ["os"],
    "evaluator": {
        "func": "exact_match",
        "result": {"type": "vm_command_line", "command": "ls ~/Desktop", "shell": "true"},
        "expected": {"type": "rule", "rules": {"type:": "misspelt", "expected": "todo.txt\n"}},
    },
    "proxy": False,
    "fixed_ip": False,
    "possibility_of_env_change": "low",
}


def changed(**evaluator):
    task = deepcopy(RENAME)
    task["evaluator"] |= evaluator
    return task


def test_a_task_is_read_with_its_steps_and_its_check():
    task = Task.model_validate(RENAME)
    assert [step.type for step in task.config] == ["download", "launch", "sleep"]
    assert isinstance(task.config[0], Download)
    assert task.config[0].files[0].path == "/home/user/Desktop/notes.txt"
    assert task.config[2] == Sleep(type="sleep", seconds=0.5)
    (check,) = task.evaluator.checks
    assert (check.func, check.result.type, check.expected.type) == ("exact_match", "vm_command_line", "rule")
    assert check.result.config == {"command": "ls ~/Desktop", "shell": "true"}
    assert check.expected.config["rules"] == {"type:": "misspelt", "expected": "todo.txt\n"}
    assert not task.evaluator.is_list


@pytest.mark.parametrize("nothing", [None, {}])
def test_lists_become_one_check_an_entry_and_nothing_may_be_written_as_none_or_empty(nothing):
    task = Task.model_validate(
        changed(
            func=["file_contains", "infeasible"],
            conj="or",
            result=[{"type": "vm_file", "path": "/a", "dest": "a"}, nothing],
            expected=[nothing, {"type": "rule", "rules": {}}],
            options=[nothing, {"threshold": 0.5}],
        )
    )
    first, second = task.evaluator.checks
    assert task.evaluator.is_list
    assert task.evaluator.conj == "or"
    assert (first.expected, dict(first.options)) == (None, {})
    assert (second.result, dict(second.options)) == (None, {"threshold": 0.5})


def test_the_real_files_liberties_are_read():
    task = Task.model_validate(
        changed(postconfig=[{"type": "execute", "parameters": {"command": "true", "shell": "true"}}], _config_note="!")
        | {"_comments": "a note", "comments": "another", "_commments": "and a slip", "source": None}
    )
    assert task.evaluator.postconfig == (Execute(type="execute", command="true", shell=True),)
    assert Task.model_validate(RENAME | {"config": []}).config == ()
    without = {name: value for name, value in RENAME.items() if name != "config"}
    assert Task.model_validate(without).config == ()


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (RENAME | {"config": [{"type": "explode", "parameters": {}}]}, "config.0"),
        (RENAME | {"config": [{"type": "sleep", "parameters": {"seconds": -1}}]}, "config.0.sleep.seconds"),
        (RENAME | {"config": [{"type": "launch", "command": "xterm"}]}, "config.0"),
        (RENAME | {"instruction": ""}, "instruction"),
        (RENAME | {"id": "../../etc"}, "id"),
        (RENAME | {"instructions": "x"}, "instructions"),
        (changed(conj="xor"), "evaluator.conj"),
        (changed(func=["a", "b"]), "evaluator"),
        (changed(func=[], result=[], expected=[]), "evaluator.checks"),
        (changed(result={"path": "/a"}), "evaluator.checks.0.result.type"),
    ],
)
def test_what_no_task_has_is_refused_with_file_and_field(tmp_path, broken, field):
    path = tmp_path / "os" / "task.json"
    path.parent.mkdir()
    path.write_text(json.dumps(broken))
    with pytest.raises(TaskFileError) as refused:
        read_task(path)
    assert str(refused.value).startswith(f"{path}: {field}: ")


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"null", b"\xff\xfe"])
def test_a_file_that_is_no_task_is_one_sentence(tmp_path, content):
    path = tmp_path / "task.json"
    path.write_bytes(content)
    with pytest.raises(TaskFileError, match=r"task\.json"):
        read_task(path)
    with pytest.raises(TaskFileError, match="cannot be read"):
        read_task(tmp_path / "none.json")


def test_the_folder_is_the_domain(tmp_path):
    path = tmp_path / "libreoffice_calc" / "task.json"
    path.parent.mkdir()
    path.write_text(json.dumps(RENAME))
    assert read_task(path).key == "libreoffice_calc/0f1d2c3b-rename"


def test_windows_are_told_apart_by_title_or_class():
    step = {"type": "activate_window", "parameters": {"window_name": "gimp", "strict": True, "by_class": True}}
    assert Task.model_validate(RENAME | {"config": [step]}).config == (
        WindowStep(type="activate_window", window_name="gimp", strict=True, by_class=True),
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["config", "evaluator", "source", "related_apps", "proxy"]), json_values)
def test_any_other_content_is_read_or_refused_and_nothing_else(field, value):
    with suppress(ValidationError):
        Task.model_validate(RENAME | {field: value})
