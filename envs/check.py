"""The contract of environments, executable.

`check_env(env)` tries what every environment promises and names each promise that is broken. It does nothing that could
leave a trace: it moves the pointer, turns the wheel by nothing, types nothing, presses Shift, and opens and closes an
empty tab, where the environment says that it can.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from envs import actions
from envs.actions import ACTIONS, Action
from envs.base import Env, EnvError, EnvUnavailable, Observation, Outcome, UnsupportedAction
from envs.frame import Frame, Point, PointOutsideFrame, StaleFrame

_AGENTS_OWN = frozenset({"wait", "ask_user", "terminate"})


class ContractBroken(AssertionError):
    """Raised when an environment does not keep the contract: one sentence for each broken rule."""


def check_env(env: Env) -> None:
    """Hold an environment to the contract of `envs.base.Env`. It is closed afterwards.

    Raises:
        ContractBroken: it does not keep it; the message lists every broken rule that was found.
    """
    broken: list[str] = []
    try:
        for rules in (_capabilities, _observations, _places, _supported, _unsupported):
            try:
                broken += rules(env)
            except Exception as error:
                broken.append(f"{rules.__name__.strip('_').capitalize()}: {type(error).__name__} was raised, {error}")
    finally:
        broken += _closing(env)
    if broken:
        raise ContractBroken("\n".join(broken))


def _capabilities(env: Env) -> Iterator[str]:
    kinds = {sample.kind for sample in _samples(env.observe().frame)}
    if unknown := env.capabilities - kinds:
        yield f"Capabilities name kinds of actions that do not exist: {', '.join(sorted(unknown))}."
    if own := env.capabilities & _AGENTS_OWN:
        yield f"Capabilities name what is the agent's, not the environment's: {', '.join(sorted(own))}."


def _observations(env: Env) -> Iterator[str]:
    first = env.observe()
    kept = first.frame.pixels.copy()
    second = env.observe()
    for observation in (first, second):
        yield from _observation(env, observation)
    if second.frame.id <= first.frame.id:
        yield f"Frame ids do not increase: {first.frame.id} was followed by {second.frame.id}."
    if not np.array_equal(kept, first.frame.pixels):
        yield "The pixels of a frame changed after it was handed out."


def _observation(env: Env, observation: Observation) -> Iterator[str]:
    frame, pixels = observation.frame, observation.frame.pixels
    if pixels.dtype != np.uint8:
        yield f"Pixels are {pixels.dtype}, not uint8."
    if pixels.ndim != 3 or pixels.shape[-1] != 3 or 0 in pixels.shape:
        yield f"Pixels have the shape {pixels.shape}, not (height, width, 3)."
    if not pixels.flags.c_contiguous:
        yield "Pixels are not contiguous."
    if not (math.isfinite(frame.dev_per_px) and frame.dev_per_px > 0):
        yield f"A frame has {frame.dev_per_px} device units per pixel; there must be more than 0."
    if not (0 <= observation.capture_s < math.inf and 0 <= observation.settle_s < math.inf):
        yield "An observation's times are not numbers of seconds."
    if observation.tabs:
        active = [tab for tab in observation.tabs if tab.active]
        if len(active) != 1:
            yield f"{len(active)} tabs are active; one must be."
        elif (active[0].title, active[0].url) != (observation.title, observation.url):
            yield "Title and URL are not those of the active tab."
    if "switch_tab" in env.capabilities and not observation.tabs:
        yield "Tabs can be switched, but an observation lists none."
    if "navigate" in env.capabilities and observation.url is None:
        yield "Addresses can be opened, but an observation does not tell the present one."
    for download in observation.downloads:
        if not download.path.is_file() or download.path.stat().st_size != download.size_bytes:
            yield f"The download {download.path} is not there, or not of the size told."


def _places(env: Env) -> Iterator[str]:
    stale = env.observe().frame
    frame = env.observe().frame
    for x, y in ((1.5, 0.5), (0.5, -0.01), (math.nan, 0.5)):
        try:
            frame.point(x, y)
            yield f"A point outside its frame, ({x}, {y}), was not refused with PointOutsideFrame."
        except PointOutsideFrame:
            pass
    foreign = Point(frame.id + 1_000_000, 0.5, 0.5)
    for point, what in ((stale.point(0.5, 0.5), "an earlier frame"), (foreign, "a frame that never was")):
        action = _pointing(env, point)
        if action is None:
            return
        try:
            env.execute(action)
            yield f"A point of {what} was not refused with StaleFrame."
        except StaleFrame:
            pass


def _pointing(env: Env, point: Point) -> Action | None:
    """The least harmful action at a place, should it be carried out after all."""
    candidates: tuple[Action, ...] = (actions.Move(to=point), actions.Scroll(at=point), actions.Click(at=point))
    return next((action for action in candidates if action.kind in env.capabilities), None)


def _supported(env: Env) -> Iterator[str]:
    frame = env.observe().frame
    harmless: tuple[Action, ...] = (
        actions.Move(to=frame.point(0.5, 0.5)),
        actions.Move(to=frame.point(1.0, 1.0)),
        actions.Scroll(at=frame.point(0.5, 0.5)),
        actions.Scroll(),
        actions.TypeText(text=""),
        actions.Press(keys=("shift",)),
    )
    for action in harmless:
        if action.kind in env.capabilities:
            yield from _carried_out(env, action)
    before = env.observe().tabs
    if "switch_tab" in env.capabilities:
        yield from _carried_out(env, actions.SwitchTab(index=next(i for i, tab in enumerate(before) if tab.active)))
    if {"open_tab", "close_tab"} <= env.capabilities:
        yield from _carried_out(env, actions.OpenTab())
        opened = env.observe().tabs
        if len(opened) != len(before) + 1:
            yield f"Opening a tab led from {len(before)} tabs to {len(opened)}."
        yield from _carried_out(env, actions.CloseTab())
        if env.observe().tabs != before:
            yield "Opening a tab and closing it did not lead back to the tabs that were there."


def _carried_out(env: Env, action: Action) -> Iterator[str]:
    try:
        outcome = env.execute(action)
    except (EnvError, StaleFrame, PointOutsideFrame) as error:
        yield f"{action.kind} is among the capabilities, but {action!r} raised {type(error).__name__}: {error}"
        return
    if not isinstance(outcome, Outcome):  # pyright: ignore[reportUnnecessaryIsInstance]
        yield f"{action.kind} did not return an Outcome."


def _unsupported(env: Env) -> Iterator[str]:
    idle, before = env.observe(), env.observe()
    rests = np.array_equal(idle.frame.pixels, before.frame.pixels)
    tried = [sample for sample in _samples(before.frame) if sample.kind not in env.capabilities]
    for action in tried:
        try:
            env.execute(action)
            yield f"{action.kind} is not among the capabilities, but was not refused with UnsupportedAction."
        except UnsupportedAction:
            pass
    after = env.observe()
    same_place = (before.title, before.url, before.tabs) == (after.title, after.url, after.tabs)
    if not same_place or (rests and not np.array_equal(before.frame.pixels, after.frame.pixels)):
        yield "Refused actions had an effect."


def _closing(env: Env) -> Iterator[str]:
    can = env.capabilities
    for nth in ("the first", "the second"):
        try:
            env.close()
        except Exception as error:
            yield f"Closing {nth} time raised {type(error).__name__}: {error}"
    calls: dict[str, Callable[[], object]] = {"Observing": env.observe}
    if "press" in can:
        calls["Acting"] = lambda: env.execute(actions.Press(keys=("shift",)))
    for name, call in calls.items():
        try:
            call()
            yield f"{name} after closing did not raise EnvUnavailable."
        except EnvUnavailable:
            pass
        except Exception as error:
            yield f"{name} after closing raised {type(error).__name__}, not EnvUnavailable."


def _samples(frame: Frame) -> tuple[Action, ...]:
    """One action of every kind."""
    middle = {"frame_id": frame.id, "x": 0.5, "y": 0.5}
    fields = {
        "click": {"at": middle}, "move": {"to": middle}, "drag": {"start": middle, "end": middle},
        "scroll": {"at": middle}, "type": {"text": ""}, "press": {"keys": ["shift"]}, "wait": {},
        "navigate": {"url": "about:blank"}, "back": {}, "switch_tab": {"index": 0}, "open_tab": {}, "close_tab": {},
        "select_option": {"at": middle, "option": ""}, "upload": {"paths": ["none"]}, "ask_user": {"question": "?"},
        "terminate": {"success": False},
    }  # fmt: skip
    return tuple(ACTIONS.validate_python({"kind": kind, **given}) for kind, given in fields.items())
