"""What WindowsAgentArena's tasks ask of a Windows guest's files and its file explorer.

After WindowsAgentArena's `getters/fileexplorer.py`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import PureWindowsPath
from typing import Any, Final, cast

from envs.guest_windows_client import WindowsGuest
from tasks.errors import EvaluationFailed, MissingLibrary
from tasks.getters.config import Config, text
from tasks.getters.files import content_of
from tasks.guest import Guest

DOWNLOADS: Final = "C:\\Users\\Docker\\Downloads"
OLD_DOWNLOADS: Final = "C:\\Users\\Docker\\OldDownloads"
ARCHIVED: Final = "OldProjects/example.txt"
"""What the archive of `zipped_folder_in_desktop` must hold."""
_HIDDEN_PROGRAM: Final = (
    "import os, sys; path = sys.argv[1];"
    " print(int(os.path.basename(path).startswith('.') or bool(os.stat(path).st_file_attributes & 2)))"
)
_LIST_PROGRAM: Final = (
    "import json, os, sys; path = sys.argv[1];"
    " print(json.dumps([e.name for e in os.scandir(path) if e.is_file()] if os.path.isdir(path) else None))"
)


def _word(value: bool) -> str:
    return "true" if value else "false"


def _files_in(guest: Guest, folder: str) -> list[str] | None:
    """The names of a folder's files; None without such a folder."""
    told = guest.machine.execute(["python", "-c", _LIST_PROGRAM, folder])
    try:
        return cast("list[str] | None", json.loads(told.output))
    except ValueError as error:
        raise EvaluationFailed(f"The guest cannot list {folder!r}: {told.error.strip()}") from error


def _desktop(guest: Guest, name: str) -> str:
    return f"{guest.machine.desktop_path()}\\{name}"


def vm_folder_exists_in_documents(guest: Guest, config: Config) -> bool:
    """Whether the documents have a folder `folder_name`."""
    windows = WindowsGuest(guest.machine)
    return windows.folder_exists(text(config, "folder_name"), windows.documents_path())


def vm_file_exists_in_desktop(guest: Guest, config: Config) -> bool:
    """Whether the desktop has a file `file_name`."""
    return WindowsGuest(guest.machine).file_exists(text(config, "file_name"), guest.machine.desktop_path())


def are_files_sorted_by_modified_time(guest: Guest, config: Config) -> bool:
    """Whether the file explorer shows `directory` sorted by the time of the last change."""
    return WindowsGuest(guest.machine).are_files_sorted_by_modified_time(text(config, "directory"))


def is_details_view(guest: Guest, config: Config) -> bool:
    """Whether the file explorer shows `folder_path` as a table."""
    return WindowsGuest(guest.machine).is_details_view(text(config, "folder_path"))


def is_directory_read_only_for_user(guest: Guest, config: Config) -> bool:
    """Whether `user` may only read `directory`."""
    return WindowsGuest(guest.machine).is_directory_read_only_for_user(text(config, "directory"), text(config, "user"))


def are_all_images_tagged(guest: Guest, config: Config) -> bool:
    """Whether all pictures of `directory` have the tag `tag`."""
    return WindowsGuest(guest.machine).are_all_images_tagged(text(config, "directory"), text(config, "tag"))


def vm_library_folders(guest: Guest, config: Config) -> list[str] | None:
    """The folders of the library `library_name`."""
    return WindowsGuest(guest.machine).library_folders(text(config, "library_name"))


def is_file_saved_desktop(guest: Guest, config: Config) -> str:
    """Whether the desktop's file `filename` has `textcontent` in it: "true" or "false"."""
    content = content_of(guest, _desktop(guest, text(config, "filename")))
    return _word(content is not None and text(config, "textcontent") in content.decode("utf-8", "replace"))


def is_file_desktop(guest: Guest, config: Config) -> str:
    """Whether the desktop has a file `filename`: "true" or "false"."""
    return _word(content_of(guest, _desktop(guest, text(config, "filename"))) is not None)


def is_file_hidden(guest: Guest, config: Config) -> str:
    """Whether the file `file_path` is hidden: "true" or "false"."""
    told = guest.machine.execute(["python", "-c", _HIDDEN_PROGRAM, text(config, "file_path")])
    return _word(told.output.strip() == "1")


def all_png_file_names(guest: Guest, config: Config) -> str:
    """Whether the lines of `file_path` are the names of the PNG files of `folder_path`: "true" or "false"."""
    content = content_of(guest, text(config, "file_path"))
    if content is None:
        return "false"
    names = _files_in(guest, text(config, "folder_path")) or []
    lines = set(content.decode("utf-8", "replace").splitlines())
    return _word(lines == {name for name in names if name.lower().endswith(".png")})


def is_all_docx_in_archive(guest: Guest, config: Config) -> str:
    """Whether `folder_path` has no .docx file and its folder Archive nothing else: "true" or "false"."""
    folder = PureWindowsPath(text(config, "folder_path"))
    here, archived = _files_in(guest, str(folder)), _files_in(guest, str(folder / "Archive"))
    if here is None or not archived:
        return "false"
    in_place = all(name.lower().endswith(".docx") for name in archived)
    return _word(in_place and not any(name.lower().endswith(".docx") for name in here))


def is_files_moved_downloads(guest: Guest, config: Config) -> str:
    """Whether `file_name` was moved to the folder `folder_name` of the old downloads: "true" or "false"."""
    name, folder = text(config, "file_name"), text(config, "folder_name")
    left = json.dumps(guest.machine.list_directory(DOWNLOADS))
    if name in left and folder in left:
        return "false"
    old = cast(list[Mapping[str, Any]], guest.machine.list_directory(OLD_DOWNLOADS).get("children", []))
    moved = [
        child for each in old if (each["type"], each["name"]) == ("directory", folder) for child in each["children"]
    ]
    return _word(any(child["name"] == name for child in moved))


def zipped_folder_in_desktop(guest: Guest, config: Config) -> str:
    """Whether the 7z archive `filename` opens with `password` only and holds the task's file: "true" or "false"."""
    try:
        import py7zr
        from py7zr.exceptions import ArchiveError
    except ImportError as error:
        raise MissingLibrary("Reading 7z archives needs py7zr: pip install 'deixis[osworld]'.") from error
    content = content_of(guest, text(config, "filename"))
    if content is None:
        return "false"
    try:
        with py7zr.SevenZipFile(io.BytesIO(content), password=text(config, "password")) as archive:
            return _word(archive.needs_password() and ARCHIVED in archive.getnames())
    except ArchiveError:
        return "false"


def vm_active_window_title(guest: Guest, _: Config) -> str:
    """The title of the window in front."""
    program = "import pyautogui; print(pyautogui.getActiveWindowTitle())"
    return guest.machine.execute(["python", "-c", program]).output.strip()
