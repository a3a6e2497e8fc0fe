"""What task files say a browser should show and keep.

A rule of several types has the entries of its own type only.
"""

from __future__ import annotations

from typing import TypedDict


class TypedRule(TypedDict):
    """A rule of one of several types."""

    type: str


class TabRule(TypedRule):
    """`type` is `url`."""

    url: str


class TabsRule(TypedRule):
    """`type` is `url`."""

    urls: list[str]


class PatternRule(TypedDict):
    """Regular expressions."""

    expected: list[str]


class QueryPattern(TypedDict):
    """One regular expression."""

    pattern: str


class QueryRule(TypedDict):
    """What a search's address should look like."""

    expect: QueryPattern


class ExtensionsRule(TypedDict):
    """Names of extensions."""

    expected: list[str]


class BookmarksRule(TypedRule):
    """`bookmark_bar_folders_names` has `names`; `bookmark_bar_websites_urls` and `liked_authors_websites_urls` `urls`.

    For liked authors each entry of `urls` is an address or a list of addresses, any of which will do.
    """

    names: list[str]
    urls: list[str | list[str]]


class CookiesRule(TypedRule):
    """`type` is `domains`."""

    domains: list[str]


class HistoryRule(TypedRule):
    """`type` is `keywords`."""

    keywords: list[str]


class ShortcutRule(TypedRule):
    """`name`, `exec`, `description` or `url`, each with what is looked for under its own name.

    WindowsAgentArena's task is of the type `url` and has the address under `description`.
    """

    name: str
    exec: str
    description: str
    url: str


class UrlShortcutRule(TypedRule):
    """`type` is `url`."""

    url_content: str


class ExperimentsRule(TypedRule):
    """`type` is `names`."""

    names: list[str]


class FontSizeRule(TypedRule):
    """`value`, or `range` with `min` and `max`, in pixels."""

    value: int
    min: int
    max: int


class CartRule(TypedDict):
    """Titles of items."""

    items: list[str]
