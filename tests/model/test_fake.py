from __future__ import annotations

import pytest

from model.base import GenerationError, Model
from model.fake import ScriptedModel
from model.messages import Message

HELLO = [Message.user("Hello")]
BYE = [Message.user("Bye")]


def test_it_is_a_model() -> None:
    assert isinstance(ScriptedModel([]), Model)
    assert ScriptedModel([], view_px=(448, 336)).view_px == (448, 336)


def test_answers_come_in_order_and_prompts_are_kept() -> None:
    model = ScriptedModel(["one", "two", "three"])
    assert [reply.text for reply in model.generate([HELLO, BYE])] == ["one", "two"]
    assert [reply.text for reply in model.generate([HELLO])] == ["three"]
    assert model.prompts == [tuple(HELLO), tuple(BYE), tuple(HELLO)]


def test_a_function_may_answer() -> None:
    model = ScriptedModel(lambda prompt: f"{len(prompt)} messages")
    assert [reply.text for reply in model.generate([HELLO, HELLO + BYE])] == ["1 messages", "2 messages"]


def test_the_first_answer_is_streamed() -> None:
    pieces: list[str] = []
    ScriptedModel(["one", "two"]).generate([HELLO, BYE], on_text=pieces.append)
    assert pieces == ["one"]


def test_a_script_that_is_over_says_so() -> None:
    model = ScriptedModel(["one"])
    with pytest.raises(GenerationError, match="1 answers, but was asked 2 times"):
        model.generate([HELLO, BYE])
