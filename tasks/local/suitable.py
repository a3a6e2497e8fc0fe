"""Which tasks can be given to a local guest, whose home is its own and whose machine is the user's."""

from __future__ import annotations

import re
from typing import Final

from tasks.local.user_home import USER_HOME, why_not
from tasks.schema import Task

_BEYOND: Final = re.compile(r"\b(sudo|pkill|killall|apt|apt-get|snap|systemctl|timedatectl|useradd|reboot|shutdown)\b")
"""Commands that change the machine, or end programs of whoever they belong to."""


def wants_user_home(task: Task) -> bool:
    """Whether a task looks for its files in /home/user."""
    # Where a file to be uploaded lies on this machine says nothing of the guest.
    here = {"files": {"__all__": {"local_path"}}}
    written = [step.model_dump_json(exclude=here) for step in task.steps] + [str(call.config) for call in task.getters]
    return USER_HOME in " ".join(written)


def why_unsuitable(task: Task) -> str:
    """Why a task cannot be given to a local guest, as a sentence; empty when it can."""
    commands = [str(getattr(step, "command", "")) for step in task.steps]
    commands += [str(call.config.get("command", "")) for call in task.getters]
    if beyond := _BEYOND.search(" ".join(commands)):
        return f"The task runs {beyond[0]}, which reaches beyond a local guest's home: give it a machine of its own."
    if wants_user_home(task) and (reason := why_not()):
        return f"The task looks for its files in {USER_HOME}, which a local guest cannot have here. {reason}"
    return ""
