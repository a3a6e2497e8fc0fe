"""Local guests for the runner: a fresh one for each task, which goes with it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tasks.errors import NotAvailable
from tasks.guest import Ports
from tasks.local.machine import LocalMachine, installed_browser
from tasks.local.suitable import wants_user_home, why_unsuitable
from tasks.providers import Machine
from tasks.schema import Task

LOCAL: Final = "local"
"""What a command line calls a local guest."""
FOLDER: Final = Path(__file__).parent
"""Of the tasks that come with Deixis, as `tasks.suite.read_suite` takes it."""


@dataclass(frozen=True, slots=True)
class LocalGuests:
    """Gives `LocalMachine`s."""

    @property
    def resets(self) -> bool:
        return True

    @contextmanager
    def machine(self, task: Task) -> Generator[Machine]:
        """A guest in which nothing was done yet.

        Raises:
            NotAvailable: a local guest cannot be given this task; the message says why.
            EnvUnavailable: none can be started.
        """
        if reason := why_unsuitable(task):
            raise NotAvailable(reason)
        with LocalMachine(installed_browser(), user_home=wants_user_home(task)) as guest:
            yield Machine(guest.address, guest.token, Ports(chromium=guest.browser_port))
