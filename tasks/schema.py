"""The task files of OSWorld and of WindowsAgentArena, read.

Knows both formats as they are published, the real files' liberties included: "true" for true, notes among the fields, a
check that stands alone or in a list, None and {} for nothing. Whatever else is unknown is refused with file and field.
Knows no machine and no metric: names are checked by whoever has the functions.

After OSWorld's `desktop_env/desktop_env.py` (`_set_evaluator_info`) and `controllers/setup.py`, version 1.0.2, and the
same files of WindowsAgentArena.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)

from tasks.errors import TaskFileError
from tasks.setup_schema import SetUpStep

INFEASIBLE = "infeasible"
"""The check of a task that cannot be done: it is passed by saying so."""

_NOTES = frozenset({"comments"})


def _without_notes(data: object) -> object:
    if not isinstance(data, dict):
        return data
    fields = cast(dict[str, object], data)
    return {name: value for name, value in fields.items() if not name.startswith("_") and name not in _NOTES}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GetterCall(_Frozen):
    """Something to be fetched: a getter's name and what it is told."""

    type: str
    config: Mapping[str, JsonValue]
    """Everything beside the name, as the getter knows it."""

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        fields = dict(cast(dict[str, object], data))
        return {"type": fields.pop("type", None), "config": fields}


class Check(_Frozen):
    """One comparison: a metric of a result and, for most, of what is expected."""

    func: str
    result: GetterCall | None = None
    expected: GetterCall | None = None
    options: Mapping[str, JsonValue] = {}


class Evaluator(_Frozen):
    """How the final state is judged."""

    postconfig: tuple[SetUpStep, ...] = ()
    """Carried out before anything is fetched."""
    checks: Annotated[tuple[Check, ...], Field(min_length=1)]
    conj: Literal["and", "or"] = "and"
    is_list: bool
    """Whether the file has a list of checks: a single check gives its own score, a list of one is joined."""

    @model_validator(mode="before")
    @classmethod
    def _one_entry_a_check(cls, data: object) -> object:
        data = _without_notes(data)
        if not isinstance(data, dict):
            return data
        fields = dict(cast(dict[str, object], data))
        columns = {name: fields.pop(name, None) for name in ("func", "result", "expected", "options")}
        func = columns["func"]
        if not isinstance(func, list):
            checks = [{name: value for name, value in columns.items() if value}]
        else:
            count = len(cast(list[object], func))
            for name, value in columns.items():
                if value and (not isinstance(value, list) or len(cast(list[object], value)) != count):
                    raise ValueError(f"{name} must be a list of {count}, as func is")
            checks = [
                {name: values[number] for name, value in columns.items() if (values := _list(value)) and values[number]}
                for number in range(count)
            ]
        return fields | {"checks": checks, "is_list": isinstance(func, list)}

    @property
    def is_infeasible(self) -> bool:
        """Whether the task cannot be done, and to say so is right."""
        return self.checks[0].func == INFEASIBLE


def _list(value: object) -> list[object]:
    return cast(list[object], value) if isinstance(value, list) else []


_Name = Annotated[str, StringConstraints(min_length=1, pattern=r"^[\w.-]+$")]


class Task(_Frozen):
    """One task of a benchmark."""

    id: _Name
    domain: Annotated[str, Field(pattern=r"^[\w.-]*$")] = ""
    """The folder that the file lies in: the benchmark's kind of task."""
    instruction: Annotated[str, Field(min_length=1)]
    config: tuple[SetUpStep, ...] = ()
    evaluator: Evaluator
    snapshot: str = ""
    """A label; neither benchmark chooses a machine's state by it."""
    source: str | tuple[str, ...] | None = None
    trajectory: str = ""
    related_apps: tuple[str, ...] = ()
    proxy: bool = False
    """Whether the task's web sites are better reached through a proxy."""
    fixed_ip: bool = False
    possibility_of_env_change: Literal["low", "medium", "high"] | None = None
    env_may_change: bool = False
    hint: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _tolerant(cls, data: object) -> object:
        return _without_notes(data)

    @property
    def key(self) -> str:
        """What tells the task from the others of its benchmark."""
        return f"{self.domain}/{self.id}" if self.domain else self.id

    @property
    def steps(self) -> Iterable[SetUpStep]:
        """All set-up steps, those before the evaluation included."""
        yield from self.config
        yield from self.evaluator.postconfig

    @property
    def getters(self) -> Iterable[GetterCall]:
        """All that the evaluation fetches."""
        for check in self.evaluator.checks:
            yield from (call for call in (check.result, check.expected) if call is not None)


def read_task(path: Path) -> Task:
    """Read one task file; its folder's name is the task's domain.

    Raises:
        TaskFileError: it cannot be read, or is no task; the message names the file and the field.
    """
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TaskFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise TaskFileError(f"{path} is not JSON: {error}.") from error
    if not isinstance(data, dict):
        raise TaskFileError(f"{path} is no task: it must hold an object.")
    try:
        fields = {**cast(dict[str, object], data), "domain": path.parent.name}
        return Task.model_validate(fields, context={"folder": path.parent})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the task"
        raise TaskFileError(f"{path}: {field}: {first['msg']}.") from error
