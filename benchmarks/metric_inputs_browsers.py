"""Random inputs for the metrics of Chrome and Edge."""

from __future__ import annotations

import random
from pathlib import Path

from metric_files import Call, MakeCall

HOSTS = [
    "www.airbnb.com",
    "airbnb.co.uk",
    "m.airbnb.com",
    "github.com",
    "www.github.io",
    "127.0.0.1:8080",
    ".amazon.com",
]
PATHS = ["", "/", "/a", "/a/", "/a/b.html", "/?q=1", "/a?q=1#top", "/a#top"]


def url(rng: random.Random) -> str:
    return rng.choice(["https://", "http://", ""]) + rng.choice(HOSTS[:4]) + rng.choice(PATHS)


def tab(rng: random.Random) -> object:
    return rng.choice([url(rng), {"url": url(rng), "title": "A page"}, None, {}])


def active_tab(rng: random.Random, _: Path) -> Call:
    expected = url(rng)
    found = rng.choice([expected, expected.replace("www.", ""), expected + "?x=2", tab(rng)])
    return (found, {"type": "url", "url": expected}), {}


def url_pattern(rng: random.Random, _: Path) -> Call:
    patterns = rng.sample(["airbnb", "^https?://", r"/a(/.*)?$", r"\?q=", r"\.", "#top"], rng.randint(1, 2))
    return (rng.choice([url(rng), {"url": url(rng)}, tab(rng)]), {"expected": patterns}), {}


def search_query(rng: random.Random, _: Path) -> Call:
    return ({"url": url(rng)}, {"expect": {"pattern": rng.choice(["(?i)AIRBNB", r"\?q=1", "#top", "^https"])}}), {}


def open_tabs(rng: random.Random, _: Path) -> Call:
    expected = [url(rng) for _ in range(rng.randint(1, 3))]
    found = rng.choice([expected, expected[::-1], expected[1:], [*expected[1:], url(rng)]])
    return ([{"url": each, "title": ""} for each in found], {"type": "url", "urls": expected}), {}


def extensions(rng: random.Random, _: Path) -> Call:
    names = ["Zoom", "Momentum", "Translate", "React"]
    return (rng.sample(names, rng.randint(0, 4)), {"expected": rng.sample(names, rng.randint(1, 2))}), {}


def bookmarks(rng: random.Random, _: Path) -> Call:
    def pages(most: int = 3) -> list[dict[str, object]]:
        return [{"type": "url", "name": each, "url": each} for each in rng.sample("abc", rng.randint(0, most))]

    folders = [
        {"type": "folder", "name": name, "children": pages()}
        for name in rng.sample(["Favorites", "Liked Authors"], rng.randint(0, 2))
    ]
    rule = rng.choice(
        [
            {"type": "bookmark_bar_folders_names", "names": rng.sample(["Favorites", "Liked Authors"], 1)},
            {"type": "bookmark_bar_websites_urls", "urls": rng.sample("abc", rng.randint(1, 2))},
            {"type": "liked_authors_websites_urls", "urls": [["a", "b"], rng.choice(["a", "c"])]},
        ]
    )
    return ({"bookmark_bar": {"children": pages(2) + folders}, "other": {}}, rule), {}


def cookies(rng: random.Random, _: Path) -> Call:
    rows = [(1, domain, "name") for domain in rng.sample(HOSTS, rng.randint(0, 4))]
    return (rows, {"type": "domains", "domains": rng.sample([".amazon.com", "amazon.de", ".airbnb.com"], 1)}), {}


def history(rng: random.Random, _: Path) -> Call:
    rows = [(url(rng), "title", 0) for _ in range(rng.randint(0, 3))]
    return (rows, {"type": "keywords", "keywords": rng.sample(["airbnb", "github", "#top", "youtube"], 2)}), {}


def experiments(rng: random.Random, _: Path) -> Call:
    names = rng.sample(["hud", "tabs", "dark"], rng.randint(1, 2))
    found = rng.choice([names, names[::-1], names[1:], [*names, "more"]])
    return ([f"{name}@{rng.randint(1, 3)}" for name in found], {"type": "names", "names": names}), {}


def font_size(rng: random.Random, _: Path) -> Call:
    rule = rng.choice([{"type": "value", "value": 16}, {"type": "range", "min": 16, "max": 24}])
    return ({"default_font_size": rng.choice([15, 16, 17, 23, 24])}, rule), {}


def shortcuts(rng: random.Random, _: Path) -> Call:
    files = {
        f"{n}.desktop": f"[Desktop Entry]\nName={rng.choice('abc')}\nExec=chrome {n}\n"
        for n in range(rng.randint(0, 3))
    }
    rule = rng.choice([{"type": "name", "name": rng.choice("abc")}, {"type": "exec", "exec": "chrome 1"}])
    return (files, rule), {}


def steam_cart(rng: random.Random, _: Path) -> Call:
    items = ["Soundtrack", "Game", "Season Pass"]
    content = " ".join(rng.sample(items, rng.randint(0, 3)))
    return ({"content": content}, {"items": rng.sample(items, rng.randint(1, 2))}), {}


INPUTS: dict[str, MakeCall] = {
    "is_expected_active_tab": active_tab,
    "is_expected_active_tab_approximate": active_tab,
    "is_expected_url_pattern_match": url_pattern,
    "is_expected_search_query": search_query,
    "is_expected_tabs": open_tabs,
    "is_expected_installed_extensions": extensions,
    "is_expected_bookmarks": bookmarks,
    "is_cookie_deleted": cookies,
    "check_history_deleted": history,
    "check_enabled_experiments": experiments,
    "check_font_size": font_size,
    "is_shortcut_on_desktop": shortcuts,
    "is_added_to_steam_cart": steam_cart,
}
