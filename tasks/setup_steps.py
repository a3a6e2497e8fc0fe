"""Carrying out set-up steps: bringing a guest into a task's first state, or into the state that is judged.

After OSWorld's `controllers/setup.py` (version 1.0.2) and WindowsAgentArena's, with two differences: a step that fails
is an error and never passed over in silence, but for windows that may be there or not; and what may have had an effect
is not repeated, but for commands that the task itself repeats until something is so.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, cast

from envs.base import EnvError, EnvUnavailable
from envs.guest_client import Completed, GuestRefused
from envs.guest_windows_client import WindowsGuest
from tasks.errors import NotAvailable, SetUpFailed
from tasks.guest import Guest
from tasks.setup_schema import (
    ChangeWallpaper,
    CloseTabs,
    CreateFile,
    CreateFolder,
    Download,
    Execute,
    ExecuteWithVerification,
    Launch,
    Login,
    OpenFile,
    OpenTabs,
    PrepareDrive,
    RecycleFile,
    SetUpStep,
    Sleep,
    UpdateHistory,
    UploadFile,
    WindowStep,
)

Command = str | tuple[str, ...]

UNTIL_TRIES: Final = 5
"""A command that is repeated until something is so may be refused so often; as OSWorld has it."""
UNTIL_PAUSE_S: Final = 0.3
UNTIL_S: Final = 600.0
"""Longer it is not repeated; OSWorld would for ever."""
EMPTY_HISTORY: Final = (
    "https://huggingface.co/datasets/xlangai/ubuntu_osworld_file_cache/resolve/main/chrome/"
    "44ee5668-ecd5-4366-a6ce-c1c9b8d4e938/history_empty.sqlite?download=true"
)
"""A browser's history without a page in it."""
CHROME_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
"""Chrome counts microseconds from here."""
AVAILABLE: Final = frozenset({
    "download", "upload_file", "launch", "open", "execute", "command", "execute_with_verification", "activate_window",
    "close_window", "sleep", "chrome_open_tabs", "chrome_close_tabs", "edge_open_tabs", "change_wallpaper",
    "update_browse_history", "update_browse_history_edge", "create_folder", "create_file", "recycle_file",
    "googledrive", "login",
})  # fmt: skip
"""The kinds of steps that can be carried out."""


def carry_out(guest: Guest, steps: Iterable[SetUpStep], sleep: Callable[[float], None] = time.sleep) -> None:
    """Carry out steps in order, up to one that fails.

    Args:
        guest: the machine.
        steps: what is to be done.
        sleep: waits for seconds, where a task says so.

    Raises:
        SetUpFailed: a step failed; the message says which and why.
        NotAvailable: a kind of step does not exist here.
        DownloadFailed: a file cannot be had.
        MissingLibrary: a library is needed that is not installed.
        EnvUnavailable: the guest has gone.
    """
    for number, step in enumerate(steps, start=1):
        try:
            _carry_out(guest, step, sleep)
        except EnvUnavailable:
            raise
        except (EnvError, OSError, sqlite3.Error) as error:
            raise SetUpFailed(f"Step {number} ({step.type}) failed: {error}") from error


def _carry_out(guest: Guest, step: SetUpStep, sleep: Callable[[float], None]) -> None:
    machine = guest.machine
    match step:
        case Download():
            for file in step.files:
                name = file.path.replace("\\", "/").rsplit("/", 1)[-1]
                machine.write_file(file.path, guest.downloads.get(file.url, name).read_bytes())
        case UploadFile():
            for file in step.files:
                machine.write_file(file.path, Path(file.local_path).read_bytes())
        case Launch():
            machine.launch(_split(step.command, step.shell), shell=step.shell)
        case OpenFile():
            machine.open_file(step.path)
        case Execute():
            _execute(guest, step, sleep)
        case ExecuteWithVerification():
            machine.execute_with_verification(
                _filled(guest, step.command),
                step.verification.model_dump(exclude_none=True),
                shell=step.shell,
                max_wait_s=step.max_wait_time,
                check_interval_s=step.check_interval,
            )
        case WindowStep():
            change = machine.activate_window if step.type == "activate_window" else machine.close_window
            with suppress(GuestRefused):  # it may not be there, and the benchmarks go on as well
                change(step.window_name, strict=step.strict, by_class=step.by_class)
        case Sleep():
            sleep(step.seconds)
        case OpenTabs():
            from tasks.guest_browser import open_tabs

            open_tabs(guest, step.urls_to_open)
        case CloseTabs():
            from tasks.guest_browser import close_tabs

            close_tabs(guest, step.urls_to_close)
        case ChangeWallpaper():
            machine.change_wallpaper(step.path)
        case UpdateHistory():
            _update_history(guest, step)
        case CreateFolder():
            WindowsGuest(machine).create_folder(step.path)
        case CreateFile():
            WindowsGuest(machine).create_file(step.path, step.content)
        case RecycleFile():
            WindowsGuest(machine).recycle(step.path)
        case PrepareDrive():
            from tasks.google_drive import GoogleDrive, prepare

            prepare(GoogleDrive.from_settings(Path(step.settings_file)), step.operations, guest.downloads)
        case Login():
            from tasks.google_login import Account, sign_in

            sign_in(guest, Account.of(Path(step.settings_file)))
        case _:
            raise NotAvailable(f"The set-up step {step.type} does not exist here.")


