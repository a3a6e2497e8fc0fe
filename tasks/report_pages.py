"""What the reports of runs have in common: their templates, and how shares and foreign texts are written."""

from __future__ import annotations

import re
from typing import Final

from jinja2 import Environment

from agent.viewer.templates import templates
from tasks.statistics import Share

MARKDOWN: Final = "report.md"
HTML: Final = "report.html"
_MARKDOWN_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>|#&~])")


def pages(package: str, *, autoescape: bool) -> Environment:
    """The templates beside a package's modules, and what lies beside this one.

    Args:
        package: whose templates.
        autoescape: for HTML, where the filter `text` leaves the escaping to the engine; it does Markdown's otherwise.
    """
    environment = templates(package, "tasks", autoescape=autoescape)
    environment.filters.update(percent=percent, interval=interval, text=str if autoescape else markdown_text)
    return environment


def percent(share: float) -> str:
    """A share as it is shown."""
    return f"{100 * share:.1f} %"


def interval(share: Share) -> str:
    """An interval as it is shown, in percent; a share of none or all has none, for resampling cannot vary it."""
    return "-" if share.low == share.high else f"{100 * share.low:.1f} to {100 * share.high:.1f}"


def markdown_text(text: str) -> str:
    """A foreign text on one line that Markdown shows as it is."""
    return _MARKDOWN_SPECIAL.sub(r"\\\1", " ".join(text.split()))
