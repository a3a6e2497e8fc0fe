"""What nano is trained on is, token for token, what it is given and expected to answer when it runs."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from PIL import Image

from model.chat_template import IMAGE_TOKEN, render
from model.messages import Message
from model.nano import words
from model.nano.action_lines import UNKNOWN_PLACE
from model.nano.encoding import Encoder
from model.nano.places import MIN_SPREAD_PX, SPREAD
from model.nano.prompts import NOT_HERE, SYSTEM, answer_text, user_text
from model.nano.questions import Query
from model.nano.steps import DONE, instruction, random_step
from model.tokenizer import KimiTokenizer

SIZE = (448, 336)


def queries() -> list[Query]:
    rng = random.Random(5)
    made = [Query('Click "Save".', (), DONE.action, DONE.code), Query('Tick "x"', (), 'Tick "x"', NOT_HERE)]
    for _ in range(80):
        steps = [random_step(rng, lambda: words.label(rng), lambda: words.value(rng)) for _ in range(rng.randint(1, 3))]
        done = rng.randrange(len(steps))
        step = steps[done]
        query = Query(
            instruction(rng, steps), tuple(s.action for s in steps[:done]), step.action, step.code, step.label
        )
        if UNKNOWN_PLACE in step.code:
            x, y = aim = rng.uniform(0, SIZE[0]), rng.uniform(0, SIZE[1])
            target = (x - rng.uniform(1, 80), y - rng.uniform(1, 80), x + 60, y + 60)
            query = replace(query, aim=aim, target=target, slip=(rng.uniform(-2, 2), rng.uniform(-2, 2)))
        made.append(query)
    return made


QUERIES = queries()


@pytest.fixture(scope="module")
def encoder(nano_tokenizer: KimiTokenizer) -> Encoder:
    return Encoder(nano_tokenizer)


@pytest.mark.parametrize("query", QUERIES)
def test_the_prompt_is_that_of_the_chat_template(encoder: Encoder, nano_tokenizer: KimiTokenizer, query: Query) -> None:
    branch = encoder.encode(query, SIZE)
    text = user_text(query.instruction, query.steps)
    messages = [Message.system(SYSTEM), Message.user(Image.new("RGB", SIZE), text)]
    picture = [nano_tokenizer.special(IMAGE_TOKEN)] * 192
    assert [*encoder.before, *picture, *branch.tokens[: branch.answer_at]] == render(messages, [192], nano_tokenizer)


@pytest.mark.parametrize("query", QUERIES)
def test_the_answer_is_its_whole_text_encoded(encoder: Encoder, nano_tokenizer: KimiTokenizer, query: Query) -> None:
    branch = encoder.encode(query, SIZE)
    code = query.code
    if branch.digits_at is not None:
        x, y = (nano_tokenizer.decode(branch.tokens[at : at + 3]) for at in branch.digits_at)
        code = code.replace(UNKNOWN_PLACE, f"x=0.{x}, y=0.{y}")
    answer = nano_tokenizer.encode(answer_text(query.action, code))
    assert branch.tokens[branch.answer_at :] == [*answer, nano_tokenizer.special("<|im_end|>")]


@pytest.mark.parametrize("query", QUERIES)
def test_the_parts_of_the_answer_are_where_it_says(
    encoder: Encoder, nano_tokenizer: KimiTokenizer, query: Query
) -> None:
    branch = encoder.encode(query, SIZE)

    def shown(begin: int, end: int) -> str:
        return nano_tokenizer.decode(branch.tokens[begin:end])

    assert shown(branch.steps.start, branch.steps.stop) == "".join(f"{step}\n" for step in query.steps)
    assert shown(branch.answer_at, branch.label_end + 1) == f"## Action:\n{query.action}"
    assert shown(branch.answer_at, branch.code_at).endswith("```python\n")
    assert shown(branch.code_at, len(branch.tokens)).startswith(query.code.partition("(")[0])
    assert (branch.digits_at is None) == (query.aim is None)
    if branch.digits_at is not None and query.aim is not None:
        for axis, at in enumerate(branch.digits_at):
            aim, slip, room, whole = query.aim[axis], query.slip[axis], query.room[axis], SIZE[axis]
            assert branch.place[axis] <= aim / whole * 1000 < branch.place[axis] + 1
            named = shown(at, at + 3)
            assert named == f"{branch.begun[axis]}{named[1]}5"
            named_px = aim + slip * max(MIN_SPREAD_PX, SPREAD * room)
            off = min(max(named_px, 0), whole - 0.1) - int(named) / 1000 * whole
            assert abs(off) <= 0.005 * whole + 1e-3


@pytest.mark.parametrize("query", QUERIES)
def test_a_mention_is_the_answers_first_line(encoder: Encoder, query: Query) -> None:
    branch, mention = encoder.encode(query, SIZE), encoder.encode_mention(query, SIZE)
    line = branch.tokens[branch.answer_at : branch.label_end + 1]
    assert mention.tokens[mention.answer_at :] == line
    assert mention.tokens[mention.answer_at - 1] == branch.tokens[branch.answer_at - 1]
    assert mention.label_end == len(mention.tokens) - 1
    assert mention.place == branch.place
