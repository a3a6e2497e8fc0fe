"""The server of a local guest: run as `python -m tasks.local.server` among the programs of a virtual display.

Serves the display that it is on, over loopback, for whoever shows the token; says "serving ADDRESS TOKEN" when it does.
Its own environment and folder are what it gives the programs that a task starts.
"""

from __future__ import annotations

import os
from pathlib import Path

from envs.desktop import Desktop
from envs.guest_server import serve


def main() -> None:
    """Serve until ended."""
    os.chdir(Path.home())

    def started(address: str, token: str) -> None:
        print("serving", address, token, flush=True)

    # Nobody is there to stop the agent by a corner or by keys, but a program or the agent itself may do that.
    serve(
        lambda: Desktop(display=os.environ["DISPLAY"], hot_corners=False, stop_key=None),
        port=0,
        commands=True,
        started=started,
    )


if __name__ == "__main__":
    main()
