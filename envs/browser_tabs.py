"""All the pages of the browser, which of them is in front, and what happens in them that no screenshot shows.

New pages come to the front, whoever opened them; when the front page closes, its opener comes back. Dialogs are
answered at once, file choosers are kept waiting, downloads are saved, and all of it is told in notes. What pages say is
quoted in notes, shortened, as data.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import BrowserContext, Dialog, FileChooser, Page
from playwright.async_api import Download as PlaywrightDownload
from playwright.async_api import Error as PlaywrightError

from envs.base import ActionFailed, Download, EnvUnavailable, Tab
from envs.browser_fence import fence
from envs.browser_tab import CRASHED, BrowserTab


def quoted(text: str, limit: int = 300) -> str:
    """What a page says, on one line, in quotes and not too long."""
    plain = " ".join(text.split())
    return f'"{plain if len(plain) <= limit else plain[:limit] + "…"}"'


@dataclass(slots=True)
class _Open:
    """A page that is open."""

    page: Page
    opener: Page | None = None
    tab: BrowserTab | None = None
    """Made when it is first looked at."""
    crashed: bool = False


class BrowserTabs:
    """Only for the browser's loop."""

    def __init__(
        self, context: BrowserContext, device_scale_factor: float, download_folder: Path | None, accept_dialogs: bool
    ) -> None:
        self._context = context
        self._device_scale_factor = device_scale_factor
        self._download_folder = download_folder
        self._accept_dialogs = accept_dialogs
        self._open: list[_Open] = []
        self._front: _Open | None = None
        self._raised: _Open | None = None
        self._notes: list[str] = []
        self._downloads: list[Download] = []
        self._chooser: tuple[Page, FileChooser] | None = None
        self._announced: list[Page] = []

    async def attend(self, allowed_hosts: Sequence[str] | None) -> None:
        """Begin to listen to the pages, and open none but those of the hosts allowed; on the loop only."""
        if allowed_hosts is not None:
            await fence(self._context, allowed_hosts, self._note_refused)
        for page in self._context.pages:
            self._add(page)
        self._announced = [entry.page for entry in self._open]
        self._context.on("page", self._add)
        self._context.on("dialog", self._answer)

    # -- which page is in front

    async def tab(self) -> BrowserTab:
        """The page in front.

        Raises:
            EnvUnavailable: it has crashed.
        """
        if self._front is None:  # the last page has closed itself
            await self.open()
        front = self._front
        assert front is not None, "a new page comes to the front"
        if front.crashed:
            raise EnvUnavailable(CRASHED)
        if self._raised is not front:
            await front.page.bring_to_front()
            self._raised = front
        return await self._seen(front)

    async def _seen(self, entry: _Open) -> BrowserTab:
        if entry.tab is None:
            entry.tab = await BrowserTab.of(entry.page, self._device_scale_factor)
        return entry.tab

    async def list(self) -> tuple[Tab, ...]:
        """The open pages in the order in which they were opened."""
        tabs: list[Tab] = []
        for entry in tuple(self._open):
            with contextlib.suppress(PlaywrightError):  # it closes at this moment
                title, url = (
                    ("(crashed)", entry.page.url) if entry.crashed else await (await self._seen(entry)).address()
                )
                tabs.append(Tab(title, url, active=entry is self._front))
        return tuple(tabs)

    def switch(self, index: int) -> None:
        """Bring a page to the front, counted from 0.

        Raises:
            ActionFailed: there is no such page.
        """
        if index >= len(self._open):
            raise ActionFailed(f"There is no tab {index}: there are {len(self._open)}, counted from 0.")
        self._front = self._open[index]

    async def open(self) -> None:
        """Open an empty page; it comes to the front."""
        await self._context.new_page()

    async def close(self) -> None:
        """Close the page in front; its opener, or else the one before it, comes to the front.

        Raises:
            ActionFailed: it is the only one.
        """
        if len(self._open) == 1:
            raise ActionFailed("This is the only tab; it cannot be closed.")
        await (await self.tab()).page.close()

    # -- what the pages do

    def _add(self, page: Page) -> None:
        entry = _Open(page)
        self._open.append(entry)
        self._front = entry
        page.on("popup", lambda child: self._note_opener(child, page))
        page.on("close", lambda _: self._remove(entry))
        page.on("crash", lambda _: self._note_crash(entry))
        page.on("filechooser", lambda chooser: self._keep_waiting(page, chooser))
        page.on("download", self._save)

    def _note_opener(self, child: Page, opener: Page) -> None:
        for entry in self._open:
            if entry.page is child:
                entry.opener = opener

    def _note_crash(self, entry: _Open) -> None:
        entry.crashed = True
        if entry.tab is not None:
            entry.tab.crashed = True

    def _remove(self, entry: _Open) -> None:
        place = self._open.index(entry)
        self._open.remove(entry)
        if self._front is entry:
            opener = next((other for other in self._open if other.page is entry.opener), None)
            self._front = opener or (self._open[max(0, place - 1)] if self._open else None)

    async def _answer(self, dialog: Dialog) -> None:
        # Whoever leaves a page has said so by an action; other questions are answered as the user decided.
        leaving = dialog.type == "beforeunload"
        accept = leaving or self._accept_dialogs
        if leaving:
            self._notes.append("The page asked whether to leave it, with changes that may be lost; it was left.")
        else:
            answer = "accepted" if accept else "dismissed"
            self._notes.append(f"The page showed a dialog ({dialog.type}), {quoted(dialog.message)}; it was {answer}.")
        with contextlib.suppress(PlaywrightError):  # it went away with its page
            await (dialog.accept() if accept else dialog.dismiss())

    def _keep_waiting(self, page: Page, chooser: FileChooser) -> None:
        self._chooser = page, chooser
        several = "one or more files" if chooser.is_multiple() else "a file"
        self._notes.append(f"The page asks for {several}, in a file chooser that is not in the picture.")

    async def upload(self, paths: Sequence[Path]) -> None:
        """Hand files to the file chooser that waits.

        Raises:
            ActionFailed: none waits, or not for so many files.
        """
        if self._chooser is None or self._chooser[0].is_closed():
            raise ActionFailed("No file chooser is waiting: click what opens it first.")
        chooser = self._chooser[1]
        if len(paths) > 1 and not chooser.is_multiple():
            raise ActionFailed("The file chooser takes one file only.")
        self._chooser = None
        await chooser.set_files(list(paths))

    def _note_refused(self, address: str) -> None:
        self._notes.append(f"The page {quoted(address)} was not opened: its host is not allowed.")

    async def _save(self, download: PlaywrightDownload) -> None:
        name = Path(download.suggested_filename).name or "download"
        if self._download_folder is None:
            await download.cancel()
            self._notes.append(f"The download of {quoted(name)} was refused: downloads are not allowed.")
            return
        path = self._download_folder / name
        number = 1
        while path.exists():
            number += 1
            path = self._download_folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
        try:
            path.touch()  # two downloads of one name may be under way at once
            await download.save_as(path)
        except (PlaywrightError, OSError) as error:
            path.unlink(missing_ok=True)
            reason = error.message.splitlines()[0] if isinstance(error, PlaywrightError) else error.strerror
            self._notes.append(f"The download of {quoted(name)} failed: {reason}.")
        else:
            self._downloads.append(Download(path, path.stat().st_size))

    # -- what is told of it

    def take_notes(self) -> tuple[str, ...]:
        """What happened since it was last asked."""
        pages = [entry.page for entry in self._open]
        opened = sum(page not in self._announced for page in pages)
        closed = sum(page not in pages for page in self._announced)
        changes = [
            f"{count} tab{'s' * (count > 1)} {what}"
            for count, what in ((opened, "opened"), (closed, "closed"))
            if count
        ]
        if changes and self._front is not None:
            front = self._open.index(self._front)
            self._notes.append(f"{' and '.join(changes)}; tab {front} of 0 to {len(pages) - 1} is in front.")
        self._announced = pages
        notes, self._notes = tuple(self._notes), []
        return notes

    def take_downloads(self) -> tuple[Download, ...]:
        """What was saved since it was last asked."""
        downloads, self._downloads = tuple(self._downloads), []
        return downloads
