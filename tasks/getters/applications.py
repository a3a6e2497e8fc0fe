"""Configurations and states of the guest's applications: GIMP, VLC, VS Code, and who plays videos."""

from __future__ import annotations

from collections import Counter
from typing import Final

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from envs.guest_client import GuestRefused
from tasks.errors import EvaluationFailed, NotAvailable
from tasks.getters.config import Config, text
from tasks.getters.files import content_of, fetched
from tasks.guest import VLC_PASSWORD, Guest

_VIDEO_TYPES: Final = (
    "3gp 3gpp 3gpp2 avi divx dv fli flv mp2t mp4 mp4v-es mpeg mpeg-system msvideo ogg quicktime vnd.divx vnd.mpegurl "
    "vnd.rn-realvideo webm x-anim x-avi x-flc x-fli x-flv x-m4v x-matroska x-mpeg x-mpeg-system x-mpeg2 x-ms-asf "
    "x-ms-asf-plugin x-ms-asx x-ms-wm x-ms-wmv x-ms-wmx x-ms-wvx x-msvideo x-nsv x-ogm x-ogm+ogg x-theora x-theora+ogg"
)
"""Subtypes of video/ that the benchmark asks for, separated by spaces."""

_VSCODE_PALETTE: Final = (
    "import sys, pyautogui; pyautogui.hotkey('ctrl', 'shift', 'p');"
    " pyautogui.write(sys.argv[1]); pyautogui.press('enter')"
)
_VSCODE_S: Final = 5.0
"""How long VS Code may take to write what a command of its palette writes. OSWorld sleeps for a second instead."""
_LOOK_S: Final = 0.1


def gimp_config_file(guest: Guest, config: Config) -> str | None:
    """The file `file_name` of GIMP 2.10's configuration, copied to `dest`; None without one."""
    if guest.platform != "Linux":
        raise NotAvailable("Where GIMP keeps its configuration is known on Linux only.")
    path = guest.home / ".config" / "GIMP" / "2.10" / text(config, "file_name")
    return fetched(guest, str(path), text(config, "dest"))


def vlc_config(guest: Guest, config: Config) -> str:
    """VLC's configuration, copied to `dest`.

    Raises:
        FileNotFoundError: VLC has none.
    """
    if guest.platform == "Windows":
        path = guest.home / "AppData" / "Roaming" / "vlc" / "vlcrc"
    else:
        path = guest.home / ".config" / "vlc" / "vlcrc"
    here = fetched(guest, str(path), text(config, "dest"))
    if here is None:
        raise FileNotFoundError(str(path))
    return here


def vlc_playing_info(guest: Guest, config: Config) -> str | None:
    """The state that VLC's web interface tells, as XML in the file `dest`; None when it tells none."""
    import httpx2

    try:
        reply = httpx2.get(
            f"{guest.url_of(guest.ports.vlc)}/requests/status.xml", auth=("", VLC_PASSWORD), timeout=30, trust_env=False
        )
    except httpx2.TransportError as error:  # closed, or never opened: the agent's doing
        raise FileNotFoundError("VLC does not answer.") from error
    if not reply.is_success:
        return None
    here = guest.kept(text(config, "dest"))
    here.write_bytes(reply.content)
    return str(here)


def default_video_player(guest: Guest, _: Config) -> str:
    """The desktop file of the program that opens most kinds of videos; "unknown" when none opens any."""
    if guest.platform != "Linux":
        raise NotAvailable("Which program opens videos can be asked on Linux only.")
    players = Counter[str]()
    for subtype in _VIDEO_TYPES.split():
        try:
            player = guest.machine.execute(["xdg-mime", "query", "default", f"video/{subtype}"]).output
        except GuestRefused as error:
            raise EvaluationFailed(f"The guest cannot tell what opens videos: {error}") from error
        players.update([player] if player else [])
    return players.most_common(1)[0][0] if players else "unknown"


def vscode_config(guest: Guest, config: Config) -> str | None:
    """The file `path` after VS Code has carried out a command of its palette, `vscode_extension_command`.

    The command writes the file. When it shows nothing new in time, it is taken as it is.
    """
    path = text(config, "path")
    before = content_of(guest, path)
    guest.machine.execute(["python", "-c", _VSCODE_PALETTE, text(config, "vscode_extension_command")])
    until_written = Retrying(
        retry=retry_if_result(lambda content: not content or content == before),
        wait=wait_fixed(_LOOK_S),
        stop=stop_after_delay(_VSCODE_S),
        retry_error_callback=lambda _: None,
    )
    until_written(content_of, guest, path)
    return fetched(guest, path, text(config, "dest"))
