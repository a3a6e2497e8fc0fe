"""Opening the files that are judged.

Knows paths and how to open them; knows no format. Which of two files is the agent's differs from task to task, and an
agent may leave one in any state, or none at all: a metric that cannot read its files says 0.0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from tasks.errors import TaskError

Opened = TypeVar("Opened")
Parameters = ParamSpec("Parameters")


class UnreadableFile(TaskError):
    """Raised when a file that is to be judged is missing or damaged."""


def opened(path: str | None, opener: Callable[[str], Opened]) -> Opened:
    """What `opener` makes of a file.

    Raises:
        UnreadableFile: there is no file, or the opener cannot make sense of it.
    """
    if not path or not Path(path).exists():
        raise UnreadableFile(f"There is no file {path!r}.")
    try:
        return opener(path)
    except Exception as error:  # libraries fail on damaged files in every way there is
        raise UnreadableFile(f"{path} cannot be read: {error}.") from error


def read_text(path: str | None) -> str:
    """A file's text, UTF-8, every line end a newline.

    Raises:
        UnreadableFile: there is no such file, or it is no text.
    """
    return opened(path, lambda name: Path(name).read_text(encoding="utf-8"))


def read_lines(path: str | None) -> list[str]:
    """The lines of a table that some program wrote as text: UTF-8 or, where it is not that, Latin-1.

    Raises:
        UnreadableFile: there is no such file.
    """

    def decoded(name: str) -> str:
        content = Path(name).read_bytes()
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            return content.decode("latin-1")

    return opened(path, decoded).splitlines()


def zero_if_unreadable(metric: Callable[Parameters, float]) -> Callable[Parameters, float]:
    """Let a metric score 0.0 when one of its files is missing or damaged."""

    @wraps(metric)
    def scored(*args: Parameters.args, **kwargs: Parameters.kwargs) -> float:
        try:
            return float(metric(*args, **kwargs))
        except UnreadableFile:
            return 0.0

    return scored
