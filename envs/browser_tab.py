"""One page of the browser, as something to look at: its pixels, whether it is loading, what lies at a place.

Pixels come by the DevTools protocol: Playwright's own screenshot hides the caret and takes twice the time. Lossless PNG
in its quick variant is the fastest of the protocol's formats: 35 ms at 1280x720 with decoding, where JPEG takes 36 ms,
plain PNG 86 ms and WebP 68 ms (Chromium 156 on two cores).
"""

from __future__ import annotations

import asyncio
import base64
import io
from dataclasses import dataclass
from typing import cast

import numpy as np
from PIL import Image
from playwright.async_api import CDPSession, ElementHandle, Page
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame as PageFrame

from envs.base import EnvUnavailable
from envs.browser_input import BrowserInput
from envs.browser_layout import Box, Layout, layout_of
from envs.frame import Frame, Pixels

CRASHED = "The page has crashed. Start the browser again."
CAPTURE_S = 30.0
"""A page that has given no picture for so long hangs."""
_LOST_S = 1.0
"""A capture that takes longer is tried again: one that meets a change of page may never be answered."""
_GIVES_WAY_S = 0.05
"""A page that gives way to another has no picture for a moment; it is asked again after this time."""

# What matters at a place, through open shadow roots: an inner page, or a native select box (or the label of one).
_FIND = """([x, y]) => {
    let element = document.elementFromPoint(x, y);
    while (element && element.shadowRoot) {
        const inner = element.shadowRoot.elementFromPoint(x, y);
        if (!inner || inner === element) break;
        element = inner;
    }
    if (!element || element.matches('iframe, frame')) return element;
    const select = element.closest('select') || element.closest('label')?.control;
    return select instanceof HTMLSelectElement ? select : null;
}"""
# The inner page that has the keyboard, if any.
_FOCUSED = """() => {
    let element = document.activeElement;
    while (element && element.shadowRoot && element.shadowRoot.activeElement)
        element = element.shadowRoot.activeElement;
    return element;
}"""
# A place on an <iframe>, in the coordinates of the page inside it.
_INSIDE = """(element, [x, y]) => {
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    return [x - box.left - element.clientLeft - parseFloat(style.paddingLeft),
            y - box.top - element.clientTop - parseFloat(style.paddingTop)];
}"""
_OPTIONS = """select => ({
    drops: !select.multiple && select.size <= 1,
    options: Array.from(select.options, option => ({
        text: option.label.replace(/\\s+/g, ' ').trim(), chosen: option.selected, enabled: !option.disabled
    }))
})"""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a native select box."""

    text: str
    chosen: bool
    enabled: bool


@dataclass(frozen=True, slots=True)
class SelectBox:
    """A native select box of the page."""

    element: ElementHandle
    drops: bool
    """Whether its options appear only when it is clicked; the popup is not part of the page's picture."""
    options: tuple[Option, ...]


