"""The agent's own display: what runs on it, and that nothing of it is left, however the agent ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
import xcffib
import xcffib.xproto

from envs.base import EnvUnavailable
from envs.screen_capture import ScreenCapture
from envs.screen_share import record, view
from envs.virtual import VirtualDesktop
from envs.virtual_display import VirtualDisplay
from envs.x11_input import X11Input
from envs.x11_windows import X11Windows

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
pytest.importorskip("tkinter")

WINDOW = "import tkinter; r = tkinter.Tk(); r.title('{}'); r.geometry('200x150+20+30'); r.mainloop()"


def daemon(mark: Path) -> list[str]:
    """A program that has left its parent and its session, and kept nothing of its environment."""
    return ["env", "-i", f"MARK={mark}", "setsid", "-f", "sleep", "600"]


def processes_of(folder: Path) -> list[psutil.Process]:
    """All that knows of a display's folder, by its arguments or its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(folder) in text for text in (*process.cmdline(), *process.environ().values())):
                found.append(process)
        except psutil.Error:  # it has ended
            continue
    return found


def folder_of(display: VirtualDisplay) -> Path:
    return Path(display.environment["XDG_RUNTIME_DIR"])


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
    assert program.exit_status == -signal.SIGTERM
    wait_until(lambda: window not in display.windows())


def test_a_window_that_comes_at_once_is_shown() -> None:
    with VirtualDisplay((320, 240)) as display:
        connection = xcffib.connect(display=display.name)
        core = xcffib.xproto.xprotoExtension(connection)
        window, root = connection.generate_id(), connection.get_screen_pointers()[0].root
        core.CreateWindow(0, window, root, 0, 0, 50, 50, 0, 1, 0, 0, [])
        core.ChangeProperty(0, window, xcffib.xproto.Atom.WM_NAME, xcffib.xproto.Atom.STRING, 8, 5, b"early")
        core.MapWindow(window)
        connection.flush()
        display.wait_for_window("^early$")
        connection.disconnect()


@pytest.mark.skipif(shutil.which("xterm") is None, reason="xterm is not installed")
@pytest.mark.skipif(shutil.which("openbox") is None, reason="openbox is not installed")
def test_a_scroll_beside_the_windows_leaves_them_where_they_are(display: VirtualDisplay) -> None:
    terminal = display.launch(["xterm", "-T", "terminal", "-geometry", "20x5+0+0"])
    window = display.wait_for_window("^terminal$")
    with closing(X11Input(display.name)) as device:
        device.move(700, 500)
        device.scroll(2)
        # The window manager has dealt with the scroll when it has dealt with a window that came later.
        later = display.launch(["xterm", "-T", "later", "-geometry", "20x5+400+0"])
        display.wait_for_window("^later$")
    connection = xcffib.connect(display=display.name)
    attributes = xcffib.xproto.xprotoExtension(connection).GetWindowAttributes(window.id).reply()
    connection.disconnect()
    assert attributes.map_state == xcffib.xproto.MapState.Viewable
    later.stop()
    terminal.stop()


def test_how_programs_end_and_what_they_say(display: VirtualDisplay, tmp_path: Path, wait_until) -> None:
    program = display.launch(["sh", "-c", "pwd; echo problem >&2; exit 3"], cwd=tmp_path)
    wait_until(lambda: program.exit_status is not None)
    assert program.exit_status == 3
    assert program.said == f"{tmp_path}\nproblem\n"
    program.stop()


def test_a_program_is_stopped_with_its_children(display: VirtualDisplay, tmp_path: Path, wait_until) -> None:
    program = display.launch(["env", f"MARK={tmp_path}", "sh", "-c", "sleep 600 & sleep 600; :"])
    wait_until(lambda: len(processes_of(tmp_path)) == 3)
    program.stop()
    assert processes_of(tmp_path) == []


def test_what_programs_find_in_their_environment(monkeypatch: pytest.MonkeyPatch, wait_until) -> None:
    for name in ("WAYLAND_DISPLAY", "XAUTHORITY", "SESSION_MANAGER"):
        monkeypatch.setenv(name, "of the user's session")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    monkeypatch.setenv("OF_THE_USER", "kept")
    with VirtualDisplay((320, 240)) as display:
        program = display.launch(["env"])
        wait_until(lambda: program.exit_status is not None)
        found = dict(line.split("=", 1) for line in program.said.splitlines() if "=" in line)
        assert "of the user's session" not in found.values()
        assert found["DBUS_SESSION_BUS_ADDRESS"] != "unix:path=/nowhere"
        assert found["DISPLAY"] == display.name
        assert found["OF_THE_USER"] == "kept"
        assert found["XDG_RUNTIME_DIR"] == str(folder_of(display))
        assert folder_of(display).stat().st_mode & 0o77 == 0


