"""The desktop on real X displays: every click lands where it was meant, whatever the size and the origin."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np
import pytest

from envs.actions import Click, Drag, Move, Press, Scroll, TypeText
from envs.base import EnvUnavailable, TakenOver
from envs.calibrate import Calibration, calibrate
from envs.check import check_env
from envs.desktop import Desktop
from envs.frame import StaleFrame
from envs.screen_capture import Region
from envs.settle import Patience
from envs.virtual import VirtualDesktop
from envs.virtual_display import VirtualDisplay

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
pytest.importorskip("tkinter")
QUICK = Patience(quiet_s=0.1, cap_s=2.0, interval_s=0.02)


@pytest.fixture(scope="module")
def display() -> Iterator[VirtualDisplay]:
    with VirtualDisplay((1280, 720)) as display:
        yield display


@pytest.fixture
def desktop(display: VirtualDisplay) -> Iterator[Desktop]:
    with Desktop(display=display.name, hot_corners=False, patience=QUICK) as desktop:
        yield desktop


def errors(calibration: Calibration) -> set[int]:
    return {aim.error for aim in calibration.aims}


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (3840, 2160)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_target_is_hit(size: tuple[int, int]) -> None:
    with VirtualDesktop(size_px=size, patience=QUICK) as desktop:
        calibration = calibrate(desktop)
    assert calibration.region == Region(0, 0, *size)
    assert calibration.dev_per_px == 1.0
    assert len(calibration.aims) == 36
    assert errors(calibration) == {0}
    assert [typed.arrived for typed in calibration.typed] == [typed.text for typed in calibration.typed]
    assert calibration.is_exact


@pytest.fixture(scope="module")
def two_monitors() -> Iterator[tuple[VirtualDisplay, list[Region]]]:
    """A display with two monitors of RandR, the primary one first: it lies to the right of the other and lower."""
    if shutil.which("xrandr") is None:
        pytest.skip("xrandr is not installed")
    left, right = Region(0, 0, 1000, 700), Region(1000, 300, 1200, 900)
    with VirtualDisplay((2200, 1200)) as display:
        for name, region, output in (("left", left, "screen"), ("*right", right, "none")):
            place = f"{region.width_dev}/300x{region.height_dev}/200+{region.left_dev}+{region.top_dev}"
            command = ["xrandr", "--display", display.name, "--setmonitor", name, place, output]
            subprocess.run(command, check=True, capture_output=True, timeout=20)
        yield display, [right, left]


@pytest.mark.parametrize("monitor", [1, 2])
def test_every_target_of_each_monitor_is_hit(monitor: int, two_monitors: tuple[VirtualDisplay, list[Region]]) -> None:
    display, regions = two_monitors
    with Desktop(monitor, display=display.name, hot_corners=False, patience=QUICK) as desktop:
        assert desktop.region == regions[monitor - 1]
        frame = desktop.observe().frame
        assert frame.origin_dev == (desktop.region.left_dev, desktop.region.top_dev)
        assert (frame.width_px, frame.height_px) == (desktop.region.width_dev, desktop.region.height_dev)
        calibration = calibrate(desktop)
    assert len(calibration.aims) == 36
    assert calibration.is_exact


def test_a_third_of_two_monitors_is_refused(two_monitors: tuple[VirtualDisplay, list[Region]]) -> None:
    display, _ = two_monitors
    with pytest.raises(EnvUnavailable, match=r"no monitor 3.*1: 1200x900\+1000\+300, 2: 1000x700\+0\+0"):
        Desktop(3, display=display.name)


def test_every_target_of_a_region_is_hit() -> None:
    with VirtualDisplay((1920, 1080)) as display:
        region = Region(1100, 300, 800, 600)
        with Desktop(region=region, display=display.name, hot_corners=False, patience=QUICK) as desktop:
            assert desktop.observe().frame.origin_dev == (1100, 300)
            assert errors(calibrate(desktop, texts=())) == {0}


def test_the_contract(display: VirtualDisplay) -> None:
    check_env(Desktop(display=display.name, hot_corners=False, patience=QUICK))


def test_monitors_and_regions_that_are_not_there(display: VirtualDisplay) -> None:
    with pytest.raises(EnvUnavailable, match=r"no monitor 2.*1: 1280x720\+0\+0"):
        Desktop(2, display=display.name)
    with pytest.raises(EnvUnavailable, match=r"500x500\+1000\+0 is not on the desktop"):
        Desktop(region=Region(1000, 0, 500, 500), display=display.name)
    with pytest.raises(EnvUnavailable, match=":4711"):
        Desktop(display=":4711")


def test_on_wayland_it_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with pytest.raises(EnvUnavailable, match=r"Wayland.*--env virtual"):
        Desktop()


def test_the_user_stops_it_with_the_pointer_in_a_corner(display: VirtualDisplay) -> None:
    with (
        Desktop(display=display.name, patience=QUICK) as watched,
        Desktop(display=display.name, hot_corners=False, patience=QUICK) as user,
    ):
        frame = watched.observe().frame
        watched.execute(Move(to=frame.point(0.0, 0.0)))
        watched.execute(Click(at=frame.point(0.5, 0.5)))  # where it went itself says nothing
        seen = user.observe().frame
        user.execute(Move(to=seen.point(1.0, 1.0)))
        with pytest.raises(TakenOver, match="corner"):
            watched.execute(Click(at=frame.point(0.5, 0.5)))
        user.execute(Move(to=seen.point(0.5, 0.5)))
        watched.execute(Click(at=frame.point(0.5, 0.5)))


def test_a_pointer_that_lies_in_a_corner_from_before_stops_nothing(display: VirtualDisplay) -> None:
    with Desktop(display=display.name, hot_corners=False, patience=QUICK) as before:
        before.execute(Move(to=before.observe().frame.point(1.0, 1.0)))
    with Desktop(display=display.name, patience=QUICK) as desktop:
        desktop.execute(Click(at=desktop.observe().frame.point(0.5, 0.5)))


def test_a_point_of_an_earlier_frame_is_refused(desktop: Desktop) -> None:
    earlier = desktop.observe().frame
    desktop.observe()
    with pytest.raises(StaleFrame):
        desktop.execute(Click(at=earlier.point(0.5, 0.5)))


@contextmanager
def program(code: str, desktop: Desktop) -> Iterator[IO[str]]:
    """A program in Python on a desktop, once it is ready; what it prints."""
    with subprocess.Popen(
        [sys.executable, "-c", code], env=dict(desktop.environment), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process.stdout
        finally:
            process.terminate()


PAINTER = """
import tkinter
root = tkinter.Tk()
root.title("Painter")
root.attributes("-type", "splash")
root.geometry("1280x720+0+0")
canvas = tkinter.Canvas(root, background="white", highlightthickness=0)
canvas.pack(fill="both", expand=True)
def say(*what):
    print(*what, flush=True)
