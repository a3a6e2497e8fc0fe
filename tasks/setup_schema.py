"""The set-up steps of both benchmarks, as data: one class a kind of step, told apart by `type`.

A file writes a step as {"type": T, "parameters": {...}}; here the parameters are the step's own fields. What a step
does is in `tasks.setup_steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

Command = str | tuple[str, ...]
"""A command line, or its words."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileFromWeb(_Frozen):
    """A file, and where it belongs on the guest."""

    url: str
    path: str


class FileFromHost(_Frozen):
    """A file of this machine, and where it belongs on the guest."""

    local_path: str
    """A relative one begins at the folder that the validation's context names, the task file's."""
    path: str

    @field_validator("local_path")
    @classmethod
    def _from_the_task_file(cls, path: str, info: ValidationInfo) -> str:
        context = cast(Mapping[str, Path], info.context or {})
        return str(context["folder"] / path) if "folder" in context else path


class Download(_Frozen):
    """Put files from the web on the guest."""

    type: Literal["download"]
    files: tuple[FileFromWeb, ...]


class UploadFile(_Frozen):
    """Put files of this machine on the guest."""

    type: Literal["upload_file"]
    files: tuple[FileFromHost, ...]


class Launch(_Frozen):
    """Start a program and do not wait for it."""

    type: Literal["launch"]
    command: Command
    shell: bool = False


class OpenFile(_Frozen):
    """Open a file as a double click does, and wait for its window."""

    type: Literal["open"]
    path: str


class Until(_Frozen):
    """When a command is not repeated any more: when one of these is so."""

    returncode: int | None = None
    stdout: str | None = None
    """Contained in the output."""
    stderr: str | None = None


class Execute(_Frozen):
    """Run a command and wait for its end."""

    type: Literal["execute", "command"]
    command: Command
    stdout: str = ""
    """Name of the file on this machine that keeps the output; empty for none."""
    stderr: str = ""
    shell: bool = False
    until: Until = Until()


class Verification(_Frozen):
    """What shows that a command has had its effect."""

    window_exists: str | None = None
    command_success: Command | None = None


class ExecuteWithVerification(_Frozen):
    """Run a command and wait until its effect is there."""

    type: Literal["execute_with_verification"]
    command: Command
    verification: Verification = Verification()
    max_wait_time: float = 10
    check_interval: float = 1.0
    shell: bool = False


class WindowStep(_Frozen):
    """Bring a window to the front, or close it."""

    type: Literal["activate_window", "close_window"]
    window_name: str
    strict: bool = False
    by_class: bool = False


class Sleep(_Frozen):
    """Wait."""

    type: Literal["sleep"]
    seconds: Annotated[float, Field(ge=0)]


class OpenTabs(_Frozen):
    """Open pages in the browser of the guest."""

    type: Literal["chrome_open_tabs", "edge_open_tabs"]
    urls_to_open: tuple[str, ...]


class CloseTabs(_Frozen):
    """Close pages in the browser of the guest."""

    type: Literal["chrome_close_tabs"]
    urls_to_close: tuple[str, ...]


class ChangeWallpaper(_Frozen):
    """Show a picture of the guest behind its windows."""

    type: Literal["change_wallpaper"]
    path: str


class Visit(_Frozen):
    """A page that is to be in a browser's history."""

    url: str
    title: str
    visit_time_from_now_in_seconds: float


class UpdateHistory(_Frozen):
    """Give a browser a history."""

    type: Literal["update_browse_history", "update_browse_history_edge"]
    history: tuple[Visit, ...]


class CreateFolder(_Frozen):
    """Create a folder on a Windows guest."""

    type: Literal["create_folder"]
    path: str


class CreateFile(_Frozen):
    """Create a text file on a Windows guest."""

    type: Literal["create_file"]
    path: str
    content: str = ""


class RecycleFile(_Frozen):
    """Put a file of a Windows guest into its recycle bin."""

    type: Literal["recycle_file"]
    path: str


class SetDefaultBrowser(_Frozen):
    """Choose the default browser of a Windows guest."""

    type: Literal["set_default_browser"]
    browser: str = ""


class DeleteFromDrive(_Frozen):
    """Remove files and folders from a Google account."""

    operation: Literal["delete"]
    query: Annotated[str, Field(pattern=r"\S")]
    """Which, in Drive's words. Without one it would be all that the account has."""
    trash: bool = False
    """Whether they go into the bin, and not for good."""


class MakeDriveFolders(_Frozen):
    """Make a folder in a Google account, and those above it."""

    operation: Literal["mkdirs"]
    path: tuple[str, ...]


class UploadToDrive(_Frozen):
    """Put a file from the web into a Google account."""

    operation: Literal["upload"]
    url: str
    path: Annotated[tuple[str, ...], Field(min_length=1)]


DriveOperation = DeleteFromDrive | MakeDriveFolders | UploadToDrive


class PrepareDrive(_Frozen):
    """Bring a Google account's files into the first state."""

    type: Literal["googledrive"]
    settings_file: str
    operations: tuple[Annotated[DriveOperation, Field(discriminator="operation")], ...]

    @model_validator(mode="before")
    @classmethod
    def _one_entry_an_operation(cls, data: object) -> object:
        """A file has the operations' names in one list and what they are told in another."""
        fields = dict(cast(dict[str, object], data))
        names, told = (cast(list[object], fields.pop(name, [])) for name in ("operation", "args"))
        if len(names) != len(told):
            raise ValueError(f"args must be a list of {len(names)}, as operation is")
        pairs = zip(names, told, strict=True)
        return fields | {"operations": [{"operation": name, **cast(dict[str, object], each)} for name, each in pairs]}


class Login(_Frozen):
    """Sign in to a Google account in the guest's browser."""

    type: Literal["login"]
    settings_file: str
    platform: Literal["googledrive"]


def _flat(data: object) -> object:
    """A step's parameters are its fields; notes beside them are left out."""
    if not isinstance(data, dict):
        return data
    step = cast(dict[str, object], data)
    extra = {name for name in step if name not in ("type", "parameters") and not name.startswith("_")}
    parameters = step.get("parameters", {})
    if extra or not isinstance(parameters, dict):
        raise ValueError('a step must be {"type": ..., "parameters": {...}}')
    return {"type": step.get("type"), **cast(dict[str, object], parameters)}


SetUpStep = Annotated[
    Download | UploadFile | Launch | OpenFile | Execute | ExecuteWithVerification | WindowStep | Sleep | OpenTabs
    | CloseTabs | ChangeWallpaper | UpdateHistory | CreateFolder | CreateFile | RecycleFile | SetDefaultBrowser
    | PrepareDrive | Login,
    Field(discriminator="type"),
    BeforeValidator(_flat),
]  # fmt: skip
