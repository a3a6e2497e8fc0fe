"""Typing and holding on a real X display: any text on any layout, and nothing left down, however the agent ends."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import unquote

import pytest
import xcffib
import xcffib.xproto

from envs.actions import Click, Navigate
from envs.base import ActionFailed, EnvUnavailable
from envs.browser import Browser
from envs.keys import NAMES
from envs.virtual_display import VirtualDisplay
from envs.x11_display import connect
from envs.x11_input import X11Input
from envs.x11_keyboard import keysym
from envs.x11_windows import X11Windows

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
pytest.importorskip("tkinter")

SCRIPTS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:!?-_+*/=()[]{}@#$%&",
    "<>|\\~^`'\"",
    "äöüßéèêçñåøæÄÖÜÉ½€£¿¡§°µ",
    "αβγδεζηθλμπσςωΑΒΓΔΩάήώ",
    "абвгдежзийклмнопрстуфхцчшщыьэюяАБВГДЖЯЁё",
    "日本語漢字中文简体繁體한국어텍스트ひらがなカタカナ",
    "😀🎉🚀🐍👍🌍",
)

FIELD = """
import json, sys, tkinter
root = tkinter.Tk()
root.geometry("900x500+0+0")
field = tkinter.Text(root, font=("sans-serif", 10))
field.pack(fill="both", expand=True)
def tell(_):
    print(json.dumps(field.get("1.0", "end-1c")), flush=True)
    field.delete("1.0", "end")
    return "break"
