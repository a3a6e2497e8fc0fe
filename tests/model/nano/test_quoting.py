"""Instructions get their quotation marks where one can tell where labels end, and are left alone elsewhere."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model.nano.quoting import quoted, quoted_target
from model.nano.steps import icon_step, key_step, pointer_step, scroll_step, type_step
from tasks.demo.tasks import TASKS

PAGES = Path(__file__).parents[2] / "pages" / "tasks.json"
INSTRUCTIONS = [task.instruction for task in TASKS] + [
    task["instruction"] for task in json.loads(PAGES.read_text(encoding="utf-8"))
]
ICONS = "search", "zoom in", "home", "more"
LABELS = st.lists(st.text(string.ascii_letters + "éß0123456789-/", min_size=1, max_size=8), min_size=1, max_size=4)
WORDS_OF_SENTENCES = {"in", "into", "as", "with", "then", "the", "on", "and", "button", "icon", "row"}


@pytest.mark.parametrize("instruction", INSTRUCTIONS)
def test_the_marks_of_the_demo_and_of_the_test_pages_are_found_again(instruction: str) -> None:
    assert quoted(instruction.replace('"', "")) == instruction


@settings(max_examples=300, deadline=None)
@given(labels=st.lists(LABELS, min_size=2, max_size=2), kind=st.integers(0, 8), seed=st.integers(0, 999))
def test_every_way_of_saying_a_step_is_understood(labels: list[list[str]], kind: int, seed: int) -> None:
    label, text = (" ".join(words) for words in labels)
    rng = random.Random(seed)
    assume(not WORDS_OF_SENTENCES & {word.lower() for words in labels for word in words})
    verbs = "Click", "Double-click", "Right-click", "Tick", "Untick"
    if kind < len(verbs):
        step = pointer_step(rng, verbs[kind], "X " + label)
    else:
        ways = {5: lambda: type_step(rng, text, "X " + label), 6: lambda: icon_step(rng, rng.choice(ICONS))}
        step = ways.get(kind, lambda: key_step(rng) if kind == 7 else scroll_step(rng))()
    marked = quoted(step.phrase.replace('"', ""))
    assert marked.replace('"', "") == step.phrase.replace('"', "")
    if kind == 6:
        assert f'"{step.label}"' in marked  # an icon is often named without marks
    else:
        assert marked == step.phrase


@pytest.mark.parametrize(
    ("said", "marked"),
    [
        ("Click Save.", 'Click "Save".'),
        ("click the second Edit button", 'click the second "Edit" button'),
        ("click Delete in the row Invoice 204", 'click "Delete" in the row "Invoice 204"'),
        ("Click the delete icon to the left of Ada", 'Click the "delete" icon to the left of "Ada"'),
        ("tick the box in the row Harbour", 'tick the box in the row "Harbour"'),
        ("Open File, then choose Save as…", 'Open "File", then choose "Save as…"'),
        ("Click Terms and conditions", 'Click "Terms and conditions"'),
        ("Type 5 into Amount next to Fuel and press Enter", 'Type "5" into "Amount" next to "Fuel" and press Enter'),
        ("enter Ada in the first name field; hit Tab", 'enter "Ada" in the "first name" field; hit Tab'),
        ("Click the link Read more", 'Click the link "Read more"'),
        ("click Add link", 'click "Add link"'),
        ("Click the menu icon", 'Click the "menu" icon'),
        ("click the trash icon next to Ada", 'click the "delete" icon next to "Ada"'),
        ("Click the icon gear", 'Click the icon "settings"'),
        ('Click the "Magnifying glass" icon', 'Click the "search" icon'),
        ('Click icon "sign out" in the row "A"', 'Click icon "log out" in the row "A"'),
        ("Click the Firefox icon", 'Click the "Firefox" icon'),
        ("Scroll down. Clear the Gift check box.", 'Scroll down. Clear the "Gift" check box.'),
    ],
)
def test_instructions_in_plain_words(said: str, marked: str) -> None:
    assert quoted(said) == marked


@pytest.mark.parametrize(
    "said",
    [
        'Click "Save", then Close',
        "Click “Save”",
        "Log in with my password",
        "Click the button.",
        "Click it and press Enter",
        "In the row Harbour, click Delete",
        "Type Ada into the name field under Guests",
        "Click the Book link of Sunday",
        "",
        " ",
        ".",
    ],
)
def test_what_is_not_understood_or_has_marks_is_left_alone(said: str) -> None:
    assert quoted(said) == said


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        ("Save button", 'click "Save" button'),
        ("the Save button", 'click the "Save" button'),
        ("search icon", 'click "search" icon'),
        ("gear icon", 'click "settings" icon'),
        ("Click the menu icon", 'Click the "menu" icon'),
        ('the "Save" button', 'the "Save" button'),
        ('the "trash" icon', 'the "delete" icon'),
        ("Tick Newsletter", 'Tick "Newsletter"'),
        ("the button", "the button"),
    ],
)
def test_targets_become_clicks(target: str, asked: str) -> None:
    assert quoted_target(target) == asked


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(("click", "type", "into", "the", "and", "then", "in the row", "icon", ",", ".", "é", " "))
        | st.text("aQé ,.;", max_size=5),
        max_size=30,
    ).map(" ".join)
)
def test_nothing_but_marks_is_added(said: str) -> None:
    marked = quoted(said)
    assert marked.replace('"', "").strip() == said.replace('"', "").strip()
    assert quoted(marked) == marked


def test_a_long_text_takes_no_time_to_speak_of() -> None:
    """Patterns that try every end of every part would take hours."""
    for part in ("a in the row b ", "type x into the y field ", "then on the ", "click the first "):
        said = ("click " + part * 600).strip()
        assert quoted(said).replace('"', "") == said
