"""Files: of the guest, of the web, and those that set-up steps have kept on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from envs.guest_client import GuestRefused
from tasks.errors import EvaluationFailed, MissingLibrary, NotAvailable
from tasks.getters.config import Config, flag, text, texts
from tasks.guest import Guest


def vm_file(guest: Guest, config: Config) -> str | list[str | None] | None:
    """Files of the guest, copied here: `path` there, `dest` here, several of them with `multi`.

    Returns:
        The paths here of those whose numbers are in `gives` (the first by default), alone when it is one; None for a
        file that the guest has not.
    """
    return _given(config, lambda path, dest: fetched(guest, path, dest))


def cloud_file(guest: Guest, config: Config) -> str | list[str | None] | None:
    """Files of the web: `path` is an address; otherwise as `vm_file`.

    Raises:
        DownloadFailed: a file cannot be had.
    """

    def get(url: str, dest: str) -> str:
        path = guest.kept(dest)
        return str(path if path.exists() else guest.downloads.copy(url, path))

    return _given(config, get)


def _given(config: Config, get: Callable[[str, str], str | None]) -> str | list[str | None] | None:
    paths, dests = texts(config, "path"), texts(config, "dest")
    if not flag(config, "multi"):
        paths, dests = paths[:1], dests[:1]
    gives = set(cast(list[int], config.get("gives", [0])))
    got = [get(path, dest) for path, dest in zip(paths, dests, strict=False)]
    wanted = [path for number, path in enumerate(got) if number in gives]
    return wanted[0] if len(wanted) == 1 else wanted


def fetched(guest: Guest, path: str, dest: str) -> str | None:
    """A file of the guest, copied into the task's folder; None when the guest cannot give it."""
    content = content_of(guest, path)
    if content is None:
        return None
    here = guest.kept(dest)
    here.write_bytes(content)
    return str(here)


def cache_file(guest: Guest, config: Config) -> str:
    """What a set-up step has kept under the name `path`.

    Raises:
        EvaluationFailed: it is not there: that step did not come to its end.
    """
    path = guest.kept(text(config, "path"))
    if not path.exists():
        raise EvaluationFailed(f"No set-up step has kept {path.name!r}.")
    return str(path)


def content_from_vm_file(guest: Guest, config: Config) -> list[str] | None:
    """The last row of a spreadsheet of the guest (`file_type` "xlsx", `file_content` "last_row"), as texts.

    The first row is the heading; numbers are written as pandas does, which the gold values come from.
    """
    kind, part = text(config, "file_type"), text(config, "file_content")
    if (kind, part) != ("xlsx", "last_row"):
        raise NotAvailable(f"The {part!r} of a {kind!r} file cannot be read.")
    path = text(config, "path")
    here = fetched(guest, path, Path(path).name)
    if here is None:
        raise FileNotFoundError(path)
    try:
        import pandas
    except ImportError as error:
        raise MissingLibrary("Reading spreadsheets needs pandas: pip install 'deixis[osworld]'.") from error
    rows = pandas.read_excel(here)
    return cast(list[str], rows.iloc[-1].astype(str).tolist())


def vm_file_exists_in_vm_folder(guest: Guest, config: Config) -> float:
    """1 when the folder `folder_name` of the guest has a file `file_name` that is not empty, else 0."""
    folder, name = text(config, "folder_name"), text(config, "file_name")
    if not folder or not name:
        return 0.0
    return float(bool(content_of(guest, f"{folder}\\{name}" if guest.platform == "Windows" else f"{folder}/{name}")))


def content_of(guest: Guest, path: str) -> bytes | None:
    """A file of the guest; None when the guest cannot give it."""
    try:
        return guest.machine.read_file(path)
    except GuestRefused:  # a folder, or a file that its user may not read
        return None
