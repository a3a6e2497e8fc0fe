"""What seeing and clicking on a desktop cost, beside pyautogui's own screenshot and click in the same run.

    python -m benchmarks.desktop_overhead [--rounds N]

On a virtual display of 1920x1080 with something on it. "Captured" is from nothing to an RGB array that a model's image
processor takes; "checked" is comparing it with the one before, which is what waiting for the screen to rest costs a
look. A click is move, press and release, confirmed by the server. pyautogui takes screenshots with Pillow where
gnome-screenshot is installed, else with scrot, which is slower; one of them has to be there.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from envs.desktop import input_device
from envs.frame import Pixels
from envs.screen_capture import ScreenCapture, frame_of
from envs.settle import changed_blocks
from envs.virtual_display import VirtualDisplay

SIZE_PX = (1920, 1080)


def milliseconds(action: Callable[[], object], rounds: int) -> list[float]:
    """How long an action took, each time."""
    times: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    rounds = parser.parse_args().rounds
    with VirtualDisplay(SIZE_PX) as display:
        os.environ |= {"DISPLAY": display.name, "XAUTHORITY": display.environment.get("XAUTHORITY", os.devnull)}
        os.environ["XDG_SESSION_TYPE"] = "x11"  # or its screenshot looks for GNOME's program
        import pyautogui  # opens the display when it is imported

        pyautogui.PAUSE = 0
        pyautogui.FAILSAFE = False
        capture, device = ScreenCapture(display.name), input_device(display.name)
        region = capture.monitors[0]
        seen: list[Pixels] = [capture.grab(region)]

        def look() -> None:
            seen.append(frame_of(capture.grab(region), region).pixels)
            del seen[:-2]

        def click() -> None:
            device.move(960, 540)
            device.click()
            device.position()

        def peer_click() -> None:
            pyautogui.click(960, 540)
            pyautogui.position()

        measured = {
            "captured": milliseconds(look, rounds),
            "checked": milliseconds(lambda: changed_blocks(seen[-2], seen[-1]), rounds),
            "pyautogui.screenshot(), as an array": milliseconds(lambda: np.asarray(pyautogui.screenshot()), rounds),
            "click": milliseconds(click, rounds),
            "pyautogui.click()": milliseconds(peer_click, rounds),
        }
        device.close()
        capture.close()
    table = Table("1920x1080", "median ms", "95 % below, ms", title=f"{rounds} rounds")
    for name, times in measured.items():
        table.add_row(name, f"{statistics.median(times):.2f}", f"{statistics.quantiles(times, n=20)[-1]:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
