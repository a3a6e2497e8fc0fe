"""A benchmark on disk: its task files, and the lists that choose among them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from tasks.errors import TaskFileError
from tasks.schema import Task, read_task

EXAMPLES = "examples"
"""The folder of a benchmark that holds a folder of task files for each domain."""


@dataclass(frozen=True, slots=True)
class Suite:
    """Tasks that belong together."""

    name: str
    tasks: tuple[Task, ...]
    """In the order of the list that chose them, else by domain and file name."""
    unreadable: tuple[TaskFileError, ...]
    """What could not be read, with file and field."""
    sha256: str
    """Of the task files' contents, whatever their order: two runs of the same hash had the same tasks."""

    def only(self, names: Sequence[str]) -> Suite:
        """The tasks of some keys or ids alone; all of them without any name.

        Raises:
            TaskFileError: there is no task of a name.
        """
        if not names:
            return self
        known = {name for task in self.tasks for name in (task.key, task.id)}
        if unknown := [name for name in names if name not in known]:
            raise TaskFileError(f"{self.name} has no task {unknown[0]!r}.")
        return replace(self, tasks=tuple(task for task in self.tasks if {task.key, task.id} & set(names)))


def read_suite(folder: Path, chosen: str | None = None) -> Suite:
    """Read a benchmark.

    Args:
        folder: of the benchmark, with `examples` in it, or of task files only.
        chosen: the name of one of its lists, such as "test_small"; by default every task file is read.

    Raises:
        TaskFileError: there is no benchmark, no such list, or the list names a task that is not there.
    """
    examples = folder / EXAMPLES if (folder / EXAMPLES).is_dir() else folder
    files = _listed(folder, examples, chosen) if chosen else sorted(examples.rglob("*.json"))
    if not files:
        raise TaskFileError(
            f"{folder} holds no task files: give a benchmark's folder, the one with {EXAMPLES!r} in it."
        )
    tasks: list[Task] = []
    unreadable: list[TaskFileError] = []
    digests: list[bytes] = []
    for file in files:
        try:
            tasks.append(read_task(file))
            digests.append(hashlib.sha256(file.read_bytes()).digest())
        except TaskFileError as error:
            unreadable.append(error)
    sha256 = hashlib.sha256(b"".join(sorted(digests))).hexdigest()
    return Suite(chosen or folder.resolve().name, tuple(tasks), tuple(unreadable), sha256)


def _listed(folder: Path, examples: Path, chosen: str) -> Sequence[Path]:
    path = folder / f"{chosen.removesuffix('.json')}.json"
    try:
        content: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        there = ", ".join(sorted(file.stem for file in folder.glob("*.json"))) or "none"
        raise TaskFileError(f"{folder} has no list {chosen!r}. It has: {there}.") from error
    except (OSError, ValueError) as error:
        raise TaskFileError(f"{path} cannot be read: {error}.") from error
    if not isinstance(content, dict):
        raise TaskFileError(f"{path} is no list of tasks: it must map domains to ids.")
    by_domain = cast(dict[str, list[str]], content)
    files = [examples / domain / f"{name}.json" for domain, names in by_domain.items() for name in names]
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise TaskFileError(f"{path} names {len(missing)} tasks that are not there, the first is {missing[0]}.")
    return files
