"""The prompts of other model families as they are published, and their published examples of answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from agent import formats
from agent.formats import FAMILIES, UnknownFamily
from agent.formats.base import (
    UNTRUSTED,
    AnswerError,
    BadArguments,
    BadSyntax,
    CutOff,
    Format,
    NoCode,
    OutsideScreen,
    PastStep,
    TooLong,
    UnknownCall,
)
from agent.formats.holo import HOLO2, HoloFormat
from agent.formats.published import published
from agent.view import View
from envs.actions import (
    Action,
    AskUser,
    Button,
    Click,
    Drag,
    GoBack,
    Move,
    Navigate,
    Press,
    Scroll,
    Terminate,
    TypeText,
    Wait,
)
from envs.frame import Frame
from model.fake import ScriptedModel
from model.messages import Message, Role
from model.resizing import Resizing

FULL_HD = Frame(np.zeros((1080, 1920, 3), np.uint8))
VIEW = View.whole(FULL_HD)
PICTURE = Image.new("RGB", (1920, 1080))
SMALL = Image.new("RGB", (20, 10))
ENTER = Press(keys=("enter",))

SHA256 = {
    "gui_owl": "51ac1220bb59bcd4362abd15c627ea51bb0433da75077f5e54feb747c8588f47",
    "gui_owl_1.5": "c81ce4add7fdc174795fed0d197734479154bcade1462ac5e24781d181cb448e",
    "gui_owl_task": "25c85338c07350a81df210e50853f668f56b152bcb27eb5d1a9dced55f86e312",
    "holo1.5_localization": "50576fdc078614707ad49d2ad48def36f102cf1ac53f7a5dd3cd70af893396db",
    "holo2_localization": "6423525f0c4ce67c9d0adc2929c83a2806012a68ce2168ec34d4664caab85ff7",
    "holo_navigation": "0bbbfcfa6fb0455f2b5d81f9b27d15d1513bb9708e7b5815c1c40dbd72fd5045",
    "opencua_l1": "e6b5db753395aa1d0694fcde74f6530facb07f62075a4b7361741ad5ff745143",
    "opencua_l2": "2df3ec939b1f95c9f0eae31639cd48685c751ca6d62a5c498587a2c459261031",
    "opencua_l3": "1680229d769fcb65cb964c49cb2baf9d435ee8d2a53a08adfed3b9b5a3150579",
    "qwen2.5_vl": "293e8b6cd9ab7beb6c0924f6c8e1f0db20b621fde4f7c517712b1abef58785fc",
    "qwen3_vl": "f0aa74a3eb2b6a2f3caf83882e2e07c62b5087835adff04f9c7b6c4c2621795b",
    "ui_venus_grounding": "c4e0942fc7a20af0321bd1e4a402a2ac56800875a37feff08788a8386546d048",
    "ui_venus_navigation": "8bd3ca1cfa27dc5c9774c04e021b853bdc72937710e03125033bb2bb3101039f",
}


def family(name: str, kinds: Collection[str] = ()) -> Format:
    return FAMILIES[name](kinds, None)


def tool_call(**arguments: object) -> str:
    return f"<tool_call>\n{json.dumps({'name': 'computer_use', 'arguments': arguments})}\n</tool_call>"


def thousandths(x: float, y: float):
    return FULL_HD.point(x / 1000, y / 1000)


def pixels(x: float, y: float):
    """A place in pixels of a screen of 1920x1080 as the Qwen2.5 family sees it, 1932x1092."""
    return FULL_HD.point(x / 1932, y / 1092)


def text_of(message: Message) -> str:
    return "".join(part for part in message.parts if isinstance(part, str))


def only(name: str, answer: str) -> Action:
    [action] = family(name).parse(answer, VIEW).actions
    return action


# ---- which family


@pytest.mark.parametrize(
    ("name", "architecture", "expected"),
    [
        ("ByteDance-Seed/UI-TARS-1.5-7B", "qwen2_5_vl", "ui-tars-1.5"),
        ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen2_5_vl", "qwen2.5-vl"),
        ("Qwen/Qwen3-VL-30B-A3B-Instruct at http://localhost:8000/v1", "", "qwen3-vl"),
        ("mPLUG/GUI-Owl-7B", "qwen2_5_vl", "gui-owl"),
        ("mPLUG/GUI-Owl-1.5-8B-Instruct", "qwen3_vl", "gui-owl-1.5"),
        ("Hcompany/Holo1.5-3B", "qwen2_5_vl", "holo1.5"),
        ("Hcompany/Holo2-30B-A3B", "qwen3_vl_moe", "holo2"),
        ("inclusionAI/UI-Venus-1.5-8B", "qwen3_vl", "ui-venus-1.5"),
        ("xlangai/OpenCUA-32B", "", "opencua-l2"),
        ("xlangai/OpenCUA-A3B@0123abc", "kimi_vl", "opencua-a3b-l2"),
        ("moonshotai/Kimi-VL-A3B-Instruct", "kimi_vl", "kimi-vl"),
        ("models/mine", "kimi_vl", "kimi-vl"),
        ("models/mine", "qwen3_vl", "qwen3-vl"),
        ("models/mine", "opencua-l1", "opencua-l1"),
        ("moonshotai/Kimi-VL-A3B-Instruct", "kimi-vl-toolcall", "kimi-vl-toolcall"),
    ],
)
def test_the_user_then_the_name_then_the_architecture_tells_the_family(
    name: str, architecture: str, expected: str
) -> None:
    assert formats.for_model(ScriptedModel([], name=name, family=architecture)).name == expected


@pytest.mark.parametrize(("name", "told"), [("mine at http://localhost:1/v1", ""), ("qwen3-vl", "qwen3vl")])
def test_a_family_that_is_not_known_is_asked_for(name: str, told: str) -> None:
    with pytest.raises(UnknownFamily, match=r"Put one of these and = before the model's name: kimi-vl, ") as raised:
        formats.for_model(ScriptedModel([], name=name, family=told))
    assert name in str(raised.value)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("qwen2.5-vl", tool_call(action="left_click", coordinate=[560, 308])),
        ("gui-owl", tool_call(action="click", coordinate=[560, 308])),
        ("ui-tars-1.5", "Action: click(point='<point>560 308</point>')"),
        ("holo1.5", '{"x": 560, "y": 308}'),
        ("opencua-l1", "## Action:\nClick.\n## Code:\n```python\npyautogui.click(x=560, y=308)\n```"),
    ],
)
def test_places_are_in_the_picture_as_the_checkpoint_resizes_it(name: str, answer: str) -> None:
    small = Resizing(28, 4 * 28 * 28, 1024 * 28 * 28)
    assert small.resized_px(1920, 1080) == (1176, 672)
    format = formats.for_model(ScriptedModel([], family=name, resizing=small))
    [action] = format.parse_grounding(answer, VIEW).actions
    assert isinstance(action, Click)
    assert action.at == FULL_HD.point(560 / 1176, 308 / 672)
    told = "".join(text_of(message) for message in format.prompt("Save it.", PICTURE, []))
    assert ("1176x672" in told) == (name in ("qwen2.5-vl", "gui-owl"))


def test_places_in_thousandths_are_the_same_for_any_resizing() -> None:
    format = formats.for_model(ScriptedModel([], family="qwen3-vl", resizing=Resizing(max_pixels=1024 * 28 * 28)))
    answer = tool_call(action="left_click", coordinate=[500, 250])
    assert format.parse_grounding(answer, VIEW).actions == (Click(at=thousandths(500, 250)),)


# ---- what all have in common


@pytest.mark.parametrize("file", SHA256)
def test_prompts_are_the_published_ones(file: str) -> None:
    assert hashlib.sha256(published(file).encode()).hexdigest() == SHA256[file]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_is_asked_with_the_picture_and_the_task(name: str) -> None:
    steps = [
        PastStep("First thought.", "first action"),
        PastStep("Second thought.", "second action", SMALL, ("a note",)),
    ]
    messages = family(name).prompt("Save {the} file.", PICTURE, steps, ("what happened",))
    assert messages[-1].role is Role.USER
    assert PICTURE in messages[-1].parts
    said = "\n".join(text_of(message) for message in messages)
    assert "Save {the} file." in said
    assert "second action" in said
    assert "what happened" in said
    assert "{instruction}" not in said
    assert "{history}" not in said
    assert "{user_task}" not in said
    grounding = family(name).grounding_prompt("the Save button", PICTURE)
    assert PICTURE in grounding[-1].parts
    assert "the Save button" in "\n".join(text_of(message) for message in grounding)


@pytest.mark.parametrize("name", FAMILIES)
def test_where_the_agent_acts_on_its_own_the_screen_is_said_to_be_data(name: str) -> None:
    def said(kinds: Collection[str]) -> str:
        return "\n".join(text_of(message) for message in family(name, kinds).prompt("Go.", PICTURE, ()))

    assert UNTRUSTED in said(("click",))
    assert UNTRUSTED not in said(())


@pytest.mark.parametrize("name", FAMILIES)
def test_a_refused_answer_is_told_why(name: str) -> None:
    assert "no such key" in family(name).repair(BadArguments("no such key"))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=6,
)
_ARGUMENTS = st.dictionaries(
    st.sampled_from(["action", "coordinate", "coordinate2", "keys", "text", "pixels", "time", "status", "x", "y"]),
    _JSON | st.sampled_from(["left_click", "drag", "scroll", "key", "type", "wait", "terminate", [1, 2], ["ctrl"]]),
)


@pytest.mark.parametrize("name", FAMILIES)
@settings(max_examples=60)
@given(text=st.text(), arguments=_ARGUMENTS)
def test_no_answer_raises_anything_else(name: str, text: str, arguments: dict[str, Any]) -> None:
    call = json.dumps({"name": "computer_use", "arguments": arguments})
    wrapped = {
        "tool call": f"<tool_call>{call}</tool_call>",
        "text in a call": f"<tool_call>{text}",
        "action": f"<action>Click({text})</action>",
        "json": json.dumps({"thought": text, "action": arguments}),
        "line": f"Toolcall: click({text})",
        "text": text,
    }
    for answer in wrapped.values():
        with suppress(AnswerError):
            assert family(name).parse(answer, VIEW).actions
        with suppress(AnswerError):
            assert family(name).parse_grounding(answer, VIEW).actions


# ---- Qwen2.5-VL, Qwen3-VL, GUI-Owl-1.5


CALLS: list[tuple[dict[str, object], Action | tuple[Action, ...]]] = [
    ({"action": "left_click", "coordinate": [500, 250]}, Click(at=thousandths(500, 250))),
    ({"action": "click", "coordinate": [500, 250]}, Click(at=thousandths(500, 250))),
    ({"action": "right_click", "coordinate": [0, 0]}, Click(at=thousandths(0, 0), button=Button.RIGHT)),
    ({"action": "middle_click", "coordinate": [1, 2]}, Click(at=thousandths(1, 2), button=Button.MIDDLE)),
    ({"action": "double_click", "coordinate": [1, 2]}, Click(at=thousandths(1, 2), count=2)),
    ({"action": "triple_click", "coordinate": [1, 2]}, Click(at=thousandths(1, 2), count=3)),
    ({"action": "mouse_move", "coordinate": [1000, 1000]}, Move(to=thousandths(1000, 1000))),
    ({"action": "left_click_drag", "coordinate": [1, 2]}, Drag(end=thousandths(1, 2))),
    (
        {"action": "drag", "coordinate": [1, 2], "coordinate2": [3, 4]},
        Drag(start=thousandths(1, 2), end=thousandths(3, 4)),
    ),
    ({"action": "scroll", "pixels": -5}, Scroll(vertical=-5)),
    ({"action": "scroll", "pixels": 250, "coordinate": [1, 2]}, Scroll(at=thousandths(1, 2), vertical=2)),
    ({"action": "scroll", "pixels": -21}, Scroll(vertical=-1)),
    ({"action": "hscroll", "pixels": 3}, Scroll(horizontal=3)),
    ({"action": "key", "keys": ["ctrl", "s"]}, Press(keys=("ctrl", "s"))),
    ({"action": "key", "keys": "enter"}, ENTER),
    ({"action": "type", "text": "Ada\tLove"}, TypeText(text="Ada\tLove")),
    (
        {"action": "type", "text": "Ada", "clear": 1, "enter": 1},
        (Press(keys=("ctrl", "a")), Press(keys=("backspace",)), TypeText(text="Ada"), ENTER),
    ),
    ({"action": "wait", "time": 3}, Wait(seconds=3)),
    ({"action": "wait"}, Wait(seconds=1)),
    ({"action": "interact", "text": "Which file?"}, AskUser(question="Which file?")),
    ({"action": "answer", "text": "42"}, Terminate(success=True, answer="42")),
    ({"action": "terminate", "status": "success"}, Terminate(success=True)),
    ({"action": "terminate", "status": "failure"}, Terminate(success=False)),
]


@pytest.mark.parametrize(("arguments", "expected"), CALLS, ids=[str(call["action"]) for call, _ in CALLS])
def test_tool_calls_are_read(arguments: dict[str, object], expected: Action | tuple[Action, ...]) -> None:
    answer = family("qwen3-vl").parse(tool_call(**arguments), VIEW)
    assert answer.actions == (expected if isinstance(expected, tuple) else (expected,))


def test_the_example_of_the_qwen_cookbook() -> None:
    call = '{"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [1932, 546]}}'
    answer = f"<tool_call>\n{call}\n</tool_call>"
    assert only("qwen2.5-vl", answer) == Click(at=pixels(1932, 546))
    assert family("qwen2.5-vl").parse_grounding(answer, VIEW).actions == (Click(at=pixels(1932, 546)),)


def test_the_end_mark_may_be_missing_and_reasoning_is_no_call() -> None:
    doubt = tool_call(action="left_click", coordinate=[1, 1])
    call = tool_call(action="left_click", coordinate=[500, 500]).removesuffix("</tool_call>")
    answer = family("qwen3-vl").parse(f"<think>\nPerhaps {doubt}? No.\n</think>\n\nAction: Click it.\n{call}", VIEW)
    assert answer.actions == (Click(at=thousandths(500, 500)),)
    assert answer.thought == f"Perhaps {doubt}? No."
    with pytest.raises(CutOff):
        family("qwen3-vl").parse(f"<think>\nPerhaps {doubt}", VIEW)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("Action: Click it.", NoCode),
        ("<tool_call>\n{'name': 'computer_use'}\n</tool_call>", BadSyntax),
        ("<tool_call>\n[1]\n</tool_call>", BadSyntax),
        ("<tool_call>" + "[" * 15000 + "</tool_call>", BadSyntax),
        ("<tool_call>" + " " * 50_000, TooLong),
        (tool_call(action="wait") * 21, TooLong),
        ('<tool_call>{"name": "shell", "arguments": {}}</tool_call>', UnknownCall),
        ('<tool_call>{"name": "computer_use", "arguments": 3}</tool_call>', BadArguments),
        (tool_call(action="reboot"), UnknownCall),
        (tool_call(action="left_click"), BadArguments),
        (tool_call(action="left_click", coordinate=[1, "2"]), BadArguments),
        (tool_call(action="left_click", coordinate=[True, 2]), BadArguments),
        (tool_call(action="left_click", coordinate=[1001, 2]), OutsideScreen),
        (tool_call(action="left_click", coordinate=[float("nan"), 2]), BadArguments),
        (tool_call(action="scroll", pixels=0), BadArguments),
        (tool_call(action="key", keys=["ctrl", 3]), BadArguments),
        (tool_call(action="key", keys=["hyperspace"]), BadArguments),
        (tool_call(action="type", text="\x1b"), BadArguments),
        (tool_call(action="wait", time=1000), BadArguments),
        (tool_call(action="terminate", status="done"), BadArguments),
    ],
)
def test_tool_calls_that_cannot_be_carried_out_are_refused(answer: str, error: type[AnswerError]) -> None:
    with pytest.raises(error):
        family("qwen3-vl").parse(answer, VIEW)


def test_grounding_wants_a_place_or_a_failure() -> None:
    qwen = family("qwen3-vl")
    failed = qwen.parse_grounding(tool_call(action="terminate", status="failure"), VIEW)
    assert failed.actions == (Terminate(success=False),)
    with pytest.raises(NoCode):
        qwen.parse_grounding(tool_call(action="wait"), VIEW)


def test_the_order_of_a_qwen_conversation() -> None:
    call = tool_call(action="wait")
    older = PastStep("", f"Action: Open the menu.\n{call}")
    later = PastStep("", f"Action: Click Save.\n{call}", SMALL)
    system, first, said, last = family("qwen3-vl").prompt("Save it.", PICTURE, [older, later])
    assert "The screen's resolution is 1000x1000." in text_of(system)
    assert first.parts == (
        SMALL,
        "\nPlease generate the next move according to the UI screenshot, instruction and previous actions.\n\n"
        "Instruction: Save it.\n\nPrevious actions:\nStep 1: Open the menu.",
    )
    assert (said, last) == (Message.assistant(later.action), Message.user(PICTURE))
    [_, alone] = family("qwen3-vl").prompt("Save it.", PICTURE, [])
    assert text_of(alone).endswith("Previous actions:\nNone")
    [_, task_first] = family("gui-owl-1.5").prompt("Save it.", PICTURE, [])
    assert task_first.parts[1] is PICTURE


def test_qwen2_5_is_told_the_size_at_which_it_sees_the_screen() -> None:
    system = family("qwen2.5-vl").prompt("Save it.", PICTURE, [])[0]
    assert "The screen's resolution is 1932x1092." in text_of(system)
    with pytest.raises(OutsideScreen, match="1932 pixels wide and 1092 high"):
        only("qwen2.5-vl", tool_call(action="left_click", coordinate=[1933, 2]))


# ---- GUI-Owl


def test_gui_owl() -> None:
    owl = family("gui-owl")
    steps = [PastStep("Hm.", "Opened the menu."), PastStep("So.", "Clicked Save.", SMALL)]
    system, user = owl.prompt("Save it.", PICTURE, steps)
    assert "The screen's resolution is 1932x1092." in text_of(system)
    assert "Instruction: Save it.\n    Previous actions:\n    Step 1: Opened the menu.\nStep 2: Clicked Save.\n" in str(
        user.parts[0]
    )
    assert user.parts[1:] == ("Screenshot of step 2:\n", SMALL, "Current screenshot:\n", PICTURE)
    call = tool_call(action="drag", coordinate=[10, 20], coordinate2=[30, 40])
    answer = owl.parse(f"<thinking>Drag it.</thinking>\n{call}\n<conclusion>Dragged it.</conclusion>", VIEW)
    assert (answer.thought, answer.action) == ("Drag it.", "Dragged it.")
    assert answer.actions == (Drag(start=pixels(10, 20), end=pixels(30, 40)),)
    assert owl.parse(f"<thinking>Only thought.</thinking>{call}", VIEW).action == "Only thought."


# ---- OpenCUA


OPENCUA = """\
# Step 3:
## Observation:
A text editor is open.

