"""What Chrome keeps in its profile folder on the guest: preferences, bookmarks, cookies, history; and shortcuts.

Where a profile says nothing, the answer is what the original functions answer then, odd as some are ("Google" for a
missing preference file). After OSWorld's `getters/chrome.py`; Edge's own are in
`tasks.getters.edge_profile`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final, Literal, cast

from envs.guest_client import GuestRefused
from tasks.errors import NotAvailable
from tasks.getters.config import Config, text
from tasks.getters.files import fetched
from tasks.guest import Guest

Browser = Literal["chrome", "edge"]

_FONTS: Final = {"default_fixed_font_size": 13, "default_font_size": 16, "minimum_font_size": 13}
"""What Chrome uses when its preferences do not say."""
RESTORE_NOTHING: Final = 5
"""Chrome's number for beginning with a new tab."""


def profile_file(guest: Guest, browser: Browser, *parts: str) -> PurePosixPath | PureWindowsPath:
    """A file of a browser's default profile, there.

    Raises:
        NotAvailable: Edge is asked for on Linux.
    """
    return _data_folder(guest, browser).joinpath("Default", *parts)


def _data_folder(guest: Guest, browser: Browser) -> PurePosixPath | PureWindowsPath:
    if guest.platform == "Windows":
        maker = ("Google", "Chrome") if browser == "chrome" else ("Microsoft", "Edge")
        return guest.app_data.joinpath(*maker, "User Data")
    if browser == "edge":
        raise NotAvailable("The tasks have Edge on Windows only.")
    return guest.home / ".config" / "google-chrome"


def _json(guest: Guest, path: PurePosixPath | PureWindowsPath) -> dict[str, Any] | None:
    """A JSON file of the guest; None when it is not there, or is none."""
    try:
        content = guest.machine.read_file(str(path))
    except GuestRefused:
        return None
    with suppress(ValueError):
        data: object = json.loads(content or b"")
        if isinstance(data, dict):
            return cast(dict[str, Any], data)
    return None


def preferences(guest: Guest, browser: Browser = "chrome") -> dict[str, Any] | None:
    """What a browser's user has chosen; None when the file is not there, or damaged."""
    return _json(guest, profile_file(guest, browser, "Preferences"))


def within(data: Mapping[str, Any] | None, *keys: str) -> Any:
    """What lies at the end of keys; None when one is missing."""
    value: Any = data
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = cast(Mapping[str, Any], value).get(key)
    return value


def _word(value: object) -> str:
    return "true" if value else "false"


# ---- Chrome's preferences


def default_search_engine(guest: Guest, _: Config) -> str:
    """The name of Chrome's search engine; "Google" when the preferences do not say."""
    return within(preferences(guest), "default_search_provider_data", "template_url_data", "short_name") or "Google"


def enabled_experiments(guest: Guest, _: Config) -> list[str]:
    """The experiments that are switched on in chrome://flags."""
    state = _json(guest, _data_folder(guest, "chrome") / "Local State")
    return within(state, "browser", "enabled_labs_experiments") or []


def profile_name(guest: Guest, _: Config) -> str | None:
    """The name of Chrome's profile."""
    return within(preferences(guest), "profile", "name")


def chrome_font_size(guest: Guest, _: Config) -> Mapping[str, int]:
    """Chrome's font sizes in pixels, by their names in its preferences."""
    return within(preferences(guest), "webkit", "webprefs") or _FONTS


def enable_do_not_track(guest: Guest, _: Config) -> str:
    """Whether Chrome asks not to be tracked: "true" or "false"."""
    return _word(within(preferences(guest), "enable_do_not_track"))


def enable_enhanced_safety_browsing(guest: Guest, _: Config) -> str:
    """Whether Chrome's enhanced protection is on: "true" or "false"; "Google" without preferences."""
    data = preferences(guest)
    return "Google" if data is None else _word(within(data, "safebrowsing", "enhanced"))


def enable_safe_browsing(guest: Guest, _: Config) -> str:
    """Whether any of Chrome's protections is on: "true" or "false"."""
    safe = within(preferences(guest), "safebrowsing")
    return _word(within(safe, "enhanced") or within(safe, "enabled"))


