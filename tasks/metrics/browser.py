"""What Chrome and Edge show and keep: tabs, bookmarks, cookies, history, settings, shortcuts.

Knows what the getters read from a browser and its profile; knows no browser. The semantics are those of OSWorld's
`evaluators/metrics/chrome.py` and, for Edge, of WindowsAgentArena's `evaluators/metrics/edge.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import nan
from typing import cast

from tasks.errors import EvaluationFailed
from tasks.metrics.browser_rules import (
    BookmarksRule,
    CartRule,
    CookiesRule,
    ExperimentsRule,
    ExtensionsRule,
    FontSizeRule,
    HistoryRule,
    PatternRule,
    QueryRule,
    ShortcutRule,
    TabRule,
    TabsRule,
    TypedRule,
    UrlShortcutRule,
)
from tasks.metrics.urls import same_url, without_query

Tab = str | Mapping[str, str | None]
"""An address, or what is known of a tab, with its address under `url`."""
Row = Sequence[str]
"""A row of one of the profile's databases."""


def is_expected_active_tab(active_tab_info: Tab | None, rule: TabRule) -> float:
    """1.0 when the active tab has the address `rule["url"]`, else 0.0. Addresses are compared as `urls.same_url` does.

    Raises:
        EvaluationFailed: the rule is of another type than `url`.
    """
    _require(rule, "url")
    return float(bool(active_tab_info) and same_url(rule["url"], _url(active_tab_info)))


def is_expected_active_tab_approximate(active_tab_info: Tab | None, rule: TabRule) -> float:
    """1.0 when the active tab has the address `rule["url"]`, queries left aside, else 0.0.

    Raises:
        EvaluationFailed: the rule is of another type than `url`.
    """
    _require(rule, "url")
    url = _url(active_tab_info)
    return float(url is not None and without_query(rule["url"]) == without_query(url))


def is_expected_url_pattern_match(result: Tab | None, rules: PatternRule) -> float:
    """1.0 when each regular expression of `rules["expected"]` is found somewhere in the tab's address, else 0.0.

    Raises:
        EvaluationFailed: an entry of the rule is no regular expression.
    """
    url = _url(result)
    return float(bool(url) and all(_found(pattern, url) for pattern in rules["expected"]))


def is_expected_search_query(active_tab_info: Tab | None, rules: QueryRule) -> float:
    """1.0 when the regular expression `rules["expect"]["pattern"]` is found in the tab's address, else 0.0.

    Raises:
        EvaluationFailed: the pattern is no regular expression.
    """
    url = _url(active_tab_info)
    return float(bool(url) and _found(rules["expect"]["pattern"], url))


def is_expected_tabs(open_tabs: Sequence[Tab] | None, rule: TabsRule) -> float:
    """1.0 when as many tabs are open as `rule["urls"]` has addresses, and each of these is open, else 0.0.

    Raises:
        EvaluationFailed: the rule is of another type than `url`.
    """
    _require(rule, "url")
    if not open_tabs or len(open_tabs) != len(rule["urls"]):
        return 0.0
    urls = [_url(tab) for tab in open_tabs]
    return float(all(any(same_url(expected, url) for url in urls) for expected in rule["urls"]))


def is_expected_installed_extensions(installed_extensions: Sequence[str] | None, expected: ExtensionsRule) -> float:
    """1.0 when all extensions named in `expected["expected"]` are installed, others besides or not, else 0.0."""
    return float(bool(installed_extensions) and set(expected["expected"]) <= set(installed_extensions))


def is_expected_bookmarks(bookmarks: Mapping[str, object] | None, rule: BookmarksRule) -> float:
    """What is on the bookmark bar, in any order and nothing besides: 1.0 or 0.0.

    Args:
        bookmarks: the roots of the profile's file `Bookmarks`.
        rule: which folders or pages; for liked authors, which pages the folder "Liked Authors" has.

    Raises:
        EvaluationFailed: the rule is of none of the types that there are.
    """
    bar = _children(_mapping(bookmarks).get("bookmark_bar"))
    match rule["type"]:
        case "bookmark_bar_folders_names":
            found, accepted = _values(bar, "folder", "name"), [set(rule["names"])]
        case "bookmark_bar_websites_urls":
            found, accepted = _values(bar, "url", "url"), [set(cast(list[str], rule["urls"]))]
        case "liked_authors_websites_urls":
            folders = [each for each in bar if each.get("type") == "folder" and each.get("name") == "Liked Authors"]
            if not folders:
                return 0.0
            found = _values(_children(folders[0]), "url", "url")
            alternatives = [[urls] if isinstance(urls, str) else urls for urls in rule["urls"]]
            accepted = [set(choice) for choice in product(*alternatives)]
        case unknown:
            raise _unknown_type(unknown)
    return float(bool(bookmarks) and found in accepted)


def is_cookie_deleted(cookie_data: Iterable[Row] | None, rule: CookiesRule) -> float:
    """1.0 when no cookie is of a domain in `rule["domains"]`, else 0.0. Domains are compared as `urls.same_url` does.

    Args:
        cookie_data: rows of the table `cookies`, the domain second.
        rule: the domains.

    Raises:
        EvaluationFailed: the cookies could not be read, or the rule is of another type than `domains`.
    """
    _require(rule, "domains")
    domains = [row[1] for row in _read(cookie_data, "cookies")]
    return float(not any(same_url(unwanted, domain) for unwanted in rule["domains"] for domain in domains))