## Thought:
The file has to be saved.

## Action:
Click on the Save button.

## Code:
```python
pyautogui.click(x=966, y=273)
```"""


def test_opencua_writes_pixels_or_fractions() -> None:
    answer = family("opencua-l3").parse(OPENCUA, VIEW)
    assert (answer.thought, answer.action) == ("The file has to be saved.", "Click on the Save button.")
    assert answer.actions == (Click(at=pixels(966, 273)),)
    with pytest.raises(OutsideScreen, match="fractions"):
        family("opencua-a3b-l2").parse(OPENCUA, VIEW)
    relative = OPENCUA.replace("x=966, y=273", "x=0.5, y=0.25")
    assert only("opencua-a3b-l2", relative) == Click(at=FULL_HD.point(0.5, 0.25))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("computer.triple_click(x=966, y=273)", Click(at=pixels(966, 273), count=3)),
        ("pyautogui.moveTo(x=966, y=273)", Move(to=pixels(966, 273))),
        ("pyautogui.hotkey(keys=['ctrl', 's'])", Press(keys=("ctrl", "s"))),
        ("pyautogui.write(message='Ada')", TypeText(text="Ada")),
        ("pyautogui.scroll(-3)", Scroll(vertical=-3)),
        ("computer.wait()", Wait(seconds=20)),
        ("computer.terminate(status='success')", Terminate(success=True)),
        ("computer.terminate(status='fail')", Terminate(success=False)),
    ],
)
def test_opencua_calls_are_read(code: str, expected: Action) -> None:
    assert only("opencua-l2", f"## Action:\nDo it.\n\n## Code:\n```code\n{code}\n```") == expected


def test_the_levels_of_opencua_ask_for_more_and_more() -> None:
    asked = [text_of(family(f"opencua-l{level}").prompt("Go.", PICTURE, ())[0]) for level in (1, 2, 3)]
    assert ["\nThought:\n" in text for text in asked] == [False, True, True]
    assert ["\nObservation:\n" in text for text in asked] == [False, False, True]


def test_opencua_is_reminded_of_actions_alone() -> None:
    messages = family("opencua-l2").prompt(
        "Go.", PICTURE, [PastStep("Hm.", "Open it."), PastStep("So.", "Click.", SMALL)]
    )
    assert messages[1:4] == [
        Message.assistant("# Step 1:\n## Action:\nOpen it.\n"),
        Message.user(SMALL),
        Message.assistant("# Step 2:\n## Action:\nClick.\n"),
    ]
    grounding = family("opencua-l2").parse_grounding("```python\npyautogui.click(x=966, y=273)\n```", VIEW)
    assert grounding.actions == (Click(at=pixels(966, 273)),)
    with pytest.raises(NoCode):
        family("opencua-l2").parse_grounding("```python\npyautogui.scroll(3)\n```", VIEW)


# ---- Kimi-VL's tool calls


def test_kimi_in_the_style_of_its_report() -> None:
    kimi = family("kimi-vl-toolcall")
    answer = kimi.parse("Thought: It is there.\nAction: Click it.\nToolcall: click(x=0.365, y=0.317)", VIEW)
    assert (answer.thought, answer.action) == ("It is there.", "Click it.")
    assert answer.actions == (Click(at=FULL_HD.point(0.365, 0.317)),)
    assert kimi.parse("Toolcall: scroll(-5)", VIEW).actions == (Scroll(vertical=-5),)
    several = kimi.parse("Toolcall: write('click(x=1)')\n  press('enter')\nterminate(status='success')", VIEW)
    assert several.actions == (TypeText(text="click(x=1)"), ENTER, Terminate(success=True))
    assert kimi.parse("Toolcall: wait()", VIEW).actions == (Wait(seconds=20),)
    thinking = kimi.parse("◁think▷Toolcall: wait()◁/think▷Toolcall: scroll(1)", VIEW)
    assert thinking.actions == (Scroll(vertical=1),)
    with pytest.raises(NoCode):
        kimi.parse("Thought: Hm.\nAction: Wait.", VIEW)
    with pytest.raises(UnknownCall):
        kimi.parse("Toolcall: reboot()", VIEW)


def test_only_calls_that_can_be_carried_out_are_offered() -> None:
    assert "goto" in text_of(family("kimi-vl-toolcall", ("navigate",)).prompt("Go.", PICTURE, ())[0])
    assert "goto" not in text_of(family("kimi-vl-toolcall").prompt("Go.", PICTURE, ())[0])


# ---- Holo


HOLO_STEP = {"note": "", "thought": "The date has to be chosen."}


def holo_step(**action: object) -> str:
    return json.dumps({**HOLO_STEP, "action": action})


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"action": "click_element", "element": "August 3rd", "x": 776, "y": 282}, (Click(at=pixels(776, 282)),)),
        (
            {"action": "write_element_abs", "content": "Paris", "element": "City", "x": 10, "y": 20},
            (Click(at=pixels(10, 20)), TypeText(text="Paris"), ENTER),
        ),
        ({"action": "scroll", "direction": "down"}, (Scroll(vertical=-5),)),
        ({"action": "go_back"}, (GoBack(),)),
        ({"action": "refresh"}, (Press(keys=("f5",)),)),
        ({"action": "goto", "url": "https://example.org"}, (Navigate(url="https://example.org"),)),
        ({"action": "wait", "seconds": 4}, (Wait(seconds=4),)),
        ({"action": "wait"}, (Wait(seconds=2),)),
        ({"action": "answer", "content": "Done."}, (Terminate(success=True, answer="Done."),)),
    ],
)
def test_holo_steps_are_read(action: dict[str, object], expected: tuple[Action, ...]) -> None:
    answer = family("holo1.5").parse(holo_step(**action), VIEW)
    assert answer.actions == expected
    assert answer.thought == "The date has to be chosen."


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("click it", BadSyntax),
        ("{}", BadArguments),
        (holo_step(action="restart"), UnknownCall),
        (holo_step(action="scroll", direction="in"), BadArguments),
        (holo_step(action="click_element", x=1), BadArguments),
        (holo_step(action="click_element", x=1933, y=1), OutsideScreen),
    ],
)
def test_holo_steps_that_cannot_be_carried_out_are_refused(answer: str, error: type[AnswerError]) -> None:
    with pytest.raises(error):
        family("holo1.5").parse(answer, VIEW)


def test_the_examples_of_the_holo_cookbook() -> None:
    [click] = family("holo1.5").parse_grounding('{"action": "click_absolute", "x": 947, "y": 338}', VIEW).actions
    assert click == Click(at=pixels(947, 338))
    holo2 = HoloFormat(HOLO2, now=lambda: datetime(2025, 6, 4, 14, 16, 3, tzinfo=UTC))
    [click] = holo2.parse_grounding('<think>\n\n</think>\n\n{"x":552,"y":404}', VIEW).actions
    assert click == Click(at=thousandths(552, 404))
    [click] = holo2.parse_grounding('```json\n{"x":552,"y":404}\n```', VIEW).actions
    assert click == Click(at=thousandths(552, 404))
    system, user = holo2.prompt("Book a hotel", PICTURE, [])
    assert "- The current date is 2025-06-04 14:16:03.\n" in text_of(system)
    assert user.parts == (
        "<task>\nBook a hotel\n</task>\n",
        "<observation step=1>\n",
        "<screenshot>\n",
        PICTURE,
        "\n</screenshot>\n",
        "\n</observation>\n",
    )


def test_holo1_5_sees_at_most_2560x1440() -> None:
    screen = Frame(np.zeros((2160, 3840, 3), np.uint8))
    step = holo_step(action="click_element", element="it", x=1274, y=714)
    [click] = family("holo1.5").parse(step, View.whole(screen)).actions
    assert click == Click(at=screen.point(1274 / 2548, 714 / 1428))


# ---- UI-Venus


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("Click(box=(947,52))", (Click(at=thousandths(947, 52)),)),
        ("DoubleClick(box=(947, 52))", (Click(at=thousandths(947, 52), count=2),)),
        ("Hover(box=(1,2))", (Move(to=thousandths(1, 2)),)),
        ("Drag(start=(1,2), end=(3,4))", (Drag(start=thousandths(1, 2), end=thousandths(3, 4)),)),
        ("Scroll(direction='down')", (Scroll(vertical=-5),)),
        ("Type(content='it's (1,2)')", (TypeText(text="it's (1,2)"), ENTER)),
        ("Launch(url='https://example.org')", (Navigate(url="https://example.org"),)),
        ("Hotkey(keys=['ctrl', 'c'])", (Press(keys=("ctrl", "c")),)),
        ("PressEnter()", (ENTER,)),
        ("PressBack()", (GoBack(),)),
        ("Wait()", (Wait(seconds=5),)),
        ("Finished(content='Saved.')", (Terminate(success=True, answer="Saved."),)),
        ("Finished(content='')", (Terminate(success=True),)),
        ("Finished()", (Terminate(success=True),)),
        ("CallUser(content='42')", (Terminate(success=True, answer="42"),)),
    ],
)
def test_ui_venus_actions_are_read(call: str, expected: tuple[Action, ...]) -> None:
    text = f"<think>Hm. <action>Wait()</action></think>\n<action>{call}</action>\n<conclusion>Done.</conclusion>"
    answer = family("ui-venus-1.5").parse(text, VIEW)
    assert answer.actions == expected
    assert answer.action == call


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Click(box=(1,2))", NoCode),
        ("<action>Click</action>", BadSyntax),
        ("<action>PressHome()</action>", UnknownCall),
        ("<action>Click(box=(1001,2))</action>", OutsideScreen),
        ("<action>Click(box='here')</action>", BadArguments),
        ("<action>Launch(app='Mail')</action>", BadArguments),
        ("<action>Hotkey(keys=[])</action>", BadArguments),
        ("<action>Hotkey(keys=['hyperspace'])</action>", BadArguments),
        ("<action>Type(content='\x1b')</action>", BadArguments),
        ("<action>" + " " * 50_000, TooLong),
    ],
)
def test_ui_venus_actions_that_cannot_be_carried_out_are_refused(text: str, error: type[AnswerError]) -> None:
    with pytest.raises(error):
        family("ui-venus-1.5").parse(text, VIEW)


def test_ui_venus_prompts_and_grounding() -> None:
    venus = family("ui-venus-1.5")
    [message] = venus.prompt("Save it.", PICTURE, [PastStep("Hm.", "Wait()")])
    assert "### User Task\nSave it.\n" in text_of(message)
    assert "### Previous Actions\nStep 0: <think>Hm.</think><action>Wait()</action>\n" in text_of(message)
    [asked] = venus.grounding_prompt("the Save button.", PICTURE)
    assert "\nthe Save button. \n\nThe output should just be" in text_of(asked)
    assert venus.parse_grounding("[947, 52]", VIEW).actions == (Click(at=thousandths(947, 52)),)
    assert venus.parse_grounding("[100,200,300,400]", VIEW).actions == (Click(at=thousandths(200, 300)),)
    assert venus.parse_grounding("[-1,-1]", VIEW).actions == (Terminate(success=False),)
    with pytest.raises(NoCode):
        venus.parse_grounding("It is at the top.", VIEW)
