"""Decoding held to a text: what an answer quotes on its action line stands word for word in what it was asked.

A small model that spells labels letter by letter skips words, or goes on with those of another label that begins alike.
Here every letter between quotation marks has to go on with something that the text says: a whole quotation, or whole
words outside of quotations. And where the text says what a quotation stands beside (`"Edit" in the row "Invoice 204"`),
the line may not end before it has said so too. Knows tokens and text; knows no network.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import torch
from torch import Tensor

HEADING: Final = b"## Action:\n"
"""The line behind it, at the beginning of the answer, is the one that is held to the text."""
_QUOTE, _LINE_END = ord('"'), ord("\n")
_QUOTATION = re.compile(rb'"([^"]*)"')
_WORD = re.compile(rb"[\w\x80-\xff]+")
_STANDS = re.compile(
    rb"(?: \w+){0,2}(?: to the)?"
    rb" (?:in|on|for|of|next to|beside|near|below|under|above|left of|right of)"
    rb"(?: the)?(?: \w+){0,2}(?: of)? "
)
"""Between two quotations, the second of which tells which of those like the first is meant."""
_NEXT_STEP = re.compile(rb"\b(?:and|then)\b")


class Place(NamedTuple):
    """Where a copy goes on, in bytes of the source's UTF-8."""

    next: int
    last: int
    """Where it ends at the latest."""
    is_whole: bool
    """Whether it ends only there; else at the end of any word before."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text, and where copies of its parts may begin and end."""

    text: bytes
    beginnings: frozenset[Place]
    word_ends: frozenset[int]
    told_apart: frozenset[int]
    """The ends of those quotations of which the text says what they stand beside."""

    @staticmethod
    def of(text: str) -> Source:
        """All quotations of a text, and the words between them."""
        encoded = text.encode()
        quotations = list(_QUOTATION.finditer(encoded))
        beginnings = {Place(*quotation.span(1), True) for quotation in quotations}
        ends: set[int] = set()
        edges = [0, *(edge for quotation in quotations for edge in quotation.span()), len(encoded)]
        for start, end in list(pairwise(edges))[::2]:
            words = [word.span() for word in _WORD.finditer(encoded, start, end)]
            beginnings |= {Place(word_start, words[-1][1], False) for word_start, _ in words}
            ends |= {word_end for _, word_end in words}
        told_apart = {
            quotation.end(1)
            for quotation, following in pairwise(quotations)
            if _stands_beside(encoded[quotation.end() : following.start()])
        }
        return Source(encoded, frozenset(beginnings), frozenset(ends), frozenset(told_apart))


def _stands_beside(between: bytes) -> bool:
    return _STANDS.fullmatch(between) is not None and _NEXT_STEP.search(between) is None


class Vocabulary:
    """The bytes of all tokens, and which tokens begin with which byte."""

    def __init__(self, tokens: Sequence[bytes]) -> None:
        self.tokens = tokens
        """Empty for those that stand for no bytes."""
        self.beginning_with: dict[int, list[int]] = {}
        for number, token in enumerate(tokens):
            if token:
                self.beginning_with.setdefault(token[0], []).append(number)
        self.ending_lines = [number for number, token in enumerate(tokens) if _LINE_END in token]


class CopyConstraint:
    """What one answer may go on with."""

    def __init__(self, vocabulary: Vocabulary, source: Source) -> None:
        self._vocabulary, self._source = vocabulary, source
        self._heading_left = HEADING
        self._places: frozenset[Place] | None = None
        """Where the quotation that is being written may go on; None outside of one."""
        self._is_apart = False
        """Whether the line has still to say what the last quotation stands beside."""
        self._over = False

    def mask(self, logits: Tensor) -> None:
        """Make tokens impossible, in place, that the text does not allow next; logits are (V,)."""
        if not self._places:  # outside of a quotation, or the text has nothing to quote
            if self._is_apart:
                logits[self._vocabulary.ending_lines] = float("-inf")
            return
        known, text = self._vocabulary, self._source.text
        first = {_QUOTE, *(text[place.next] for place in self._places if place.next < place.last)}
        begun = [number for byte in first for number in known.beginning_with.get(byte, ())]
        allowed = [number for number in begun if self._fits(known.tokens[number])]
        kept = torch.full_like(logits, float("-inf"))
        kept[allowed] = logits[allowed]
        logits.copy_(kept)

    def accept(self, token: int) -> None:
        """Go on behind a token."""
        for byte in self._vocabulary.tokens[token]:
            if self._over:
                return
            if self._heading_left:
                self._over = byte != self._heading_left[0]
                self._heading_left = self._heading_left[1:]
            elif byte == _LINE_END:
                self._over, self._places, self._is_apart = True, None, False
            elif byte == _QUOTE:
                self._is_apart = self._places is not None and self._only_ends_apart(self._places)
                self._places = self._source.beginnings if self._places is None else None
            elif self._places is not None:
                self._places = self._behind(self._places, byte)

    def _fits(self, token: bytes) -> bool:
        """Whether a token goes on with the quotation, or closes it where it may end."""
        places = self._places or frozenset()
        for number, byte in enumerate(token):
            if byte == _QUOTE:
                ends_line = _LINE_END in token[number:]
                return any(map(self._may_end, places)) and not (ends_line and self._only_ends_apart(places))
            places = self._behind(places, byte)
        return bool(places)

    def _only_ends_apart(self, places: frozenset[Place]) -> bool:
        """Whether wherever a quotation may end, the text goes on with what it stands beside."""
        ends = {place.next for place in places if self._may_end(place)}
        return bool(ends) and ends <= self._source.told_apart

    def _behind(self, places: frozenset[Place], byte: int) -> frozenset[Place]:
        text = self._source.text
        return frozenset(
            place._replace(next=place.next + 1)
            for place in places
            if place.next < place.last and text[place.next] == byte
        )

    def _may_end(self, place: Place) -> bool:
        return place.next == place.last or (not place.is_whole and place.next in self._source.word_ends)
