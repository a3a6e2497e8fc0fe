"""From a model's code to names and plain values, with nothing evaluated on the way.

The code is a list of calls with literal arguments: `pyautogui.click(x=0.5, y=0.25)`. Its tokens are checked first, so
that Python's own parser, which deep nesting can crash, is given nothing but flat calls. Knows no call by name, no
action and no coordinate.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from dataclasses import dataclass

from agent.formats.base import BadArguments, BadSyntax, TooLong, UnknownCall

MAX_CODE_CHARS = 20_000
MAX_CALLS = 20
MAX_TOKENS = 200
"""Most tokens of one statement; a text of any length is one token."""
MAX_DEPTH = 4
"""Most brackets open at once."""

IGNORED_ARGUMENTS = frozenset({"duration", "interval", "tween", "pause", "_pause", "logScreenshot"})
"""What users of pyautogui write and what does not matter here: timing belongs to the environment. Their values are not
looked at."""

Value = int | float | str | tuple[str, ...] | None

_OPERATORS = frozenset(".()[],=-+;")
_PLAIN_TEXT = re.compile(r"[ruRU]?['\"]")
"""How a text begins that is neither bytes nor computed."""
_HARMLESS_IMPORTS = frozenset({"pyautogui", "time"})
"""Models begin scripts with these; the names mean nothing here, so the line is skipped."""
_ONLY_CALLS = "Only calls such as pyautogui.click(x=0.5, y=0.5) can be carried out"


@dataclass(frozen=True, slots=True)
class Call:
    """A call as written: its dotted name and its arguments as plain values."""

    name: str
    positional: tuple[Value, ...]
    named: dict[str, Value]


def read_calls(code: str) -> list[Call]:
    """Read code that consists of calls with literal arguments.

    Raises:
        TooLong: it is too long or has too many calls.
        BadSyntax: it cannot be read.
        UnknownCall: a statement is something else than a call of a dotted name.
        BadArguments: an argument is not a literal.
    """
    if len(code) > MAX_CODE_CHARS:
        raise TooLong(f"The code is too long: at most {MAX_CODE_CHARS} characters.")
    code = code.strip()
    _check_tokens(code)
    statements = [statement for statement in _parse(code) if not _is_harmless_import(statement)]
    if len(statements) > MAX_CALLS:
        raise TooLong(
            f"The code has {len(statements)} calls: do at most {MAX_CALLS} at once, then look at the screen again."
        )
    return [_call(statement, code) for statement in statements]


def excerpt(text: str) -> str:
    """A piece of a model's text, shortened and in plain ASCII, to be quoted in a message."""
    return ascii(text if len(text) <= 60 else f"{text[:60]}...")


def untypable(text: str) -> str | None:
    """The first character of a text that no keyboard types; line ends and tabs are keys."""
    return next(
        (
            each
            for each in text
            if (each < " " and each not in "\n\t") or "\ud800" <= each <= "\udfff" or each == "\x7f"
        ),
        None,
    )


def _check_tokens(code: str) -> None:
    """Refuse whatever cannot be part of flat calls.

    Names must be ASCII because Python takes some other letters for ASCII ones: a name here is what it looks like.
    """
    depth = length = 0
    previous = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            match token.type:
                case tokenize.NAME if token.string.isascii():
                    pass
                case tokenize.STRING if _PLAIN_TEXT.match(token.string):
                    pass
                case tokenize.OP if token.string in _OPERATORS and not (
                    token.string in "+-" and previous in ("+", "-")
                ):
                    depth += (token.string in "([") - (token.string in ")]")
                case tokenize.NUMBER | tokenize.COMMENT | tokenize.NL | tokenize.NEWLINE | tokenize.ENDMARKER:
                    pass
                case _:
                    raise UnknownCall(f"{_ONLY_CALLS}, not {excerpt(token.line.strip())}.")
            length = 0 if token.type == tokenize.NEWLINE or token.string == ";" else length + 1
            if depth > MAX_DEPTH or length > MAX_TOKENS:
                raise TooLong("The code is too complicated: write one simple call a line.")
            previous = token.string
    except (tokenize.TokenError, SyntaxError):
        raise BadSyntax("The code cannot be read: write one call a line, with quotes and brackets closed.") from None


def _parse(code: str) -> list[ast.stmt]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a text is a warning, not a fault
            return ast.parse(code).body
    except SyntaxError as error:
        lines = code.splitlines()
        line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else code
        raise BadSyntax(f"The code cannot be read near {excerpt(line.strip())}: write one call a line.") from None
    except (ValueError, RecursionError, MemoryError):  # a null byte in a text, or what the tokens did not show
        raise BadSyntax("The code cannot be read: write one simple call a line.") from None


def _is_harmless_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import) and all(
        alias.name in _HARMLESS_IMPORTS and alias.asname is None for alias in statement.names
    )


def _call(statement: ast.stmt, code: str) -> Call:
    match statement:
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=function), args=args, keywords=keywords)
        ):
            name = f"{module}.{function}"[:60]
        case _:
            raise UnknownCall(f"{_ONLY_CALLS}, not {excerpt(code.splitlines()[statement.lineno - 1].strip())}.")
    given: set[str] = set()
    named: dict[str, Value] = {}
    for keyword in keywords:
        if keyword.arg is None or keyword.arg in given:
            raise BadArguments(f"{name}: give every argument once, by its name.")
        given.add(keyword.arg)
        if keyword.arg not in IGNORED_ARGUMENTS:
            named[keyword.arg] = _value(keyword.value, name)
    return Call(name, tuple(_value(argument, name) for argument in args), named)


def _value(node: ast.expr, name: str) -> Value:
    match node:
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=int() | float() | str() as value) if not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)) if not isinstance(
            value, bool
        ):
            return -value
        case ast.UnaryOp(op=ast.UAdd(), operand=ast.Constant(value=int() | float() as value)) if not isinstance(
            value, bool
        ):
            return value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            texts = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
            if len(texts) == len(items):
                return tuple(texts)
        case _:
            pass
    raise BadArguments(f"{name}: every argument must be a plain number, a quoted text or a list of quoted texts.")
