"""Every answer that the grammar lets through is read into actions of the kinds that were offered."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from agent.formats.grammar import answer_grammar
from agent.formats.kimi_vl import KimiVLFormat
from agent.view import View
from envs.actions import ACTIONS
from envs.frame import Frame
from model.tokenizer import KimiTokenizer

pytest.importorskip("xgrammar")
from model.grammar import GrammarCompiler, GrammarConstraint

TINY_CHECKPOINT = Path(__file__).parents[1] / "model/golden/kimi-vl-tiny/checkpoint"
ALL_KINDS = tuple(ACTIONS.json_schema()["discriminator"]["mapping"])
VIEW = View.whole(Frame(np.zeros((20, 30, 3), np.uint8)))
TOKENIZER = KimiTokenizer.from_pretrained(TINY_CHECKPOINT)
ENDS = frozenset({TOKENIZER.special("[EOS]")})
COMPILER = GrammarCompiler(TOKENIZER, ENDS)


def constraint(kinds: tuple[str, ...]) -> GrammarConstraint:
    return COMPILER.constraint(answer_grammar(kinds))


def allowed_next(held: GrammarConstraint) -> list[int]:
    logits = torch.zeros(TOKENIZER.vocab_size)
    held.mask(logits)
    return (logits == 0).nonzero().flatten().tolist()


def random_answer(kinds: tuple[str, ...], rng: random.Random) -> str:
    """A walk through the grammar, in a hurry to end lines, texts and the answer."""
    held = constraint(kinds)
    hurried = {TOKENIZER.encode(each)[0] for each in ("\n", '"', "`", "#")} | ENDS
    written = TOKENIZER.encode("#")  # no reasoning: a random walk would hardly ever come to its end
    held.accept(written[0])
    while written[-1] not in ENDS:
        allowed = allowed_next(held)
        likely = [token for token in allowed if token in hurried]
        written.append(rng.choice(likely if likely and rng.random() < 0.5 else allowed))
        held.accept(written[-1])
        assert len(written) < 5000
    return TOKENIZER.decode(written[:-1])


@pytest.mark.parametrize("seed", range(6))
def test_random_answers_can_be_carried_out(seed: int) -> None:
    answer = random_answer(ALL_KINDS, random.Random(seed))
    assert KimiVLFormat(ALL_KINDS).parse(answer, VIEW).actions


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_every_kind_of_action_can_be_written(kind: str) -> None:
    rng = random.Random(kind)
    kinds = {
        action.kind
        for _ in range(4)
        for action in KimiVLFormat((kind,)).parse(random_answer((kind,), rng), VIEW).actions
    }
    assert kinds <= {kind, "terminate", "wait"}


@pytest.mark.parametrize(
    ("code", "kinds", "allowed"),
    [
        ("pyautogui.click(x=0.5, y=0.25)", ("click",), True),
        ("pyautogui.click(x=0.5, y=0.25)", ("move",), False),
        ("pyautogui.click(x=1.5, y=0.25)", ("click",), False),
        ("pyautogui.scroll(-100, x=0.5, y=1)", ("scroll",), True),
        ("pyautogui.scroll(0)", ("scroll",), False),
        ("pyautogui.scroll(101)", ("scroll",), False),
        ("pyautogui.dragTo(x=0.5, y=0.25, button='middle')", ("drag",), True),
        ("pyautogui.press('enter', presses=100)", ("press",), True),
        ("pyautogui.press('hyper')", ("press",), False),
        ("pyautogui.write(message=\"caf\u00e9 \\\"x\\\"\")", ("type",), True),
        ("browser.switch_tab(index=0)", ("switch_tab",), True),
        ("import os", ("click",), False),
        ("computer.terminate(status='success', answer=\"42\")", (), True),
    ],
)  # fmt: skip
def test_limits_are_those_of_the_actions(code: str, kinds: tuple[str, ...], allowed: bool) -> None:
    held = constraint(kinds)
    passed = True
    for token in TOKENIZER.encode(f"## Action:\nDo it.\n\n## Code:\n```python\n{code}\n```"):
        if token not in allowed_next(held):
            passed = False
            break
        held.accept(token)
    assert passed == allowed
