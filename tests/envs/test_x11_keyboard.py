"""What a keyboard of X gives: the names of keys and characters, the layouts' keys, and the keys that are lent."""

from __future__ import annotations

import ctypes
import ctypes.util
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from itertools import chain

import pytest
import xcffib
import xcffib.keysymdef
import xcffib.xkb
import xcffib.xproto

from envs.keys import NAMES
from envs.virtual_display import VirtualDisplay
from envs.x11_display import connect
from envs.x11_guardian import Guardian
from envs.x11_keyboard import Keyboard
from envs.x11_keysyms import canonical, of_character, of_key

needs_xvfb = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")


def test_every_name_has_a_keysym() -> None:
    assert all(of_key(name) for name in NAMES)


def test_keysyms_of_characters_are_what_the_systems_library_says() -> None:
    library = ctypes.util.find_library("xkbcommon")
    if library is None:
        pytest.skip("libxkbcommon is not installed")
    code_point = ctypes.CDLL(library).xkb_keysym_to_utf32
    defined = {value for name, value in vars(xcffib.keysymdef).items() if name.startswith("XK_")}
    keypad_and_controls = range(0xFF00, 0x10000)
    compared = 0
    for keysym in defined - set(keypad_and_controls):
        ours = canonical(keysym)
        if ours != keysym or keysym < 0x100:
            assert ours == of_character(chr(code_point(keysym))), hex(keysym)
            compared += 1
    assert compared > 500


@pytest.mark.parametrize("character", ["\x07", "\x7f", "\x85", "\ud800"])
def test_control_characters_and_halves_of_characters_have_no_keysym(character: str) -> None:
    assert of_character(character) is None


class Bench:
    """A keyboard, and the server behind it."""

    def __init__(self, display: VirtualDisplay) -> None:
        self.display = display
        self.connection = connect(display.name)
        self.core = xcffib.xproto.xprotoExtension(self.connection)
        self.guardian = Guardian(display.name)
        self.keyboard = Keyboard(self.connection, self.guardian)

    def use(self, *layout: str, group: int = 0) -> None:
        subprocess.run(["setxkbmap", "-display", self.display.name, "-layout", *layout], check=True)
        xkb = xcffib.xkb.xkbExtension(self.connection, xcffib.xkb.key)
        xkb.LatchLockState(0x100, 0, 0, True, group, 0, False, 0)
        self.core.GetInputFocus().reply()

    def mapping(self) -> list[int]:
        return list(self.core.GetKeyboardMapping(8, 248).reply().keysyms)

    def type(self, text: str) -> int:
        keysyms = [keysym for character in text if (keysym := of_character(character)) is not None]
        return sum(map(len, self.keyboard.strokes(keysyms)))

    def close(self) -> None:
        self.keyboard.restore()
        self.connection.disconnect()
        self.guardian.close()


@pytest.fixture(scope="module")
def display() -> Iterator[VirtualDisplay]:
    with VirtualDisplay((640, 480)) as display:
        yield display


@pytest.fixture
def bench(display: VirtualDisplay) -> Iterator[Bench]:
    with closing(Bench(display)) as bench:
        bench.use("us")
        yield bench
        bench.use("us")


@needs_xvfb
@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("us", "".join(map(chr, range(0x20, 0x7F)))),
        ("de", "äöüßÄÖÜ€@{[]}\\|~<>°§µ"),
        ("fr", "1234567890éèàç€@{[]}\\|~^<>"),
        ("ru", "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗ№"),
        ("gr", "αβγδεζηθικλμνξοπρσςτυφχψωΑΒΓ"),
        ("il", "אבגדהוזחטיכלמנסעפצקרשת"),
        ("th", "กขคงจฉชซ"),
    ],
)
def test_what_a_layout_has_is_typed_with_its_own_keys(layout: str, text: str, bench: Bench) -> None:
    bench.use(layout)
    before = bench.mapping()
    assert bench.type(text) == len(text)
    assert bench.mapping() == before


@needs_xvfb
def test_the_layout_in_use_is_the_one_that_counts(bench: Bench) -> None:
    bench.use("us,de,ru", group=2)
    before = bench.mapping()
    bench.type("съешь")
    assert bench.mapping() == before
    bench.type("y")
    assert bench.mapping() != before
    bench.use("us,de,ru", group=1)
    bench.keyboard.read()
    with_z = bench.keyboard.stroke(of_key("z"))
    bench.use("us,de,ru", group=0)
    bench.keyboard.read()
    assert bench.keyboard.stroke(of_key("y")) == with_z


@needs_xvfb
def test_lent_keycodes_get_back_what_they_had(bench: Bench) -> None:
    before = bench.mapping()
    assert bench.type("日本語😀") == 4
    assert bench.mapping() != before
    bench.keyboard.restore()
    assert bench.mapping() == before


@needs_xvfb
def test_a_new_layout_is_followed_and_left_alone(bench: Bench) -> None:
    bench.type("日")
    bench.use("de")
    fresh = bench.mapping()
    bench.keyboard.read()
    bench.keyboard.restore()
    assert bench.mapping() == fresh


@needs_xvfb
def test_where_every_keycode_has_a_meaning_media_keys_are_lent(bench: Bench) -> None:
    full = bench.mapping()
    width = len(full) // 248
    for place, code in enumerate(range(8, 256)):
        if not any(full[place * width :][:width]):
            bench.core.ChangeKeyboardMapping(1, code, 1, [xcffib.keysymdef.XK_F35])
    before = bench.mapping()
    assert bench.type("日本") == 2
    changed = {
        place // width for place, (old, new) in enumerate(zip(before, bench.mapping(), strict=True)) if old != new
    }
    lost = set(chain.from_iterable(before[place * width :][:width] for place in changed))
    assert len(changed) == 2
    assert all(not keysym or 0x10080000 <= keysym < 0x10090000 for keysym in lost)
    bench.keyboard.restore()
    assert bench.mapping() == before
