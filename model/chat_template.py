"""The published chat template, as token ids.

    <|im_system|>system<|im_middle|>You are a helpful assistant<|im_end|>
    <|im_user|>user<|im_middle|><|media_start|>image<|media_content|><|media_pad|><|media_end|>What is this?<|im_end|>
    <|im_assistant|>assistant<|im_middle|>

without line breaks between the parts. Texts of messages are encoded without special tokens, so that nothing seen on a
screen can close a turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from model.base import GenerationError
from model.messages import Message, Role
from model.tokenizer import KimiTokenizer

DEFAULT_SYSTEM: Final = Message.system("You are a helpful assistant")
IMAGE_TOKEN: Final = "<|media_pad|>"
END_TOKENS: Final = ("[EOS]", "<|im_end|>")
"""Either ends an answer: the configuration names the first, turns end with the second."""


def render(messages: Sequence[Message], image_tokens: Sequence[int], tokenizer: KimiTokenizer) -> list[int]:
    """Token ids of a conversation, up to where the assistant begins to write.

    Args:
        messages: end with the user's turn; the default system message is put before them if they do not begin with one.
        image_tokens: how many tokens each picture takes, in reading order.
        tokenizer: of the checkpoint.

    Raises:
        GenerationError: the conversation does not end with the user's turn.
    """
    if not messages or messages[-1].role is not Role.USER:
        raise GenerationError("A prompt must end with a message of the user.")
    if messages[0].role is not Role.SYSTEM:
        messages = [DEFAULT_SYSTEM, *messages]
    image_token, sizes = tokenizer.special(IMAGE_TOKEN), iter(image_tokens)
    ids: list[int] = []
    for message in messages:
        ids += _opening(message.role, tokenizer)
        # Texts side by side are one text: bytes are merged across their seams.
        for kind, parts in groupby(message.parts, key=type):
            if kind is str:
                ids += tokenizer.encode("".join(part for part in parts if isinstance(part, str)))
                continue
            for _ in parts:
                ids += tokenizer.encode("<|media_start|>image<|media_content|>", special_tokens=True)
                ids += [image_token] * next(sizes)
                ids.append(tokenizer.special("<|media_end|>"))
        ids.append(tokenizer.special("<|im_end|>"))
    return ids + _opening(Role.ASSISTANT, tokenizer)


def _opening(role: Role, tokenizer: KimiTokenizer) -> list[int]:
    return tokenizer.encode(f"<|im_{role}|>{role}<|im_middle|>", special_tokens=True)
