"""Random inputs for the metrics of values, texts, JSON, CSV and HTML files."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

from metric_files import BROKEN, WORDS, Call, MakeCall, maybe_broken, maybe_changed, some_text, written


def text_pair(suffix: str = ".txt", **choices: list[object]) -> MakeCall:
    """Two texts of some lines, and options drawn from `choices`."""

    def make(rng: random.Random, folder: Path) -> Call:
        text = "\n".join(some_text(rng, 3) for _ in range(4))
        first = written(folder, f"a{suffix}", maybe_changed(rng, text))
        second = written(folder, f"b{suffix}", text)
        options = {name: rng.choice(values) for name, values in choices.items() if rng.random() < 0.6}
        return (maybe_broken(rng, folder, first), second), options

    return make


def text_and(rules: Callable[[random.Random, list[str]], object]) -> MakeCall:
    """A text of some lines and rules that are made from them."""

    def make(rng: random.Random, folder: Path) -> Call:
        lines = [some_text(rng, 3) for _ in range(4)]
        path = written(folder, "a.txt", "\n".join(lines) + "\n")
        return (maybe_broken(rng, folder, path), rules(rng, lines)), {}

    return make


def value_and(make_value: Callable[[random.Random], object], key: str = "expected", many: bool = False) -> MakeCall:
    def make(rng: random.Random, folder: Path) -> Call:
        value = make_value(rng)
        other = value if rng.random() < 0.5 else make_value(rng)
        return (value, {key: [other, make_value(rng)] if many else other}), {}

    return make


def scalar(rng: random.Random) -> object:
    return rng.choice(["true\n", "true", True, 1.0, 3, None, ["a"], some_text(rng, 2)])


def json_object(rng: random.Random) -> dict[str, object]:
    values: list[object] = [1, "Oslo", "Rome", ["Oslo", "Rome"], ["Rome"], True]
    return {key: rng.choice(values) for key in ("from", "to", "class") if rng.random() < 0.8}


def direct_json(rng: random.Random, folder: Path) -> Call:
    found = json_object(rng)
    expected = dict(found) if rng.random() < 0.5 else json_object(rng)
    if rng.random() < 0.5:
        found["more"] = 7
    rules: dict[str, object] = {"expected": expected}
    if rng.random() < 0.4:
        rules["expect_in_result"] = True
    result: object = found
    if rng.random() < 0.4:
        result = str(found) if rng.random() < 0.3 else json.dumps(found)
    return (result if rng.random() > BROKEN else None, rules), {}


def literal(rng: random.Random, folder: Path) -> Call:
    kind = rng.choice(["str", "list"])
    make = (lambda: rng.choice(WORDS)) if kind == "str" else (lambda: rng.choices(WORDS, k=2))
    found = make()
    expected = found if rng.random() < 0.5 else make()
    if rng.random() < 0.3:
        found = found.upper() if isinstance(found, str) else [word.upper() for word in found]
    return (found, expected), {"type": kind, "ignore_case": rng.random() < 0.5}


def query(rng: random.Random, folder: Path) -> Call:
    path = folder / "a.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("create table t (n integer)")
        database.executemany("insert into t values (?)", [(rng.randint(0, 3),) for _ in range(3)])
    database.close()
    sql = rng.choice(["select count(*) from t", "select sum(n) > 4 from t", "select max(n) from t where n > 9"])
    return (str(path), {"sql": sql}), {}


def json_file(rng: random.Random, folder: Path) -> Call:
    content = {"name": rng.choice(WORDS), "tree": {"mode": rng.choice(["smart", "all", 3])}, "list": [1, 2]}
    is_yaml = rng.random() < 0.4
    text = json.dumps(content)  # which is YAML too
    rule: dict[str, object] = rng.choice(
        [
            {"key": ["name"], "method": "eq", "ref": rng.choice([content["name"], "x"])},
            {"key": ["tree", "mode"], "method": "re", "ref": "smart|all"},
            {"key": ["tree", "none"], "method": "eq", "ref": 1},
            {"key": ["list", 1], "method": "range.te", "ref": [rng.randint(0, 2), 2]},
            {"key": ["tree", "mode"], "method": "approx:0.5", "ref": 3.2},
        ]
    )
    rules = {rng.choice(["expect", "expect", "unexpect"]): [rule]}
    path = maybe_broken(rng, folder, written(folder, "a.json", text))
    return (path, rules), {"is_yaml": is_yaml} if is_yaml else {}


def settings(rng: random.Random, folder: Path) -> Call:
    content = {f"editor.{word}": rng.choice([True, 3, "on"]) for word in rng.sample(WORDS, 3)}
    expected = {key: value if rng.random() < 0.8 else "off" for key, value in content.items() if rng.random() < 0.6}
    return (maybe_broken(rng, folder, written(folder, "a.json", json.dumps(content))), {"expected": expected}), {}


def records(rng: random.Random, folder: Path) -> Call:
    rows = [(rng.choice(WORDS), str(rng.randint(0, 3))) for _ in range(3)]
    path = written(folder, "a.csv", "user,age\n" + "".join(f"{user},{age}\n" for user, age in rows))
    wanted = {"user": rng.choice(rows)[0], "age": rng.choice(rows)[1]}
    rules = {"expect": [wanted]} if rng.random() < 0.6 else {"unexpect": [wanted]}
    return (path if rng.random() > BROKEN else None, rules), {}


def csv_files(rng: random.Random, folder: Path) -> Call:
    args, options = text_pair(".csv", strict=[False], ignore_case=[True])(rng, folder)
    return ((args[0], [str(folder / "nowhere.csv"), args[1]]) if rng.random() < 0.4 else args), options


def html(rng: random.Random, folder: Path) -> Call:
    def page(number: int, word: str) -> str:
        return (
            f'<html><body><table><tr><td sdnum="{number}" class="x">{word}</td></tr></table><p>{word}</p></body></html>'
        )

    word = rng.choice(WORDS)
    first = written(folder, "a.html", page(rng.randint(0, 1), word if rng.random() < 0.7 else rng.choice(WORDS)))
    second = written(folder, "b.html", page(rng.randint(0, 1), word))
    return (first, second), {"ignore_sdnum": True} if rng.random() < 0.6 else {}


def python_source(rng: random.Random, folder: Path) -> Call:
    body = "def f(x):\n\treturn x\n\nprint(f(1))\n"
    head = rng.choice(["", "#!/usr/bin/env python\n", "# -*- coding: utf-8 -*-\n", "\n#!late\n"])
    first = head + rng.choice([body, body.replace("\t", "    "), body.replace("1", "2"), body + "\n\n"])
    path = maybe_broken(rng, folder, written(folder, "a.py", first))
    return (path, written(folder, "b.py", body)), {}


INPUTS: dict[str, MakeCall] = {
    "exact_match": value_and(scalar),
    "literal_match": literal,
    "match_in_list": value_and(scalar, many=True),
    "is_in_list": lambda rng, folder: ((rng.choices(WORDS, k=5), {"expected": rng.choice(WORDS)}), {}),
    "fuzzy_match": value_and(some_text),
    "check_include_exclude": lambda rng, folder: (
        (
            rng.choice([None, *(some_text(rng) for _ in range(9))]),
            {"include": rng.choices(WORDS, k=1), "exclude": rng.choices(WORDS, k=1)},
        ),
        {},
    ),
    "check_direct_json_object": direct_json,
    "run_sqlite3": query,
    "check_json": json_file,
    "check_json_settings": settings,
    "check_csv": records,
    "compare_text_file": text_pair(ignore_blanks=[True], ignore_case=[True]),
    "compare_config": text_and(lambda rng, lines: {"expected": "\n".join(lines) + rng.choice(["\n", ""])}),
    "diff_text_file": text_pair(),
    "compare_python_pure_text": python_source,
    "check_list": text_and(
        lambda rng, lines: {
            rng.choice(["expect", "unexpect"]): [rf"\b{rng.choice(WORDS)}\b.*", r"^\w"][: rng.randint(1, 2)]
        }
    ),
    "check_line_number": text_and(
        lambda rng, lines: {"expected": str(sum("12:34:56" in line for line in lines) + rng.choice([0, 0, 1]))}
    ),
    "file_contains": text_and(lambda rng, lines: {"expected": [rng.choice(lines), rng.choice([*WORDS, *lines])]}),
    "compare_csv": csv_files,
    "compare_htmls": html,
}
