"""The in-process model: conversations in, answers out, with a loaded Kimi-VL.

Knows how prompts are batched, prefilled and decoded; the network, its cache, the tokenizer and the template are modules
of their own. Prompts of equal length run as one batch, which is how the tiles of a screen are looked at; others run one
after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import torch
from PIL.Image import Image
from torch import Tensor

from model.base import GREEDY, GenerationError, Sampling
from model.chat_template import END_TOKENS, render
from model.clock import seconds
from model.decoder import LatentCache
from model.image_features import ImageEncoder
from model.image_processor import ImageProcessor
from model.kimi_vl import KimiVL
from model.messages import Message, Reply, Timing
from model.sampling import Sampler
from model.tokenizer import KimiTokenizer, TextStream


class Engine:
    """A `Model` that answers with a network in this process. Not for several threads at once."""

    def __init__(self, network: KimiVL, tokenizer: KimiTokenizer, image_processor: ImageProcessor, name: str) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.image_processor = image_processor
        self.name = name
        self._images = ImageEncoder(network, image_processor)
        self._ends = frozenset(tokenizer.special(end) for end in END_TOKENS)

    @property
    def view_px(self) -> tuple[int, int] | None:
        return self.image_processor.view_px

    @torch.inference_mode()
    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling = GREEDY,
        on_text: Callable[[str], None] | None = None,
    ) -> list[Reply]:
        """Answer several conversations.

        Args:
            prompts: each a conversation that ends with the user's turn.
            sampling: the same for all; with a seed, the same call gives the same answers.
            on_text: called with each new piece of text of the first answer while it is written.

        Returns:
            The answers in the order of the prompts. The end of an answer counts as one of its tokens. The time that
            prompts took together is shared evenly among them, so that timings add up to the time that passed.

        Raises:
            GenerationError: a prompt is longer than the model's context or does not end with the user's turn, or a
                picture cannot be looked at.
        """
        requests, preprocess_s, vision_s = self._prepare(prompts)
        sampler = Sampler(sampling, self.network.device)
        replies: dict[int, Reply] = {}
        for together in _of_equal_length(requests):
            listener = on_text if 0 in together else None
            answers, prefill_s, decode_s = self._answer(
                [requests[number] for number in together], sampling, sampler, listener
            )
            timing = Timing(
                preprocess_s / len(prompts),
                vision_s / len(prompts),
                prefill_s / len(together),
                decode_s / len(together),
            )
            for number, answer in zip(together, answers, strict=True):
                replies[number] = answer.reply(requests[number], timing)
        return [replies[number] for number in range(len(prompts))]

    def _prepare(self, prompts: Sequence[Sequence[Message]]) -> tuple[list[_Request], float, float]:
        """The prompts as tokens and image features; seconds of preprocessing and of vision."""
        began = time.perf_counter()
        images = [_images(prompt) for prompt in prompts]
        encoded = self._images.encode([image for of_prompt in images for image in of_prompt])
        features = iter(encoded.features)
        requests: list[_Request] = []
        for prompt, of_prompt in zip(prompts, images, strict=True):
            mine = list(islice(features, len(of_prompt)))
            requests.append(_Request(render(prompt, [part.shape[0] for part in mine], self.tokenizer), mine))
        limit = self.network.config.text.max_position_embeddings
        for number, request in enumerate(requests, start=1):
            if len(request.ids) > limit:
                raise GenerationError(
                    f"Prompt {number} of {len(requests)} has {len(request.ids)} tokens, {request.image_tokens} of them "
                    f"pictures; {self.name} takes at most {limit}. Send fewer or smaller pictures, or less text."
                )
        return requests, time.perf_counter() - began - encoded.vision_s, encoded.vision_s

    def _answer(
        self, requests: Sequence[_Request], sampling: Sampling, sampler: Sampler, on_text: Callable[[str], None] | None
    ) -> tuple[list[_Answer], float, float]:
        """Answers to prompts of equal length; seconds of prefill and of decoding."""
        network, config = self.network, self.network.config.text
        ids = torch.tensor([request.ids for request in requests], device=network.device)
        features = [of_image for request in requests for of_image in request.features]
        length = ids.shape[1]
        room = min(sampling.max_tokens, config.max_position_embeddings - length + 1)
        cache = LatentCache(config, len(requests), length + room, dtype=network.dtype, device=network.device)
        answers = [_Answer(self.tokenizer.stream()) for _ in requests]

        began = seconds(network.device)
        logits = network.next_token_logits(network.embed(ids, torch.cat(features) if features else None), cache)
        prefilled_at = seconds(network.device)
        for step in range(room):
            tokens, log_probabilities = sampler(logits)
            drawn = zip(tokens.tolist(), log_probabilities.tolist(), strict=True)
            for answer, (token, log_probability) in zip(answers, drawn, strict=True):
                answer.add(token, log_probability, token in self._ends)
            if on_text:
                answers[0].tell(on_text)
            if step == room - 1 or all(answer.finished for answer in answers):
                break
            logits = network.next_token_logits(network.decoder.embed_tokens(tokens.unsqueeze(1)), cache)
        for answer in answers:
            answer.close()
        if on_text:
            answers[0].tell(on_text)
        return answers, prefilled_at - began, time.perf_counter() - prefilled_at


@dataclass(frozen=True, slots=True)
class _Request:
    ids: list[int]
    features: list[Tensor]
    """(M, D) of each picture."""

    @property
    def image_tokens(self) -> int:
        return sum(of_image.shape[0] for of_image in self.features)


@dataclass(slots=True)
class _Answer:
    """An answer while it is written."""

    stream: TextStream
    pieces: list[str] = field(default_factory=list)
    tokens: int = 0
    log_probability: float = 0.0
    wording_log_probability: float = 0.0
    finished: bool = False
    told: int = 0
    """Pieces that the listener has heard."""

    def add(self, token: int, log_probability: float, is_end: bool) -> None:
        if self.finished:  # its row goes on until the whole batch is finished
            return
        self.tokens += 1
        self.log_probability += log_probability
        self.finished = is_end
        piece = "" if is_end else self.stream.push(token)
        self.pieces.append(piece)
        if not piece.isdigit():
            self.wording_log_probability += log_probability

    def close(self) -> None:
        self.pieces.append(self.stream.end())

    def tell(self, listener: Callable[[str], None]) -> None:
        new = "".join(self.pieces[self.told :])
        self.told = len(self.pieces)
        if new:
            listener(new)

    def reply(self, request: _Request, timing: Timing) -> Reply:
        return Reply(
            text="".join(self.pieces),
            finished=self.finished,
            log_probability=self.log_probability,
            wording_log_probability=self.wording_log_probability,
            prompt_tokens=len(request.ids),
            image_tokens=request.image_tokens,
            output_tokens=self.tokens,
            timing=timing,
        )


def _images(prompt: Sequence[Message]) -> list[Image]:
    return [part for message in prompt for part in message.parts if isinstance(part, Image)]


def _of_equal_length(requests: Sequence[_Request]) -> list[list[int]]:
    """Numbers of the requests that run together, those with the first request first."""
    groups: dict[int, list[int]] = {}
    for number, request in enumerate(requests):
        groups.setdefault(len(request.ids), []).append(number)
    return list(groups.values())
