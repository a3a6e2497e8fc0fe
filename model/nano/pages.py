"""Generated web pages in many styles: what nano learns to look at.

A page is a random style sheet over a random arrangement of blocks (bars, forms, tables, cards, menus ...) with random words. What can be pointed at
says so in attributes, which the renderer reads back with the boxes that the browser gave them:
    data-k="point"  click its own text
    data-k="tick"   a check box, radio button or switch, with the text of its label in data-l
    data-k="field"  a text field, with the text that names it in data-l, and where that stands in data-at: above, left or inside
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from model.nano import words

SANS = (
    "sans-serif", "system-ui", "Arial, sans-serif", "'Liberation Sans'", "'DejaVu Sans'", "Roboto", "'Open Sans'", "'Noto Sans'", "Lato", "Inter",
    "Cantarell", "Carlito", "FreeSans", "'Roboto', sans-serif", "Verdana, sans-serif", "'Segoe UI', 'Noto Sans', sans-serif",
)  # fmt: skip
OTHER = (
    "serif",
    "'Liberation Serif'",
    "'Noto Serif'",
    "'DejaVu Serif'",
    "monospace",
    "'Liberation Mono'",
    "'Fira Code'",
    "FreeSerif",
)


@dataclass(frozen=True, slots=True)
class Theme:
    """The choices that one page's blocks share."""

    size: int
    dark: bool
    paper: str
    panel: str
    ink: str
    faint: str
    line: str
    accent: str
    on_accent: str
    radius: int
    pad: int
    plain: bool
    """Leave form controls as the browser draws them."""


def _grey(rng: random.Random, low: int, high: int, tint: int = 14) -> str:
    level = rng.randint(low, high)
    return "#" + "".join(f"{max(0, min(255, level + rng.randint(-tint, tint))):02x}" for _ in range(3))


def _hue(rng: random.Random, lightness: int) -> str:
    return f"hsl({rng.randint(0, 359)} {rng.randint(35, 95)}% {lightness}%)"


def theme(rng: random.Random) -> Theme:
    dark = rng.random() < 0.25
    strong = rng.random() < 0.75
    return Theme(
        size=rng.choices((11, 12, 13, 14, 15, 16, 17, 18, 20), (4, 10, 18, 24, 14, 18, 5, 5, 2))[0],
        dark=dark,
        paper=_grey(rng, 14, 50) if dark else rng.choice(("#fff", "#fff", _grey(rng, 232, 252))),
        panel=_grey(rng, 30, 66) if dark else rng.choice(("#fff", "#fff", _grey(rng, 238, 255))),
        ink=_grey(rng, 205, 250) if dark else rng.choice(("#000", "#222", "#333", _grey(rng, 0, 80, 24))),
        faint=_grey(rng, 130, 175) if dark else _grey(rng, 95, 150),
        line=_grey(rng, 70, 110) if dark else _grey(rng, 165, 228),
        accent=_hue(rng, rng.randint(24, 46) if strong else rng.randint(70, 90)),
        on_accent="#fff" if strong else "#111",
        radius=rng.choice((0, 0, 2, 3, 4, 6, 8, 14, 20)),
        pad=rng.choice((2, 4, 6, 8, 10, 12)),
        plain=rng.random() < 0.2,
    )


