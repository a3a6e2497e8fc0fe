"""Where windows of programs and what is in them really are: accessibility trees with their known errors mended."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import cast

import xcffib.xproto

from envs.accessibility import MOST_TEXT, Box, Element, Tree, accessibility_tree
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
from envs.virtual import VirtualDesktop
from envs.x11_display import reached
from envs.x11_window_control import X11WindowControl
from envs.x11_windows import Window
from tests.model.nano.window_items import BUTTONS, FIELDS, MENU_ITEMS

ANSWER_S = 3.0
TREE_S = 30.0
CLASSES = ("Adw", "Gtk")
"""How the names of GTK 4's elements begin that have none."""


class Placing(X11WindowControl):
    """Puts windows where a scene has them, and tells where they are."""

    def paint_desktop(self, colour: int) -> None:
        """Give the desktop behind the windows a colour, 0xRRGGBB."""
        with reached():
            self._core.ChangeWindowAttributes(self._root, xcffib.xproto.CW.BackPixel, [colour], is_checked=True).check()
            self._core.ClearArea(False, self._root, 0, 0, 0, 0, is_checked=True).check()

    def maximise(self, window: Window) -> None:
        """Let a window fill the screen, with its title bar."""
        both = (self._atom("_NET_WM_STATE_MAXIMIZED_VERT"), self._atom("_NET_WM_STATE_MAXIMIZED_HORZ"))
        self._ask_manager(window, "_NET_WM_STATE", (1, *both, 2, 0))

    def outlines(self, window: Window) -> tuple[Box, Box]:
        """The place of a window, without what the window manager draws around it and with that."""
        with reached():
            there = self._core.TranslateCoordinates(window.id, self._root, 0, 0).reply()
        width, height = self.size_px(window)
        left, right, top, bottom = self._numbers(window.id, "_NET_FRAME_EXTENTS") or (0, 0, 0, 0)
        x, y = there.dst_x, there.dst_y
        return (x, y, width, height), (x - left, y - top, width + left + right, height + top + bottom)


def tree_of(desktop: VirtualDesktop, one_by_one: bool) -> Tree:
    """What the programs show, with every window where it really is.

    GTK 4 counts from a window's own corner, and GTK 3 believes a maximised window to lie lower by its title bar.
    """
    environment = desktop.environment
    tree = _patient_tree(environment) if one_by_one else accessibility_tree(environment, timeout_s=TREE_S)
    with closing(Placing(desktop.display.name)) as placing:
        outlines = {window.title: placing.outlines(window) for window in placing.windows()}

    def placed(top: Element) -> Element:
        for outline in outlines.get(top.name, ()):
            if top.box is not None and top.box[2:] == outline[2:]:
                return _moved(top, (outline[0] - top.box[0], outline[1] - top.box[1]), _forgotten(top))
        if one_by_one and top.box is not None and top.box[:2] == (0, 0):
            if top.name not in outlines:
                return _with_children(top, ())  # where it is cannot be known
            left, above, width, height = outlines[top.name][0]
            border = (width - top.box[2]) // 2, (height - top.box[3]) // 2
            return _moved(top, (left + border[0], above + border[1]), 0)
        return top

    programs = tuple(
        _with_children(program, tuple(placed(child) for child in program.children)) for program in tree.programs
    )
    return Tree(programs, tree.complete, tree.seconds)


def _patient_tree(environment: Mapping[str, str]) -> Tree:
    """What programs show that `accessibility_tree` does not understand, asked one question at a time.

    GTK 4 says of nothing but windows that it is shown, and Qt 5 does not tell all properties at once.
    """
    with closing(AccessibilityBus(environment)) as bus:

        def asked(place: Place, interface: str, method: str, signature: str = "", *arguments: object) -> object:
            question = Question(place, interface, method, signature, arguments)
            bus.ask(question)
            deadline = time.monotonic() + ANSWER_S
            while (answered := bus.answer(deadline)) is not None:
                if answered[0] == question:  # and not one that was given up
                    return answered[1][0] if answered[1] else None
            return None

        def read(place: Place, depth: int = 0) -> Element:
            states = states_of(cast(Sequence[int], asked(place, ACCESSIBLE, "GetState") or (0, 0)))
            name, description = (
                cast(tuple[str, str], asked(place, PROPERTIES, "Get", "ss", ACCESSIBLE, about) or ("s", ""))[1]
                for about in ("Name", "Description")
            )
            role = str(asked(place, ACCESSIBLE, "GetRoleName") or "")
            text = asked(place, f"{INTERFACE}Text", "GetText", "ii", 0, MOST_TEXT) if role in FIELDS else ""
            box = cast(Box | None, asked(place, f"{INTERFACE}Component", "GetExtents", "u", ON_SCREEN))
            children = cast(Sequence[tuple[str, str]], asked(place, ACCESSIBLE, "GetChildren") or ())
            inside = tuple(read(Place(*child), depth + 1) for child in children if "visible" in states or depth < 2)
            words = [each.name for part in inside for each in part.walk() if each.role == "label"]
            if name.startswith(CLASSES) or (role in BUTTONS and len(words) == 1):
                name = words[0] if len(words) == 1 else ""
            return Element(
                role=role,
                name=name,
                description=description,
                text=str(text or ""),
                states=states | ({"showing"} if role not in MENU_ITEMS and "visible" in states else set()),
                box=box if box and min(box[2:]) > 0 else None,
                children=inside,
            )

        return Tree(read(ALL).children, complete=True, seconds=0.0)


def _forgotten(top: Element) -> int:
    """How much higher than they are LibreOffice says the buttons of its tool bars to be: by its menu bar."""
    if not any(element.role == "root pane" for element in top.walk()):
        return 0
    return next((element.box[3] for element in top.walk() if element.role == "menu bar" and element.box), 0)


def _moved(element: Element, by: tuple[int, int], in_tool_bars: int) -> Element:
    """An element and all in it, moved; what stands directly in a tool bar is moved further down."""
    box = element.box and (element.box[0] + by[0], element.box[1] + by[1], *element.box[2:])
    below = (by[0], by[1] + in_tool_bars) if element.role == "tool bar" else by
    children = (_moved(child, below if child.role in BUTTONS else by, in_tool_bars) for child in element.children)
    return _with_children(element, tuple(children), box)


def _with_children(element: Element, children: tuple[Element, ...], box: Box | None = None) -> Element:
    return Element(
        element.role, element.name, element.description, element.text, element.states, box or element.box, children
    )
