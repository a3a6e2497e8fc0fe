"""Running a test of code that an agent wrote.

Knows how to start `locked_down.py`, which holds the code in, and how to end it; knows neither test nor code. The
process has a folder of its own with copies of the files, nothing of this process's environment, and limits on time,
memory and what it writes. What it can reach is limited in the interpreter: that stops code which does harm by accident
or in plain sight, not code made to break Python itself. For such code, run the whole benchmark in a container.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from tasks.errors import MissingLibrary

TIME_LIMIT_S = 60
"""The tests of the benchmarks take a second or two."""
LIBRARIES = frozenset({"pygame"})
"""What the programs in the benchmarks' tasks import, beside their own modules."""

_SCRIPT = Path(__file__).with_name("locked_down.py")
_LONGEST_ANSWER = 100
"""Characters; a number has fewer."""


def score_of(test: Path, function: str, beside: Iterable[Path], time_limit_s: float = TIME_LIMIT_S) -> float:
    """The number that a function of a test file returns, from 0.0 to 1.0; 0.0 when it returns none.

    Args:
        test: the file.
        function: its name; it has no parameters.
        beside: files that are to be in the same folder, by their names.
        time_limit_s: the process is ended after so many seconds.

    Raises:
        MissingLibrary: the code needs one of `LIBRARIES`, which is not installed.
    """
    with TemporaryDirectory(prefix="deixis-test-") as folder, TemporaryFile("w+") as output:
        for path in (*beside, test):
            shutil.copyfile(path, Path(folder, path.name))
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", str(_SCRIPT), test.stem, function, str(int(time_limit_s) + 1)],
            cwd=folder,
            env={"HOME": folder, "TMPDIR": folder, "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(time_limit_s)
        except subprocess.TimeoutExpired:
            return 0.0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        output.seek(0)
        return _score(output.read(_LONGEST_ANSWER))


def _score(answer: str) -> float:
    try:
        said = json.loads(answer)
    except json.JSONDecodeError:
        return 0.0
    if isinstance(said, str) and said in LIBRARIES:
        raise MissingLibrary(
            f"The code of the task needs {said}, which is not installed: pip install 'deixis[osworld]'."
        )
    return min(1.0, max(0.0, float(said))) if isinstance(said, int | float) else 0.0
