"""The script of a process that calls one function of one Python module and cannot do much else.

Imported by nobody; called as `locked_down.py MODULE FUNCTION SECONDS` in a folder that has the module and whatever
it imports. Writes JSON to its output and nothing else: what the function returned, a number; or the name of a module
that was not found. An audit hook refuses what leads out of the folder: other files but Python's own, sockets,
processes, foreign functions.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from importlib import import_module

MEMORY_BYTES = 4 << 30
FILE_BYTES = 64 << 20

READING = frozenset({"os.listdir", "os.scandir", "os.chdir"})
WRITING = frozenset(
    {
        "os.chflags", "os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.removexattr", "os.rename",
        "os.rmdir", "os.setxattr", "os.symlink", "os.truncate", "os.utime",
    }
)  # fmt: skip
REFUSED = (
    "ctypes.", "fcntl.", "gc.", "os.exec", "os.fork", "os.kill", "os.posix_spawn", "os.spawn", "os.system", "pty.",
    "resource.", "signal.pthread_kill", "socket.", "subprocess.", "sys._current_frames", "syslog.",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/urandom", "/dev/random")


def limit(seconds: int) -> None:
    """Limit what the operating system gives this process."""
    limits = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_FSIZE: FILE_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        with contextlib.suppress(OSError, ValueError):  # macOS knows no limit on address space
            resource.setrlimit(kind, (most, most))


def lock(folder: str) -> None:
    """From now on, refuse with PermissionError what leads out of a folder."""
    real_path, separator = os.path.realpath, os.sep
    readable = tuple({real_path(path) for path in (folder, sys.prefix, sys.base_prefix, *sys.path, "/usr/share")})

    def is_within(path: object, roots: tuple[str, ...]) -> bool:
        if isinstance(path, int):  # a descriptor that is open already
            return True
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        real = real_path(os.fsdecode(path))
        return any(real == root or real.startswith(root + separator) for root in roots)

    def guard(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))
            writes = writes or (isinstance(mode, str) and any(letter in mode for letter in "wax+"))
            allowed = path in DEVICES or is_within(path, (folder,) if writes else readable)
        elif event in READING:
            allowed = is_within(arguments[0] if arguments[0] is not None else ".", readable)
        elif event in WRITING:
            paths = [each for each in arguments if isinstance(each, str | bytes | os.PathLike)]
            allowed = all(is_within(path, (folder,)) for path in paths)
        elif event == "ctypes.dlopen":
            allowed = arguments[0] is None  # what importing ctypes itself does
        else:
            allowed = not event.startswith(REFUSED)
        if not allowed:
            raise PermissionError(f"{event} is not allowed in a test")

    sys.addaudithook(guard)


def call(module: str, function: str) -> float:
    """What a function of a module returns, as a number."""
    result = getattr(import_module(module), function)()
    return float(result) if isinstance(result, int | float) else float(bool(result))


def main() -> None:
    """Do what the command line says."""
    module, function, seconds = sys.argv[1:]
    folder = os.path.realpath(".")
    answer = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    limit(int(seconds))
    sys.path.insert(0, folder)
    lock(folder)
    try:
        said = call(module, function)
    except ModuleNotFoundError as missing:
        said = missing.name
    os.write(answer, json.dumps(said).encode())


if __name__ == "__main__":
    main()
