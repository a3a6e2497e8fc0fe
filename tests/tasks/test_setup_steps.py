"""Set-up steps and whole tasks, carried out on our own guest server."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from envs.guest_client import GuestClient
from tasks.downloads import DownloadFailed, Downloads
from tasks.errors import SetUpFailed, TaskError
from tasks.evaluate import evaluate
from tasks.guest import Guest
from tasks.schema import Task
from tasks.setup_steps import EMPTY_HISTORY, carry_out


@pytest.fixture
def guest(guest_server, tmp_path) -> Iterator[Guest]:
    with GuestClient(guest_server.address, token=guest_server.token) as machine:
        yield Guest(machine, tmp_path / "task", Downloads(tmp_path / "downloads"))


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    """A file server that fails at first: its address, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status = 404 if self.path == "/none" else 503 if len(asked) == 1 else 200
            self.send_response(status)
            self.send_header("Content-Length", "7")
            self.end_headers()
            self.wfile.write(b"content")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def task(config=(), **evaluator):
    fields = {"func": "exact_match", "result": {"type": "vm_command_line", "command": "true"}} | evaluator
    return Task.model_validate(
        {"id": "t", "instruction": "Do it.", "config": [{"type": t, "parameters": p} for t, p in config],
         "evaluator": fields}
    )  # fmt: skip


def set_up(guest, *config):
    carry_out(guest, task(config).config, sleep=lambda _: None)


def test_files_come_from_the_web_once_and_from_here(guest, web, tmp_path):
    address, asked = web
    here = tmp_path / "mine.txt"
    here.write_bytes(b"mine")
    there = [tmp_path / "guest" / name for name in ("a.txt", "b.txt")]
    step = "download", {"files": [{"url": f"{address}/a", "path": str(there[0])}]}
    set_up(guest, step, ("upload_file", {"files": [{"local_path": str(here), "path": str(there[1])}]}))
    assert [path.read_bytes() for path in there] == [b"content", b"mine"]
    assert asked == ["/a", "/a"]  # the server was busy at first
    set_up(guest, step)
    assert len(asked) == 2
    with pytest.raises(DownloadFailed, match="404"):
        set_up(guest, ("download", {"files": [{"url": f"{address}/none", "path": "/none"}]}))
    assert asked.count("/none") == 1
    with pytest.raises(DownloadFailed, match="network is not to be asked"):
        Downloads(tmp_path / "none", offline=True).get(f"{address}/a")


def test_commands_have_their_placeholders_filled_and_their_output_kept(guest):
    command = "echo {SCREEN_WIDTH_HALF} {SCREEN_HEIGHT} {CLIENT_PASSWORD}; echo oh >&2"
    set_up(guest, ("execute", {"command": command, "shell": "true", "stdout": "out.txt", "stderr": "err.txt"}))
    assert guest.kept("out.txt").read_text() == "640 720 password\n"
    assert guest.kept("err.txt").read_text() == "oh\n"
    with pytest.raises(TaskError, match="outside"):
        set_up(guest, ("execute", {"command": "true", "stdout": "../out.txt"}))


def test_a_command_is_repeated_only_where_the_task_says_until_when(guest, tmp_path):
    file = tmp_path / "count"
    command = f"echo x >> {file}; wc -l < {file}"
    set_up(guest, ("command", {"command": command, "shell": True, "until": {"stdout": "3"}}))
    assert file.read_text() == "x\n" * 3
    with pytest.raises(SetUpFailed, match=r"Step 2 \(execute\)"):
        set_up(guest, ("sleep", {"seconds": 1}), ("execute", {"command": ["nonesuch"]}))
    with pytest.raises(SetUpFailed):
        set_up(guest, ("execute", {"command": ["nonesuch"], "until": {"returncode": 0}}))


def test_a_window_that_is_not_there_is_no_failure_and_a_program_is(guest):
    set_up(guest, ("activate_window", {"window_name": "none"}), ("close_window", {"window_name": "none"}))
    with pytest.raises(SetUpFailed, match="launch"):
        set_up(guest, ("launch", {"command": "nonesuch --option"}))
    with pytest.raises(SetUpFailed, match="open"):
        set_up(guest, ("open", {"path": "/no/such/file"}))
    wrong = {"command": "true", "verification": {"command_success": "false"}, "max_wait_time": 0.2}
    with pytest.raises(SetUpFailed, match="execute_with_verification"):
        set_up(guest, ("execute_with_verification", wrong))


def test_a_browser_gets_a_history(guest, guest_server):
    path = guest.downloads.path_of(EMPTY_HISTORY)  # so that its host is not asked in a test
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE urls (id INTEGER PRIMARY KEY, url, title, visit_count, typed_count,"
                           " last_visit_time, hidden)")  # fmt: skip
        connection.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY, url, visit_time, from_visit, transition,"
                           " segment_id, visit_duration)")  # fmt: skip
    connection.close()
    visit = {"url": "https://example.org/", "title": "Example", "visit_time_from_now_in_seconds": 3600}
    set_up(guest, ("update_browse_history", {"history": [visit]}))
    database = guest_server.home / ".config/google-chrome/Default/History"
    connection = sqlite3.connect(database)
    assert connection.execute("SELECT url, title, visit_count FROM urls").fetchall() == [
        ("https://example.org/", "Example", 1)
    ]
    assert connection.execute("SELECT count(*) FROM visits").fetchone() == (1,)
    connection.close()


def test_a_task_scores_0_before_and_1_after_what_it_asks_for(guest, tmp_path):
    folder = tmp_path / "desk"
    rename = task(
        [
            ("execute", {"command": ["mkdir", "-p", str(folder)]}),
            ("execute", {"command": ["touch", str(folder / "old.txt")]}),
        ],
        result={"type": "vm_command_line", "command": ["ls", str(folder)]},
        expected={"type": "rule", "rules": {"expected": "new.txt\n"}},
        postconfig=[{"type": "execute", "parameters": {"command": ["true"]}}],
    )
    carry_out(guest, rename.config)
    assert evaluate(guest, rename.evaluator, False).score == 0.0
    (folder / "old.txt").rename(folder / "new.txt")
    assert evaluate(guest, rename.evaluator, False).score == 1.0
    assert evaluate(guest, rename.evaluator, True).score == 0.0


def test_files_are_compared_and_a_missing_one_scores_nothing(guest, web, tmp_path):
    address, _ = web
    written = tmp_path / "answer.txt"
    copy = task(
        func="compare_text_file",
        result={"type": "vm_file", "path": str(written), "dest": "answer.txt"},
        expected={"type": "cloud_file", "path": f"{address}/gold.txt", "dest": "gold.txt"},
    )
    assert evaluate(guest, copy.evaluator, False).score == 0.0
    written.write_text("content")
    assert evaluate(guest, copy.evaluator, False).score == 1.0
    assert json.dumps(sorted(path.name for path in guest.folder.iterdir())) == '["answer.txt", "gold.txt"]'
