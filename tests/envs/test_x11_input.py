"""Mouse and keyboard of a real X display, as toolkits see them: any text on any layout, clicks, drags, the wheel."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from urllib.parse import unquote

import pytest
import xcffib
import xcffib.xkb
import xcffib.xproto

from envs.actions import Button, Navigate
from envs.base import ActionFailed, EnvUnavailable
from envs.browser import Browser
from envs.keys import NAMES
from envs.virtual_display import VirtualDisplay
from envs.x11_display import connect
from envs.x11_input import X11Input
from envs.x11_ping import Ping
from envs.x11_windows import X11Windows

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
pytest.importorskip("tkinter")
needs_xclip = pytest.mark.skipif(shutil.which("xclip") is None, reason="xclip is not installed")

SCRIPTS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:!?-_+*/=()[]{}@#$%&",
    "<>|\\~^`'\"",
    "äöüßéèêçñåøæÄÖÜÉ½€£¿¡§°µ",
    "αβγδεζηθλμπσςωΑΒΓΔΩάήώ",
    "абвгдежзийклмнопрстуфхцчшщыьэюяАБВГДЖЯЁё",
    "日本語漢字中文简体繁體한국어텍스트ひらがなカタカナ",
    "😀🎉🚀🐍👍🌍\N{ZERO WIDTH JOINER}\N{VARIATION SELECTOR-16}🏽",
)

LOCKED = 2
"""The modifier mask of CapsLock."""

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


class CountingWindow:
    """A window in the middle of the display that counts the events it gets."""

    def __init__(self, name: str) -> None:
        self.connection = connect(name)
        self.core = xcffib.xproto.xprotoExtension(self.connection)
        root = self.connection.get_screen_pointers()[0].root
        window = self.connection.generate_id()
        wanted = xcffib.xproto.EventMask
        mask = wanted.KeyPress | wanted.ButtonPress | wanted.FocusChange
        self.core.CreateWindow(
            0, window, root, 0, 0, 1000, 600, 0, 1, 0, xcffib.xproto.CW.EventMask, [mask], is_checked=True
        ).check()
        title = xcffib.xproto.Atom.WM_NAME, xcffib.xproto.Atom.STRING
        self.core.ChangeProperty(xcffib.xproto.PropMode.Replace, window, *title, 8, 6, b"counts")
        self.core.MapWindow(window)
        self.connection.flush()

    def count_until(self, last: type[xcffib.Event]) -> Counter[type[xcffib.Event]]:
        counted: Counter[type[xcffib.Event]] = Counter()
        while not counted[last]:
            counted[type(self.connection.wait_for_event())] += 1
        return counted

    def close(self) -> None:
        self.connection.disconnect()


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
        try:
            assert process.stdout is not None
            told = process.stdout
            assert told.readline() == "ready\n"

            def read(device: X11Input) -> str:
                device.press(["f9"])
                return json.loads(told.readline())

            yield read
        finally:
            process.terminate()


@contextmanager
def clipboard_untouched(display: VirtualDisplay) -> Iterator[None]:
    clip = ["xclip", "-selection", "clipboard"]
    with subprocess.Popen([*clip, "-quiet"], env=dict(display.environment), stdin=subprocess.PIPE) as owner:
        try:
            assert owner.stdin is not None
            owner.stdin.write(b"precious")
            owner.stdin.close()
            yield
            out = subprocess.run(
                [*clip, "-o"], env=dict(display.environment), capture_output=True, check=True, timeout=20
            )
            assert out.stdout == b"precious"
        finally:
            owner.terminate()


def random_strings(seed: int, count: int) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choice(rng.choice(SCRIPTS)) for _ in range(rng.randint(1, 8))) for _ in range(count)]


def type_on_every_layout(display: VirtualDisplay, read_back: Callable[[X11Input], str]) -> None:
    with clipboard_untouched(display):
        for layout in ("us", "de", "fr", "ru"):
            display.set_layout(layout)
            strings = random_strings(seed=ord(layout[0]), count=500)
            with closing(X11Input(display.name)) as device:
                device.type_text("\n".join(strings))
                assert read_back(device).split("\n") == strings


@pytest.mark.slow
@needs_xclip
def test_any_text_arrives_on_any_layout_in_a_text_field(
    display: VirtualDisplay, read_back: Callable[[X11Input], str]
) -> None:
    type_on_every_layout(display, read_back)


def test_each_of_three_layouts_can_be_the_one_in_use(
    display: VirtualDisplay, read_back: Callable[[X11Input], str]
) -> None:
    display.set_layout("us,de,ru")
    text = "Yz -/ Größe съешь ещё"
    connection = connect(display.name)
    xkb = xcffib.xkb.xkbExtension(connection, xcffib.xkb.key)
    xkb.UseExtension(1, 0).reply()
    with closing(X11Input(display.name)) as device:
        for group in range(3):
            xkb.LatchLockState(xcffib.xkb.ID.UseCoreKbd, 0, 0, True, group, 0, False, 0, is_checked=True).check()
            device.type_text(text)
            assert read_back(device) == text
    connection.disconnect()


def test_emoji_joined_from_several_arrive(device: X11Input, read_back: Callable[[X11Input], str]) -> None:
    text = "👩\N{ZERO WIDTH JOINER}🚀 👍🏽 ❤\N{VARIATION SELECTOR-16}"
    device.type_text(text)
    assert read_back(device) == text


def test_a_window_that_has_gone_has_no_title(display: VirtualDisplay) -> None:
    with closing(X11Windows(display.name)) as windows:
        assert windows._title(0x7FFFFFF) == ""


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
    assert modifiers(display.name) == LOCKED
    device.press(["b"])
    assert read_back(device) == "b"
    device.press(["capslock"])
    assert modifiers(display.name) == 0


def test_chords_work_on_a_layout_without_latin_letters(
    display: VirtualDisplay, read_back: Callable[[X11Input], str]
) -> None:
    display.set_layout("ru")
    with closing(X11Input(display.name)) as device:
        device.type_text("привет")
        device.press(["ctrl", "/"])  # what Tk takes for "select all"
        device.press(["delete"])
        assert read_back(device) == ""


@pytest.mark.parametrize("text", ["a\x07b", "\ud800", "\x85"])
def test_what_no_keyboard_gives_is_refused_before_anything_is_typed(
    text: str, device: X11Input, read_back: Callable[[X11Input], str]
) -> None:
    read_back(device)
    with pytest.raises(ActionFailed, match="Nothing was typed"):
        device.type_text(text)
    assert read_back(device) == ""


@pytest.fixture(scope="module")
def browser() -> Iterator[tuple[Browser, VirtualDisplay]]:
    with pytest.MonkeyPatch.context() as patch, VirtualDisplay((1000, 700)) as display:
        patch.setenv("DISPLAY", display.name)
        with Browser(viewport=(900, 500), headless=False) as browser:
            yield browser, display


@pytest.fixture(scope="module")
def page(browser, site, wait_until) -> Iterator[tuple[X11Input, Callable[..., list[list[object]]]]]:
    """A device on a display with a page, and what events of some kinds the page got since it was last asked."""
    browser, display = browser
    address = site.page(
        "/input",
        """document.title = "ready"; const told = [];
        const note = (kind, ...more) => { told.push([kind, ...more]); tell(told) };
        for (const kind of ["mousedown", "mouseup", "mousemove"])
          addEventListener(kind, e => note(kind, e.button, e.detail, e.clientX, e.clientY), true);
        for (const kind of ["dragstart", "drop"]) addEventListener(kind, e => note(kind, e.target.id), true);
        addEventListener("dragover", e => e.preventDefault());
        addEventListener("wheel", e => note("wheel", Math.sign(e.deltaX), Math.sign(e.deltaY)));
        addEventListener("contextmenu", e => e.preventDefault());
        addEventListener("keydown", e => { note("keydown", e.key, e.ctrlKey, e.shiftKey); e.preventDefault() });
        </script><style>body { margin: 0; height: 3000px; width: 3000px } div { position: absolute; width: 80px;
        height: 80px; background: silver } #here { left: 100px; top: 100px } #there { left: 400px; top: 250px }</style>
        <div id=here draggable=true></div><div id=there></div><script>""",
    )
    browser.execute(Navigate(url=address))
    with closing(X11Input(display.name)) as device:

        def told() -> list[list[object]]:
            title = browser.observe().title
            return [] if title == "ready" else json.loads(unquote(title))

        known = 0

        def seen(*wanted: str, count: int) -> list[list[object]]:
            nonlocal known
            new: list[list[object]] = []

            def complete() -> bool:
                new[:] = [event for event in told()[known:] if event[0] in wanted]
                return len(new) >= count

            wait_until(complete)
            known = len(told())
            return new

        def heard() -> bool:  # until it is drawn, a page hears nothing
            device.move(700, 500)
            device.click()
            return bool(told())

        wait_until(heard)
        known = len(told())
        yield device, seen


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_browser_counts_the_clicks(count: int, page) -> None:
    device, seen = page
    device.move(600 + 60 * count, 400)
    device.click(count=count)
    downs = seen("mousedown", count=count)
    assert [detail for _, _, detail, *_ in downs] == list(range(1, count + 1))


def test_each_button_is_itself(page) -> None:
    device, seen = page
    for button in (Button.RIGHT, Button.MIDDLE):
        device.click(button)
    assert [button for _, button, *_ in seen("mouseup", count=2)] == [2, 1]


def test_the_wheel_turns_both_ways(page) -> None:
    device, seen = page
    for vertical, horizontal in ((-1, 0), (1, 0), (0, 1), (0, -1)):
        device.scroll(vertical, horizontal)
        assert seen("wheel", count=1) == [["wheel", horizontal, -vertical]]


def test_something_can_be_dragged_and_dropped(page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("envs.x11_input.DRAG_STEP_MS", 100)  # where the machine is busy, a browser begins a drag late
    device, seen = page
    device.move(701, 500)
    *_, x, y = seen("mousemove", count=1)[-1]
    left, top = 701 - x, 500 - y
    device.move(left + 140, top + 140)
    device.drag(left + 440, top + 290)
    assert seen("dragstart", "drop", count=2) == [["dragstart", "here"], ["drop", "there"]]


def test_keys_are_pressed_with_others_held(page) -> None:
    device, seen = page
    device.press(["ctrl", "shift", "k"], presses=2)
    letters = [event for event in seen("keydown", count=6) if event[1] in ("k", "K")]
    assert letters == [["keydown", "K", True, True]] * 2


@pytest.fixture(scope="module")
def read_back_of_page(browser, site) -> Callable[[X11Input], str]:
    """What stands in a text field of a page, which is emptied."""
    browser, display = browser
    html = """document.title = "ready"; let times = 0</script>
        <textarea id=t style="position:fixed;inset:0;width:100%;height:100%" onfocus="document.title = 'focused'"
        onkeydown="if (event.key == 'F9') { history.replaceState(0, '', '#' + encodeURIComponent(t.value));
        t.value = ''; document.title = 'arrived ' + ++times }"></textarea>
        <script>"""
    browser.execute(Navigate(url=site.page("/typing", html)))
    browser.observe()  # until it is drawn, a page hears nothing
    with closing(X11Input(display.name)) as device:
        device.move(500, 500)
        device.click()
    display.wait_for_window("^focused", timeout_s=60)
    times = count(1)

    def read_back(device: X11Input) -> str:
        device.press(["f9"])
        display.wait_for_window(rf"^arrived {next(times)}\b", timeout_s=60)
        return unquote((browser.observe().url or "").partition("#")[2])

    return read_back


def test_a_browser_that_is_held_up_knows_the_keys_that_were_lent(
    browser, read_back_of_page: Callable[[X11Input], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its toolkit hears what a key was given by another connection than that of the keys."""
    _, display = browser
    process = focused_process(display.name)
    handled = Ping.wait_until_handled
    held_up: list[threading.Timer] = []

    def handled_and_held_up(ping: Ping) -> bool:
        answered = handled(ping)
        os.kill(process, signal.SIGSTOP)
        held_up.append(threading.Timer(0.3, os.kill, (process, signal.SIGCONT)))
        held_up[-1].start()
        return answered

    text = "".join(map(chr, range(0x4E00, 0x4E00 + 400)))  # many more than there are keys to lend
    with closing(X11Input(display.name)) as device:
        with monkeypatch.context() as patched:
            patched.setattr(Ping, "wait_until_handled", handled_and_held_up)
            device.type_text(text)
        assert len(held_up) > 3
        assert read_back_of_page(device) == text