def _split(command: Command, shell: bool) -> Command:
    """A command line without a shell is cut at its spaces, quotes or not, as the benchmark does."""
    return command if shell or not isinstance(command, str) else tuple(command.split())


def _filled(guest: Guest, command: Command) -> Command:
    """A command with its placeholders replaced."""
    words = (command,) if isinstance(command, str) else command
    if any("{SCREEN_" in word for word in words):
        width, height = guest.screen_size
        values = {
            "{SCREEN_WIDTH_HALF}": str(width // 2),
            "{SCREEN_HEIGHT_HALF}": str(height // 2),
            "{SCREEN_WIDTH}": str(width),
            "{SCREEN_HEIGHT}": str(height),
        }
    else:
        values = dict[str, str]()
    filled = list[str]()
    for word in words:
        for name, value in (values | {"{CLIENT_PASSWORD}": guest.password}).items():
            word = word.replace(name, value)
        filled.append(word)
    return filled[0] if isinstance(command, str) else tuple(filled)


def _execute(guest: Guest, step: Execute, sleep: Callable[[float], None]) -> None:
    command = _filled(guest, step.command)
    if step.until.model_fields_set:
        done = _until(guest, command, step, sleep)
    else:
        done = guest.machine.execute(command, shell=step.shell)
    for name, text in ((step.stdout, done.output), (step.stderr, done.error)):
        if name:
            guest.kept(name).write_text(text, encoding="utf-8")


def _until(guest: Guest, command: Command, step: Execute, sleep: Callable[[float], None]) -> Completed:
    """Run a command until its output is as the task wants it: the task says so, hence it is harmless."""
    refused, deadline = 0, time.monotonic() + UNTIL_S
    while time.monotonic() < deadline:
        try:
            done = guest.machine.execute(command, shell=step.shell)
        except GuestRefused:
            refused += 1
            if refused >= UNTIL_TRIES:
                raise
        else:
            until = step.until
            if (
                (until.returncode is not None and done.returncode == until.returncode)
                or (until.stdout is not None and until.stdout in done.output)
                or (until.stderr is not None and until.stderr in done.error)
            ):
                return done
        sleep(UNTIL_PAUSE_S)
    raise SetUpFailed(f"The command was repeated for {UNTIL_S:g} s, and {step.until!r} did not come true.")


def _update_history(guest: Guest, step: UpdateHistory) -> None:
    """Give a browser a history; it must not be running."""
    from tasks.getters.browser_profile import profile_file

    browser = "edge" if step.type == "update_browse_history_edge" else "chrome"
    database = guest.kept(f"{browser}-history.sqlite")
    shutil.copyfile(guest.downloads.get(EMPTY_HISTORY), database)
    now = datetime.now(UTC)
    with closing(sqlite3.connect(database)) as connection, connection:
        for visit in step.history:
            at = (now - timedelta(seconds=visit.visit_time_from_now_in_seconds) - CHROME_EPOCH) // timedelta(
                microseconds=1
            )
            row = connection.execute(
                "INSERT INTO urls (url, title, visit_count, typed_count, last_visit_time, hidden)"
                " VALUES (?, ?, 1, 0, ?, 0)",
                (visit.url, visit.title, at),
            )
            connection.execute(
                "INSERT INTO visits (url, visit_time, from_visit, transition, segment_id, visit_duration)"
                " VALUES (?, ?, 0, 805306368, 0, 0)",
                (cast(int, row.lastrowid), at),
            )
    guest.machine.write_file(str(profile_file(guest, browser, "History")), database.read_bytes())
