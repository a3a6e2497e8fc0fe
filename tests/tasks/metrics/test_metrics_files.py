"""Text, JSON, YAML, CSV and HTML files, and the rules for values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.cell_range import MultiCellRange

from tasks.errors import EvaluationFailed
from tasks.metrics.rules import Rule, matches
from tasks.metrics.structured import check_csv, check_json, check_json_settings
from tasks.metrics.text import (
    check_line_number,
    check_list,
    compare_config,
    compare_csv,
    compare_python_pure_text,
    compare_text_file,
    diff_text_file,
    file_contains,
)
from tasks.metrics.web_pages import compare_htmls
from tests.tasks.metrics.conftest import WriteFile

NOT_UTF8 = b"\xff\xfe\x00\x80"


@pytest.mark.parametrize(
    ("value", "method", "ref", "expected"),
    [
        (3, "eq", 3, True),
        (3, "ne", 3, False),
        (0.5, "lt", 1, True),
        ("Tree View", "re.I", r"\btree\b", True),
        ("Tree View", "re", r"\btree\b", False),
        ("a\nb", "re.I.M", "^B$", True),
        ("191.6", "approx:0.1", 191.65, True),
        (191.6, "approx:0.001", 191.65, False),
        (None, "approx:0.1", 1.0, False),
        (0, "range.te", [0, 2], False),
        (2, "range.te", [0, 2], True),
        ('"Pass,Fail"', "str_list_eq", ["Pass", "Fail"], True),
        ('"Pass,Fail"', "str_list_eq", ["Fail", "Pass"], False),
        ('"Pass,Fail"', "str_set_eq", ["Fail", "Pass"], True),
        (MultiCellRange("D2:D40"), "spreadsheet_range", ["D2:D29", "D1:D100"], True),
        (MultiCellRange("D3:D40"), "spreadsheet_range", ["D2:D29", "D1:D100"], False),
        (MultiCellRange("D2:E40"), "spreadsheet_range", ["D2:D29", "D1:D100"], False),
    ],
)
def test_rules(value: object, method: str, ref: object, expected: bool) -> None:
    assert matches(value, {"method": method, "ref": ref}) is expected


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 10))
def test_approximately_is_symmetric(value: float, ref: float, most: float) -> None:
    def rule(number: float) -> Rule:
        return {"method": f"approx:{most}", "ref": number}

    assert matches(value, rule(ref)) == matches(ref, rule(value))


@pytest.mark.parametrize("method", ["like", "range.xx", ""])
def test_a_method_that_there_is_not(method: str) -> None:
    with pytest.raises(EvaluationFailed, match="no benchmark describes"):
        matches(1, {"method": method, "ref": 1})


def test_text_files(write: WriteFile) -> None:
    one, other = write("a.txt", "One  two\r\nThree\n"), write("b.txt", "one two three")
    assert compare_text_file(one, write("c.txt", "One  two\nThree\n")) == 1.0
    assert compare_text_file(one, other) == 0.0
    assert compare_text_file(one, other, ignore_blanks=True) == 0.0
    assert compare_text_file(one, other, ignore_blanks=True, ignore_case=True) == 1.0
    for missing in (None, "nowhere.txt", write("d.txt", NOT_UTF8)):
        assert compare_text_file(missing, one) == 0.0


def test_a_configuration(write: WriteFile) -> None:
    expected = '{"workbench.colorTheme": "Dark"}\n'
    assert compare_config(write("a.json", expected), {"expected": expected}) == 1.0
    more = write("b.json", '{\n  "files.autoSave": "off",\n  "workbench.colorTheme": "Dark"\n}')
    assert compare_config(more, {"expected": expected}) == 0.0
    assert compare_config(more, {"expected": expected}, containment_ok=True) == 1.0
    assert compare_config(write("c.json", "{"), {"expected": expected}, containment_ok=True) == 0.0
    assert compare_config(None, {"expected": expected}) == 0.0


def test_alike_lines(write: WriteFile) -> None:
    one = write("a.txt", "a\nb\nc\nd\n")
    assert diff_text_file(one, one) == 1.0
    assert diff_text_file(one, write("b.txt", "a\nb\nx\ny\n")) == 0.5
    assert diff_text_file(None, one) == 0.0


def test_python_source(write: WriteFile) -> None:
    one = write("a.py", "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\ndef f():\n\treturn 1  \n")
    assert compare_python_pure_text(one, write("b.py", "def f():\n    return 1")) == 1.0
    assert compare_python_pure_text(one, write("c.py", "def f():\n    return 2")) == 0.0
    assert compare_python_pure_text(one, write("d.py", "```\ndef f():\n    return 1\n```")) == 0.0
    assert compare_python_pure_text(write("e.py", NOT_UTF8), one) == 0.0


def test_lines(write: WriteFile) -> None:
    path = write("a.txt", "openjdk-17-jre\nOrchis\n12:34:56 all\n23:59:60 all\n24:00:00 all\n")
    assert check_list(path, {"expect": [r"openjdk-\d+-(jre|jdk)", "^Orchis$"], "unexpect": ["error"]}) == 1.0
    assert check_list(path, {"expect": ["Orchis"], "unexpect": ["^openjdk"]}) == 0.0
    assert check_list(write("empty.txt", "\n"), {"unexpect": [".+"]}) == 1.0
    assert check_list(None, {"unexpect": [".+"]}) == 0.0
    assert check_line_number(path, {"expected": "2"}) == 1.0
    assert check_line_number(path, {"expected": "3"}) == 0.0
    assert check_line_number("nowhere.txt", {"expected": "0"}) == 0.0
    assert file_contains(path, {"expected": ["Orchis", "all"]}) == 1.0
    assert file_contains(path, {"expected": ["Orchis", "none"]}) == 0.0
    assert file_contains(write("b.txt", NOT_UTF8), {"expected": []}) == 0.0


def test_csv_files(write: WriteFile) -> None:
    one, other = write("a.csv", "name,age\nAda, 36\n"), write("b.csv", "NAME,age\nAda, 36 \n")
    assert compare_csv(one, one) == 1.0
    assert compare_csv(one, other) == 0.0
    assert compare_csv(one, other, strict=False, ignore_case=True) == 1.0
    assert compare_csv(one, ["nowhere.csv", other, one]) == 1.0
    assert compare_csv(one, ["nowhere.csv", other]) == 0.0
    assert compare_csv(write("c.csv", b"caf\xe9"), write("d.csv", "café")) == 1.0
    assert compare_csv(None, one) == 0.0
    assert check_csv(one, {"expect": [{"name": "Ada"}], "unexpect": [{"name": "Ada", "age": "37"}]}) == 1.0
    assert check_csv(one, {"unexpect": [{"name": "Ada"}]}) == 0.0
    assert check_csv(one, {"expect": [{"town": "London"}]}) == 0.0
    assert check_csv(write("e.csv", NOT_UTF8), {}) == 0.0


def test_json_values(write: WriteFile) -> None:
    path = write("a.json", '{"name": "happy", "tree": {"mode": "smart,all"}, "list": [1]}')
    smart = {"key": ["tree", "mode"], "method": "re", "ref": r"\bsmart\b"}
    assert check_json(path, {"expect": [smart, {"key": ["list", 0], "method": "eq", "ref": 1}]}) == 1.0
    assert check_json(path, {"unexpect": [smart]}) == 0.0
    assert check_json(path, {"unexpect": [{"key": ["tree", "x"], "method": "eq", "ref": 1}]}) == 1.0
    for key in (["missing"], ["name", "deeper"], ["list", 7], ["list"]):
        assert check_json(path, {"expect": [{"key": key, "method": "re", "ref": "a"}]}) == 0.0
    assert check_json(write("b.yaml", "name: [happy"), {}, is_yaml=True) == 0.0
    assert check_json(write("c.yaml", ""), {}, is_yaml=True) == 0.0
    assert check_json(write("d.yaml", "name: happy"), {"expect": [{"key": ["name"], "method": "eq", "ref": "happy"}]},
                      is_yaml=True) == 1.0  # fmt: skip


def test_settings(write: WriteFile) -> None:
    path = write("settings.json", '{"editor.wordWrap": "on", "files.autoSave": null}')
    assert check_json_settings(path, {"expected": {"editor.wordWrap": "on"}}) == 1.0
    assert check_json_settings(path, {"expected": {"editor.wordWrap": "off"}}) == 0.0
    assert check_json_settings(path, {"expected": {"missing": None}}) == 0.0
    assert check_json_settings(write("b.json", "[1]"), {"expected": {"a": 1}}) == 0.0
    assert check_json_settings(write("c.json", "{"), {"expected": {}}) == 0.0


def test_html(write: WriteFile) -> None:
    one = write("a.html", '<table><tr><td sdnum="1">7</td></tr></table>')
    other = write("b.html", '<table><tr><td sdnum="2">7</td></tr></table>')
    assert compare_htmls(one, one) == 1.0
    assert compare_htmls(one, other) == 0.0
    assert compare_htmls(one, other, ignore_sdnum=True) == 1.0
    assert compare_htmls(one, write("c.html", "<table><tr><td>8</td></tr></table>"), ignore_sdnum=True) == 0.0
    assert compare_htmls(None, one) == 0.0
