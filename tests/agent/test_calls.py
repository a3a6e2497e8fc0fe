"""From a code block to actions: what is accepted, what is refused, and that nothing is ever carried out by reading."""

from __future__ import annotations

import sys
import threading
import time
import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.formats.base import (
    AnswerError,
    BadArguments,
    BadSyntax,
    NoCode,
    OutsideScreen,
    TooLong,
    UnknownCall,
)
from agent.formats.calls import declarations, parse_calls
from agent.view import View
from envs.actions import (
    ACTIONS,
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
)
from envs.frame import Frame

FRAME = Frame(np.zeros((100, 200, 3), np.uint8))
WHOLE = View.whole(FRAME)
AT = FRAME.point(0.25, 0.5)


def read(code: str) -> tuple[Action, ...]:
    return parse_calls(code, WHOLE)


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ("pyautogui.click(x=0.25, y=0.5)", Click(at=AT)),
        ("pyautogui.click(0.25, 0.5)", Click(at=AT)),
        ("pyautogui.click(0.25, y=.5, clicks=2, interval=0.1, button='right')",
         Click(at=AT, button=Button.RIGHT, count=2)),
        ("pyautogui.click(0.25, 0.5, 3, 0.1, 'middle')", Click(at=AT, button=Button.MIDDLE, count=3)),
        ("pyautogui.click(x=0.25, y=0.5, button='primary', _pause=False)", Click(at=AT)),
        ("pyautogui.doubleClick(x=0.25, y=0.5)", Click(at=AT, count=2)),
        ("pyautogui.tripleClick(0.25, 0.5)", Click(at=AT, count=3)),
        ("computer.triple_click(x=0.25, y=0.5)", Click(at=AT, count=3)),
        ("pyautogui.rightClick(x=0.25, y=0.5)", Click(at=AT, button=Button.RIGHT)),
        ("pyautogui.middleClick(x=0.25, y=0.5)", Click(at=AT, button=Button.MIDDLE)),
        ("pyautogui.click(x=0, y=1)", Click(at=FRAME.point(0, 1))),
        ("pyautogui.click(x=+0.25, y=0.5)", Click(at=AT)),
        ("pyautogui.moveTo(0.25, 0.5, duration=0.2, tween=pyautogui.easeInOutQuad)", Move(to=AT)),
        ("pyautogui.dragTo(0.25, 0.5, 0.5, button='left')", Drag(end=AT)),
        ("pyautogui.scroll(-5)", Scroll(vertical=-5)),
        ("pyautogui.scroll(5.0, x=0.25, y=0.5)", Scroll(vertical=5, at=AT)),
        ("pyautogui.scroll(clicks=-3, x=0.25, y=0.5)", Scroll(vertical=-3, at=AT)),
        ("pyautogui.hscroll(2)", Scroll(horizontal=2)),
        ("pyautogui.write('hello')", TypeText(text="hello")),
        ("pyautogui.write(message=\"it's\", interval=0.05)", TypeText(text="it's")),
        ("pyautogui.typewrite('a\\nb')", TypeText(text="a\nb")),
        ("pyautogui.write('run\\\\n')", TypeText(text="run\\n")),
        ("pyautogui.write('  spaces  ')", TypeText(text="  spaces  ")),
        ("pyautogui.write(r'C:\\new')", TypeText(text="C:\\new")),
        ("pyautogui.write('C:\\dir')", TypeText(text="C:\\dir")),
        ("pyautogui.write('Grüße, 世界')", TypeText(text="Grüße, 世界")),
        ("pyautogui.write('failover is done; next, wait')", TypeText(text="failover is done; next, wait")),
        ("pyautogui.write('import os; os.system(\"x\")')", TypeText(text='import os; os.system("x")')),
        ("pyautogui.press('enter')", Press(keys=("enter",))),
        ("pyautogui.press('Return')", Press(keys=("enter",))),
        ("pyautogui.press('tab', presses=3, interval=0.1)", Press(keys=("tab",), presses=3)),
        ("pyautogui.press(keys=['esc'])", Press(keys=("esc",))),
        ("pyautogui.hotkey('ctrl', 'a')", Press(keys=("ctrl", "a"))),
        ("pyautogui.hotkey(['ctrl', 'shift', 't'])", Press(keys=("ctrl", "shift", "t"))),
        ("pyautogui.hotkey('alt', 'f4', interval=0.1)", Press(keys=("alt", "f4"))),
        ("time.sleep(2)", Wait(seconds=2)),
        ("computer.wait()", Wait(seconds=20)),
        ("computer.wait(seconds=3)", Wait(seconds=3)),
        ("computer.terminate(status='success')", Terminate(success=True)),
        ("computer.terminate('failure')", Terminate(success=False)),
        ("computer.terminate(status='fail', answer=None)", Terminate(success=False)),
        ("computer.terminate(status='success', answer='42')", Terminate(success=True, answer="42")),
        ("computer.ask_user('Which one?')", AskUser(question="Which one?")),
        ("browser.goto(url='https://a.example')", Navigate(url="https://a.example")),
        ("browser.back()", GoBack()),
        ("browser.switch_tab(index=1)", SwitchTab(index=1)),
        ("browser.open_tab()", OpenTab()),
        ("browser.open_tab('about:blank')", OpenTab(url="about:blank")),
        ("browser.close_tab()", CloseTab()),
        ("browser.select_option(x=0.25, y=0.5, option='Blue')", SelectOption(at=AT, option="Blue")),
        ("browser.upload(paths=['a.txt', 'b.txt'])", Upload(paths=("a.txt", "b.txt"))),
        ("browser.upload('a.txt')", Upload(paths=("a.txt",))),
    ],
)  # fmt: skip
def test_a_call_is_an_action(code: str, action: Action) -> None:
    assert read(code) == (action,)


