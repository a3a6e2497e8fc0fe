"""Judging the state that an agent has left behind, exactly as OSWorld's `DesktopEnv.evaluate` does.

First the postconfig steps are carried out. A task that cannot be done is passed by saying so, and any other is failed
by it. Then each check compares what its getters fetch. "and" gives 0 as soon as a check gives 0, else the mean of all;
"or" gives 1 as soon as one gives 1, else the best. A result file that does not exist scores 0.

One difference: what goes wrong on the way is never a missing score, but EvaluationFailed or whatever names the cause;
a metric that gives no number has gone wrong. After version 1.0.2, which WindowsAgentArena shares.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import fmean

from envs.base import EnvUnavailable
from tasks.errors import EvaluationFailed, InfrastructureError, NotAvailable, SetUpFailed
from tasks.getters import GETTERS, Getter
from tasks.guest import Guest
from tasks.metrics import METRICS, Metric
from tasks.schema import Check, Evaluator, GetterCall
from tasks.setup_steps import carry_out


@dataclass(frozen=True, slots=True)
class CheckScore:
    """What one check gave."""

    func: str
    score: float
    note: str = ""
    """Why, when the metric was not asked."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a task scored."""

    score: float
    """0..1; may be a fraction."""
    checks: tuple[CheckScore, ...] = ()
    """Those that were looked at, in order."""


def evaluate(
    guest: Guest,
    evaluator: Evaluator,
    said_impossible: bool,
    *,
    metrics: Mapping[str, Metric] = METRICS,
    getters: Mapping[str, Getter] = GETTERS,
    sleep: Callable[[float], None] = time.sleep,
) -> Evaluation:
    """Judge a guest's state. The postconfig steps change it.

    Args:
        guest: the machine.
        evaluator: the task's.
        said_impossible: whether the agent's last word was that the task cannot be done.
        metrics: the comparisons by name.
        getters: what can be fetched, by name.
        sleep: waits for seconds, where a task says so.

    Raises:
        EvaluationFailed: a step, a getter or a metric failed in a way that nobody has foreseen.
        InfrastructureError: a step failed, or a library, a getter or a metric is not there.
        EnvUnavailable: the guest has gone.
    """
    with _named("A step before the evaluation"):
        try:
            carry_out(guest, evaluator.postconfig, sleep)
        except SetUpFailed as error:  # is no set-up that failed: what the agent did is done
            raise EvaluationFailed(f"A step before the evaluation failed: {error}") from error
    if evaluator.is_infeasible:
        return Evaluation(float(said_impossible))
    if said_impossible:
        return Evaluation(0.0)
    scores: list[CheckScore] = []
    for check in evaluator.checks:
        scores.append(_score(guest, check, metrics, getters))
        if evaluator.is_list and evaluator.conj == "and" and scores[-1].score == 0.0:
            return Evaluation(0.0, tuple(scores))
        if evaluator.is_list and evaluator.conj == "or" and scores[-1].score == 1.0:
            return Evaluation(1.0, tuple(scores))
    numbers = [each.score for each in scores]
    return Evaluation(fmean(numbers) if evaluator.conj == "and" else max(numbers), tuple(scores))


def _score(guest: Guest, check: Check, metrics: Mapping[str, Metric], getters: Mapping[str, Getter]) -> CheckScore:
    if check.func not in metrics:
        raise NotAvailable(f"The metric {check.func} does not exist here.")
    found: list[object] = []
    if check.result is not None:
        try:
            found.append(_fetched(guest, check.result, getters))
        except FileNotFoundError as error:
            return CheckScore(check.func, 0.0, f"There is no {error}.")
    if check.expected is not None:
        try:
            found.append(_fetched(guest, check.expected, getters))
        except FileNotFoundError as error:
            raise EvaluationFailed(f"What is expected is not there: {error}.") from error
    with _named(f"The metric {check.func}"):
        score = float(metrics[check.func](*found, **check.options))
        if not math.isfinite(score):
            raise ValueError(f"{score} is no score.")
    return CheckScore(check.func, score)


def _fetched(guest: Guest, call: GetterCall, getters: Mapping[str, Getter]) -> object:
    if call.type not in getters:
        raise NotAvailable(f"The getter {call.type} does not exist here.")
    with _named(f"The getter {call.type}", FileNotFoundError):
        return getters[call.type](guest, call.config)


@contextmanager
def _named(what: str, *foreseen: type[Exception]) -> Generator[None]:
    """Whatever is raised and not foreseen becomes EvaluationFailed with its cause.

    Not only an Exception: libraries in Rust panic with less than that, and others call `sys.exit`.
    """
    try:
        yield
    except (InfrastructureError, EnvUnavailable, KeyboardInterrupt, *foreseen):
        raise
    except BaseException as error:
        raise EvaluationFailed(f"{what} failed: {type(error).__name__}: {error}") from error
