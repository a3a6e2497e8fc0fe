"""Asks for consent in the terminal: what is to be done, why it is asked, and how the screen looks around the target.

Nothing counts as yes but a typed yes. What comes from a page or a model is printed as plain text.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.style import Style
from rich.text import Text

from agent.guard import Request
from agent.progress import describe, plain
from envs.frame import Pixels

_WIDTH_CELLS = 72
_YES = frozenset({"y", "yes"})


class TerminalConsent:
    """Puts requests to the person at the terminal.

    Args:
        console: where they are shown.
        read: asks for a line; raises EOFError when there is nobody to answer, which is no.
    """

    def __init__(self, console: Console, read: Callable[[str], str] = input) -> None:
        self._console, self._read = console, read

    def __call__(self, request: Request) -> bool:
        say = self._console.print
        say(Text(f"May it do this?  {describe(request.action)}", "bold yellow"))
        for name, text in (("because", request.reason), ("it says", request.words), ("on", request.title),
                           ("at", request.url or "")):  # fmt: skip
            if text:
                say(Text(f"  {name:<8} {plain(text)}"))
        if request.crop is not None and self._console.is_terminal:
            say(picture(request.crop, min(_WIDTH_CELLS, self._console.width)))
        try:
            return self._read("[y]es, [n]o? ").strip().lower() in _YES
        except EOFError:
            return False


def picture(pixels: Pixels, width_cells: int) -> Text:
    """A picture (H, W, 3) in characters, each of them two pixels: the upper and the lower half of a block."""
    height, width = pixels.shape[:2]
    columns = np.linspace(0, width - 1, min(width_cells, width)).astype(int)
    rows = np.linspace(0, height - 1, max(2, 2 * round(height * len(columns) / width / 2))).astype(int)
    small = pixels[np.ix_(rows, columns)]
    text = Text(no_wrap=True)
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        for above, below in zip(upper, lower, strict=True):
            text.append("▀", Style.parse(f"rgb({_listed(above)}) on rgb({_listed(below)})"))
        text.append("\n")
    return text


def _listed(colour: Pixels) -> str:
    return ",".join(str(int(value)) for value in colour)