def check_history_deleted(history_data: Iterable[Row] | None, rule: HistoryRule) -> float:
    """1.0 when no visited address has one of `rule["keywords"]` in it, else 0.0.

    Args:
        history_data: rows of the history, the address first.
        rule: the keywords.

    Raises:
        EvaluationFailed: the history could not be read, or the rule is of another type than `keywords`.
    """
    _require(rule, "keywords")
    urls = [row[0] for row in _read(history_data, "history")]
    return float(not any(keyword in url for keyword in rule["keywords"] for url in urls))


def check_enabled_experiments(enabled_experiments: Iterable[str] | None, rule: ExperimentsRule) -> float:
    """1.0 when exactly the experiments `rule["names"]` are on, in this order, else 0.0.

    Args:
        enabled_experiments: entries of the file `Local State`, a name and `@` with the choice made.
        rule: the names.

    Raises:
        EvaluationFailed: the rule is of another type than `names`.
    """
    _require(rule, "names")
    return float([entry.split("@")[0] for entry in enabled_experiments or ()] == rule["names"])


def check_font_size(font_size: Mapping[str, float] | None, rule: FontSizeRule) -> float:
    """1.0 when `default_font_size` is `rule["value"]`, or between `min` and `max`, both excluded; else 0.0.

    Raises:
        EvaluationFailed: the rule is of another type than `value` or `range`.
    """
    size = _font_size(font_size)
    if rule["type"] == "range":
        return float(rule["min"] < size < rule["max"])
    _require(rule, "value")
    return float(size == rule["value"])


def check_edge_font_size(font_size: Mapping[str, float] | None, rule: FontSizeRule) -> float:
    """As `check_font_size`, but a range has its `min` in it.

    Raises:
        EvaluationFailed: the rule is of another type than `value` or `range`.
    """
    if rule["type"] == "range" and rule["min"] == _font_size(font_size) < rule["max"]:
        return 1.0
    return check_font_size(font_size, rule)


def is_shortcut_on_desktop(shortcuts: Mapping[str, str] | None, rule: ShortcutRule) -> float:
    """1.0 when one of the shortcuts is what is looked for, else 0.0.

    Args:
        shortcuts: what is in each file, by its path: a `.desktop` file; on Windows a `.url` file, or a `.lnk` file as
            JSON, where `data` has the `description` and the `url`.
        rule: a desktop entry's line `Name` or `Exec`, or the address that a Windows shortcut leads to.

    Raises:
        EvaluationFailed: the rule is of none of the types that there are.
    """
    contents = (shortcuts or {}).values()
    match rule["type"]:
        case "name":
            return float(any(f"Name={rule['name']}\n" in content for content in contents))
        case "exec":
            return float(any(f"Exec={rule['exec']}\n" in content for content in contents))
        case "url" | "description":
            url = rule.get("url") or rule.get("description")
            return float(any(same_url(url, target) for content in contents for target in _targets(content)))
        case unknown:
            raise _unknown_type(unknown)


def is_url_shortcut_on_desktop(shortcuts: Mapping[str, str] | None, rule: UrlShortcutRule) -> float:
    """1.0 when one of the shortcuts has the text `rule["url_content"]` in it, else 0.0.

    Args:
        shortcuts: what is in each file, by its path.
        rule: the text.

    Raises:
        EvaluationFailed: the rule is of another type than `url`.
    """
    _require(rule, "url")
    return float(any(rule["url_content"] in content for content in (shortcuts or {}).values()))


def is_added_to_steam_cart(active_tab_info: Mapping[str, str] | None, rule: CartRule) -> float:
    """1.0 when all `rule["items"]` are in the page's text, which is under `content`, else 0.0."""
    content = (active_tab_info or {}).get("content")
    return float(content is not None and all(item in content for item in rule["items"]))


def _font_size(settings: Mapping[str, float] | None) -> float:
    """In pixels; NaN, which is in no range, where there is none."""
    return (settings or {}).get("default_font_size", nan)


def _url(tab: Tab | None) -> str | None:
    return tab.get("url") if isinstance(tab, Mapping) else tab


def _found(pattern: str, url: str | None) -> bool:
    try:
        return re.search(pattern, url or "") is not None
    except re.error as error:
        raise EvaluationFailed(f"The task's rule has {pattern!r}, which is no regular expression: {error}.") from error


def _mapping(value: object) -> Mapping[str, object]:
    return cast(Mapping[str, object], value) if isinstance(value, Mapping) else {}


def _children(folder: object) -> list[Mapping[str, object]]:
    children = _mapping(folder).get("children")
    return [_mapping(child) for child in cast(list[object], children)] if isinstance(children, list) else []


def _values(entries: Iterable[Mapping[str, object]], kind: str, key: str) -> set[object]:
    return {entry.get(key) for entry in entries if entry.get("type") == kind}


def _targets(shortcut: str) -> list[str]:
    try:
        data = _mapping(_mapping(json.loads(shortcut)).get("data"))
    except json.JSONDecodeError:
        return [line.removeprefix("URL=").strip() for line in shortcut.splitlines() if line.startswith("URL=")]
    return [value for value in (data.get("url"), data.get("description")) if isinstance(value, str)]


def _read(rows: Iterable[Row] | None, what: str) -> Iterable[Row]:
    if rows is None:
        raise EvaluationFailed(f"The browser's {what} could not be read, so nobody can say what is not among them.")
    return rows


def _require(rule: TypedRule, kind: str) -> None:
    if rule["type"] != kind:
        raise _unknown_type(rule["type"])


def _unknown_type(kind: str) -> EvaluationFailed:
    return EvaluationFailed(f"The task's rule is of the type {kind!r}, which this metric does not have.")
