"""The accessibility tree in the published server's words, of real programs on our own server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from envs.base import EnvUnavailable
from envs.guest_accessibility import accessibility_xml
from envs.guest_client import GuestClient
from tasks.metrics import METRICS

pytest.importorskip("jeepney")
NAMES = {
    name: f"https://accessibility.ubuntu.example.org/ns/{space}"
    for name, space in {"st": "state", "attr": "attributes", "cp": "component", "val": "value", "act": "action"}.items()
}


@pytest.fixture
def guest(guest_server) -> Iterator[GuestClient]:
    with GuestClient(guest_server.address, token=guest_server.token) as guest:
        yield guest


def found(guest: GuestClient, path: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(guest.accessibility()).findall(path, NAMES)


def told(element: ElementTree.Element, prefix: str) -> dict[str, str]:
    """The attributes of one kind."""
    space = f"{{{NAMES[prefix]}}}"
    return {name.removeprefix(space): value for name, value in element.items() if name.startswith(space)}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mousepad") is None, reason="mousepad is not installed")
def test_programs_are_told_as_the_published_server_tells_them(guest, tmp_path, wait_until):
    file = tmp_path / "plain.txt"
    file.write_text("Gr\N{LATIN SMALL LETTER U WITH DIAERESIS}\N{LATIN SMALL LETTER SHARP S}e")
    guest.launch(["mousepad", "--disable-server", str(file)])
    editor = "./application[@name='mousepad']"
    try:
        wait_until(lambda: [text.text for text in found(guest, f"{editor}//text")] == [file.read_text()], 60)
        (text,) = found(guest, f"{editor}//text")
        assert {"editable", "multi_line", "showing", "visible"} <= told(text, "st").keys()
        assert set(told(text, "st").values()) == {"true"}
        left, top = (int(part) for part in told(text, "cp")["screencoord"].strip("()").split(", "))
        width, height = (int(part) for part in told(text, "cp")["size"].strip("()").split(", "))
        assert (0 <= left < left + width, 0 <= top < top + height) == (True, True)
        assert told(text, "attr")["toolkit"] == "gtk"
        items = found(guest, f"{editor}//menu-item")  # of menus that are closed
        about = next(item for item in items if item.get("name", "").startswith("About"))
        assert "showing" not in told(about, "st")
        assert told(about, "cp") == {}
        assert "click_desc" in told(about, "act")
        (bar,) = found(guest, f"{editor}//scroll-bar[@st:vertical='true']")
        assert set(told(bar, "val")) == {"value", "min", "max", "step"}
        rules = [{"selectors": ["application[name=mousepad] text"], "text": file.read_text(), "exact": True}]
        assert METRICS["check_accessibility_tree"](guest.accessibility(), rules) == 1.0
        assert guest.terminal() is None
    finally:
        guest.execute(["pkill", "-f", str(file)])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("xfce4-terminal") is None, reason="xfce4-terminal is not installed")
def test_what_stands_in_the_terminal(guest, wait_until):
    script = "echo deixis-terminal-test; sleep 120"
    guest.launch(["xfce4-terminal", "--disable-server", "-x", "sh", "-c", script])
    try:
        wait_until(lambda: (guest.terminal() or "").endswith("deixis-terminal-test"), 60)
    finally:
        guest.execute(["pkill", "-f", "echo deixis-terminal-test"])
    wait_until(lambda: guest.terminal() is None, 60)


def test_without_a_bus_there_is_no_tree():
    with pytest.raises(EnvUnavailable, match="no session bus"):
        accessibility_xml({})