canvas.bind("<ButtonPress-1>", lambda e: say("down", e.x, e.y))
canvas.bind("<B1-Motion>", lambda e: say("over", e.x, e.y))
canvas.bind("<ButtonRelease-1>", lambda e: say("up", e.x, e.y))
canvas.bind("<Double-Button-1>", lambda e: say("double"))
canvas.bind("<Triple-Button-1>", lambda e: say("triple"))
canvas.bind("<Button-2>", lambda e: say("middle"))
canvas.bind("<Button-3>", lambda e: say("right"))
root.bind("<Button-4>", lambda e: say("wheel up"))
root.bind("<Button-5>", lambda e: say("wheel down"))
root.bind("<Key>", lambda e: say("key", e.keysym, e.state & 5))
root.wait_visibility(canvas)
root.after(50, root.focus_force)
root.after(100, lambda: say("ready"))
root.mainloop()
"""


class Painter:
    """A window of Tk that says what happens to it."""

    def __init__(self, said: IO[str]) -> None:
        self.said = said

    def until(self, last: str) -> list[str]:
        heard: list[str] = []
        for line in self.said:
            heard.append(line.strip())
            if heard[-1].startswith(last):
                return heard
        raise AssertionError(heard)


@pytest.fixture
def painter(desktop: Desktop) -> Iterator[Painter]:
    with program(PAINTER, desktop) as said:
        yield Painter(said)


def test_what_a_program_hears_of_the_mouse(desktop: Desktop, painter: Painter) -> None:
    frame = desktop.observe().frame
    desktop.execute(Click(at=frame.point(0.25, 0.5), count=3))
    assert painter.until("triple").count("double") == 1
    desktop.execute(Click(at=frame.point(0.25, 0.5), button="right"))
    painter.until("right")
    desktop.execute(Click(at=frame.point(0.25, 0.5), button="middle"))
    painter.until("middle")
    desktop.execute(Scroll(at=frame.point(0.5, 0.5), vertical=-3))
    desktop.execute(Scroll(at=frame.point(0.5, 0.5), vertical=2))
    heard = [line for line in (*painter.until("wheel up"), *painter.until("wheel up")) if line.startswith("wheel")]
    assert heard == ["wheel down"] * 3 + ["wheel up"] * 2


def test_a_drag_passes_over_what_lies_between(desktop: Desktop, painter: Painter) -> None:
    frame = desktop.observe().frame
    desktop.execute(Drag(start=frame.point(0.1, 0.1), end=frame.point(0.6, 0.4)))
    down, *over, up = [line.split() for line in painter.until("up")]
    assert down == ["down", "128", "72"]
    assert up == ["up", "768", "288"]
    assert len(over) >= 5
    xs = [int(x) for _, x, _ in over]
    assert xs == sorted(xs)


def test_chords_reach_the_program(desktop: Desktop, painter: Painter) -> None:
    desktop.observe()
    desktop.execute(Press(keys=("ctrl", "shift", "a")))
    assert painter.until("key A")[-1] == "key A 5"
    desktop.execute(Press(keys=("f5",), presses=2))
    assert painter.until("key F5")[-1] == "key F5 0"


def test_a_screen_that_changes_late_is_not_read_too_early(display: VirtualDisplay) -> None:
    page = (
        "import tkinter; r = tkinter.Tk(); r.overrideredirect(True); r.geometry('1280x720+0+0');"
        "r.configure(background='white');"
        "r.bind('<Button-1>', lambda e: r.after(300, lambda: r.configure(background='black')));"
        "r.after(50, lambda: print('ready', flush=True)); r.mainloop()"
    )
    with (
        Desktop(display=display.name, hot_corners=False) as desktop,
        program(page, desktop),
    ):
        frame = desktop.observe().frame
        assert frame.pixels[360, 640].tolist() == [255, 255, 255]
        desktop.execute(Click(at=frame.point(0.5, 0.5)))
        seen = desktop.observe()
        assert seen.settled
        assert seen.frame.pixels[360, 640].tolist() == [0, 0, 0]


def test_a_screen_that_never_rests_ends_at_the_cap_and_says_so(display: VirtualDisplay) -> None:
    video = (
        "import tkinter; r = tkinter.Tk(); r.overrideredirect(True); r.geometry('640x480+0+0');\n"
        "def turn(n=0):\n r.configure(background=f'#{n % 256:02x}8080'); r.after(20, turn, n + 9)\n"
        "turn(); r.after(50, lambda: print('ready', flush=True)); r.mainloop()"
    )
    patience = Patience(quiet_s=0.2, cap_s=1.0)
    with (
        Desktop(display=display.name, hot_corners=False, patience=patience) as desktop,
        program(video, desktop),
    ):
        seen = desktop.observe()
        assert not seen.settled
        assert 1.0 <= seen.settle_s < 3.0


def test_the_display_goes_away() -> None:
    display = VirtualDisplay((640, 480))
    desktop = Desktop(display=display.name, hot_corners=False, patience=QUICK)
    desktop.observe()
    display.close()
    with pytest.raises(EnvUnavailable):
        desktop.observe()
    with pytest.raises(EnvUnavailable):
        desktop.execute(TypeText(text="a"))
    desktop.close()
    desktop.close()


PYAUTOGUI = """
from envs.actions import Button
from envs.pyautogui_input import PyAutoGuiInput
device = PyAutoGuiInput()
device.move(320.9, 100.2)
device.click()
device.drag(600, 300)
device.scroll(-2)
device.press(["ctrl", "a"])
device.type_text("b")
device.click(Button.RIGHT)
"""


def test_pyautogui_does_the_same(desktop: Desktop, painter: Painter) -> None:
    """It is what Windows and macOS use; on X11 it can be tried for real."""
    environment = dict(desktop.environment)
    environment.setdefault("XAUTHORITY", os.devnull)  # its Xlib insists on a file
    subprocess.run([sys.executable, "-c", PYAUTOGUI], env=environment, check=True, timeout=60)
    heard = painter.until("right")
    assert [line for line in heard if not line.startswith("over")][:2] == ["down 320 100", "up 320 100"]
    assert "up 600 300" in heard
    assert heard.count("wheel down") == 2
    assert "key a 4" in heard
    assert "key b 0" in heard


def test_pictures_are_what_is_on_the_screen(display: VirtualDisplay, desktop: Desktop) -> None:
    code = (
        "import tkinter; r = tkinter.Tk(); r.overrideredirect(True); r.geometry('100x50+200+100');"
        "r.configure(background='#12a0fe'); r.after(50, lambda: print('ready', flush=True)); r.mainloop()"
    )
    with program(code, desktop):
        pixels = desktop.observe().frame.pixels
        rows, columns = np.nonzero((pixels == (0x12, 0xA0, 0xFE)).all(axis=2))
        assert (rows.min(), rows.max(), columns.min(), columns.max()) == (100, 149, 200, 299)
