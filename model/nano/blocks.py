"""The blocks of generated pages: bars, forms, tables, cards, menus, as HTML with random words.

What can be pointed at says so in attributes, which the renderer reads back with the boxes that the browser gave them:
    data-k="point"  click its own text
    data-k="icon"   click the drawing in it, which shows what data-l names
    data-k="tick"   a check box, radio button or switch, with the text of its label in data-l
    data-k="field"  a text field, with the text that names it in data-l, and where that stands in data-at: above, left
                    or inside
Everything is drawn from the page's generator, in an order that must not change.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from html import escape
from itertools import pairwise

from model.nano import words
from model.nano.icon_themes import icon_themes
from model.nano.icons import NAMES, drawings


def point(tag: str, text: str, css: str = "") -> str:
    """An element whose own text is what a user points at."""
    return f'<{tag} data-k="point" {f"class={css!r}" if css else ""}>{escape(text)}</{tag}>'


def links(rng: random.Random, low: int, high: int) -> str:
    """So many links, side by side."""
    return "".join(point("a", words.label(rng)) for _ in range(rng.randint(low, high)))


def buttons(rng: random.Random, low: int, high: int) -> str:
    """So many buttons, or links that look like them, side by side; some show an icon beside their text."""
    tag, css = ("button", "") if rng.random() < 0.8 else ("a", "b")
    gap = " " if rng.random() < 0.5 else "&nbsp; "
    count = rng.randint(low, high)
    if rng.random() < 0.15:
        return gap.join(
            f"<{tag} class={css!r}>{_drawing(rng, rng.choice(NAMES))} {point('span', words.label(rng))}</{tag}>"
            for _ in range(count)
        )
    return gap.join(point(tag, words.label(rng), css) for _ in range(count))


def icons(rng: random.Random, low: int, high: int) -> str:
    """So many icons to click, of one size and style, side by side."""
    names = rng.sample(NAMES, rng.randint(low, high))
    tag, css = rng.choice((("button", ""), ("button", "bare"), ("a", "bare"), ("button", "round"), ("a", "b")))
    size = f"font-size:{rng.choice((12, 14, 16, 16, 18, 18, 20, 20, 22, 24, 24, 28, 32))}px"
    gap = rng.choice(("", " ", " ", "&nbsp; ", "&nbsp; &nbsp; "))
    return gap.join(
        f'<{tag} data-k="icon" data-l="{name}" class="{css}" style="{size}">{_drawing(rng, name)}</{tag}>'
        for name in names
    )


def _drawing(rng: random.Random, name: str) -> str:
    return rng.choice(drawings()[name])


def _field(rng: random.Random) -> str:
    """A text field named by a label above it, left of it or inside it."""
    name = words.label(rng)
    at = rng.choices(("above", "left", "inside"), (42, 33, 25))[0]
    shown = escape(name)
    mark = rng.choice(("", "", "", ":", " *")) if at != "inside" else rng.choice(("", "", "..."))
    hint = shown + mark if at == "inside" else escape(words.value(rng)) if rng.random() < 0.15 else ""
    filled = escape(words.value(rng)) if at != "inside" and rng.random() < 0.15 else ""
    width = rng.choice(("100%", "100%", f"{rng.randint(90, 420)}px", f"{rng.randint(90, 260)}px"))
    attributes = f'data-k="field" data-l="{shown}" data-at="{at}"'
    if rng.random() < 0.1:
        control = (
            f'<textarea {attributes} placeholder="{hint}" rows="{rng.randint(2, 4)}" style="width:{width}">'
            f"{filled}</textarea>"
        )
    else:
        control = f'<input {attributes} placeholder="{hint}" value="{filled}" style="width:{width}">'
    if at == "inside":
        return f'<div style="margin:6px 0">{control}</div>'
    weight = rng.choice(("", "", "font-weight:600", "font-size:.88em", "opacity:.75", "font-style:italic"))
    caption = f'<span data-c style="{weight}">{shown}{mark}</span>'
    if at == "above":
        return (
            f'<div style="margin:{rng.randint(2, 14)}px 0"><div style="margin-bottom:{rng.randint(0, 6)}px">{caption}'
            f"</div>{control}</div>"
        )
    row = f"display:flex;align-items:center;gap:{rng.randint(4, 16)}px;margin:{rng.randint(2, 10)}px 0"
    column = rng.choice(("", f"width:{rng.randint(90, 200)}px", f"width:{rng.randint(90, 200)}px;text-align:right"))
    return f'<div style="{row}"><div style="{column}">{caption}</div>{control}</div>'


def _tick(rng: random.Random) -> str:
    """A check box, radio button or switch beside its label; switches may stand at the far end of the row."""
    name = escape(words.label(rng))
    checked = rng.choice(("", "checked"))
    kind = rng.random()
    if kind < 0.2:
        wide = rng.random() < 0.6
        row = f"display:flex;justify-content:space-between;width:{rng.randint(180, 560)}px" if wide else ""
        switch = f'<span class="switch" data-k="tick" data-l="{name}"></span>'
        return f'<div style="{row};margin:6px 0"><span data-c>{name}</span> {switch}</div>'
    glyph = (
        '<span class="box"></span>'
        if kind < 0.3
        else f'<input type="{rng.choice(("checkbox", "checkbox", "radio"))}" {checked} style="width:auto">'
    )
    layout = rng.choice(("display:block", "display:block", "display:inline-block;margin-right:14px"))
    return (
        f'<label data-k="tick" data-near style="{layout};margin:{rng.randint(0, 6)}px 0">{glyph} '
        f"<span data-c>{name}</span></label>"
    )


def _form(rng: random.Random) -> str:
    rows = [_field(rng) if rng.random() < 0.68 else _tick(rng) for _ in range(rng.randint(2, 7))]
    if rng.random() < 0.3:
        pairs = [
            f'<div class="cols" style="gap:12px"><div class="grow">{a}</div><div class="grow">{b}</div></div>'
            for a, b in pairwise(rows)
        ]
        rows = pairs[::2] or rows
    return (
        f'<h2 data-k="point">{escape(words.label(rng))}</h2>{"".join(rows)}'
        f'<div style="margin-top:8px">{buttons(rng, 1, 3)}</div>'
    )


def _inline(rng: random.Random) -> str:
    """Lines of links, fields and boxes that follow each other like words, as pages without a layout have them."""
    lines: list[str] = []
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.5:
            between = rng.choice((" | ", " - ", " · ", ", ", " / ", " ", " &nbsp; "))
            caption = f"{escape(words.label(rng)[:16].strip())}: " if rng.random() < 0.5 else ""
            lines.append(
                caption + between.join(point("a", words.label(rng)[:20].strip()) for _ in range(rng.randint(3, 8)))
            )
        else:
            lines.append(" ".join(_inline_control(rng) for _ in range(rng.randint(2, 5))))
    return "".join(f'<div style="margin:{rng.randint(2, 12)}px 0">{line}</div>' for line in lines)


def _inline_control(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.25:
        return buttons(rng, 1, 1)
    name = escape(words.label(rng)[:20].strip())
    if kind < 0.6:
        box = f'<input type="{rng.choice(("checkbox", "radio"))}" {rng.choice(("", "checked"))} style="width:auto">'
        return f'<label data-k="tick" data-near>{box} <span data-c>{name}</span></label>'
    field = f'<input data-k="field" data-l="{name}" data-at="left" style="width:{rng.randint(60, 200)}px">'
    caption = f"<span data-c>{name}{rng.choice(('', ':'))}</span>"
    return f'<span style="white-space:nowrap">{caption} {field}</span>'


def _table(rng: random.Random) -> str:
    columns = rng.randint(2, 6)
    head = "".join(f"<th>{point('span', words.label(rng))}</th>" for _ in range(columns))
    body = ""
    for _ in range(rng.randint(3, 10)):
        cells = [
            point("span", words.value(rng)[:24]) if rng.random() < 0.8 else point("a", words.label(rng))
            for _ in range(columns)
        ]
        if rng.random() < 0.3:
            cells[-1] = buttons(rng, 1, 2)
        body += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    return f"<table><tr>{head}</tr>{body}</table>"


def _tick_table(rng: random.Random) -> str:
    """A table whose rows begin with a check box, and have the same buttons or icons at their ends."""
    columns, actions = rng.randint(0, 2), rng.random()
    repeated = buttons(rng, 1, 2) if actions < 0.3 else icons(rng, 1, 3) if actions < 0.6 else ""
    rows = ""
    for _ in range(rng.randint(3, 8)):
        name = escape(words.label(rng))
        cells = "".join(f"<td>{point('span', words.value(rng)[:20])}</td>" for _ in range(columns))
        checked = rng.choice(("", "", "checked"))
        rows += (
            f'<tr><td style="width:2em"><input type="checkbox" {checked} data-k="tick" data-l="{name}" '
            f'style="width:auto"></td>'
            f"<td><span data-c>{name}</span></td>{cells}<td>{repeated}</td></tr>"
        )
    return f"<table>{rows}</table>"


def _icon_bar(rng: random.Random) -> str:
    between = rng.choice(("", "", " | ", f" {point('span', words.label(rng))} "))
    return f'<div class="bar">{between.join(icons(rng, 2, 7) for _ in range(rng.randint(1, 2)))}</div>'


def _program_bar(rng: random.Random) -> str:
    """A tool bar as desktop programs have them: coloured icons of one theme and size; some have a text."""
    if not icon_themes():
        return _icon_bar(rng)
    theme, size = rng.choice(icon_themes()), rng.choice((16, 22, 24, 24, 24, 32))
    paper, ink = rng.choice((("#2f2f2f", "#ddd"), ("#3b3f45", "#eee")) if theme.is_dark else _LIGHT_BARS)
    padding, worded, bordered = rng.randint(2, 10), rng.random() < 0.2, rng.random() < 0.2
    shown = ""
    for name in rng.sample(tuple(theme.drawings), min(rng.randint(4, 14), len(theme.drawings))):
        made_for = theme.drawings[name]
        source = rng.choice(made_for[min(made_for, key=lambda made: abs(made - size))])
        shown += (
            f'<span style="padding:{padding}px;{"border:1px solid #8888;border-radius:4px" if bordered else ""}">'
            f'<span data-k="icon" data-l="{name}"><img class="icon" src="{source}" width={size} height={size}></span>'
            f"{' ' + point('span', words.label(rng)[:14].strip()) if worded else ''}</span>"
            f"{rng.choice(('', '', '', '', '<small>▾</small>', '<span class=faint>|</span>'))}"
        )
    return (
        f'<div style="background:{paper};color:{ink};display:flex;flex-wrap:wrap;align-items:center;'
        f'gap:{rng.choice((0, 0, 2, 6, 12))}px;padding:{rng.randint(0, 6)}px">{shown}</div>'
    )


_LIGHT_BARS = (
    ("#f6f5f4", "#222"), ("#efefef", "#222"), ("#ececec", "#000"), ("#fff", "#333"), ("#d6d2cf", "#111"),
    ("#e8ecf0", "#222"), ("linear-gradient(#fbfbfb,#dedede)", "#111"),
)  # fmt: skip
"""Grounds and texts of tool bars."""


def _icon_list(rng: random.Random) -> str:
    """Rows of a name with icons, in front of it or at the other end."""
    rows = ""
    for _ in range(rng.randint(3, 6)):
        parts = [point("span", words.label(rng)), f"<span>{icons(rng, 1, 4)}</span>"]
        rows += (
            f'<div style="display:flex;gap:8px;align-items:center;padding:{rng.randint(1, 8)}px;'
            f'justify-content:{rng.choice(("space-between", "flex-start"))}">'
            f"{''.join(parts if rng.random() < 0.7 else parts[::-1])}</div>"
        )
    return f"<div>{rows}</div>"


def _text(rng: random.Random) -> str:
    paragraphs = ""
    for _ in range(rng.randint(1, 4)):
        parts = [
            escape(words.sentence(rng)) if rng.random() < 0.75 else point("a", words.label(rng))
            for _ in range(rng.randint(2, 6))
        ]
        paragraphs += f"<p>{' '.join(parts)}</p>"
    return f'<h2 data-k="point">{escape(words.label(rng))}</h2>{paragraphs}'


def _tabs(rng: random.Random) -> str:
    count = rng.randint(3, 6)
    return (
        "<div>"
        + "".join(point("span", words.label(rng), "tab on" if i == 1 else "tab") for i in range(count))
        + "</div>"
        + _ticks(rng)
    )


def _ticks(rng: random.Random) -> str:
    return "".join(_tick(rng) for _ in range(rng.randint(2, 7)))


def _menu(rng: random.Random) -> str:
    items = "".join(
        f'<div style="display:flex;justify-content:space-between;gap:30px;padding:{rng.randint(2, 6)}px 14px">'
        f"{point('span', words.label(rng))}"
        f'<span class="faint">{_shortcut(rng)}</span></div>'
        for _ in range(rng.randint(4, 10))
    )
    return f'<div class="panel" style="display:inline-block;padding:4px 0;min-width:150px">{items}</div>'


def _shortcut(rng: random.Random) -> str:
    """The keys beside an item of a menu, or nothing."""
    return rng.choice(("", "", "Ctrl+" + rng.choice("ABCNOPSVXZ"), "F" + str(rng.randint(1, 12))))


def _list(rng: random.Random) -> str:
    rows = "".join(
        f'<div style="padding:{rng.randint(2, 10)}px;border-bottom:1px solid #8884">'
        f"{point(rng.choice(('a', 'span', 'b')), words.label(rng))}"
        f"{'<br><span class=faint>' + escape(words.sentence(rng)[:50]) + '</span>' if rng.random() < 0.5 else ''}</div>"
        for _ in range(rng.randint(3, 8))
    )
    return f"<div>{rows}</div>"


def _toolbar(rng: random.Random) -> str:
    name = escape(words.label(rng))
    attributes = f'data-k="field" data-l="{name}" data-at="inside"'
    search = f'<input {attributes} placeholder="{name}" style="width:{rng.randint(120, 300)}px">'
    search = f"{icons(rng, 1, 1)}{search}" if rng.random() < 0.3 else search
    return f'<div class="bar">{buttons(rng, 2, 6)}{search if rng.random() < 0.5 else ""}{icons(rng, 0, 3)}</div>'


def _card_row(rng: random.Random) -> str:
    cards = "".join(
        f'<div class="panel grow"><b data-k="point">{escape(words.label(rng))}</b>'
        f"<p>{escape(words.sentence(rng))}</p>{buttons(rng, 1, 2)}</div>"
        for _ in range(rng.randint(2, 4))
    )
    return f'<div class="cols">{cards}</div>'


def _grid(rng: random.Random) -> str:
    """What has very short labels: the keys of a calculator or keyboard, the days of a month, the pages of a list."""
    kind = rng.random()
    if kind < 0.4:
        keys = [*"0123456789", *rng.sample(_FUNCTIONS, rng.randint(2, len(_FUNCTIONS)))]
        rng.shuffle(keys)
        columns = rng.randint(3, 6)
    elif kind < 0.55:
        keys = [*rng.choice(("qwertyuiopasdfghjklzxcvbnm", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))]
        columns = rng.randint(7, 10)
    elif kind < 0.85:
        keys, columns = [str(day) for day in range(1, rng.randint(28, 31) + 1)], 7
    else:
        first = rng.randint(1, 40)
        keys = [str(number) for number in range(first, first + rng.randint(4, 9))]
        columns = len(keys)
    tag, css = rng.choice((("button", ""), ("button", ""), ("a", "b"), ("span", ""), ("a", "")))
    cells = "".join(f'<div style="text-align:center">{point(tag, key, css)}</div>' for key in keys)
    gap, width = rng.randint(0, 10), rng.randint(26, 64)
    tracks = f"repeat({columns},minmax({width}px,max-content))"
    return f'<div style="display:grid;gap:{gap}px;grid-template-columns:{tracks}">{cells}</div>'


def _alike(rng: random.Random) -> str:
    """Labels that are nearly the same, one below or beside the other: of a list, of buttons, of boxes."""
    label = words.label(rng)[:24].strip()
    if rng.random() < 0.5:
        first = rng.randint(1, 9999)
        numbers = rng.sample(range(first, first + rng.choice((9, 20, 120))), rng.randint(3, 8))
        shown = [f"{label} {number}" for number in numbers]
    else:
        shown = [label, *(words.mutated(rng, label).strip() for _ in range(rng.randint(2, 6)))]
    rng.shuffle(shown)
    names = [name for name in dict.fromkeys(shown) if name]
    kind = rng.random()
    if kind < 0.25:
        parts = [
            f'<label data-k="tick" data-near><input type="checkbox" style="width:auto"> '
            f"<span data-c>{escape(name)}</span></label>"
            for name in names
        ]
    else:
        tag, css = rng.choice((("a", ""), ("span", ""), ("button", ""), ("a", "b")))
        parts = [point(tag, name, css) for name in names]
    across = rng.random() < 0.3
    gap = rng.randint(2, 16)
    way = "flex-wrap:wrap" if across else "flex-direction:column;align-items:start"
    return f'<div style="display:flex;gap:{gap}px;{way}">{"".join(parts)}</div>'


_FUNCTIONS = (
    "+", "-", "=", ".", "%", "/", "C", "CE", "AC", "sin", "cos", "tan", "log", "ln", "exp", "mod", "x", "y", "e", "i",
    "Del", "Ans", "MR", "M+", "(", ")",
)  # fmt: skip
"""Of calculators."""


BLOCKS: tuple[tuple[Callable[[random.Random], str], float], ...] = (
    (_form, 6.0), (_table, 2.0), (_text, 1.2), (_tabs, 1.5), (_ticks, 2.5),
    (_menu, 1.2), (_list, 1.5), (_toolbar, 1.5), (_card_row, 1.0),
    (_tick_table, 1.0), (_icon_bar, 2.0), (_icon_list, 1.5), (_program_bar, 3.0),
    (_grid, 1.5), (_inline, 2.0), (_alike, 2.0),
)  # fmt: skip
"""What writes each block, and how often it is drawn in proportion to the others."""
