"""Commands on the guest, and what its desktop tells."""

from __future__ import annotations

from collections.abc import Mapping

from envs.guest_client import Completed, GuestRefused
from tasks.getters.config import Config, flag, text, texts
from tasks.guest import Guest

ACCESSIBILITY_S = 300.0
"""A large spreadsheet's tree takes minutes; WindowsAgentArena waits as long."""


def _run(guest: Guest, config: Config) -> Completed | None:
    """`command`, a line or words, with `shell`; None when the guest could not run it."""
    command = config.get("command")
    line = command if isinstance(command, str) else texts(config, "command")
    try:
        return guest.machine.execute(line, shell=flag(config, "shell"))
    except GuestRefused:
        return None


def vm_command_line(guest: Guest, config: Config) -> str | None:
    """What a command of the guest prints; None when it could not be run."""
    done = _run(guest, config)
    return None if done is None else done.output


def vm_command_error(guest: Guest, config: Config) -> str | None:
    """What a command of the guest prints as its errors; None when it could not be run."""
    done = _run(guest, config)
    return None if done is None else done.error


def vm_terminal_output(guest: Guest, _: Config) -> str | None:
    """What is in the terminal's window; None without one."""
    return guest.machine.terminal()


def accessibility_tree(guest: Guest, _: Config) -> str:
    """What assistive technology sees, as XML."""
    return guest.machine.accessibility(ACCESSIBILITY_S)


def vm_screen_size(guest: Guest, _: Config) -> dict[str, int]:
    """The screen's `width` and `height` in pixels."""
    width, height = guest.machine.screen_size()
    return {"width": width, "height": height}


def vm_window_size(guest: Guest, config: Config) -> dict[str, int] | None:
    """`width` and `height` of the window of the class `app_class_name`; None without one."""
    size = guest.machine.window_size(text(config, "app_class_name"))
    return None if size is None else {"width": size[0], "height": size[1]}


def vm_wallpaper(guest: Guest, config: Config) -> str:
    """The file of the picture behind the windows, copied to `dest`; an empty file when there is none."""
    here = guest.kept(text(config, "dest"))
    here.write_bytes(guest.machine.wallpaper() or b"")
    return str(here)


def list_directory(guest: Guest, config: Config) -> Mapping[str, object] | None:
    """The folder `path` of the guest and all below it; None when there is none."""
    try:
        return guest.machine.list_directory(text(config, "path"))
    except GuestRefused:
        return None
