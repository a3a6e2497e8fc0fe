"""The in-process model: conversations in, answers out, with a loaded Kimi-VL.

Knows how prompts are batched, prefilled and decoded; the network, its cache, the tokenizer and the template are modules
of their own. Prompts of equal length run as one batch, which is how the tiles of a screen are looked at; others run one
after the other. What a prompt has in common with the one before, from its beginning, is not computed again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import torch
from PIL.Image import Image
from torch import Tensor

from model.answer import AnswerWriter
from model.base import GREEDY, GenerationError, Sampling
from model.chat_template import END_TOKENS, render
from model.clock import seconds
from model.copying import CopyConstraint, Source, Vocabulary
from model.decoder import LatentCache
from model.grammar import GrammarCompiler, GrammarConstraint
from model.image_features import ImageEncoder
from model.image_processor import ImageProcessor
from model.kimi_vl import KimiVL
from model.memory import peak_memory
from model.messages import Message, ReadingReply, Reply, Timing
from model.reading_head import ReadingHead
from model.sampling import Sampler
from model.tokenizer import KimiTokenizer
from model.writing import Writing

ARCHITECTURE: Final = "kimi_vl"
"""As the configuration of the published checkpoints names it."""


class Engine:
    """A `Model` that answers with a network in this process. Not for several threads at once."""

    def __init__(
        self,
        network: KimiVL,
        tokenizer: KimiTokenizer,
        image_processor: ImageProcessor,
        name: str,
        longest_answer: int | None = None,
        reading_head: ReadingHead | None = None,
    ) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.image_processor = image_processor
        self.name = name
        self.family = ARCHITECTURE
        self.longest_answer = longest_answer
        """In tokens; None where only the caller limits it."""
        self._images = ImageEncoder(network, image_processor, reading_head)
        self._ends = frozenset(tokenizer.special(end) for end in END_TOKENS)
        self._grammars: GrammarCompiler | None = None
        self._vocabulary: Vocabulary | None = None
        self._cache: LatentCache | None = None
        self._cached: list[int | bytes] = []
        """What the rows of the cache stand for: tokens, and for those of a picture its key."""

    @property
    def view_px(self) -> tuple[int, int] | None:
        return self.image_processor.view_px

    @property
    def resizing(self) -> None:
        """Kimi-VL writes fractions of a picture."""

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
            on_text: called with each new piece of text of the first answer while it is written. What it raises ends the
                generation within one token; the engine can be used further.

        Returns:
            The answers in the order of the prompts. The end of an answer counts as one of its tokens. The time that
            prompts took together is shared evenly among them, so that timings add up to the time that passed.

        Raises:
            GenerationError: a prompt is longer than the model's context or does not end with the user's turn, or a
                picture cannot be looked at, or the grammar is none.
            ModelUnavailable: there is a grammar, and the library for it is missing.
        """
        requests, preprocess_s, vision_s = self._prepare(prompts)
        sampler = Sampler(sampling, self.network.device)
        replies: dict[int, Reply] = {}
        for together in _of_equal_length(requests):
            listener = on_text if 0 in together else None
            batch = [requests[number] for number in together]
            writers, reused, prefill_s, decode_s = self._answer(batch, sampling, sampler, listener)
            timing = Timing(
                preprocess_s / len(prompts),
                vision_s / len(prompts),
                prefill_s / len(together),
                decode_s / len(together),
            )
            peak = peak_memory(self.network.device)
            for number, writer in zip(together, writers, strict=True):
                replies[number] = ReadingReply(
                    text=writer.text,
                    thought=writer.thought,
                    finished=writer.finished,
                    log_probability=writer.log_probability,
                    wording_log_probability=writer.wording_log_probability,
                    prompt_tokens=len(requests[number].ids),
                    image_tokens=requests[number].image_tokens,
                    reused_tokens=reused,
                    output_tokens=writer.tokens,
                    timing=timing,
                    peak_memory_bytes=peak,
                    writings=requests[number].writings,
                )
        return [replies[number] for number in range(len(prompts))]

    def _prepare(self, prompts: Sequence[Sequence[Message]]) -> tuple[list[_Request], float, float]:
        """The prompts as tokens and image features; seconds of preprocessing and of vision."""
        began = time.perf_counter()
        images = [_images(prompt) for prompt in prompts]
        encoded = self._images.encode([image for of_prompt in images for image in of_prompt])
        pictures = iter(zip(encoded.features, encoded.keys, encoded.writings, strict=True))
        requests: list[_Request] = []
        for prompt, of_prompt in zip(prompts, images, strict=True):
            mine = list(islice(pictures, len(of_prompt)))
            ids = render(prompt, [features.shape[0] for features, _, _ in mine], self.tokenizer)
            keys = iter([key for features, key, _ in mine for _ in range(features.shape[0])])
            image_token = self.network.config.image_token_id
            identity = [next(keys) if token == image_token else token for token in ids]
            writings = tuple(writing for _, _, writing in mine if writing is not None)
            requests.append(_Request(ids, identity, [features for features, _, _ in mine], writings))
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
    ) -> tuple[list[AnswerWriter], int, float, float]:
        """Answers to prompts of equal length, the tokens not computed again, seconds of prefill and of decoding."""
        network, alone = self.network, len(requests) == 1
        began = seconds(network.device)
        length = len(requests[0].ids)
        most = min(sampling.max_tokens, self.longest_answer or sampling.max_tokens)
        room = min(most, network.config.text.max_position_embeddings - length + 1)
        cache = self._continued(requests[0], length + room) if alone else self._new_cache(len(requests), length + room)
        reused = cache.length
        logits = network.next_token_logits(self._embedded(requests, reused), cache)
        if alone:
            self._cached = list(requests[0].identity)
        prefilled_at = seconds(network.device)
        writers = [AnswerWriter(self.tokenizer, sampling, self._ends) for _ in requests]
        constraints = [self._constraints(sampling) for _ in requests]
        for step in range(room):
            for of_answer, of_one in zip(constraints, logits, strict=True):
                for constraint in of_answer:
                    constraint.mask(of_one)
            tokens, log_probabilities = sampler(logits)
            drawn = zip(writers, tokens.tolist(), log_probabilities.tolist(), strict=True)
            written = [writer.add(token, log_probability) for writer, token, log_probability in drawn]
            for of_answer, token in zip(constraints, written, strict=True):
                for constraint in of_answer:
                    constraint.accept(token)
            if on_text:
                writers[0].tell(on_text)
            if step == room - 1 or all(writer.finished for writer in writers):
                break
            behind = torch.tensor(written, device=network.device).unsqueeze(1)
            logits = network.next_token_logits(network.decoder.embed_tokens(behind), cache)
            if alone:
                self._cached += written
        for writer in writers:
            writer.close()
        if on_text:
            writers[0].tell(on_text)
        return writers, reused, prefilled_at - began, time.perf_counter() - prefilled_at

    def _constraints(self, sampling: Sampling) -> list[GrammarConstraint | CopyConstraint]:
        """What holds one answer."""
        constraints: list[GrammarConstraint | CopyConstraint] = []
        if sampling.grammar is not None:
            if self._grammars is None:
                self._grammars = GrammarCompiler(self.tokenizer, self._ends)
            constraints.append(self._grammars.constraint(sampling.grammar))
        if sampling.copied_from is not None:
            self._vocabulary = self._vocabulary or Vocabulary(self.tokenizer.token_bytes())
            constraints.append(CopyConstraint(self._vocabulary, Source.of(sampling.copied_from)))
        return constraints

    def _continued(self, request: _Request, capacity: int) -> LatentCache:
        """The cache of the conversation before, cut to what the request has in common with it."""
        cache, common = self._cache, 0
        for known, wanted in zip(self._cached, request.identity[:-1], strict=False):  # the last gives the logits
            if known != wanted:
                break
            common += 1
        if cache is None:
            cache = self._cache = self._new_cache(1, capacity)
        # Before anything is computed: whatever interrupts, the rows are those of the tokens that are listed.
        self._cached = request.identity[:common]
        cache.keep(common, capacity)
        return cache

    def _new_cache(self, batch: int, capacity: int) -> LatentCache:
        network = self.network
        return LatentCache(network.config.text, batch, capacity, dtype=network.dtype, device=network.device)

    def _embedded(self, requests: Sequence[_Request], begin: int) -> Tensor:
        """Embeddings (B, T, D) of the prompts' tokens from the one at `begin`."""
        network = self.network
        ids = torch.tensor([request.ids[begin:] for request in requests], device=network.device)
        known = sum(isinstance(each, bytes) for each in requests[0].identity[:begin])
        features = [of_image for request in requests for of_image in request.features]
        return network.embed(ids, torch.cat(features)[known:] if features else None)


@dataclass(frozen=True, slots=True)
class _Request:
    ids: list[int]
    identity: list[int | bytes]
    """The same, with the key of its picture for each image token: what is computed follows from it."""
    features: list[Tensor]
    """(M, D) of each picture."""
    writings: tuple[Writing, ...]

    @property
    def image_tokens(self) -> int:
        return sum(of_image.shape[0] for of_image in self.features)


def _images(prompt: Sequence[Message]) -> list[Image]:
    return [part for message in prompt for part in message.parts if isinstance(part, Image)]


def _of_equal_length(requests: Sequence[_Request]) -> list[list[int]]:
    """Numbers of the requests that run together, those with the first request first."""
    groups: dict[int, list[int]] = {}
    for number, request in enumerate(requests):
        groups.setdefault(len(request.ids), []).append(number)
    return list(groups.values())