def test_a_program_that_is_not_there(display: VirtualDisplay) -> None:
    with pytest.raises(EnvUnavailable, match="nonesuch --flag"):
        display.launch(["nonesuch", "--flag"])
    with pytest.raises(EnvUnavailable, match="cannot be started"):
        display.launch([])
    with pytest.raises(EnvUnavailable, match="nowhere"):
        display.launch(["true"], cwd=Path("/nowhere"))


def test_a_window_that_does_not_come(display: VirtualDisplay) -> None:
    with pytest.raises(EnvUnavailable, match="No window 'nothing' within"):
        display.wait_for_window("nothing", timeout_s=0.1)


@pytest.mark.skipif(shutil.which("setxkbmap") is None, reason="setxkbmap is not installed")
def test_keyboard_layouts(display: VirtualDisplay) -> None:
    for layout in ("de", "fr", "ru", "us"):
        display.set_layout(layout)
        query = subprocess.run(
            ["setxkbmap", "-display", display.name, "-query"], capture_output=True, text=True, check=True
        )
        assert re.search(rf"^layout:\s+{layout}$", query.stdout, re.MULTILINE)
    with pytest.raises(EnvUnavailable, match="klingon"):
        display.set_layout("klingon")


@pytest.mark.parametrize("size", [(0, 100), (100, -1), (20000, 100)])
def test_impossible_sizes(size: tuple[int, int]) -> None:
    with pytest.raises(EnvUnavailable, match=f"{size[0]}x{size[1]}"):
        VirtualDisplay(size)


def test_programs_that_are_not_installed(display: VirtualDisplay, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as without:
        without.setattr(shutil, "which", lambda _: None)
        with pytest.raises(EnvUnavailable, match="sudo apt-get install xvfb"):
            VirtualDisplay()
        with pytest.raises(EnvUnavailable, match="sudo apt-get install x11vnc"):
            view(display)
        with pytest.raises(EnvUnavailable, match="sudo apt-get install ffmpeg"):
            record(display, Path("film.mp4"))
    monkeypatch.setattr(shutil, "which", lambda program: program if program == "Xvfb" else None)
    with VirtualDisplay((320, 240)) as bare:
        assert bare.missing == ("dbus-daemon", "openbox")
        bare.launch([sys.executable, "-c", WINDOW.format("on its own")])
        bare.wait_for_window("^on its own$")  # also where no window manager lists it


def test_a_server_that_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server = tmp_path / "Xvfb"
    server.write_text("#!/bin/sh\necho no screens found >&2\nexit 1\n")
    server.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(EnvUnavailable, match="Xvfb does not start: no screens found"):
        VirtualDisplay()


def test_two_displays_side_by_side(display: VirtualDisplay) -> None:
    with VirtualDisplay((3840, 2160)) as other:
        assert other.name != display.name
        assert other.windows() == ()
        connection = xcffib.connect(display=other.name)
        screen = connection.get_screen_pointers()[0]
        connection.disconnect()
        assert (screen.width_in_pixels, screen.height_in_pixels, screen.root_depth) == (3840, 2160, 24)


def test_other_users_cannot_connect(display: VirtualDisplay) -> None:
    [cookie] = [file for file in folder_of(display).iterdir() if file.name == "cookie"]
    assert cookie.stat().st_mode & 0o777 == 0o600
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


@contextmanager
def users_desktop(cookie: Path | None) -> Iterator[str]:
    """An X server in the place of the user's, which may ask for a cookie."""
    access: list[str] = []
    if cookie is not None:
        fields = (b"", b"", b"MIT-MAGIC-COOKIE-1", bytes(range(16)))
        cookie.write_bytes(b"\xff\xff" + b"".join(struct.pack(">H", len(field)) + field for field in fields))
        access = ["-auth", str(cookie)]
    ours, theirs = os.pipe()
    command = ["Xvfb", "-displayfd", str(theirs), *access, "-nolisten", "tcp", "-noreset", "-screen", "0", "640x480x24"]
    with subprocess.Popen(command, pass_fds=[theirs], stderr=subprocess.DEVNULL) as server:
        os.close(theirs)
        try:
            with os.fdopen(ours) as told:
                yield f":{told.readline().strip()}"
        finally:
            server.terminate()


@pytest.mark.skipif(shutil.which("Xephyr") is None, reason="Xephyr is not installed")
@pytest.mark.parametrize("asks_for_cookie", [False, True])
def test_the_user_can_watch(asks_for_cookie: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wait_until) -> None:
    window = (
        "import tkinter; r = tkinter.Tk(); r.overrideredirect(True); r.geometry('100x50+200+100');"
        "r.configure(background='#12a0fe'); r.bind('<Button-1>', lambda _: r.configure(background='#fe12a0'));"
        "r.mainloop()"
    )
    cookie = tmp_path / "cookie" if asks_for_cookie else None
    with users_desktop(cookie) as users:
        monkeypatch.setenv("DISPLAY", users)
        if cookie is not None:
            monkeypatch.setenv("XAUTHORITY", str(cookie))
        else:
            monkeypatch.delenv("XAUTHORITY", raising=False)
        with (
            VirtualDisplay((400, 300), watch=True) as display,
            closing(ScreenCapture()) as seen,
            closing(X11Input(display.name)) as device,
        ):

            def shows(*colour: int) -> bool:
                rows, columns = np.nonzero((seen.grab(seen.desktop) == colour).all(axis=2))
                return bool(rows.size) and (np.ptp(rows) + 1, np.ptp(columns) + 1, rows.size) == (50, 100, 5000)

            display.launch([sys.executable, "-c", window])
            wait_until(lambda: shows(0x12, 0xA0, 0xFE))
            device.move(399, 299)
            device.move(250, 125)
            device.click()
            wait_until(lambda: shows(0xFE, 0x12, 0xA0))


def test_nothing_is_left_after_closing(wait_until) -> None:
    display = VirtualDisplay((320, 240))
    folder = folder_of(display)
    display.launch(daemon(folder))
    stubborn = display.launch(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done", str(folder)])
    wait_until(lambda: stubborn.said == "ready\n")
    wait_until(lambda: {process.name() for process in processes_of(folder)} >= {"Xvfb", "sh", "sleep"})
    display.close()
    display.close()
    assert processes_of(folder) == []
    assert not folder.exists()
    assert stubborn.exit_status == -signal.SIGKILL
    assert stubborn.said == ""
    with pytest.raises(EnvUnavailable, match="the display was closed"):
        display.launch(["true"])


def test_nothing_is_left_when_the_reaper_itself_is_killed(wait_until) -> None:
    display = VirtualDisplay((320, 240))
    folder = folder_of(display)
    program = display.launch(["sleep", "600"])
    [reaper] = [process for process in processes_of(folder) if process.ppid() == os.getpid()]
    reaper.kill()
    try:
        with pytest.raises(EnvUnavailable, match="was killed"):
            wait_until(lambda: program.exit_status is not None)
    finally:
        display.close()
    wait_until(lambda: processes_of(folder) == [])
    assert not folder.exists()


AGENT = """
import os, signal, time
from envs.virtual_display import VirtualDisplay
signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored where the tests run in the background
display = VirtualDisplay((320, 240))
folder = display.environment["XDG_RUNTIME_DIR"]
display.launch(["env", "-i", f"MARK={folder}", "setsid", "-f", "sleep", "600"])
display.launch(["sleep", "600"])
if os.fork() == 0:  # has all that the agent had open, and outlives it
    while os.path.exists(folder):
        time.sleep(0.1)
    os._exit(0)
print(folder, flush=True)
time.sleep(600)
"""


def test_nothing_is_left_when_the_agent_is_killed(wait_until) -> None:
    numbers = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
    with ExitStack() as started:
        agents = [
            started.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", AGENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
                )
            )
            for _ in numbers
        ]
        folders: list[Path] = []
        for agent, number in zip(agents, numbers, strict=True):
            assert agent.stdout is not None
            folders.append(Path(agent.stdout.readline().strip()))
            wait_until(lambda: {process.name() for process in processes_of(folders[-1])} >= {"Xvfb", "sleep"})
            agent.send_signal(number)
            agent.wait()
        for folder in folders:
            wait_until(lambda folder=folder: not folder.exists() and processes_of(folder) == [])


