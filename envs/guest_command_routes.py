"""What the routes of our guest server answer that run programs, touch files and close windows, without HTTP.

For whoever brings a machine into the first state of a task and looks at its last one; a model never reaches them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final
from xml.etree import ElementTree

from pydantic import BaseModel, ConfigDict, Field

from envs.guest_accessibility import accessibility_xml, terminal_text
from envs.guest_client import Completed
from envs.guest_machine import BadRequest, CommandFailed, GuestMachine, NotFound
from envs.guest_routes import Answer, Asked, RouteTable, WindowName

PYTHON_S: Final = 30.0
"""A program of /run_python is ended after this time, as the published server does."""
CHECK_S: Final = 5.0
"""As long may a command take that shows whether another has had its effect."""
_UPLOAD_CHUNK: Final = 2**20


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Command(_Content):
    command: str | tuple[str, ...]
    shell: bool = False
    timeout: Annotated[float, Field(gt=0)] = 120.0


class _Verification(_Content):
    window_exists: str | None = None
    command_success: str | tuple[str, ...] | None = None


class _VerifiedCommand(_Command):
    verification: _Verification = _Verification()
    max_wait_time: Annotated[float, Field(ge=0, le=3600)] = 10.0


class _Program(_Content):
    code: str


class _Script(_Content):
    script: str
    timeout: Annotated[float, Field(gt=0)] = 100.0
    working_dir: str | None = None


class _Path(_Content):
    path: str


class _Download(_Path):
    url: str


class CommandRoutes:
    """The routes over one machine."""

    def __init__(self, machine: GuestMachine) -> None:
        """Answer for a machine, which stays the caller's to close."""
        self._machine = machine

    @property
    def table(self) -> RouteTable:
        return {
            ("POST", "/execute"): self._execute,
            ("POST", "/setup/execute"): self._execute,
            ("POST", "/execute_with_verification"): self._execute_with_verification,
            ("POST", "/setup/execute_with_verification"): self._execute_with_verification,
            ("POST", "/run_python"): self._run_python,
            ("POST", "/run_bash_script"): self._run_bash_script,
            ("POST", "/setup/launch"): self._launch,
            ("POST", "/setup/upload"): self._upload,
            ("POST", "/setup/download_file"): self._download,
            ("POST", "/setup/open_file"): self._open_file,
            ("POST", "/setup/close_window"): self._close_window,
            ("POST", "/setup/change_wallpaper"): self._change_wallpaper,
            ("POST", "/file"): self._file,
            ("POST", "/list_directory"): self._list_directory,
            ("POST", "/desktop_path"): self._desktop_path,
            ("POST", "/wallpaper"): self._wallpaper,
            ("GET", "/accessibility"): self._accessibility,
            ("GET", "/terminal"): self._terminal,
            ("POST", "/start_recording"): self._start_recording,
            ("POST", "/end_recording"): self._end_recording,
        }

    def _execute(self, asked: Asked) -> Answer:
        wanted = _Command.model_validate_json(asked.json)
        done = self._machine.execute(wanted.command, shell=wanted.shell, timeout_s=wanted.timeout)
        return Answer(json=_told(done))

    def _execute_with_verification(self, asked: Asked) -> Answer:
        wanted = _VerifiedCommand.model_validate_json(asked.json)
        done = self._machine.execute(wanted.command, shell=wanted.shell, timeout_s=wanted.timeout)
        waited_s = self._machine.wait_until(lambda: self._has_had_its_effect(wanted), wanted.max_wait_time)
        if waited_s is None:
            verdict = {"status": "verification_failed", "verification": "failed", "wait_time": wanted.max_wait_time}
            return Answer(json=_told(done) | verdict, status=500)
        return Answer(json=_told(done) | {"verification": "passed", "wait_time": waited_s})

    def _has_had_its_effect(self, command: _VerifiedCommand) -> bool:
        """A shell reads the command that shows the effect only where it may read the first one too."""
        wanted = command.verification
        if wanted.window_exists is not None:
            with self._machine.windows() as windows:
                if windows.named(wanted.window_exists) is None:
                    return False
        if wanted.command_success is not None:
            try:
                done = self._machine.execute(wanted.command_success, shell=command.shell, timeout_s=CHECK_S)
            except CommandFailed:
                return False
            return done.returncode == 0
        return True

    def _run_python(self, asked: Asked) -> Answer:
        code = _Program.model_validate_json(asked.json).code
        done = self._machine.execute([sys.executable, "-c", code], shell=False, timeout_s=PYTHON_S)
        failed = done.returncode != 0
        told = {
            "status": "error" if failed else "success",
            "message": done.error if failed else done.output,
            "output": done.output,
            "error": done.error,
            "return_code": done.returncode,
            "need_more": False,
        }
        return Answer(json=told, status=500 if failed else 200)

    def _run_bash_script(self, asked: Asked) -> Answer:
        wanted = _Script.model_validate_json(asked.json)
        done = self._machine.execute(
            ["bash", "-c", wanted.script], shell=False, timeout_s=wanted.timeout, cwd=wanted.working_dir
        )
        return Answer(json=_told(done) | {"status": "success" if done.returncode == 0 else "error"})

    def _launch(self, asked: Asked) -> Answer:
        wanted = _Command.model_validate_json(asked.json)
        self._machine.launch(wanted.command, shell=wanted.shell)
        words = wanted.command if isinstance(wanted.command, str) else " ".join(wanted.command)
        return Answer.text(f"{words} launched successfully")

    def _upload(self, asked: Asked) -> Answer:
        path, upload = asked.form_field("file_path"), asked.upload
        if upload is None:
            raise BadRequest("file_data is required.")
        chunks: Iterator[bytes] = iter(lambda: upload.read(_UPLOAD_CHUNK), b"")
        return Answer.text(f"File Uploaded: {self._machine.write_file(path, chunks)} bytes")

    def _download(self, asked: Asked) -> Answer:
        wanted = _Download.model_validate_json(asked.json)
        return Answer.text(f"File downloaded successfully: {self._machine.download(wanted.url, wanted.path)} bytes")

    def _open_file(self, asked: Asked) -> Answer:
        self._machine.open_file(_Path.model_validate_json(asked.json).path)
        return Answer.text("File opened and window activated successfully")

    def _close_window(self, asked: Asked) -> Answer:
        wanted = WindowName.model_validate_json(asked.json)
        with self._machine.window(wanted.window_name, wanted.strict, wanted.by_class) as (windows, window):
            windows.close_window(window)
        return Answer.text("Window closed successfully.")

    def _change_wallpaper(self, asked: Asked) -> Answer:
        self._machine.change_wallpaper(_Path.model_validate_json(asked.json).path)
        return Answer.text("Wallpaper changed successfully")

    def _file(self, asked: Asked) -> Answer:
        path = self._machine.path(asked.form_field("file_path"))
        if not path.is_file():
            raise NotFound(f"There is no file {path}.")
        return _file(path)

    def _list_directory(self, asked: Asked) -> Answer:
        path = self._machine.path(_Path.model_validate_json(asked.json).path)
        if not path.is_dir():
            raise NotFound(f"There is no folder {path}.")
        return Answer(json={"directory_tree": self._machine.tree(path)})

    def _desktop_path(self, _: Asked) -> Answer:
        path = self._machine.path("~/Desktop")
        if not path.is_dir():
            raise NotFound("There is no folder for the desktop.")
        return Answer(json={"desktop_path": str(path)})

    def _wallpaper(self, _: Asked) -> Answer:
        return _file(self._machine.wallpaper(), "image/png")

    def _start_recording(self, _: Asked) -> Answer:
        self._machine.start_film()
        return Answer(json={"status": "success", "message": "Started recording successfully."})

    def _end_recording(self, _: Asked) -> Answer:
        film = self._machine.end_film()
        try:
            return _file(film, "video/mp4")
        finally:
            film.unlink()

    def _accessibility(self, _: Asked) -> Answer:
        tree = accessibility_xml(self._machine.environment)
        return Answer(json={"AT": ElementTree.tostring(tree, encoding="unicode")})

    def _terminal(self, _: Asked) -> Answer:
        return Answer(json={"output": terminal_text(self._machine.environment), "status": "success"})


def _told(done: Completed) -> dict[str, object]:
    return {"status": "success", "output": done.output, "error": done.error, "returncode": done.returncode}


def _file(path: Path, media_type: str = "application/octet-stream") -> Answer:
    return Answer(path.read_bytes(), media_type)
