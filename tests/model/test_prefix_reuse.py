"""What a prompt has in common with the one before is not computed again, and the answers are the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from model.base import Sampling
from model.decoder import LatentCache
from model.engine import Engine
from model.kimi_vl import KimiVL
from model.messages import Message

Picture = Callable[[int], Image.Image]
SHORT = Sampling(max_tokens=6)


def episode(picture: Picture, steps: int) -> list[Message]:
    """A conversation that grows step by step."""
    turns: list[Message] = []
    for step in range(steps):
        turns += [Message.user(picture(step % 4), f"step {step}"), Message.assistant(f"## Action: {step}")]
    return [*turns, Message.user("go on")]


def fresh(engine: Engine) -> Engine:
    return Engine(engine.network, engine.tokenizer, engine.image_processor, engine.name)


@pytest.fixture
def prefilled(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of tokens of each call of the network, and the logits' own record."""
    counts: list[int] = []
    step = KimiVL.next_token_logits
    monkeypatch.setattr(
        engine.network,
        "next_token_logits",
        lambda x, cache: counts.append(x.shape[1]) or step(engine.network, x, cache),
    )
    return counts


def test_the_next_step_computes_only_what_is_new(engine: Engine, picture: Picture, prefilled: list[int]) -> None:
    one, two = episode(picture, 2), episode(picture, 3)
    [first] = engine.generate([one], SHORT)
    prefilled.clear()
    [second] = engine.generate([two], SHORT)
    assert first.reused_tokens == 0
    assert second.reused_tokens > 0.6 * first.prompt_tokens
    assert prefilled[0] == second.prompt_tokens - second.reused_tokens
    [alone] = fresh(engine).generate([two], SHORT)
    assert alone.reused_tokens == 0
    assert second.text == alone.text
    assert second.log_probability == pytest.approx(alone.log_probability, abs=1e-3)


def test_the_own_answer_is_known_when_it_comes_back(engine: Engine) -> None:
    ask = Message.user("Hello")
    [reply] = engine.generate([[ask]], SHORT)
    [further] = engine.generate([[ask, Message.assistant(reply.text), Message.user("And?")]], SHORT)
    own = engine.tokenizer.encode(reply.text)
    if engine.tokenizer.decode(own) == reply.text:  # else the tokens that were drawn are not those of the text
        assert further.reused_tokens >= reply.prompt_tokens


def test_a_changed_pixel_is_not_reused(engine: Engine, picture: Picture) -> None:
    changed = picture(0)
    changed.putpixel((5, 5), (1, 2, 3))
    [first] = engine.generate([[Message.user(picture(0), "Where?")]], SHORT)
    [second] = engine.generate([[Message.user(changed, "Where?")]], SHORT)
    assert second.reused_tokens < first.prompt_tokens - first.image_tokens
    assert second.text == fresh(engine).generate([[Message.user(changed, "Where?")]], SHORT)[0].text


def test_an_interrupted_generation_leaves_no_wrong_rows(engine: Engine, picture: Picture) -> None:
    engine.generate([episode(picture, 1)], SHORT)

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.generate([[Message.user(picture(2), "Something else")]], SHORT, interrupt)
    for prompt in (episode(picture, 2), [Message.user(picture(2), "Something else, again")]):
        assert engine.generate([prompt], SHORT)[0].text == fresh(engine).generate([prompt], SHORT)[0].text


def test_an_interrupted_prefill_leaves_no_wrong_rows(
    engine: Engine, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.generate([episode(picture, 2)], SHORT)
    last = engine.network.decoder.layers[-1]

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(last, "forward", interrupt)
        with pytest.raises(KeyboardInterrupt):
            engine.generate([[Message.user(picture(1), "x" * 50)]], SHORT)
    prompt = episode(picture, 2)
    assert engine.generate([prompt], SHORT)[0].text == fresh(engine).generate([prompt], SHORT)[0].text


TEXTS = st.lists(st.sampled_from(["a", "ab", "click Save", "## Action"]), min_size=1, max_size=4)


@settings(max_examples=10, deadline=None)
@given(conversations=st.lists(TEXTS, min_size=2, max_size=4))
def test_any_order_of_conversations_gives_the_same_answers(network: KimiVL, conversations: list[list[str]]) -> None:
    from model.image_processor import ImageProcessor
    from model.tokenizer import KimiTokenizer
    from tests.model.conftest import GOLDEN

    folder = GOLDEN / "checkpoint"
    parts = network, KimiTokenizer.from_pretrained(folder), ImageProcessor.from_pretrained(folder), "tiny"
    kept = Engine(*parts)
    for texts in conversations:
        prompt = [Message.user(text) for text in texts]
        [reply], [alone] = kept.generate([prompt], SHORT), Engine(*parts).generate([prompt], SHORT)
        assert reply.log_probability == pytest.approx(alone.log_probability, abs=1e-3)
        assert reply.text == alone.text


def test_logits_behind_a_reused_prefix_equal_those_of_one_pass(network: KimiVL, case: dict[str, Tensor]) -> None:
    ids, length = case["text_ids"], len(case["text_ids"])
    with torch.inference_mode():
        cache = LatentCache(network.config.text, 1, 10, dtype=network.dtype, device=network.device)
        network.next_token_logits(network.embed(ids[None, :10]), cache)
        cache.keep(7, length)  # the rest was another conversation's
        logits = network.next_token_logits(network.embed(ids[None, 7:]), cache)
    assert (logits[0] - case["text_logits"][-1]).abs().max() < 1e-4
