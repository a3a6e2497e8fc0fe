"""How each action is carried out on the pages of a browser.

Knows what the pages, the mouse and the keys can do; knows no frame: places come as CSS pixels of the viewport.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Generator
from pathlib import Path
from typing import assert_never

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from envs import actions
from envs.actions import Action
from envs.addresses import full_url
from envs.base import ActionFailed, UnsupportedAction
from envs.browser_input import BrowserInput
from envs.browser_tab import BrowserTab, Option
from envs.browser_tabs import BrowserTabs, quoted
from envs.frame import Point

_SELECT_MS = 2000.0
"""How long a select box may take to become usable."""
_OPTIONS_TOLD = 50

Place = Callable[[Point], tuple[float, float]]
"""CSS pixels of a point; raises StaleFrame."""


class BrowserActions:
    """Only for the browser's loop."""

    def __init__(self, tabs: BrowserTabs, upload_folder: Path | None, navigation_timeout_s: float) -> None:
        self._tabs = tabs
        self._upload_folder = None if upload_folder is None else upload_folder.resolve()
        self._navigation_timeout_s = navigation_timeout_s

    async def perform(self, action: Action, place: Place) -> str:
        """Carry out an action; what it returns is for the model.

        Raises:
            ActionFailed: it did not work.
            StaleFrame: by `place`.
        """
        match action:
            case actions.Click():
                return await self._click(await self._tabs.tab(), action, place)
            case actions.Move():
                await (await self._tabs.tab()).input.move(place(action.to))
            case actions.Drag():
                await self._drag((await self._tabs.tab()).input, action, place)
            case actions.Scroll():
                await self._scroll(await self._tabs.tab(), action, place)
            case actions.TypeText():
                await (await self._tabs.tab()).input.type(action.text)
            case actions.Press():
                keyboard = (await self._tabs.tab()).input
                for _ in range(action.presses):
                    await keyboard.press(action.keys)
            case actions.Navigate():
                return await self.navigate(action.url)
            case actions.GoBack():
                await self._go_back(await self._tabs.tab())
            case actions.SwitchTab():
                self._tabs.switch(action.index)
            case actions.OpenTab():
                await self._tabs.open()
                return await self.navigate(action.url) if action.url else ""
            case actions.CloseTab():
                await self._tabs.close()
            case actions.SelectOption():
                await self._select_option(await self._tabs.tab(), action, place)
            case actions.Upload():
                await self._tabs.upload([self._allowed(path) for path in action.paths])
            case actions.Wait() | actions.AskUser() | actions.Terminate():
                raise UnsupportedAction(f"A browser cannot {action.kind}.")
            case _:
                assert_never(action)
        return ""

    async def navigate(self, address: str) -> str:
        """Open an address in the tab in front, and wait until its document is there.

        Raises:
            ActionFailed: it cannot be reached, or not in time.
        """
        url = full_url(address)
        page = (await self._tabs.tab()).page
        with self._navigation(url) as timeout_ms:
            try:
                response = await page.goto(url, wait_until="domcontentloaded", timeout=timeout_ms)
            except PlaywrightError as error:
                if "ERR_ABORTED" in error.message or "Download is starting" in error.message:
                    return "The address led to no page: it was a download, or the answer was empty."
                raise
        if response is not None and response.status >= 400:
            return f"The server answered {response.status} {response.status_text}".rstrip() + "."
        return ""

    async def _go_back(self, tab: BrowserTab) -> None:
        if not await tab.can_go_back():
            raise ActionFailed("There is no page to go back to in this tab.")
        with self._navigation("The page before") as timeout_ms:
            await tab.page.go_back(wait_until="domcontentloaded", timeout=timeout_ms)

    @contextlib.contextmanager
    def _navigation(self, target: str) -> Generator[float]:
        """Gives the time limit in milliseconds, and says in plain words why a page does not come."""
        try:
            yield self._navigation_timeout_s * 1000
        except PlaywrightTimeout as error:
            raise ActionFailed(f"{target} has not answered for {self._navigation_timeout_s:g} seconds.") from error
        except PlaywrightError as error:
            code = re.search(r"net::ERR_(\w+)", error.message)
            if code is None and "closed" in error.message:
                raise
            reason = code[1].replace("_", " ").lower() if code else error.message.splitlines()[0]
            raise ActionFailed(f"{target} cannot be reached: {reason}.") from error

    async def _click(self, tab: BrowserTab, action: actions.Click, place: Place) -> str:
        at = place(action.at)
        # Looked up before the click, which may take the element away.
        select = await tab.select_box_at(*at) if action.button is actions.Button.LEFT else None
        await tab.input.click(at, action.button.value, action.count)
        if select is None or not select.drops:
            return ""
        return f"This is a select box whose options are not in the picture: {_told(select.options)}. Use select_option."

    async def _drag(self, mouse: BrowserInput, action: actions.Drag, place: Place) -> None:
        end = place(action.end)
        start = mouse.pointer_dev if action.start is None else place(action.start)
        if start is None:
            raise ActionFailed("The pointer is nowhere yet: say where the drag starts.")
        await mouse.drag(start, end, action.button.value)

    async def _scroll(self, tab: BrowserTab, action: actions.Scroll, place: Place) -> None:
        if action.at is not None:
            await tab.input.move(place(action.at))
        elif tab.input.pointer_dev is None:
            await tab.input.move(tab.middle_dev)
        await tab.input.scroll(right=action.horizontal, up=action.vertical)

    async def _select_option(self, tab: BrowserTab, action: actions.SelectOption, place: Place) -> None:
        select = await tab.select_box_at(*place(action.at))
        if select is None:
            raise ActionFailed("There is no native select box at this place: use clicks.")
        wanted = " ".join(action.option.split())
        texts = [option.text for option in select.options]
        if wanted not in texts:
            folded = [index for index, text in enumerate(texts) if text.casefold() == wanted.casefold()]
            if len(folded) != 1:
                raise ActionFailed(f"There is no option {quoted(wanted)}. There are {_told(select.options)}.")
            wanted = texts[folded[0]]
        index = texts.index(wanted)
        if not select.options[index].enabled:
            raise ActionFailed(f"The option {quoted(wanted)} is disabled.")
        try:
            await select.element.select_option(index=index, timeout=_SELECT_MS)
        except PlaywrightTimeout as error:
            raise ActionFailed("The select box is disabled.") from error

    def _allowed(self, name: str) -> Path:
        assert self._upload_folder is not None, "upload is a capability only with a folder"
        path = (self._upload_folder / name).resolve()
        if not path.is_relative_to(self._upload_folder):
            raise ActionFailed(f"{name} is outside the folder that uploads are allowed from, {self._upload_folder}.")
        if not path.is_file():
            raise ActionFailed(f"There is no file {name} in {self._upload_folder}.")
        return path


def _told(options: tuple[Option, ...]) -> str:
    told = [quoted(option.text, 80) + (" (chosen)" if option.chosen else "") for option in options[:_OPTIONS_TOLD]]
    more = len(options) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")
