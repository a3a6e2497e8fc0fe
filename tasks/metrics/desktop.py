"""What a desktop and its settings say of themselves.

Knows the texts of GNOME's and systemd's tools, directory listings and accessibility trees, as getters hand them over;
knows no desktop. The semantics are those of OSWorld's `evaluators/metrics/basic_os.py`, and of `general.py` for the
accessibility tree.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypedDict, cast

from tasks.errors import EvaluationFailed
from tasks.metrics.libraries import extra

System = Literal["ubuntu", "windows", "macos"]

_NAMESPACES = {
    "st": "state",
    "attr": "attributes",
    "cp": "component",
    "doc": "document",
    "docattr": "document/attributes",
    "txt": "text",
    "val": "value",
    "act": "action",
    "class": "class",
    "role": "role",
}
"""What a prefix in a selector stands for, from OSWorld's in-guest server."""


class Names(TypedDict):
    """Names of files or applications."""

    expected: list[str]


class Texts(TypedDict):
    """A text, or several."""

    expected: str | list[str]


class Directory(TypedDict):
    """A directory and what is in it, as the in-guest server lists it."""

    children: list[Mapping[str, object]]


class ElementRule(TypedDict, total=False):
    """Which elements a tree must have: an XPath, or CSS selectors; and what one of them says.

    Without `exact: false` the text must be equal, otherwise it is as good as it is similar.
    """

    xpath: str
    selectors: list[str]
    text: str
    exact: bool


class Element(Protocol):
    """What is used of lxml's elements."""

    text: str | None

    def xpath(self, path: str, *, namespaces: Mapping[str, str]) -> object: ...


def check_gnome_favorite_apps(apps_str: str | None, rule: Names) -> float:
    """1.0 when the dock has the applications `rule["expected"]`, in any order and none besides; else 0.0.

    Args:
        apps_str: a list of texts as `gsettings` prints it.
        rule: names of desktop entries.
    """
    try:
        apps = ast.literal_eval((apps_str or "").strip().removeprefix("@as "))
    except (SyntaxError, ValueError):
        return 0.0
    return _same_names(cast(list[object], apps), rule["expected"]) if isinstance(apps, list) else 0.0


def check_moved_jpgs(directory_list: Directory | None, rule: Names) -> float:
    """1.0 when a directory has the files `rule["expected"]` and none besides, else 0.0."""
    children = (directory_list or {}).get("children", [])
    return _same_names([child.get("name") for child in children], rule["expected"])


def is_utc_0(timedatectl_output: str | None) -> float:
    """1.0 when the time zone that `timedatectl` prints is now at UTC, else 0.0."""
    lines = (line.strip() for line in (timedatectl_output or "").splitlines())
    return float(any(line.startswith("Time zone:") and line.endswith("+0000)") for line in lines))


def is_in_vm_clickboard(config: Texts, terminal_output: str | None) -> float:
    """1.0 when all of `config["expected"]` are in the clipboard's text, else 0.0."""
    expected = config["expected"]
    texts = [expected] if isinstance(expected, str) else expected
    return float(terminal_output is not None and all(text in terminal_output for text in texts))


def check_accessibility_tree(result: str | None, rules: Sequence[ElementRule], osname: System = "ubuntu") -> float:
    """The product, over all rules, of how well the best of the selected elements matches: from 0.0 to 1.0.

    Args:
        result: the tree, XML.
        rules: `xpath` or, without one, `selectors`, of which any will do; and the `text`, if one is asked for.
        osname: whose namespaces the prefixes in the selectors stand for.

    Raises:
        EvaluationFailed: the tree is no XML, or a rule selects nothing that could be looked for.
        MissingLibrary: lxml, cssselect or RapidFuzz is not installed.
    """
    with extra("osworld"):
        import lxml.etree

    parser = lxml.etree.XMLParser(resolve_entities=False, encoding="utf-8")
    try:
        tree = cast(Element, lxml.etree.fromstring((result or "").encode(), parser))
    except lxml.etree.XMLSyntaxError as error:
        raise EvaluationFailed(f"The accessibility tree cannot be read: {error}.") from error
    score = 1.0
    for rule in rules:
        score *= max((_match(element, rule) for element in _selected(tree, rule, osname)), default=0.0)
    return score


def _same_names(found: Sequence[object], expected: Sequence[str]) -> float:
    return float(len(found) == len(expected) and set(map(str, found)) == set(expected))


def _selected(tree: Element, rule: ElementRule, osname: System) -> Sequence[Element]:
    with extra("osworld"):
        import lxml.etree
        from cssselect import SelectorError
        from lxml.cssselect import CSSSelector

    namespaces = {
        prefix: f"https://accessibility.{osname}.example.org/ns/{path}" for prefix, path in _NAMESPACES.items()
    }
    try:
        if "xpath" in rule:
            return cast(list[Element], tree.xpath(rule["xpath"], namespaces=namespaces))
        if "selectors" in rule:
            return cast(list[Element], CSSSelector(", ".join(rule["selectors"]), namespaces=namespaces)(tree))
    except (lxml.etree.XPathError, SelectorError) as error:
        raise EvaluationFailed(f"The task's rule {rule} selects nothing: {error}.") from error
    raise EvaluationFailed(f"The task's rule {rule} has neither xpath nor selectors.")


def _match(element: Element, rule: ElementRule) -> float:
    if "text" not in rule:
        return 1.0
    if rule.get("exact", True):
        return float(element.text == rule["text"])
    with extra("osworld"):
        from tasks.metrics.fuzzy import similarity
    return similarity(rule["text"], element.text) if element.text else 0.0
