"""When an answer is over, and what of it is reasoning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.answer import AnswerWriter
from model.base import Sampling
from model.nano.vocabulary import ranks
from model.thinking import CLOSE, OPEN, is_thinking, split_thought
from model.tokenizer import KimiTokenizer

TOKENIZER = KimiTokenizer(ranks([]), {})
END = frozenset({TOKENIZER.vocab_size - 1})
ANSWER = "## Action:\nClick.\n\n## Code:\n```python\npyautogui.click(x=0.5, y=0.5)\n```"


def write(text: str, sampling: Sampling) -> AnswerWriter:
    """Draw the tokens of a text until the answer is over, as an engine does."""
    writer = AnswerWriter(TOKENIZER, sampling, END)
    for token in TOKENIZER.encode(text):
        if writer.finished:
            break
        writer.add(token, -1.0)
    writer.close()
    return writer


STOP = Sampling(stop_after_code=True)


def test_it_stops_when_the_code_closes() -> None:
    writer = write(ANSWER + "\n\nAnd then I would", STOP)
    assert writer.finished
    assert writer.text == ANSWER
    assert not write(ANSWER + " more", Sampling()).finished


@pytest.mark.parametrize(
    "before",
    [
        "The page says ```python\npyautogui.click(x=0.1, y=0.1)\n```, so\n",
        "## Thought:\nThe `Save` button.\n```\nquoted\n```\n\n",
        f"{OPEN}I could write {ANSWER}\nbut not yet.{CLOSE}",
    ],
)
def test_code_before_the_answer_does_not_stop_it(before: str) -> None:
    writer = write(before + ANSWER + "\nmore", STOP)
    assert writer.finished
    assert (writer.thought + writer.text).endswith(ANSWER)


def test_code_that_does_not_close_does_not_stop_it() -> None:
    assert not write(ANSWER[:-1], STOP).finished


def test_reasoning_is_no_answer() -> None:
    writer = write(f"{OPEN}Maybe {ANSWER}{CLOSE}## Action: done", Sampling())
    assert writer.text == "## Action: done"
    assert writer.thought == f"Maybe {ANSWER}"


def test_reasoning_that_is_cut_off_leaves_no_answer() -> None:
    writer = write(f"{OPEN}Maybe {ANSWER}", STOP)
    assert (writer.text, writer.finished) == ("", False)


@pytest.mark.parametrize("budget", [1, 8, 12, 20])
def test_reasoning_has_to_end_at_its_budget(budget: int) -> None:
    writer = AnswerWriter(TOKENIZER, Sampling(max_thinking_tokens=budget), END)
    pieces = TOKENIZER.encode(OPEN + "and so on " * 10)
    written = [writer.add(token, -1.0) for token in pieces]
    closed = TOKENIZER.decode(written).index(CLOSE)
    opened = len(TOKENIZER.encode(OPEN))
    assert len(TOKENIZER.encode(TOKENIZER.decode(written)[:closed])) == max(budget, opened)
    assert writer.text  # what is drawn behind the mark is answer
    assert writer.log_probability == -(len(pieces) - len(TOKENIZER.encode(CLOSE)))  # forced tokens do not count


def test_a_model_that_does_not_think_has_no_budget() -> None:
    assert write("x" * 50, Sampling(max_thinking_tokens=5)).text == "x" * 50


@given(thought=st.text(), answer=st.text())
def test_thought_and_answer_are_told_apart(thought: str, answer: str) -> None:
    thought = thought.replace(CLOSE, "").replace(OPEN, "")
    assert split_thought(f"{OPEN}{thought}{CLOSE}{answer}") == (thought.strip(), answer)
    assert split_thought(f"{OPEN}{thought}")[1] == ""
    assert is_thinking(f"{OPEN}{thought}")
    assert not is_thinking(f"{OPEN}{thought}{CLOSE}{answer}")
