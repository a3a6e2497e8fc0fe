"""Prompts word for word, and answers read into actions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from agent import formats
from agent.formats.base import UNTRUSTED, AnswerError, CutOff, NoCode, OutsideScreen, PastStep, TooLong
from agent.formats.kimi_vl import AGENT_SYSTEM, GROUNDING_SYSTEM, KimiVLFormat
from agent.formats.nano import NanoFormat
from agent.view import View
from envs.actions import Action, Button, Click, Press, Terminate, TypeText
from envs.frame import Frame
from model.fake import ScriptedModel
from model.messages import Message, Role
from model.nano import prompts

FRAME = Frame(np.zeros((100, 200, 3), np.uint8))
WHOLE = View.whole(FRAME)
PICTURES = [Image.new("RGB", (20, 10), (shade, 0, 0)) for shade in range(5)]
CODE = "## Code:\n```python\npyautogui.click(x=0.25, y=0.5)\n```"
CLICK = Click(at=FRAME.point(0.25, 0.5))


def past(number: int, picture: Image.Image | None, notes: tuple[str, ...] = (), done: bool = True) -> PastStep:
    return PastStep(f"thought {number}", f"action {number}", picture, notes, done)


# ---- Kimi-VL


def test_the_first_prompt_of_kimi_vl_is_the_published_one() -> None:
    messages = KimiVLFormat().prompt("Open the mail.", PICTURES[0], [])
    assert messages == [
        Message.system(AGENT_SYSTEM),
        Message.user(
            PICTURES[0],
            "# Task Instruction:\nOpen the mail.\n\nPlease generate the next move according to the screenshot, "
            "task instruction and previous steps (if provided).\n",
        ),
    ]
    assert AGENT_SYSTEM.startswith(
        "You are a GUI agent. You are given an instruction, a screenshot of the screen and your "
    )
    assert '- {"name": "computer.wait", "description": "Make the computer wait for 20 seconds' in AGENT_SYSTEM
    assert AGENT_SYSTEM.endswith('"description": "The answer of the task"}}, "required": ["status"]}}')


def test_older_steps_are_one_message_and_the_latest_two_have_their_pictures() -> None:
    steps = [past(1, None), past(2, None), past(3, PICTURES[2]), past(4, PICTURES[3], notes=("A dialog was closed.",))]
    messages = KimiVLFormat().prompt("Go.", PICTURES[4], steps, ["The click failed."])
    assert [message.role for message in messages] == [
        Role.SYSTEM, Role.ASSISTANT, Role.USER, Role.ASSISTANT, Role.USER, Role.ASSISTANT, Role.USER,
    ]  # fmt: skip
    assert messages[1].parts == (
        "# Step 1:\n## Thought:\nthought 1\n\n## Action:\naction 1\n\n"
        "# Step 2:\n## Thought:\nthought 2\n\n## Action:\naction 2\n",
    )
    assert messages[2].parts == (PICTURES[2],)
    assert messages[3].parts == ("# Step 3:\n## Thought:\nthought 3\n\n## Action:\naction 3\n",)
    assert messages[4].parts == (PICTURES[3], "\n# Notes:\nA dialog was closed.\n")
    assert messages[6].parts[2] == "\n# Notes:\nThe click failed.\n"


def test_only_what_the_environment_can_do_beyond_the_published_is_declared() -> None:
    (system, _) = KimiVLFormat({"click", "select_option", "ask_user"}).prompt("Go.", PICTURES[0], [])
    text = str(system.parts[0])
    assert text.startswith(AGENT_SYSTEM + "\n- {")
    assert '"name": "browser.select_option"' in text
    assert '"name": "computer.ask_user"' in text
    assert "browser.goto" not in text
    assert text.endswith(UNTRUSTED)


@pytest.mark.parametrize(
    ("text", "thought", "action"),
    [
        (f"## Thought:\nI see.\n\n## Action:\nClick it.\n\n{CODE}", "I see.", "Click it."),
        (f"# Step 3:\n## Thought\nI see.\n## Action: Click it.\n{CODE}\n", "I see.", "Click it."),
        (f"◁think▷Hm, ```python\nx\n``` no.◁/think▷## Action:\nClick it.\n\n{CODE}",
         "Hm, ```python\nx\n``` no.", "Click it."),
        (f"the prompt opened the reasoning◁/think▷\n## Action:\nClick it.\n{CODE}",
         "the prompt opened the reasoning", "Click it."),
        (f"## Observation:\nA page.\n## Thought:\nI see.\n## Action:\nClick it.\n{CODE}", "I see.", "Click it."),
        (f"## Action:\nMaybe:\n```python\nos.system('x')\n```\n## Action:\nClick it.\n{CODE}", "", "Click it."),
        ("```pyautogui.click(x=0.25, y=0.5)```", "", ""),
        ("```code\r\npyautogui.click(x=0.25, y=0.5)\r\n```\r\n", "", ""),
    ],
)  # fmt: skip
def test_an_answer_is_taken_apart(text: str, thought: str, action: str) -> None:
    answer = KimiVLFormat().parse(text, WHOLE)
    assert (answer.thought, answer.action, answer.actions) == (thought, action, (CLICK,))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", NoCode),
        ("Click on Save.", NoCode),
        ("## Code:\npyautogui.click(x=0.25, y=0.5)", NoCode),
        ("## Code:\n```python\npyautogui.click(x=0.25, y=0.5)", NoCode),
        (f"◁think▷ so {CODE}", CutOff),
        ("## Code:\n```python\npyautogui.click(x=25, y=0.5)\n```", OutsideScreen),
        ("a" * 50_000 + CODE, TooLong),
    ],
)
def test_an_answer_without_usable_code_is_refused(text: str, error: type[AnswerError]) -> None:
    with pytest.raises(error):
        KimiVLFormat().parse(text, WHOLE)


PARTS = [
    "```", "```python", "\n", "## Code:", "## Action", " ", "◁think▷", "◁/think▷", "a",
    "pyautogui.press('a')", "#", "\r\n",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=60))
def test_any_arrangement_of_parts_gives_an_answer_or_an_error(parts: list[str]) -> None:
    try:
        answer = KimiVLFormat().parse("".join(parts), WHOLE)
    except AnswerError:
        return
    assert set(answer.actions) == {Press(keys=("a",))}


def test_grounding_is_the_official_prompt_and_reading_rule() -> None:
    kimi = KimiVLFormat()
    assert kimi.grounding_prompt("the Save button", PICTURES[0]) == [
        Message.system(GROUNDING_SYSTEM),
        Message.user(PICTURES[0], "## Task Instruction:\nthe Save button"),
    ]
    assert GROUNDING_SYSTEM.startswith(
        "You are a GUI agent. You are given a task and a screenshot of a computer screen. You need to"
    )
    assert GROUNDING_SYSTEM.endswith("converting the normalized coordinates to actual pixel positions.")
    code = (
        "## Action:\nClick.\n\n## Code:\n```python\nw, h = pyautogui.size()\npyautogui.click(x=0.25, y=0.5)\n"
        "pyautogui.click(x=0.9, y=0.9)\n```"
    )
    assert kimi.parse_grounding(f"◁think▷x=0.1, y=0.1◁/think▷{code}", WHOLE).actions == (CLICK,)
    with pytest.raises(NoCode):
        kimi.parse_grounding("step 1: (530, 210)", WHOLE)
    with pytest.raises(CutOff):
        kimi.parse_grounding("◁think▷x=0.1, y=0.1", WHOLE)


# ---- nano


def test_the_prompt_of_the_embedded_model_is_what_it_was_trained_on() -> None:
    nano = NanoFormat()
    assert nano.prompt('Click "Save".', PICTURES[0], []) == [
        Message.system(prompts.SYSTEM),
        Message.user(PICTURES[0], '\n# Task Instruction:\nClick "Save".\n'),
    ]
    assert nano.grounding_prompt('Click "Save".', PICTURES[0]) == nano.prompt('Click "Save".', PICTURES[0], [])
    steps = [PastStep("", 'Click "A"'), PastStep("", 'Click "B"', done=False), PastStep("", 'Type "x" into "C"')]
    assert nano.prompt("Go.", PICTURES[0], steps, ["unheard"])[1].parts[1] == (
        '\n# Task Instruction:\nGo.\n\n# Previous steps:\nClick "A"\nType "x" into "C"\n'
    )


def test_what_the_trainer_writes_is_what_the_agent_reads() -> None:
    nano = NanoFormat()
    code = "pyautogui.click(x=0.250, y=0.500)\npyautogui.write(message='Ada')"
    answer = nano.parse(prompts.answer_text('Type "Ada" into "Name"', code), WHOLE)
    assert answer.action == 'Type "Ada" into "Name"'
    assert answer.actions == (CLICK, TypeText(text="Ada"))
    assert nano.parse_grounding(prompts.answer_text("Click", prompts.NOT_HERE), WHOLE).actions == (
        Terminate(success=False),
    )


@pytest.mark.parametrize(
    ("line", "code", "done"),
    [
        (
            'Type "555 0142" into "Phone"',
            "click({})\npyautogui.write(message='5555 0142')",
            (CLICK, TypeText(text="555 0142")),
        ),
        ('Right-click "VPN"', "click({})", (CLICK.model_copy(update={"button": Button.RIGHT}),)),
        ('Click "Save"', "click({})\npyautogui.write(message='x')", (CLICK,)),
        ('Save it "now"', "doubleClick({})", (CLICK.model_copy(update={"count": 2}),)),
    ],
)
def test_what_the_line_says_is_done_where_the_code_says(line: str, code: str, done: tuple[Action, ...]) -> None:
    written = f"pyautogui.{code.format('x=0.250, y=0.500')}"
    assert NanoFormat().parse(prompts.answer_text(line, written), WHOLE).actions == done


@pytest.mark.parametrize("code", ["click(x=0.25, y=0.50, y=0.500)", "click(x=0.250, y=0.500", "click(x=0.25, y=0.5))"])
def test_a_place_is_read_however_its_call_goes_on(code: str) -> None:
    written = prompts.answer_text('Click "Save"', f"pyautogui.{code}")
    assert NanoFormat().parse(written, WHOLE).actions == (CLICK,)


@pytest.mark.parametrize("code", [prompts.NOT_HERE, "pyautogui.press('enter')"])
def test_without_a_place_the_code_is_done(code: str) -> None:
    [action] = NanoFormat().parse(prompts.answer_text('Click "Save"', code), WHOLE).actions
    assert action in (Terminate(success=False), Press(keys=("enter",)))


def test_the_format_follows_the_model() -> None:
    assert isinstance(formats.for_model(ScriptedModel([], view_px=(448, 336))), NanoFormat)
    assert isinstance(formats.for_model(ScriptedModel([])), KimiVLFormat)
