"""HTML files, element by element.

The semantics are those of OSWorld's `evaluators/metrics/chrome.py`.
"""

from __future__ import annotations

from bs4 import BeautifulSoup
from bs4.element import PageElement, Tag

from tasks.metrics.files import read_text, zero_if_unreadable


@zero_if_unreadable
def compare_htmls(html_path1: str | None, html_path2: str | None, ignore_sdnum: bool = False) -> float:
    """Two HTML files: names, attributes and texts of their elements in the order in which they come.

    1.0 when as many as both files have are the same, else 0.0: what one of them has at its end and the other lacks
    does not matter. With `ignore_sdnum` neither does that attribute, in which LibreOffice writes a cell's number.
    """
    first, second = (BeautifulSoup(read_text(path), "lxml").descendants for path in (html_path1, html_path2))
    return float(all(_is_same(*pair, ignore_sdnum) for pair in zip(first, second, strict=False)))


def _is_same(left: PageElement, right: PageElement, ignore_sdnum: bool) -> bool:
    if not isinstance(left, Tag) or not isinstance(right, Tag):
        return left == right
    ignored = {"sdnum"} if ignore_sdnum else set[str]()
    return (
        left.name == right.name
        and left.text.strip() == right.text.strip()
        and _attributes(left, ignored) == _attributes(right, ignored)
    )


def _attributes(element: Tag, ignored: set[str]) -> dict[str, object]:
    return {name: value for name, value in element.attrs.items() if name not in ignored}
