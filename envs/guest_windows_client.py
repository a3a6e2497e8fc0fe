"""The further routes of WindowsAgentArena's guests, from outside.

After WindowsAgentArena's `client/desktop_env/controllers/python.py` and `setup.py`. Most routes answer a question with
their status: 200 is yes, all else no.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import cast

from envs.guest_client import Completed, GuestClient, GuestRefused


class WindowsGuest:
    """What only a Windows guest can be asked. Errors are those of `GuestClient`."""

    def __init__(self, guest: GuestClient) -> None:
        """Ask a guest.

        Args:
            guest: its server; it stays the caller's to close.
        """
        self._guest = guest

    def is_ready(self) -> bool:
        """Whether the server has come up."""
        try:
            self._guest.look("GET", "/probe")
        except GuestRefused:
            return False
        return True

    def documents_path(self) -> str:
        return str(self._guest.look("POST", "/documents_path").json()["documents_path"])

    def folder_exists(self, name: str, folder: str) -> bool:
        return self._says_yes("/folder_exists", folder_name=name, path=folder)

    def file_exists(self, name: str, folder: str) -> bool:
        return self._says_yes("/file_exists", file_name=name, path=folder)

    def is_details_view(self, folder: str) -> bool:
        """Whether the file explorer shows a folder as a table."""
        return self._says_yes("/is_details_view", path=folder)

    def are_files_sorted_by_modified_time(self, folder: str) -> bool:
        return self._says_yes("/are_files_sorted_by_modified_time", directory=folder)

    def is_directory_read_only_for_user(self, folder: str, user: str) -> bool:
        return self._says_yes("/is_directory_read_only_for_user", directory=folder, user=user)

    def are_all_images_tagged(self, folder: str, tag: str) -> bool:
        return self._says_yes("/are_all_images_tagged", directory=folder, tag=tag)

    def is_timer_started(self, hours: int, minutes: int, seconds: int) -> bool:
        return self._says_yes("/check_if_timer_started", hours=hours, minutes=minutes, seconds=seconds)

    def has_world_clock(self, city: str, country: str) -> bool:
        return self._says_yes("/check_if_world_clock_exists", city=city, country=country)

    def library_folders(self, library: str) -> list[str] | None:
        """The folders of a library of the file explorer; None when it cannot be read."""
        try:
            reply = self._guest.look("POST", "/library_folders", json={"library_name": library})
        except GuestRefused:
            return None
        return cast(list[str], reply.json()["output"])

    def registry_value(self, key: str, name: str) -> str:
        """A value of the registry as PowerShell prints it; empty when there is none.

        The names are the benchmark's, never a model's: they become part of a command line.
        """
        return self.run_line(f"powershell -Command \"Get-ItemPropertyValue -Path '{key}' -Name '{name}'\"").output

    def run_line(self, command: str) -> Completed:
        """Run a command line that the guest splits itself."""
        return self._guest.execute(command)

    def create_folder(self, path: str) -> None:
        self._guest.act("/setup/create_folder", json={"path": path})

    def create_file(self, path: str, content: str) -> None:
        self._guest.act("/setup/create_file", json={"path": path, "content": content})

    def recycle(self, path: str) -> None:
        """Put a file into the recycle bin."""
        self._guest.act("/setup/recycle", json={"path": path})

    def close_all(self) -> None:
        """Close every window."""
        self._guest.act("/setup/close_all", json={})

    def clear_task_files(self) -> None:
        """Remove the files that tasks leave behind."""
        self._guest.act("/setup/clear_task_files", json={})

    def update_computer(
        self,
        rects: Sequence[tuple[int, int, int, int]],
        window_rect: tuple[int, int, int, int],
        screenshot: bytes,
        *,
        scale: tuple[float, float] = (1.0, 1.0),
        clipboard: str | None = None,
        swap_ctrl_alt: bool = False,
    ) -> None:
        """Tell the guest which elements the numbers of `computer.mouse.move_id` mean in the next code that it runs.

        Args:
            rects: left, top, right and bottom of the elements, in pixels of the screen.
            window_rect: the same of the window in front.
            screenshot: the screen that they were found on, a PNG.
            scale: pixels of the screen for each of the screenshot, across and down.
            clipboard: what lies in the guest's clipboard, if that is known.
            swap_ctrl_alt: whether the guest's keyboard has them swapped.
        """
        told = {
            "rects": rects,
            "window_rect": window_rect,
            "screenshot": base64.b64encode(screenshot).decode(),
            "scale": scale,
            "clipboard_content": clipboard,
            "swap_ctrl_alt": swap_ctrl_alt,
        }
        self._guest.act("/update_computer", json=told)

    def _says_yes(self, route: str, **question: str | int) -> bool:
        try:
            self._guest.look("POST", route, json=question)
        except GuestRefused:
            return False
        return True
