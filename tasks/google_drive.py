"""Files of a Google account, which some of OSWorld's tasks begin from and leave their result in.

Knows Drive's API, version 2, whose search queries the task files are written in. Whose account it is says a file of the
user's; it is asked for a fresh token at each use, and nothing of it is printed or kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, cast

import yaml
from pydantic import BaseModel, ValidationError

from tasks.downloads import Downloads
from tasks.errors import InfrastructureError, MissingLibrary
from tasks.setup_schema import DeleteFromDrive, DriveOperation, MakeDriveFolders, UploadToDrive

if TYPE_CHECKING:
    from google.oauth2.credentials import Credentials

FOLDER: Final = "application/vnd.google-apps.folder"
ROOT: Final = "root"
"""The name by which Drive knows the folder that all others are in."""
READ_TRIES: Final = 3
"""What only reads is tried so often; what changes the account, once."""

_Told = TypeVar("_Told", covariant=True)
_Read = TypeVar("_Read")


class DriveFailed(InfrastructureError):
    """Raised when Drive cannot be reached, does not let one in, or refuses."""


class _Request(Protocol[_Told]):
    def execute(self, *, num_retries: int = 0) -> _Told: ...


class _Files(Protocol):
    """The part of Drive that is used, which its library makes at run time and has no types for."""

    def list(self, *, q: str) -> _Request[Mapping[str, Any]]: ...
    def list_next(self, previous: object, told: object) -> _Request[Mapping[str, Any]] | None: ...
    def insert(self, *, body: Mapping[str, object], media_body: object = None) -> _Request[Mapping[str, Any]]: ...
    def delete(self, *, fileId: str) -> _Request[object]: ...
    def trash(self, *, fileId: str) -> _Request[object]: ...
    def get_media(self, *, fileId: str) -> _Request[bytes]: ...
    def export_media(self, *, fileId: str, mimeType: str) -> _Request[bytes]: ...


class _Settings(BaseModel):
    """A settings file as PyDrive has it, of which the place of the account's token is needed."""

    save_credentials_file: Path