@pytest.mark.slow
@needs_xclip
def test_any_text_arrives_on_any_layout_in_a_browser(browser, read_back_of_page: Callable[[X11Input], str]) -> None:
    _, display = browser
    type_on_every_layout(display, read_back_of_page)


def test_every_key_can_be_pressed(device: X11Input, read_back: Callable[[X11Input], str]) -> None:
    for name in sorted(NAMES - {"f9"}):  # which has the text read back
        device.press([name])
    for name in ("numlock", "scrolllock", "capslock"):
        device.press([name])  # as they were
    assert "0123456789" in read_back(device)


def test_num_lock_does_not_matter(device: X11Input, read_back: Callable[[X11Input], str]) -> None:
    text = "1.5 + KP"
    for _ in range(2):
        device.press(["numlock"])
        device.type_text(text)
        device.press(["num7"])
        assert read_back(device) == text + "7"


def test_a_place_that_is_not_on_the_display_is_refused(device: X11Input) -> None:
    device.move(10.9, 20.2)
    for x, y in ((1000, 5), (5, -0.5), (1e9, 5), (float("nan"), 5)):
        for act in (device.move, device.drag):
            with pytest.raises(ActionFailed, match="not on the display, which is 1000x600"):
                act(x, y)
    assert device.position() == (10, 20)