def style_sheet(rng: random.Random, t: Theme) -> str:
    family = rng.choice(SANS) if rng.random() < 0.85 else rng.choice(OTHER)
    button = rng.choice((
        f"background:{t.accent};color:{t.on_accent};border:0",
        f"background:{t.accent};color:{t.on_accent};border:1px solid {t.line}",
        f"background:{t.panel};color:{t.ink};border:1px solid {t.line}",
        f"background:transparent;color:{t.ink};border:1px solid {t.ink}",
        "background:linear-gradient(#fdfdfd,#dcdcdc);color:#222;border:1px solid #999",
        f"background:{t.accent};color:{t.on_accent};border:0;box-shadow:0 1px 4px #0008",
    ))  # fmt: skip
    field = rng.choice((
        f"border:1px solid {t.line}", f"border:1px solid {t.faint}", f"border:2px solid {t.line}",
        f"border:0;border-bottom:1px solid {t.faint};border-radius:0",
        f"border:1px solid {t.line};box-shadow:inset 0 1px 2px #0002",
    ))  # fmt: skip
    link = rng.choice(
        (f"color:{_hue(rng, 35)}", "color:#0a58ca", "color:#0000ee;text-decoration:underline", f"color:{t.ink}")
    )
    if t.dark:
        link = rng.choice(("color:#8ab4f8", f"color:{t.ink};text-decoration:underline", "color:#6ee7b7"))
    controls = (
        ""
        if t.plain
        else f"""
button,.b{{font:inherit;{button};border-radius:{t.radius}px;padding:{t.pad}px {t.pad + rng.randint(2, 10)}px;{rng.choice(("", "", "font-weight:600", "text-transform:none"))}}}
input,textarea,select{{font:inherit;background:{t.panel};color:{t.ink};{field};padding:{max(2, t.pad - 2)}px {t.pad}px;border-radius:{min(t.radius, 10)}px}}
::placeholder{{color:{t.faint};opacity:1}}"""
    )
    return f"""
*{{box-sizing:border-box}}
body{{margin:0;font:{t.size}px/{rng.choice((1.2, 1.35, 1.5, 1.6))} {family};background:{t.paper};color:{t.ink}}}
a{{{link};text-decoration:{rng.choice(("none", "none", "underline"))}}}
{controls}
.bar{{display:flex;align-items:center;gap:{rng.randint(6, 26)}px;padding:{rng.randint(2, 16)}px {rng.randint(6, 28)}px;
background:{t.panel};border-bottom:1px solid {t.line}}}
.panel{{background:{t.panel};border:{rng.choice((0, 1, 1))}px solid {t.line};border-radius:{t.radius}px;
padding:{rng.randint(4, 24)}px;margin:{rng.randint(2, 16)}px;{rng.choice(("", "box-shadow:0 2px 8px #0003"))}}}
h2{{font-size:{rng.choice((1.1, 1.2, 1.4, 1.7))}em;margin:.3em 0;font-weight:{rng.choice((400, 600, 700))}}}
p{{margin:.4em 0}} table{{border-collapse:collapse;width:100%}} td,th{{border-bottom:1px solid {t.line};text-align:left;
padding:{rng.randint(1, 9)}px {rng.randint(3, 12)}px;font-weight:normal}}
.cols{{display:flex;align-items:flex-start}} .grow{{flex:1;min-width:0;overflow:hidden}}
button,.b{{white-space:{rng.choice(("normal", "nowrap", "nowrap", "nowrap", "nowrap"))}}} .bar{{flex-wrap:wrap}}
.faint{{color:{t.faint}}} nav.side a{{display:block;padding:{rng.randint(1, 9)}px {rng.randint(4, 14)}px}}
.tab{{display:inline-block;padding:{rng.randint(3, 10)}px {rng.randint(6, 18)}px;border:1px solid {rng.choice((t.line, "transparent"))}}}
.on{{{rng.choice((f"border-bottom:2px solid {t.accent}", f"background:{t.panel};font-weight:bold", f"background:{t.accent};color:{t.on_accent}"))}}}
.switch{{display:inline-block;width:34px;height:18px;border-radius:9px;background:{rng.choice((t.line, t.accent))};vertical-align:middle}}
.box{{display:inline-block;width:{rng.randint(12, 18)}px;height:15px;border:1px solid {t.faint};border-radius:{rng.choice((0, 2, 3))}px;vertical-align:middle}}
"""


def _point(tag: str, text: str, css: str = "") -> str:
    return f'<{tag} data-k="point" {f"class={css!r}" if css else ""}>{escape(text)}</{tag}>'


def _links(rng: random.Random, low: int, high: int) -> str:
    return "".join(_point("a", words.label(rng)) for _ in range(rng.randint(low, high)))


