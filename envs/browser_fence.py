"""Keeps a browser on the hosts that are allowed: no request for a page of another one leaves it.

The fence stands around the browser as a whole, not in its pages: redirects, inner pages, forms, and pop-ups from their
first moment pass it. Only requests for documents do; pictures and scripts of other hosts come as quickly as ever, and
reach them. Pages that are fetched before anybody asks for them do not pass it either, so a browser is started without.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError

from envs.addresses import host_matches, host_of
from envs.base import EnvUnavailable

_DOCUMENTS = [{"urlPattern": "*", "resourceType": "Document", "requestStage": "Request"}]
_PRELOADING_NEVER = 2
"""Chrome's setting "Preload pages" (net.network_prediction_options)."""


class _Request(TypedDict):
    url: str


class _Paused(TypedDict):
    requestId: str
    request: _Request


async def fence(context: BrowserContext, allowed_hosts: Sequence[str], refused: Callable[[str], None]) -> None:
    """Open pages of these hosts only from now on, as in `envs.addresses.host_matches`; on the browser's loop.

    Args:
        context: whose browser is meant, with all of its contexts.
        allowed_hosts: the only ones.
        refused: called with each address that is not opened.
    """
    browser = context.browser
    assert browser is not None, "a browser of this machine, or one attached to"
    session = await browser.new_browser_cdp_session()

    async def decide(paused: _Paused) -> None:
        number, address = {"requestId": paused["requestId"]}, paused["request"]["url"]
        with contextlib.suppress(PlaywrightError):  # the page has gone meanwhile
            if host_matches(host_of(address), allowed_hosts):
                await session.send("Fetch.continueRequest", number)
            else:
                refused(address)
                await session.send("Fetch.failRequest", number | {"errorReason": "BlockedByClient"})

    session.on("Fetch.requestPaused", decide)
    await session.send("Fetch.enable", {"patterns": _DOCUMENTS})


def forgo_preloading(profile: Path) -> None:
    """Switch Chrome's preloading of pages off in a profile that no browser uses just now.

    Raises:
        EnvUnavailable: the profile's settings cannot be read or written.
    """
    path = profile / "Default" / "Preferences"
    try:
        settings = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        net = settings.setdefault("net", {})
        if net.get("network_prediction_options") == _PRELOADING_NEVER:
            return
        net["network_prediction_options"] = _PRELOADING_NEVER
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name("Preferences.deixis")  # replaced at once: a cut-off must not leave half of the settings
        new.write_text(json.dumps(settings), encoding="utf-8")
        new.replace(path)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise EnvUnavailable(
            f"The settings of the browser's profile, {path}, cannot be read or written. "
            "Mend them, or use another profile."
        ) from error
