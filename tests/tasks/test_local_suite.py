"""The local guest, and each of its tasks: worth nothing when nobody acts, and everything after its gold outcome."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import psutil
import pytest

from agent.episode import Limits
from envs.remote import RemoteDesktop
from envs.throwaway_home import new_home
from model.fake import ScriptedModel
from tasks.downloads import Downloads
from tasks.errors import MissingLibrary, TaskFileError
from tasks.evaluate import evaluate
from tasks.getters import GETTERS
from tasks.guest import Guest, Ports
from tasks.local import suitable
from tasks.local.gold import play, read_gold
from tasks.local.machine import LocalMachine, installed_browser
from tasks.local.provider import FOLDER, LocalGuests
from tasks.local.suitable import why_unsuitable
from tasks.results import RECORDS, OutcomeKind, RunFolder, read_run
from tasks.runner import card_of, one_by_one, run_tasks
from tasks.schema import Task
from tasks.setup_schema import UploadFile
from tasks.setup_steps import carry_out
from tasks.suite import read_suite
from tasks.worker import Plan, Worker
from tests.answers import say

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
SUITE = read_suite(FOLDER)
ROOT = Path(__file__).parents[2]
PROGRAMS = {"libreoffice_writer": "libreoffice", "libreoffice_calc": "libreoffice"}
"""The programs of apps that are not called like them."""

EXTRA_MODULES = (
    "bs4", "cssselect", "docx", "formulas", "imagehash", "lxml", "odf", "openpyxl", "pandas", "pptx", "py7zr",
    "pygame", "pymupdf", "rapidfuzz", "scipy", "skimage", "tldextract",
)  # fmt: skip
"""What the extra `osworld` installs."""
NEED_THE_EXTRA = {"browser/open-page", "calc/correct-number", "calc/total", "writer/centre-title"}


@pytest.fixture(scope="module")
def machine() -> Iterator[LocalMachine]:
    with pytest.MonkeyPatch.context() as users_own:
        users_own.setenv("SECRET_OF_THE_USER", "hush")
        machine = LocalMachine(installed_browser())
    with machine:
        yield machine


@pytest.fixture
def emptied(machine) -> LocalMachine:
    """The machine as if it were fresh: without the programs and the files of the task before."""
    for process in psutil.process_iter(["cmdline"]):
        if "tasks.local.server" in (process.info["cmdline"] or ()) and process.environ().get("HOME") == str(
            machine.home
        ):
            for child in process.children(recursive=True):
                with suppress(psutil.Error):  # it has ended by itself
                    if not any("x11_guardian" in word for word in child.cmdline()):  # the server's own
                        child.kill()
            break
    else:
        raise AssertionError("the guest's server does not run")
    programs = machine.home / ".local/bin"
    kept = machine.home.parent / "programs"
    programs.rename(kept)
    for entry in machine.home.iterdir():  # the folder itself is where the server's programs start
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    new_home(machine.home)
    shutil.copytree(kept, programs, dirs_exist_ok=True)
    shutil.rmtree(kept)
    return machine


@pytest.fixture
def guest(emptied, tmp_path) -> Iterator[tuple[Guest, RemoteDesktop]]:
    with RemoteDesktop(emptied.address, token=emptied.token) as desktop:
        downloads = Downloads(tmp_path / "downloads", offline=True)
        yield Guest(desktop.guest, tmp_path / "files", downloads, Ports(chromium=emptied.browser_port)), desktop


def test_every_task_has_a_gold_outcome_and_its_files_and_can_be_given():
    assert SUITE.unreadable == ()
    assert len(SUITE.tasks) >= 40
    assert len(Counter(task.domain for task in SUITE.tasks)) == 7
    assert len({task.id for task in SUITE.tasks}) == len(SUITE.tasks)
    for task in SUITE.tasks:
        assert read_gold(task)
        assert why_unsuitable(task) == ""
        uploads = [step for step in (*task.config, *read_gold(task)) if isinstance(step, UploadFile)]
        assert all(Path(file.local_path).is_file() for step in uploads for file in step.files)
    with pytest.raises(TaskFileError, match="is no gold outcome"):
        read_gold(SUITE.tasks[0].model_copy(update={"id": "none"}))


@pytest.fixture
def plain_install(monkeypatch):
    """As if nothing but Deixis without extras were installed."""
    for name in [name for name in sys.modules if name.startswith("tasks.metrics.")]:
        monkeypatch.delitem(sys.modules, name)
    for name in EXTRA_MODULES:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("key", sorted(NEED_THE_EXTRA))
def test_a_library_that_is_not_installed_is_named(key, plain_install):
    (task,) = SUITE.only([key]).tasks
    found = {"vm_file": str(FOLDER / "files/sales.xlsx"), "open_tabs_info": [{"title": "", "url": "about:blank"}]}
    getters = {name: lambda *_, value=value: value for name, value in found.items()}
    getters["rule"] = GETTERS["rule"]
    with pytest.raises(MissingLibrary, match=r"pip install 'deixis\[osworld\]'"):
        evaluate(cast(Guest, None), task.evaluator, said_impossible=False, getters=getters)


@pytest.mark.slow
@pytest.mark.parametrize("task", SUITE.tasks, ids=lambda task: task.key)
def test_nothing_is_worth_nothing_and_the_gold_outcome_all(task: Task, guest, request):
    if task.key not in NEED_THE_EXTRA:
        request.getfixturevalue("plain_install")
    if missing := [app for app in task.related_apps if shutil.which(PROGRAMS.get(app, app)) is None]:
        pytest.skip(f"{missing[0]} is not installed")
    there, desktop = guest
    carry_out(there, task.config)
    desktop.observe()
    assert evaluate(there, task.evaluator, said_impossible=False).score == 0
    said_impossible = play(read_gold(task), there, desktop)
    deadline = time.monotonic() + 120
    while (score := evaluate(there, task.evaluator, said_impossible).score) != 1 and time.monotonic() < deadline:
        time.sleep(0.5)  # a program writes its file when it comes to it
    assert score == 1


def test_the_home_is_not_the_users_and_no_secret_of_theirs_is_there(emptied, guest):
    there, _ = guest
    assert there.home == type(there.home)(str(emptied.home))
    variables = dict(line.split("=", 1) for line in there.machine.execute("env").output.splitlines())
    assert "hush" not in variables.values()
    assert {
        name: value for name, value in variables.items() if value.startswith(f"{Path.home()}/") and name != "PATH"
    } == {}
    assert there.machine.execute("pwd").output == f"{emptied.home}\n"


def asking(command: str) -> Task:
    """A task that asks for what a command prints."""
    check = {"func": "exact_match", "result": {"type": "vm_command_line", "command": command}}
    return Task.model_validate({"id": "asking", "instruction": "Do it.", "evaluator": check})


def test_what_cannot_be_given_to_a_local_guest_is_refused_with_the_reason(monkeypatch):
    assert "runs sudo, which reaches beyond" in why_unsuitable(asking("sudo ls"))
    assert why_unsuitable(asking("cat ~/pseudocode.txt")) == ""
    monkeypatch.setattr(suitable, "why_not", lambda: "It is forbidden.")
    assert "looks for its files in /home/user, which a local guest cannot have here. It is forbidden." in (
        why_unsuitable(asking("cat /home/user/x"))
    )
    monkeypatch.setattr(suitable, "why_not", lambda: "")
    assert why_unsuitable(asking("cat /home/user/x")) == ""


def test_where_deixis_lies_does_not_matter():
    upload = {"type": "upload_file", "parameters": {"files": [{"local_path": "snap/x", "path": "~/x"}]}}
    step = {"id": "upload", "instruction": "Do it.", "config": [upload], "evaluator": {"func": "infeasible"}}
    task = Task.model_validate(step, context={"folder": Path("/home/user/apt")})
    assert why_unsuitable(task) == ""
    assert not suitable.wants_user_home(task)


@pytest.mark.slow
def test_a_task_finds_its_home_at_home_user(tmp_path):
    if reason := suitable.why_not():
        pytest.skip(reason)
    there_before = Path("/home/user").exists()
    with (
        LocalMachine(user_home=True) as machine,
        RemoteDesktop(machine.address, token=machine.token) as desktop,
    ):
        desktop.guest.write_file("/home/user/Desktop/new.txt", b"new")
        assert (machine.home / "Desktop/new.txt").read_bytes() == b"new"
        assert desktop.guest.execute("cd ~ && pwd && ls Desktop", shell=True).output == "/home/user\nnew.txt\n"
    assert not Path("/home/user/Desktop/new.txt").exists()
    assert Path("/home/user").exists() == there_before


@pytest.mark.slow
def test_nothing_is_left_when_the_harness_is_killed(wait_until):
    program = (
        "import time; from tasks.local.machine import LocalMachine; from envs.guest_client import GuestClient\n"
        "machine = LocalMachine()\n"
        "GuestClient(machine.address, token=machine.token).launch(['sh', '-c', 'trap \"\" TERM; sleep 1000 & wait'])\n"
        "print(machine.home, flush=True); time.sleep(1000)"
    )
    harness = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    home = Path(harness.stdout.readline().strip())
    assert home.is_dir()

    def left():
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("HOME") == str(home):
                    found.append(process)
            except psutil.Error:
                pass
        return found

    assert len(left()) >= 4  # the bus, the window manager, the server, and what it has launched
    os.kill(harness.pid, signal.SIGKILL)
    harness.wait()
    harness.stdout.close()
    wait_until(lambda: not home.exists() and not left(), 60)


@pytest.mark.slow
def test_a_run_has_an_outcome_for_each_task_and_goes_on(tmp_path):
    """The agent does one task, gives another one up, and finds a program missing in the third."""
    written = tmp_path / "suite/examples/terminal"
    written.mkdir(parents=True)
    for name in ("make-folder", "sort-names"):
        shutil.copy(FOLDER / f"examples/terminal/{name}.json", written)
    broken = (FOLDER / "examples/terminal/make-folder.json").read_text()
    (written / "no-program.json").write_text(
        broken.replace('"make-folder"', '"no-program"').replace(
            '"xterm",\n          "-T"', '"no-such-terminal",\n "-T"'
        )
    )
    suite = read_suite(tmp_path / "suite")
    answers = [say("pyautogui.write('mkdir Invoices\\n')"), *[say("computer.terminate(status='success')")] * 2]
    model, plan = ScriptedModel(answers), Plan(Limits(max_steps=4))
    for _ in range(2):  # the second time there is nothing left to do
        with RunFolder(tmp_path / "run", card_of(model, suite, plan)) as run:
            downloads = Downloads(tmp_path, offline=True)
            worker = Worker(model, LocalGuests(), tmp_path / "run" / RECORDS, downloads, plan)
            run_tasks(one_by_one(worker), suite.tasks, run)
    _, results = read_run(tmp_path / "run")
    assert {result.task: (result.outcome, result.score) for result in results} == {
        "terminal/make-folder": (OutcomeKind.SCORED, 1.0),
        "terminal/no-program": (OutcomeKind.INFRASTRUCTURE_ERROR, None),
        "terminal/sort-names": (OutcomeKind.SCORED, 0.0),
    }
    assert "no-such-terminal" in results[1].cause
    assert len(model.prompts) == 3
