"""Reading a getter's configuration, whose values are whatever the task file holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from tasks.errors import EvaluationFailed

Config = Mapping[str, JsonValue]


def text(config: Config, key: str, default: str | None = None) -> str:
    """A text.

    Raises:
        EvaluationFailed: it is not there, or no text.
    """
    value = config.get(key, default)
    if not isinstance(value, str):
        raise EvaluationFailed(f"The getter's {key!r} must be a text, and is {value!r}.")
    return value


def texts(config: Config, key: str) -> list[str]:
    """A list of texts; a text alone is a list of one.

    Raises:
        EvaluationFailed: it is not there, or neither.
    """
    value = config.get(key)
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in values):
        raise EvaluationFailed(f"The getter's {key!r} must be texts, and is {value!r}.")
    return cast(list[str], values)


def mapping(config: Config, key: str) -> Mapping[str, JsonValue]:
    """An object; an empty one when it is not there."""
    value = config.get(key) or {}
    if not isinstance(value, dict):
        raise EvaluationFailed(f"The getter's {key!r} must be an object, and is {value!r}.")
    return value


def number(config: Config, key: str) -> int:
    """A whole number, also one that is written as a text.

    Raises:
        EvaluationFailed: it is not there, or none.
    """
    value = config.get(key)
    try:
        return int(cast(str, value))
    except (TypeError, ValueError) as error:
        raise EvaluationFailed(f"The getter's {key!r} must be a whole number, and is {value!r}.") from error


def flag(config: Config, key: str) -> bool:
    """Whether something is set: any text counts, as task files have "true"."""
    return bool(config.get(key))
