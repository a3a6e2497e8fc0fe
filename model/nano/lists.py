"""Lists of steps of which some are done: nano is asked what comes next, whatever the picture shows.

Besides the answer the steps that are done are learned too, each from the instruction and those before it. Knows steps
and words; knows no pictures and no tensors.
"""

from __future__ import annotations

import random

from model.nano import words
from model.nano.questions import Query
from model.nano.steps import DONE, Step, instruction, random_step

MOST = 6
"""Steps of the longest list."""
LENGTHS = (8, 12, 24, 40)
"""Longest labels and texts, characters: those of the lists of one lesson cost as much as the longest."""
ALIKE = 0.3
"""How often all labels of a list look much the same."""
AGAIN = 0.1
"""How often a step is one of those before it, asked for once more, and how often a text is typed once more."""
JOINED = 0.15
"""How often two words of a label have more than a space between them: a comma there does not end the step."""
DONE_PARTS = (0.35, 0.4)
"""How often all of a list is done, and how often all but the last step: most is learned from these. Else any part."""
SOMEWHERE = (500.0, 500.0)


def list_query(rng: random.Random, count: int, longest: int) -> Query:
    """A question for the next of `count` steps, with labels and texts of at most so many characters.

    Where a step points, the place is made up.
    """
    steps = steps_of_list(rng, count, longest)
    all_done, last_left = DONE_PARTS
    part = rng.random()
    done = count if part < all_done else count - 1 if part < all_done + last_left else rng.randrange(count)
    step = (*steps, DONE)[done]
    return Query(
        instruction(rng, steps),
        tuple(step.action for step in steps[:done]),
        step.action,
        step.code,
        step.label,
        aim=SOMEWHERE if step.label else None,
    )


def steps_of_list(rng: random.Random, count: int, longest: int) -> list[Step]:
    """So many steps, some of which are easily taken for others."""
    base = words.label(rng) if rng.random() < ALIKE else None
    texts: list[str] = []

    def label() -> str:
        name = words.label(rng) if base is None else words.mutated(rng, base)
        if rng.random() < JOINED:
            name = name.replace(" ", rng.choice((", ", ", ", "-", "/", ". ", " and ")), 1)
        return name[:longest].strip() or words.word(rng)

    def text() -> str:
        texts.append(rng.choice(texts) if texts and rng.random() < AGAIN else words.long_value(rng)[:longest].strip())
        return texts[-1]

    steps: list[Step] = []
    for _ in range(count):
        again = bool(steps) and rng.random() < AGAIN
        steps.append(rng.choice(steps) if again else random_step(rng, label, text))
    return steps
