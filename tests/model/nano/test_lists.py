from __future__ import annotations

import random

from model.nano.action_lines import UNKNOWN_PLACE
from model.nano.lists import LENGTHS, MOST, list_query, steps_of_list
from model.nano.steps import DONE


def test_the_answer_is_the_step_behind_those_that_are_done() -> None:
    finished = 0
    for seed in range(300):
        query = list_query(random.Random(seed), 4, 14)
        if query.action == DONE.action:
            assert len(query.steps) == 4
            finished += 1
        else:
            assert len(query.steps) < 4
            assert query.label in query.instruction
        assert (query.aim is not None) == (UNKNOWN_PLACE in query.code)
        assert query.target is None
    assert 80 < finished < 130


def test_lists_hold_what_is_easily_confused() -> None:
    rng = random.Random(0)
    longest = LENGTHS[0]
    lists = [steps_of_list(rng, count, longest) for count in range(2, MOST + 1) for _ in range(100)]
    repeated = sum(len({step.action for step in steps}) < len(steps) for steps in lists)
    assert 50 < repeated < 300
    for steps in lists:
        for step in steps:
            assert len(step.label) <= max(longest, 12)
            quoted = step.action.split('"')[1::2]
            assert all(len(text) <= max(longest, 12) for text in quoted)


def test_a_seed_decides() -> None:
    first, again, other = (list_query(random.Random(seed), 3, 14) for seed in (1, 1, 2))
    assert first == again != other
