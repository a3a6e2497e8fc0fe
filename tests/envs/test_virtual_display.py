"""The agent's own display: what runs on it, and that nothing of it is left, however the agent ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from envs.base import EnvUnavailable
from envs.reaper import VARIABLE, marked
from envs.screen_share import record, view
from envs.virtual import VirtualDesktop
from envs.virtual_display import VirtualDisplay
from envs.x11_windows import X11Windows

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
pytest.importorskip("tkinter")

WINDOW = "import tkinter; r = tkinter.Tk(); r.title('{}'); r.geometry('300x200+50+60'); r.mainloop()"
DAEMON = """
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def display() -> Iterator[VirtualDisplay]:
    with VirtualDisplay((800, 600)) as display:
        yield display


def test_a_program_and_its_window(display: VirtualDisplay, wait_until) -> None:
    program = display.launch([sys.executable, "-c", WINDOW.format("Ünïcode title")])
    window = display.wait_for_window("^Ünïcode")
    assert window in display.windows()
    with closing(X11Windows(display.name)) as windows:
        wait_until(lambda: windows.active_title() == "Ünïcode title")
    assert program.exit_status is None
    program.stop()
    assert program.exit_status is not None
    wait_until(lambda: window not in display.windows())


def test_what_programs_find_in_their_environment(
    display: VirtualDisplay, monkeypatch: pytest.MonkeyPatch, wait_until
) -> None:
    program = display.launch(["env"])
    wait_until(lambda: program.exit_status is not None)
    found = dict(line.split("=", 1) for line in program.said.splitlines() if "=" in line)
    assert found["DISPLAY"] == display.name
    assert found["PATH"] == os.environ["PATH"]
    assert "WAYLAND_DISPLAY" not in found
    assert "XAUTHORITY" not in found
    if "dbus-daemon" not in display.missing:
        assert found["DBUS_SESSION_BUS_ADDRESS"] != os.environ.get("DBUS_SESSION_BUS_ADDRESS")
    folder = Path(found["XDG_RUNTIME_DIR"])
    assert folder.stat().st_mode & 0o77 == 0


def test_a_program_that_is_not_there(display: VirtualDisplay) -> None:
    with pytest.raises(EnvUnavailable, match="nonesuch --flag"):
        display.launch(["nonesuch", "--flag"])
    with pytest.raises(EnvUnavailable, match="cannot be started"):
        display.launch([])


def test_a_window_that_does_not_come(display: VirtualDisplay) -> None:
    with pytest.raises(EnvUnavailable, match="No window 'nothing' within"):
        display.wait_for_window("nothing", timeout_s=0.1)


def test_a_layout_that_is_not_there(display: VirtualDisplay) -> None:
    with pytest.raises(EnvUnavailable, match="klingon"):
        display.set_layout("klingon")


@pytest.mark.parametrize("size", [(0, 100), (100, -1), (20000, 100)])
def test_impossible_sizes(size: tuple[int, int]) -> None:
    with pytest.raises(EnvUnavailable, match=f"{size[0]}x{size[1]}"):
        VirtualDisplay(size)


def test_without_a_server_it_names_the_command_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(EnvUnavailable, match="sudo apt-get install xvfb"):
        VirtualDisplay()


def test_two_displays_side_by_side(display: VirtualDisplay) -> None:
    with VirtualDisplay((320, 240)) as other:
        assert other.name != display.name
        assert other.windows() == ()


def test_other_users_cannot_connect(display: VirtualDisplay) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    code = (
        "import os, sys, xcffib, xcffib.xproto\n"
        "os.setuid(65534)\n"
        "try: xcffib.connect(display=sys.argv[1])\n"
        "except xcffib.ConnectionException: print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", code, display.name], capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"


def test_nothing_is_left_after_closing(wait_until) -> None:
    display = VirtualDisplay((320, 240))
    mark = display.environment[VARIABLE]
    display.launch([sys.executable, "-c", DAEMON])
    wait_until(lambda: any(DAEMON in process.cmdline() for process in marked(mark)))
    assert {process.name() for process in marked(mark)} >= {"Xvfb"}
    display.close()
    display.close()
    assert marked(mark) == []
    assert not Path(display.environment["XDG_RUNTIME_DIR"]).exists()


AGENT = """
import sys, time
from envs.virtual_display import VirtualDisplay
display = VirtualDisplay((320, 240))
display.launch([sys.executable, "-c", sys.argv[1]])
display.launch([sys.executable, "-c", sys.argv[2]])
display.wait_for_window("left over")
print(display.environment["DEIXIS_DISPLAY_MARK"], display.environment["XDG_RUNTIME_DIR"], flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_agent_is_killed(number: signal.Signals, wait_until) -> None:
    command = [sys.executable, "-c", AGENT, DAEMON, WINDOW.format("left over")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        mark, folder = process.stdout.readline().split()
        assert len(marked(mark)) >= 3
        process.send_signal(number)
        process.wait()
    wait_until(lambda: not Path(folder).exists())
    assert marked(mark) == []
    assert not any(mark in " ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"]))


def test_programs_are_launched_with_the_desktop(wait_until) -> None:
    command = [sys.executable, "-c", WINDOW.format("launched")]
    with VirtualDesktop([command], (640, 480)) as desktop:
        desktop.display.wait_for_window("launched")
        wait_until(lambda: desktop.observe().title == "launched")
    with pytest.raises(EnvUnavailable, match="nonesuch"):
        VirtualDesktop([["nonesuch"]])


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_film_can_be_played(display: VirtualDisplay, tmp_path: Path, wait_until) -> None:
    film = tmp_path / "film.mp4"
    program = record(display, film)
    wait_until(lambda: film.exists())
    time.sleep(1.0)
    program.stop()
    probe = ["ffprobe", "-v", "error", "-show_entries", "stream=width,height,nb_frames", "-of", "csv=p=0", str(film)]
    told = subprocess.run(probe, capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"800,600,[1-9]\d*\s*", told)


@pytest.mark.skipif(shutil.which("x11vnc") is None, reason="x11vnc is not installed")
def test_a_viewer_is_offered_on_this_machine_only(display: VirtualDisplay) -> None:
    viewer = view(display)
    listening = [c for c in psutil.net_connections("tcp") if c.status == "LISTEN" and c.laddr.port == viewer.port]
    assert {c.laddr.ip for c in listening} <= {"127.0.0.1", "::1"}
    assert listening
    viewer.program.stop()
