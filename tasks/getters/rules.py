"""What is expected and stands in the task itself, as it is or with dates relative to today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import JsonValue

from tasks.errors import EvaluationFailed, NotAvailable
from tasks.getters.config import Config, mapping
from tasks.guest import Guest

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONDAY, _FRIDAY, _SATURDAY, _SUNDAY = 0, 4, 5, 6
_SPLIT: Final = " split"
"""Ends a day's name when day, month and year are expected one by one."""


def rule(_: Guest, config: Config) -> JsonValue:
    """`rules`, as they are."""
    return config["rules"]


def rule_relativeTime(guest: Guest, config: Config) -> JsonValue:
    """`rules` with the days filled in that `relativeTime` names: one "from", or "from" and "to".

    "Today" is the guest's day in the rules' `timezone`, or in the guest's own one. (The original asks a web service
    where this machine is, and without an answer takes UTC.)
    """
    rules = mapping(config, "rules")
    relative, expected = mapping(rules, "relativeTime"), dict(mapping(rules, "expected"))
    now = _now(guest, cast(str | None, rules.get("timezone")))
    start_name = cast(str, relative["from"])
    start = day_of(start_name, now)
    if "to" not in relative:
        expected["time"] = filled(expected["time"], start)
        return {**rules, "expected": expected}
    end_name = cast(str, relative["to"])
    end = _end(start_name, end_name, start, now)
    for name, day, whole, parts in (
        (start_name, start, "from", ("puDay", "puMonth", "puYear")),
        (end_name, end, "to", ("doDay", "doMonth", "doYear")),
    ):
        for key in parts if name.endswith(_SPLIT) else (whole,):
            expected[key] = filled(expected[key], day)
    return {**rules, "expected": expected}


def _now(guest: Guest, timezone: str | None) -> datetime:
    if timezone is None:
        told = guest.machine.execute(["python", "-c", "import datetime; print(datetime.datetime.now().isoformat())"])
        return datetime.fromisoformat(told.output.strip())
    try:
        return datetime.now(ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise EvaluationFailed(f"There is no time zone {timezone!r}.") from error


def _on_next(weekday: int) -> Callable[[datetime], datetime]:
    """The next such day that is not today."""
    return lambda now: now + timedelta(days=(weekday - now.weekday() - 1) % 7 + 1)


def _of_next_week(weekday: int) -> Callable[[datetime], datetime]:
    return lambda now: now + timedelta(days=7 - now.weekday() + weekday)


def _of_this_week(weekday: int) -> Callable[[datetime], datetime]:
    return lambda now: now + timedelta(days=weekday - now.weekday())


def _of_next_month(day: int) -> Callable[[datetime], datetime]:
    return lambda now: _months_later(now, 1).replace(day=day)


def _first_monday(months: int) -> Callable[[datetime], datetime]:
    def first(now: datetime) -> datetime:
        month = _months_later(now, months)
        return month + timedelta(days=(_MONDAY - month.weekday()) % 7)

    return first


def _months_later(now: datetime, months: int) -> datetime:
    """The first day of the month that comes so many months later."""
    years, month = divmod(now.month - 1 + months, 12)
    return now.replace(year=now.year + years, month=month + 1, day=1)


_DAY_OF: Final[dict[str, Callable[[datetime], datetime]]] = {
    "tomorrow": lambda now: now + timedelta(days=1),
    "this month": lambda now: now,
    "5th next month": _of_next_month(5),
    "10th next month": _of_next_month(10),
    "11th next month": _of_next_month(11),
    "this Saturday": _of_this_week(_SATURDAY),
    "this Sunday": _of_this_week(_SUNDAY),
    "next Monday": _on_next(_MONDAY),
    "next Friday": _on_next(_FRIDAY),
    "next Saturday": _on_next(_SATURDAY),
    "next Sunday": _on_next(_SUNDAY),
    "next week Friday": _of_next_week(_FRIDAY),
    "next week Saturday": _of_next_week(_SATURDAY),
    "next week Sunday": _of_next_week(_SUNDAY),
    "first monday four months later": _first_monday(4),
    "first monday eight months later": _first_monday(8),
}


def day_of(name: str, now: datetime) -> datetime:
    """The day that a task calls by a name relative to today.

    Raises:
        NotAvailable: no day is called so.
    """
    day = _DAY_OF.get(name.removesuffix(_SPLIT))
    if day is None:
        raise NotAvailable(f"The day {name!r} is not known.")
    return day(now)


def _end(start_name: str, end_name: str, start: datetime, now: datetime) -> datetime:
    """The second day of two: in the week of the first, where both are days of a coming week."""
    first, second = start_name.removesuffix(_SPLIT), end_name.removesuffix(_SPLIT)
    if first == "next Monday" and second == "next Friday":
        return start + timedelta(days=_FRIDAY)
    if (second == "next Sunday" and first in ("next Friday", "next Saturday")) or (
        second == "next week Sunday" and first in ("next week Friday", "next week Saturday")
    ):
        return start + timedelta(days=_SUNDAY - start.weekday())
    return day_of(end_name, now)


def filled(pattern: JsonValue, day: datetime) -> JsonValue:
    """A text, or texts, with the parts of a day filled in, each once."""
    if isinstance(pattern, list):
        return [filled(each, day) for each in pattern]
    if not isinstance(pattern, str):
        raise EvaluationFailed(f"A date is expected in {pattern!r}, which is no text.")
    full = _MONTHS[day.month - 1]
    for name, value in {
        "{DoW}": _DAYS[day.weekday()],
        "{Month}": full[:3],
        "{DayD}": str(day.day),
        "{Year}": str(day.year),
        "{Month0D}": f"{day.month:02d}",
        "{month}": full.lower(),
        "{MonthFull}": full,
        "{Day0D}": f"{day.day:02d}",
        "{MonthD}": str(day.month),
    }.items():
        pattern = pattern.replace(name, value, 1)
    return pattern
