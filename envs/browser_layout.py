"""What is laid out on a page: its own document and those of inner pages, other sites' too, in one coordinate space.

The browser's own snapshots are read: nothing runs in the pages, which therefore cannot learn what is looked for. An
inner page that is turned, scaled or skewed is taken for upright. Boxes are in CSS pixels of the page's viewport.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TypedDict, cast

from playwright.async_api import CDPSession, Frame, Page
from playwright.async_api import Error as PlaywrightError

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_ANSWERS_S = 5.0
"""An inner page that gives no snapshot for so long hangs."""
_INSETS = ("border-left-width", "padding-left", "border-top-width", "padding-top")
_PAINTED = frozenset({"CANVAS", "EMBED", "IMG", "OBJECT", "image"})
"""Elements whose pixels may show what no text node says."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a page. Elements are known by their numbers in the browser, which they keep while they exist."""

    frame_id: str
    texts: Sequence[tuple[Box, str]]
    """Text nodes and fields that are laid out, in the order of the document."""
    painted: Mapping[int, Box]
    inner: Mapping[int, Box]
    """The places of inner pages."""
    corners: Mapping[int, tuple[float, float]]
    """Left and top of what is in those places, without borders and padding."""


@dataclass(frozen=True, slots=True)
class Layout:
    """All documents of a page."""

    documents: Sequence[Document]
    blind: Sequence[Box] = ()
    """Inner pages that could not be looked into."""


class _RareStrings(TypedDict):
    index: list[int]
    value: list[int]


class _Nodes(TypedDict):
    nodeName: list[int]
    backendNodeId: list[int]
    inputValue: _RareStrings
    textValue: _RareStrings
    contentDocumentIndex: _RareStrings


class _LaidOut(TypedDict):
    nodeIndex: list[int]
    bounds: list[list[float]]
    styles: list[list[int]]
    text: list[int]


class _Document(TypedDict):
    frameId: int
    nodes: _Nodes
    layout: _LaidOut
    scrollOffsetX: float
    scrollOffsetY: float


class _Snapshot(TypedDict):
    documents: list[_Document]
    strings: list[str]


async def layout_of(page: Page, session: CDPSession) -> Layout:
    """Look at a page.

    Args:
        page: which one.
        session: with its main target.
    """
    documents: list[Document] = []
    blind: list[Box] = []
    looked_at: dict[Frame, tuple[CDPSession, Sequence[Document]]] = {}
    """By frame: the session that knows it, and that session's documents."""
    async with AsyncExitStack() as opened:
        for frame in page.frames:  # a parent comes before its children
            if frame.parent_frame is None:
                found = _documents(await _snapshot(session), (0, 0))
                looked_at[frame] = session, found
                documents += found
                continue
            try:
                own = await page.context.new_cdp_session(frame)
            except PlaywrightError:  # it is part of its parent's, or has gone
                looked_at[frame] = looked_at[frame.parent_frame]
                continue
            opened.push_async_callback(_detach, own)
            place = await _place(own, *looked_at[frame.parent_frame])
            found = []
            if place is not None:
                try:
                    async with asyncio.timeout(_ANSWERS_S):
                        found = _documents(await _snapshot(own), place[1])
                except (TimeoutError, PlaywrightError):
                    blind.append(place[0])
            looked_at[frame] = own, found
            documents += found
    return Layout(documents, blind)


async def _snapshot(session: CDPSession) -> _Snapshot:
    return cast(_Snapshot, await session.send("DOMSnapshot.captureSnapshot", {"computedStyles": list(_INSETS)}))


async def _place(
    own: CDPSession, parents: CDPSession, documents: Sequence[Document]
) -> tuple[Box, tuple[float, float]] | None:
    """The box of an inner page and its inner corner; None when it is not shown, or has gone."""
    if not documents:  # its parent is not shown, or hangs and would not answer
        return None
    try:
        target = cast(dict[str, str], (await own.send("Target.getTargetInfo"))["targetInfo"])["targetId"]
        owner = cast(int, (await parents.send("DOM.getFrameOwner", {"frameId": target}))["backendNodeId"])
    except PlaywrightError:
        return None
    return next(((each.inner[owner], each.corners[owner]) for each in documents if owner in each.inner), None)


async def _detach(session: CDPSession) -> None:
    try:
        await session.detach()
    except PlaywrightError:
        return  # it has gone with its page


def _documents(snapshot: _Snapshot, corner: tuple[float, float]) -> list[Document]:
    strings = snapshot["strings"]
    corners = {0: corner}
    documents: list[Document] = []
    for number, document in enumerate(snapshot["documents"]):  # an inner document comes after the one that holds it
        if number not in corners:
            continue  # its place is not laid out
        nodes, layout = document["nodes"], document["layout"]
        left = corners[number][0] - document["scrollOffsetX"]
        top = corners[number][1] - document["scrollOffsetY"]
        boxes = {
            node: (left + x, top + y, left + x + width, top + y + height)
            for node, (x, y, width, height) in zip(layout["nodeIndex"], layout["bounds"], strict=True)
        }
        named = {node: strings[nodes["nodeName"][node]] for node in boxes}
        insets = dict(zip(layout["nodeIndex"], layout["styles"], strict=True))
        inner = {node: box for node, box in boxes.items() if named[node] in ("IFRAME", "FRAME")}
        within = {
            node: (box[0] + sum(pixels[:2]), box[1] + sum(pixels[2:]))
            for node, box in inner.items()
            for pixels in [[float(strings[style].removesuffix("px")) for style in insets[node]]]
        }
        for node, content in zip(*nodes["contentDocumentIndex"].values(), strict=True):
            if node in within:
                corners[content] = within[node]
        texts = {
            node: strings[text] for node, text in zip(layout["nodeIndex"], layout["text"], strict=True) if text >= 0
        }
        for values in (nodes["inputValue"], nodes["textValue"]):
            texts |= {node: strings[text] for node, text in zip(values["index"], values["value"], strict=True)}
        known_as = nodes["backendNodeId"]
        documents.append(
            Document(
                strings[document["frameId"]],
                [(boxes[node], texts[node]) for node in sorted(texts.keys() & boxes.keys())],
                {known_as[node]: box for node, box in boxes.items() if named[node] in _PAINTED},
                {known_as[node]: box for node, box in inner.items()},
                {known_as[node]: corner for node, corner in within.items()},
            )
        )
    return documents
