"""Which screens are shown again, and how much of a prompt is that of the step before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL.Image import Image

from agent.formats.base import Answer
from agent.formats.kimi_vl import KimiVLFormat
from agent.history import History
from agent.view import View
from envs.actions import Wait
from envs.frame import Frame
from model.messages import Message


def screen(number: int) -> Frame:
    return Frame(np.full((2, 2, 3), number, dtype=np.uint8))


def remembered(history: History, steps: int) -> None:
    for number in range(steps):
        history.add(Answer(f"thought {number}", f"action {number}", (Wait(),)), screen(number), (), done=True)


def pictures(history: History) -> list[bool]:
    return [step.picture is not None for step in history.steps]


def test_the_published_window_slides() -> None:
    history = History(max_pictures=3)
    remembered(history, 5)
    assert pictures(history) == [False, False, False, True, True]


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 20))
def test_the_oldest_go_and_there_are_never_too_many(max_pictures: int, evicted_at_once: int, steps: int) -> None:
    history = History(max_pictures, evicted_at_once)
    remembered(history, steps)
    shown = pictures(history)
    assert len(shown) == steps
    assert sum(shown) < max_pictures
    assert shown == sorted(shown)


def flat(messages: list[Message]) -> list[str | bytes]:
    """The prompt as it is read, part by part."""
    parts: list[str | bytes] = []
    for message in messages:
        parts.append(f"<{message.role}>")
        parts += [part.tobytes() if isinstance(part, Image) else part for part in message.parts]
    return parts


@pytest.mark.parametrize(("evicted_at_once", "expected"), [(1, 2), (2, 4)])
def test_in_bulk_more_prompts_continue_the_one_before(evicted_at_once: int, expected: int) -> None:
    """Of seven steps behind the first: up to the screen before it, the prompt is as it was."""
    form = KimiVLFormat(evicted_at_once=evicted_at_once)
    history = History(form.max_pictures, form.evicted_at_once)
    continued, before = 0, list[str | bytes]()
    for number in range(8):
        prompt = flat(form.prompt("Do it.", View.whole(screen(number)).picture(), history.steps))
        up_to_the_task = before[:-1]
        continued += bool(before) and prompt[: len(up_to_the_task)] == up_to_the_task
        history.add(Answer("", f"action {number}", (Wait(),)), screen(number), (), done=True)
        before = prompt
    assert continued == expected


def test_the_mode_has_a_name_of_its_own() -> None:
    assert KimiVLFormat().name == "kimi-vl"
    assert KimiVLFormat(evicted_at_once=2).name == "kimi-vl, 2 pictures evicted at once"
