"""What is written in a picture, as an encoder with a reading head sees it, and where a given text stands in it.

A text is looked for in every row of patches, and between every two, as speech is aligned with its words: the likeliest
path through its characters, which may be as wide as they like, against the likeliest reading of the same place
(connectionist temporal classification, Graves et al. 2006, with Viterbi's algorithm).
Knows log-probabilities; knows no network and no screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.characters import BLANK, FIRST_CHARACTER, SLOTS, class_of, plain_letters

PATCH_PX: Final = 14
SLOT_PX: Final = PATCH_PX / SLOTS
Scores = NDArray[np.float32]

DOUBT_OF_A_SLOT: Final = 8.0
"""At most: a head that is sure of a wrong character is not so sure that it could not be another one."""
OTHER_CASE: Final = 0.5
"""Doubt of a letter that is written small instead of large: some programs write labels otherwise than they say."""
UNREAD: Final = 0.5
"""Doubt of a character that is never read: it may look like anything, or be missing."""
GAP: Final = 0.05
"""Doubt of each slot between two characters: of two places the one where the text is less spread out."""
WIDEST: Final = 7.0
"""Slots to a character, 33 px: what is more spread out is no text."""
LEFT_OUT, NARROW_LEFT_OUT = 6.0, 1.5
"""Doubt of a character that is not there: two narrow ones may stand in one slot."""
NARROW: Final = frozenset("iljtfrI1|.,:;'`!()[]-")
BESIDE: Final = 1.0, 2
"""How near to an end of the text something stands that belongs to the same word, in widths of a character, but at
least so many slots."""
FURTHER: Final = 2.6
"""How near something stands that belongs to the same phrase, in widths of a character ..."""
OF_A_PHRASE: Final = 0.25
"""... and how much of that counts: the label "Save" may stand in "Save all", but rather where nothing follows it."""
AS_WIDE: Final = 0.1
"""How much of what stands right beside a text it weighs when its ends are chosen: a letter that is seen in two slots
is one."""
AT_ENDS: Final = tuple(ord(char) - FIRST_CHARACTER for char in ":*.,;!?()[]|")
"""What may follow a label, or stand before it."""
APART_PX: Final = 15.0
"""Lines that are so far from each other show different texts."""
BETWEEN: Final = 0.2
"""Doubt of a line between two rows: what is read as well in one of them stands there."""
_NEVER: Final = -1e9
_TINY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Written:
    """A place where a text is written, or something like it."""

    box_px: tuple[float, float, float, float]
    """Left, top, right, bottom in px of the picture, in steps of a slot and half a patch."""
    doubt: float
    """How much less probable the text is there than what is read, in nats: 0 where just that is read."""
    part: float
    """How much less probable it is, in nats, that it is a whole phrase, to which nothing beside it belongs."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What is written in one picture, R rows of S slots.

    A text whose middle lies near the border of two rows of patches is read partly in both: they are one line as well.
    """

    slots: NDArray[np.float16]
    """(R, S, CLASSES) log-probabilities of the characters."""
    likeliest: NDArray[np.float16]
    """(2 R - 1, S) that of the likeliest, in the lines of `lines`."""

    @staticmethod
    def of(slots: NDArray[np.float16]) -> Writing:
        return Writing(slots, np.log(_in_lines(np.exp(slots.astype(np.float32))).max(-1)).astype(np.float16))

    def lines(self, classes: Sequence[int]) -> Scores:
        """(2 R - 1, S, classes) how much less likely some characters are than the likeliest; BLANK is the first."""
        found = np.log(_in_lines(np.exp(self.slots[..., list(classes)].astype(np.float32))) + _TINY)
        return np.clip(found - self.likeliest[..., None].astype(np.float32), -DOUBT_OF_A_SLOT, 0.0)

    def doubts(self) -> Scores:
        """(2 R - 1,) of the lines as such."""
        rows = len(self.slots)
        return np.repeat(np.array([0.0, BETWEEN], np.float32), [rows, rows - 1])

    def middles(self) -> Scores:
        """(2 R - 1,) px."""
        rows = len(self.slots)
        return PATCH_PX * np.concatenate([np.arange(rows) + 0.5, np.arange(1, rows)], dtype=np.float32)


def _in_lines(rows: Scores) -> Scores:
    """(2 R - 1, S, classes) probabilities in each row (R, S, classes), and between two: there unless it is in neither.

    BLANK, the first, is between two rows only where both are.
    """
    between = 1 - (1 - rows[:-1]) * (1 - rows[1:])
    between[..., BLANK] = rows[:-1, :, BLANK] * rows[1:, :, BLANK]
    return np.concatenate([rows, between])


def can_be_read(text: str) -> bool:
    """Whether a text has characters that are ever read."""
    return any(class_of(char) for char in plain_letters(text))


def find(text: str, writings: Sequence[Writing], most_doubt: float) -> list[list[Written]]:
    """Where a text is written in some pictures: of each the places, the least doubtful first.

    Args:
        text: a label, of which something can be read.
        writings: of the pictures.
        most_doubt: what is doubted more is not the text.
    """
    wanted = [(char, each) for char in plain_letters(text) if (each := class_of(char)) != BLANK]
    left_out = np.array([_left_out(*one) for one in wanted], np.float32)
    seen = [_seen(writing, wanted) for writing in writings]
    # However the characters followed each other: most lines lack too many of them.
    hopeful = [
        (np.maximum(one[..., ::2].max(1), -left_out).sum(-1) >= -most_doubt).nonzero()[0].tolist() for one in seen
    ]
    widest = max((one.shape[1] for one in seen), default=0)
    lines = [
        np.pad(one[line], ((0, widest - one.shape[1]), (0, 0)), constant_values=-DOUBT_OF_A_SLOT)
        for one, of_one in zip(seen, hopeful, strict=True)
        for line in of_one
    ]
    if not lines:
        return [[] for _ in writings]
    ends, starts = _aligned(np.stack(lines), left_out)
    found: list[list[Written]] = []
    for writing, one, of_one in zip(writings, seen, hopeful, strict=True):
        count, middles = len(of_one), writing.middles()[of_one]
        scores = ends[:count] - writing.doubts()[of_one, None]
        found.append(_places(scores, starts[:count], one[of_one, :, -1], middles, len(wanted), most_doubt))
        ends, starts = ends[count:], starts[count:]
    return found


def _places(
    ends: Scores, starts: NDArray[np.int64], ended: Scores, middles: Scores, characters: int, most_doubt: float
) -> list[Written]:
    """The places at which a text ends best, in lines of one picture, the least doubtful first.

    Args:
        ends: (lines, S) the scores of a text that ends there.
        starts: (lines, S) where it starts.
        ended: (lines, S) how well slots show what stands beside a label; narrower by what is padded.
        middles: (lines,) px.
        characters: how many the text has.
        most_doubt: what is doubted more is left out.
    """
    found: list[Written] = []
    while ends.size and ends.max() >= -most_doubt:
        line, end = (int(index) for index in np.unravel_index(ends.argmax(), ends.shape))
        start = int(starts[line, end])
        width = max((end + 1 - start) / characters, 1.0)
        word, phrase = _parts(ended[line], start, end + 1, width)
        doubt = -float(ends[line, end]) + word + OF_A_PHRASE * (phrase - word)
        middle, half = float(middles[line]), max(PATCH_PX / 2, width * SLOT_PX)
        if doubt <= most_doubt and width <= WIDEST:
            found.append(Written((start * SLOT_PX, middle - half, (end + 1) * SLOT_PX, middle + half), doubt, phrase))
        same = np.abs(middles - middle) < APART_PX
        ends[same, start : end + 2] = _NEVER
    return sorted(found, key=lambda place: place.doubt)


def _parts(ended: Scores, start: int, end: int, width: float) -> tuple[float, float]:
    """The doubt that a text from `start` to `end` is whole words, and a whole phrase, in its line (S,)."""
    widths, least = BESIDE
    near, far = max(math.ceil(widths * width), least), math.ceil(FURTHER * width)
    word, phrase = (
        -float(ended[max(0, start - reach) : start].min(initial=0.0) + ended[end : end + reach].min(initial=0.0))
        for reach in (near, max(near, far))
    )
    return word, phrase


def _left_out(char: str, read: int | None) -> float:
    return 0.0 if read is None else NARROW_LEFT_OUT if char in NARROW else LEFT_OUT


def _aligned(seen: Scores, left_out: Scores) -> tuple[Scores, NDArray[np.int64]]:
    """The best path through a text that ends at each slot (lines, S): its score, and where it starts.

    Args:
        seen: as `_seen` has it.
        left_out: (characters,) the doubt of each if it is not there.
    """
    count, length, states = *seen.shape[:2], 2 * len(left_out) - 1
    steps = _steps(left_out)
    reach = len(steps) - 1
    beside = np.pad((AS_WIDE * seen[..., -1]).astype(np.float32), ((0, 0), (1, 1)))  # that of a slot is one further on
    scores = np.full((count, reach + states), _NEVER, np.float32)  # in front of the first state there is nothing
    begun = np.zeros((count, reach + states), np.int64)
    ends, starts = np.empty((count, length), np.float32), np.empty((count, length), np.int64)
    for slot in range(length):
        came = np.stack([scores[:, reach - back : reach - back + states] + steps[back] for back in range(reach + 1)])
        since = np.stack([begun[:, reach - back : reach - back + states] for back in range(reach + 1)])
        best = came.argmax(0)[None]
        now, start = np.take_along_axis(came, best, 0)[0], np.take_along_axis(since, best, 0)[0]
        for state, cost in ((0, 0.0), (2, left_out[0]))[: len(left_out)]:  # the text may begin, or its second character
            score = beside[:, slot] - cost
            begins = now[:, state] < score
            now[begins, state], start[begins, state] = score[begins], slot
        scores[:, reach:], begun[:, reach:] = now + seen[:, slot, :-1], start
        ends[:, slot], starts[:, slot] = scores[:, -1], begun[:, -1]
        if len(left_out) > 1:
            without_last = scores[:, -3] - left_out[-1]
            better = without_last > ends[:, slot]
            ends[better, slot], starts[better, slot] = without_last[better], begun[better, -3]
    return ends + beside[:, 2:], starts


def _seen(writing: Writing, wanted: Sequence[tuple[str, int | None]]) -> Scores:
    """(lines, S, states + 1) how well a slot shows what each state is about, and last that a label ends beside it."""
    letters = (each for char, read in wanted if read for each in (read, _other_case(char)))
    classes = list(dict.fromkeys((BLANK, *AT_ENDS, *letters)))
    lines = writing.lines(classes)
    column = {each: number for number, each in enumerate(classes)}
    seen = np.empty((*lines.shape[:2], 2 * len(wanted)), np.float32)
    seen[..., 1::2] = lines[..., :1] - GAP
    seen[..., -1] = lines[..., : 1 + len(AT_ENDS)].max(-1)
    for state, (char, each) in enumerate(wanted):
        if each is None:
            seen[..., 2 * state] = -UNREAD
        else:
            other = _other_case(char)
            in_other_case = lines[..., column[other]] - OTHER_CASE * (other != each)
            seen[..., 2 * state] = np.maximum(lines[..., column[each]], in_other_case)
    return seen


def _other_case(char: str) -> int:
    other = class_of(char.swapcase())
    assert other is not None
    return other


def _steps(left_out: Scores) -> list[Scores]:
    """For 0, 1, ... states back, what it costs to come from there into each state, as a score.

    A state may last; a gap follows its character; a character follows its gap or the character before it, or that
    before a character that is left out.
    """
    states = 2 * len(left_out) - 1
    steps = [np.full(states, _NEVER, np.float32) for _ in range(5)]
    steps[0][:] = 0.0
    steps[1][1:] = 0.0
    steps[2][2::2] = 0.0
    for state in range(4, states, 2):
        steps[3][state] = steps[4][state] = -left_out[state // 2 - 1]
    return steps
