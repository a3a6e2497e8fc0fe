"""The environments' command: serve.

Reads the command line and prints; the libraries behind the command are imported when it is used, so that help comes at
once.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from cyclopts import App

if TYPE_CHECKING:
    from envs.desktop import Desktop

app = App()

TOKEN = "DEIXIS_TOKEN"
"""The variable with the token that clients must show: a command line can be read by every user of the machine."""


@app.command
def serve(
    *,
    env: Literal["desktop", "virtual"] = "desktop",
    monitor: int = 1,
    launch: tuple[str, ...] = (),
    host: str = "127.0.0.1",
    port: int = 5000,
    commands: bool = False,
) -> int:
    """Let an agent on another machine see this one's screen and act on it.

    Only who shows the token is let in: that of the variable DEIXIS_TOKEN, or a new one, which is printed. Nothing is
    encrypted: between machines, leave the host as it is and use a tunnel (ssh -L 5000:127.0.0.1:5000 USER@MACHINE).

    Args:
        env: what is served, this desktop or a virtual display.
        monitor: which monitor of the desktop, counted from 1.
        launch: the command line of a program to start on the virtual display; may be given several times.
        host: the address to listen on.
        port: the port to listen on; 0 for one that is free.
        commands: also run commands and read and write files for whoever shows the token, as benchmarks need it.
    """
    from envs.base import EnvUnavailable
    from envs.guest_server import serve as serve_desktop

    if launch and env != "virtual":
        raise EnvUnavailable("--launch belongs to --env virtual.")
    token = os.environ.get(TOKEN)

    def started(address: str, shown: str) -> None:
        print(f"Serving at {address}", "(commands and files too)" if commands else "", flush=True)
        if token is None:
            print(f"{TOKEN}={shown}", flush=True)

    serve_desktop(
        lambda: _desktop(env, monitor, launch), host=host, port=port, token=token, commands=commands, started=started
    )
    return 0


def _desktop(env: str, monitor: int, launch: Sequence[str]) -> Desktop:
    if env == "virtual":
        from envs.virtual import VirtualDesktop

        return VirtualDesktop([shlex.split(command) for command in launch])
    from envs.desktop import Desktop

    # The agent's keys come through the server, and shall not end it; Ctrl-C does.
    return Desktop(monitor, stop_key=None)
