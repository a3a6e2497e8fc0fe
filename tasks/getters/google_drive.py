"""Files of the Google account that a task is done in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from tasks.errors import EvaluationFailed
from tasks.getters.config import Config, text, texts
from tasks.google_drive import FOLDER, GoogleDrive, titled
from tasks.guest import Guest


def googledrive_file(guest: Guest, config: Config) -> str | list[str | None] | None:
    """Files of the account of `settings_file`, copied to `dest`.

    `path` is the names of the folders and the file, or `query` what searches for them one by one; `path_list` and
    `query_list` are for several files.

    Returns:
        The path here, or a list for several; None for a file that the account has not.

    Raises:
        DriveFailed: Drive cannot be reached, does not let one in, or refuses.
    """
    drive = GoogleDrive.from_settings(Path(text(config, "settings_file")))
    for name, queries_of in (("query", list), ("path", _queries)):
        if name in config:
            return _copied(guest, drive, queries_of(texts(config, name)), text(config, "dest"))
        if f"{name}_list" in config:
            several, dests = cast(list[list[str]], config[f"{name}_list"]), texts(config, "dest")
            return [_copied(guest, drive, queries_of(each), dest) for each, dest in zip(several, dests, strict=True)]
    raise EvaluationFailed("The getter needs a path or a query.")


def _queries(path: Sequence[str]) -> list[str]:
    *folders, name = path
    return [f"{titled(each)} and mimeType = '{FOLDER}' and trashed = false" for each in folders] + [
        f"{titled(name)} and trashed = false"
    ]


def _copied(guest: Guest, drive: GoogleDrive, queries: Sequence[str], dest: str) -> str | None:
    found = drive.follow(queries)
    if found is None:
        return None
    here = guest.kept(dest)
    here.write_bytes(drive.content(found, dest))
    return str(here)
