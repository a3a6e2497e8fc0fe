"""A home folder at /home/user, where most of OSWorld's tasks look for it, without touching the one that may be there.

In a mount namespace of its own a program finds a folder there, and all else as it is. Such a namespace needs no rights,
but some machines forbid it. Linux, with util-linux 2.36 or later.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from envs.throwaway_home import XDG_FOLDERS

USER_HOME: Final = "/home/user"
_TRY_S: Final = 30.0
_UNSHARED: Final = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-e", "-c")
_PROGRAM: Final = """
home=$0 user=$1 group=$2; shift 2
others=$(mktemp -d "$home/.others.XXXXXX")
mount --rbind /home "$others"
mount -t tmpfs tmpfs /home
for each in "$others"/*; do
  name=${each##*/}
  if [ -d "$each" ] && [ "$name" != user ]; then mkdir "/home/$name"; mount --rbind "$each" "/home/$name"; fi
done
umount -l "$others"; rmdir "$others"
mkdir /home/user
mount --rbind "$home" /home/user
exec unshare --user --map-user="$user" --map-group="$group" "$@"
"""
"""Hides nothing but /home/user, and gives the program its own user's number back."""


def with_user_home(home: Path, command: Sequence[str]) -> Sequence[str]:
    """A command line that runs another one where a folder is at /home/user, too.

    Args:
        home: the folder.
        command: the other.
    """
    folders = [f"{name}={USER_HOME}/{folder}" for name, folder in XDG_FOLDERS.items()]
    environment = ("env", f"HOME={USER_HOME}", *folders)
    return [*_UNSHARED, _PROGRAM, str(home), str(os.getuid()), str(os.getgid()), *environment, *command]


@cache
def why_not() -> str:
    """Why there can be no such namespace here, as a sentence; empty when there can."""
    if any(Path(each).resolve().is_relative_to(USER_HOME) for each in (sys.executable, __file__)):
        return f"Deixis itself lies in {USER_HOME}, which would be hidden."
    if shutil.which("unshare") is None:
        return "There is no unshare: sudo apt-get install util-linux"
    with tempfile.TemporaryDirectory() as folder:
        command = with_user_home(Path(folder), ["test", "-w", USER_HOME])
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_TRY_S, check=False)
        except subprocess.TimeoutExpired:
            return f"A mount namespace was not there within {_TRY_S:g} s."
    return "" if done.returncode == 0 else f"This machine allows no mount namespace: {done.stderr.strip()}"