def _buttons(rng: random.Random, low: int, high: int) -> str:
    tag, css = ("button", "") if rng.random() < 0.8 else ("a", "b")
    gap = " " if rng.random() < 0.5 else "&nbsp; "
    return gap.join(_point(tag, words.label(rng), css) for _ in range(rng.randint(low, high)))


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
        control = f'<textarea {attributes} placeholder="{hint}" rows="{rng.randint(2, 4)}" style="width:{width}">{filled}</textarea>'
    else:
        control = f'<input {attributes} placeholder="{hint}" value="{filled}" style="width:{width}">'
    if at == "inside":
        return f'<div style="margin:6px 0">{control}</div>'
    weight = rng.choice(("", "", "font-weight:600", "font-size:.88em", "opacity:.75"))
    caption = f'<span data-c style="{weight}">{shown}{mark}</span>'
    if at == "above":
        return f'<div style="margin:{rng.randint(2, 14)}px 0"><div style="margin-bottom:{rng.randint(0, 6)}px">{caption}</div>{control}</div>'
    return (
        f'<div style="display:flex;align-items:center;gap:{rng.randint(4, 16)}px;margin:{rng.randint(2, 10)}px 0">'
        f'<div style="{rng.choice(("", f"width:{rng.randint(90, 200)}px", f"width:{rng.randint(90, 200)}px;text-align:right"))}">{caption}</div>{control}</div>'
    )


def _tick(rng: random.Random) -> str:
    """A check box, radio button or switch beside its label; switches may stand at the far end of the row."""
    name = escape(words.label(rng))
    checked = rng.choice(("", "checked"))
    kind = rng.random()
    if kind < 0.2:
        wide = rng.random() < 0.6
        row = f"display:flex;justify-content:space-between;width:{rng.randint(180, 560)}px" if wide else ""
        return f'<div style="{row};margin:6px 0"><span data-c>{name}</span> <span class="switch" data-k="tick" data-l="{name}"></span></div>'
    glyph = (
        '<span class="box"></span>'
        if kind < 0.3
        else f'<input type="{rng.choice(("checkbox", "checkbox", "radio"))}" {checked} style="width:auto">'
    )
    layout = rng.choice(("display:block", "display:block", "display:inline-block;margin-right:14px"))
    return f'<label data-k="tick" data-near style="{layout};margin:{rng.randint(0, 6)}px 0">{glyph} <span data-c>{name}</span></label>'


def _form(rng: random.Random) -> str:
    rows = [_field(rng) if rng.random() < 0.68 else _tick(rng) for _ in range(rng.randint(2, 7))]
    if rng.random() < 0.3:
        pairs = [
            f'<div class="cols" style="gap:12px"><div class="grow">{a}</div><div class="grow">{b}</div></div>'
            for a, b in zip(rows, rows[1:], strict=False)
        ]
        rows = pairs[::2] or rows
    return f'<h2 data-k="point">{escape(words.label(rng))}</h2>{"".join(rows)}<div style="margin-top:8px">{_buttons(rng, 1, 3)}</div>'


def _table(rng: random.Random) -> str:
    columns = rng.randint(2, 6)
    head = "".join(f"<th>{_point('span', words.label(rng))}</th>" for _ in range(columns))
    body = ""
    for _ in range(rng.randint(3, 10)):
        cells = [
            _point("span", words.value(rng)[:24]) if rng.random() < 0.8 else _point("a", words.label(rng))
            for _ in range(columns)
        ]
        if rng.random() < 0.3:
            cells[-1] = _buttons(rng, 1, 2)
        body += "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    return f"<table><tr>{head}</tr>{body}</table>"


def _text(rng: random.Random) -> str:
    paragraphs = ""
    for _ in range(rng.randint(1, 4)):
        parts = [
            escape(words.sentence(rng)) if rng.random() < 0.75 else _point("a", words.label(rng))
            for _ in range(rng.randint(2, 6))
        ]
        paragraphs += f"<p>{' '.join(parts)}</p>"
    return f'<h2 data-k="point">{escape(words.label(rng))}</h2>{paragraphs}'


