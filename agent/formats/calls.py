"""The calls that a model's code may consist of, and the action each stands for.

The names and arguments are those of pyautogui and of the published `computer` functions, because that is what models
have learned; what coordinates mean is the family's matter. The code is data: a call is looked up in the table below and
built into an action, or refused with a message for the model. Knows no prompt and no environment.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

from agent.formats.arguments import CallArguments, built
from agent.formats.base import BadArguments, NoCode, TooLong, UnknownCall
from agent.formats.literals import MAX_CALLS, Call, Value, excerpt, read_calls, untypable
from agent.formats.scales import FRACTIONS, Scale
from agent.view import View
from envs.actions import (
    Action,
    AskUser,
    Button,
    Click,
    CloseTab,
    Drag,
    GoBack,
    Move,
    Navigate,
    OpenTab,
    Press,
    Scroll,
    SelectOption,
    SwitchTab,
    Terminate,
    TypeText,
    Upload,
    Wait,
)  # fmt: skip
from envs.frame import Point

PUBLISHED_WAIT_S = 20.0
"""What `computer.wait()` means in the published prompt of the Kimi agents."""

_BUTTONS = {
    "left": Button.LEFT,
    "primary": Button.LEFT,
    "right": Button.RIGHT,
    "secondary": Button.RIGHT,
    "middle": Button.MIDDLE,
}
_STATUS = {"success": True, "failure": False, "fail": False}
_HELD = ("pyautogui.keyDown", "pyautogui.keyUp", "pyautogui.mouseDown", "pyautogui.mouseUp")
_NOTHING_IS_HELD = (
    "Keys and buttons cannot be held down: press them together with pyautogui.hotkey and drag with pyautogui.dragTo."
)
_JSON_TYPES = {"x": "number", "y": "number", "index": "integer", "paths": "array"}


def parse_calls(code: str, view: View, scale: Scale = FRACTIONS) -> tuple[Action, ...]:
    """Read a code block into actions on the frame that the view shows; at least one.

    Args:
        code: calls, one a line.
        view: what the model was shown.
        scale: what its coordinates mean.

    Raises:
        AnswerError: it cannot be carried out as it stands; nothing of it may be. The message is for the model.
    """
    calls = read_calls(code)
    actions = tuple(action for call in calls for action in _build(call, view, scale))
    if not actions:
        raise NoCode("The code block is empty: write the call that does the action.")
    if len(actions) > MAX_CALLS:
        raise TooLong(
            f"The code does {len(actions)} things: do at most {MAX_CALLS} at once, then look at the screen again."
        )
    return actions


def declarations(kinds: Collection[str]) -> list[str]:
    """The functions for those of these kinds that the published prompts lack, one JSON declaration each, as there."""
    return [
        _declaration(name, form) for name, form in _CALLS.items() if form.kind in kinds and form.kind in _DESCRIPTIONS
    ]


def short_names(kinds: Collection[str]) -> dict[str, str]:
    """The calls that do published kinds of actions, or one of these, by their names without a module's."""
    return {
        name.rpartition(".")[2]: name
        for name, form in reversed(_CALLS.items())
        if form.kind in kinds or form.kind not in _DESCRIPTIONS
    }


# ---- arguments


