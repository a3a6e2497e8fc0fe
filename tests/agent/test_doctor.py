from __future__ import annotations

import shutil

import psutil
import pytest
from rich.console import Console

from agent import doctor
from agent.doctor import Check, State, can_act, examine
from agent.doctor_tables import calibration_table, checks_table
from envs.calibrate import Aim, Calibration, Typed
from envs.screen_capture import Region
from envs.virtual_display import VirtualDisplay

needs_xvfb = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")


@needs_xvfb
def test_on_a_desktop_everything_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    with VirtualDisplay((800, 600)) as display:
        monkeypatch.setenv("DISPLAY", display.name)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        found = {check.name: check for check in examine()}
    capture = found["desktop capture"]
    assert "800x600+0+0, 1 px a unit" in capture.found
    assert capture.state is State.LIMITED  # nothing is on it
    assert "of one colour" in capture.found
    assert found["desktop input"].state is State.WORKS
    assert found["virtual display"].state is State.WORKS
    assert can_act(list(found.values()))


def test_without_a_display_there_is_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    (check,) = [check for check in examine() if check.name.startswith("desktop")]
    assert check.state is State.MISSING
    assert check.remedy


def test_wayland_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    (check,) = [check for check in examine() if check.name.startswith("desktop")]
    assert check.state is State.MISSING
    assert "--env virtual" in check.remedy


def test_what_is_not_installed_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda _: None)
    found = {check.name: check for check in examine()}
    assert found["virtual display"].state is State.MISSING
    assert found["virtual display"].remedy == "sudo apt-get install xvfb"
    assert found["its window manager"].state is State.LIMITED


def test_too_little_memory_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Memory:
        available, total = 2**28, 2**32

    monkeypatch.setattr(psutil, "virtual_memory", Memory)
    (check,) = [check for check in examine() if check.name == "memory"]
    assert check.state is State.LIMITED
    assert check.found == "0.2 of 4.0 GiB are free"


def test_where_nothing_can_be_done() -> None:
    checks = [Check("browser", State.MISSING, "none"), Check("memory", State.WORKS, "plenty")]
    assert not can_act(checks)
    assert can_act([*checks, Check("virtual display", State.WORKS, "Xvfb")])


def printed(table: object) -> str:
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.file:
        console.print(table)
    return console.export_text()


def test_the_tables_show_what_was_found() -> None:
    shown = printed(checks_table([Check("browser", State.MISSING, "[none]", "install one")]))
    assert "[none]" in shown
    assert "missing" in shown
    calibration = Calibration(
        Region(0, 0, 100, 50), 0.5, (Aim((3, 4), (3, 4)), Aim((50, 20), (52, 19))), (Typed("naïve", "nave"),)
    )
    shown = printed(calibration_table(calibration))
    assert "Largest error of 2 clicks: 2. Characters lost: 1." in shown
    assert "52, 19" in shown
    assert not calibration.is_exact
