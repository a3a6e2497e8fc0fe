"""What a worker outside of the runner's process needs, and the lock that shows that one lives.

A run that is gone on with must not meet workers of the time before on its machines: each holds a lock in the run's
folder while it lives, and nobody is started before the old locks are free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from filelock import FileLock, Timeout

from model.base import Model
from tasks.downloads import Downloads
from tasks.errors import RunFolderError
from tasks.providers import Provider
from tasks.results import RECORDS
from tasks.worker import Plan, Worker

LOCKS: Final = "workers"
"""The folder of a run with a lock for each worker that lives."""
FAREWELL_S: Final = 20.0
"""What a worker that is asked to end may take to let go of its machine."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs; it is pickled."""

    load_model: Callable[[], Model]
    provider: Provider
    run: Path
    """The folder of the run."""
    downloads: Downloads
    plan: Plan

    def worker(self, model: Model) -> Worker:
        """Who does the tasks with a model."""
        return Worker(model, self.provider, self.run / RECORDS, self.downloads, self.plan)

    def lock(self) -> FileLock:
        """What says that the process that holds it works for the run."""
        folder = self.run.resolve() / LOCKS
        folder.mkdir(exist_ok=True)
        return FileLock(folder / f"{uuid4().hex}.lock")


def await_leftovers(jobs: Iterable[Job]) -> None:
    """Wait until no worker of an earlier time is left.

    Raises:
        RunFolderError: one does not end.
    """
    for lock in {lock for job in jobs for lock in (job.run / LOCKS).glob("*.lock")}:
        try:
            with FileLock(lock, timeout=2 * FAREWELL_S):
                pass
        except Timeout as error:
            raise RunFolderError(f"A worker of an earlier run still holds {lock}: end it and try again.") from error
        lock.unlink(missing_ok=True)
