"""LibreOffice's own settings, from its configuration file or from what its window shows.

Knows the file `registrymodifications.xcu` and an accessibility tree. The semantics are those of OSWorld's
`evaluators/metrics/docs.py` and `slides.py`.
"""

from __future__ import annotations

from typing import TypedDict
from xml.etree import ElementTree

from tasks.metrics.files import opened, zero_if_unreadable

REGISTRY = "{http://openoffice.org/2001/registry}"


class ExpectedFont(TypedDict):
    """A font by its name."""

    font_name: str


class ExpectedMinutes(TypedDict):
    """A time in minutes."""

    minutes: int


def _settings(path: str, item: str, name: str) -> list[str]:
    """All values of a setting, in the order of the file."""
    return [
        value.text or ""
        for each in ElementTree.parse(path).iter("item")
        if each.get(f"{REGISTRY}path") == item
        for setting in each.iter("prop")
        if setting.get(f"{REGISTRY}name") == name
        for value in setting.iter("value")
    ]


@zero_if_unreadable
def find_default_font(config_file_path: str | None, rules: ExpectedFont) -> float:
    """1.0 when Writer's standard font is `rules["font_name"]`, else 0.0."""
    item = "/org.openoffice.Office.Writer/DefaultFont"
    found = opened(config_file_path, lambda path: _settings(path, item, "Standard"))
    return float(found[-1:] == [rules["font_name"]])


@zero_if_unreadable
def check_presenter_console_disable(config_file_path: str | None) -> float:
    """1.0 when Impress's presenter console is switched off, else 0.0."""
    item = "/org.openoffice.Office.Impress/Misc/Start"
    found = opened(config_file_path, lambda path: _settings(path, item, "EnablePresenterScreen"))
    return float([value.lower() for value in found[:1]] == ["false"])


@zero_if_unreadable
def check_auto_saving_time(pptx_file: str | None, rules: ExpectedMinutes) -> float:
    """1.0 when documents are saved by themselves every `rules["minutes"]`, else 0.0."""
    item = "/org.openoffice.Office.Common/Save/Document"
    found = opened(pptx_file, lambda path: _settings(path, item, "AutoSaveTimeIntervall"))  # their spelling
    return float([value.strip() for value in found[-1:]] == [str(rules["minutes"])])


def check_left_panel(accessibility_tree: str | None) -> float:
    """1.0 when an accessibility tree shows Impress's panel of slides, else 0.0."""
    try:
        frames = ElementTree.fromstring(accessibility_tree or "").iter("document-frame")
    except ElementTree.ParseError:
        return 0.0
    return float(any(frame.get("name") == "Slides View" for frame in frames))