def test_ctrl_c_in_the_terminal_leaves_the_display_to_the_agent(display: VirtualDisplay) -> None:
    [reaper] = [process for process in processes_of(folder_of(display)) if process.ppid() == os.getpid()]
    ours = os.getpgid(0)
    assert all(os.getpgid(process.pid) != ours for process in (reaper, *reaper.children(recursive=True)))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        reaper.send_signal(number)
    display.launch(["true"])  # it still answers


def test_programs_are_launched_with_the_desktop(wait_until) -> None:
    command = [sys.executable, "-c", WINDOW.format("launched")]
    with VirtualDesktop([command], (640, 480)) as desktop:
        desktop.display.wait_for_window("launched")
        wait_until(lambda: desktop.observe().title == "launched")
    with pytest.raises(EnvUnavailable, match="nonesuch"):
        VirtualDesktop([["nonesuch"]])


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_film_is_finished_when_the_display_is_closed(tmp_path: Path, wait_until) -> None:
    film = tmp_path / "film.mp4"
    with VirtualDisplay((320, 240)) as display:
        record(display, film)
        wait_until(film.exists)
    probe = ["ffprobe", "-v", "error", "-show_entries", "stream=width,height,nb_frames", "-of", "csv=p=0", str(film)]
    told = subprocess.run(probe, capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"320,240,[1-9]\d*\s*", told)


@pytest.mark.skipif(shutil.which("x11vnc") is None, reason="x11vnc is not installed")
def test_a_viewer_is_offered_on_this_machine_only(display: VirtualDisplay) -> None:
    viewer = view(display)
    listening = [c for c in psutil.net_connections("tcp") if c.status == "LISTEN" and c.laddr.port == viewer.port]
    assert {c.laddr.ip for c in listening} <= {"127.0.0.1", "::1"}
    assert listening
    viewer.program.stop()