def test_places_refer_to_the_view_that_was_shown() -> None:
    (action,) = parse_calls("pyautogui.click(x=0.5, y=0.5)", View(FRAME, (100, 0, 200, 50)))
    assert action == Click(at=FRAME.point(0.75, 0.25))


@pytest.mark.parametrize(
    "code",
    [
        "pyautogui.click(x=0.25, y=0.5)\npyautogui.write('Ada')\npyautogui.press('enter')",
        "pyautogui.click(x=0.25, y=0.5); pyautogui.write('Ada'); pyautogui.press('enter')",
        "import pyautogui\nimport time\n\n# the name\npyautogui.click(x=0.25, y=0.5)  # here\n"
        "pyautogui.write(\n    'Ada',\n)\npyautogui.press('enter')\n",
    ],
)
def test_several_calls_are_several_actions_in_order(code: str) -> None:
    assert read(code) == (Click(at=AT), TypeText(text="Ada"), Press(keys=("enter",)))


def test_a_list_of_keys_is_pressed_one_after_the_other() -> None:
    assert read("pyautogui.press(['up', 'down'], presses=2)") == (
        Press(keys=("up",)), Press(keys=("down",)), Press(keys=("up",)), Press(keys=("down",))
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        ("", NoCode, "empty"),
        ("# nothing", NoCode, "empty"),
        ("import pyautogui", NoCode, "empty"),
        ("pyautogui.click(x=512, y=300)", OutsideScreen, "fractions"),
        ("pyautogui.click(x=1.001, y=0.5)", OutsideScreen, "fractions"),
        ("pyautogui.click(x=-0.1, y=0.5)", OutsideScreen, "fractions"),
        ("pyautogui.click()", BadArguments, "x must be a number"),
        ("pyautogui.click(x=0.5)", BadArguments, "y must be a number"),
        ("pyautogui.click(x='0.5', y=0.5)", BadArguments, "x must be a number"),
        ("pyautogui.click(x=True, y=False)", BadArguments, "plain number"),
        ("pyautogui.click(x=1e999, y=0.5)", BadArguments, "x must be a number"),
        ("pyautogui.click(x=nan, y=0.5)", BadArguments, "plain number"),
        ("pyautogui.click(x=float('nan'), y=0.5)", BadArguments, "plain number"),
        ("pyautogui.click(x=0.5j, y=0.5)", BadArguments, "plain number"),
        ("pyautogui.click(x=0.5, y=0.5, x=0.6)", BadArguments, "once"),
        ("pyautogui.click(0.5, 0.5, x=0.6)", BadArguments, "given twice"),
        ("pyautogui.click(0.5, 0.5, colour='red')", BadArguments, "unknown"),
        ("pyautogui.click(0.5, 0.5, clicks=4)", BadArguments, "count"),
        ("pyautogui.click(0.5, 0.5, clicks=0)", BadArguments, "count"),
        ("pyautogui.click(0.5, 0.5, clicks=1.5)", BadArguments, "whole"),
        ("pyautogui.click(0.5, 0.5, button='fourth')", BadArguments, "button"),
        ("pyautogui.click(*[0.5, 0.5])", UnknownCall, "Only calls"),
        ("pyautogui.click(**{'x': 0.5})", UnknownCall, "Only calls"),
        ("pyautogui.click(1, 2, 3, 4, 5, 6, 7)", BadArguments, "not 7"),
        ("pyautogui.scroll()", BadArguments, "clicks"),
        ("pyautogui.scroll(0)", BadArguments, "must not be 0"),
        ("pyautogui.scroll(-500)", BadArguments, "100"),
        ("pyautogui.scroll(10**9)", UnknownCall, "Only calls"),
        ("pyautogui.scroll(" + "9" * 4000 + ")", BadArguments, "clicks must be a number"),
        ("pyautogui.scroll(" + "9" * 5000 + ")", BadSyntax, "cannot be read"),
        ("pyautogui.write(5)", BadArguments, "quoted text"),
        ("pyautogui.write(b'x')", UnknownCall, "Only calls"),
        ("pyautogui.write(f'{1}')", UnknownCall, "Only calls"),
        ("pyautogui.write('a' + 'b')", BadArguments, "plain number"),
        ("pyautogui.write('a\\x00b')", BadArguments, "cannot be typed"),
        ("pyautogui.write('\\ud800')", BadArguments, "cannot be typed"),
        ("pyautogui.write('" + "a" * 11_000 + "')", BadArguments, "10000"),
        ("pyautogui.press('nokey')", BadArguments, "no key"),
        ("pyautogui.press('ctrl+a')", BadArguments, "no key"),
        ("pyautogui.press('')", BadArguments, "no key"),
        ("pyautogui.press([])", BadArguments, "keys"),
        ("pyautogui.press(['a', 1])", BadArguments, "plain number"),
        ("pyautogui.press(['a', 'b'], presses=1000)", BadArguments, "presses"),
        ("pyautogui.press('a', presses=1000)", BadArguments, "presses"),
        ("pyautogui.hotkey('ctrl', 1)", BadArguments, "every key"),
        ("pyautogui.hotkey('a', 'b', 'c', 'd', 'e', 'f')", BadArguments, "keys"),
        ("pyautogui.keyDown('ctrl')", UnknownCall, "cannot be held down"),
        ("pyautogui.mouseUp()", UnknownCall, "cannot be held down"),
        ("pyautogui.screenshot()", UnknownCall, "There is no pyautogui.screenshot"),
        ("computer.wait(1e9)", BadArguments, "seconds"),
        ("computer.terminate()", BadArguments, "status"),
        ("computer.terminate(status='done')", BadArguments, "success"),
        ("computer.terminate(status=True)", BadArguments, "plain number"),
        ("browser.switch_tab(-1)", BadArguments, "index"),
        ("click(x=0.5, y=0.5)", UnknownCall, "Only calls"),
        ("os.system('touch x')", UnknownCall, "There is no os.system"),
        ("import os", UnknownCall, "Only calls"),
        ("import pyautogui as p", UnknownCall, "Only calls"),
        ("from pyautogui import click", UnknownCall, "Only calls"),
        ("x = 0.5", UnknownCall, "Only calls"),
        ("'text'", UnknownCall, "Only calls"),
        ("pyautogui.click", UnknownCall, "Only calls"),
        ("pyautogui.click(0.1, 0.2).real", UnknownCall, "Only calls"),
        ("pyautogui.click.__call__(0.1, 0.2)", UnknownCall, "Only calls"),
        ("pyautogui.__class__()", UnknownCall, "There is no"),
        ("(lambda: 0)()", UnknownCall, "Only calls"),
        ("for i in range(3): pyautogui.press('a')", UnknownCall, "Only calls"),
        ("if True:\n    pyautogui.press('a')", UnknownCall, "Only calls"),
        ("def f(): pass", UnknownCall, "Only calls"),
        ("@pyautogui.click\nclass A: pass", UnknownCall, "Only calls"),
        ("pyautogui.write([x for x in 'ab'])", BadArguments, "plain number"),
        ("pyautogui.write((x := 'a'))", UnknownCall, "Only calls"),
        ("pyautogui.write({'a': 1})", UnknownCall, "Only calls"),
        ("pyautogui.write(__import__('os').name)", BadArguments, "plain number"),
        ("pyautogui.write('a' if 1 else 'b')", BadArguments, "plain number"),
        ("await pyautogui.click(0.1, 0.2)", UnknownCall, "Only calls"),
        ("del pyautogui", UnknownCall, "Only calls"),
        ("pyautogui.click(x=0.5, y=0.5", BadSyntax, "closed"),
        ("pyautogui.write('never closed)", UnknownCall, "Only calls"),
        ("pyautogui.write('''never closed)", BadSyntax, "closed"),
        ("pyautogui.click(x=0.5 y=0.5)", BadSyntax, "cannot be read near"),
        ("click on the button", BadSyntax, "cannot be read near"),
        ("pyautogui.click(x=0.5, y=0.5)\0", UnknownCall, "Only calls"),
        ("\uff50yautogui.click(x=0.5, y=0.5)", UnknownCall, "Only calls"),
        ("pyautogui.\u0441lick(x=0.5, y=0.5)", UnknownCall, "Only calls"),
        ("pyautogui.click\uff08x=0.5, y=0.5\uff09", UnknownCall, "Only calls"),
        ("pyautogui.click(x=\uff10.5, y=0.5)", UnknownCall, "Only calls"),
        ("pyautogui.write(“hello”)", UnknownCall, "Only calls"),
        ("(" * 150 + "1" + ")" * 150, TooLong, "complicated"),
        ("-" * 10_000 + "1", UnknownCall, "Only calls"),
        ("a" + ".a" * 5000, TooLong, "complicated"),
        ("not " * 4000 + "1", TooLong, "complicated"),
        ("lambda:" * 2000 + "1", UnknownCall, "Only calls"),
        ("pyautogui.press('a')\n" * 21, TooLong, "21 calls"),
        ("pyautogui.write('" + "a" * 1_000_000 + "')", TooLong, "characters"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_out_is_refused_in_words(code: str, error: type[AnswerError], says: str) -> None:
    with pytest.raises(AnswerError, match=says) as caught:
        read(code)
    assert type(caught.value) is error
    assert str(caught.value).isascii()
    assert len(str(caught.value)) < 1000


def test_deep_nesting_does_not_crash_a_thread_with_a_small_stack() -> None:
    """Python's own parser overflows the stack of such a thread, which ends the process."""
    results: list[str] = []

    def work() -> None:
        for code in (
            "(" * 4000,
            "f'" + "{" * 4000,
            "-" * 19_000 + "1",
            "a" + "()" * 6000,
            "1" + "**1" * 6000,
            "[" * 150 + "]" * 150,
        ):
            with pytest.raises(AnswerError):
                read(code)
            results.append(code[:1])

    before = threading.stack_size(256 * 1024)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    threading.stack_size(before)
    assert len(results) == 6


def test_odd_escapes_in_a_text_warn_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read("pyautogui.write('\\d')") == (TypeText(text="\\d"),)


def test_declarations_are_of_the_kinds_that_the_published_prompts_lack() -> None:
    lines = declarations({"click", "type", "select_option", "back"})
    assert [line.split('"')[3] for line in lines] == ["browser.back", "browser.select_option"]
    assert "visible text" in lines[1]
    assert '"required": ["x", "y", "option"]' in lines[1]
    assert declarations({"click", "wait", "terminate"}) == []


# ---- whatever is written

SENTINEL: list[str] = []
PIECES = [
    "pyautogui", "computer", "browser", ".", "click", "write", "hotkey", "terminate", "(", ")", "[",
    "]", "{", "}", "=", ",", ":", ";", "\n", " ",
    "x", "y", "0.5", "1", "-", "+", "*", "**", "'", '"', "'''", "\\", "a", "f'", "lambda", "import os",
    "os.system", "__import__('tests')",
    "exec", "eval", ":=", "@", "if", "for", "1e999", "nan", "True", "None", "\t", "\0", "\uff50", "“",
    "\r", "#", "'success'", "keys", "__class__",
    "(_ for _ in ())", "\u2028", "\x0c",
]  # fmt: skip
REPEATED = [
    ".a", "()", "[0]", "-", "not ", "(", "'", '"', "'''", "f'{",
    "lambda:", "1,", "\\\n", "a.", "#", "\n", " \n ", "0x", "\xe9",
]  # fmt: skip
VALID = [
    "pyautogui.click(x=0.25, y=0.5, button='left')",
    "pyautogui.write(message='hello world', interval=0.1)",
    "pyautogui.hotkey('ctrl', 'shift', 't')",
    "computer.terminate(status='success', answer='42')",
    "browser.select_option(x=0.5, y=0.5, option='a')",
]


def only_actions_or_errors(code: str) -> None:
    started = time.perf_counter()
    try:
        actions = read(code)
    except AnswerError as error:
        str(error).encode("ascii")  # goes into a prompt and a record
    else:
        assert actions
        for action in actions:
            assert ACTIONS.validate_json(ACTIONS.dump_json(action)) == action
    assert time.perf_counter() - started < 2.0
    assert not SENTINEL


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
@example("\N{ZERO WIDTH SPACE}pyautogui.click(0.1, 0.1)")
def test_any_text_gives_actions_or_an_error(code: str) -> None:
    only_actions_or_errors(code)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_mixture_of_code_gives_actions_or_an_error(code: str) -> None:
    only_actions_or_errors(code)


def test_an_error_about_a_key_of_wide_letters_is_ascii() -> None:
    with pytest.raises(AnswerError) as caught:
        read("pyautogui.hotkey('ctrl', 'shift', '\N{FULLWIDTH LATIN SMALL LETTER P}t')")
    assert str(caught.value).isascii()


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(VALID), st.data())
def test_mutated_answers_give_actions_or_an_error(code: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(code)))
        drop = data.draw(st.integers(0, 3))
        code = code[:at] + data.draw(st.sampled_from(PIECES)) + code[at + drop :]
    only_actions_or_errors(code)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(REPEATED), st.sampled_from([1, 10, 1000, 100_000]))
