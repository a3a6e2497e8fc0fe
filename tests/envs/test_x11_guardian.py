"""Nothing stays down on an X display, at whatever moment the agent ends and however."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing

import psutil
import pytest
import xcffib
import xcffib.xkb
import xcffib.xproto

from envs.base import EnvUnavailable
from envs.virtual_display import VirtualDisplay
from envs.x11_display import connect
from envs.x11_input import X11Input

LOCKED = 2
"""The modifier mask of CapsLock."""

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")

# Comes to a stop in the middle of what it does, when so many of its events have happened.
AGENT = """
import signal, sys, time
from envs.x11_input import X11Input

signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored where the tests run in the background
name, what, count = sys.argv[1:]
device = X11Input(name)
send, left = device._test.FakeInput, int(count)

def fake_input(*event):
    global left
    left -= 1
    if left == -1:
        device.position()
        print("in the middle", flush=True)
        time.sleep(60)
    send(*event)

device._test.FakeInput = fake_input
if what == "drag":
    device.drag(500, 300)
elif what == "keys":
    device.press(["ctrl", "shift", "a"])
else:
    device.type_text("A\\u65e5\\u672c")
"""
KILLS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT]


class Server:
    """Answers what is down."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.connection = connect(name)
        self.core = xcffib.xproto.xprotoExtension(self.connection)
        self.root = self.connection.get_screen_pointers()[0].root

    def down(self) -> tuple[list[int], int]:
        """The keycodes that are down, and the mask of buttons and modifiers."""
        keys = list(self.core.QueryKeymap().reply().keys)
        mask = self.core.QueryPointer(self.root).reply().mask
        return [8 * byte + bit for byte, bits in enumerate(keys) for bit in range(8) if bits >> bit & 1], mask

    def mapping(self) -> list[int]:
        return list(self.core.GetKeyboardMapping(8, 248).reply().keysyms)

    def close(self) -> None:
        self.connection.disconnect()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with VirtualDisplay((640, 480)) as display, closing(Server(display.name)) as server:
        display.set_layout("us")
        yield server


def stopped_agent(server: Server, what: str, count: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", AGENT, server.name, what, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "in the middle\n"
    return process


@pytest.mark.parametrize(
    ("what", "count", "number"),
    [*(("drag", 11, kill) for kill in KILLS), *(("keys", 2, kill) for kill in KILLS), ("text", 2, signal.SIGKILL)],
)
def test_nothing_stays_down_when_the_agent_is_killed(
    what: str, count: int, number: signal.Signals, server: Server, wait_until
) -> None:
    before = server.mapping()
    with stopped_agent(server, what, count) as process:
        assert server.down() != ([], 0)
        os.killpg(process.pid, number)
    wait_until(lambda: server.down() == ([], 0))
    wait_until(lambda: server.mapping() == before)


def test_capitals_are_locked_again_when_the_agent_is_killed(server: Server, wait_until) -> None:
    with closing(X11Input(server.name)) as device:
        device.press(["capslock"])
        assert server.down() == ([], LOCKED)
        with stopped_agent(server, "text", 0) as process:
            assert server.down() == ([], 0)
            process.kill()
        wait_until(lambda: server.down() == ([], LOCKED))
        device.press(["capslock"])
        assert server.down() == ([], 0)


@pytest.mark.parametrize("count", range(6))
@pytest.mark.parametrize(
    "act",
    [
        lambda device: device.drag(500, 300),
        lambda device: device.press(["ctrl", "shift", "a"]),
        lambda device: device.type_text("A日本"),
    ],
)
def test_nothing_stays_down_after_an_exception(act: Callable[[X11Input], None], count: int, server: Server) -> None:
    with closing(X11Input(server.name)) as device:
        send, left = device._test.FakeInput, count

        def fake_input(*event: int) -> None:
            nonlocal left
            left -= 1
            if left == -1:
                raise ValueError("in the middle")
            send(*event)

        device._test.FakeInput = fake_input
        with pytest.raises(ValueError, match="in the middle"):
            act(device)
        assert server.down() == ([], 0)


def test_a_mapping_made_after_the_agent_has_given_its_keys_back_is_left_alone(server: Server) -> None:
    device = X11Input(server.name)
    device.type_text("日本")
    (keycode, *_), end_guardian = device._keyboard._given.values(), device._guardian.close
    device._guardian.close = lambda: None
    device.close()
    before = server.mapping()
    server.core.ChangeKeyboardMapping(1, keycode, 7, [0x61] * 7)
    changed = server.mapping()
    end_guardian()
    assert server.mapping() == changed != before
    server.core.ChangeKeyboardMapping(1, keycode, 7, [0] * 7)


def test_it_ends_with_the_device(server: Server) -> None:
    with closing(X11Input(server.name)):
        (guardian,) = guardians(server.name)
    assert not guardian.is_running()


@pytest.mark.parametrize("guardian_first", [True, False])
def test_it_ends_with_the_display(guardian_first: bool) -> None:
    with VirtualDisplay((640, 480)) as display:
        device = X11Input(display.name)
        (guardian,) = guardians(display.name)
        if not guardian_first:
            guardian.suspend()
    try:
        if guardian_first:
            guardian.wait(20)
        with pytest.raises(EnvUnavailable, match="gone"):
            device.click()
    finally:
        if not guardian_first:
            guardian.resume()
        device.close()
    assert not guardian.is_running()
    device.close()
    with pytest.raises(EnvUnavailable, match="closed"):
        device.click()


def guardians(name: str) -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if child.cmdline()[2:4] == ["envs.x11_guardian", name]]
