"""The prompts of UI-TARS word for word, and its published examples of answers read into actions."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent.formats.base import (
    UNTRUSTED,
    AnswerError,
    BadArguments,
    BadSyntax,
    NoCode,
    OutsideScreen,
    PastStep,
    UnknownCall,
)
from agent.formats.ui_tars import GROUNDING_PROMPT, PROMPT, SCALE, UITarsFormat
from agent.view import View
from envs.actions import Action, Button, Click, Drag, Press, Scroll, Terminate, TypeText, Wait
from envs.frame import Frame
from model.messages import Message

FULL_HD = Frame(np.zeros((1080, 1920, 3), np.uint8))
VIEW = View.whole(FULL_HD)
PICTURE = Image.new("RGB", (20, 10))
FORMAT = UITarsFormat()


def read(action: str) -> Action:
    [only] = FORMAT.parse(f"Thought: I see it.\nAction: {action}", VIEW).actions
    return only


def at(x_px: float, y_px: float):
    """A place in pixels of the resized picture, which is 1932x1092 for a screen of 1920x1080."""
    return FULL_HD.point(x_px / 1932, y_px / 1092)


@pytest.mark.parametrize(
    ("size_px", "resized"),
    [
        ((1920, 1080), (1932, 1092)),
        ((1280, 720), (1288, 728)),
        ((5120, 2880), (4760, 2688)),
        ((200, 100), (420, 224)),
    ],
)
def test_sizes_are_those_of_the_published_image_processor(size_px: tuple[int, int], resized: tuple[int, int]) -> None:
    assert SCALE.resizing.resized_px(*size_px) == resized


@given(st.integers(200, 8000), st.integers(200, 8000))
def test_a_resized_picture_keeps_to_the_limits(width: int, height: int) -> None:
    across, down = SCALE.resizing.resized_px(width, height)
    assert across % 28 == down % 28 == 0
    assert SCALE.resizing.min_pixels <= across * down <= SCALE.resizing.max_pixels


def test_the_prompt_is_the_published_one() -> None:
    [system, task, screen] = FORMAT.prompt("Save the file.", PICTURE, [])
    assert system == Message.system("You are a helpful assistant.")
    assert screen == Message.user(PICTURE)
    [text] = task.parts
    assert isinstance(text, str)
    assert text.startswith("You are a GUI agent. You are given a task and your action history, with screenshots.")
    assert "\nscroll(point='<point>x1 y1</point>', direction='down or up or right or left') # Show more" in text
    assert r"use \n at the end of content. " + "\n" in text
    assert text.endswith("\n## User Instruction\nSave the file.\n")
    assert text == PROMPT.replace("{instruction}", "Save the file.")


def test_where_the_agent_acts_on_its_own_the_screen_is_said_to_be_data() -> None:
    assert UNTRUSTED in str(UITarsFormat(("click",)).prompt("Go.", PICTURE, [])[1].parts[0])
    assert UNTRUSTED not in str(FORMAT.prompt("Go.", PICTURE, [])[1].parts[0])


def test_older_steps_keep_their_words_and_lose_their_picture() -> None:
    steps = [PastStep("First.", "wait()"), PastStep("Second.", "click(start_box='(1,2)')", PICTURE)]
    messages = FORMAT.prompt("Go.", PICTURE, steps)
    assert messages[2:] == [
        Message.assistant("Thought: First.\nAction: wait()"),
        Message.user(PICTURE),
        Message.assistant("Thought: Second.\nAction: click(start_box='(1,2)')"),
        Message.user(PICTURE),
    ]


PUBLISHED: dict[str, Action] = {
    "click(start_box='(197,525)')": Click(at=at(197, 525)),
    "click(point='<point>200 300</point>')": Click(at=at(200, 300)),
    "click(start_box='<|box_start|>(112,224)<|box_end|>')": Click(at=at(112, 224)),
    "click(start_box='(100,200,300,400)')": Click(at=at(200, 300)),
    "left_double(point='<point>10 20</point>')": Click(at=at(10, 20), count=2),
    "right_single(point='<point>10 20</point>')": Click(at=at(10, 20), button=Button.RIGHT),
    "drag(start_point='<point>1 2</point>', end_point='<point>3 4</point>')": Drag(start=at(1, 2), end=at(3, 4)),
    "hotkey(key='ctrl c')": Press(keys=("ctrl", "c")),
    "hotkey(key='arrowleft')": Press(keys=("left",)),
    "scroll(point='<point>10 20</point>', direction='down')": Scroll(at=at(10, 20), vertical=-5),
    "scroll(direction='left', start_box='(10,20)')": Scroll(at=at(10, 20), horizontal=-5),
    r"type(content='It\'s \"here\"\n')": TypeText(text='It\'s "here"\n'),
    "type(content='It's here')": TypeText(text="It's here"),
    "type(content='turn')": TypeText(text="turn"),
    "wait()": Wait(seconds=5),
    "finished(content='Done.')": Terminate(success=True, answer="Done."),
    "finished()": Terminate(success=True),
    "call_user()": Terminate(success=False),
}


@pytest.mark.parametrize(("action", "expected"), PUBLISHED.items(), ids=PUBLISHED)
def test_published_actions_are_read(action: str, expected: Action) -> None:
    assert read(action) == expected


def test_the_thought_and_the_call_itself_are_what_is_remembered() -> None:
    answer = FORMAT.parse("Thought: Two lines\nof it.\nAction: wait()\n\nhotkey(key='enter')", VIEW)
    assert (answer.thought, answer.action) == ("Two lines\nof it.", "wait()\n\nhotkey(key='enter')")
    assert answer.actions == (Wait(seconds=5), Press(keys=("enter",)))


def test_a_place_belongs_to_the_part_of_the_screen_that_was_shown() -> None:
    part = View(FULL_HD, (960, 540, 1920, 1080))  # shown as 952x532
    [click] = FORMAT.parse("Action: click(start_box='(476,266)')", part).actions
    assert isinstance(click, Click)
    assert (click.at.x, click.at.y) == pytest.approx((0.75, 0.75))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("I cannot do it.", NoCode),
        ("Action:", NoCode),
        ("Action: click", BadSyntax),
        ("Action: __import__('os').system('ls')", UnknownCall),
        ("Action: system(command='ls')", UnknownCall),
        ("Action: click(point='here')", BadArguments),
        ("Action: click()", BadArguments),
        ("Action: click(point='<point>1933 5</point>')", OutsideScreen),
        ("Action: hotkey(key='warp')", BadArguments),
        ("Action: scroll(direction='in')", BadArguments),
        ("Action: type(content='\x00')", BadArguments),
    ],
)
def test_what_cannot_be_carried_out_is_refused(text: str, error: type[AnswerError]) -> None:
    with pytest.raises(error):
        FORMAT.parse(text, VIEW)


@given(st.text())
def test_no_answer_raises_anything_else(text: str) -> None:
    with suppress(AnswerError):
        assert FORMAT.parse(f"Action: {text}", VIEW).actions


def test_grounding() -> None:
    messages = FORMAT.grounding_prompt("Save", PICTURE)
    assert messages[1].parts == (GROUNDING_PROMPT.replace("{instruction}", "Save"),)
    assert FORMAT.parse_grounding("Action: click(start_box='(197,525)')", VIEW).actions == (Click(at=at(197, 525)),)
    with pytest.raises(NoCode):
        FORMAT.parse_grounding("Action: wait()", VIEW)
