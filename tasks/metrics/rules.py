"""The small language in which task files say what a value should be.

Knows values and rules such as `{"method": "approx:0.1", "ref": 3.5}`; does not know where a value comes from.
"""

from __future__ import annotations

import operator
import re
from functools import reduce
from typing import Protocol, TypedDict, cast

from tasks.errors import EvaluationFailed


class Rule(TypedDict):
    """What a value is held against.

    Methods: `eq`, `ne`, `lt`, `le`, `gt`, `ge`; `re`, with flags as in `re.I.M`, found anywhere in the value;
    `approx:0.1`, the greatest difference; `range.te`, between `ref[0]` and `ref[1]`, each end included (`e`) or not
    (`t`); `str_list_eq` and `str_set_eq`, of a value written as `"a,b"`; `spreadsheet_range`, cells that have
    `ref[0]` in them and are themselves in `ref[1]`.
    """

    method: str
    ref: object


class _Ordered(Protocol):
    def __le__(self, other: object, /) -> bool: ...

    def __lt__(self, other: object, /) -> bool: ...


def matches(value: object, rule: Rule) -> bool:
    """Whether a value is as a rule has it.

    Raises:
        TypeError: the value cannot be held against the rule: a pattern against a number, say.
        EvaluationFailed: there is no such method.
    """
    method, _, parameter = rule["method"].replace(":", ".", 1).partition(".")
    ref = rule["ref"]
    match method:
        case "re":
            flags = reduce(operator.or_, (re.RegexFlag[flag] for flag in parameter.split(".") if flag), re.NOFLAG)
            return re.search(cast(str, ref), cast(str, value), flags) is not None
        case "eq" | "ne" | "lt" | "le" | "gt" | "ge":
            return bool(getattr(operator, method)(value, ref))
        case "approx":
            return _approximately(value, cast(float, ref), float(parameter))
        case "range" if parameter in ("ee", "et", "te", "tt"):
            low, high = cast(list[_Ordered], ref)
            above = low <= value if parameter[0] == "e" else low < value
            below = cast(_Ordered, value) <= high if parameter[1] == "e" else cast(_Ordered, value) < high
            return above and below
        case "str_list_eq":
            return _listed(value) == list(cast(list[str], ref))
        case "str_set_eq":
            return set(_listed(value)) == set(cast(list[str], ref))
        case "spreadsheet_range":
            return _within_cells(value, cast(list[str], ref))
        case _:
            raise EvaluationFailed(f"The task's rule has the method {rule['method']!r}, which no benchmark describes.")


def _approximately(value: object, ref: float, most: float) -> bool:
    try:
        return abs(float(cast(float, value)) - ref) <= most
    except (TypeError, ValueError):
        return False


def _listed(value: object) -> list[str]:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no list written as a text")
    return value.strip("\"'").split(",")


def _within_cells(value: object, ref: list[str]) -> bool:
    from openpyxl.worksheet.cell_range import MultiCellRange

    least, most = MultiCellRange(ref[0]), MultiCellRange(ref[1])
    cells = cast(MultiCellRange, value)
    return all(each in cells for each in least) and all(each in most for each in cells)
