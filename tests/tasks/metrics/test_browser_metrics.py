from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import EvaluationFailed
from tasks.metrics import browser
from tasks.metrics.urls import same_url, without_query


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.drugs.com/npc/", "https://drugs.com/npc/", True),
        ("https://www.airbnb.com", "https://www.airbnb.co.uk/", True),
        ("https://www.airbnb.com", "http://www.airbnb.com", False),
        ("http://airbnb.com", "airbnb.com", True),
        ("https://a.airbnb.com", "https://airbnb.com", False),
        ("https://airbnb.com/a", "https://airbnb.com/a/", False),
        ("https://airbnb.com/?a=1", "https://airbnb.com/?a=2", False),
        ("file:///home/user/a.html", "file:///home/user/a.html", True),
        (".amazon.com", "amazon.com", True),
        (None, "https://airbnb.com", False),
        (None, None, True),
        ("http://[::1", "http://[::1", True),
        ("http://[::1", "http://airbnb.com", False),
    ],
)
def test_addresses(one: str | None, other: str | None, same: bool):
    assert same_url(one, other) is same


@given(st.text(), st.text())
def test_any_text_can_be_compared_as_an_address(one: str, other: str):
    assert same_url(one, one)
    assert same_url(one, other) == same_url(other, one)
    assert isinstance(without_query(one), str)


ACTIVE = {"type": "url", "url": "https://www.nfl.com/scores/2019/post4"}


@pytest.mark.parametrize(
    ("tab", "score"),
    [
        ("https://www.nfl.com/scores/2019/post4", 1.0),
        ({"url": "https://nfl.com/scores/2019/post4", "title": "Scores"}, 1.0),
        ("https://www.nfl.com/scores/2019/post4?week=1", 0.0),
        ({}, 0.0),
        ({"title": "no address"}, 0.0),
        (None, 0.0),
    ],
)
def test_active_tab(tab: object, score: float):
    assert browser.is_expected_active_tab(tab, ACTIVE) == score


@pytest.mark.parametrize(
    ("tab", "score"),
    [
        ("https://www.nfl.com/scores/2019/post4?week=1", 1.0),
        ("https://nfl.com/scores/2019/post4", 0.0),
        ({"title": "no address"}, 0.0),
        (None, 0.0),
    ],
)
def test_active_tab_without_query(tab: object, score: float):
    assert browser.is_expected_active_tab_approximate(tab, ACTIVE) == score


@pytest.mark.parametrize(
    ("tab", "patterns", "score"),
    [
        ("https://scholar.google.com/citations?user=qRAQ", ["^https://scholar", "user=qRAQ"], 1.0),
        ({"url": "https://scholar.google.com/citations"}, ["^https://scholar", "user=qRAQ"], 0.0),
        ("", ["scholar"], 0.0),
        ({}, [], 0.0),
    ],
)
def test_url_pattern(tab: object, patterns: list[str], score: float):
    assert browser.is_expected_url_pattern_match(tab, {"expected": patterns}) == score


def test_a_pattern_that_is_none_is_the_tasks_fault():
    with pytest.raises(EvaluationFailed, match="no regular expression"):
        browser.is_expected_url_pattern_match("https://a.org", {"expected": ["("]})


@pytest.mark.parametrize(
    ("tab", "score"),
    [({"url": "https://google.com/search?q=nereida&x"}, 1.0), ({"url": "https://google.com/"}, 0.0), (None, 0.0)],
)
def test_search_query(tab: object, score: float):
    assert browser.is_expected_search_query(tab, {"expect": {"pattern": "search\\?q=nereida(?:&|$)"}}) == score


@pytest.mark.parametrize(
    ("urls", "score"),
    [
        (["https://www.python.org/", "https://github.com"], 1.0),
        (["https://github.com", "https://github.com/"], 0.0),
        (["https://github.com", "https://python.org", "https://a.org"], 0.0),
        ([None, "https://python.org"], 0.0),
        ([], 0.0),
    ],
)
def test_tabs(urls: list[str | None], score: float):
    rule = {"type": "url", "urls": ["https://github.com", "https://python.org"]}
    assert browser.is_expected_tabs([{"url": url, "title": ""} for url in urls], rule) == score


@pytest.mark.parametrize(("found", "score"), [(["Momentum", "Other"], 1.0), (["Other"], 0.0), ([], 0.0), (None, 0.0)])
def test_extensions(found: list[str] | None, score: float):
    assert browser.is_expected_installed_extensions(found, {"expected": ["Momentum"]}) == score


def page(url: str) -> dict[str, object]:
    return {"type": "url", "name": url, "url": url}


def folder(name: str, *children: dict[str, object]) -> dict[str, object]:
    return {"type": "folder", "name": name, "children": list(children)}


@pytest.mark.parametrize(
    ("bar", "rule", "score"),
    [
        ([folder("Favorites"), page("u")], {"type": "bookmark_bar_folders_names", "names": ["Favorites"]}, 1.0),
        ([folder("Other")], {"type": "bookmark_bar_folders_names", "names": ["Favorites"]}, 0.0),
        ([page("u"), folder("f")], {"type": "bookmark_bar_websites_urls", "urls": ["u"]}, 1.0),
        ([page("u"), page("v")], {"type": "bookmark_bar_websites_urls", "urls": ["u"]}, 0.0),
        (
            [folder("Liked Authors", page("b"), page("c"))],
            {"type": "liked_authors_websites_urls", "urls": [["a", "b"], "c"]},
            1.0,
        ),
        (
            [folder("Liked Authors", page("a"), page("b"))],
            {"type": "liked_authors_websites_urls", "urls": [["a", "b"], "c"]},
            0.0,
        ),
        ([folder("Others", page("a"))], {"type": "liked_authors_websites_urls", "urls": ["a"]}, 0.0),
    ],
)
def test_bookmarks(bar: list[object], rule: dict[str, object], score: float):
    assert browser.is_expected_bookmarks({"bookmark_bar": {"children": bar}}, rule) == score