field.bind("<F9>", tell)
root.after(100, field.focus_force)
root.after(200, lambda: print("ready", flush=True))
root.mainloop()
"""


@pytest.fixture(scope="module")
def display() -> Iterator[VirtualDisplay]:
    with VirtualDisplay((1000, 600)) as display:
        yield display


@pytest.fixture
def device(display: VirtualDisplay) -> Iterator[X11Input]:
    display.set_layout("us")
    with closing(X11Input(display.name)) as device:
        yield device


@pytest.fixture(scope="module")
def read_back(display: VirtualDisplay) -> Iterator[Callable[[X11Input], str]]:
    """What stands in a text field of Tk, which is emptied."""
    with subprocess.Popen(
        [sys.executable, "-c", FIELD], env=dict(display.environment), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = process.stdout
        assert told.readline() == "ready\n"

        def read(device: X11Input) -> str:
            device.press(["f9"])
            return json.loads(told.readline())

        yield read
        process.terminate()


def random_strings(seed: int, count: int) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choice(rng.choice(SCRIPTS)) for _ in range(rng.randint(1, 8))) for _ in range(count)]


@pytest.mark.slow
def test_any_text_arrives_on_any_layout(site, monkeypatch: pytest.MonkeyPatch, wait_until) -> None:
    html = """document.title = "ready"; let later</script>
        <textarea id=t style="position:fixed;inset:0;width:100%;height:100%"
        onfocus="document.title = 'focused'" oninput="clearTimeout(later);
        later = setTimeout(() => history.replaceState(0, '', '#' + encodeURIComponent(t.value)), 300)"></textarea>
        <script>"""

    def arrived() -> list[str]:
        return unquote((browser.observe().url or "").partition("#")[2]).split("\n")

    with VirtualDisplay((1000, 700)) as display:
        monkeypatch.setenv("DISPLAY", display.name)
        with Browser(viewport=(900, 500), headless=False) as browser:
            display.wait_for_window("Chromium|Chrome")
            for layout in ("us", "de", "fr", "ru"):
                display.set_layout(layout)
                browser.execute(Navigate(url=site.page(f"/typing/{layout}", html)))
                browser.execute(Click(at=browser.observe().frame.point(0.5, 0.5)))
                wait_until(lambda: browser.observe().title == "focused")
                strings = random_strings(seed=ord(layout[0]), count=500)
                with closing(X11Input(display.name)) as device:
                    device.type_text("\n".join(strings))
                wait_until(lambda: arrived() != [""])
                assert arrived() == strings


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_browser_counts_the_clicks(count: int, site, monkeypatch: pytest.MonkeyPatch, wait_until) -> None:
    html = """document.title = "ready"; onclick = e => document.title = "clicks " + e.detail</script>words<script>"""
    with VirtualDisplay((1000, 700)) as display:
        monkeypatch.setenv("DISPLAY", display.name)
        with (
            Browser(site.page("/clicks", html), viewport=(900, 500), headless=False) as browser,
            closing(X11Input(display.name)) as device,
        ):
            display.wait_for_window("ready")
            browser.observe()
            device.move(500, 500)
            device.click(count=count)
            wait_until(lambda: browser.observe().title == f"clicks {count}")


def test_a_window_that_has_gone_has_no_title(display: VirtualDisplay) -> None:
    with closing(X11Windows(display.name)) as windows:
        assert windows._title(0x7FFFFFF) == ""


def test_a_mapping_made_afterwards_is_left_alone(display: VirtualDisplay) -> None:
    """The guardian has nothing to give back once the agent has done so itself."""
    display.set_layout("us")
    device = X11Input(display.name)
    device.type_text("日本")
    (keycode, *_), end_guardian = device._keyboard._made, device._guardian.close
    device._guardian.close = lambda: None
    device.close()
    connection = connect(display.name)
    core = xcffib.xproto.xprotoExtension(connection)
    core.ChangeKeyboardMapping(1, keycode, 7, [0x61] * 7)
    core.GetInputFocus().reply()
    connection.disconnect()
    before = mapping(display.name)
    end_guardian()
    assert mapping(display.name) == before
    display.set_layout("us")


def test_the_keyboard_is_as_it_was_afterwards(
    display: VirtualDisplay, device: X11Input, read_back: Callable[[X11Input], str]
) -> None:
    before = mapping(display.name)
    device.type_text("日本語 😀")
    assert mapping(display.name) != before
    assert read_back(device) == "日本語 😀"
    device.close()
    assert mapping(display.name) == before


def test_capitals_lock_does_not_matter_and_stays(
    display: VirtualDisplay, device: X11Input, read_back: Callable[[X11Input], str]
) -> None:
    device.press(["capslock"])
    device.type_text("Mixed Case äÖ")
    assert read_back(device) == "Mixed Case äÖ"
    device.press(["b"])
    assert read_back(device) == "B"
    device.press(["capslock"])


def test_chords_work_on_a_layout_without_latin_letters(
    display: VirtualDisplay, read_back: Callable[[X11Input], str]
) -> None:
    display.set_layout("ru")
    with closing(X11Input(display.name)) as device:
        device.type_text("привет")
        device.press(["ctrl", "/"])  # what Tk takes for "select all"
        device.press(["delete"])
        assert read_back(device) == ""


def test_the_clipboard_is_not_touched(display: VirtualDisplay, device: X11Input) -> None:
    if shutil.which("xclip") is None:
        pytest.skip("xclip is not installed")
    clip = ["xclip", "-selection", "clipboard"]
    with subprocess.Popen([*clip, "-quiet"], env=dict(display.environment), stdin=subprocess.PIPE) as owner:
        assert owner.stdin is not None
        owner.stdin.write(b"precious")
        owner.stdin.close()
        device.type_text("日本 and more")
        out = subprocess.run([*clip, "-o"], env=dict(display.environment), capture_output=True, check=True, timeout=20)
        assert out.stdout == b"precious"
        owner.terminate()


@pytest.mark.parametrize("text", ["a\x07b", "\ud800", "\u200b"])
def test_what_no_keyboard_gives_is_refused_before_anything_is_typed(
    text: str, device: X11Input, read_back: Callable[[X11Input], str]
) -> None:
    read_back(device)
    with pytest.raises(ActionFailed, match="Nothing was typed"):
        device.type_text(text)
    assert read_back(device) == ""


def test_every_key_can_be_pressed(display: VirtualDisplay, device: X11Input) -> None:
    assert all(keysym(name) for name in NAMES)
    for name in sorted(NAMES - {"printscreen", "pause", "apps", "numlock", "scrolllock", "capslock"}):
        device.press([name])
    assert down(display.name) == ([], 0)


def test_a_display_that_is_not_there() -> None:
    with pytest.raises(EnvUnavailable, match=":4711"):
        X11Input(":4711")


def mapping(name: str) -> list[int]:
    connection = connect(name)
    core = xcffib.xproto.xprotoExtension(connection)
    keysyms = list(core.GetKeyboardMapping(8, 248).reply().keysyms)
    connection.disconnect()
    return keysyms


def down(name: str) -> tuple[list[int], int]:
    """The keycodes that are down, and the mask of buttons and modifiers."""
    connection = connect(name)
    core = xcffib.xproto.xprotoExtension(connection)
    keys = list(core.QueryKeymap().reply().keys)
    mask = core.QueryPointer(connection.get_screen_pointers()[0].root).reply().mask
    connection.disconnect()
    return [8 * byte + bit for byte, bits in enumerate(keys) for bit in range(8) if bits >> bit & 1], mask


AGENT = """
import sys, time
from envs.actions import Button
from envs.x11_input import X11Input
import envs.x11_input
what, name = sys.argv[1:]
device = X11Input(name)
device.type_text("日")
if what == "drag":
    envs.x11_input.DRAG_STEP_S = 0.5
    print("holding", flush=True)
    device.move(100, 100)
    device.drag(500, 300)
else:
    with device._held(2, 37), device._held(2, 50):
        print("holding", flush=True)
        if what == "fails":
            time.sleep(0.3)
            raise ValueError
        time.sleep(60)
"""


@pytest.mark.parametrize("what", ["drag", "keys"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_stays_down_when_the_agent_is_killed(
    what: str, number: signal.Signals, display: VirtualDisplay, wait_until
) -> None:
    display.set_layout("us")
    before = mapping(display.name)
    with subprocess.Popen(
        [sys.executable, "-c", AGENT, what, display.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        wait_until(lambda: down(display.name) != ([], 0))
        process.send_signal(number)
        process.wait()
    wait_until(lambda: down(display.name) == ([], 0))
    wait_until(lambda: mapping(display.name) == before)


def test_nothing_stays_down_after_an_exception(display: VirtualDisplay, wait_until) -> None:
    process = subprocess.run([sys.executable, "-c", AGENT, "fails", display.name], capture_output=True, text=True)
    assert "ValueError" in process.stderr
    wait_until(lambda: down(display.name) == ([], 0))
