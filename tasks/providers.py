"""Where the machines come from that tasks are done on.

A provider gives one machine after the other, each in its first state as far as the provider can bring it there. It is
handed to the process that works on its machines, so it is data and can be pickled.
"""

from __future__ import annotations

import subprocess
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from tasks.errors import InfrastructureError
from tasks.guest import PASSWORD, Ports
from tasks.schema import Task

RESET_S: Final = 900.0
"""A machine that is not back in its first state by then will not be."""
START_S: Final = 300.0
"""How long its server may take to answer after that, as OSWorld waits."""


class ResetFailed(InfrastructureError):
    """Raised when a machine could not be brought back to its first state."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A guest machine that a task can be set up on."""

    address: str
    """Of its server, host and port."""
    token: str | None = None
    """What the server wants to be shown, if anything."""
    ports: Ports = field(default_factory=Ports)
    password: str = PASSWORD
    """Of its user."""
    start_s: float = 0.0
    """How long the server may take yet until it answers."""
    monitor: str | None = None
    """The address of QEMU's monitor (QMP), where the screen is to be taken from there and not from the guest."""


class Provider(Protocol):
    """Gives machines, one at a time."""

    @property
    def resets(self) -> bool:
        """Whether each machine is in its first state, whatever was done on the one before."""
        ...

    def machine(self, task: Task) -> AbstractContextManager[Machine]:
        """A machine for one task; with the context it goes.

        Raises:
            InfrastructureError: there is none, or none that the task can be done on.
        """
        ...


@dataclass(frozen=True, slots=True)
class RunningGuest:
    """A machine that runs already, and is the same for every task."""

    address: str
    token: str | None = None
    reset: tuple[str, ...] = ()
    """The command that brings the machine back to its first state; empty when there is none."""
    ports: Ports = field(default_factory=Ports)
    password: str = PASSWORD
    monitor: str | None = None

    @property
    def resets(self) -> bool:
        return bool(self.reset)

    @contextmanager
    def machine(self, task: Task) -> Generator[Machine]:
        """The machine, after the reset.

        Raises:
            ResetFailed: the command failed, or took too long.
        """
        if self.reset:
            run_command(self.reset)
        start_s = START_S if self.reset else 0.0
        yield Machine(self.address, self.token, self.ports, self.password, start_s, self.monitor)


def run_command(command: Sequence[str], timeout_s: float = RESET_S) -> str:
    """Run a command that brings a machine into a state, and give what it has printed.

    Raises:
        ResetFailed: it failed, or took too long.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise ResetFailed(f"The machine could not be made ready: {command[0]} is not installed.") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ResetFailed(f"The machine could not be made ready: {error}") from error
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        raise ResetFailed(f"The machine could not be made ready: {command[0]} ended with {done.returncode}. {said}")
    return done.stdout
