"""What can be done to a screen: one frozen class an action, told apart by `kind`.

Their JSON schema, their documentation and the decoding grammar are made from these classes alone. An action says what
is to happen, never how: backends know their own input devices. Places are Points, so an action always knows which frame
it was decided on.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from envs.frame import Point
from envs.keys import canonical_chord


class _Action(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Button(StrEnum):
    """Of a mouse."""

    LEFT = "left"
    RIGHT = "right"
    MIDDLE = "middle"


class Click(_Action):
    """Press and release a mouse button at a place, once or several times in quick succession."""

    kind: Literal["click"] = "click"
    at: Point
    button: Button = Button.LEFT
    count: Annotated[int, Field(ge=1, le=3)] = 1
    """2 is a double click, 3 a triple click."""


class Move(_Action):
    """Move the pointer without pressing anything, as for a tooltip or a hover menu."""

    kind: Literal["move"] = "move"
    to: Point


class Drag(_Action):
    """Press a button at one place, move, release at another. Without `start` it begins where the pointer is."""

    kind: Literal["drag"] = "drag"
    start: Point | None = None
    end: Point
    button: Button = Button.LEFT


class Scroll(_Action):
    """Turn the wheel. Notches as the wheel has them: positive is up and right, negative down and left."""

    kind: Literal["scroll"] = "scroll"
    at: Point | None = None
    """Where the pointer is while scrolling; by default it stays where it is, or goes to the middle from nowhere."""
    vertical: Annotated[int, Field(ge=-100, le=100)] = 0
    horizontal: Annotated[int, Field(ge=-100, le=100)] = 0


class TypeText(_Action):
    """Type text into whatever has the focus. A newline is the Enter key."""

    kind: Literal["type"] = "type"
    text: Annotated[str, Field(max_length=10_000)]


class Press(_Action):
    """Press keys one after the other, holding them, and release all: ["ctrl", "a"]. `envs.keys` has their names."""

    kind: Literal["press"] = "press"
    keys: Annotated[tuple[str, ...], Field(min_length=1, max_length=5), AfterValidator(canonical_chord)]
    """Canonical once the action exists, whatever spelling it was made with."""
    presses: Annotated[int, Field(ge=1, le=100)] = 1


class Wait(_Action):
    """Do nothing for a while; the screen is looked at again afterwards."""

    kind: Literal["wait"] = "wait"
    seconds: Annotated[float, Field(gt=0, le=60)] = 2.0


class Navigate(_Action):
    """Open an address in the current tab."""

    kind: Literal["navigate"] = "navigate"
    url: Annotated[str, Field(min_length=1, max_length=4096)]


class GoBack(_Action):
    """Go back in the current tab's history."""

    kind: Literal["back"] = "back"


class SwitchTab(_Action):
    """Bring a tab to the front, counted from 0 in the order of the observation's list."""

    kind: Literal["switch_tab"] = "switch_tab"
    index: Annotated[int, Field(ge=0)]


class OpenTab(_Action):
    """Open a new tab, empty or at an address."""

    kind: Literal["open_tab"] = "open_tab"
    url: Annotated[str, Field(max_length=4096)] | None = None


class CloseTab(_Action):
    """Close the current tab; the one before it comes to the front."""

    kind: Literal["close_tab"] = "close_tab"


class SelectOption(_Action):
    """Choose an option, by its visible text, of the native select box at a place."""

    kind: Literal["select_option"] = "select_option"
    at: Point
    option: Annotated[str, Field(max_length=1000)]


class Upload(_Action):
    """Hand files, from the folder the user allowed, to the file chooser that the page has opened."""

    kind: Literal["upload"] = "upload"
    paths: Annotated[tuple[str, ...], Field(min_length=1)]


class AskUser(_Action):
    """Ask the person something that the screen does not tell."""

    kind: Literal["ask_user"] = "ask_user"
    question: Annotated[str, Field(min_length=1, max_length=4000)]


class Terminate(_Action):
    """End the episode, with what the model believes of it."""

    kind: Literal["terminate"] = "terminate"
    success: bool
    answer: Annotated[str, Field(max_length=10_000)] | None = None


Action = Annotated[
    Click | Move | Drag | Scroll | TypeText | Press | Wait | Navigate | GoBack | SwitchTab | OpenTab | CloseTab
    | SelectOption | Upload | AskUser | Terminate,
    Field(discriminator="kind"),
]  # fmt: skip

ACTIONS: TypeAdapter[Action] = TypeAdapter(Action)
"""Reads an action from JSON or plain data, writes it, and gives its JSON schema."""


def pointed_at(action: Action) -> Point | None:
    """The place an action points at; None for keys, waiting and the like."""
    match action:
        case Click(at=point) | Move(to=point) | Drag(end=point) | SelectOption(at=point) | Scroll(at=point):
            return point
        case _:
            return None
