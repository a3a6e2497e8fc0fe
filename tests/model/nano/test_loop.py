"""A run that was stopped, in whatever way, ends with the very weights of one that was not."""

from __future__ import annotations

import itertools
import json
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from model.base import ModelError
from model.nano.interruption import Interruption
from model.nano.journal import EVERY, Journal
from model.nano.loop import STATE, Losses, Run, Schedule, averaged_weights

STEPS = 12
STOP_AT = 7


class Small(nn.Module):
    """Has weights for both optimisers, and a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        self.norm = nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 3)

    def losses(self, rng: random.Random, done: float) -> Losses:
        x = torch.tensor([[rng.gauss(0, 1) for _ in range(4)] for _ in range(8)]) + done
        for block in self.blocks:
            x = block(x).tanh()
        return {"loss": self.head(self.norm(x)).square().mean()}


def small() -> Small:
    torch.manual_seed(0)
    return Small()


def run_in(folder: Path, save_every_s: float = 1e9, interruption: Interruption | None = None) -> Run:
    """A run of `STEPS` steps of one second each."""
    seconds = itertools.count()
    schedule = Schedule(minutes=STEPS / 60, save_every_s=save_every_s)
    return Run(folder / "lesson", schedule, interruption or Interruption(), clock=lambda: float(next(seconds)))


def at_step(number: int, learner: Small, do: Callable[[], None]) -> Callable[[random.Random, float], Losses]:
    """The learner's losses; something happens in one of the steps, counted from 0 in this process."""
    steps = itertools.count()

    def losses(rng: random.Random, done: float) -> Losses:
        if next(steps) == number:
            do()
        return learner.losses(rng, done)

    return losses


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    folder, learner = tmp_path_factory.mktemp("undisturbed"), small()
    run_in(folder).train(learner, learner.losses)
    state = torch.load(folder / "lesson" / STATE, weights_only=True)
    assert state["step"] == STEPS
    assert not torch.equal(learner.head.weight, small().head.weight)
    return state


def assert_same_end(folder: Path, undisturbed: dict[str, torch.Tensor]) -> None:
    state = torch.load(folder / "lesson" / STATE, weights_only=True)
    torch.testing.assert_close(state, undisturbed, atol=0, rtol=0)


def test_ctrl_c_saves_the_step_and_the_run_goes_on(tmp_path: Path, undisturbed: dict[str, torch.Tensor]) -> None:
    before, learner = signal.getsignal(signal.SIGINT), small()
    interrupt = at_step(STOP_AT, learner, lambda: signal.raise_signal(signal.SIGINT))
    with Interruption() as interruption, pytest.raises(KeyboardInterrupt):
        run_in(tmp_path, interruption=interruption).train(learner, interrupt)
    assert signal.getsignal(signal.SIGINT) is before
    assert torch.load(tmp_path / "lesson" / STATE, weights_only=True)["step"] == STOP_AT + 1
    learner = small()
    run_in(tmp_path).train(learner, learner.losses)
    assert_same_end(tmp_path, undisturbed)


def test_a_crash_costs_what_was_not_saved_and_changes_nothing(
    tmp_path: Path, undisturbed: dict[str, torch.Tensor]
) -> None:
    def crash() -> None:
        raise MemoryError

    learner = small()
    with pytest.raises(MemoryError):
        run_in(tmp_path, save_every_s=3).train(learner, at_step(STOP_AT, learner, crash))
    assert 0 < torch.load(tmp_path / "lesson" / STATE, weights_only=True)["step"] < STOP_AT
    learner = small()
    run_in(tmp_path).train(learner, learner.losses)
    assert_same_end(tmp_path, undisturbed)


def test_a_finished_run_is_left_alone(tmp_path: Path, undisturbed: dict[str, torch.Tensor]) -> None:
    for _ in range(2):
        learner = small()
        run_in(tmp_path).train(learner, learner.losses)
    assert_same_end(tmp_path, undisturbed)


