"""Addresses of pages: as a person writes them, and which host they lead to.

Where a browser would read an address in another way than this module, the address has no host here, so that whoever
compares hosts refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from envs.base import ActionFailed

BLANK = "about:blank"
_SCHEMES = frozenset({"http", "https", "file", "about", "data", "blob"})
_LOCAL = re.compile(r"(localhost|\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\])(:\d+)?", re.IGNORECASE)
_READ_DIFFERENTLY = re.compile(r"[\x00-\x20\\%]")
"""Browsers drop control characters, take a backslash for a slash, and decode percent signs in hosts."""


def full_url(address: str) -> str:
    """An address as a person writes it, with its scheme: "example.org" gives "https://example.org".

    Raises:
        ActionFailed: it is of a kind that is not opened, such as "javascript:".
    """
    address = address.strip()
    scheme = re.match(r"([a-z][a-z0-9+.-]*):(?!\d+(/|\?|#|$))", address, re.IGNORECASE)  # a number is a port
    if scheme is None:
        local = _LOCAL.fullmatch(re.split(r"[/?#]", address, maxsplit=1)[0])
        return f"{'http' if local else 'https'}://{address}"
    if scheme[1].lower() not in _SCHEMES:
        raise ActionFailed(f"An address that begins with {scheme[0]!r} is not opened here.")
    return address


def host_of(address: str) -> str:
    """The host that an address leads to, in lower case; empty when it has none or none that is beyond doubt."""
    try:
        parts = urlsplit(full_url(address))
        host = parts.hostname or ""
    except (ActionFailed, ValueError):  # half an IPv6 address
        return ""
    return "" if parts.scheme not in ("http", "https") or _READ_DIFFERENTLY.search(parts.netloc) else host.rstrip(".")


def host_matches(host: str, patterns: Sequence[str]) -> bool:
    """Whether a host is one of those: "*.example.org" is every host below example.org, "*" every host there is."""
    return bool(host) and any(fnmatchcase(host, pattern.lower()) for pattern in patterns)