class GoogleDrive:
    """The files of one account."""

    def __init__(self, credentials: Credentials) -> None:
        """Connect with a user's consent; nothing is asked yet."""
        from googleapiclient.discovery import build  # pyright: ignore[reportUnknownVariableType]

        service = build("drive", "v2", credentials=credentials, cache_discovery=False)
        self._files = cast(_Files, service.files())

    @classmethod
    def from_settings(cls, settings: Path) -> GoogleDrive:
        """Connect as a settings file says.

        Args:
            settings: YAML with `save_credentials_file`: the file with the account's `client_id`, `client_secret` and
                `refresh_token`, as PyDrive and gcloud write it.

        Raises:
            DriveFailed: a file is not there, or does not say it.
            MissingLibrary: Google's library is not installed.
        """
        try:
            from google.oauth2.credentials import Credentials
        except ImportError as error:
            raise MissingLibrary(
                "Google Drive needs google-api-python-client: pip install 'deixis[osworld-drive]'."
            ) from error
        path = settings
        try:
            path = _Settings.model_validate(yaml.safe_load(settings.read_text("utf-8"))).save_credentials_file
            account = json.loads(path.read_text("utf-8"))
            credentials = Credentials.from_authorized_user_info(account)
        except OSError as error:
            raise DriveFailed(f"The Google account of {settings} cannot be used: {error}.") from error
        except (ValueError, TypeError, AttributeError, ValidationError, yaml.YAMLError):
            # The reason may quote a secret.
            raise DriveFailed(f"{path} does not say how to get into a Google account: see the README.") from None
        return cls(credentials)

    def find(self, query: str) -> list[Mapping[str, Any]]:
        """Files and folders, as Drive describes them, by a query in Drive's own words."""
        return list(_asked(lambda: list(self._pages(query))))

    def _pages(self, query: str) -> Iterator[Mapping[str, Any]]:
        request = self._files.list(q=query)
        while request is not None:
            told = request.execute(num_retries=READ_TRIES - 1)
            yield from told["items"]
            request = self._files.list_next(request, told)

    def follow(self, queries: Iterable[str]) -> Mapping[str, Any] | None:
        """The first that the last query finds, each searching the folder that the one before it found."""
        found: Mapping[str, Any] | None = None
        for query in queries:
            parent = ROOT if found is None else found["id"]
            found = next(iter(self.find(f"( {query} ) and '{parent}' in parents")), None)
            if found is None:
                return None
        return found

    def content(self, file: Mapping[str, Any], name: str) -> bytes:
        """What is in a file; a Google document in the format that a name ends with, for it has none of its own."""
        exports = cast(Mapping[str, str], file.get("exportLinks", {}))
        if "downloadUrl" in file or not exports:
            return _asked(lambda: self._files.get_media(fileId=file["id"]).execute(num_retries=READ_TRIES - 1))
        suffix = PurePath(name).suffix.removeprefix(".")
        kind = next((kind for kind, link in exports.items() if link.endswith(f"exportFormat={suffix}")), None)
        if kind is None:
            raise DriveFailed(f"Drive cannot give a Google document as {name!r}.")
        request = self._files.export_media(fileId=file["id"], mimeType=kind)
        return _asked(lambda: request.execute(num_retries=READ_TRIES - 1))

    def delete(self, query: str, *, trash: bool) -> None:
        """Remove what a query finds for good, or put it into the bin: files first, then folders with what they hold."""
        remove = self._files.trash if trash else self._files.delete
        for kind in (f"mimeType != '{FOLDER}'", f"mimeType = '{FOLDER}'"):
            for file in self.find(f"( {query} ) and {kind}"):
                _asked(remove(fileId=file["id"]).execute)

    def make_folders(self, path: Iterable[str]) -> str:
        """Make the folders of a path that are not there yet; the last one's id."""
        parent = ROOT
        for name in path:
            there = self.find(f"'{parent}' in parents and {titled(name)} and mimeType = '{FOLDER}' and trashed = false")
            parent = there[0]["id"] if there else self._insert(name, parent, mimeType=FOLDER)
        return parent

    def upload(self, file: Path, path: tuple[str, ...]) -> None:
        """Copy a file of this machine to a path, whose folders are made."""
        from googleapiclient.http import MediaFileUpload

        *folders, name = path
        kind = None if PurePath(name).suffix else "application/octet-stream"
        self._insert(name, self.make_folders(folders), media=MediaFileUpload(str(file), mimetype=kind))

    def _insert(self, title: str, parent: str, *, media: object = None, **more: str) -> str:
        body = {"title": title, "parents": [{"id": parent}], **more}
        return _asked(self._files.insert(body=body, media_body=media).execute)["id"]


def titled(name: str) -> str:
    """A query for what has a name."""
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"title = '{escaped}'"


def prepare(drive: GoogleDrive, operations: Iterable[DriveOperation], downloads: Downloads) -> None:
    """Bring an account into a task's first state.

    Raises:
        DriveFailed: Drive cannot be reached, or refuses.
        DownloadFailed: a file that is to be in it cannot be had.
    """
    for operation in operations:
        match operation:
            case DeleteFromDrive():
                drive.delete(operation.query, trash=operation.trash)
            case MakeDriveFolders():
                drive.make_folders(operation.path)
            case UploadToDrive():
                drive.upload(downloads.get(operation.url), operation.path)


def _asked(ask: Callable[[], _Read]) -> _Read:
    from google.auth.exceptions import GoogleAuthError
    from googleapiclient.errors import Error
    from httplib2 import HttpLib2Error

    try:
        return ask()
    except (Error, GoogleAuthError, HttpLib2Error, OSError) as error:
        raise DriveFailed(f"Google Drive does not do what the task needs: {error}") from error