@pytest.mark.parametrize("bookmarks", [None, {}, {"bookmark_bar": []}, {"bookmark_bar": {"children": ["text", None]}}])
def test_damaged_bookmarks(bookmarks: object):
    rule = {"type": "bookmark_bar_folders_names", "names": ["Favorites"]}
    assert browser.is_expected_bookmarks(bookmarks, rule) == 0.0


@pytest.mark.parametrize(("domains", "score"), [([".b.org"], 1.0), ([], 1.0), ([".b.org", "www.amazon.com"], 0.0)])
def test_cookies(domains: list[str], score: float):
    rows = [("1", domain, "name") for domain in domains]
    assert browser.is_cookie_deleted(rows, {"type": "domains", "domains": [".amazon.com"]}) == score


@pytest.mark.parametrize(
    ("urls", "score"), [(["https://a.org"], 1.0), ([], 1.0), (["https://www.youtube.com/watch"], 0.0)]
)
def test_history(urls: list[str], score: float):
    rows = [(url, "title", "0") for url in urls]
    assert browser.check_history_deleted(rows, {"type": "keywords", "keywords": ["youtube"]}) == score


def test_what_could_not_be_read_is_not_deleted():
    with pytest.raises(EvaluationFailed, match="cookies could not be read"):
        browser.is_cookie_deleted(None, {"type": "domains", "domains": ["a"]})
    with pytest.raises(EvaluationFailed, match="history could not be read"):
        browser.check_history_deleted(None, {"type": "keywords", "keywords": ["a"]})


@pytest.mark.parametrize(("entries", "score"), [(["hud@1"], 1.0), (["hud@1", "x@2"], 0.0), ([], 0.0), (None, 0.0)])
def test_experiments(entries: list[str] | None, score: float):
    assert browser.check_enabled_experiments(entries, {"type": "names", "names": ["hud"]}) == score


@pytest.mark.parametrize(
    ("size", "chrome", "edge"), [(24, 0.0, 1.0), (25, 1.0, 1.0), (16, 0.0, 0.0), (99, 0.0, 0.0), (None, 0.0, 0.0)]
)
def test_font_size_ranges(size: int | None, chrome: float, edge: float):
    rule = {"type": "range", "min": 24, "max": 99}
    settings = None if size is None else {"default_font_size": size}
    assert browser.check_font_size(settings, rule) == chrome
    assert browser.check_edge_font_size(settings, rule) == edge


@pytest.mark.parametrize(("size", "score"), [(20, 1.0), (21, 0.0)])
def test_font_size_values(size: int, score: float):
    rule = {"type": "value", "value": 20}
    assert browser.check_font_size({"default_font_size": size}, rule) == score
    assert browser.check_edge_font_size({"default_font_size": size}, rule) == score


ADDRESS = "https://www.mathsisfun.com/games/2048.html"


@pytest.mark.parametrize(
    ("content", "rule", "score"),
    [
        ("[Desktop Entry]\nName=2048\nExec=chrome\n", {"type": "name", "name": "2048"}, 1.0),
        ("[Desktop Entry]\nName=2048 Game\n", {"type": "name", "name": "2048"}, 0.0),
        ("[Desktop Entry]\nExec=chrome --app\n", {"type": "exec", "exec": "chrome --app"}, 1.0),
        ("[InternetShortcut]\r\nURL=https://mathsisfun.com/games/2048.html\r\n", {"type": "url", "url": ADDRESS}, 1.0),
        (json.dumps({"data": {"description": ADDRESS}}), {"type": "url", "description": ADDRESS}, 1.0),
        (json.dumps({"data": {"url": "https://a.org"}}), {"type": "url", "url": ADDRESS}, 0.0),
        ("[]", {"type": "url", "url": ADDRESS}, 0.0),
        ("", {"type": "name", "name": "2048"}, 0.0),
    ],
)
def test_shortcuts(content: str, rule: dict[str, str], score: float):
    assert browser.is_shortcut_on_desktop({"/home/user/Desktop/a": content}, rule) == score
    assert browser.is_shortcut_on_desktop(None, rule) == 0.0


def test_url_shortcuts():
    rule = {"type": "url", "url_content": ADDRESS}
    assert browser.is_url_shortcut_on_desktop({"a.url": f"URL={ADDRESS}\n"}, rule) == 1.0
    assert browser.is_url_shortcut_on_desktop({"a.url": "URL=https://a.org\n"}, rule) == 0.0
    assert browser.is_url_shortcut_on_desktop(None, rule) == 0.0


@pytest.mark.parametrize(
    ("page", "score"), [({"content": "<p>The Soundtrack"}, 1.0), ({"content": ""}, 0.0), ({}, 0.0), (None, 0.0)]
)
def test_steam_cart(page: dict[str, str] | None, score: float):
    assert browser.is_added_to_steam_cart(page, {"items": ["Soundtrack"]}) == score


@pytest.mark.parametrize(
    "name",
    [
        "is_expected_active_tab",
        "is_expected_active_tab_approximate",
        "is_expected_tabs",
        "is_expected_bookmarks",
        "is_cookie_deleted",
        "check_history_deleted",
        "check_enabled_experiments",
        "check_font_size",
        "check_edge_font_size",
        "is_shortcut_on_desktop",
        "is_url_shortcut_on_desktop",
    ],
)
def test_a_rule_of_an_unknown_type_is_the_tasks_fault(name: str):
    with pytest.raises(EvaluationFailed, match="'shape'"):
        getattr(browser, name)({}, {"type": "shape"})
