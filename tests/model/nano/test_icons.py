from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from model.nano.icon_names import NAMES
from model.nano.icons import drawings


def test_every_name_is_drawn_in_many_ways() -> None:
    found = drawings()
    assert tuple(found) == NAMES
    for name, drawn in found.items():
        assert len(set(drawn)) >= 6, name


def test_drawings_are_elements_in_the_colour_of_the_text_around_them() -> None:
    for drawn in drawings().values():
        for svg in drawn:
            element = ET.fromstring(re.sub(r' xmlns="[^"]*"', "", svg))  # of no namespace in HTML
            assert element.tag == "svg"
            assert element.get("class") == "icon"
            assert element.get("viewBox")
            assert "currentColor" in (element.get("fill"), element.get("stroke"))
            assert len(element) > 0
