"""How a browser begins and ends: no process is left, whatever happens."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from envs import browser, browser_process, browser_tab
from envs.actions import Navigate, OpenTab, TypeText, Upload
from envs.base import ActionFailed, EnvUnavailable, UnsupportedAction
from envs.browser import Browser
from envs.check import check_env

ROOT = Path(__file__).parents[2]


def descendants(process_id: int) -> set[int]:
    """A process and all that come from it, by /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    family = {process_id}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def all_gone(process_ids: set[int], within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while any(map(alive, process_ids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def observe_often(env: Browser) -> None:
    for _ in range(20):
        env.observe()


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")


@needs_proc
def test_nothing_is_left_after_closing():
    with Browser("about:blank") as env:
        family = descendants(env._process.process_id)
        assert len(family) > 2
        downloads = env._tabs._download_folder
        assert downloads.is_dir()
    assert all_gone(family)
    assert not downloads.exists()
    env.close()
    for call in (env.observe, lambda: env.execute(TypeText(text="x"))):
        with pytest.raises(EnvUnavailable, match="was closed"):
            call()


def test_the_contract_is_kept(tmp_path):
    check_env(Browser("about:blank", (400, 300)))


def test_uploading_is_no_capability_without_a_folder_and_threads_and_loops_do_not_matter():
    """One browser for several short questions: starting one takes a second."""
    with Browser("about:blank", (400, 300)) as env:
        with pytest.raises(UnsupportedAction, match="cannot upload"):
            env.execute(Upload(paths=("x",)))

        seen = []
        thread = threading.Thread(target=lambda: seen.append(env.observe()))
        thread.start()
        thread.join()

        async def within_a_coroutine():
            with Browser("about:blank", (300, 200)) as second:
                seen.append(second.observe())

        asyncio.run(within_a_coroutine())
        seen.append(env.observe())
    assert [observation.frame.pixels.shape for observation in seen] == [(300, 400, 3), (200, 300, 3), (300, 400, 3)]


@needs_proc
def test_an_address_that_does_not_answer_at_the_start(monkeypatch):
    started = []
    start = browser_process.BrowserProcess._start

    async def remembered(self, launch):
        await start(self, launch)
        started.append(descendants(self.process_id))

    monkeypatch.setattr(browser_process.BrowserProcess, "_start", remembered)
    with pytest.raises(EnvUnavailable, match=r"nothing\.invalid cannot be reached: name not resolved"):
        Browser("nothing.invalid")
    assert all_gone(started[0])


def test_no_browser_at_the_explicit_path(tmp_path):
    with pytest.raises(EnvUnavailable, match=f"no browser at {tmp_path}/chrome"):
        Browser(browser_path=tmp_path / "chrome")


def test_something_else_at_the_explicit_path(tmp_path):
    program = tmp_path / "not-a-browser"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(EnvUnavailable, match="not-a-browser did not start"):
        Browser(browser_path=program)


@needs_proc
def test_a_page_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(browser_tab, "CAPTURE_S", 2.0)
    monkeypatch.setattr(browser, "ANSWER_S", 10.0)
    monkeypatch.setattr(browser_process, "_CLOSE_S", 5.0)
    with Browser(
        "data:text/html,<script>onload = () => setTimeout(() => { for (;;); }, 1)</script>", (300, 200)
    ) as env:
        family = descendants(env._process.process_id)
        # Chromium says nothing or that it cannot take a picture, which depends on how far it has come.
        with pytest.raises(EnvUnavailable, match=r"no picture of the page .* (hangs|Unable to capture screenshot)"):
            observe_often(env)  # a first look may come before the loop
    assert all_gone(family)


def test_a_crashed_page_is_told():
    with Browser("about:blank", (300, 200)) as env:
        env.observe()

        async def crash():
            await (await env._tabs.tab()).page.goto("chrome://crash")

        with pytest.raises((ActionFailed, EnvUnavailable)):
            env._process.call(crash(), 30)
        for call in (env.observe, lambda: env.execute(OpenTab())):
            with pytest.raises(EnvUnavailable, match=r"crashed|gone"):
                call()


@needs_proc
def test_a_browser_that_was_killed_is_told():
    with Browser("about:blank", (300, 200)) as env:
        os.kill(env._process.process_id, signal.SIGKILL)
        with pytest.raises(EnvUnavailable):
            observe_often(env)
        with pytest.raises(EnvUnavailable):
            env.execute(Navigate(url="about:blank"))


INTERRUPTED = """
import sys
from envs.browser import Browser
with Browser("about:blank", (300, 200)) as env:
    print(env._process.process_id, flush=True)
    while True:
        env.observe()
"""
FORGOTTEN = """
from envs.browser import Browser
env = Browser("about:blank", (300, 200))
print(env._process.process_id, env._tabs._download_folder, flush=True)
"""


def python(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@needs_proc
def test_ctrl_c_closes_the_browser():
    with python(INTERRUPTED) as process:
        family = descendants(int(process.stdout.readline()))
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: everything in the foreground gets it
        _, error = process.communicate(timeout=30)
    assert error.rstrip().endswith("KeyboardInterrupt")
    assert all_gone(family)


@needs_proc
def test_ctrl_c_within_a_slow_call_leaves_a_usable_python(site):
    """The interrupt arrives while an address is loading; closing afterwards still works, in the same process."""
    site.page("/never", "</script>")
    env = Browser("about:blank", (300, 200))
    family = descendants(env._process.process_id)
    timer = threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,))
    begin = time.monotonic()
    timer.start()
    with pytest.raises(KeyboardInterrupt), env:
        env.execute(Navigate(url=site.url("/slow/never")))
    assert all_gone(family)
    assert time.monotonic() - begin < 20


@needs_proc
def test_a_forgotten_browser_ends_with_the_program():
    with python(FORGOTTEN) as process:
        out, error = process.communicate(timeout=60)
    assert error == ""
    process_id, downloads = out.split()
    assert all_gone({int(process_id)})
    assert not Path(downloads).exists()
