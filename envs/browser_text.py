"""Where on a page a text is shown, so that it can be blackened.

Upper and lower case, white space, and elements that a text is spread over make no difference. What is painted has no
text: that is `envs.browser_painted`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from envs.browser_layout import Box, Document, Layout
from envs.frame import Pixels


def boxes_showing(layout: Layout, texts: Sequence[str]) -> list[Box]:
    """The boxes of the elements that show one of the texts, or a part of it; and of what cannot be looked into.

    A field is blackened as a whole, a text node too, also where its characters are shown as dots.
    """
    sought = [bare for text in texts if (bare := _bare(text))]
    return [*layout.blind, *(box for document in layout.documents for box in _found(document, sought))]


def _found(document: Document, sought: Sequence[str]) -> Iterator[Box]:
    parts = [_bare(text) for _, text in document.texts]
    whole, ends = "".join(parts), list(accumulate(map(len, parts)))
    for text in sought:
        start = whole.find(text)
        while start >= 0:
            first, last = bisect_right(ends, start), bisect_left(ends, start + len(text))
            yield from (box for box, _ in document.texts[first : last + 1])
            start = whole.find(text, start + 1)


def _bare(text: str) -> str:
    return "".join(text.split()).casefold()


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
