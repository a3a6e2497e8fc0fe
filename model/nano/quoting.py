"""Instructions in nano's own words: with quotation marks, which told it where labels end, and with its names of icons.

An instruction without marks is taken apart into steps of the kinds that nano knows (`model.nano.steps`), each in one
of the ways in which it may be said; if one of them is of no such kind, all stays as it is. A label ends where a word of
the sentence begins: "into", "button", "in the row", or "and" in front of a verb. Knows strings only.
"""

from __future__ import annotations

import re
from typing import Final

from model.nano.action_lines import ORDINALS
from model.nano.icon_names import NAME_OF, NAMES

_MARKS: Final = re.compile('["“”„«»]')
_POINT: Final = r"(?:double|right)[- ]click|click|press|open|choose|select|go to"
_TICK: Final = r"tick|check|turn on|switch on|untick|uncheck|turn off|switch off"
_WRITE: Final = r"type|enter|write"
_KEY: Final = (
    r"enter|return|tab|esc|escape|space|backspace|delete|up|down|left|right|home|end|page ?up|page ?down|f\d{1,2}"
    r"|(?:(?:ctrl|alt|shift|super)\+)+\w+"
)
_BOX: Final = "check ?box|box|switch"
_KIND: Final = rf"button|link|tab|menu item|menu|entry|option|field|icon|{_BOX}"
_WHERE: Final = (
    r"in the row(?: of)?|in the column|on the card|next to|beside|below|above|(?:to the )?left of|(?:to the )?right of"
)
_ORDINAL: Final = "|".join(ORDINALS)

_BETWEEN: Final = re.compile(
    rf"((?:[,.;]\s+(?:and\s+)?(?:then\s+)?|\s+and\s+then\s+|\s+then\s+|\s+and\s+)"
    rf"(?=(?:{_POINT}|{_TICK}|{_WRITE}|hit|fill in|clear the|scroll)\s))",
    re.IGNORECASE,
)
_BESIDE: Final = rf"(?: (?:{_WHERE}) (?:the )?(?P<anchor>\S.*))?"
_THING: Final = rf"(?:the (?:(?:{_ORDINAL}) )?(?P<label>\S.*?)(?: (?:{_KIND}))?|(?P<bare>\S.*?)(?: button)?){_BESIDE}"
_FIELD: Final = r"(?:the )?(?P<label>\S.*?)(?: field| box)?"
_ICON: Final = r"(?P<icon>\S.*?)"
_STEPS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:press|hit) (?:{_KEY})",
        r"scroll (?:up|down)(?: the page)?",
        rf"(?:{_WRITE}) (?P<text>\S.*) into {_FIELD}{_BESIDE}",
        rf"(?:{_WRITE}) (?P<text>\S.*?) (?:in|as) {_FIELD}{_BESIDE}",
        rf"fill in {_FIELD} with (?P<text>\S.*)",
        rf"(?:{_POINT})(?: on)? (?:the )?{_ICON} icon{_BESIDE}",
        rf"(?:{_POINT})(?: on)? the icon {_ICON}{_BESIDE}",
        rf"(?:{_TICK}|select) the (?:(?:{_BOX}) (?:in the row(?: of)?|next to)|row) (?P<label>\S.*)",
        rf"(?:{_TICK}) the (?:{_BOX}) (?P<label>\S.*?){_BESIDE}",
        rf"(?:{_POINT})(?: on)? the (?:button|link|tab) (?P<label>\S.*?){_BESIDE}",
        rf"clear the (?P<label>\S.*?) (?:{_BOX}){_BESIDE}",
        rf"(?:{_POINT}|{_TICK})(?: on)? {_THING}",
    )
)
_NAMED: Final = frozenset({"text", "label", "bare", "icon", "anchor"})
"""Groups of the steps that stand between marks."""
_NO_NAME: Final = re.compile(rf"(?:the )?(?:{_KIND}|it|this|that|all)", re.IGNORECASE)
_NOT_ENDED: Final = re.compile(
    r"[.,;] (?:in|on|of|for|under|near|beside|below|above|next|left|right|to)\b"
    rf"|\b(?:{_KIND}) (?:in|on|of|for|under|near)\b|\b(?:in|on) the .* (?:row|column|card)\b"
    r"|[,;]$|[,;]? then\b",
    re.IGNORECASE,
)
"""What tells that another part of the sentence was taken for the end of a label, an icon or an anchor."""
_ICON_BETWEEN_MARKS: Final = re.compile(r'(?<=")[^"]+(?=" icon\b)|(?<=\bicon ")[^"]+(?=")', re.IGNORECASE)


def quoted(instruction: str) -> str:
    """The instruction with what it names between quotation marks, if it has none and is understood.

    Icons get the names that nano knows: "search" for "magnifying glass".
    """
    return _ICON_BETWEEN_MARKS.sub(_known_icon, instruction if _MARKS.search(instruction) else _marked(instruction))


def quoted_target(target: str) -> str:
    """What is to be found, as the step that clicks it, if it has no quotation marks: "Save button", "search icon"."""
    if _MARKS.search(target) or _marked(target) != target:
        return quoted(target)
    clicked = f"click {target}"
    return target if _marked(clicked) == clicked else quoted(clicked)


def _known_icon(name: re.Match[str]) -> str:
    said = name[0].lower()
    return name[0] if said in NAMES else NAME_OF.get(said.replace(" ", "-"), name[0])


def _marked(instruction: str) -> str:
    """The instruction with marks around what it names; as it is where it is not understood."""
    said = instruction.strip()
    said, stop = (said[:-1], ".") if said.endswith(".") and not said.endswith("..") else (said, "")
    *parts, last = _BETWEEN.split(said)
    steps = [_with_marks(part) for part in (*parts[::2], last)]
    if any(step is None for step in steps):
        return instruction
    return "".join(f"{step}{between}" for step, between in zip(steps, (*parts[1::2], stop), strict=True))


def _with_marks(step: str) -> str | None:
    """The step with marks around what it names; None if it is of no kind that nano knows, or names nothing."""
    found = next((found for pattern in _STEPS if (found := pattern.fullmatch(step))), None)
    if found is None:
        return None
    for name in sorted(_NAMED & found.re.groupindex.keys(), key=found.start, reverse=True):
        begin, end = found.span(name)
        if begin < 0:
            continue
        named = step[begin:end]
        if name != "text" and _NOT_ENDED.search(named):
            return None
        if name not in ("text", "icon") and _NO_NAME.fullmatch(named):  # there is a "menu" icon
            return None
        step = f'{step[:begin]}"{named}"{step[end:]}'
    return step
