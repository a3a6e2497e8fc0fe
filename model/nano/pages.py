"""Generated web pages in many styles: what nano learns to look at.

A page is a random style sheet over a random arrangement of blocks with random words; its generator alone decides which.
"""

from __future__ import annotations

import random
from html import escape

from model.nano import words
from model.nano.blocks import BLOCKS, buttons, icons, links
from model.nano.theme import random_theme, style_sheet


def page(rng: random.Random) -> str:
    """One page as HTML, about as high as two screens."""
    t = random_theme(rng)
    blocks, weights = zip(*BLOCKS, strict=True)

    def column(count: int) -> str:
        return "".join(f'<div class="panel">{block(rng)}</div>' for block in rng.choices(blocks, weights, k=count))

    top = "".join(
        rng.sample(
            (
                f'<b data-k="point">{escape(words.label(rng))}</b>',
                links(rng, 2, 6),
                buttons(rng, 0, 2),
                f"<span>{icons(rng, 0, 5)}</span>",
            ),
            4,
        )
    )
    side = (
        f'<nav class="side panel" style="width:{rng.randint(130, 230)}px">'
        f"{links(rng, 4, 12).replace('</a>', '</a> ')}</nav>"
    )
    columns = rng.choice((1, 2, 2, 3))
    body = "".join(f'<div class="grow">{column(rng.randint(5, 8))}</div>' for _ in range(columns))
    width = rng.choice(("", "", f"max-width:{rng.randint(760, 1000)}px;margin:0 auto"))
    return (
        f"<!doctype html><meta charset=utf-8><style>{style_sheet(rng, t)}</style>"
        f'<div class="bar" style="color:{t.ink};background:{t.panel}">{top}</div>'
        f'<div class="cols" style="{width}">{side if rng.random() < 0.5 else ""}{body}</div>'
    )
