from __future__ import annotations

import ast
import random

import pytest

from model.nano import words
from model.nano.action_lines import ORDINALS, RELATIONS, UNKNOWN_PLACE, code_of, target_of
from model.nano.steps import DONE, KEYS, Step, instruction, key_step, random_step, type_step


@pytest.fixture
def steps() -> list[Step]:
    rng = random.Random(0)
    return [random_step(rng, lambda: words.label(rng), lambda: words.value(rng)) for _ in range(600)]


def calls(code: str) -> list[tuple[str, list[object]]]:
    """Each call of a piece of code, by its name, with the values of its arguments."""
    found: list[tuple[str, list[object]]] = []
    for statement in ast.parse(code).body:
        assert isinstance(statement, ast.Expr)
        assert isinstance(statement.value, ast.Call)
        arguments = [*statement.value.args, *(keyword.value for keyword in statement.value.keywords)]
        found.append((ast.unparse(statement.value.func), [ast.literal_eval(argument) for argument in arguments]))
    return found


def test_code_is_calls_with_plain_arguments(steps: list[Step]) -> None:
    names = {name for step in [*steps, DONE] for name, _ in calls(step.code)}
    pointer = {f"pyautogui.{name}" for name in ("click", "doubleClick", "rightClick")}
    others = {f"pyautogui.{name}" for name in ("write", "press", "hotkey", "scroll")}
    assert names == pointer | others | {"computer.terminate"}


def test_a_line_that_names_a_place_tells_the_code(steps: list[Step]) -> None:
    for step in steps:
        assert code_of(step.action) == (step.code if UNKNOWN_PLACE in step.code else None)
    assert code_of(DONE.action) is None
    assert code_of('Click "Save" twice') is None


def test_action_phrase_and_code_say_the_same(steps: list[Step]) -> None:
    for step in steps:
        verb = step.action.partition(" ")[0]
        target = target_of(step.action)
        if target is None:
            assert verb in ("Press", "Scroll", "Type")
            assert step.action.partition(" ")[2] in step.phrase.lower()
            assert UNKNOWN_PLACE not in step.code
            continue
        assert target.label == step.label
        assert (target.label if target.is_icon else f'"{target.label}"') in step.phrase
        assert target.is_icon == (f"{target.label} icon" in step.phrase.replace('"', "") or "icon" in step.action[:12])
        assert target.ordinal in step.phrase
        assert (target.relation is None) == (target.anchor == "")
        assert f'"{target.anchor}"' in step.phrase or not target.anchor
        assert step.code.count(UNKNOWN_PLACE) == 1
        if verb == "Type":
            (text,) = calls(step.code)[1][1]
            assert step.action == f'Type "{text}" into {target}'
            assert f'"{text}"' in step.phrase
        else:
            assert step.action == f"{verb} {target}"


def test_every_way_to_tell_things_apart_is_taught(steps: list[Step]) -> None:
    targets = [target for step in steps if (target := target_of(step.action)) is not None]
    assert {target.relation for target in targets} == {None, *RELATIONS}
    assert {target.ordinal for target in targets} == {"", *ORDINALS}
    assert any(target.is_icon and target.relation for target in targets)


@pytest.mark.parametrize("text", ["it's", 'a "quoted" word', "back\\slash", "two\nlines", "Größe"])
def test_typed_text_survives_its_quoting(text: str) -> None:
    step = type_step(random.Random(0), text, "Name")
    assert calls(step.code)[1] == ("pyautogui.write", [text])


def test_keys_are_pressed_as_named() -> None:
    rng = random.Random(0)
    seen: set[str] = set()
    for _ in range(600):
        step = key_step(rng)
        ((_, keys),) = calls(step.code)
        assert step.action == f"Press {'+'.join(map(str, keys))}"
        seen.add("+".join(map(str, keys)))
    assert seen == set(KEYS)


def test_an_instruction_asks_for_every_step_in_order(steps: list[Step]) -> None:
    rng = random.Random(3)
    for first in range(0, 600, 4):
        asked = steps[first : first + 1 + first % 4]
        said = instruction(rng, asked).lower()
        phrases = [step.phrase.lower() for step in asked]
        if '"' not in said:
            phrases = [phrase.replace('"', "") for phrase in phrases]
        assert said.startswith(phrases[0])
        place = 0
        for phrase in phrases:
            place = said.index(phrase, place) + len(phrase)
        assert said[place:] in ("", ".")


def test_some_instructions_have_no_quotation_marks_if_one_can_tell_where_labels_end(steps: list[Step]) -> None:
    rng = random.Random(4)
    unquoted = [step for step in steps if '"' in step.phrase and '"' not in instruction(rng, [step])]
    assert 20 < len(unquoted) < 120
    for step in unquoted:
        assert not {",", ".", ";", " and ", " into "} & set(step.label)
    clear, unclear = (type_step(rng, text, "Full name") for text in ("Ada Byron", "Ada, and Byron"))
    assert any('"' not in instruction(rng, [clear]) for _ in range(60))
    assert all('"' in instruction(rng, [unclear]) for _ in range(60))
