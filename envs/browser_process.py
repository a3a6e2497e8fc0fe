"""One running Chromium: started, spoken to, and ended, whatever happens.

A call that does not come back, a crash, Ctrl-C and a forgotten `close` all end with no process left behind. Knows
nothing about pages.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import Browser, BrowserContext, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from envs.base import ActionFailed, EnvUnavailable
from envs.browser_fence import forgo_preloading
from envs.browser_loop import BrowserLoop
from envs.chromium import FLAGS, find_browser, is_root

T = TypeVar("T")

ANSWER_S = 60.0
"""A browser that has not answered for so long, beyond what a call may take, hangs."""
_CLOSE_S = 10.0
"""A browser that has not closed by then is killed."""
_GONE = ("has been closed", "crashed", "Connection closed")


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start Chromium; `envs.browser.Browser` explains each."""

    viewport: tuple[int, int]
    device_scale_factor: float
    headless: bool
    profile: Path | None
    browser_path: Path | None
    sandbox: bool | None
    attach: str | None
    preloads: bool
    """Whether it may fetch pages before somebody asks for them."""


class BrowserProcess:
    """A Chromium process and the loop on which it is spoken to."""

    def __init__(self, launch: Launch) -> None:
        """Start it.

        Raises:
            EnvUnavailable: there is no browser, or it does not start.
        """
        self._playwright: Playwright | None = None
        self._context: BrowserContext | None = None
        self._attached: Browser | None = None
        self.process_id: int | None = None
        """Of the main process of a browser that was started here."""
        self._gone = ""
        self._own_profile: tempfile.TemporaryDirectory[str] | None = None
        self._loop: BrowserLoop | None = BrowserLoop()
        atexit.register(self.close)
        try:
            self.call(self._start(launch), ANSWER_S)
        except BaseException:
            self.close()
            raise

    @property
    def context(self) -> BrowserContext:
        """Playwright's browser context. Only for coroutines given to `call`."""
        assert self._context is not None, "the process was started"
        return self._context

    def call(self, coroutine: Coroutine[Any, Any, T], timeout_s: float) -> T:
        """Run a coroutine on the browser's loop.

        Raises:
            EnvUnavailable: the browser has gone, or does not answer within the time and was therefore ended.
            ActionFailed: Playwright raised another error.
        """
        if self._loop is None or self._gone:
            coroutine.close()
            raise EnvUnavailable(self._gone or "The browser was closed.")
        try:
            return self._loop.run(coroutine, timeout_s)
        except TimeoutError as error:
            self._gone = f"The page has not answered for {timeout_s:.0f} seconds; the browser was ended."
            self._kill()
            raise EnvUnavailable(self._gone) from error
        except PlaywrightError as error:
            reason = error.message.splitlines()[0]
            if any(sign in reason for sign in _GONE):
                raise EnvUnavailable(f"The browser or its page has gone: {reason}") from error
            raise ActionFailed(reason) from error

    def close(self) -> None:
        """End the process and the loop. May be called twice."""
        loop, self._loop = self._loop, None
        if loop is None:
            return
        try:
            loop.run(self._stop(), _CLOSE_S)
        except (TimeoutError, PlaywrightError):
            self._kill()
        except BaseException:  # Ctrl-C, once more
            self._kill()
            raise
        finally:
            loop.stop()
            atexit.unregister(self.close)
            if self._own_profile is not None:
                self._own_profile.cleanup()

    async def _start(self, launch: Launch) -> None:
        self._playwright = await async_playwright().start()
        chromium = self._playwright.chromium
        if launch.attach is not None:
            await self._attach(launch.attach)
            return
        path = find_browser(launch.browser_path, Path(chromium.executable_path))
        width, height = launch.viewport
        profile = launch.profile
        if not launch.preloads:
            profile = profile or self._new_profile()
            forgo_preloading(profile)
        try:
            self._context = await chromium.launch_persistent_context(
                profile or "",
                executable_path=path,
                args=list(FLAGS),
                headless=launch.headless,
                chromium_sandbox=not is_root() if launch.sandbox is None else launch.sandbox,
                viewport={"width": width, "height": height},
                device_scale_factor=launch.device_scale_factor,
                accept_downloads=True,
                # Signals are ours: the browser outlives them until it has been closed in order.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except PlaywrightError as error:
            raise EnvUnavailable(f"{path} did not start. {_remedy(error.message)}") from error
        browser = self._context.browser
        assert browser is not None, "a local browser"
        session = await browser.new_browser_cdp_session()
        processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
        self.process_id = next(process["id"] for process in processes if process["type"] == "browser")

    def _new_profile(self) -> Path:
        self._own_profile = tempfile.TemporaryDirectory(prefix="deixis-profile-", ignore_cleanup_errors=True)
        return Path(self._own_profile.name)

    async def _attach(self, address: str) -> None:
        assert self._playwright is not None, "Playwright runs"
        try:
            self._attached = await self._playwright.chromium.connect_over_cdp(address)
        except PlaywrightError as error:
            raise EnvUnavailable(
                f"No Chrome answers at {address}. Start one with --remote-debugging-port=9222 and a --user-data-dir of"
                " its own."
            ) from error
        self._context = self._attached.contexts[0]

    async def _stop(self) -> None:
        try:
            if self._attached is not None:
                await self._attached.close()  # leaves it: a browser that was attached to stays open
            elif self._context is not None:
                await self._context.close()
        finally:
            if self._playwright is not None:
                await self._playwright.stop()

    def _kill(self) -> None:
        if self.process_id is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process_id, signal.SIGKILL)


def _remedy(message: str) -> str:
    """What helps, from what Playwright and Chromium said."""
    if "XServer" in message or "$DISPLAY" in message or "Missing X server" in message:
        return "It needs a display: run it with headless=True, or under xvfb-run."
    if "No usable sandbox" in message or "SUID sandbox" in message:
        return "This system does not let it have a sandbox: install the system's own Chromium, or pass sandbox=False."
    if "error while loading shared libraries" in message:
        return "Libraries are missing. Install them with:  playwright install-deps chromium"
    if "ProcessSingleton" in message or "profile appears to be in use" in message:
        return "The profile is in use by another browser: close that one, or use another profile."
    return message.splitlines()[0]
