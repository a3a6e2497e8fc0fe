"""Asks a model the items of a benchmark and keeps every answer.

Whatever was answered before in the same folder is not asked again. A picture that cannot be read or an item that the
model cannot answer is named and left for the next time; the run goes on.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from agent import formats
from agent.formats.base import Format
from agent.version import own_version
from envs.frame import Frame
from model.base import GenerationError, Model
from model.picture_file import UnreadablePicture, read_picture
from tasks.screenspot.dataset import Dataset
from tasks.screenspot.items import Item, RunError
from tasks.screenspot.methods import Method, locate
from tasks.screenspot.records import Record, RunCard, RunFolder
from tasks.screenspot.scoring import judge

LIMIT_SEED = 0
"""A limit takes the first of one fixed shuffle: a larger limit asks the same items and more."""


@runtime_checkable
class ThreadSafe(Protocol):
    """A model that can be asked from several threads says so."""

    @property
    def thread_safe(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An item that could not be asked."""

    item: Item
    why: str


def card_of(model: Model, dataset: Dataset) -> RunCard:
    """What a run of a model on a benchmark is, for its folder."""
    return RunCard(
        deixis=own_version(),
        started=datetime.now(UTC),
        model=model.name,
        format=formats.for_model(model).name,
        benchmark=dataset.benchmark,
        source=dataset.source,
        revision=dataset.revision,
        language=dataset.language.value,
        sha256=dataset.sha256,
        items=len(dataset.items),
        left_out=dataset.left_out,
    )


def chosen(items: Sequence[Item], limit: int | None) -> Sequence[Item]:
    """All items, or as many as the limit says, in the benchmark's order."""
    if limit is None or limit >= len(items):
        return items
    drawn = random.Random(LIMIT_SEED).sample(items, len(items))[:limit]
    return sorted(drawn, key=lambda item: item.position)


def run_items(
    model: Model,
    items: Sequence[Item],
    folder: RunFolder,
    method: Method,
    workers: int = 1,
    on_outcome: Callable[[Record | Unanswered], None] | None = None,
) -> list[Unanswered]:
    """Ask the items that were not answered yet with that method.

    Args:
        model: what is asked.
        items: what it is asked.
        folder: where the records go.
        method: how often it looks.
        workers: how many items are asked at the same time, for a model that is `ThreadSafe`.
        on_outcome: called after each item, in this thread.

    Returns:
        The items that could not be asked.

    Raises:
        RunError: the model answers one at a time only, or a record cannot be written.
    """
    if workers < 1:
        raise RunError(f"{workers} workers cannot ask anything: give 1 or more.")
    if workers > 1 and not (isinstance(model, ThreadSafe) and model.thread_safe):
        raise RunError(f"{model.name} answers one item at a time: leave out --workers.")
    answered = {record.key for record in folder.records}
    left = [item for item in items if (method, item.id) not in answered]
    format = formats.for_model(model)
    unanswered: list[Unanswered] = []
    screen = functools.lru_cache(maxsize=workers)(_screen)  # items of one screenshot come one after another
    for outcome in _outcomes(lambda item: _ask(model, format, screen, item, method), left, workers):
        if isinstance(outcome, Record):
            folder.append(outcome)
        else:
            unanswered.append(outcome)
        if on_outcome is not None:
            on_outcome(outcome)
    return unanswered


def _outcomes(
    ask: Callable[[Item], Record | Unanswered], items: Sequence[Item], workers: int
) -> Iterator[Record | Unanswered]:
    if workers == 1:
        yield from map(ask, items)
        return
    pool = ThreadPoolExecutor(workers)
    try:
        futures = [pool.submit(ask, item) for item in items]
        for future in as_completed(futures):  # kept as soon as they are there, whatever the order
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _screen(image: Path) -> Frame:
    return Frame(np.asarray(read_picture(image)))


def _ask(
    model: Model, format: Format, screen: Callable[[Path], Frame], item: Item, method: Method
) -> Record | Unanswered:
    try:
        answered = locate(model, format, screen(item.image), item.instruction, method)
    except (UnreadablePicture, GenerationError) as error:
        return Unanswered(item, str(error))
    return Record(
        method=method,
        item=item,
        verdict=judge(item, answered.prediction),
        prediction=answered.prediction,
        text=answered.text,
        looks=answered.looks,
        prompt_tokens=answered.prompt_tokens,
        output_tokens=answered.output_tokens,
        log_probability=answered.log_probability,
        seconds=answered.seconds,
    )
