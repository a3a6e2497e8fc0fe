"""Pages that the guest's browser shows, or can show: over its debugging protocol.

After OSWorld's `getters/chrome.py`. Its fixed sleeps are waits for what is awaited here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import JsonValue

from tasks.errors import EvaluationFailed, NotAvailable
from tasks.getters.browser_address import active_url_from_accessTree
from tasks.getters.config import Config, text
from tasks.guest import Guest
from tasks.guest_browser import PAGE_MS, BrowserUnreachable, browser_of, browser_or_new, settled

if TYPE_CHECKING:
    from playwright.sync_api import Page

_ELEMENT_MS: Final = 10_000
_NOT_LOADED: Final = "Load timeout"
"""The title that the original gives a page that does not come to rest."""
_FAILED: Final = "Error encountered"
_APPEARANCE: Final = "chrome://settings/appearance"
_MODE: Final = "#colorSchemeModeSelect"
"""The choice of colours on Chrome's own settings page; no page is told the preference itself."""
_SCHEMES: Final = {"0": "system", "1": "light", "2": "dark"}


def open_tabs_info(guest: Guest, _: Config) -> list[dict[str, str]]:
    """Title and address of every page that is open."""
    with browser_or_new(guest) as browser:
        return [_title_and_url(page) for context in browser.contexts for page in context.pages]


def _title_and_url(page: Page) -> dict[str, str]:
    from playwright.sync_api import Error

    try:
        title = page.title() if settled(page) else _NOT_LOADED
    except Error:
        title = _FAILED
    return {"title": title, "url": page.url}


def page_info(guest: Guest, config: Config) -> dict[str, str]:
    """Title, address and HTML of the page `url`, opened in a window of its own."""
    with browser_or_new(guest) as browser:
        return _visited(browser.new_page(), text(config, "url"))


def active_tab_info(guest: Guest, config: Config) -> dict[str, str] | None:
    """Title, address and HTML of the page in front, opened again in a window of its own; None when it is not known."""
    url = active_url_from_accessTree(guest, config)
    if url is None:
        return None
    with browser_of(guest) as browser:
        return _visited(browser.new_page(), url)


def _visited(page: Page, url: str) -> dict[str, str]:
    from playwright.sync_api import Error
    from playwright.sync_api import TimeoutError as NotInTime

    try:
        page.goto(url, wait_until="networkidle", timeout=PAGE_MS)
        title = page.title()
    except NotInTime:
        title = _NOT_LOADED
    except Error:
        title = _FAILED
    return {"title": title, "url": page.url, "content": page.content()}


def chrome_appearance_mode_ui(guest: Guest, _: Config) -> str:
    """Chrome's colours as its settings have them at this moment: "light", "dark" or "system".

    Raises:
        EvaluationFailed: its settings cannot be read.
    """
    from playwright.sync_api import Error

    with browser_of(guest) as browser:
        page = browser.contexts[0].new_page()
        try:
            page.goto(_APPEARANCE)
            scheme = page.locator(_MODE).input_value()
        except Error as error:
            raise EvaluationFailed(f"Chrome's settings cannot be read: {error.message}") from error
        finally:
            page.close()  # the page that was in front comes to the front again
    if scheme not in _SCHEMES:
        raise EvaluationFailed(f"Chrome's settings name colours that are not known: {scheme!r}.")
    return _SCHEMES[scheme]


def pdf_from_url(guest: Guest, config: Config) -> str:
    """The page at `path` printed to a PDF, `dest`.

    Raises:
        EvaluationFailed: it cannot be printed.
    """
    from playwright.sync_api import Error

    here = guest.kept(text(config, "dest"))
    with browser_or_new(guest) as browser:
        page = browser.new_page()
        try:
            page.goto(text(config, "path"), wait_until="networkidle", timeout=PAGE_MS)
            page.pdf(path=here)
        except Error as error:
            raise EvaluationFailed(f"{text(config, 'path')} cannot be printed: {error.message}") from error
    return str(here)


def info_from_website(guest: Guest, config: Config) -> JsonValue:
    """What elements of the page `url` say, one of `infos` after the other; `backups` when the page cannot be read.

    Each of `infos` has an `action` (inner_text, attribute, click_and_inner_text, click_and_attribute), a `selector`, or
    several of which all but the last are clicked, and an `attribute`.
    """
    from playwright.sync_api import Error

    url = text(config, "url")
    found: list[JsonValue] = []
    try:
        with browser_or_new(guest) as browser:
            page = browser.contexts[0].new_page()
            page.goto(url)
            for info in cast(list[Mapping[str, Any]], config.get("infos", [])):
                if page.url != url:
                    page.goto(url)
                found.append(_element(page, info))
    except (Error, BrowserUnreachable):
        return config.get("backups")
    return found


def _element(page: Page, info: Mapping[str, Any]) -> str | None:
    action, selector = info.get("action", "inner_text"), info["selector"]
    *clicked, last = [selector] if isinstance(selector, str) else selector
    for each in clicked:
        page.click(each, timeout=_ELEMENT_MS)
        page.wait_for_load_state("load")
    element = page.locator(last).first
    if action.endswith("inner_text"):
        return element.inner_text(timeout=_ELEMENT_MS)
    if action.endswith("attribute"):
        return element.get_attribute(info["attribute"], timeout=_ELEMENT_MS)
    raise NotAvailable(f"The action {action!r} on a page does not exist.")


def gotoRecreationPage_and_get_html_content(guest: Guest, config: Config) -> dict[str, dict[str, str]]:
    """The text of an element of `class`, the one of number `order`, on recreation.gov's page on Diamond.

    Raises:
        EvaluationFailed: the page is not as the task expects it.
    """
    from playwright.sync_api import Error

    name = text(config, "class")
    with browser_or_new(guest) as browser:
        page = browser.new_page()
        page.set_default_timeout(PAGE_MS)
        try:
            page.goto("https://www.recreation.gov/")
            page.fill("input#hero-search-input", "Diamond")
            page.click("button.nav-search-button")
            with page.expect_popup() as popup:
                page.click(".search-result-highlight--success")
            shown = popup.value
            settled(shown)
            shown.click("button.next-available", timeout=_ELEMENT_MS)
            content = shown.locator(f".{name}").nth(int(text(config, "order", "0"))).text_content()
        except Error as error:
            raise EvaluationFailed(f"recreation.gov is not as the task expects it: {error.message}") from error
    return {"expected": {name: (content or "").strip()}}
