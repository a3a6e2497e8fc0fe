from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.metrics import thunderbird

PREFERENCES = r"""// Mozilla User Preferences
user_pref("mail.biff", false);
user_pref("mail.biff", true);
user_pref("mail.signature", "Anonym\nXYZ \"Lab\"");
user_pref("mail.count", 3);
user_pref("mail.odd", not_json);
"""


def scored(tmp_path: Path, rule: dict[str, object], text: str = PREFERENCES) -> float:
    path = tmp_path / "prefs.js"
    path.write_text(text)
    return thunderbird.check_thunderbird_prefs(str(path), rule)


@pytest.mark.parametrize(
    ("rule", "score"),
    [
        ({"expect": {"mail.biff": {"method": "eq", "ref": True}}}, 1.0),
        ({"expect": {"mail.signature": {"method": "re.S", "ref": 'Anonym\nXYZ "Lab"'}}}, 1.0),
        ({"expect": {"mail.count": {"method": "range.te", "ref": [2, 3]}}}, 1.0),
        ({"unexpect": {"mail.nowhere": {"method": "eq", "ref": 1}}}, 1.0),
        ({}, 1.0),
        ({"expect": {"mail.biff": {"method": "eq", "ref": False}}}, 0.0),
        ({"expect": {"mail.nowhere": {"method": "eq", "ref": False}}}, 0.0),
        ({"expect": {"mail.nowhere": {"method": "ne", "ref": False}}}, 0.0),
        ({"unexpect": {"mail.biff": {"method": "eq", "ref": False}}}, 0.0),
        ({"expect": {"mail.count": {"method": "re", "ref": "3"}}}, 0.0),
        ({"expect": {"mail.odd": {"method": "eq", "ref": "not_json"}}}, 0.0),
    ],
)
def test_preferences(tmp_path: Path, rule: dict[str, object], score: float):
    assert scored(tmp_path, rule) == score


def test_preferences_that_are_none(tmp_path: Path):
    rule = {"expect": {"mail.biff": {"method": "eq", "ref": True}}}
    assert scored(tmp_path, rule, "") == 0.0
    assert thunderbird.check_thunderbird_prefs(None, rule) == 0.0


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_can_be_read_as_preferences_and_filters(tmp_path_factory: pytest.TempPathFactory, text: str):
    path = tmp_path_factory.mktemp("profile") / "file"
    path.write_text(text)
    rule = {"expect": {"a": {"method": "eq", "ref": 1}}}
    assert thunderbird.check_thunderbird_prefs(str(path), rule) == 0.0
    assert thunderbird.check_thunderbird_filter(str(path), {"expect": [{"name": "\0"}]}) == 0.0


FILTERS = r"""version="9"
logging="no"
name="Promotions \"all\""
enabled="yes"
type="17"
action="Mark read"
action="Move to folder"
actionValue="mailbox://nobody@Local%20Folders/Promotions"
condition="AND (subject,contains,discount) OR (from,is,\"a (b) c\") OR (to,isn't,\"d (e)\")"
name="All"
enabled="no"
condition="ALL"
name="Unfinished"
"""


@pytest.mark.parametrize(
    ("rules", "score"),
    [
        ({"expect": [{"name": 'Promotions "all"', "action": "Move to folder", "type": "17"}]}, 1.0),
        ({"expect": [{"condition": ["ALL"], "enabled": "no"}, {"enabled": "yes"}]}, 1.0),
        (
            {
                "expect": [
                    {
                        "condition": [
                            "AND (subject,contains,discount)",
                            'OR (from,is,"a (b) c")',
                            'OR (to,isn\'t,"d (e)")',
                        ]
                    }
                ]
            },
            1.0,
        ),
        ({"unexpect": [{"name": "Nobody"}]}, 1.0),
        ({"expect": [{"name": "All", "enabled": "yes"}]}, 0.0),
        ({"expect": [{"name": "Unfinished"}]}, 0.0),
        ({"expect": [{"name": "All"}], "unexpect": [{"enabled": "yes"}]}, 0.0),
    ],
)
def test_filters(tmp_path: Path, rules: dict[str, object], score: float):
    path = tmp_path / "msgFilterRules.dat"
    path.write_text(FILTERS)
    assert thunderbird.check_thunderbird_filter(str(path), rules) == score


def test_filters_that_are_none(tmp_path: Path):
    path = tmp_path / "msgFilterRules.dat"
    path.write_bytes(b"\xff\x00")
    rules = {"expect": [{"name": "All"}]}
    assert thunderbird.check_thunderbird_filter(str(path), rules) == 0.0
    assert thunderbird.check_thunderbird_filter(None, rules) == 0.0


def mail(subject: str, *, when: str = "Mon Jan  1", status: str = "0001", keys: str = "") -> str:
    return (
        f"From - {when}\nX-Mozilla-Status: {status}\nX-Mozilla-Status2: 00000000\nX-Mozilla-Keys: {keys}\n"
        f"MIME-Version: 1.0\nSubject: {subject}\n\nFrom - here on, a text.\n\n"
    )


@pytest.mark.parametrize(
    ("found", "expected", "options", "score"),
    [
        (mail("a") + mail("b"), mail("b") + mail("a", when="Tue Feb 2"), {}, 1.0),
        (mail("a") + mail("a"), mail("a"), {}, 1.0),
        (mail("a") + mail("a"), mail("a"), {"remove_duplicate": False}, 0.0),
        (mail("a") + mail("b", status="0009"), mail("a"), {}, 1.0),
        (mail("a") + mail("b", status="0009"), mail("a"), {"remove_deleted": False}, 0.0),
        (mail("a", status="0003"), mail("a"), {}, 0.0),
        (mail("a", status="0003"), mail("a"), {"ignore_status": True}, 1.0),
        (mail("a", keys="$label1"), mail("a"), {}, 0.0),
        (mail("a", keys="$label1"), mail("a"), {"ignore_keys": True}, 1.0),
        (mail("a"), mail("b"), {}, 0.0),
        ("", mail("a"), {}, 0.0),
    ],
)
def test_folders(tmp_path: Path, found: str, expected: str, options: dict[str, bool], score: float):
    paths = [tmp_path / "found", tmp_path / "expected"]
    for path, text in zip(paths, (found, expected), strict=True):
        path.write_text(text)
    one, other = map(str, paths)
    assert thunderbird.check_thunderbird_folder(one, other, **options) == score
    assert thunderbird.check_thunderbird_folder([one, other], [other, other], **options) == score
    assert thunderbird.check_thunderbird_folder([other, None], [other, other]) == 0.0
    assert thunderbird.check_thunderbird_folder([other], [other, other]) == 0.0
    assert thunderbird.check_thunderbird_folder(None, other) == 0.0
