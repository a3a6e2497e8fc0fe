"""The browser of a guest over its debugging protocol: opening and closing pages, and reading what they show."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from tasks.errors import InfrastructureError
from tasks.guest import Guest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

START_S: Final = 75.0
"""How long a browser that a set-up step has launched may take to listen: as long as OSWorld tries."""
PAGE_MS: Final = 60_000
"""How long a page may take to load."""
_GUEST_COMMAND: Final = ("google-chrome", "--remote-debugging-port=1337")
"""Starts Chrome again when the agent has closed it; the guests pass their port 9222 on to this one."""


class BrowserUnreachable(InfrastructureError):
    """Raised when the guest's browser does not listen."""


@contextmanager
def browser_of(guest: Guest, *, timeout_s: float = START_S) -> Generator[Browser]:
    """The guest's browser, to which the connection ends with the context; its pages stay.

    Raises:
        BrowserUnreachable: it does not listen in time.
    """
    from playwright.sync_api import Error, sync_playwright
    from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

    with sync_playwright() as playwright:
        address = guest.url_of(guest.ports.chromium)
        patient = Retrying(
            retry=retry_if_exception_type(Error), stop=stop_after_delay(timeout_s), wait=wait_fixed(0.5), reraise=True
        )
        try:
            browser = patient(playwright.chromium.connect_over_cdp, address)
        except Error as error:
            raise BrowserUnreachable(f"The guest's browser does not listen at {address}: {error.message}") from error
        try:
            yield browser
        finally:
            with suppress(Error):
                browser.close()


@contextmanager
def browser_or_new(guest: Guest) -> Generator[Browser]:
    """The guest's browser, started when the agent has closed it.

    Raises:
        BrowserUnreachable: neither listens.
    """
    if not _listens(guest):
        guest.machine.launch(_GUEST_COMMAND)
    with browser_of(guest) as browser:
        yield browser


def _listens(guest: Guest) -> bool:
    import httpx2

    try:
        url = f"{guest.url_of(guest.ports.chromium)}/json/version"
        return httpx2.get(url, timeout=5, trust_env=False).is_success
    except httpx2.TransportError:
        return False


def open_tabs(guest: Guest, urls: Sequence[str]) -> None:
    """Open pages in tabs of their own, and close the tab that the browser began with."""
    from playwright.sync_api import Error

    with browser_of(guest) as browser:
        context = browser.contexts[0]
        for number, url in enumerate(urls):
            page = context.new_page()
            with suppress(Error):  # a page that does not load is there all the same
                page.goto(url, timeout=PAGE_MS)
            if number == 0 and len(context.pages) > 1:
                context.pages[0].close()


def close_tabs(guest: Guest, urls: Sequence[str]) -> None:
    """Close, for each address, one tab that shows it."""
    with browser_of(guest) as browser:
        for url in urls:
            page = next((page for page in browser.contexts[0].pages if _plain(page.url) == _plain(url)), None)
            if page is not None:
                page.close()


def _plain(url: str) -> tuple[str, str, str]:
    """What tells one page from another in an address."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    return (parts.hostname or "").removeprefix("www."), unquote(parts.path).rstrip("/"), parts.query


def settled(page: Page) -> bool:
    """Wait until a page has nothing more to load; False when it goes on loading."""
    from playwright.sync_api import TimeoutError as NotInTime

    try:
        page.wait_for_load_state("networkidle", timeout=PAGE_MS)
    except NotInTime:
        return False
    return True