def test_what_is_held_out_is_looked_at_with_the_averaged_weights(tmp_path: Path) -> None:
    learner, seen = small(), list[dict[str, torch.Tensor]]()

    def held_out(averaged: Small) -> Losses:
        assert averaged is not learner
        assert not averaged.training
        assert not torch.is_grad_enabled()
        seen.append({name: value.clone() for name, value in averaged.state_dict().items()})
        return {"loss": torch.tensor(float(len(seen)))}

    run_in(tmp_path, save_every_s=3).train(learner, learner.losses, held_out)
    torch.testing.assert_close(seen[-1], averaged_weights(tmp_path / "lesson"), atol=0, rtol=0)
    records = [json.loads(line) for line in (tmp_path / "lesson" / "log.jsonl").read_text().splitlines()]
    assert [record["held_out_loss"] for record in records] == list(range(1, len(seen) + 1))
    assert len(seen) > 1
    assert records[-1]["step"] == STEPS
    assert learner.training


def test_looking_at_what_is_held_out_changes_nothing(tmp_path: Path, undisturbed: dict[str, torch.Tensor]) -> None:
    learner = small()
    run_in(tmp_path, save_every_s=3).train(
        learner, learner.losses, lambda averaged: averaged.losses(random.Random(), 0)
    )
    assert_same_end(tmp_path, undisturbed)


def test_the_average_has_the_learners_names(tmp_path: Path) -> None:
    learner = small()
    run_in(tmp_path).train(learner, learner.losses)
    averaged = averaged_weights(tmp_path / "lesson")
    learner.load_state_dict(averaged)
    with pytest.raises(ModelError, match="run the stage 'other' first"):
        averaged_weights(tmp_path / "other")


def test_a_part_can_learn_faster(tmp_path: Path) -> None:
    def moved(faster: dict[str, float]) -> float:
        learner, before = small(), small()
        schedule = Schedule(minutes=1 / 60, peak_lr=1e-3, warmup=1e-9, weight_decay=0.0, faster=faster)
        run = Run(tmp_path / f"lesson{len(faster)}", schedule, Interruption(), clock=itertools.count().__next__)
        run.train(learner, learner.losses)
        return (learner.head.weight - before.head.weight).abs().mean().item()

    assert moved({"head": 3.0}) == pytest.approx(3 * moved({}), rel=0.01)


def test_the_learning_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(minutes=1, peak_lr=2.0, warmup=0.1, decay=0.4)
    assert [schedule.lr(done) for done in (0, 0.05, 0.1, 0.5, 0.6, 0.8, 1.0, 1.1)] == pytest.approx(
        [0, 1, 2, 2, 2, 1, 0, 0]
    )


def test_the_learning_rate_rises_where_a_run_begins() -> None:
    schedule = Schedule(minutes=1, begin=0.5, peak_lr=2.0, warmup=0.1, decay=0.4)
    assert [schedule.lr(done) for done in (0.5, 0.55, 0.6, 0.8)] == pytest.approx([0, 1, 2, 1])


def test_the_beginning_can_be_left_out(tmp_path: Path) -> None:
    learner, done = small(), list[float]()

    def losses(rng: random.Random, part: float) -> Losses:
        done.append(part)
        return learner.losses(rng, part)

    schedule = Schedule(minutes=STEPS / 60, begin=0.75)
    Run(tmp_path / "lesson", schedule, Interruption(), clock=itertools.count().__next__).train(learner, losses)
    assert done == pytest.approx([part / STEPS for part in range(STEPS * 3 // 4, STEPS)])


def test_the_journal_records_means(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal(tmp_path / "lesson", planned_s=600)
    for step in range(1, 2 * EVERY + 10):
        journal.note(step, elapsed_s=float(step), lr=0.5, losses={"loss": torch.tensor(float(step))})
    journal.close(2 * EVERY + 9, elapsed_s=2 * EVERY + 9)
    records = [json.loads(line) for line in (tmp_path / "lesson" / "log.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records] == [EVERY, 2 * EVERY]
    assert [record["loss"] for record in records] == [(EVERY + 1) / 2, EVERY + (EVERY + 1) / 2]
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 3
    assert "min left" in shown[0]
    assert "the same command goes on" in shown[2]
