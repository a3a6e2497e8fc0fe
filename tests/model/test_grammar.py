from __future__ import annotations

import builtins

import pytest
import torch

from model.base import GenerationError, ModelUnavailable, Sampling
from model.engine import Engine
from model.messages import Message

pytest.importorskip("xgrammar")

PROMPTS = [[Message.user("Hello")], [Message.user("Hallo")]]
CLICK = r'root ::= "click(" [0-9]{2} ", " [0-9]{2} ")" | "wait()"'


@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_a_model_of_random_weights_follows_a_grammar(engine: Engine, temperature: float) -> None:
    replies = engine.generate(PROMPTS, Sampling(30, temperature, seed=1, grammar=CLICK))
    assert len(replies) == 2
    for reply in replies:
        assert reply.finished
        assert reply.text == "wait()" or (reply.text.startswith("click(") and len(reply.text) == len("click(12, 34)"))


def test_batches_are_held_each_to_its_own_place(engine: Engine) -> None:
    together = engine.generate([PROMPTS[0]] * 3, Sampling(30, 1.5, seed=3, grammar=CLICK))
    assert len({reply.text for reply in together}) > 1
    assert all(reply.finished for reply in together)


def test_special_tokens_are_not_allowed_but_for_the_end(engine: Engine) -> None:
    (constraint,) = engine._constraints(Sampling(grammar="root ::= [^x]*"))
    logits = torch.zeros(engine.tokenizer.vocab_size)
    constraint.mask(logits)
    allowed = (logits == 0).nonzero().flatten().tolist()
    specials = {token for token in allowed if token >= engine.tokenizer.special("[BOS]")}
    assert specials == {engine.tokenizer.special("[EOS]"), engine.tokenizer.special("<|im_end|>")}
    assert engine.tokenizer.encode("x")[0] not in allowed


def test_what_is_no_grammar_is_refused(engine: Engine) -> None:
    with pytest.raises(GenerationError, match="grammar that the answer should follow cannot be read"):
        engine.generate(PROMPTS, Sampling(5, grammar="root ::= ("))


def test_a_missing_library_is_named(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object):
        if name == "xgrammar":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModelUnavailable, match=r"deixis\[grammar\]"):
        engine.generate(PROMPTS, Sampling(5, grammar=CLICK))


def test_other_sampling_is_left_alone(engine: Engine) -> None:
    free = engine.generate(PROMPTS[:1], Sampling(8))[0]
    engine.generate(PROMPTS[:1], Sampling(8, grammar=CLICK))
    assert engine.generate(PROMPTS[:1], Sampling(8))[0].text == free.text
    assert torch.is_inference_mode_enabled() is False
