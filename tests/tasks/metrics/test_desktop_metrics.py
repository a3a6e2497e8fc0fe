from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import EvaluationFailed
from tasks.metrics import desktop


@pytest.mark.parametrize(
    ("printed", "score"),
    [
        ("['b.desktop', 'a.desktop']\n", 1.0),
        ("['a.desktop']\n", 0.0),
        ("['a.desktop', 'b.desktop', 'b.desktop']", 0.0),
        ("@as []\n", 0.0),
        ("__import__('os').getcwd()", 0.0),
        ("{'a.desktop', 'b.desktop'}", 0.0),
        ("No such schema", 0.0),
        (None, 0.0),
    ],
)
def test_favourite_applications(printed: str | None, score: float):
    assert desktop.check_gnome_favorite_apps(printed, {"expected": ["a.desktop", "b.desktop"]}) == score


def test_no_favourite_applications():
    assert desktop.check_gnome_favorite_apps("@as []\n", {"expected": []}) == 1.0


@given(st.text())
def test_any_text_can_be_read_as_applications(printed: str):
    assert desktop.check_gnome_favorite_apps(printed, {"expected": ["a.desktop", "b.desktop"]}) in (0.0, 1.0)


@pytest.mark.parametrize(
    ("names", "score"), [(["b.jpg", "a.jpg"], 1.0), (["a.jpg"], 0.0), (["a.jpg", "b.jpg", "c.png"], 0.0), ([None], 0.0)]
)
def test_moved_pictures(names: list[str], score: float):
    directory = {"type": "directory", "name": "cpjpg", "children": [{"type": "file", "name": name} for name in names]}
    rule = {"expected": ["a.jpg", "b.jpg"]}
    assert desktop.check_moved_jpgs(directory, rule) == score
    assert desktop.check_moved_jpgs(None, rule) == 0.0
    assert desktop.check_moved_jpgs({}, rule) == 0.0


@pytest.mark.parametrize(
    ("zone", "score"), [("Etc/UTC (UTC, +0000)", 1.0), ("Atlantic/Faroe (WET, +0000)", 1.0), ("X (X, +0100)", 0.0)]
)
def test_time_zone(zone: str, score: float):
    printed = (
        "               Local time: Thu 2024-01-25 12:56:06 WET\n"
        "           Universal time: Thu 2024-01-25 12:56:06 UTC\n"
        "                 RTC time: Thu 2024-01-25 12:56:05\n"
        f"                Time zone: {zone}\n"
        "System clock synchronized: yes\n"
    )
    assert desktop.is_utc_0(printed) == score


@pytest.mark.parametrize("printed", [None, "", "System has not been booted with systemd"])
def test_no_time_zone(printed: str | None):
    assert desktop.is_utc_0(printed) == 0.0


@pytest.mark.parametrize(
    ("expected", "text", "score"),
    [
        ("/home/a.docx", "/home/a.docx\n", 1.0),
        (["a", "b"], "b a", 1.0),
        (["a", "c"], "b a", 0.0),
        ("a", "", 0.0),
        ("a", None, 0.0),
    ],
)
def test_clipboard(expected: str | list[str], text: str | None, score: float):
    assert desktop.is_in_vm_clickboard({"expected": expected}, text) == score


TREE = """<?xml version="1.0" encoding="utf-8"?>
<desktop-frame xmlns:attr="https://accessibility.ubuntu.example.org/ns/attributes">
  <application name="Thunderbird">
    <tool-bar attr:id="MsgHeadersToolbar"><label name="To"/><section attr:class="address-pill">
      <label attr:class="pill-label" name="fox@some.edu">fox@some.edu</label><label/></section></tool-bar>
  </application>
</desktop-frame>"""

PILL = 'tool-bar[attr|id=MsgHeadersToolbar] label[name=To]~[attr|class="address-pill"]>label[attr|class="pill-label"]'


@pytest.mark.parametrize(
    ("rule", "score"),
    [
        ({"selectors": [f'{PILL}[name*="fox@some.edu"]']}, 1.0),
        ({"selectors": ["nothing", "application[name=Thunderbird]"]}, 1.0),
        ({"xpath": "//application[@name='Thunderbird']//*[contains(text(), 'fox')]"}, 1.0),
        ({"xpath": "//label[@attr:class='pill-label']", "selectors": ["nothing"]}, 1.0),
        ({"selectors": [PILL], "text": "fox@some.edu"}, 1.0),
        ({"selectors": ["label"], "text": "fix@some.edu", "exact": True}, 0.0),
        ({"selectors": ["label"], "text": "fix@some.edu", "exact": False}, pytest.approx(22 / 24)),
        ({"selectors": ["application[name=Chrome]"]}, 0.0),
    ],
)
def test_accessibility_tree(rule: dict[str, object], score: float):
    assert desktop.check_accessibility_tree(TREE, [rule]) == score
    assert desktop.check_accessibility_tree(TREE, [rule, {"selectors": ["nothing"]}]) == 0.0
    assert desktop.check_accessibility_tree(TREE, []) == 1.0


def test_each_system_has_namespaces_of_its_own():
    rules = [{"xpath": "//*[@attr:id]"}]
    assert desktop.check_accessibility_tree(TREE, rules, osname="windows") == 0.0
    assert desktop.check_accessibility_tree(TREE.replace("ubuntu", "windows"), rules, osname="windows") == 1.0


@pytest.mark.parametrize("tree", [None, "", "no tree", "<open>"])
def test_a_tree_that_cannot_be_read_is_no_score(tree: str | None):
    with pytest.raises(EvaluationFailed, match="cannot be read"):
        desktop.check_accessibility_tree(tree, [])


@pytest.mark.parametrize("rule", [{}, {"xpath": "//["}, {"xpath": "//*[@no:prefix]"}, {"selectors": ["a["]}])
def test_a_rule_that_selects_nothing_is_the_tasks_fault(rule: dict[str, object]):
    with pytest.raises(EvaluationFailed):
        desktop.check_accessibility_tree(TREE, [rule])


def test_a_tree_cannot_make_the_harness_read_files(tmp_path):
    (tmp_path / "secret").write_text("secret")
    tree = f'<!DOCTYPE a [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]><a>&e;</a>'
    assert desktop.check_accessibility_tree(tree, [{"xpath": "//a[contains(., 'secret')]"}]) == 0.0