@dataclass(frozen=True, slots=True)
class _Arguments(CallArguments):
    """A call's arguments by name."""

    values: dict[str, Value]

    def number(self, name: str) -> int | float:
        value = self.values.get(name)
        if isinstance(value, str | tuple | None) or not math.isfinite(value if abs(value) < 1e300 else math.inf):
            raise self.fault(f"{name} must be a number.")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        if default is not None and self.values.get(name) is None:
            return default
        value = self.number(name)
        if value != int(value):
            raise self.fault(f"{name} must be a whole number.")
        return int(value)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if not isinstance(value, str):
            raise self.fault(f"{name} must be a quoted text.")
        if (character := untypable(value)) is not None:
            raise self.fault(f"{name} holds {character!a}, which cannot be typed: use pyautogui.press for keys.")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self.values.get(name) is None else self.text(name)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name)
        items = (value,) if isinstance(value, str) else value
        if not isinstance(items, tuple) or not items:
            raise self.fault(f"{name} must be a quoted text or a list of quoted texts.")
        return items

    def button(self) -> Button:
        name = self.values.get("button") or "left"
        if not isinstance(name, str) or name not in _BUTTONS:
            raise self.fault("button must be 'left', 'middle' or 'right'.")
        return _BUTTONS[name]

    def place(self) -> Point:
        return self.point(self.number("x"), self.number("y"))

    def optional_place(self) -> Point | None:
        return None if self.values.get("x") is None and self.values.get("y") is None else self.place()


# ---- the table

_Build = Callable[[_Arguments], Action | tuple[Action, ...]]


@dataclass(frozen=True, slots=True)
class _Form:
    """What a call looks like and the action it stands for."""

    parameters: tuple[str, ...]
    """In the order in which they may be given without names; those that begin with `_` are ignored."""
    kind: str
    build: _Build
    required: int = 0
    """How many of the parameters must be given, for the declaration."""


def _click(count: int, button: Button | None = None) -> _Build:
    return lambda given: Click(at=given.place(), button=button or given.button(), count=given.whole("clicks", count))


def _press(given: _Arguments) -> tuple[Action, ...]:
    """As pyautogui does: the keys of a list one after the other, and the whole list so many times."""
    keys, presses = [given.chord((key,)) for key in given.texts("keys")], given.whole("presses", 1)
    if len(keys) == 1:
        return (Press(keys=keys[0], presses=presses),)
    if not 1 <= presses <= MAX_CALLS:
        raise given.fault(f"presses must be between 1 and {MAX_CALLS} for a list of keys.")
    return tuple(Press(keys=key) for key in keys) * presses


def _scroll(axis: str) -> _Build:
    def build(given: _Arguments) -> Action:
        notches = given.whole("clicks")
        if notches == 0:
            raise given.fault("clicks must not be 0: positive scrolls up or right, negative down or left.")
        place = given.optional_place()
        return Scroll(at=place, horizontal=notches) if axis == "horizontal" else Scroll(at=place, vertical=notches)

    return build


def _terminate(given: _Arguments) -> Action:
    status = given.text("status")
    if status not in _STATUS:
        raise given.fault("status must be 'success' or 'failure'.")
    return Terminate(success=_STATUS[status], answer=given.optional_text("answer"))


def _wait(default_s: float) -> _Build:
    return lambda given: Wait(seconds=default_s if given.values.get("seconds") is None else given.number("seconds"))


_TYPE = _Form(("message", "_interval"), "type", lambda given: TypeText(text=given.text("message")))
_TRIPLE = _Form(("x", "y", "_interval", "button"), "click", _click(3))
_SCROLL = _Form(("clicks", "x", "y"), "scroll", _scroll("vertical"))

