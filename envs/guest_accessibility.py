"""The accessibility tree of a desktop as OSWorld's in-guest server writes it: XML, in its names and with its limits.

Everything that programs tell is in it, shown or not, for task files look for it by these names. What programs say is in
`envs.atspi`; the format is that of xlang-ai/osworld-server at 0919a09, `src/accessibility.py`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final, cast
from xml.etree import ElementTree

from envs.atspi import (
    ACCESSIBLE,
    ALL,
    INTERFACE,
    ON_SCREEN,
    PROPERTIES,
    STATES,
    AccessibilityBus,
    Place,
    Question,
    states_of,
)  # fmt: skip

MOST_DEEP: Final = 50
MOST_CHILDREN: Final = 1024
"""Of an element's children no more are read, and nothing further below: as the published server has it."""
READ_S: Final = 60.0
"""What programs have not told by then is left out: one that hangs would hold up all others."""
TERMINALS: Final = frozenset({"gnome-terminal-server", "xfce4-terminal", "xterm"})
"""Programs that are terminals, in small letters: the published server's LINUX_TERMINAL_APPLICATION_NAMES."""

ROLES: Final = (
    "invalid", "accelerator-label", "alert", "animation", "arrow", "calendar", "canvas", "check-box",
    "check-menu-item", "color-chooser", "column-header", "combo-box", "date-editor", "desktop-icon",
    "desktop-frame", "dial", "dialog", "directory-pane", "drawing-area", "file-chooser", "filler",
    "focus-traversable", "font-chooser", "frame", "glass-pane", "html-container", "icon", "image", "internal-frame",
    "label", "layered-pane", "list", "list-item", "menu", "menu-bar", "menu-item", "option-pane", "page-tab",
    "page-tab-list", "panel", "password-text", "popup-menu", "progress-bar", "push-button", "radio-button",
    "radio-menu-item", "root-pane", "row-header", "scroll-bar", "scroll-pane", "separator", "slider", "spin-button",
    "split-pane", "status-bar", "table", "table-cell", "table-column-header", "table-row-header",
    "tearoff-menu-item", "terminal", "text", "toggle-button", "tool-bar", "tool-tip", "tree", "tree-table",
    "unknown", "viewport", "window", "extended", "header", "footer", "paragraph", "ruler", "application",
    "autocomplete", "editbar", "embedded", "entry", "chart", "caption", "document-frame", "heading", "page",
    "section", "redundant-object", "form", "link", "input-method-window", "table-row", "tree-item",
    "document-spreadsheet", "document-presentation", "document-text", "document-web", "document-email", "comment",
    "list-box", "grouping", "image-map", "notification", "info-bar", "level-bar", "title-bar", "block-quote",
    "audio", "video", "definition", "article", "landmark", "log", "marquee", "math", "rating", "timer", "static",
    "math-fraction", "math-root", "subscript", "superscript", "description-list", "description-term",
    "description-value", "footnote", "content-deletion", "content-insertion", "mark", "suggestion",
    "push-button-menu",
)  # fmt: skip
"""By their numbers: AtspiRole in at-spi2-core's atspi-constants.h. Programs call some by other names."""

_NAMESPACES: Final = {
    short: f"https://accessibility.ubuntu.example.org/ns/{name}"
    for short, name in {
        "st": "state", "attr": "attributes", "cp": "component", "val": "value", "act": "action"
    }.items()
}  # fmt: skip
_ST, _ATTR, _CP, _VAL, _ACT = (f"{{{namespace}}}" for namespace in _NAMESPACES.values())
for _short, _namespace in _NAMESPACES.items():
    ElementTree.register_namespace(_short, _namespace)

_VALUES: Final = {
    "CurrentValue": "value", "MinimumValue": "min", "MaximumValue": "max", "MinimumIncrement": "step"
}  # fmt: skip
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLACEHOLDERS: Final = re.compile("[\ufffc\ufffd]")
"""They stand in a text for what is no text."""
_NOT_IN_NAMES: Final = re.compile(r"[^\w.-]")