def _tabs(rng: random.Random) -> str:
    count = rng.randint(3, 6)
    return (
        "<div>"
        + "".join(_point("span", words.label(rng), "tab on" if i == 1 else "tab") for i in range(count))
        + "</div>"
        + _ticks(rng)
    )


def _ticks(rng: random.Random) -> str:
    return "".join(_tick(rng) for _ in range(rng.randint(2, 7)))


def _menu(rng: random.Random) -> str:
    items = "".join(
        f'<div style="display:flex;justify-content:space-between;gap:30px;padding:{rng.randint(2, 6)}px 14px">{_point("span", words.label(rng))}'
        f'<span class="faint">{rng.choice(("", "", "Ctrl+" + rng.choice("ABCNOPSVXZ"), "F" + str(rng.randint(1, 12))))}</span></div>'
        for _ in range(rng.randint(4, 10))
    )
    return f'<div class="panel" style="display:inline-block;padding:4px 0;min-width:150px">{items}</div>'


def _list(rng: random.Random) -> str:
    rows = "".join(
        f'<div style="padding:{rng.randint(2, 10)}px;border-bottom:1px solid #8884">{_point(rng.choice(("a", "span", "b")), words.label(rng))}'
        f"{'<br><span class=faint>' + escape(words.sentence(rng)[:50]) + '</span>' if rng.random() < 0.5 else ''}</div>"
        for _ in range(rng.randint(3, 8))
    )
    return f"<div>{rows}</div>"


def _toolbar(rng: random.Random) -> str:
    search = f'<input data-k="field" data-l="{(name := escape(words.label(rng)))}" data-at="inside" placeholder="{name}" style="width:{rng.randint(120, 300)}px">'
    return f'<div class="bar">{_buttons(rng, 2, 6)}{search if rng.random() < 0.5 else ""}</div>'


def _card_row(rng: random.Random) -> str:
    cards = "".join(
        f'<div class="panel grow"><b data-k="point">{escape(words.label(rng))}</b><p>{escape(words.sentence(rng))}</p>{_buttons(rng, 1, 2)}</div>'
        for _ in range(rng.randint(2, 4))
    )
    return f'<div class="cols">{cards}</div>'


BLOCKS: tuple[tuple[Callable[[random.Random], str], float], ...] = (
    (_form, 6.0), (_table, 2.0), (_text, 1.2), (_tabs, 1.5), (_ticks, 2.5), (_menu, 1.2), (_list, 1.5), (_toolbar, 1.5), (_card_row, 1.0),
)  # fmt: skip


def page(rng: random.Random) -> str:
    """One page as HTML, about as high as two screens."""
    t = theme(rng)
    blocks, weights = zip(*BLOCKS, strict=True)

    def column(count: int) -> str:
        return "".join(f'<div class="panel">{block(rng)}</div>' for block in rng.choices(blocks, weights, k=count))

    top = "".join(
        rng.sample((f'<b data-k="point">{escape(words.label(rng))}</b>', _links(rng, 2, 6), _buttons(rng, 0, 2)), 3)
    )
    side = f'<nav class="side panel" style="width:{rng.randint(130, 230)}px">{_links(rng, 4, 12).replace("</a>", "</a> ")}</nav>'
    columns = rng.choice((1, 2, 2, 3))
    body = "".join(f'<div class="grow">{column(rng.randint(5, 8))}</div>' for _ in range(columns))
    width = rng.choice(("", "", f"max-width:{rng.randint(760, 1000)}px;margin:0 auto"))
    return (
        f"<!doctype html><meta charset=utf-8><style>{style_sheet(rng, t)}</style>"
        f'<div class="bar" style="color:{t.ink};background:{t.panel}">{top}</div>'
        f'<div class="cols" style="{width}">{side if rng.random() < 0.5 else ""}{body}</div>'
    )
