"""What can be asked about a program's window, from what the accessibility tree says: items that are certain alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from envs.accessibility import Box, Element, Tree
from tests.model.nano.render_screens import Item, Target, clean, instruction
from tests.model.nano.window_scenes import BadScene, Scene

MIN_SIDE_PX = 8
NARROWEST_PX = 4.0
"""Of a character, on the average of a text: a button with less room shows an icon instead of its name."""
WIDEST_ICON_PX = 50
"""Of a tool bar's buttons that show an icon alone."""

TICKS: Final = frozenset({"check box", "radio button", "switch"})
FIELDS: Final = frozenset({"entry", "password text", "spin box", "spin button", "text"})
BUTTONS: Final = frozenset({"push button", "toggle button", "button"})
MENU_ITEMS: Final = frozenset({"menu item", "check menu item", "radio menu item"})
LABELS: Final = BUTTONS | MENU_ITEMS | {"link", "list item", "menu", "page tab", "table cell", "tab", "tree item"}
CLIPPING: Final = frozenset(
    {
        "dialog", "filler", "frame", "group", "layered pane", "list", "list box", "scroll pane", "table", "tree",
        "tree table", "viewport",
    }
)  # fmt: skip
TOPMOST: Final = frozenset({"alert", "color chooser", "dialog", "file chooser", "font chooser", "frame", "window"})


@dataclass(frozen=True, slots=True)
class _Place:
    """An element and what it stands in."""

    element: Element
    ancestors: tuple[Element, ...]

    @property
    def box(self) -> Box:
        return self.element.box or (0, 0, 0, 0)

    @property
    def name(self) -> str:
        return clean(self.element.name)


def _places(element: Element, ancestors: tuple[Element, ...] = ()) -> Iterator[_Place]:
    """An element and all in it, but for menu bars without a place, by which LibreOffice doubles GTK's."""
    if element.role == "menu bar" and element.box is None:
        return
    yield _Place(element, ancestors)
    for child in element.children:
        yield from _places(child, (*ancestors, element))


def items_of(scene: Scene, tree: Tree) -> list[Item]:
    """The items of a scene from what its program says, those that are certain alone.

    Raises:
        BadScene: there is no window in front, a declared icon or field is not there, or an absent label is.
    """
    everything = [place for program in tree.programs for place in _places(program)]
    front = _front(scene, everything)
    shown = [place for place in everything if front.element in (*place.ancestors, place.element)]
    texts = [text for place in everything for text in _texts(place)]
    counts = Counter(text.casefold() for text in texts)
    popup = _popup(shown)
    targets: list[Target] = []
    missing = {*scene.icons, *scene.values}
    for place in shown:
        kind, label = _asked(scene, place, shown)
        if not kind or not _is_whole(place, scene.size) or (popup and _covered(place, popup)):
            continue
        if kind != "icon" and (counts[label.casefold()] != 1 or label in scene.without):
            continue
        around = [other for other in place.ancestors if other.role in BUTTONS]
        if any(label in (clean(other.name), clean(other.description)) for other in around):
            continue
        missing.discard(label)
        left, top, width, height = place.box
        targets.append(
            {
                "kind": kind,
                "label": scene.icons[label] if kind == "icon" else label,
                "value": scene.values.get(label, ""),
                "ticked": "checked" in place.element.states,
                "faults": [],
                "html": "",
                "box": [left, top, left + width, top + height],
            }
        )
    if missing:
        raise BadScene(f"{scene.name}: declared, but not to be asked: {', '.join(sorted(missing))}.")
    seen = " ".join(texts).casefold()
    if present := [label for label in scene.absent if label.casefold() in seen]:
        raise BadScene(f"{scene.name}: declared absent, but on the screen: {', '.join(present)}.")
    screen = f"{scene.name}.png"
    items: list[Item] = [
        {
            "screen": screen,
            "kind": target["kind"],
            "instruction": instruction(target),
            "box_px": [round(edge) for edge in target["box"]],
        }
        for target in targets
    ]
    for label in scene.absent:
        items.append({"screen": screen, "kind": "absent", "instruction": f'Click "{label}"', "box_px": None})
    times = Counter(item["instruction"] for item in items)
    return [item for item in items if times[item["instruction"]] == 1]


def _front(scene: Scene, everything: list[_Place]) -> _Place:
    """The window that is asked about."""
    windows = [place for place in everything if len(place.ancestors) == 1]
    if scene.front:
        found = [place for place in windows if re.search(scene.front, place.element.name)]
    else:
        found = [place for place in windows if "active" in place.element.states]
    if len(found) != 1:
        names = [(each.element.role, each.element.name, sorted(each.element.states)) for each in windows]
        raise BadScene(f"{scene.name}: {len(found)} windows are in front instead of one, of {names}.")
    return found[0]


