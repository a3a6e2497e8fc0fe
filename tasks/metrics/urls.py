"""Whether two addresses are the same one, as OSWorld sees it.

Knows how an address is written; knows no browser. OSWorld compares addresses without what differs between the countries
of one site: `www.` and everything from the public suffix on (`.com`, `.co.uk`), and with it the port.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from tasks.metrics.libraries import extra

if TYPE_CHECKING:
    from tldextract import TLDExtract

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+\-.]*://")


def same_url(one: str | None, other: str | None) -> bool:
    """Whether two addresses are the same up to `www.`, public suffix, port, and a path that is only `/`.

    Path, query and fragment count. An address without a scheme is taken as `http://`; None is the same as None.

    Raises:
        MissingLibrary: tldextract is not installed.
    """
    if one is None or other is None:
        return one is other
    return one == other or _normalised(one) == _normalised(other)


def without_query(url: str) -> str:
    """An address with its query left out; one that cannot be read as it is."""
    try:
        return urlunsplit(urlsplit(url)._replace(query=""))
    except ValueError:
        return url


def _normalised(url: str) -> str:
    with_scheme = url if _SCHEME.match(url) else f"http://{url}"
    try:
        parts = urlsplit(with_scheme)
    except ValueError:  # "http://[half of an IPv6 address"
        return url
    host = _extractor()(parts.netloc.lower())
    subdomain = "" if host.subdomain == "www" else host.subdomain
    site = f"{subdomain}.{host.domain}" if subdomain else host.domain
    return urlunsplit(parts._replace(netloc=site, path="" if parts.path == "/" else parts.path))


@cache
def _extractor() -> TLDExtract:
    """With the list of public suffixes that comes with the library: a score must not depend on the network."""
    with extra("osworld"):
        from tldextract import TLDExtract
    return TLDExtract(suffix_list_urls=(), cache_dir=None)