def new_startup_page(guest: Guest, _: Config) -> str:
    """Whether Chrome begins with a new tab: "true" or "false"; "Google" without preferences."""
    data = preferences(guest)
    if data is None:
        return "Google"
    if "session" not in data:
        return "true"
    return _word(within(data, "session", "restore_on_startup") == RESTORE_NOTHING)


def data_delete_automacally(guest: Guest, _: Config) -> str:
    """Whether Chrome deletes sites' data when it is closed: "true" or "false"; "Google" without preferences."""
    profile = within(preferences(guest), "profile")
    return "Google" if profile is None else _word(within(profile, "default_content_setting_values") is not None)


def find_unpacked_extension_path(guest: Guest, _: Config) -> list[str] | str:
    """The folders of Chrome's extensions; "Google" when one has none, or without preferences."""
    return _of_extensions(guest, "path")


def find_installed_extension_name(guest: Guest, _: Config) -> list[str] | str:
    """The names of Chrome's extensions; "Google" when one has none, or without preferences."""
    return _of_extensions(guest, "manifest", "name")


def _of_extensions(guest: Guest, *keys: str) -> list[str] | str:
    data = preferences(guest)
    extensions: Mapping[str, Any] = within(data, "extensions", "settings") or {}
    found = [within(extension, *keys) for extension in extensions.values()]
    return "Google" if data is None or None in found else found


# ---- bookmarks, databases, shortcuts


def bookmarks(guest: Guest, _: Config) -> Mapping[str, Any] | list[Any]:
    """The roots of Chrome's bookmarks; an empty list without any."""
    return bookmarks_of(guest, "chrome")


def bookmarks_of(guest: Guest, browser: Browser) -> Mapping[str, Any] | list[Any]:
    """The roots of a browser's bookmarks; an empty list without any."""
    data = _json(guest, profile_file(guest, browser, "Bookmarks"))
    return [] if data is None else data.get("roots", {})


def cookie_data(guest: Guest, config: Config) -> list[tuple[Any, ...]] | None:
    """All rows of Chrome's cookies, whose file goes to `dest`; None without any."""
    parts = ("Network", "Cookies") if guest.platform == "Windows" else ("Cookies",)
    return rows_of(guest, config, profile_file(guest, "chrome", *parts), "SELECT * FROM cookies")


VISITED: Final = "SELECT url, title, last_visit_time FROM urls"


def history(guest: Guest, config: Config) -> list[tuple[Any, ...]] | None:
    """URL, title and time of all pages in Chrome's history, whose file goes to `dest`; None without any."""
    return rows_of(guest, config, profile_file(guest, "chrome", "History"), VISITED)


def rows_of(
    guest: Guest, config: Config, path: PurePosixPath | PureWindowsPath, question: str
) -> list[tuple[Any, ...]] | None:
    """What a question to a database of the guest gives, whose file goes to `dest`; None without one."""
    here = fetched(guest, str(path), text(config, "dest"))
    if here is None:
        return None
    with suppress(sqlite3.Error), closing(sqlite3.connect(here)) as connection:
        return connection.execute(question).fetchall()
    return None


def shortcuts_on_desktop(guest: Guest, _: Config) -> dict[str, str]:
    """The contents of the desktop's shortcuts to programs, by file name: .desktop on Linux, .lnk on Windows."""
    return files_on_desktop(guest, ".lnk" if guest.platform == "Windows" else ".desktop")


def files_on_desktop(guest: Guest, suffix: str) -> dict[str, str]:
    """The contents of the desktop's files of a suffix, by name."""
    desktop = guest.machine.desktop_path()
    folder = PureWindowsPath(desktop) if guest.platform == "Windows" else PurePosixPath(desktop)
    children = cast(list[Mapping[str, str]], guest.machine.list_directory(desktop).get("children", []))
    names = [child["name"] for child in children if child["name"].endswith(suffix)]
    contents = {name: guest.machine.read_file(str(folder / name)) for name in names}
    return {name: content.decode("utf-8", "replace") for name, content in contents.items() if content is not None}
