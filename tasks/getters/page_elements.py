"""Texts of the page in front, found by class, by XPath, by label or as the value of a field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote

from tasks.errors import NotAvailable
from tasks.getters.browser_address import active_url_from_accessTree
from tasks.getters.config import Config, mapping, text, texts
from tasks.guest import Guest
from tasks.guest_browser import browser_or_new, settled

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

Found = dict[str, Any]

_OTHER: Final = "is_other_exist"
_OWN_TEXTS: Final = """node => [...node.childNodes].filter(child => child.nodeType === Node.TEXT_NODE)
    .map(child => child.textContent.trim()).filter(Boolean)"""
"""A node's texts without those of the elements in it."""


def active_tab_html_parse(guest: Guest, config: Config) -> Found | None:
    """What the page in front says at places that `category` tells how to find.

    Categories: "class" (class_multiObject, class_multiObject_child, class_multiObject_only_child,
    class_multiObject_search_exist, class_singleObject), "label" (labelObject), "xpath" (xpathObject), "input"
    (inputObject) and "class&url" (class_multiObject, class_multiObject_li, url_include_expected,
    url_include_expected_multichoice).

    Returns:
        Texts, "" for what is not there, or True and False for what is searched; empty when no page has the address in
        front, None when that address is not known.
    """
    url = active_url_from_accessTree(guest, config)
    if url is None:
        return None
    with browser_or_new(guest) as browser:
        page = _showing(browser, url)
        return {} if page is None else _parsed(page, config)


def _showing(browser: Browser, url: str) -> Page | None:
    """The first page of an address."""
    for context in browser.contexts:
        for page in context.pages:
            settled(page)
            if _plain(page.url) == _plain(url):
                return page
    return None


def _plain(url: str) -> str:
    return unquote(url).rstrip("/")


def _parsed(page: Page, config: Config) -> Found:
    match text(config, "category"):
        case "class":
            return _by_class(page, config)
        case "xpath":
            return _each(config, "xpathObject", lambda path: _text(page.locator(f"xpath={path}")))
        case "label":
            return _each(config, "labelObject", lambda label: _text(page.locator(f"text={label}")))
        case "input":
            return _each(config, "inputObject", lambda path: _value(page.locator(f"xpath={path}")))
        case "class&url":
            return _by_class_and_url(page, config)
        case other:
            raise NotAvailable(f"A page's elements cannot be found by {other!r}.")


def _each(config: Config, name: str, read: Callable[[str], str]) -> Found:
    return {str(key): read(place) for place, key in mapping(config, name).items()}


def _text(place: Locator) -> str:
    return (place.first.text_content() or "").strip() if place.count() else ""


def _value(place: Locator) -> str:
    return place.first.input_value().strip() if place.count() else ""


def _by_class(page: Page, config: Config) -> Found:
    found: Found = {}
    readers: dict[str, Callable[[str], Sequence[str]]] = {
        "class_multiObject": lambda name: _texts_of(page, f".{name}"),
        "class_multiObject_child": lambda name: _own_texts(page, f".{name}"),
        "class_multiObject_only_child": lambda name: _texts_of(page, f".{name}", "h3"),
    }
    for option, read in readers.items():
        for name, wanted in mapping(config, option).items():
            shown = read(name)
            for number, key in cast(Mapping[str, str], wanted).items():
                found[key] = shown[int(number)] if len(shown) > int(number) else ""
    for name, wanted in mapping(config, "class_multiObject_search_exist").items():
        shown, sought = _texts_of(page, f".{name}"), cast(list[str], wanted)
        found |= {each: each in shown for each in sought if each != _OTHER}
        if _OTHER in sought:
            found[_OTHER] = found.get(_OTHER, False) or any(each not in sought for each in shown)
    for name, key in mapping(config, "class_singleObject").items():
        found[str(key)] = next(iter(_texts_of(page, f".{name}")), "")
    return found


def _by_class_and_url(page: Page, config: Config) -> Found:
    found: Found = {}
    readers: dict[str, Callable[[str], Sequence[str]]] = {
        "class_multiObject": lambda name: _texts_of(page, f".{name}"),
        "class_multiObject_li": lambda name: _texts_of(page, f".{name} li.catAllProducts", "span"),
    }
    for option, read in readers.items():
        for name, wanted in mapping(config, option).items():
            shown, sought = [each.lower() for each in read(name)], [each.lower() for each in cast(list[str], wanted)]
            found |= dict.fromkeys((each for each in sought if each in shown), True)
            strange = any(all(each not in known for known in sought) for each in shown)
            found[_OTHER] = found.get(_OTHER, False) or strange
    url = page.url.lower()
    in_url: Iterable[tuple[str, str]] = [
        *((part, part) for part in (texts(config, "url_include_expected") if "url_include_expected" in config else [])),
        *((part, str(key)) for part, key in mapping(config, "url_include_expected_multichoice").items()),
    ]
    for part, key in in_url:
        found.setdefault(key.lower(), part.lower() in url)
    return found


def _texts_of(page: Page, selector: str, child: str | None = None) -> list[str]:
    """The texts of all elements that a selector finds, or of the first such child that each has."""
    elements = page.query_selector_all(selector)
    if child is not None:
        elements = [inner for element in elements if (inner := element.query_selector(child)) is not None]
    return [(element.text_content() or "").strip() for element in elements]


def _own_texts(page: Page, selector: str) -> list[str]:
    element = page.query_selector(selector)
    return [] if element is None else cast(list[str], element.evaluate(_OWN_TEXTS))
