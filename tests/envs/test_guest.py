"""Our guest server on a display of its own, and the client that drives it: every route, really over HTTP."""

from __future__ import annotations

import json
import re
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import envs.remote
from envs import actions
from envs.base import ActionFailed, EnvUnavailable, UnsupportedAction
from envs.check import check_env
from envs.frame import StaleFrame
from envs.guest_client import Completed, GuestClient, GuestRefused, NoAnswer
from envs.guest_routes import Answer
from envs.guest_windows_client import WindowsGuest
from envs.remote import RemoteDesktop
from envs.settle import Patience

pytest.importorskip("tkinter")

# A window whose title tells what was typed into it and where it was clicked.
WINDOW = """
import tkinter
root = tkinter.Tk(className="Probe")
root.geometry("400x300+100+100")
root.title("probe")
entry = tkinter.Entry(root)
entry.pack()
entry.focus_force()
entry.bind("<KeyRelease>", lambda _: root.title("typed " + entry.get()))
root.bind("<Button>", lambda e: root.title(f"button {e.num} at {e.x_root} {e.y_root}"))
root.mainloop()
"""


@pytest.fixture
def guest(guest_server) -> Iterator[GuestClient]:
    with GuestClient(guest_server.address, token=guest_server.token) as guest:
        yield guest


@pytest.fixture
def window(guest, wait_until) -> Iterator[str]:
    """The class of a window that tells in its title what happens to it."""
    guest.launch([sys.executable, "-c", WINDOW])
    wait_until(lambda: guest.window_size("Probe") is not None)
    guest.activate_window("Probe", by_class=True)
    yield "Probe"
    guest.close_window("Probe", by_class=True)
    wait_until(lambda: guest.window_size("Probe") is None)


@pytest.fixture(params=["typed", "published"])
def remote(request, guest_server, monkeypatch) -> Iterator[RemoteDesktop]:
    """The guest as an environment, over the routes of its own and over the published ones alone."""
    if request.param == "published":
        monkeypatch.setattr(envs.remote, "_description", lambda guest: None)
    with RemoteDesktop(guest_server.address, token=guest_server.token, patience=Patience(quiet_s=0.1)) as remote:
        yield remote


# ---- the environment


@pytest.mark.slow
def test_it_keeps_the_contract_of_environments(remote):
    check_env(remote)


@pytest.mark.slow
def test_clicks_text_and_keys_arrive_where_they_are_meant(remote, window, wait_until):
    guest = remote.guest

    def title(pattern):
        listed = guest.execute("xprop -root _NET_ACTIVE_WINDOW").output.split()[-1]
        return re.search(pattern, guest.execute(f"xprop -id {listed} WM_NAME").output)

    remote.execute(actions.Click(at=remote.observe().frame.from_device(300.5, 250.5), button=actions.Button.RIGHT))
    wait_until(lambda: title("button 3 at 300 250"))
    remote.execute(actions.TypeText(text="a<b>c"))
    wait_until(lambda: title("typed a<b>c"))
    remote.execute(actions.Press(keys=("shift", "home")))
    remote.execute(actions.Press(keys=("x",)))
    wait_until(lambda: title('typed x"'))


def test_a_point_of_an_earlier_look_is_refused(remote):
    old = remote.observe().frame.point(0.5, 0.5)
    remote.observe()
    with pytest.raises(StaleFrame):
        remote.execute(actions.Click(at=old))
    with pytest.raises(UnsupportedAction):
        remote.execute(actions.GoBack())


def test_what_cannot_be_typed_is_said_and_nothing_is_typed(guest_server, monkeypatch):
    monkeypatch.setattr(envs.remote, "_description", lambda guest: None)
    with RemoteDesktop(guest_server.address, token=guest_server.token) as remote:
        if remote.guest.execute("which xdotool", shell=True).returncode == 0:
            pytest.skip("xdotool types everything")
        with pytest.raises(ActionFailed, match="ю"):
            remote.execute(actions.TypeText(text="aю"))


# ---- every route of the published server