def _asked(scene: Scene, place: _Place, shown: list[_Place]) -> tuple[str, str]:
    """What kind of item an element makes and by which label; an empty kind for what makes none."""
    element, name = place.element, place.name
    if not {"showing", "sensitive"} <= element.states or element.box is None:
        return "", ""
    icon = name or clean(element.description)
    if icon in scene.icons and element.role in BUTTONS | TICKS:
        return "icon", icon
    if element.role in FIELDS:
        label = _label_of(place, shown)
        return ("field", label) if label in scene.values else ("", "")
    if (
        '"' in name
        or not any(char.isalnum() for char in name)
        or not _has_room(place)
        or name != " ".join(element.name.split()).rstrip(": ")
    ):
        return "", ""
    if element.role in TICKS:
        if any(other.role == "tool bar" for other in place.ancestors):
            return "", ""  # a button of Qt's that stays pressed
        is_set = element.role == "radio button" and "checked" in element.states
        return ("", "") if is_set else ("checkbox", name)
    if element.role == "table cell" and any(other.role == "tree table" for other in place.ancestors):
        return "", ""  # GTK gives it a place beside its text
    return ("label", name) if element.role in LABELS else ("", "")


def _label_of(entry: _Place, shown: list[_Place]) -> str:
    """The label that a field says it has, or that stands directly left of it."""
    labels = [place for place in shown if place.element.role in ("label", "check box") and place.name]
    if entry.name and entry.name in {place.name for place in labels}:
        return entry.name
    left, top, _, height = entry.box
    beside = [
        place
        for place in labels
        if abs(place.box[1] + place.box[3] / 2 - top - height / 2) <= 6 and place.box[0] + place.box[2] <= left + 2
    ]
    return max(beside, key=lambda place: place.box[0] + place.box[2]).name if beside else entry.name


def _has_room(place: _Place) -> bool:
    """Whether it is wide enough to show its name; in a tool bar that takes more, since all buttons have icons."""
    in_tool_bar = place.element.role in BUTTONS and any(other.role == "tool bar" for other in place.ancestors)
    return place.box[2] >= max(NARROWEST_PX * len(place.name), WIDEST_ICON_PX if in_tool_bar else 0)


def _texts(place: _Place) -> Iterator[str]:
    """What an element shows as text; what its surroundings have said already does not count twice."""
    element, name = place.element, place.name
    if "showing" not in element.states or element.box is None or not place.ancestors or element.role in TOPMOST:
        return
    if element.role in FIELDS or element.role in ("terminal", "document text", "paragraph"):
        yield from filter(None, (clean(line) for line in element.text.splitlines()))
    elif (
        name
        and (element.role not in BUTTONS or _has_room(place))
        and all(clean(other.name) != name for other in place.ancestors[1:])
    ):
        yield name


def _is_whole(place: _Place, screen: tuple[int, int]) -> bool:
    """Whether it is large enough and nothing around it cuts it off."""
    left, top, width, height = place.box
    if min(width, height) < MIN_SIDE_PX:
        return False
    if left < 0 or top < 0 or left + width > screen[0] or top + height > screen[1]:
        return False
    around: list[Box] = []
    if not _is_in_menu(place) and not any(other.role in ("menu", "popup menu") for other in place.ancestors):
        around += [each.box for each in place.ancestors if each.role in CLIPPING and each.box is not None]
    return all(
        left >= box[0] - 1 and top >= box[1] - 1 and left + width <= box[0] + box[2] + 1
        and top + height <= box[1] + box[3] + 1
        for box in around
    )  # fmt: skip


def _popup(shown: list[_Place]) -> Box | None:
    """The place of an opened menu."""
    boxes = [place.box for place in shown if _is_in_menu(place) and place.element.box is not None]
    if not boxes:
        return None
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    return left, top, max(box[0] + box[2] for box in boxes) - left, max(box[1] + box[3] for box in boxes) - top


def _is_in_menu(place: _Place) -> bool:
    """Whether it is an entry of an opened menu; Qt calls those of the menu bar menu items, too."""
    return place.element.role in MENU_ITEMS and place.ancestors[-1].role != "menu bar"


def _covered(place: _Place, popup: Box) -> bool:
    """Whether an opened menu lies over an element of the window below."""
    if _is_in_menu(place) or any(other.role in ("menu", "popup menu") for other in place.ancestors):
        return False
    left, top, width, height = place.box
    return (
        left < popup[0] + popup[2] and popup[0] < left + width and top < popup[1] + popup[3] and popup[1] < top + height
    )
