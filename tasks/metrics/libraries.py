"""Libraries that only some metrics need."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from tasks.errors import MissingLibrary


@contextmanager
def extra(name: str) -> Generator[None]:
    """Import, in the body, what an extra of the distribution installs.

    Raises:
        MissingLibrary: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        raise MissingLibrary(f"{missing.name} is not installed: pip install 'deixis[{name}]'.") from missing
