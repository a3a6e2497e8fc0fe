"""What WindowsAgentArena's tasks ask of a Windows guest's settings, its clock, and pictures that Paint has made.

After WindowsAgentArena's `getters/settings.py` and `windows_clock.py`. What is asked of pictures is after what the
tasks say, as the original is not published with the rest.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Final

from envs.guest_client import GuestRefused
from envs.guest_windows_client import WindowsGuest
from tasks.errors import EvaluationFailed
from tasks.getters.config import Config, number, text
from tasks.getters.files import content_of
from tasks.guest import Guest

if TYPE_CHECKING:
    from PIL.Image import Image


_BLUE_LIGHT: Final = (
    "HKCU:\\Software\\Microsoft\\Windows\\CurrentVersion\\CloudStore\\Store\\DefaultAccount\\Current"
    "\\default$windows.data.bluelightreduction.settings\\windows.data.bluelightreduction.settings"
)
_STORAGE_SENSE: Final = "HKCU:\\Software\\Microsoft\\Windows\\CurrentVersion\\StorageSense\\Parameters\\StoragePolicy"
_NOTIFICATIONS: Final = "HKCU:Software\\Microsoft\\Windows\\CurrentVersion\\PushNotifications"
_NOT_SCHEDULED: Final = 202
"""The byte that stands for no schedule of the night light."""


def _value(guest: Guest, key: str, name: str) -> str:
    try:
        return WindowsGuest(guest.machine).registry_value(key, name)
    except GuestRefused:
        return ""


def night_light_state(guest: Guest, _: Config) -> list[bool | str] | bool:
    """Whether the night light is on: [True], with its times when it has a schedule, or False."""
    data = _value(guest, _BLUE_LIGHT, "Data").split("\n")
    try:
        if data[24] != "1":
            return False
        if int(data[28]) == _NOT_SCHEDULED:
            return [True]
        # A minute that is not zero takes two bytes more: a mark and itself.
        start = _clock(int(data[28]), int(data[30]) if data[29] != "0" else 0)
        at = 35 if data[29] != "0" and data[30] != "0" else 33
        return [True, start, _clock(int(data[at]), int(data[at + 2]) if data[at + 1] != "0" else 0)]
    except (IndexError, ValueError) as error:
        raise EvaluationFailed("The night light's setting in the registry has an unknown form.") from error


def _clock(hour: int, minute: int) -> str:
    """A time as the settings show it; noon is 00:00 PM there."""
    return f"{hour % 12:02d}:{minute:02d} {'AM' if hour < 12 else 'PM'}"


def storage_sense_run_frequency(guest: Guest, _: Config) -> str | None:
    """After how many days storage sense runs; None when it is off."""
    if _value(guest, _STORAGE_SENSE, "01").strip() != "1":
        return None
    return _value(guest, _STORAGE_SENSE, "2048").split("\n")[0].strip()


def system_timezone(guest: Guest, _: Config) -> str:
    """The time zone as the settings show it: "(UTC-08:00) Pacific Time (US & Canada)"."""
    command = 'powershell -Command "Get-TimeZone | Select-Object -Property DisplayName, StandardName | ConvertTo-Json"'
    try:
        return str(json.loads(WindowsGuest(guest.machine).run_line(command).output)["DisplayName"])
    except (GuestRefused, ValueError, KeyError):
        return "Error getting the timezone"


def desktop_background(guest: Guest, _: Config) -> str:
    """Whether the desktop has a plain colour instead of a picture: "True" or "False"."""
    return str(not _value(guest, "HKCU:Control Panel\\Desktop", "WallPaper").strip())


def system_notifications(guest: Guest, _: Config) -> str:
    """Whether notifications are switched off: "True" or "False"."""
    return str(_value(guest, _NOTIFICATIONS, "ToastEnabled").strip() == "0")


# ---- clock


def check_if_timer_started(guest: Guest, config: Config) -> str:
    """Whether a timer of `hours`, `minutes` and `seconds` runs: "True" or "False"."""
    times = (number(config, "hours"), number(config, "minutes"), number(config, "seconds"))
    return str(WindowsGuest(guest.machine).is_timer_started(*times))


def check_if_world_clock_exists(guest: Guest, config: Config) -> str:
    """Whether the clock shows the time of `city` in `country`: "True" or "False"."""
    return str(WindowsGuest(guest.machine).has_world_clock(text(config, "city"), text(config, "country")))


# ---- pictures

_ROUND: Final = 1.1
"""Distances from a circle's middle, in its radius, at which no part of it is; pixels and strokes are not exact."""
_OUTLINE: Final = 1.3
"""A circle's outline has about pi/2 pixels for each of its width and height; a cross or a diagonal has fewer."""


def image_dimension_matches_input(guest: Guest, config: Config) -> bool:
    """Whether the picture `filepath` is `width` pixels wide and `height` high."""
    picture = _picture(guest, text(config, "filepath"))
    return picture is not None and picture.size == (number(config, "width"), number(config, "height"))


def is_red_circle_present_on_canvas(guest: Guest, config: Config) -> bool:
    """Whether the picture `filepath` shows something red that is as wide as it is high, and round."""
    import numpy as np

    picture = _picture(guest, text(config, "filepath"))
    if picture is None:
        return False
    colours = np.asarray(picture.convert("RGB")).astype(int)
    red = (colours[..., 0] > 180) & (colours[..., 1] < 80) & (colours[..., 2] < 80)
    rows, columns = np.nonzero(red)
    if len(rows) == 0:
        return False
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    middle = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    away = np.hypot((rows - middle[0]) / (height / 2), (columns - middle[1]) / (width / 2))
    # A square's corners and a line's ends lie outside the circle; of a circle itself hardly anything does.
    return bool(
        (away > _ROUND).mean() < 0.02 and 0.8 < width / height < 1.25 and len(rows) >= _OUTLINE * (width + height)
    )


def _picture(guest: Guest, path: str) -> Image | None:
    from PIL import Image, UnidentifiedImageError

    content = content_of(guest, path)
    if content is None:
        return None
    try:
        picture = Image.open(io.BytesIO(content))
        picture.load()
    except (UnidentifiedImageError, OSError):
        return None
    return picture
