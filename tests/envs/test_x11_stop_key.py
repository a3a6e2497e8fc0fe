"""A chord is noticed on a real X server, whoever has the keyboard."""

import shutil
import signal
import time

import pytest
import xcffib
import xcffib.xproto

from envs.actions import Press
from envs.base import EnvUnavailable, TakenOver
from envs.desktop import STOP_KEY, Desktop
from envs.settle import Patience
from envs.virtual_display import VirtualDisplay
from envs.x11_input import X11Input
from envs.x11_stop_key import StopKey

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="there is no Xvfb")


@pytest.fixture(scope="module")
def display():
    with VirtualDisplay((320, 240)) as display:
        yield display.name


@pytest.fixture
def person(display):
    """Somebody at the keyboard, on a connection of their own."""
    device = X11Input(display)
    yield device
    device.close()


def test_it_is_noticed_each_time_and_nothing_else_is(display, person, wait_until):
    noticed = []
    listener = StopKey(STOP_KEY, lambda: noticed.append(time.monotonic()), display)
    try:
        for keys in (("esc",), ("win", "a"), ("ctrl", "esc"), ("esc", "a")):
            person.press(keys)
        person.press(("win", "esc"))
        wait_until(lambda: len(noticed) == 1)
        person.press(("ctrl", "winright", "esc"), presses=2)
        wait_until(lambda: len(noticed) == 3)
    finally:
        listener.close()
    listener.close()
    person.press(STOP_KEY)
    assert len(noticed) == 3


def test_it_is_noticed_while_another_program_has_grabbed_the_keyboard(display, person, wait_until):
    noticed = []
    other = xcffib.connect(display=display)
    core = xcffib.xproto.xprotoExtension(other)
    root = other.get_screen_pointers()[0].root
    mode = xcffib.xproto.GrabMode.Async
    assert core.GrabKeyboard(False, root, xcffib.xproto.Time.CurrentTime, mode, mode).reply().status == 0
    listener = StopKey(STOP_KEY, lambda: noticed.append(True), display)
    try:
        person.press(STOP_KEY)
        wait_until(lambda: noticed == [True])
    finally:
        listener.close()
        other.disconnect()


def test_it_does_what_ctrl_c_does_and_the_keys_come_up(display, person):
    with Desktop(display=display, hot_corners=False, patience=Patience(quiet_s=0.05)) as desktop:

        def press_and_wait():
            person.press(STOP_KEY)
            signal.sigtimedwait([], 20)  # until the interruption

        with pytest.raises(KeyboardInterrupt):
            press_and_wait()
        connection = xcffib.connect(display=display)
        down = xcffib.xproto.xprotoExtension(connection).QueryKeymap().reply().keys
        connection.disconnect()
        assert not any(down)
        desktop.execute(Press(keys=("a",)))  # whoever goes on after a pause may


def test_where_interruptions_are_ignored_the_desktop_does_nothing_more(display, person, wait_until):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Desktop(display=display, hot_corners=False, patience=Patience(quiet_s=0.05)) as desktop:
            person.press(STOP_KEY)

            def refuses():
                try:
                    desktop.execute(Press(keys=("a",)))
                except TakenOver as stopped:
                    return "stop key" in str(stopped)
                return False

            wait_until(refuses)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_key_that_the_keyboard_lacks_is_named(display):
    with pytest.raises(EnvUnavailable, match="no key '漢', which is part of the stop key"):
        StopKey(("ctrl", "漢"), lambda: None, display)


def test_no_display():
    with pytest.raises(EnvUnavailable, match="no X display"):
        StopKey(STOP_KEY, lambda: None, ":4711")
