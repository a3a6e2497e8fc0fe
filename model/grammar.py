"""Decoding held to a grammar: tokens that it does not allow get no probability.

Knows tokens and a grammar's text; where the grammar comes from and what it means is the caller's matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from model.base import GenerationError, ModelUnavailable
from model.tokenizer import KimiTokenizer

if TYPE_CHECKING:
    import xgrammar


class GrammarCompiler:
    """Compiles grammars for one vocabulary, each once.

    Raises:
        ModelUnavailable: the library for it is not installed.
    """

    def __init__(self, tokenizer: KimiTokenizer, ends: frozenset[int]) -> None:
        try:
            import xgrammar
        except ImportError as error:
            raise ModelUnavailable(
                "Holding a model to a grammar needs xgrammar: pip install 'deixis[grammar]'."
            ) from error
        vocabulary = xgrammar.TokenizerInfo(
            tokenizer.token_bytes(),
            xgrammar.VocabType.RAW,
            vocab_size=tokenizer.vocab_size,
            stop_token_ids=sorted(ends),
        )
        self._compiler = xgrammar.GrammarCompiler(vocabulary)
        self._compiled: dict[str, xgrammar.CompiledGrammar] = {}

    def constraint(self, grammar: str) -> GrammarConstraint:
        """A new answer's constraint.

        Args:
            grammar: in the EBNF of xgrammar, beginning at `root`.

        Raises:
            GenerationError: it is no grammar.
        """
        if grammar not in self._compiled:
            try:
                self._compiled[grammar] = self._compiler.compile_grammar(grammar)
            except RuntimeError as error:
                reason = str(error).strip().splitlines()[-1]
                raise GenerationError(f"The grammar that the answer should follow cannot be read: {reason}") from error
        return GrammarConstraint(self._compiled[grammar])


class GrammarConstraint:
    """What one answer may go on with."""

    def __init__(self, compiled: xgrammar.CompiledGrammar) -> None:
        import xgrammar

        self._matcher = xgrammar.GrammarMatcher(compiled)
        self._bits = xgrammar.allocate_token_bitmask(1, compiled.tokenizer_info.vocab_size)

    def mask(self, logits: Tensor) -> None:
        """Make tokens impossible, in place, that the grammar does not allow next; logits are (V,)."""
        import xgrammar

        if self._matcher.is_terminated():
            return
        self._matcher.fill_next_token_bitmask(self._bits)
        xgrammar.apply_token_bitmask_inplace(logits.unsqueeze(0), self._bits.to(logits.device))

    def accept(self, token: int) -> None:
        """Go on behind a token."""
        if not self._matcher.is_terminated():
            self._matcher.accept_token(token)
