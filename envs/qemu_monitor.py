"""The screen of a virtual machine as QEMU draws it, over QEMU's monitor (QMP): the guest itself is not asked.

WindowsAgentArena takes its screenshots so. Knows the protocol's one command that is needed for it; QEMU writes the
picture into a file, so this process and QEMU must see the same folder under the same path.

After QEMU's documentation of QMP, "Qemu Machine Protocol Specification" and `screendump`.
"""

from __future__ import annotations

import json
import socket
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, cast

from envs.base import EnvUnavailable

ANSWER_S: Final = 30.0
"""A monitor that has not answered by then will not."""


class QemuMonitor:
    """A connection to a monitor. It takes one at a time; call `close` at the end."""

    def __init__(self, address: str) -> None:
        """Connect to a monitor.

        Args:
            address: host and port, such as "127.0.0.1:7200".

        Raises:
            EnvUnavailable: nobody answers there, or it is no monitor.
        """
        host, _, port = address.rpartition(":")
        self.address = address
        self._folder = TemporaryDirectory(prefix="deixis-screen-", ignore_cleanup_errors=True)
        try:
            self._socket = socket.create_connection((host, int(port)), ANSWER_S)
        except (OSError, ValueError) as error:
            self._folder.cleanup()
            raise EnvUnavailable(f"QEMU's monitor at {address!r} cannot be reached: {error}.") from error
        self._lines = self._socket.makefile("rb")
        try:
            if "QMP" not in self._read():
                raise EnvUnavailable(f"What answers at {address} is no QEMU monitor.")
            self._ask("qmp_capabilities")
        except BaseException:
            self.close()
            raise

    def screenshot(self) -> bytes:
        """The screen now, a PNG.

        Raises:
            EnvUnavailable: the machine has gone, or does not show its screen.
        """
        picture = Path(self._folder.name) / "screen.png"
        self._ask("screendump", filename=str(picture), format="png")
        try:
            return picture.read_bytes()
        except OSError as error:
            raise EnvUnavailable(
                f"QEMU has written its screen where it cannot be read: {error}. "
                "QEMU must see the same folder, as this user: set TMPDIR to one that both share."
            ) from error

    def close(self) -> None:
        with closing(self._socket), closing(self._lines), suppress(OSError):
            self._folder.cleanup()

    def _ask(self, command: str, **arguments: str) -> None:
        asked = {"execute": command, **({"arguments": arguments} if arguments else {})}
        try:
            self._socket.sendall(json.dumps(asked).encode() + b"\n")
        except OSError as error:
            raise EnvUnavailable(f"QEMU's monitor at {self.address} has gone: {error}.") from error
        while "return" not in (answer := self._read()):  # between them it tells events
            if "error" in answer:
                raise EnvUnavailable(f"QEMU could not {command}: {answer['error']}")

    def _read(self) -> dict[str, object]:
        try:
            line = self._lines.readline()
            answer: object = json.loads(line)
        except (OSError, ValueError) as error:
            raise EnvUnavailable(f"QEMU's monitor at {self.address} does not answer: {error}.") from error
        if not isinstance(answer, dict):
            raise EnvUnavailable(f"What answers at {self.address} is no QEMU monitor.")
        return cast(dict[str, object], answer)
