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
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from playwright.async_api import Error as PlaywrightError

from envs.actions import Action, TypeText
from envs.base import ActionFailed, Env, EnvUnavailable, Observation, Outcome, UnsupportedAction
from envs.browser_actions import BrowserActions
from envs.browser_layout import Box
from envs.browser_painted import Painted
from envs.browser_process import ANSWER_S, BrowserProcess, Launch
from envs.browser_tab import CAPTURE_S, BrowserTab
from envs.browser_tabs import BrowserTabs
from envs.browser_text import blackened, boxes_showing
from envs.frame import Frame, Pixels, Point, StaleFrame
from envs.pasting import may_insert
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
        attach: str | None = None,
        allowed_upload_folder: Path | None = None,
        download_folder: Path | None = None,
        accept_dialogs: bool = False,
        allowed_hosts: Sequence[str] | None = None,
        downloads: bool = True,
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
            attach: the DevTools address of a running Chrome, such as "http://127.0.0.1:9222", to be used instead of a
                new one. It keeps its size and its profile, the url is opened in a new tab, and it stays open.
            allowed_upload_folder: uploads are taken from it and nowhere else; without it there is no upload.
            download_folder: where downloads go; by default a new one that is thrown away at the end.
            accept_dialogs: answer the page's questions with yes. By default they are answered with no.
            allowed_hosts: the only ones from which pages are opened, inner pages and redirects too, as in
                `envs.addresses.host_matches`; by default all. Chrome's preloading of pages is switched off in the
                profile; it cannot be in a Chrome that is attached to.
            downloads: whether files may be saved at all.
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
        self._concealed: tuple[str, ...] = ()
        self._concealed_typed = False
        self._painted = Painted()
        self._process = BrowserProcess(
            Launch(
                viewport,
                device_scale_factor,
                headless,
                profile,
                browser_path,
                sandbox,
                attach,
                preloads=allowed_hosts is None,
            )
        )
        folder = download_folder or Path(tempfile.mkdtemp(prefix="deixis-downloads-"))
        self._throw_away = (
            None if download_folder else weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._tabs = BrowserTabs(
                self._process.context, device_scale_factor, folder if downloads else None, accept_dialogs
            )
            self._process.call(self._tabs.attend(allowed_hosts), ANSWER_S)
            self._actions = BrowserActions(self._tabs, allowed_upload_folder, navigation_timeout_s)
            if url is not None and attach is not None:
                self._process.call(self._tabs.open(), ANSWER_S)
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
        typed = isinstance(action, TypeText) and any(text in action.text for text in self._concealed)
        self._concealed_typed |= typed
        watched = typed or (self._concealed_typed and may_insert(action))
        note = self._watched(action) if watched else self._carry_out(action)
        return Outcome(note, time.monotonic() - begin)

    def glance(self, box_px: tuple[int, int, int, int]) -> Pixels | None:
        try:
            return self._process.call(self._glance(box_px), ANSWER_S)
        except ActionFailed:
            return None  # the page is changing just now

    def conceal(self, texts: Sequence[str]) -> bool:
        self._concealed = tuple(texts)
        return True

    def receiver_url(self, at: Point | None = None) -> str | None:
        return self._process.call(self._receiver_url(at), ANSWER_S)

    def close(self) -> None:
        self._process.close()
        if self._throw_away is not None:
            self._throw_away()

    def _carry_out(self, action: Action) -> str:
        return self._process.call(self._perform(action), self._act_s)

    def _watched(self, action: Action) -> str:
        """Carry out an action, and keep where it makes the page in front paint something."""
        tab = self._process.call(self._painting_tab(), ANSWER_S)
        if tab is None:
            return self._carry_out(action)
        before = self._look()
        try:
            return self._carry_out(action)
        finally:
            try:
                after = settle(self._look, self._patience).pixels
                if self._looked_at is tab:
                    self._process.call(self._learn(tab, before, after), ANSWER_S)
            except ActionFailed as error:  # of the look: the action itself was carried out
                raise EnvUnavailable(f"The page cannot be looked at: {error}") from error

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
        frame = replace(frame, pixels=blackened(frame.pixels, await self._concealed_boxes_px(tab, frame)))
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

    async def _concealed_boxes_px(self, tab: BrowserTab, frame: Frame) -> list[Box]:
        """Where texts that are to be concealed are shown, in pixels of a frame."""
        if not self._concealed:
            return []
        scale = 1 / frame.dev_per_px
        layout = await tab.layout()
        boxes_dev = [*boxes_showing(layout, self._concealed), *self._painted.boxes(layout)]
        return [(left * scale, top * scale, right * scale, bottom * scale) for left, top, right, bottom in boxes_dev]

    async def _painting_tab(self) -> BrowserTab | None:
        """The one in front, if it paints anything."""
        tab = await self._tabs.tab()
        layout = await tab.layout()
        return tab if any(document.painted for document in layout.documents) else None

    async def _learn(self, tab: BrowserTab, before: Pixels, after: Pixels) -> None:
        if before.shape == after.shape:
            self._painted.learn(await tab.layout(), before, after, tab.frame(after).dev_per_px)

    async def _glance(self, box_px: tuple[int, int, int, int]) -> Pixels | None:
        tab = await self._tabs.tab()
        if self._frame is None or self._frame[1] is not tab:
            return None
        frame = self._frame[0]
        x, y, right, bottom = box_px
        scale = frame.dev_per_px
        pixels = await tab.glance((x * scale, y * scale, right * scale, bottom * scale))
        shown = await self._concealed_boxes_px(tab, frame)
        return blackened(pixels, [(x0 - x, y0 - y, x1 - x, y1 - y) for x0, y0, x1, y1 in shown])

    async def _receiver_url(self, at: Point | None) -> str:
        tab = await self._tabs.tab()
        return await tab.receiver_url(None if at is None else self._place(tab, at))

    def _place(self, tab: BrowserTab, point: Point) -> tuple[float, float]:
        if self._frame is None or self._frame[1] is not tab:
            raise StaleFrame("Another page is in front since this place was chosen: look at the new screenshot.")
        return self._frame[0].to_device(point)

    async def _perform(self, action: Action) -> str:
        tab = await self._tabs.tab()
        try:
            return await self._actions.perform(action, lambda point: self._place(tab, point))
        except PlaywrightError:
            if not tab.page.is_closed():
                raise
            return ""  # the action closed the page that it was carried out on
        finally:
            if action.kind in _LEAVES_PAGE:
                self._frame = None
