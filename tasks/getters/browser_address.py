"""The address of the page in front, as the browser's address bar shows it to assistive technology, and parts of it.

The debugging protocol does not tell which tab is in front.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from itertools import pairwise
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from tasks.errors import EvaluationFailed
from tasks.getters.config import Config, flag, mapping, number, text, texts
from tasks.getters.system import accessibility_tree
from tasks.guest import Guest

_BROWSERS: Final = ("Google Chrome", "Chromium")
_ADDRESS_BAR: Final = "Address and search bar"
_DISCOUNT: Final = "Price_discount_range"


def active_url_from_accessTree(guest: Guest, config: Config) -> str | None:
    """The address of the page in front, with `goto_prefix` ("https://") before it; None when no bar shows one."""
    try:
        tree = ElementTree.fromstring(accessibility_tree(guest, config))
    except ElementTree.ParseError as error:
        raise EvaluationFailed(f"The guest's accessibility tree is no XML: {error}.") from error
    windows = guest.platform == "Windows"
    browsers = [tree] if windows else [each for each in tree.iter("application") if each.get("name") in _BROWSERS]
    kind = "edit" if windows else "entry"
    bars = [bar for each in browsers for bar in each.iter(kind) if bar.get("name") == _ADDRESS_BAR]
    # An original of odd habits: the last bar must have a text, the first one's is taken.
    if not bars or not _shown(bars[-1]):
        return None
    return text(config, "goto_prefix", "https://") + _shown(bars[0])


def _shown(bar: ElementTree.Element) -> str:
    return bar.text or ""


def active_tab_url_parse(guest: Guest, config: Config) -> Mapping[str, str | list[str]] | None:
    """The values of `parse_keys` in the address's query, "" for those that are missing.

    `replace` gives keys other names; with `split_list` values are cut at commas.
    """
    url = active_url_from_accessTree(guest, config)
    if url is None:
        return None
    query = parse_qs(urlsplit(url).query)
    names = mapping(config, "replace")
    values = {str(names.get(key, key)): query.get(key, [""])[0] for key in texts(config, "parse_keys")}
    return {key: value.split(",") for key, value in values.items()} if flag(config, "split_list") else values


def url_dashPart(guest: Guest, config: Config) -> str | Mapping[str, str] | None:
    """The part of number `partIndex` between the address's slashes; without its query with `needDeleteId`.

    As it is (`returnType` "string"), or in an object under `key` ("json").
    """
    url = active_url_from_accessTree(guest, config)
    if url is None:
        return None
    try:
        part = url.split("/")[number(config, "partIndex")]
    except IndexError:
        return None
    if flag(config, "needDeleteId"):
        part = part.split("?")[0]
    return {text(config, "key"): part} if text(config, "returnType") == "json" else part


def url_path_parse(guest: Guest, config: Config) -> Mapping[str, object] | None:
    """What the address of a shop's list of products filters by: written in its path as "keys/values", at commas.

    Beside `parse_keys`: `mens_clothing`, `shirts` and `short_sleeve`, True or None.
    """
    url = active_url_from_accessTree(guest, config)
    if url is None:
        return None
    path = unquote(urlsplit(url).path)
    parts = path.strip("/").split("/")
    filters: dict[str, str] = {}
    for keys, values in pairwise(parts):
        if "," in keys and "," in values:
            pairs = zip(keys.split(","), values.split(","), strict=False)
            filters = {key.strip(): value.strip() for key, value in pairs}
            break
    shirts = "shirts" in path or filters.get("Product_department") in ("shirts", "Shirts", "Shirt")
    short_sleeve = "short-sleeve" in path or filters.get("Sleeve_length") in ("short-sleeve", "Short Sleeve")
    found: dict[str, object] = {
        "mens_clothing": "mens-clothing" in path or None,
        "shirts": shirts or None,
        "short_sleeve": short_sleeve or None,
    }
    for key in texts(config, "parse_keys"):
        if key == _DISCOUNT:
            found[key] = _discount(filters.get(key, ""))
        elif key in filters or key == "Men_regular_size_t":
            found[key] = filters.get(key) or None
    return found


def _discount(ranges: str) -> str:
    """The least discount that is filtered by, as far as the task tells them apart."""
    chosen = {each.strip() for each in ranges.split("|")}
    least = "50_PERCENT_ off & more"
    lower = {"30_PERCENT_ off & more", "20_PERCENT_ off & more"}
    return least if least in chosen and not chosen & lower else f"not_{least}"
