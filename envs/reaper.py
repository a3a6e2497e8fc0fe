"""The process that starts all programs of a display, and ends them with it, also when the agent was killed.

What a program starts becomes the reaper's child when its own parent ends (Linux: a child subreaper), so that nothing
can get away by making a daemon of itself. The reaper has a session of its own, out of reach of Ctrl-C; it ends with the
agent, or when it is asked to. Run as `python -m envs.reaper SOCKET AGENT FOLDER`. Knows nothing of displays.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psutil

GRACE_S = 5.0
"""How long a program may take to end when it is asked to: a recording has to be finished."""
END_S = 30.0
"""When the reaper gives up: what even SIGKILL has not ended by then is caught in the kernel."""
LOOK_S = 0.01
_PARENT_LOOK_S = 1.0
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
_MESSAGE_BYTES = 2**20
"""More than the system's limit for a message (net.core.wmem_max), whose excess is an OSError."""
_LIBC = ctypes.CDLL(None)
_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class ReapedProcess:
    """A program that the reaper has started. It leads a session of its own."""

    reaper: Reaper
    pid: int

    def poll(self) -> int | None:
        """Its exit status: None while it runs; negative, the signal that ended it.

        Raises:
            ConnectionError: the reaper was killed.
        """
        return self.reaper.exit_status(self.pid)

    def stop(self) -> None:
        """End it with its children, and wait until they have ended.

        Raises:
            ConnectionError: the reaper was killed.
        """
        self.reaper.stop(self.pid)


class Reaper:
    """The agent's side."""

    def __init__(self, folder: Path) -> None:
        """Start it; `folder` goes when it ends."""
        # Messages are sent and received whole, so that Ctrl-C in between leaves no half of one.
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        self._asked = 0
        self._ended: dict[int, int] = {}
        self._folder = folder
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "envs.reaper", str(theirs.fileno()), str(os.getpid()), str(folder)],
                cwd=_ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # what ends the agent from the terminal must not end it first
            )

    def launch(self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], log: Path) -> ReapedProcess:
        """Start a program whose output goes into a file.

        Raises:
            OSError: it cannot be started; a ConnectionError when the reaper has ended.
        """
        answer = self._ask("launch", list(command), str(cwd), dict(environment), str(log))
        if isinstance(answer, str):
            raise OSError(answer)
        return ReapedProcess(self, answer)

    def exit_status(self, process_id: int) -> int | None:
        """Of a program that was launched: None while it runs, negative the signal that ended it."""
        if process_id not in self._ended and self._socket.fileno() >= 0:
            self._ended = dict(self._ask("ended"))
        return self._ended.get(process_id)

    def stop(self, process_id: int) -> None:
        """End a program that was launched, with its children, and wait until they have ended."""
        if self.exit_status(process_id) is None:
            self._ask("stop", process_id)

    def close(self) -> None:
        """End all programs, remove the folder, and wait until both is done. May be called twice."""
        if self._socket.fileno() < 0:
            return
        try:
            self._ended = dict(self._ask("end"))
        except ConnectionError:  # it was killed
            _remove(self._folder)
        finally:
            self._socket.close()
        self._process.wait()

    def _ask(self, *question: object) -> Any:
        with self._lock:
            if self._socket.fileno() < 0:
                raise ConnectionError("the display was closed")
            self._asked += 1
            with suppress(ConnectionError):
                self._socket.send(json.dumps([self._asked, question]).encode())
                while answer := self._socket.recv(_MESSAGE_BYTES):
                    number, value = json.loads(answer)
                    if number == self._asked:  # Ctrl-C may have left the answer to an earlier question
                        return value
        raise ConnectionError("the process that keeps the display's programs was killed")


class _Keeper:
    """The reaper's own side."""

    def __init__(self, agent: socket.socket) -> None:
        self._agent = agent
        self._programs: dict[int, subprocess.Popen[bytes]] = {}

    def serve(self, agent_id: int) -> None:
        """Answer the agent until it ends, or asks for the end."""
        self._agent.settimeout(_PARENT_LOOK_S)
        # The end of the socket tells it at once, unless a fork of the agent has it open too: then the parent does.
        while os.getppid() == agent_id:
            try:
                message = self._agent.recv(_MESSAGE_BYTES)
            except TimeoutError:
                self._reap()
                continue
            if not message:
                break
            number, question = json.loads(message)
            self._agent.send(json.dumps([number, self._answer(*question)]).encode())
            if question[0] == "end":
                break

    def end_all(self) -> None:
        """End everything. What was started first, the display's server, ends last, so that the others can in order."""
        import psutil  # not before it is needed: the display waits for this process to start

        deadline = time.monotonic() + END_S
        for spared in (next(iter(self._programs), None), None):
            while time.monotonic() < deadline:
                remaining = [child for child in psutil.Process().children(recursive=True) if child.pid != spared]
                if not remaining:
                    break
                self._end(remaining)

    def _answer(self, question: str, *about: Any) -> object:
        self._reap()
        match question:
            case "launch":
                return self._launch(*about)
            case "stop":
                self._stop(*about)
            case "end":
                self.end_all()
            case _:  # only what all are told
                pass
        ended = {number: program.returncode for number, program in self._programs.items()}
        return [(number, status) for number, status in ended.items() if status is not None]

    def _launch(self, command: list[str], cwd: str, environment: dict[str, str], log: str) -> int | str:
        try:
            with Path(log).open("wb") as written:
                program = subprocess.Popen(
                    command,
                    cwd=cwd,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=written,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=_end_with_parent,
                )
        except (OSError, ValueError, IndexError) as error:
            return str(error)
        self._programs[program.pid] = program
        return program.pid

    def _stop(self, process_id: int) -> None:
        import psutil

        with suppress(psutil.NoSuchProcess):
            program = psutil.Process(process_id)
            self._end([program, *program.children(recursive=True)])

    def _end(self, processes: Iterable[psutil.Process]) -> None:
        import psutil

        remaining = list(processes)
        for end in (psutil.Process.terminate, psutil.Process.kill):
            for process in remaining:
                with suppress(psutil.Error):
                    end(process)
            deadline = time.monotonic() + GRACE_S
            while remaining and time.monotonic() < deadline:
                time.sleep(LOOK_S)
                self._reap()
                remaining = [process for process in remaining if process.is_running()]

    def _reap(self) -> None:
        """Take note of children that have ended, adopted ones among them."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] in self._programs:
                    self._programs[ended[0]].returncode = os.waitstatus_to_exitcode(ended[1])


def _process_control(option: int, value: int) -> None:
    _LIBC.prctl(option, value, 0, 0, 0)


def _end_with_parent() -> None:
    """For a program of which the reaper itself is killed, as `killall -9 python` does."""
    _process_control(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _remove(folder: Path) -> None:
    # A file system still mounted there (gvfs, a document portal) shows the user's own files.
    if f" {folder}/" not in Path("/proc/self/mounts").read_text():
        shutil.rmtree(folder, ignore_errors=True)


def main(file: str, agent_id: str, folder: str) -> None:
    """Keep the programs of a display until the agent ends, and clean up behind it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # programs would inherit SIG_IGN
    _process_control(_PR_SET_CHILD_SUBREAPER, 1)
    with socket.socket(fileno=int(file)) as agent:
        keeper = _Keeper(agent)
        try:
            keeper.serve(int(agent_id))
        finally:
            keeper.end_all()
            _remove(Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
