"""Models with known answers get the scores that were computed by hand, however often the run was cut off."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.base import GREEDY, GenerationError, Sampling
from model.fake import ScriptedModel
from model.messages import Message, Reply
from model.nano.prompts import answer_text
from tasks.run_folder import CARD
from tasks.screenspot.dataset import Dataset, read_dataset
from tasks.screenspot.items import RunError
from tasks.screenspot.methods import Method
from tasks.screenspot.records import RECORDS, Record, RunFolder, read_run
from tasks.screenspot.runner import Unanswered, card_of, chosen, run_items
from tasks.screenspot.scoring import Verdict
from tasks.screenspot.statistics import Summary, summarise

Answering = Callable[[Mapping[str, str]], ScriptedModel]


def ask(model: ScriptedModel, dataset: Dataset, folder: Path, method: Method = Method.PLAIN) -> Sequence[Record]:
    with RunFolder(folder, card_of(model, dataset)) as run:
        run_items(model, dataset.items, run, method)
    return read_run(folder)[1]


def table(summary: Summary) -> dict[str, dict[str, tuple[int, int, int]]]:
    """Right, total and wrong format by kind."""
    return {
        part.name: {row.label: (row.right, row.total, row.wrong_format) for row in part.rows}
        for part in summary.breakdowns
    }


@pytest.mark.parametrize("folder", ["v1", "v2"])
def test_screenspot(
    benchmarks: Path, tmp_path: Path, folder: str, answers: dict[str, dict[str, str]], model_answering: Answering
) -> None:
    summary = summarise(ask(model_answering(answers[folder]), read_dataset(benchmarks / folder), tmp_path / "run"))
    assert (summary.overall.right, summary.overall.total, summary.overall.wrong_format) == (3, 6, 1)
    assert table(summary) == {
        "platform": {"desktop": (3, 4, 0), "mobile": (0, 2, 1)},
        "application": {"android": (0, 1, 0), "ios": (0, 1, 1), "macos": (1, 2, 0), "windows": (2, 2, 0)},
        "element": {"icon": (2, 3, 0), "text": (1, 3, 1)},
        "target size": {"16 to 32 px": (2, 3, 1), "32 to 64 px": (1, 3, 0)},
    }
    platform = summary.breakdown("platform")
    assert platform is not None
    assert platform.macro.accuracy == pytest.approx(0.375)
    assert summary.overall.share.accuracy == pytest.approx(0.5)


def test_screenspot_pro(
    benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering
) -> None:
    records = ask(model_answering(answers["pro"]), read_dataset(benchmarks / "pro"), tmp_path / "run")
    assert {record.item.instruction: record.verdict for record in records} == {
        "corner": Verdict.CORRECT,
        "just outside": Verdict.WRONG,
        "unicorn": Verdict.CORRECT,
        "dragon": Verdict.WRONG,
        "cell": Verdict.CORRECT,
        "missed cell": Verdict.WRONG,
        "mute": Verdict.WRONG_FORMAT,
    }
    assert table(summarise(records)) == {
        "platform": {"linux": (2, 4, 0), "windows": (1, 3, 1)},
        "group": {"Dev": (2, 4, 0), "Office": (1, 3, 1)},
        "application": {"excel": (1, 3, 1), "vscode": (2, 4, 0)},
        "element": {"icon": (1, 4, 1), "text": (2, 3, 0)},
        "target": {"absent": (1, 2, 0), "box": (2, 5, 1)},
    }


@pytest.mark.parametrize("folder", ["osworld_g", "refined"])
def test_osworld_g(
    benchmarks: Path, tmp_path: Path, folder: str, answers: dict[str, dict[str, str]], model_answering: Answering
) -> None:
    summary = summarise(ask(model_answering(answers[folder]), read_dataset(benchmarks / folder), tmp_path / "run"))
    assert (summary.overall.right, summary.overall.total, summary.overall.wrong_format) == (4, 8, 0)
    assert table(summary)["group"] == {
        "layout": (2, 2, 0),
        "refusal": (1, 2, 0),
        "text_matching": (2, 2, 0),
        "unclassified": (0, 3, 0),
    }
    assert table(summary)["target"] == {"absent": (1, 2, 0), "box": (1, 2, 0), "polygon": (2, 4, 0)}


def test_own_screens(
    benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering
) -> None:
    summary = summarise(ask(model_answering(answers["own"]), read_dataset(benchmarks / "own"), tmp_path / "run"))
    assert (summary.overall.right, summary.overall.total) == (2, 2)


def test_a_record_tells_everything_about_its_answer(benchmarks: Path, tmp_path: Path) -> None:
    class Counting(ScriptedModel):
        def generate(
            self,
            prompts: Sequence[Sequence[Message]],
            sampling: Sampling = GREEDY,
            on_text: Callable[[str], None] | None = None,
        ) -> list[Reply]:
            replies = super().generate(prompts, sampling, on_text)
            told = {"log_probability": -0.5, "prompt_tokens": 100, "image_tokens": 80, "output_tokens": 7}
            return [replace(reply, **told) for reply in replies]

    words = answer_text("Click it", "pyautogui.click(x=0.2, y=0.3)")
    model = Counting([words] * 2, view_px=(1000, 1000))
    first = ask(model, read_dataset(benchmarks / "own"), tmp_path / "run")[0]
    assert first.text == words
    assert first.prediction.point == pytest.approx((0.2, 0.3))
    assert (first.looks, first.prompt_tokens, first.output_tokens, first.log_probability) == (1, 100, 7, -0.5)
    assert first.seconds > 0


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Sequence[Record]]]:
    kept: dict[str, tuple[Path, Sequence[Record]]] = {}

    def run(model: ScriptedModel, dataset: Dataset) -> tuple[Path, Sequence[Record]]:
        if "run" not in kept:
            folder = tmp_path_factory.mktemp("whole") / "run"
            kept["run"] = folder, ask(model, dataset, folder)
        return kept["run"]

    return run


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1))
def test_a_run_cut_off_at_any_byte_ends_with_the_same_table(
    where: float,
    benchmarks: Path,
    answers: dict[str, dict[str, str]],
    model_answering: Answering,
    whole_run: Callable[..., tuple[Path, Sequence[Record]]],
) -> None:
    dataset = read_dataset(benchmarks / "osworld_g")
    folder, records = whole_run(model_answering(answers["osworld_g"]), dataset)
    content = (folder / RECORDS).read_bytes()
    cut = content[: round(where * len(content))]
    with tempfile.TemporaryDirectory() as again:
        (Path(again) / CARD).write_bytes((folder / CARD).read_bytes())
        (Path(again) / RECORDS).write_bytes(cut)
        model = model_answering(answers["osworld_g"])
        resumed = ask(model, dataset, Path(again))
        assert len(model.prompts) == len(dataset.items) - cut.count(b"\n")
        assert summarise(resumed).overall == summarise(records).overall
        assert summarise(resumed).breakdowns == summarise(records).breakdowns
        assert [record.item.id for record in resumed] == [record.item.id for record in records]


def test_interrupted_at_any_item_it_goes_on(
    benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering
) -> None:
    dataset = read_dataset(benchmarks / "pro")
    whole = summarise(ask(model_answering(answers["pro"]), dataset, tmp_path / "whole"))
    for after in range(len(dataset.items)):
        model = model_answering(answers["pro"])

        class Interrupted(ScriptedModel):
            def __init__(self, inner: ScriptedModel, left: int) -> None:
                super().__init__([], inner.view_px)
                self._inner, self._left = inner, left

            def generate(
                self,
                prompts: Sequence[Sequence[Message]],
                sampling: Sampling = GREEDY,
                on_text: Callable[[str], None] | None = None,
            ) -> list[Reply]:
                if not self._left:
                    raise KeyboardInterrupt
                self._left -= 1
                return self._inner.generate(prompts, sampling, on_text)

        folder = tmp_path / f"run-{after}"
        with pytest.raises(KeyboardInterrupt):
            ask(Interrupted(model, after), dataset, folder)
        assert len(read_run(folder)[1]) == after
        resumed = summarise(ask(model, dataset, folder))
        assert (resumed.overall, resumed.breakdowns) == (whole.overall, whole.breakdowns)
        assert len(model.prompts) == len(dataset.items)


def test_both_methods_live_in_one_folder(
    benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering
) -> None:
    dataset, model = read_dataset(benchmarks / "v2"), model_answering(answers["v2"])
    ask(model, dataset, tmp_path / "run", Method.PLAIN)
    records = ask(model, dataset, tmp_path / "run", Method.ZOOM)
    assert len(records) == 12
    assert len({record.key for record in records}) == 12


def test_another_run_in_the_same_folder_is_refused(
    benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering
) -> None:
    model = model_answering(answers["v2"])
    ask(model, read_dataset(benchmarks / "v2"), tmp_path / "run")
    with pytest.raises(RunError, match="give another folder"):
        RunFolder(tmp_path / "run", card_of(model, read_dataset(benchmarks / "pro")))
    model.name = "another"
    with pytest.raises(RunError, match="give another folder"):
        RunFolder(tmp_path / "run", card_of(model, read_dataset(benchmarks / "v2")))


def test_a_damaged_line_is_named(
    benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering
) -> None:
    dataset, model = read_dataset(benchmarks / "v2"), model_answering(answers["v2"])
    ask(model, dataset, tmp_path / "run")
    lines = (tmp_path / "run" / RECORDS).read_bytes().splitlines(keepends=True)
    (tmp_path / "run" / RECORDS).write_bytes(b"".join([lines[0], b"{}\n", *lines[2:]]))
    with pytest.raises(RunError, match="line 2"):
        read_run(tmp_path / "run")


def test_records_without_a_card_are_not_touched(benchmarks: Path, tmp_path: Path) -> None:
    (tmp_path / RECORDS).write_text("mine\n")
    with pytest.raises(RunError, match=r"no run\.json"):
        RunFolder(tmp_path, card_of(ScriptedModel([]), read_dataset(benchmarks / "v2")))
    assert (tmp_path / RECORDS).read_text() == "mine\n"


def test_what_the_model_cannot_answer_is_left_for_the_next_time(
    benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering
) -> None:
    dataset, good = read_dataset(benchmarks / "v2"), model_answering(answers["v2"])

    def answer(prompt: Sequence[Message]) -> str:
        if len(failing.prompts) == 2:
            raise GenerationError("The prompt is too long.")
        return good.generate([prompt])[0].text

    failing = ScriptedModel(answer, view_px=(1000, 1000))
    outcomes: list[Record | Unanswered] = []
    with RunFolder(tmp_path / "run", card_of(failing, dataset)) as run:
        (unanswered,) = run_items(failing, dataset.items, run, Method.PLAIN, on_outcome=outcomes.append)
        assert unanswered.why == "The prompt is too long."
        assert len(run.records) == 5
        assert len(outcomes) == 6
    assert len(ask(good, dataset, tmp_path / "run")) == 6


def test_a_picture_that_is_damaged_behind_its_header_is_left_out(
    benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering
) -> None:
    shutil.copytree(benchmarks / "v2", tmp_path / "data")
    path = tmp_path / "data" / "screenspotv2_image" / "phone.png"
    path.write_bytes(path.read_bytes()[:60])
    dataset = read_dataset(tmp_path / "data")
    with RunFolder(tmp_path / "run", card_of(ScriptedModel([]), dataset)) as run:
        unanswered = run_items(model_answering(answers["v2"]), dataset.items, run, Method.PLAIN)
        assert len(run.records) == 4
    assert {each.item.instruction for each in unanswered} == {"nonsense", "not there, it says"}


def test_a_limit_asks_the_same_items_again_and_more(benchmarks: Path) -> None:
    items = read_dataset(benchmarks / "osworld_g").items
    for limit in range(1, len(items) + 3):
        drawn = chosen(items, limit)
        assert len(drawn) == min(limit, len(items))
        assert {item.id for item in chosen(items, limit - 1)} <= {item.id for item in drawn}
        assert [item.position for item in drawn] == sorted(item.position for item in drawn)
    assert chosen(items, None) is items


def test_several_workers_are_for_models_that_allow_it(
    benchmarks: Path, tmp_path: Path, answers: dict[str, dict[str, str]], model_answering: Answering
) -> None:
    dataset, inner = read_dataset(benchmarks / "v2"), model_answering(answers["v2"])
    with (
        RunFolder(tmp_path / "one", card_of(inner, dataset)) as run,
        pytest.raises(RunError, match="one item at a time"),
    ):
        run_items(inner, dataset.items, run, Method.PLAIN, workers=2)

    class Shared(ScriptedModel):
        """Answers only when two threads ask at the same time."""

        thread_safe = True

        def __init__(self) -> None:
            super().__init__([], inner.view_px)
            self.both = threading.Barrier(2, timeout=20)

        def generate(
            self,
            prompts: Sequence[Sequence[Message]],
            sampling: Sampling = GREEDY,
            on_text: Callable[[str], None] | None = None,
        ) -> list[Reply]:
            self.both.wait()
            return inner.generate(prompts, sampling, on_text)

    alone = summarise(ask(inner, dataset, tmp_path / "alone"))
    with RunFolder(tmp_path / "two", card_of(Shared(), dataset)) as run:
        assert run_items(Shared(), dataset.items, run, Method.PLAIN, workers=2) == []
    together = summarise(read_run(tmp_path / "two")[1])
    assert (together.overall, together.breakdowns) == (alone.overall, alone.breakdowns)