_CALLS: dict[str, _Form] = {
    "pyautogui.click": _Form(("x", "y", "clicks", "_interval", "button"), "click", _click(1)),
    "pyautogui.leftClick": _Form(("x", "y"), "click", _click(1, Button.LEFT)),
    "pyautogui.doubleClick": _Form(("x", "y", "_interval", "button"), "click", _click(2)),
    "pyautogui.tripleClick": _TRIPLE,
    "pyautogui.rightClick": _Form(("x", "y"), "click", _click(1, Button.RIGHT)),
    "pyautogui.middleClick": _Form(("x", "y"), "click", _click(1, Button.MIDDLE)),
    "pyautogui.moveTo": _Form(("x", "y", "_duration"), "move", lambda given: Move(to=given.place())),
    "pyautogui.dragTo": _Form(
        ("x", "y", "_duration", "_tween", "button"),
        "drag",
        lambda given: Drag(end=given.place(), button=given.button()),
    ),
    "pyautogui.scroll": _SCROLL,
    "pyautogui.vscroll": _SCROLL,
    "pyautogui.hscroll": _Form(("clicks", "x", "y"), "scroll", _scroll("horizontal")),
    "pyautogui.write": _TYPE,
    "pyautogui.typewrite": _TYPE,
    "pyautogui.press": _Form(("keys", "presses", "_interval"), "press", _press),
    "pyautogui.hotkey": _Form(("keys",), "press", lambda given: Press(keys=given.chord(given.texts("keys")))),
    "pyautogui.sleep": _Form(("seconds",), "wait", _wait(1.0)),
    "time.sleep": _Form(("seconds",), "wait", _wait(1.0)),
    "computer.triple_click": _TRIPLE,
    "computer.wait": _Form(("seconds",), "wait", _wait(PUBLISHED_WAIT_S)),
    "computer.ask_user": _Form(("question",), "ask_user", lambda given: AskUser(question=given.text("question")), 1),
    "computer.terminate": _Form(("status", "answer"), "terminate", _terminate),
    "browser.goto": _Form(("url",), "navigate", lambda given: Navigate(url=given.text("url")), 1),
    "browser.back": _Form((), "back", lambda _: GoBack()),
    "browser.switch_tab": _Form(("index",), "switch_tab", lambda given: SwitchTab(index=given.whole("index")), 1),
    "browser.open_tab": _Form(("url",), "open_tab", lambda given: OpenTab(url=given.optional_text("url"))),
    "browser.close_tab": _Form((), "close_tab", lambda _: CloseTab()),
    "browser.select_option": _Form(
        ("x", "y", "option"),
        "select_option",
        lambda given: SelectOption(at=given.place(), option=given.text("option")),
        3,
    ),
    "browser.upload": _Form(("paths",), "upload", lambda given: Upload(paths=given.texts("paths")), 1),
}

_DESCRIPTIONS: dict[str, str] = {
    action.model_fields["kind"].default: (action.__doc__ or "").strip()
    for action in (AskUser, Navigate, GoBack, SwitchTab, OpenTab, CloseTab, SelectOption, Upload)
}
"""Of the kinds of actions that the published prompts do not have."""


def _build(call: Call, view: View, scale: Scale) -> tuple[Action, ...]:
    form = _CALLS.get(call.name)
    if form is None:
        if call.name in _HELD:
            raise UnknownCall(_NOTHING_IS_HELD)
        raise UnknownCall(f"There is no {call.name}. There are: {', '.join(_CALLS)}.")
    return built(_Arguments(call.name, view, scale, _named(call, form)), form.build)


def _named(call: Call, form: _Form) -> dict[str, Value]:
    """The arguments by name, as Python would assign them."""
    positional: tuple[Value, ...] = call.positional
    if call.name == "pyautogui.hotkey" and len(positional) > 1:
        texts = tuple(value for value in positional if isinstance(value, str))
        if len(texts) != len(positional):
            raise BadArguments(f"{call.name}: every key must be a quoted text.")
        positional = (texts,)
    parameters = ", ".join(name for name in form.parameters if not name.startswith("_")) or "no arguments"
    if len(positional) > len(form.parameters):
        raise BadArguments(f"{call.name} takes {parameters}, not {len(positional)} arguments.")
    values = dict(zip(form.parameters, positional, strict=False))
    for name, value in call.named.items():
        if name in values or name not in form.parameters:
            raise BadArguments(f"{call.name} takes {parameters}; {excerpt(name)} is unknown or given twice.")
        values[name] = value
    return values


def _declaration(name: str, form: _Form) -> str:
    return json.dumps(
        {
            "name": name,
            "description": _DESCRIPTIONS[form.kind],
            "parameters": {
                "type": "object",
                "properties": {
                    parameter: {"type": _JSON_TYPES.get(parameter, "string")} for parameter in form.parameters
                },
                "required": list(form.parameters[: form.required]),
            },
        }
    )
