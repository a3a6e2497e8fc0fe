"""The command: a run from its beginning to its reports, and going on with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from model import loading
from model.fake import ScriptedModel
from tasks.screenspot.cli import app
from tasks.screenspot.items import DataError

Answering = Callable[[Mapping[str, str]], ScriptedModel]


def run(*words: str) -> object:
    return app(["screenspot", *words], exit_on_error=False, print_error=False, result_action="return_value")


@pytest.fixture
def model(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, dict[str, str]], model_answering: Answering
) -> ScriptedModel:
    model = model_answering({**answers["pro"], **answers["v2"], **answers["own"]})
    monkeypatch.setattr(loading, "load_model", lambda name: model)
    return model


def files(folder: Path) -> Sequence[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_run_and_its_reports(
    benchmarks: Path, tmp_path: Path, model: ScriptedModel, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert run(str(benchmarks / "pro"), "--out", str(out)) == 1  # one record could not be asked
    shown = capsys.readouterr().out
    assert "1 records are left out: malformed." in shown
    assert "vscode_linux.json 5" in shown
    assert "42.9 %" in shown  # 3 of 7
    assert str(out / "report.html") in shown
    assert files(out) == [
        "records.jsonl",
        "report.html",
        "report.md",
        "run.json",
        "run.lock",
        "screenspot-pro-plain.json",
    ]
    assert json.loads((out / "screenspot-pro-plain.json").read_text())["metrics"]["overall"]["num_total"] == 7


def test_going_on_asks_only_what_is_left(
    benchmarks: Path, tmp_path: Path, model: ScriptedModel, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    run(str(benchmarks / "pro"), "--out", str(out), "--limit", "3")
    assert len(model.prompts) == 3
    run(str(benchmarks / "pro"), "--out", str(out))
    assert len(model.prompts) == 7
    assert "3 of 7 items were answered before." in capsys.readouterr().out
    run(str(benchmarks / "pro"), "--out", str(out), "--zoom")
    assert len(model.prompts) == 14
    assert "screenspot-pro-zoom.json" in files(out)
    assert "| zoom |" in (out / "report.md").read_text()


def test_the_exit_status_is_0_when_all_was_asked(benchmarks: Path, tmp_path: Path, model: ScriptedModel) -> None:
    data = str(benchmarks / "pro" / "annotations" / "excel_windows.json")
    assert run(data, "--out", str(tmp_path / "run")) == 0


def test_an_interrupted_run_says_how_to_go_on(
    benchmarks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(loading, "load_model", lambda name: ScriptedModel(interrupt))
    with pytest.raises(SystemExit, match="130"):
        run(str(benchmarks / "pro"), "--out", str(tmp_path / "run"))
    assert f"--out {tmp_path / 'run'}" in capsys.readouterr().out


def test_data_that_is_not_there_is_said_before_a_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(name: str) -> ScriptedModel:
        raise AssertionError("loaded")

    monkeypatch.setattr(loading, "load_model", never)
    with pytest.raises(DataError):
        run(str(tmp_path / "nowhere"))