def test_the_screen(guest):
    assert guest.screenshot().startswith(b"\x89PNG")
    assert guest.screen_size() == (1280, 720)
    assert guest.platform() == "Linux"
    x, y = guest.cursor_position()
    assert 0 <= x < 1280
    assert 0 <= y < 720


def test_files_go_there_and_back(guest, tmp_path):
    path = tmp_path / "new" / "some file.bin"
    content = bytes(range(256)) * 5000
    guest.write_file(str(path), content)
    assert path.read_bytes() == content
    assert guest.read_file(str(path)) == content
    assert guest.read_file(str(tmp_path / "none")) is None
    assert guest.list_directory(str(tmp_path)) == {
        "type": "directory",
        "name": tmp_path.name,
        "children": [
            {"type": "directory", "name": "new", "children": [{"type": "file", "name": "some file.bin"}]},
        ],
    }
    with pytest.raises(GuestRefused):
        guest.list_directory(str(path))
    assert guest.desktop_path().endswith("/Desktop")
    guest.write_file("~/Desktop/here.txt", b"x")
    assert guest.read_file("$HOME/Desktop/here.txt") == b"x"


def test_commands_run_and_tell_how_they_ended(guest, tmp_path):
    done = guest.execute(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (done.output, done.error, done.returncode) == ("out\n", "err\n", 3)
    assert guest.execute("echo $((1+1))", shell=True).output == "2\n"
    assert guest.execute("echo 'a b'").output == "a b\n"
    with pytest.raises(GuestRefused, match="nonesuch"):
        guest.execute(["nonesuch"])
    with pytest.raises(GuestRefused, match="ended after"):
        guest.execute(["sleep", "60"], timeout_s=0.3)
    with pytest.raises(GuestRefused, match="empty"):
        guest.execute([])
    assert guest.run_python("print(6 * 7)") == Completed("42\n", "", 0)
    failed = guest.run_python("1 / 0")
    assert failed.returncode == 1
    assert "ZeroDivisionError" in failed.error
    script = guest.run_bash_script("pwd; exit 2", working_dir=str(tmp_path))
    assert (script.output, script.returncode) == (f"{tmp_path}\n", 2)


def test_a_command_is_verified_by_another_or_by_a_window(guest, tmp_path):
    flag = tmp_path / "flag"
    touch = f"(sleep 0.3; touch {flag}) >/dev/null 2>&1 &"
    guest.execute_with_verification(touch, {"command_success": f"test -e {flag}"}, shell=True)
    assert flag.exists()
    with pytest.raises(GuestRefused):
        guest.execute_with_verification(["true"], {"window_exists": "no such window"}, max_wait_s=0.2)
    guest.execute_with_verification(["true"], {"command_success": ["test", "-e", str(flag)]})


def test_no_shell_reads_a_check_unless_the_request_says_so(guest, tmp_path):
    made = tmp_path / "made"
    with pytest.raises(GuestRefused):
        guest.execute_with_verification(["true"], {"command_success": f"false; touch {made}"}, max_wait_s=0.2)
    assert not made.exists()


def test_windows_are_found_by_title_and_by_class(guest, window, wait_until):
    assert guest.window_size(window) == (400, 300)
    assert guest.window_size("nothing") is None
    guest.activate_window("PROB")
    with pytest.raises(GuestRefused) as refused:
        guest.activate_window("PROB", strict=True)
    assert refused.value.status == 404
    guest.activate_window("probe", strict=True)
    with pytest.raises(GuestRefused):
        guest.close_window("no such window")


def test_the_guest_fetches_a_file_itself(guest, site, tmp_path):
    site.pages["/a.txt"] = b"content", {}
    guest.download_file(site.url("/a.txt"), str(tmp_path / "a.txt"))
    assert (tmp_path / "a.txt").read_bytes() == b"content"
    with pytest.raises(GuestRefused, match="404"):
        guest.download_file(site.url("/none"), str(tmp_path / "b.txt"))
    assert not (tmp_path / "b.txt").exists()


def test_opening_a_program_waits_for_its_window(guest, wait_until):
    if shutil.which("xterm") is None:
        pytest.skip("xterm is not installed")
    guest.open_file("xterm")
    assert guest.window_size("XTerm") is not None
    guest.close_window("XTerm", by_class=True)
    wait_until(lambda: guest.window_size("XTerm") is None)
    with pytest.raises(GuestRefused, match="no file and no program"):
        guest.open_file("/no/such/file.txt")


def test_the_screen_is_filmed(guest):
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    with pytest.raises(GuestRefused):
        guest.end_recording()
    guest.start_recording()
    with pytest.raises(GuestRefused, match="already"):
        guest.start_recording()
    time.sleep(1)  # the film's length
    film = guest.end_recording()
    assert film[4:8] == b"ftyp"


def test_what_this_machine_cannot_tell_is_said(guest):
    for ask in (guest.accessibility, guest.terminal):
        with pytest.raises(GuestRefused, match="does not tell") as refused:
            ask()
        assert refused.value.status == 501
    with pytest.raises(GuestRefused):
        guest.change_wallpaper("/no/such/picture.png")
    assert guest.wallpaper() is None or guest.wallpaper()


# ---- who may ask, and what is never asked twice


def test_only_who_shows_the_token_is_answered(serving):
    asked = []

    def handler(content):
        asked.append(content)
        return Answer.text("Linux")

    with serving({("GET", "/platform"): handler}) as address:
        for token in (None, "", "secre", "secret2", "ключ"):
            with GuestClient(address, token=token) as guest, pytest.raises(EnvUnavailable, match="token"):
                guest.platform()
        assert asked == []
        with GuestClient(address, token="secret") as guest:
            assert guest.platform() == "Linux"
            with pytest.raises(GuestRefused) as refused:  # a server without --commands has no such route
                guest.execute("true")
            assert refused.value.status in (404, 405)


def test_a_windows_guest_is_told_what_the_numbers_of_elements_mean(serving):
    told = []

    def update(asked):
        told.append(json.loads(asked.json))
        return Answer(json={"status": "success"})

    with serving({("POST", "/update_computer"): update}) as address, GuestClient(address, token="secret") as guest:
        WindowsGuest(guest).update_computer([(1, 2, 3, 4)], (0, 0, 800, 600), b"png", clipboard="text")
    assert told == [
        {
            "rects": [[1, 2, 3, 4]],
            "window_rect": [0, 0, 800, 600],
            "screenshot": "cG5n",
            "scale": [1.0, 1.0],
            "clipboard_content": "text",
            "swap_ctrl_alt": False,
        }
    ]


def test_a_server_that_is_none_of_ours_is_found_out(serving):
    table = {("GET", "/deixis"): lambda _: Answer.text("hello")}
    with serving(table) as address, pytest.raises(EnvUnavailable, match="no guest's server"):
        RemoteDesktop(address, token="secret")
    with pytest.raises(EnvUnavailable, match="cannot be reached"):
        RemoteDesktop("127.0.0.1:9")


@contextmanager
def mute(reply: bytes | None):
    """A server that takes requests and answers none, or breaks off; how often it was asked."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def take():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            asked.append(connection.recv(65536))
            if reply is None:
                kept.append(connection)
            else:
                connection.sendall(reply)
                connection.close()

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for connection in kept:
            connection.close()


@pytest.mark.parametrize("reply", [None, b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"])
def test_an_action_without_an_answer_is_never_sent_again(reply):
    with mute(reply) as (address, asked), GuestClient(address) as guest:
        with pytest.raises(NoAnswer):
            guest.act("/execute", json={"command": "true"}, timeout_s=0.3)
        assert len(asked) == 1


def test_looking_is_tried_again():
    with mute(b"") as (address, asked), GuestClient(address) as guest:
        with pytest.raises(NoAnswer):
            guest.screenshot()
        assert len(asked) == 3


def test_an_action_that_may_have_happened_is_told_as_such(monkeypatch):
    monkeypatch.setattr(envs.remote, "_description", lambda guest: None)
    with mute(b"") as (address, asked), RemoteDesktop(address) as remote:
        with pytest.raises(ActionFailed, match="may have happened"):
            remote.execute(actions.TypeText(text="x"))
        assert len(asked) == 1
