"""An episode as a stream of events, for programs that follow or drive it: `for event in stream(agent, "...")`.

The episode runs in a thread of its own, past the same guard as any other, and waits for whoever reads. Leaving the
loop early ends it before its next action.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator
from dataclasses import replace

from agent.control import Choice, Order, Supervisor
from agent.episode import Event
from agent.loop import Agent


class _UntilStopped:
    """Another supervisor, until the episode is to end."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def wants_in(self) -> bool:
        return self._stopped.is_set() or self._supervisor.wants_in()

    def step_in(self) -> Order | None:
        return Order(Choice.ABORT) if self._stopped.is_set() else self._supervisor.step_in()


def stream(agent: Agent, instruction: str) -> Generator[Event]:
    """Run an episode and give its events as they come: `Started` first, `Stopped` last.

    Args:
        agent: what runs it; its listeners are called too, in the episode's thread.
        instruction: the task.

    Raises:
        ModelError, RecordError, SecretError: as `Agent.run` does, after the events that came before.
    """
    events: queue.Queue[Event | BaseException | None] = queue.Queue(maxsize=1)
    supervisor = _UntilStopped(agent.supervisor)
    running = replace(agent, supervisor=supervisor, listeners=(*agent.listeners, events.put))

    def work() -> None:
        try:
            running.run(instruction)
        except BaseException as error:  # is raised where the stream is read
            events.put(error)
        finally:
            events.put(None)

    thread = threading.Thread(target=work, name="episode", daemon=True)
    thread.start()
    event: Event | BaseException | None = None
    try:
        while (event := events.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield event
    finally:
        supervisor.stop()
        while event is not None:  # what was left unread
            event = events.get()
        thread.join()
