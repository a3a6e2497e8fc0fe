"""Text to token ids and back, from the published `tiktoken.model` and `tokenizer_config.json`.

Knows bytes, ranks and the names of special tokens; knows no chat template. Text is untrusted unless the caller says
otherwise: a screen or a user that spells out `<|im_end|>` gets the tokens of these characters, not the special token.
Source of the pattern: the published tokenizer code.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import tiktoken

from model.base import CheckpointError

_WORD_START: Final = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
_WORD_REST: Final = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
_CONTRACTION: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"

SPLIT_PATTERN: Final = "|".join(
    [
        r"[\p{Han}]+",
        rf"[^\r\n\p{{L}}\p{{N}}]?{_WORD_START}*{_WORD_REST}+{_CONTRACTION}",
        rf"[^\r\n\p{{L}}\p{{N}}]?{_WORD_START}+{_WORD_REST}*{_CONTRACTION}",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)
"""Cuts text into the pieces within which bytes are merged; for tiktoken, and for `regex` with VERSION1."""

RESERVED: Final = 256
"""Special tokens behind the ranks; those without a published name get a placeholder."""


class KimiTokenizer:
    """Byte-level BPE with reserved special tokens."""

    def __init__(self, ranks: dict[bytes, int], special_names: dict[int, str]) -> None:
        """Build it from the merge ranks and the published names of special ids.

        Raises:
            CheckpointError: the ranks are not 0, 1, 2, ... over all bytes, or a name lies outside the reserved ids.
        """
        first = len(ranks)
        if sorted(ranks.values()) != list(range(first)):
            raise CheckpointError("The ranks in tiktoken.model are not the numbers 0, 1, 2, ... without a gap.")
        if any(bytes([value]) not in ranks for value in range(256)):
            raise CheckpointError(
                "tiktoken.model does not hold every single byte, so that some text could not be encoded."
            )
        reserved = range(first, first + RESERVED)
        if outside := [f"{name} = {token}" for token, name in special_names.items() if token not in reserved]:
            raise CheckpointError(
                f"tokenizer_config.json names special tokens outside {reserved[0]} to {reserved[-1]}: {outside[0]}."
            )
        names = {token: special_names.get(token, f"<|reserved_token_{token}|>") for token in reserved}
        self._special = {name: token for token, name in names.items()}
        if len(self._special) != RESERVED:
            raise CheckpointError("tokenizer_config.json gives one name to several special tokens.")
        self._encoding = tiktoken.Encoding(
            "kimi", pat_str=SPLIT_PATTERN, mergeable_ranks=ranks, special_tokens=self._special
        )

    @staticmethod
    def from_pretrained(folder: Path | str) -> KimiTokenizer:
        """Read the tokenizer of a checkpoint's folder.

        Raises:
            CheckpointError: a file is missing, unreadable or inconsistent.
        """
        folder = Path(folder)
        return KimiTokenizer(_read_ranks(folder / "tiktoken.model"), _read_names(folder / "tokenizer_config.json"))

    @property
    def vocab_size(self) -> int:
        """Ranks and reserved tokens together."""
        return self._encoding.n_vocab

    def special(self, name: str) -> int:
        """Id of a special token.

        Raises:
            CheckpointError: the vocabulary has no such special token.
        """
        if name not in self._special:
            raise CheckpointError(f"tokenizer_config.json does not name the special token {name}.")
        return self._special[name]

    def token_bytes(self) -> list[bytes]:
        """The bytes that each token stands for; none for special tokens."""
        ordinary = self.vocab_size - RESERVED
        return [self._encoding.decode_single_token_bytes(token) for token in range(ordinary)] + [b""] * RESERVED

    def encode(self, text: str, special_tokens: bool = False) -> list[int]:
        """Token ids of a text.

        Args:
            text: lone surrogates are encoded as U+FFFD.
            special_tokens: names of special tokens in the text stand for these tokens; for own, trusted text only.
        """
        if special_tokens:
            return self._encoding.encode(text, allowed_special="all")
        return self._encoding.encode_ordinary(text)

    def decode(self, ids: Iterable[int]) -> str:
        """Text of token ids; bytes that are not UTF-8 become U+FFFD, special tokens their names."""
        return self._encoding.decode(list(ids), errors="replace")

    def stream(self) -> TextStream:
        """A decoder for ids that come one by one."""
        return TextStream(self._encoding)


class TextStream:
    """Decodes token by token without ever showing half a character."""

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encoding = encoding
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, token: int) -> str:
        """The text that is complete with this token; what is not, comes with a later one."""
        return self._utf8.decode(self._encoding.decode_single_token_bytes(token))

    def end(self) -> str:
        """What is left when no token follows: U+FFFD for half a character, else nothing."""
        return self._utf8.decode(b"", final=True)


def _read_ranks(file: Path) -> dict[bytes, int]:
    try:
        lines = file.read_bytes().splitlines()
        pairs = [line.split() for line in lines if line]
        return {base64.b64decode(token, validate=True): int(rank) for token, rank in pairs}
    except OSError as error:
        raise CheckpointError(f"Cannot read the vocabulary {file}: {error.strerror}.") from error
    except (ValueError, binascii.Error) as error:
        raise CheckpointError(
            f"{file} is not a tiktoken vocabulary (a base64 token and its rank a line): {error}."
        ) from error


def _read_names(file: Path) -> dict[int, str]:
    try:
        added = json.loads(file.read_text(encoding="utf-8"))["added_tokens_decoder"]
        return {int(token): str(entry["content"]) for token, entry in added.items()}
    except OSError as error:
        raise CheckpointError(f"Cannot read the names of special tokens from {file}: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{file} does not hold a valid `added_tokens_decoder`: {error!r}.") from error
