"""What set-up steps, getters and the evaluation know of the machine that a task is done on.

A guest is the machine's server, the ports of its applications, and a folder of this machine for one task: what is
fetched from the guest and what commands have printed lies there under the names that the task file gives.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final
from urllib.parse import urlsplit

from envs.guest_client import GuestClient
from tasks.downloads import Downloads
from tasks.errors import NotAvailable, TaskError

PASSWORD: Final = "password"
"""Of the user of OSWorld's published machines, other than those in a cloud."""
VLC_PASSWORD: Final = "password"
"""Of VLC's web interface on those machines, where the user's name is empty."""

_HOME_PROGRAM: Final = "import json, os; print(json.dumps([os.path.expanduser('~'), os.environ.get('LOCALAPPDATA')]))"


@dataclass(frozen=True)
class Ports:
    """Where a guest's applications listen, on its server's host."""

    chromium: int = 9222
    """Chrome's debugging protocol."""
    vlc: int = 8080
    """VLC's web interface."""


@dataclass(frozen=True)
class Guest:
    """One machine during one task."""

    machine: GuestClient
    folder: Path
    """Of this task, on this machine."""
    downloads: Downloads
    """Where files of the web come from."""
    ports: Ports = field(default_factory=Ports)
    password: str = PASSWORD

    @cached_property
    def platform(self) -> str:
        """Linux or Windows, as Python's `platform.system` says it; asked once.

        Raises:
            NotAvailable: it is neither: no task is for it.
        """
        # WindowsAgentArena's server has no route for it.
        told = self.machine.execute(["python", "-c", "import platform; print(platform.system())"]).output.strip()
        if told not in ("Linux", "Windows"):
            raise NotAvailable(f"The tasks are for guests with Linux or Windows, and this one says {told!r}.")
        return told

    @cached_property
    def screen_size(self) -> tuple[int, int]:
        """Width and height in pixels; asked once."""
        return self.machine.screen_size()

    @cached_property
    def _folders(self) -> tuple[str, str | None]:
        home, local = json.loads(self.machine.execute(["python", "-c", _HOME_PROGRAM]).output)
        return home, local

    @property
    def home(self) -> PurePosixPath | PureWindowsPath:
        """The folder of the guest's user, there."""
        return PureWindowsPath(self._folders[0]) if self.platform == "Windows" else PurePosixPath(self._folders[0])

    @property
    def app_data(self) -> PureWindowsPath:
        """The folder that Windows calls LOCALAPPDATA, there.

        Raises:
            NotAvailable: the guest is no Windows.
        """
        if self.platform != "Windows" or self._folders[1] is None:
            raise NotAvailable("Only a Windows guest has this.")
        return PureWindowsPath(self._folders[1])

    def kept(self, name: str) -> Path:
        """The place of a file in the task's folder.

        Raises:
            TaskError: the name leads out of it.
        """
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise TaskError(f"The task keeps a file at {name!r}, outside its own folder.")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def url_of(self, port: int) -> str:
        """The address of one of the guest's applications."""
        return f"http://{urlsplit(self.machine.address).hostname}:{port}"
