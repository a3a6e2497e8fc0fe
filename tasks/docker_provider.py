"""OSWorld's published virtual machine in Docker: a new container for each task, from a disk that nobody writes to.

The image has QEMU in it, which keeps what a task changes in the container, so that a new container is the first state.
A container that a killed run has left behind is removed when the same worker starts its next one. The guest's server
lets in whoever reaches it, hence its ports are published on the loopback interface only.

After `desktop_env` 1.0.2, `providers/docker/provider.py`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from tasks.guest import PASSWORD, Ports
from tasks.providers import START_S, Machine, ResetFailed, run_command
from tasks.schema import Task

IMAGE: Final = "happysixd/osworld-docker"
DISK: Final = "/System.qcow2"
"""Where the image expects the disk."""
_SERVER, _CHROMIUM, _VLC = 5000, 9222, 8080
KVM: Final = Path("/dev/kvm")


@dataclass(frozen=True, slots=True)
class DockerProvider:
    """Starts a machine for each task, and removes it."""

    disk: Path
    """The published Ubuntu.qcow2, or one for Windows."""
    name: str
    """Of the container: one for each worker."""
    password: str = PASSWORD
    docker: str = "docker"
    """The command; podman takes the same."""
    image: str = IMAGE
    memory: str = "4G"
    cores: int = 4
    kvm: Path = KVM

    @property
    def resets(self) -> bool:
        return True

    @contextmanager
    def machine(self, task: Task) -> Generator[Machine]:
        """A machine that has just been started.

        Raises:
            ResetFailed: Docker, the image or the disk is not there, or the container does not start.
        """
        if not self.disk.is_file():
            raise ResetFailed(f"There is no disk {self.disk}: get OSWorld's Ubuntu.qcow2 and name it.")
        self._remove()
        try:
            run_command(self.command)
            ports = Ports(chromium=self._port(_CHROMIUM), vlc=self._port(_VLC))
            yield Machine(f"127.0.0.1:{self._port(_SERVER)}", None, ports, self.password, START_S)
        finally:
            self.remove_leftover()  # what was done on it counts all the same

    @property
    def command(self) -> tuple[str, ...]:
        """The command line that starts the container."""
        virtualisation = ("--device", str(self.kvm)) if self.kvm.exists() else ("--env", "KVM=N")
        published = (f"127.0.0.1::{port}" for port in (_SERVER, _CHROMIUM, _VLC))
        return (
            self.docker, "run", "--detach", "--name", self.name, "--cap-add", "NET_ADMIN", *virtualisation,
            "--env", "DISK_SIZE=32G", "--env", f"RAM_SIZE={self.memory}", "--env", f"CPU_CORES={self.cores}",
            "--volume", f"{self.disk.resolve()}:{DISK}:ro",
            *(word for address in published for word in ("--publish", address)),
            self.image,
        )  # fmt: skip

    def _port(self, port: int) -> int:
        """Where Docker publishes a port of the machine."""
        told = run_command((self.docker, "port", self.name, f"{port}/tcp"))
        try:
            return int(told.splitlines()[0].rpartition(":")[2])
        except (IndexError, ValueError) as error:
            raise ResetFailed(f"{self.docker} does not tell where port {port} is published: {told!r}.") from error

    def remove_leftover(self) -> None:
        """Remove the container if there is one; where Docker does not do it, the next start tries again."""
        with suppress(ResetFailed):
            self._remove()

    def _remove(self) -> None:
        if run_command((self.docker, "ps", "--all", "--quiet", "--filter", f"name=^/?{self.name}$")).strip():
            run_command((self.docker, "rm", "--force", "--volumes", self.name))


def container_name(run: Path, number: int) -> str:
    """A name that the same worker of the same run has again when it is gone on with."""
    return f"deixis-{uuid5(NAMESPACE_URL, run.resolve().as_uri()).hex[:12]}-{number}"
