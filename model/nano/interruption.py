"""Ctrl-C as a wish that is granted between two steps, not in the middle of one."""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Self


class Interruption:
    """While it is entered, Ctrl-C only sets `asked`. For the main thread."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


@contextmanager
def ignored() -> Generator[None]:
    """Ctrl-C has no effect meanwhile.

    Nor has it in processes that are started meanwhile, until they enter an `Interruption`.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