class BrowserTab:
    """A page, the DevTools session with it, and its mouse and keyboard. Only for the browser's loop."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self.input = BrowserInput(page)
        self.loading = False
        """Whether the page, without its inner pages, is on its way to another address or still being built."""
        self.crashed = False
        self._session = session
        self._width_dev = self._height_dev = 1
        self._png = ""
        self._pixels: Pixels | None = None

    @classmethod
    async def of(cls, page: Page, device_scale_factor: float) -> BrowserTab:
        """Begin to look at an open page; where it has no emulated viewport, it is seen as large as it is."""
        size = page.viewport_size
        session = await page.context.new_cdp_session(page)
        tab = cls(page, session)
        if size is None:
            await tab._measure()
        else:
            tab._width_dev, tab._height_dev = size["width"], size["height"]
            # Only the session that sets the scale gets its captures in device pixels.
            metrics = {**size, "deviceScaleFactor": device_scale_factor, "mobile": False}
            await session.send("Emulation.setDeviceMetricsOverride", metrics)
        main_frame = (await tab._target())["targetId"]

        def set_loading(event: dict[str, str], loading: bool) -> None:
            if event["frameId"] == main_frame:
                tab.loading = loading

        session.on("Page.frameStartedLoading", lambda event: set_loading(event, True))
        session.on("Page.frameStoppedLoading", lambda event: set_loading(event, False))
        await session.send("Page.enable")
        return tab

    @property
    def middle_dev(self) -> tuple[float, float]:
        return self._width_dev / 2, self._height_dev / 2

    async def _measure(self) -> None:
        viewport = (await self._session.send("Page.getLayoutMetrics"))["cssLayoutViewport"]
        self._width_dev, self._height_dev = viewport["clientWidth"], viewport["clientHeight"]

    async def _target(self) -> dict[str, str]:
        return cast(dict[str, str], (await self._session.send("Target.getTargetInfo"))["targetInfo"])

    async def address(self) -> tuple[str, str]:
        """Title and URL, as the browser knows them: a page that hangs still has them."""
        target = await self._target()
        return target["title"], target["url"]

    async def capture(self) -> Pixels:
        """The viewport's device pixels (H, W, 3); the same array as before when nothing has changed.

        Raises:
            EnvUnavailable: the page gives none.
        """
        if self.page.viewport_size is None:
            await self._measure()  # the user may have made the window larger
        png = await self._screenshot()
        if self._pixels is None or png != self._png:
            self._png, self._pixels = png, _pixels(png)
        return self._pixels

    async def _screenshot(self) -> str:
        clock = asyncio.get_running_loop().time
        deadline, limit_s = clock() + CAPTURE_S, _LOST_S
        reason = "it hangs"
        while clock() < deadline and not self.crashed:
            try:
                async with asyncio.timeout(limit_s):
                    return await self._shot()
            except TimeoutError:
                limit_s *= 2  # or the machine is slow
            except PlaywrightError as error:
                reason = error.message.splitlines()[0]
                if self.page.is_closed() or "closed" in reason:
                    raise
                await asyncio.sleep(_GIVES_WAY_S)
        raise EnvUnavailable(
            CRASHED if self.crashed else f"There is no picture of the page since {CAPTURE_S:.0f} seconds: {reason}."
        )

    async def _shot(self, **options: object) -> str:
        shot = await self._session.send(
            "Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True, **options}
        )
        return shot["data"]

    async def glance(self, box_dev: Box) -> Pixels:
        """The device pixels of a part of the viewport, given in CSS pixels."""
        left, top, right, bottom = box_dev
        async with asyncio.timeout(CAPTURE_S):
            seen = (await self._session.send("Page.getLayoutMetrics"))["cssVisualViewport"]
            # A clip is a part of the page, of which the viewport shows what it is scrolled to.
            at = {"x": left + seen["pageX"], "y": top + seen["pageY"]}
            clip = {**at, "width": right - left, "height": bottom - top, "scale": 1}
            return _pixels(await self._shot(clip=clip))

    async def layout(self) -> Layout:
        """What is laid out on the page and its inner pages."""
        return await layout_of(self.page, self._session)

    async def receiver_url(self, at_dev: tuple[float, float] | None) -> str:
        """The address of the inner page that has the keyboard, or a place, else of the page."""
        frame, place = self.page.main_frame, at_dev
        while element := await _element(frame, place):
            inner = await element.content_frame()
            if inner is None:
                break
            frame, place = inner, None if place is None else await _inside(element, place)
        return frame.url

    def frame(self, pixels: Pixels) -> Frame:
        """Captured pixels with the way back to CSS pixels, which is measured on them."""
        return Frame(pixels, dev_per_px=self._width_dev / pixels.shape[1])

    async def can_go_back(self) -> bool:
        return (await self._session.send("Page.getNavigationHistory"))["currentIndex"] > 0

    async def select_box_at(self, x_dev: float, y_dev: float) -> SelectBox | None:
        """The native select box at a place, or the one whose label is there, also within inner pages."""
        frame, place = self.page.main_frame, (x_dev, y_dev)
        while element := await _element(frame, place):
            inner = await element.content_frame()
            if inner is None:
                found = await element.evaluate(_OPTIONS)
                return SelectBox(element, found["drops"], tuple(Option(**option) for option in found["options"]))
            frame, place = inner, await _inside(element, place)
        return None


async def _element(frame: PageFrame, at_dev: tuple[float, float] | None) -> ElementHandle | None:
    """What matters at a place of an inner page, or what has its keyboard."""
    found = await (frame.evaluate_handle(_FOCUSED) if at_dev is None else frame.evaluate_handle(_FIND, list(at_dev)))
    return found.as_element()


async def _inside(element: ElementHandle, at_dev: tuple[float, float]) -> tuple[float, float]:
    x, y = await element.evaluate(_INSIDE, list(at_dev))
    return x, y


def _pixels(png: str) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png)), formats=("PNG",)).convert("RGB"))