def accessibility_xml(environment: Mapping[str, str]) -> ElementTree.Element:
    """Read what the programs of a desktop tell about themselves.

    Args:
        environment: the variables of programs on that desktop.

    Raises:
        EnvUnavailable: there is no accessibility bus.
    """
    root = ElementTree.Element("desktop-frame")
    root.extend(_programs(environment))
    return root


def terminal_text(environment: Mapping[str, str]) -> str | None:
    """What stands in the terminal that is in front; None when there is none, or it is not clear which.

    Raises:
        EnvUnavailable: there is no accessibility bus.
    """
    programs = [
        program for program in _programs(environment, TERMINALS) if str(program.get("name")).lower() in TERMINALS
    ]
    fronts = [frame for program in programs for frame in program.iter("frame") if frame.get(f"{_ST}active")]
    if not fronts:
        return None
    for places, focused in ((fronts, True), (programs, True), (fronts, False)):
        found = [
            terminal for place in places for terminal in place.iter("terminal")
            if not focused or terminal.get(f"{_ST}focused")
        ]  # fmt: skip
        if len(found) == 1:
            return (found[0].text or "").rstrip()
    return None


def _programs(environment: Mapping[str, str], whole: frozenset[str] | None = None) -> list[ElementTree.Element]:
    """All programs, with what is in them: where `whole` is given, in those with these names only."""
    with closing(AccessibilityBus(environment)) as bus:
        reading = _Reading(bus, whole)
        reading.read(time.monotonic() + READ_S)
    return list(reading.elements(ALL))


@dataclass(slots=True)
class _Told:
    """What an element has told so far, by interface and method."""

    depth: int
    answers: dict[tuple[str, str], object] = field(default_factory=dict[tuple[str, str], object])
    children: list[Place] = field(default_factory=list[Place])
    actions: dict[int, str] = field(default_factory=dict[int, str])
    """The names of its actions by their numbers; what is listed with their descriptions is translated."""

    def accessible(self, method: str, default: object) -> object:
        return self.answers.get((ACCESSIBLE, method), default)

    def about(self, interface: str, name: str) -> object:
        """One of an interface's properties, as D-Bus wraps it: its signature and itself."""
        properties = cast(Mapping[str, tuple[str, object]], self.answers.get((interface, "GetAll"), {}))
        return properties[name][1] if name in properties else None

    @property
    def role(self) -> str:
        number = cast(int, self.accessible("GetRole", len(ROLES)))
        if number < len(ROLES) and ROLES[number] != "extended":
            return ROLES[number]
        return _NOT_IN_NAMES.sub("-", str(self.accessible("GetRoleName", "")).strip()) or "unknown"

    @property
    def states(self) -> Iterator[str]:
        found = states_of(cast(Sequence[int], self.accessible("GetState", (0, 0))))
        return (name.replace("-", "_") for name in STATES if name in found)

    @property
    def interfaces(self) -> frozenset[str]:
        names = cast(Sequence[str], self.accessible("GetInterfaces", ()))
        return frozenset(name.removeprefix(INTERFACE) for name in names)


