from __future__ import annotations

import pytest
import torch
from torch import Tensor

from model.decoder import Decoder
from model.nano.branches import run_branches

PREFIXES, PREFIX, QUERIES, TOKENS, WIDTH = 2, 9, 3, 5, 24


@pytest.fixture
def inputs() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    prefix = torch.randn(PREFIXES, PREFIX, WIDTH, generator=generator)
    return prefix, torch.randn(PREFIXES, QUERIES, TOKENS, WIDTH, generator=generator)


@torch.no_grad()
def test_branches_equal_sequences_of_their_own(small_decoder: Decoder, inputs: tuple[Tensor, Tensor]) -> None:
    prefix, branches = inputs
    together = run_branches(small_decoder, prefix, [branches])[0].hidden
    for b in range(PREFIXES):
        for q in range(QUERIES):
            alone = small_decoder(torch.cat([prefix[b], branches[b, q]]).unsqueeze(0))[0, PREFIX:]
            torch.testing.assert_close(together[b, q], alone, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_branch_does_not_see_its_padding(small_decoder: Decoder, inputs: tuple[Tensor, Tensor]) -> None:
    prefix, branches = inputs
    padded = torch.cat([branches, torch.full((PREFIXES, QUERIES, 4, WIDTH), 9.0)], dim=2)
    with_padding = run_branches(small_decoder, prefix, [padded])[0].hidden[:, :, :TOKENS]
    torch.testing.assert_close(
        with_padding, run_branches(small_decoder, prefix, [branches])[0].hidden, atol=1e-5, rtol=1e-5
    )


@torch.no_grad()
def test_guided_attention_is_a_share_of_one(small_decoder: Decoder, inputs: tuple[Tensor, Tensor]) -> None:
    prefix, branches = inputs
    found = run_branches(small_decoder, prefix, [branches], guided_layers=(1, 2))[0].attention
    assert [tuple(attention.shape) for attention in found] == [(PREFIXES, QUERIES, TOKENS, PREFIX)] * 2
    for attention in found:
        share = attention.exp().sum(-1)
        assert (share > 0.05).all()
        assert (share < 1).all()  # a token also looks at itself


@torch.no_grad()
def test_groups_do_not_disturb_each_other(small_decoder: Decoder, inputs: tuple[Tensor, Tensor]) -> None:
    prefix, branches = inputs
    shorter = branches[:, :2, :3]
    together = run_branches(small_decoder, prefix, [branches, shorter], guided_layers=(1,))
    for group, run in zip((branches, shorter), together, strict=True):
        (alone,) = run_branches(small_decoder, prefix, [group], guided_layers=(1,))
        torch.testing.assert_close(run.hidden, alone.hidden, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(run.found, alone.found, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(run.attention[0], alone.attention[0], atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_the_prefixes_compete_for_a_branch(small_decoder: Decoder, inputs: tuple[Tensor, Tensor]) -> None:
    prefix, branches = inputs
    (run,) = run_branches(small_decoder, prefix, [branches], guided_layers=(1,))
    assert run.rivals is not None
    assert tuple(run.rivals.shape) == (PREFIXES, QUERIES, TOKENS, PREFIXES, PREFIX)
    for own in range(PREFIXES):  # its own prefix appeals as much as it is looked at
        torch.testing.assert_close(run.rivals[own, :, :, own], run.attention[0][own], atol=1e-5, rtol=1e-5)
    swapped = run_branches(small_decoder, prefix.flip(0), [branches], guided_layers=(1,))[0]
    assert not torch.allclose(swapped.attention[0], run.attention[0])
