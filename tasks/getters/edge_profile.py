"""What Edge keeps in its profile folder on a Windows guest, as `tasks.getters.browser_profile` has it for Chrome.

After WindowsAgentArena's `getters/edge.py`; the two functions at the end after what their tasks say, as the originals
are not published with the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from envs.guest_client import GuestRefused
from tasks.getters.browser_profile import (
    VISITED,
    bookmarks_of,
    files_on_desktop,
    preferences,
    profile_file,
    rows_of,
    within,
)
from tasks.getters.config import Config
from tasks.guest import Guest

_ENGINES: Final = {
    "485bf7d3-0215-45af-87dc-538868000001": "Bing",
    "485bf7d3-0215-45af-87dc-538868000002": "Yahoo!",
    "485bf7d3-0215-45af-87dc-538868000003": "Google",
    "485bf7d3-0215-45af-87dc-538868000015": "Yandex",
    "485bf7d3-0215-45af-87dc-538868000092": "DuckDuckGo",
}
_ALL_DELETED: Final = {
    "browsing_history": True, "cache": True, "cookies": True, "download_history": True, "form_data": True,
    "hosted_apps_data": False, "passwords": True, "site_settings": True,
}  # fmt: skip
_FONTS: Final = {"default_fixed_font_size": 13, "default_font_size": 16}


def profile_name_from_edge(guest: Guest, _: Config) -> str | None:
    """The name of Edge's profile."""
    return within(preferences(guest, "edge"), "profile", "name")


def enable_do_not_track_from_edge(guest: Guest, _: Config) -> float:
    """1 when Edge asks not to be tracked, else 0."""
    return float(bool(within(preferences(guest, "edge"), "enable_do_not_track")))


def enable_enhanced_safety_browsing_from_edge(guest: Guest, _: Config) -> float:
    """1 when Edge's enhanced security is on, else 0."""
    return float(bool(within(preferences(guest, "edge"), "edge", "super_duper_secure_mode", "enabled")))


def data_delete_automacally_from_edge(guest: Guest, _: Config) -> float:
    """1 when Edge deletes all that it can when it is closed, else 0."""
    chosen = within(preferences(guest, "edge"), "browser", "clear_data_on_exit")
    return float(chosen == _ALL_DELETED)


def edge_font_size(guest: Guest, _: Config) -> Mapping[str, int]:
    """Edge's font sizes in pixels, by their names in its preferences."""
    return within(preferences(guest, "edge"), "webkit", "webprefs") or _FONTS


def default_search_engine_from_edge(guest: Guest, _: Config) -> str:
    """The name of Edge's search engine; "Unknown" when it is another one, or the preferences do not say."""
    engine = within(preferences(guest, "edge"), "default_search_provider", "synced_guid")
    return _ENGINES.get(engine, "Unknown")


def favorites(guest: Guest, _: Config) -> Mapping[str, Any] | list[Any]:
    """The roots of Edge's bookmarks; an empty list without any."""
    return bookmarks_of(guest, "edge")


def cookie_data_for_edge(guest: Guest, config: Config) -> list[tuple[Any, ...]] | None:
    """All rows of Edge's cookies, whose file goes to `dest`; Edge is closed before. None without any."""
    with suppress(GuestRefused):  # while it runs it lets nobody read them
        guest.machine.execute(["taskkill", "/F", "/IM", "msedge.exe", "/T"])
    return rows_of(guest, config, profile_file(guest, "edge", "Network", "Cookies"), "SELECT * FROM cookies")


def history_for_edge(guest: Guest, config: Config) -> list[tuple[Any, ...]] | None:
    """URL, title and time of all pages in Edge's history, whose file goes to `dest`; None without any."""
    return rows_of(guest, config, profile_file(guest, "edge", "History"), VISITED)


def url_shortcuts_on_desktop(guest: Guest, _: Config) -> dict[str, str]:
    """The contents of the desktop's shortcuts to pages (.url), by file name."""
    return files_on_desktop(guest, ".url")


def edge_home_page(guest: Guest, _: Config) -> str | None:
    """The host that Edge's home button leads to, or the address as it is written; None without one."""
    page = within(preferences(guest, "edge"), "homepage")
    return None if page is None else str(page).removeprefix("https://").removeprefix("http://").rstrip("/")


def edge_default_download_folder(guest: Guest, _: Config) -> str | None:
    """The folder that Edge saves files to; None when it is the usual one."""
    return within(preferences(guest, "edge"), "download", "default_directory")
