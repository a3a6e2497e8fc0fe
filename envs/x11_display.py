"""A connection to an X server, with what may go wrong put in the terms of environments."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import xcffib

from envs.base import EnvUnavailable


def connect(display: str | None = None) -> xcffib.Connection:
    """Open a display such as ":99", by default the user's.

    Raises:
        EnvUnavailable: there is none.
    """
    try:
        return xcffib.connect(display=display)
    except xcffib.ConnectionException as error:
        where = f"no X display {display!r}" if display else "no X display in the variable DISPLAY"
        raise EnvUnavailable(f"There is {where}, or it may not be used. Use --env virtual for one.") from error


@contextmanager
def reached() -> Generator[None]:
    """Whatever is asked of the server inside, it may have gone.

    Raises:
        EnvUnavailable: it has.
    """
    try:
        yield
    except xcffib.ConnectionException as error:
        raise EnvUnavailable("The X display has gone.") from error
