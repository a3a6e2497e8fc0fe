"""Secrets by name: typed into the screen, and nowhere else.

An instruction says `{secret:bank_password}`; the model reads and writes that name, and only on the way to the keyboard
it becomes the value. Whatever comes back from the screen as text has the name again. Values come from the environment
variable `DEIXIS_SECRET_BANK_PASSWORD`, or else from the system's keyring, service `deixis`, user `bank_password`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import quote, quote_plus

from pydantic_core import to_json

from envs.base import Observation

_NAMED = re.compile(r"\{secret:([A-Za-z0-9_.-]{1,64})\}")
_VARIABLE_PREFIX = "DEIXIS_SECRET_"
_SERVICE = "deixis"
_SHORTEST = 4
"""Values below this length are part of too much that is no secret to be told apart from it."""


class SecretError(Exception):
    """Raised when a secret that an instruction names is not there or cannot be kept. The message says what to do."""


def names_in(text: str) -> tuple[str, ...]:
    """The names of the secrets that a text mentions, each once."""
    return tuple(dict.fromkeys(_NAMED.findall(text)))


def read_secret(name: str) -> str:
    """The value of a secret, from the environment or the keyring.

    Raises:
        SecretError: there is none.
    """
    variable = _VARIABLE_PREFIX + re.sub(r"\W", "_", name).upper()
    if value := os.environ.get(variable):
        return value
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise SecretError(
            f"There is no secret {name!r}: set {variable}, or install deixis[keyring] and store it with:"
            f"  keyring set {_SERVICE} {name}"
        ) from None
    try:
        value = keyring.get_password(_SERVICE, name)
    except KeyringError as error:
        raise SecretError(f"The keyring does not give the secret {name!r}: {error} Or set {variable}.") from error
    if not value:
        raise SecretError(f"There is no secret {name!r}: set {variable}, or run:  keyring set {_SERVICE} {name}")
    return value


class Secrets:
    """The secrets of one episode; what is not named in its instruction does not exist.

    Args:
        instruction: the task, as the user gave it.
        read: gives a value by its name.

    Raises:
        SecretError: by `read`; or a value is too short to be recognised.
    """

    def __init__(self, instruction: str, read: Callable[[str], str] = read_secret) -> None:
        self._values: Mapping[str, str] = {name: read(name) for name in names_in(instruction)}
        for name, value in self._values.items():
            if len(value) < _SHORTEST:
                raise SecretError(
                    f"The secret {name!r} is shorter than {_SHORTEST} characters: it cannot be concealed."
                )
        written = {
            form: name
            for name, value in self._values.items()
            for form in (value, quote(value), quote(value, safe=""), quote_plus(value), to_json(value).decode()[1:-1])
        }
        self._names = {form: written[form] for form in sorted(written, key=len, reverse=True)}
        self._value = re.compile("|".join(re.escape(form) for form in self._names)) if written else None

    @property
    def forms(self) -> tuple[str, ...]:
        """The values, as they are and as addresses and JSON write them."""
        return tuple(self._names)

    def names_in(self, text: str) -> tuple[str, ...]:
        """The names of this episode's secrets that a text mentions."""
        return tuple(name for name in names_in(text) if name in self._values)

    def revealed(self, text: str) -> str:
        """The text to be typed; names that are no secret's stay as they are."""
        return _NAMED.sub(lambda found: self._values.get(found[1], found[0]), text)

    def concealed(self, text: str) -> str:
        """A text with names in the place of values."""
        if self._value is None:
            return text
        return self._value.sub(lambda found: f"{{secret:{self._names[found[0]]}}}", text)

    def concealing(self, seen: Observation) -> Observation:
        """An observation whose texts have names in the place of values; its frame is the environment's business."""
        if self._value is None:
            return seen
        return replace(
            seen,
            title=self.concealed(seen.title),
            url=None if seen.url is None else self.concealed(seen.url),
            tabs=tuple(replace(tab, title=self.concealed(tab.title), url=self.concealed(tab.url)) for tab in seen.tabs),
            notes=tuple(self.concealed(note) for note in seen.notes),
        )