class _Reading:
    """Asks every element everything, and then those in it."""

    def __init__(self, bus: AccessibilityBus, whole: frozenset[str] | None) -> None:
        self._bus, self._whole = bus, whole
        self._told: dict[Place, _Told] = {ALL: _Told(0)}

    def read(self, deadline: float) -> None:
        self._bus.ask(Question(ALL, ACCESSIBLE, "GetChildren"))
        while (answered := self._bus.answer(deadline)) is not None:
            question, values = answered
            if values is None:
                continue
            told, answer = self._told[question.place], values[0] if values else None
            match question.method:
                case "GetChildren":
                    self._add(
                        told, [Place(*place) for place in cast(Sequence[tuple[str, str]], answer)][:MOST_CHILDREN]
                    )
                case "GetChildAtIndex":
                    self._add(told, [Place(*cast(tuple[str, str], answer))])
                case "GetName":
                    told.actions[cast(int, question.arguments[0])] = str(answer)
                case _:
                    interface = str(question.arguments[0]) if question.method == "GetAll" else question.interface
                    told.answers[interface, question.method] = answer
                    self._ask_more(question, told)

    def _add(self, parent: _Told, children: Sequence[Place]) -> None:
        """Ask those that are new; what is in itself, by a fault of its program, is read once."""
        for place in children:
            if place in self._told:
                continue
            parent.children.append(place)
            self._told[place] = _Told(parent.depth + 1)
            self._bus.ask(
                *(
                    Question(place, ACCESSIBLE, f"Get{what}")
                    for what in ("State", "Role", "RoleName", "Attributes", "Interfaces")
                ),
                Question(place, PROPERTIES, "GetAll", "s", (ACCESSIBLE,)),
            )

    def _ask_more(self, question: Question, told: _Told) -> None:
        place = question.place
        if question.method == "GetInterfaces":
            if "Component" in told.interfaces:
                self._bus.ask(Question(place, f"{INTERFACE}Component", "GetExtents", "u", (ON_SCREEN,)))
            if "Text" in told.interfaces:
                self._bus.ask(Question(place, f"{INTERFACE}Text", "GetText", "ii", (0, -1)))
            if "Value" in told.interfaces:
                self._bus.ask(Question(place, PROPERTIES, "GetAll", "s", (f"{INTERFACE}Value",)))
            if "Action" in told.interfaces:
                self._bus.ask(Question(place, f"{INTERFACE}Action", "GetActions"))
        elif question.method == "GetActions":
            count = len(cast(Sequence[object], told.answers[question.interface, "GetActions"]))
            self._bus.ask(*(Question(place, question.interface, "GetName", "i", (n,)) for n in range(count)))
        elif question.arguments == (ACCESSIBLE,) and told.depth < MOST_DEEP:
            is_program = told.depth == 1
            if is_program and self._whole and str(told.about(ACCESSIBLE, "Name")).lower() not in self._whole:
                return
            count = cast(int, told.about(ACCESSIBLE, "ChildCount") or 0)
            if count > MOST_CHILDREN:  # a sheet of a spreadsheet has a thousand million cells
                self._bus.ask(
                    *(Question(place, ACCESSIBLE, "GetChildAtIndex", "i", (n,)) for n in range(MOST_CHILDREN))
                )
            elif count:
                self._bus.ask(Question(place, ACCESSIBLE, "GetChildren"))

    def elements(self, parent: Place) -> Iterator[ElementTree.Element]:
        """Those in an element that have told in time what they are."""
        for place in self._told[parent].children:
            told = self._told[place]
            element = ElementTree.Element(told.role, _attributes(told))
            text = told.answers.get((f"{INTERFACE}Text", "GetText"))
            if text:
                element.text = _clean(_PLACEHOLDERS.sub("", str(text)))
            element.extend(self.elements(place))
            yield element


def _attributes(told: _Told) -> dict[str, str]:
    found = {"name": _clean(str(told.about(ACCESSIBLE, "Name") or ""))}
    found |= {f"{_ST}{state}": "true" for state in told.states}
    own = cast(Mapping[str, str], told.accessible("GetAttributes", {}))
    found |= {f"{_ATTR}{_NOT_IN_NAMES.sub('-', name)}": _clean(value) for name, value in own.items() if name}
    extents = cast("Sequence[int] | None", told.answers.get((f"{INTERFACE}Component", "GetExtents")))
    if extents is not None and {f"{_ST}visible", f"{_ST}showing"} <= found.keys():
        left, top, width, height = extents
        found |= {f"{_CP}screencoord": str((left, top)), f"{_CP}size": str((width, height))}
    found |= {name.lower(): "true" for name in ("Image", "Selection") if name in told.interfaces}
    for name, short in _VALUES.items():
        value = told.about(f"{INTERFACE}Value", name)
        if value is not None:
            found[f"{_VAL}{short}"] = str(value)
    actions = cast(Sequence[tuple[str, str, str]], told.answers.get((f"{INTERFACE}Action", "GetActions"), ()))
    for number, (_, description, key) in enumerate(actions):
        name = _NOT_IN_NAMES.sub("-", told.actions.get(number, ""))
        found |= {f"{_ACT}{name}_desc": _clean(description), f"{_ACT}{name}_kb": _clean(key)}
    return found


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("", text)
