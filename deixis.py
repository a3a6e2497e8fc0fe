"""The front door: the public names, and the command line put together from each folder's own.

Nothing of the project imports this module. The names are looked up when they are used, so that `deixis --help` loads no
model library.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.episode import Episode, Limits, StopReason
    from agent.events import stream
    from agent.ground import ground
    from agent.loop import Agent
    from agent.policy import Policy
    from agent.trajectory import Trajectory
    from envs.browser import Browser
    from envs.desktop import Desktop
    from envs.frame import Frame, Point
    from envs.remote import RemoteDesktop
    from envs.virtual import VirtualDesktop
    from model.base import Sampling
    from model.loading import load_model
    from model.messages import Message, Reply
    from tasks.screenspot.assertions import assert_points_at

_HOMES = {
    "Agent": "agent.loop",
    "Browser": "envs.browser",
    "Desktop": "envs.desktop",
    "Episode": "agent.episode",
    "Frame": "envs.frame",
    "Limits": "agent.episode",
    "Message": "model.messages",
    "Point": "envs.frame",
    "Policy": "agent.policy",
    "RemoteDesktop": "envs.remote",
    "Reply": "model.messages",
    "Sampling": "model.base",
    "StopReason": "agent.episode",
    "Trajectory": "agent.trajectory",
    "VirtualDesktop": "envs.virtual",
    "assert_points_at": "tasks.screenspot.assertions",
    "ground": "agent.ground",
    "load_model": "model.loading",
    "stream": "agent.events",
}

__all__ = [
    "Agent",
    "Browser",
    "Desktop",
    "Episode",
    "Frame",
    "Limits",
    "Message",
    "Point",
    "Policy",
    "RemoteDesktop",
    "Reply",
    "Sampling",
    "StopReason",
    "Trajectory",
    "VirtualDesktop",
    "assert_points_at",
    "ground",
    "load_model",
    "main",
    "stream",
]

BAD_INPUT = 2
"""Exit status when a command could not do its work."""
INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'deixis' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def main() -> None:
    """The `deixis` command. What can be expected to go wrong is said in one sentence."""
    from cyclopts import App, CycloptsError

    from agent import cli as agent_cli
    from agent.version import own_version
    from envs import cli as envs_cli
    from model import cli as model_cli
    from tasks import cli as tasks_cli

    app = App(name="deixis", help="See the screen, ask a vision-language model, act.", version=own_version)
    for part in (agent_cli.app, envs_cli.app, model_cli.app, tasks_cli.app):
        app.command(part, name="*")
    try:
        status = app(sys.argv[1:], exit_on_error=False, print_error=False, result_action="return_value")
    except KeyboardInterrupt:
        status = INTERRUPTED
    except CycloptsError as error:
        status = _say(error)
    except Exception as error:
        if not isinstance(error, _expected_errors()):
            raise
        status = _say(error)
    sys.exit(status)


def _expected_errors() -> tuple[type[Exception], ...]:
    """The packages' trees of errors. They are loaded only when something went wrong."""
    from agent.looking import Unreadable
    from agent.policy import PolicyError
    from agent.secrets import SecretError
    from agent.trajectory import RecordError
    from envs.base import EnvError
    from model.base import ModelError
    from tasks.demo.tasks import UnknownTask
    from tasks.errors import TaskError
    from tasks.screenspot.items import ScreenSpotError

    return (
        EnvError,
        ModelError,
        PolicyError,
        RecordError,
        ScreenSpotError,
        SecretError,
        TaskError,
        Unreadable,
        UnknownTask,
    )


def _say(error: Exception) -> int:
    print(f"deixis: {' '.join(str(error).split())}", file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    main()