def test_repetition_is_bounded_in_time(piece: str, times: int) -> None:
    only_actions_or_errors(piece * times)
    only_actions_or_errors(f"pyautogui.write({piece * times})")


HOSTILE = [
    "__import__('test_calls').SENTINEL.append('x')",
    "SENTINEL.append('x')",
    "pyautogui.write(SENTINEL.append('x'))",
    "pyautogui.write(message=(lambda: SENTINEL.append('x'))())",
    "pyautogui.click(x=0.5, y=0.5, duration=SENTINEL.append('x'))",
    "pyautogui.click(x=0.5, y=0.5, tween=SENTINEL.append('x'))",
    "[SENTINEL.append(_) for _ in 'x']",
    "(x := SENTINEL.append('x'))",
    "@SENTINEL.append\ndef f(): pass",
    "f'{SENTINEL.append(1)}'",
    "pyautogui.write(f'{SENTINEL.append(1)}')",
    "type('A', (), {'__del__': lambda s: SENTINEL.append('x')})()",
    "exec('SENTINEL.append(1)')",
    "pyautogui.click.__globals__['SENTINEL'].append('x')",
]


@pytest.mark.parametrize("code", HOSTILE)
def test_hostile_code_is_never_run(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.SENTINEL", SENTINEL, raising=False)
    modules = set(sys.modules)
    only_actions_or_errors(code)
    assert set(sys.modules) == modules
