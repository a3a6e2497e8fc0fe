"""Getters that ask the guest's browser: a real Chromium over its debugging port."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from pathlib import Path

import pymupdf
import pytest

from envs.guest_routes import Answer
from tasks.errors import EvaluationFailed, NotAvailable
from tasks.getters import GETTERS, browser_pages
from tasks.guest import Guest, Ports
from tasks.guest_browser import BrowserUnreachable, browser_of, close_tabs, open_tabs
from tasks.metrics import METRICS

SHOP = """<!doctype html><title>Shop</title>
<div class="price">1 <b>CHF</b></div><div class="price">2</div>
<p class="who">Ada <b>Lovelace</b> Byron</p>
<ul class="sizes"><li class="catAllProducts"><span>Small</span><li class="catAllProducts"><span>Odd</span></ul>
<section class="card"><h3>First</h3></section><section class="card"><h3>Second</h3></section>
<label>From</label><input id="from" value=" Zurich ">
<a id="more" href="/more" data-code="x7">More</a>"""


@pytest.fixture(autouse=True)
def pages(every_site):
    """What is on the sites."""
    every_site.pages.update(
        {
            "https://shop.example/": SHOP,
            "https://shop.example/more": "<title>More</title><p id=said>said</p>",
            "https://news.example/today": "<title>News</title><h1>Today</h1>",
        }
    )


def get(guest, name, **config):
    return GETTERS[name](guest, config)


def test_open_tabs_are_told_with_title_and_address(browsing):
    guest = browsing("https://shop.example/", "https://news.example/today")
    tabs = get(guest, "open_tabs_info")
    assert sorted(tab["title"] for tab in tabs) == ["News", "Shop"]
    rule = {"type": "url", "urls": ["https://shop.example/", "https://news.example/today"]}
    assert METRICS["is_expected_tabs"](tabs, rule) == 1.0
    close_tabs(guest, ["https://news.example/today"])
    assert [tab["url"] for tab in get(guest, "open_tabs_info")] == ["https://shop.example/"]
    open_tabs(guest, ["https://news.example/today", "https://shop.example/more"])
    assert sorted(tab["title"] for tab in get(guest, "open_tabs_info")) == ["More", "News"]


def test_pages_are_opened_and_told(browsing):
    guest = browsing("https://shop.example/", "https://news.example/today?a=1&b=2")
    front = get(guest, "active_tab_info")
    assert (front["title"], front["url"]) == ("News", "https://news.example/today?a=1&b=2")
    assert "<h1>Today</h1>" in front["content"]
    assert get(guest, "page_info", url="https://shop.example/more")["title"] == "More"
    assert get(guest, "page_info", url="no address at all")["title"] == "Error encountered"
    assert len(get(guest, "open_tabs_info")) == 2  # those that were opened for it are gone
    assert get(browsing(), "active_tab_info") is None


def test_elements_of_the_page_in_front(browsing):
    guest = browsing("https://news.example/today", "https://shop.example/")
    classes = {
        "class_multiObject": {"price": {"0": "first", "1": "second", "2": "third"}},
        "class_multiObject_child": {"who": {"0": "before", "1": "after"}},
        "class_multiObject_only_child": {"card": {"1": "card"}},
        "class_multiObject_search_exist": {"price": ["2", "3", "is_other_exist"]},
        "class_singleObject": {"who": "name", "nobody": "none"},
    }
    assert get(guest, "active_tab_html_parse", category="class", **classes) == {
        "first": "1 CHF", "second": "2", "third": "", "before": "Ada", "after": "Byron", "card": "Second",
        "2": True, "3": False, "is_other_exist": True, "name": "Ada Lovelace Byron", "none": "",
    }  # fmt: skip
    found = get(guest, "active_tab_html_parse", category="xpath", xpathObject={"//section[1]/h3": "h", "//h6": "no"})
    assert found == {"h": "First", "no": ""}
    assert get(guest, "active_tab_html_parse", category="label", labelObject={"From": "from"}) == {"from": "From"}
    found = get(guest, "active_tab_html_parse", category="input", inputObject={"//input[@id='from']": "from"})
    assert found == {"from": "Zurich"}
    found = get(guest, "active_tab_html_parse", category="class&url", class_multiObject_li={"sizes": ["small"]},
                class_multiObject={"price": ["2"]}, url_include_expected=["shop", "sale"],
                url_include_expected_multichoice={"example": "is_example"})  # fmt: skip
    assert found == {"2": True, "small": True, "is_other_exist": True, "shop": True, "sale": False, "is_example": True}
    with pytest.raises(NotAvailable, match="smell"):
        get(guest, "active_tab_html_parse", category="smell")
    assert get(browsing("https://shop.example/more"), "active_tab_html_parse", category="class") == {}


def test_a_page_that_is_in_front_nowhere_has_no_elements(browsing):
    guest = browsing("https://shop.example/")
    close_tabs(guest, ["https://shop.example/more"])  # none shows it, and that is no error
    open_tabs(guest, ["https://news.example/today"])
    assert get(guest, "active_tab_html_parse", category="class") == {}
    assert get(browsing(), "active_tab_html_parse", category="class") is None


def test_a_page_is_printed(browsing):
    guest = browsing("https://shop.example/")
    path = get(guest, "pdf_from_url", path="https://news.example/today", dest="news.pdf")
    with pymupdf.open(path) as document:
        assert document[0].get_text().strip() == "Today"
    assert Path(path) == guest.folder / "news.pdf"
    with pytest.raises(EvaluationFailed, match="cannot be printed"):
        get(guest, "pdf_from_url", path="nonsense", dest="none.pdf")


def test_a_web_site_is_asked(browsing, monkeypatch):
    monkeypatch.setattr(browser_pages, "_ELEMENT_MS", 500)
    guest = browsing("https://shop.example/")
    infos = [
        {"action": "inner_text", "selector": ".price"},
        {"action": "attribute", "selector": "#more", "attribute": "data-code"},
        {"action": "click_and_inner_text", "selector": ["#more", "#said"]},
        {"action": "click_and_attribute", "selector": ["#more", "#said"], "attribute": "id"},
    ]
    asked = {"url": "https://shop.example/", "infos": infos, "backups": ["spare"]}
    assert get(guest, "info_from_website", **asked) == ["1 CHF", "x7", "said", "said"]
    gone = [{"action": "inner_text", "selector": "#gone"}]
    assert get(guest, "info_from_website", **asked | {"infos": gone}) == ["spare"]
    with pytest.raises(NotAvailable, match="'smell'"):
        get(guest, "info_from_website", **asked | {"infos": [{"action": "smell", "selector": ".price"}]})


def test_a_camp_site_is_looked_for(browsing, every_site, monkeypatch):
    monkeypatch.setattr(browser_pages, "_ELEMENT_MS", 500)
    every_site.pages.update(
        {
            "https://www.recreation.gov/": """<input id=hero-search-input>
            <button class=nav-search-button onclick="location = '/search?q=' +
                document.getElementById('hero-search-input').value">Search</button>""",
            "https://www.recreation.gov/search": """<a class=search-result-highlight--success target=_blank href=/camp>
            Diamond</a>""",
            "https://www.recreation.gov/camp": """<button class=next-available
            onclick="document.body.insertAdjacentHTML(
            'beforeend', '<p class=day> Monday </p><p class=day>Friday</p>')">Next</button>""",
        }
    )
    guest = browsing("https://shop.example/")
    found = get(guest, "gotoRecreationPage_and_get_html_content", **{"class": "day", "order": "1"})
    assert found == {"expected": {"day": "Friday"}}
    assert "https://www.recreation.gov/search?q=Diamond" in every_site.asked
    every_site.pages["https://www.recreation.gov/camp"] = "Closed."
    with pytest.raises(EvaluationFailed, match="not as the task expects it"):
        get(guest, "gotoRecreationPage_and_get_html_content", **{"class": "day"})


def test_the_colours_of_the_browser(browsing):
    guest = browsing("https://shop.example/")
    assert get(guest, "chrome_appearance_mode_ui") == "system"
    for value, name in (("1", "light"), ("2", "dark"), ("0", "system")):
        with browser_of(guest) as browser:
            page = browser.contexts[0].new_page()
            page.goto("chrome://settings/appearance")
            page.locator("#colorSchemeModeSelect").select_option(value)
            page.close()
        assert get(guest, "chrome_appearance_mode_ui") == name


def test_a_browser_that_was_closed_is_started_again(playing, chromium):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    asked = []
    with ExitStack() as opened:

        def launch(content):
            """The guests pass their port on to the browser's."""
            asked.append(json.loads(content.json)["command"])
            opened.enter_context(chromium(port))
            return Answer.text("launched")

        guest = playing(**{"POST_setup/launch": launch})
        guest = Guest(guest.machine, guest.folder, guest.downloads, Ports(chromium=port))
        with pytest.raises(BrowserUnreachable, match="does not listen"), browser_of(guest, timeout_s=0.1):
            pass
        assert get(guest, "open_tabs_info") == [{"title": "", "url": "about:blank"}]
        assert asked == [["google-chrome", "--remote-debugging-port=1337"]]
