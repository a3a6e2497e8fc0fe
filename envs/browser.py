"""A browser as an environment: Chromium, seen and used through the page in front.

Knows what makes an observation, and when a point is stale. The parts are beside it: `chromium` finds the executable,
`browser_process` runs it, `browser_tabs` keeps the pages and what happens in them, `browser_tab` looks at one,
`browser_input` is its mouse and keyboard, and `browser_actions` carries out the actions.
"""

from __future__ import annotations

import shutil
import tempfile
import time
import weakref
from pathlib import Path

from playwright.async_api import Error as PlaywrightError

from envs.actions import Action
from envs.base import ActionFailed, Env, EnvUnavailable, Observation, Outcome, UnsupportedAction
from envs.browser_actions import BrowserActions
from envs.browser_process import ANSWER_S, BrowserProcess, Launch
from envs.browser_tab import CAPTURE_S, BrowserTab
from envs.browser_tabs import BrowserTabs
from envs.frame import Frame, Pixels, Point, StaleFrame
from envs.settle import Patience, Rest, settle

_CAPABILITIES = frozenset({
    "click", "move", "drag", "scroll", "type", "press", "select_option",
    "navigate", "back", "switch_tab", "open_tab", "close_tab",
})  # fmt: skip
_LEAVES_PAGE = frozenset({"navigate", "back"})


class Browser(Env):
    """Chromium with one window of tabs.

    It may be used from any thread and from within a coroutine, one call at a time. Device coordinates are CSS pixels of
    the viewport.
    """

    def __init__(
        self,
        url: str | None = None,
        viewport: tuple[int, int] = (1280, 720),
        device_scale_factor: float = 1.0,
        headless: bool = True,
        *,
        profile: Path | None = None,
        allowed_upload_folder: Path | None = None,
        download_folder: Path | None = None,
        accept_dialogs: bool = False,
        browser_path: Path | None = None,
        sandbox: bool | None = None,
        navigation_timeout_s: float = 30.0,
        patience: Patience | None = None,
    ) -> None:
        """Start the browser.

        Args:
            url: what to open first.
            viewport: width and height of the page, CSS pixels.
            device_scale_factor: pixels per CSS pixel.
            headless: without a window.
            profile: folder with the user's profile; by default a new one that is thrown away.
            allowed_upload_folder: uploads are taken from it and nowhere else; without it there is no upload.
            download_folder: where downloads go; by default a new one that is thrown away at the end.
            accept_dialogs: answer the page's questions with yes. By default they are answered with no.
            browser_path: the executable, see `envs.chromium.find_browser`.
            sandbox: Chromium's own; by default on, unless the user is root, whom it refuses.
            navigation_timeout_s: how long an address may take to answer.
            patience: how long to wait for the screen to rest.

        Raises:
            EnvUnavailable: there is no browser, it does not start, or the url cannot be opened.
        """
        self._patience = patience or Patience()
        self._act_s = navigation_timeout_s + ANSWER_S
        self._looked_at: BrowserTab | None = None
        self._frame: tuple[Frame, BrowserTab] | None = None
        self._uploads = allowed_upload_folder is not None
        self._process = BrowserProcess(Launch(viewport, device_scale_factor, headless, profile, browser_path, sandbox))
        folder = download_folder or Path(tempfile.mkdtemp(prefix="deixis-downloads-"))
        self._throw_away = (
            None if download_folder else weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._tabs = BrowserTabs(self._process.context, device_scale_factor, folder, accept_dialogs)
            self._process.call(self._tabs.attend(), ANSWER_S)
            self._actions = BrowserActions(self._tabs, allowed_upload_folder, navigation_timeout_s)
            if url is not None:
                self._process.call(self._actions.navigate(url), self._act_s)
        except ActionFailed as error:
            self.close()
            raise EnvUnavailable(str(error)) from error
        except BaseException:
            self.close()
            raise

    @property
    def capabilities(self) -> frozenset[str]:
        return _CAPABILITIES | {"upload"} if self._uploads else _CAPABILITIES

    def observe(self) -> Observation:
        while True:
            try:
                rest = settle(self._look, self._patience, busy=self._loading)
                observation = self._process.call(self._describe(rest), ANSWER_S)
            except ActionFailed as error:
                raise EnvUnavailable(f"The page cannot be looked at: {error}") from error
            if observation is not None:
                return observation

    def execute(self, action: Action) -> Outcome:
        if action.kind not in self.capabilities:
            raise UnsupportedAction(f"This browser cannot {action.kind}.")
        begin = time.monotonic()
        note = self._process.call(self._perform(action), self._act_s)
        return Outcome(note, time.monotonic() - begin)

    def close(self) -> None:
        self._process.close()
        if self._throw_away is not None:
            self._throw_away()

    def _look(self) -> Pixels:
        return self._process.call(self._capture(), CAPTURE_S + ANSWER_S)

    def _loading(self) -> bool:
        return self._looked_at is not None and self._looked_at.loading

    # -- on the browser's loop

    async def _capture(self) -> Pixels:
        while True:
            self._looked_at = await self._tabs.tab()
            try:
                return await self._looked_at.capture()
            except PlaywrightError:
                # A page may close itself while it is looked at; then another one is in front.
                if not self._looked_at.page.is_closed():
                    raise

    async def _describe(self, rest: Rest) -> Observation | None:
        """The observation that belongs to the last look, or None when another tab has come to the front since."""
        tab = await self._tabs.tab()
        tabs = await self._tabs.list()
        front = next((tab for tab in tabs if tab.active), None)
        if front is None or tab is not self._looked_at:
            return None
        frame = tab.frame(rest.pixels)
        self._frame = frame, tab
        return Observation(
            frame=frame,
            title=front.title,
            url=front.url,
            tabs=tabs,
            downloads=self._tabs.take_downloads(),
            notes=self._tabs.take_notes(),
            settled=rest.settled,
            settle_s=rest.seconds,
            capture_s=rest.capture_s,
        )

    async def _perform(self, action: Action) -> str:
        tab = await self._tabs.tab()

        def place(point: Point) -> tuple[float, float]:
            if self._frame is None or self._frame[1] is not tab:
                raise StaleFrame("Another page is in front since this place was chosen: look at the new screenshot.")
            return self._frame[0].to_device(point)

        try:
            return await self._actions.perform(action, place)
        except PlaywrightError:
            if not tab.page.is_closed():
                raise
            return ""  # the action closed the page that it was carried out on
        finally:
            if action.kind in _LEAVES_PAGE:
                self._frame = None
