"""What the doctor says, as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from agent.doctor import Check, State
from envs.calibrate import Calibration

_COLOURS = {State.WORKS: "green", State.LIMITED: "yellow", State.MISSING: "red"}


def checks_table(checks: Iterable[Check]) -> Table:
    """One row a check."""
    table = Table("what", "", "found", "remedy")
    for check in checks:
        state = f"[{_COLOURS[check.state]}]{check.state}[/]"
        table.add_row(check.name, state, escape(check.found), escape(check.remedy))
    return table


def calibration_table(calibration: Calibration) -> Group:
    """The error of every click, in units of the input device, and the characters that did not arrive."""
    aims = Table("target", "hit", "error", title=f"{calibration.region}, {calibration.dev_per_px:g} units a pixel")
    for aim in calibration.aims:
        aims.add_row("{}, {}".format(*aim.target_dev), "{}, {}".format(*aim.hit_dev), str(aim.error))
    typed = Table("typed", "arrived", "lost")
    for text in calibration.typed:
        typed.add_row(escape(text.text), escape(text.arrived), str(text.lost))
    worst = max(aim.error for aim in calibration.aims)
    lost = sum(text.lost for text in calibration.typed)
    return Group(aims, typed, f"Largest error of {len(calibration.aims)} clicks: {worst}. Characters lost: {lost}.")
