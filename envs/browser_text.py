"""Where on a page a text is shown, so that it can be blackened.

The browser's own snapshot of what is laid out is searched here: nothing runs in the page, which therefore cannot learn
what is looked for. It has the page and its inner pages of the same site, fields and shadow trees included; it has no
inner pages of other sites, and no text that is painted or split over several elements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypedDict, cast

from playwright.async_api import CDPSession

from envs.frame import Pixels

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class _RareStrings(TypedDict):
    index: list[int]
    value: list[int]


class _Nodes(TypedDict):
    inputValue: _RareStrings
    textValue: _RareStrings
    contentDocumentIndex: _RareStrings


class _Layout(TypedDict):
    nodeIndex: list[int]
    bounds: list[list[float]]
    text: list[int]


class _Document(TypedDict):
    nodes: _Nodes
    layout: _Layout
    scrollOffsetX: float
    scrollOffsetY: float


async def boxes_showing(session: CDPSession, texts: Sequence[str]) -> list[Box]:
    """The boxes of the elements that show one of the texts, in CSS pixels of the viewport.

    A field is blackened as a whole, a text node too, also where its characters are shown as dots.
    """
    snapshot = await session.send("DOMSnapshot.captureSnapshot", {"computedStyles": []})
    strings = cast(list[str], snapshot["strings"])
    telling = {index for index, string in enumerate(strings) if any(text in string for text in texts)}
    return list(_found(cast(list[_Document], snapshot["documents"]), telling)) if telling else []


def _found(documents: Sequence[_Document], telling: set[int]) -> Iterator[Box]:
    origins: dict[int, tuple[float, float]] = {0: (0.0, 0.0)}
    for number, document in enumerate(documents):  # an inner document comes after the one that holds it
        nodes, layout = document["nodes"], document["layout"]
        origin_x, origin_y = origins.get(number, (0.0, 0.0))
        left, top = origin_x - document["scrollOffsetX"], origin_y - document["scrollOffsetY"]
        bounds = dict(zip(layout["nodeIndex"], layout["bounds"], strict=True))
        for node, inner in zip(*nodes["contentDocumentIndex"].values(), strict=True):
            if node in bounds:
                origins[inner] = left + bounds[node][0], top + bounds[node][1]
        showing = {
            node
            for values in (nodes["inputValue"], nodes["textValue"])
            for node, string in zip(values["index"], values["value"], strict=True)
            if string in telling
        }
        showing |= {node for node, string in zip(layout["nodeIndex"], layout["text"], strict=True) if string in telling}
        for node in showing & bounds.keys():
            x, y, width, height = bounds[node]
            yield left + x, top + y, left + x + width, top + y + height


def blackened(pixels: Pixels, boxes: Sequence[Box], margin_px: int = 2) -> Pixels:
    """A copy of a picture (H, W, 3) with boxes blackened, in pixels of it; the picture itself when there are none."""
    if not boxes:
        return pixels
    masked = pixels.copy()
    for left, top, right, bottom in boxes:
        rows = slice(max(int(top) - margin_px, 0), max(int(bottom) + 1 + margin_px, 0))
        columns = slice(max(int(left) - margin_px, 0), max(int(right) + 1 + margin_px, 0))
        masked[rows, columns] = 0
    return masked
