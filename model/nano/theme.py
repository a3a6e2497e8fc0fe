"""Random style sheets: the choices that the blocks of one generated page share.

Knows fonts, colours and spacing; knows no blocks and no words. Every choice is drawn from the page's generator, in an
order that must not change: page N of a pool is the same page on every machine.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

EVERYDAY = (
    "sans-serif", "system-ui", "Arial, sans-serif", "'Liberation Sans'", "'DejaVu Sans'", "Roboto", "'Open Sans'",
    "'Noto Sans'", "Lato", "Inter", "Cantarell", "Carlito", "FreeSans", "'Roboto', sans-serif", "Verdana, sans-serif",
    "'Segoe UI', 'Noto Sans', sans-serif",
)  # fmt: skip
SANS = (
    "Andika", "B612", "Beteckna", "Cabin", "'Clear Sans'", "Comfortaa", "Dosis", "'GFS Neohellenic'", "Go",
    "'Inter Display'", "Junction", "Jura", "Karla", "'Latin Modern Sans'", "'League Spartan'", "Manrope",
    "'National Park'", "'Noto Sans Display'", "okolaks", "Oxygen-Sans", "Play", "Quicksand", "'Roboto Condensed'",
    "Sora", "'TeX Gyre Heros'", "'TeX Gyre Heros Cn'", "Tuffy",
)  # fmt: skip
SERIF = (
    "serif", "'Liberation Serif'", "'Noto Serif'", "'DejaVu Serif'", "FreeSerif", "Caladea", "'Charis SIL'",
    "'EB Garamond'", "'GFS Didot'", "'Gentium Plus'", "'Latin Modern Roman'", "'Linux Libertine O'", "Quattrocento",
    "'Roboto Slab'", "'TeX Gyre Bonum'", "'TeX Gyre Pagella'", "'TeX Gyre Schola'", "Vollkorn", "Arapey",
)  # fmt: skip
MONO = (
    "monospace", "'Liberation Mono'", "'Fira Code'", "'B612 Mono'", "'Go Mono'", "Hack", "Inconsolata",
    "'JetBrains Mono'", "'Latin Modern Mono'", "'Mplus Code 60'",
)  # fmt: skip
FAMILIES = (EVERYDAY, SANS, SERIF, MONO)
OFTEN = (45, 28, 20, 7)
"""How often a font of each group is chosen. One that is not installed is replaced by the browser's own."""

ITALIC = ("a", "button,.b", "h2", "label", "p", "td,th", "[data-c]", "input")
"""What may be written in italics."""


LETTERING = (
    *("",) * 8, "body{letter-spacing:.03em}", "body{letter-spacing:-.02em}", "button,.b,a{letter-spacing:.06em}",
    "body{font-weight:300}", "body{font-weight:500}", "body{font-weight:600}",
)  # fmt: skip
"""How letters are spaced, and how bold they are."""


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


def random_theme(rng: random.Random) -> Theme:
    """A dark or light theme with random colours, sizes and corners."""
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
    """The CSS of a theme, with a style of its own for every kind of element."""
    family, other = (rng.choice(rng.choices(FAMILIES, OFTEN)[0]) for _ in range(2))
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
    controls = "" if t.plain else _controls(rng, t, button, field)
    return (
        f"""
*{{box-sizing:border-box}}
body{{margin:0;font:{t.size}px/{rng.choice((1.2, 1.35, 1.5, 1.6))} {family};background:{t.paper};color:{t.ink}}}
a{{{link};text-decoration:{rng.choice(("none", "none", "underline"))}}}
{controls}
.bar{{display:flex;align-items:center;gap:{rng.randint(6, 26)}px;padding:{rng.randint(2, 16)}px {rng.randint(6, 28)}px;
background:{t.panel};border-bottom:1px solid {t.line}}}
.panel{{background:{t.panel};border:{rng.choice((0, 1, 1))}px solid {t.line};border-radius:{t.radius}px;
padding:{rng.randint(4, 24)}px;margin:{rng.randint(2, 16)}px;{rng.choice(("", "box-shadow:0 2px 8px #0003"))}}}
h2{{font-size:{rng.choice((1.1, 1.2, 1.4, 1.7))}em;margin:.3em 0;font-weight:{rng.choice((400, 600, 700))}}}
{"".join(rng.sample([f"{slanted}{{font-style:italic}} " for slanted in ITALIC], rng.choice((0, 0, 0, 1, 2))))}
{rng.choice(LETTERING)} {rng.choice(("", "", f"h2,button,.b,th{{font-family:{other}}}"))}
p{{margin:.4em 0}} table{{border-collapse:collapse;width:100%}} td,th{{border-bottom:1px solid {t.line};text-align:left;
padding:{rng.randint(1, 9)}px {rng.randint(3, 12)}px;font-weight:normal}}
.cols{{display:flex;align-items:flex-start}} .grow{{flex:1;min-width:0;overflow:hidden}}
button,.b{{white-space:{rng.choice(("normal", "nowrap", "nowrap", "nowrap", "nowrap"))}}} .bar{{flex-wrap:wrap}}
.faint{{color:{t.faint}}} nav.side a{{display:block;padding:{rng.randint(1, 9)}px {rng.randint(4, 14)}px}}
"""
        f".tab{{display:inline-block;padding:{rng.randint(3, 10)}px {rng.randint(6, 18)}px;"
        f"border:1px solid {rng.choice((t.line, 'transparent'))}}}\n"
        f".on{{{rng.choice(_chosen_tabs(t))}}}\n"
        ".switch{display:inline-block;width:34px;height:18px;border-radius:9px;"
        f"background:{rng.choice((t.line, t.accent))};vertical-align:middle}}\n"
        f".box{{display:inline-block;width:{rng.randint(12, 18)}px;height:15px;border:1px solid {t.faint};"
        f"border-radius:{rng.choice((0, 2, 3))}px;vertical-align:middle}}\n"
        "svg.icon{height:1em;min-width:1em;overflow:visible;vertical-align:-.125em}\n"
        f".bare{{background:none;border:0;padding:{rng.randint(1, 8)}px;color:{rng.choice((t.ink, t.faint, t.ink))}}}\n"
        f".round{{border-radius:50%;padding:{rng.randint(4, 10)}px;line-height:1}}\n"
    )


def _chosen_tabs(t: Theme) -> tuple[str, ...]:
    """Ways to show which tab is open."""
    return (
        f"border-bottom:2px solid {t.accent}",
        f"background:{t.panel};font-weight:bold",
        f"background:{t.accent};color:{t.on_accent}",
    )


def _controls(rng: random.Random, t: Theme, button: str, field: str) -> str:
    """The CSS of buttons and fields that are not left as the browser draws them."""
    return (
        f"\nbutton,.b{{font:inherit;{button};border-radius:{t.radius}px;"
        f"padding:{t.pad}px {t.pad + rng.randint(2, 10)}px;"
        f"{rng.choice(('', '', 'font-weight:600', 'text-transform:none'))}}}\n"
        f"input,textarea,select{{font:inherit;background:{t.panel};color:{t.ink};{field};"
        f"padding:{max(2, t.pad - 2)}px {t.pad}px;border-radius:{min(t.radius, 10)}px}}\n"
        f"::placeholder{{color:{t.faint};opacity:1}}"
    )