def test_a_click_gets_through_after_hundreds_of_characters_that_no_key_has() -> None:
    """For each change of the keyboard the window manager takes all its keys again, and a click waits until it has."""
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 400)))
    with VirtualDisplay((1000, 600)) as display, closing(CountingWindow(display.name)) as window:
        display.wait_for_window("^counts$")
        with closing(X11Input(display.name)) as device:
            window.count_until(xcffib.xproto.FocusInEvent)
            device.move(500, 300)
            device.type_text(text)
            device.click()
            counted = window.count_until(xcffib.xproto.ButtonPressEvent)
    assert counted[xcffib.xproto.KeyPressEvent] == len(text)
    assert counted[xcffib.xproto.MappingNotifyEvent] < len(text) / 4


def test_a_display_that_is_not_there() -> None:
    with pytest.raises(EnvUnavailable, match=":4711"):
        X11Input(":4711")


def mapping(name: str) -> list[int]:
    connection = connect(name)
    core = xcffib.xproto.xprotoExtension(connection)
    keysyms = list(core.GetKeyboardMapping(8, 248).reply().keysyms)
    connection.disconnect()
    return keysyms


def focused_process(name: str) -> int:
    """The process that the window with the focus says it is of."""
    connection = connect(name)
    core = xcffib.xproto.xprotoExtension(connection)
    kind = core.InternAtom(True, len("_NET_WM_PID"), "_NET_WM_PID").reply().atom
    window = core.GetInputFocus().reply().focus
    while not (told := core.GetProperty(False, window, kind, xcffib.xproto.Atom.CARDINAL, 0, 1).reply()).value_len:
        window = core.QueryTree(window).reply().parent
    connection.disconnect()
    return memoryview(told.value.buf()).cast("I")[0]


def modifiers(name: str) -> int:
    connection = connect(name)
    core = xcffib.xproto.xprotoExtension(connection)
    mask = core.QueryPointer(connection.get_screen_pointers()[0].root).reply().mask
    connection.disconnect()
    return mask
