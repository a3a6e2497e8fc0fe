"""The action language as a grammar, for decoders that can be held to one: what it lets through can be read.

One rule a call; the limits of its arguments are those of the action's class. The text is in the EBNF of xgrammar. Knows
the form of an answer, as `agent.formats.sections` reads it, and the calls of `agent.formats.calls`; decodes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from agent.formats.literals import MAX_CALLS
from envs.actions import (
    AskUser,
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
from envs.keys import MODIFIERS, NAMES

_ANSWER: Final = rf"""
root ::= thinking? thought? action code
thinking ::= "◁think▷" [^◁]* "◁/think▷" "\n"*
thought ::= "## Thought" ":"? "\n" lines "\n"
action ::= "## Action:\n" lines "\n"
code ::= "## Code:\n```python\n" (call "\n"){{1,{MAX_CALLS}}} "```"
lines ::= (line "\n")+
line ::= [^#`◁\x00-\x20\x7f] [^`◁\x00-\x1f\x7f]*
point ::= "x=" fraction ", y=" fraction
fraction ::= "0." [0-9]{{1,4}} | "0" | "1"
text ::= "\"" character* "\""
character ::= [^"\\\x00-\x1f\x7f] | "\\" [nt"\\]
"""

_CALLS: Final[tuple[tuple[type[Any], str], ...]] = (
    (Click, '"pyautogui." ("click" | "doubleClick" | "tripleClick" | "rightClick" | "middleClick") "(" point ")"'),
    (Move, '"pyautogui.moveTo(" point ")"'),
    (Drag, '"pyautogui.dragTo(" point ", button=" {button} ")"'),
    (Scroll, '"pyautogui.scroll(" {vertical} (", " point)? ")"'),
    (Scroll, '"pyautogui.hscroll(" {horizontal} (", " point)? ")"'),
    (TypeText, '"pyautogui.write(message=" text ")"'),
    (Press, '"pyautogui.press(" key (", presses=" {presses})? ")"'),
    (Press, '"pyautogui.hotkey(" modifier ", " key ")" | "pyautogui.hotkey(\'ctrl\', \'shift\', " key ")"'),
    (Wait, '"computer.wait(" ("seconds=" {seconds})? ")"'),
    (AskUser, '"computer.ask_user(question=" some_text ")"'),
    (Terminate, '"computer.terminate(status=" ("\'success\'" | "\'failure\'") (", answer=" text)? ")"'),
    (Navigate, '"browser.goto(url=" some_text ")"'),
    (GoBack, '"browser.back()"'),
    (SwitchTab, '"browser.switch_tab(index=" {index} ")"'),
    (OpenTab, '"browser.open_tab(" ("url=" text)? ")"'),
    (CloseTab, '"browser.close_tab()"'),
    (SelectOption, '"browser.select_option(" point ", option=" text ")"'),
    (Upload, '"browser.upload(paths=[" text (", " text)* "])"'),
)
"""How each action is called; a name in braces is a field of its class, whose limits become a rule."""

MAX_INDEX: Final = 99
"""Where a class sets no limit to a number."""


def answer_grammar(kinds: Collection[str]) -> str:
    """The grammar of answers in sections whose code does one or more actions of these kinds.

    An end of the episode is always among them.
    """
    offered = {"terminate", "wait", *kinds}
    keys = " | ".join(f"\"'{name}'\"" for name in sorted(NAMES - MODIFIERS))
    rules = [
        _ANSWER.strip(),
        'some_text ::= "\\"" character+ "\\""',
        f'key ::= {keys} | "\'" [a-z0-9] "\'"',
        "modifier ::= " + " | ".join(f"\"'{name}'\"" for name in ("ctrl", "alt", "shift", "win")),
    ]
    names: list[str] = []
    for number, (action, call) in enumerate(_CALLS):
        if action.model_fields["kind"].default in offered:
            names.append(f"call_{number}")
            fields = dict(_fields(action, call, number))
            rules += [f"{name} ::= {values}" for name, values in fields.values()]
            rules.append(f"{names[-1]} ::= {call.format(**{field: name for field, (name, _) in fields.items()})}")
    return "\n".join([*rules, f"call ::= {' | '.join(names)}", ""])


def _fields(action: type[Any], call: str, number: int) -> Iterator[tuple[str, tuple[str, str]]]:
    """The fields that a call names, each with the name and the right side of its rule."""
    schema = action.model_json_schema()
    for field, of_field in schema["properties"].items():
        if f"{{{field}}}" in call:
            if "$ref" in of_field:
                of_field = schema["$defs"][of_field["$ref"].rpartition("/")[2]]
            yield field, (f"call_{number}_{field}", " | ".join(_values(of_field)))


def _values(schema: dict[str, Any]) -> Iterator[str]:
    """What a field can be, as literals of the grammar; a count of nothing would do nothing and is left out."""
    if "enum" in schema:
        yield from (f"\"'{value}'\"" for value in schema["enum"])
        return
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    yield from (f'"{value}"' for value in range(int(low), int(schema.get("maximum", MAX_INDEX)) + 1) if value)
    if "minimum" in schema and low == 0:
        yield '"0"'
