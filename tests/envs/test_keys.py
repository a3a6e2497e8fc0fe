import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from envs.actions import Press
from envs.keys import MODIFIERS, NAMES, UnknownKey, canonical, canonical_chord, playwright_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Return", "enter"), ("ESCAPE", "esc"), ("Control", "ctrl"), ("Control_L", "ctrl"), ("cmd", "win"),
        ("command", "win"), ("Super_L", "win"), ("AltGr", "altright"), ("PgDn", "pagedown"), ("Page_Up", "pageup"),
        ("page down", "pagedown"), ("ArrowLeft", "left"), ("left-arrow", "left"), ("BackSpace", "backspace"),
        ("F5", "f5"), ("kp5", "num5"), ("a", "a"), ("A", "A"), ("é", "é"), ("_", "_"), ("-", "-"), ("plus", "+"),
        (" ", "space"), ("\n", "enter"), ("\t", "tab"),
    ],
)  # fmt: skip
def test_aliases(name, expected):
    assert canonical(name) == expected


@given(st.sampled_from(sorted(NAMES)))
def test_canonical_names_are_their_own(name):
    assert canonical(name) == name
    assert playwright_name(name)


def test_modifiers_are_keys():
    assert MODIFIERS <= NAMES


@pytest.mark.parametrize(("name", "hint"), [("entre", "'enter'"), ("pagdown", "'pagedown'"), ("ctrl+c", "one by one")])
def test_unknown_names_are_refused_with_the_closest(name, hint):
    with pytest.raises(UnknownKey, match=hint):
        canonical(name)


@given(st.text(max_size=12))
def test_any_name_is_known_or_refused(name):
    try:
        key = canonical(name)
    except UnknownKey:
        return
    assert len(key) == 1 or key in NAMES


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Ctrl", "A"], ("ctrl", "a")),
        (["A"], ("A",)),
        (["SHIFT", "Tab"], ("shift", "tab")),
        (["ctrl", "+"], ("ctrl", "+")),
    ],
)
def test_letters_under_a_modifier_name_keys(names, expected):
    assert canonical_chord(names) == expected
    assert Press(keys=tuple(names)).keys == expected


def test_press_refuses_unknown_keys():
    with pytest.raises(ValidationError, match="no key called 'foo'"):
        Press(keys=("ctrl", "foo"))
