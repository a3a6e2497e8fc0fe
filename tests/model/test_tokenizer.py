from __future__ import annotations

import json
from pathlib import Path

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model.base import CheckpointError
from model.nano.vocabulary import SPECIAL_OFFSETS, ranks, write_vocabulary
from model.tokenizer import SPLIT_PATTERN, KimiTokenizer

CHECKPOINT = Path(__file__).parent / "golden" / "kimi-vl-tiny" / "checkpoint"
TOKENIZER = KimiTokenizer.from_pretrained(CHECKPOINT)
FIRST_SPECIAL = TOKENIZER.special("[BOS]")
SPECIAL_NAMES = st.sampled_from(sorted(SPECIAL_OFFSETS))
SCREEN_TEXT = st.text("aZbÉéßЖж中文日한🚀'\u2019sdrt 019.,()=\t\r\n\u200b\u0301", max_size=40)


@pytest.mark.parametrize(("kind", "special_tokens"), [("plain", False), ("with_special", True), ("untrusted", False)])
def test_ids_equal_the_reference(golden: Path, kind: str, special_tokens: bool) -> None:
    cases = json.loads((golden / "tokens.json").read_text())[kind]
    assert cases
    for case in cases:
        assert TOKENIZER.encode(case["text"], special_tokens) == case["ids"], case["text"]


@settings(deadline=None)
@given(st.text())
@example("\r\n \n")
@example("'S 中文's")
def test_decoding_gives_the_text_back(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(max_size=5), SPECIAL_NAMES)))
def test_untrusted_text_never_becomes_a_special_token(parts: list[str]) -> None:
    assert all(token < FIRST_SPECIAL for token in TOKENIZER.encode("".join(parts)))


@settings(deadline=None)
@given(SPECIAL_NAMES)
def test_trusted_text_may_name_special_tokens(name: str) -> None:
    assert TOKENIZER.encode(f"a{name}b", special_tokens=True) == [
        *TOKENIZER.encode("a"),
        TOKENIZER.special(name),
        *TOKENIZER.encode("b"),
    ]


@settings(deadline=None)
@given(st.text())
def test_a_stream_shows_whole_characters_only(text: str) -> None:
    stream = TOKENIZER.stream()
    shown = ""
    for token in TOKENIZER.encode(text):
        shown += stream.push(token)
        assert text.startswith(shown)
    assert shown + stream.end() == text


def test_a_stream_that_ends_within_a_character_says_so() -> None:
    stream = TOKENIZER.stream()
    assert [stream.push(token) for token in TOKENIZER.encode("🚀")[:2]] == ["", ""]
    assert stream.end() == "\N{REPLACEMENT CHARACTER}"


def test_gaps_between_special_names_are_filled() -> None:
    assert TOKENIZER.vocab_size == FIRST_SPECIAL + 256
    assert TOKENIZER.decode([FIRST_SPECIAL + 5]) == f"<|reserved_token_{FIRST_SPECIAL + 5}|>"


def test_an_unknown_special_token_is_named() -> None:
    with pytest.raises(CheckpointError, match=r"<\|im_left\|>"):
        TOKENIZER.special("<|im_left|>")


def test_long_runs_are_encoded() -> None:
    for run in (" ", "a", "A", "^", "\n", "中"):
        assert TOKENIZER.decode(TOKENIZER.encode(run * 100_000)) == run * 100_000


@settings(deadline=None)
@given(SCREEN_TEXT)
def test_pieces_are_those_of_the_split_pattern(text: str) -> None:
    """With every piece of the text among the ranks, each piece is one token."""
    pieces = regex.findall(SPLIT_PATTERN, text, flags=regex.VERSION1)
    table = {bytes([value]): value for value in range(256)}
    for piece in pieces:
        table.setdefault(piece.encode(), len(table))
    assert "".join(pieces) == text
    assert KimiTokenizer(table, {}).encode(text) == [table[piece.encode()] for piece in pieces]


@pytest.fixture(scope="module")
def nano_like(tmp_path_factory: pytest.TempPathFactory) -> tuple[KimiTokenizer, dict[bytes, int]]:
    folder = tmp_path_factory.mktemp("vocabulary")
    table = ranks(["## Action:\n## Code:\n```python\npyautogui.click(x=0.500, y=0.500)\n```"])
    write_vocabulary(folder, table)
    return KimiTokenizer.from_pretrained(folder), table


def test_fixed_pieces_are_single_tokens_without_a_merge_chain(
    nano_like: tuple[KimiTokenizer, dict[bytes, int]],
) -> None:
    tokenizer, table = nano_like
    assert tokenizer.encode("pyautogui") == [table[b"pyautogui"]]
    assert tokenizer.encode("pyautogui.click(x=0.437") == [
        *(table[piece] for piece in (b"pyautogui", b".click", b"(x")),
        *b"=0.437",
    ]


def test_other_text_is_spelled_in_bytes(nano_like: tuple[KimiTokenizer, dict[bytes, int]]) -> None:
    tokenizer, _ = nano_like
    assert tokenizer.encode("Save Größe pyautoguis") == list("Save Größe pyautoguis".encode())


def test_a_rank_of_two_bytes_is_merged_inside_other_pieces(nano_like: tuple[KimiTokenizer, dict[bytes, int]]) -> None:
    tokenizer, table = nano_like
    assert b" y" in table
    assert tokenizer.encode("in your") == [*b"in", table[b" y"], *b"our"]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["AA== 0", "no base64! 1"], "not a tiktoken vocabulary"),
        (["AA== zero"], "not a tiktoken vocabulary"),
        (["AA=="], "not a tiktoken vocabulary"),
        (["AA== 0", "AQ== 7"], "without a gap"),
        (["AA== 0", "AQ== 1"], "every single byte"),
    ],
)
def test_a_damaged_vocabulary_is_refused(copied: Path, lines: list[str], complaint: str) -> None:
    (copied / "tiktoken.model").write_text("\n".join(lines))
    with pytest.raises(CheckpointError, match=complaint):
        KimiTokenizer.from_pretrained(copied)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "added_tokens_decoder"),
        ("{}", "added_tokens_decoder"),
        ('{"added_tokens_decoder": {"3": {"content": "[BOS]"}}}', "outside 304 to 559"),
        ('{"added_tokens_decoder": {"304": {"content": "A"}, "305": {"content": "A"}}}', "one name"),
    ],
)
def test_damaged_names_are_refused(copied: Path, content: str, complaint: str) -> None:
    (copied / "tokenizer_config.json").write_text(content)
    with pytest.raises(CheckpointError, match=complaint):
        KimiTokenizer.from_pretrained(copied)


@pytest.mark.parametrize("name", ["tiktoken.model", "tokenizer_config.json"])
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        KimiTokenizer.from_pretrained(copied)
