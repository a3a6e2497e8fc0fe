"""The right outcome of each local task, as a script: what shows that a task can be done and is judged rightly.

A gold file lies under `gold/` as its task lies under `examples/`. It is a list of set-up steps, and of the agent's own
actions in the form {"type": "act", "parameters": {"kind": ...}}; those name no places, so that they do not depend on
where a window appears.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from pydantic import TypeAdapter, ValidationError

from envs.actions import ACTIONS, Action, Terminate
from envs.remote import RemoteDesktop
from tasks.errors import TaskFileError
from tasks.guest import Guest
from tasks.schema import Task
from tasks.setup_schema import SetUpStep
from tasks.setup_steps import carry_out

GOLD: Final = Path(__file__).parent / "gold"
_STEP: TypeAdapter[SetUpStep] = TypeAdapter(SetUpStep)


@dataclass(frozen=True, slots=True)
class Act:
    """The agent does something."""

    action: Action


GoldStep = Act | SetUpStep


def read_gold(task: Task) -> Sequence[GoldStep]:
    """The script of a local task.

    Raises:
        TaskFileError: there is none, or it is not as it should be.
    """
    path = GOLD / f"{task.key}.json"
    try:
        entries = cast(list[dict[str, object]], json.loads(path.read_text(encoding="utf-8")))
        return [
            Act(ACTIONS.validate_python(entry["parameters"]))
            if entry["type"] == "act"
            else _STEP.validate_python(entry, context={"folder": path.parent})
            for entry in entries
        ]
    except (OSError, ValueError, ValidationError) as error:
        raise TaskFileError(f"{path} is no gold outcome: {error}") from error


def play(script: Sequence[GoldStep], guest: Guest, desktop: RemoteDesktop) -> bool:
    """Carry out a script; whether its last word is that the task cannot be done.

    Raises:
        InfrastructureError: a step failed.
        EnvError: an action failed.
    """
    said_impossible = False
    for step in script:
        if not isinstance(step, Act):
            carry_out(guest, [step])
        elif isinstance(step.action, Terminate):
            said_impossible = not step.action.success
        else:
            desktop.observe()  # what the last action has begun comes to its end
            desktop.execute(step.action)
    return said_impossible
