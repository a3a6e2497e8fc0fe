"""What programs say about themselves: the accessibility tree of a Linux desktop.

For tests, evaluators and benchmarks that need names and places without looking at pixels; the agent does without it.
A program may answer slowly, wrongly or not at all: time and size have limits, and one gets what was read until then.
Knows elements; `atspi` talks to the programs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final, cast

from envs.atspi import (
    ACCESSIBLE,
    ALL,
    INTERFACE,
    ON_SCREEN,
    PROPERTIES,
    AccessibilityBus,
    Place,
    Question,
    states_of,
)  # fmt: skip
from envs.x11_windows import X11Windows

Box = tuple[int, int, int, int]
"""Left, top, width and height in device coordinates of the desktop."""

MOST_CHILDREN: Final = 1000
"""Of an element with more children none is read: a sheet of a spreadsheet has a thousand million cells."""
MOST_TEXT: Final = 2000
_WITH_TEXT: Final = frozenset(
    {"document text", "entry", "paragraph", "password text", "spin button", "terminal", "text"}
)
_COMPONENT, _TEXT = (f"{INTERFACE}{name}" for name in ("Component", "Text"))
_NOWHERE = -(2**31)


@dataclass(frozen=True, slots=True)
class Element:
    """A program, a window, or something in one."""

    role: str
    """As AT-SPI has it: "push button", "check box", "entry"."""
    name: str
    description: str
    text: str
    """The beginning of what stands in it, for elements that hold text."""
    states: frozenset[str]
    box: Box | None
    """None where it has no place."""
    children: tuple[Element, ...] = ()

    def walk(self) -> Iterator[Element]:
        """It and all that is in it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Tree:
    """What could be read."""

    programs: tuple[Element, ...]
    complete: bool
    """Whether neither time nor size was short. What is not shown is left out in any case."""
    seconds: float

    def walk(self) -> Iterator[Element]:
        """All elements of all programs."""
        for program in self.programs:
            yield from program.walk()


def accessibility_tree(environment: Mapping[str, str], *, timeout_s: float = 5.0, most: int = 5000) -> Tree:
    """Read what the programs of a desktop show.

    Args:
        environment: the variables of programs on that desktop.
        timeout_s: when to come back with what there is.
        most: how many elements to read.

    Raises:
        EnvUnavailable: there is no accessibility bus, or no display.
    """
    begin = time.monotonic()
    with closing(AccessibilityBus(environment)) as bus:
        reading = _Reading(bus, most)
        reading.read(begin + timeout_s)
    programs = reading.programs(_widths(environment.get("DISPLAY")))
    return Tree(programs, reading.complete, time.monotonic() - begin)


@dataclass(slots=True)
class _Told:
    """What an element has told so far."""

    answers: dict[str, tuple[object, ...] | None] = field(default_factory=dict[str, tuple[object, ...] | None])
    children: tuple[Place, ...] = ()

    def value(self, method: str, default: object) -> object:
        answer = self.answers.get(method)
        return answer[0] if answer else default

    @property
    def states(self) -> frozenset[str]:
        return states_of(cast(Sequence[int], self.value("GetState", (0, 0))))

    def about(self, name: str) -> object:
        """One of the properties, as D-Bus wraps it: its signature and itself."""
        properties = cast(Mapping[str, tuple[str, object]], self.value("GetAll", {}))
        return properties[name][1] if name in properties else None


class _Reading:
    """Asks every element about itself, and those that it shows about theirs."""

    def __init__(self, bus: AccessibilityBus, most: int) -> None:
        self._bus, self._most = bus, most
        self._told: dict[Place, _Told] = {}
        self.complete = True

    def read(self, deadline: float) -> None:
        self._told[ALL] = _Told()
        self._bus.ask(Question(ALL, ACCESSIBLE, "GetChildren"))
        while (answered := self._bus.answer(deadline)) is not None:
            question, values = answered
            told = self._told[question.place]
            told.answers[question.method] = values
            if question.method == "GetChildren":
                self._ask_about(told, cast(Sequence[tuple[str, str]], values[0]) if values else ())
            elif question.method == "GetState":
                self._ask_if_shown(question.place, told)
            elif question.method == "GetAll":
                self._look_into(question.place, told)
            elif told.value("GetRoleName", "") in _WITH_TEXT and question.method == "GetRoleName":
                self._bus.ask(Question(question.place, _TEXT, "GetText", "ii", (0, MOST_TEXT)))
        self.complete = self.complete and not self._bus.is_waiting

    def _ask_about(self, parent: _Told, places: Sequence[tuple[str, str]]) -> None:
        children = [Place(*place) for place in places if Place(*place) not in self._told]
        room = self._most + 1 - len(self._told)
        if len(children) > room:
            self.complete = False
        parent.children = tuple(children[:room])
        for place in parent.children:
            self._told[place] = _Told()
            self._bus.ask(Question(place, ACCESSIBLE, "GetState"))

    def _ask_if_shown(self, place: Place, told: _Told) -> None:
        """Programs themselves are not shown and have no place, only their windows."""
        is_program = place in self._told[ALL].children
        if "showing" in told.states or is_program:
            self._bus.ask(
                Question(place, ACCESSIBLE, "GetRoleName"),
                Question(place, PROPERTIES, "GetAll", "s", (ACCESSIBLE,)),
            )
        if "showing" in told.states and not is_program:
            self._bus.ask(Question(place, _COMPONENT, "GetExtents", "u", (ON_SCREEN,)))

    def _look_into(self, place: Place, told: _Told) -> None:
        count = cast(int, told.about("ChildCount") or 0)
        if count > MOST_CHILDREN:
            self.complete = False
        elif count:
            self._bus.ask(Question(place, ACCESSIBLE, "GetChildren"))

    def programs(self, widths: Mapping[str, int]) -> tuple[Element, ...]:
        """Those that have answered, given how wide the windows on the display really are, by title."""
        return tuple(
            program
            for place in self._told[ALL].children
            for program in self._elements([place], self._scale(place, widths))
        )

    def _scale(self, program: Place, widths: Mapping[str, int]) -> float:
        """Device pixels to a unit of the program, which counts in its own where it enlarges itself (GDK_SCALE)."""
        for place in self._told[program].children:
            told = self._told[place]
            box, width = _box(told, 1.0), widths.get(str(told.about("Name") or ""))
            if box is not None and width is not None:
                return max(1.0, round(width / box[2] * 4) / 4)  # toolkits know quarters at most
        return 1.0

    def _elements(self, places: Sequence[Place], scale: float) -> tuple[Element, ...]:
        """Those that are shown and have said in time what they are."""
        return tuple(
            Element(
                role=str(told.value("GetRoleName", "")),
                name=str(told.about("Name") or ""),
                description=str(told.about("Description") or ""),
                text=str(told.value("GetText", "")),
                states=told.states,
                box=_box(told, scale),
                children=self._elements(told.children, scale),
            )
            for place in places
            if "GetRoleName" in (told := self._told[place]).answers
        )


def _widths(display: str | None) -> dict[str, int]:
    with closing(X11Windows(display)) as windows:
        return {window.title: windows.width(window) for window in windows.windows()}


def _box(told: _Told, scale: float) -> Box | None:
    left, top, width, height = cast(Sequence[int], told.value("GetExtents", (0, 0, 0, 0)))
    if width <= 0 or height <= 0 or left == _NOWHERE:
        return None
    return round(left * scale), round(top * scale), round(width * scale), round(height * scale)
