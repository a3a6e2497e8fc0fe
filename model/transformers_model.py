"""Any image-text-to-text model that transformers loads with its own code, as a `Model`.

Knows transformers' auto classes; knows no model family. Code from a checkpoint is never run. A special token that a
text spells out, on a screen or in a task, is text to the model: it cannot close a turn or stand for a picture.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image

from model.answer import code_is_closed
from model.base import GREEDY, GenerationError, ModelUnavailable, Sampling
from model.memory import peak_memory
from model.messages import Message, Reply, Timing
from model.resizing import Resizing
from model.thinking import split_thought

if TYPE_CHECKING:
    from transformers import PreTrainedModel, ProcessorMixin


class TransformersModel:
    """A `Model` that transformers runs. Prompts are answered one after the other."""

    def __init__(
        self, network: PreTrainedModel, processor: ProcessorMixin, name: str, view_px: tuple[int, int] | None = None
    ) -> None:
        self.name, self.view_px = name, view_px
        self._network: Any = network
        self.family = str(getattr(self._network.config, "model_type", ""))
        self._processor: Any = processor
        self.resizing = resizing_of(self._processor)

    @staticmethod
    def from_pretrained(
        name: str | Path,
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
        view_px: tuple[int, int] | None = None,
    ) -> TransformersModel:
        """Load a model and its processor from a folder or the Hugging Face hub.

        Args:
            name: the folder, or the id on the hub.
            dtype: of the weights.
            device: where it runs.
            view_px: width and height of the largest picture in which the model can point.

        Raises:
            ModelUnavailable: it is not there, transformers has no such model of its own, or is not installed.
        """
        try:
            from transformers import AutoModelForImageTextToText, AutoProcessor
        except ImportError as error:
            raise ModelUnavailable(
                "Models of transformers need it installed: pip install 'deixis[transformers]'."
            ) from error
        try:
            processor = AutoProcessor.from_pretrained(name, trust_remote_code=False)
            network: Any = AutoModelForImageTextToText.from_pretrained(name, dtype=dtype, trust_remote_code=False)
        except (OSError, ValueError, KeyError, ImportError) as error:
            reason = " ".join(str(error).split())[:300]
            raise ModelUnavailable(f"transformers cannot load {name}: {reason}") from error
        return TransformersModel(network.to(device).eval(), processor, str(name), view_px)

    @torch.inference_mode()
    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling = GREEDY,
        on_text: Callable[[str], None] | None = None,
    ) -> list[Reply]:
        """Answer several conversations; see `Model`.

        Raises:
            GenerationError: the model's processor cannot make a prompt of the conversation.
        """
        if (sampling.grammar, sampling.copied_from, sampling.max_thinking_tokens) != (None, None, None):
            raise GenerationError(
                f"{self.name}: transformers holds no model to a grammar, a text or a budget for reasoning."
            )
        if sampling.seed is not None:
            torch.manual_seed(sampling.seed)
        return [
            self._answer(prompt, sampling, on_text if number == 0 else None) for number, prompt in enumerate(prompts)
        ]

    def _answer(self, prompt: Sequence[Message], sampling: Sampling, on_text: Callable[[str], None] | None) -> Reply:
        network, began = self._network, time.perf_counter()
        inputs = self._inputs(prompt)
        length = inputs["input_ids"].shape[1]
        watch = _Watch(self._processor, length, sampling.stop_after_code, on_text)
        drawn = {"do_sample": False}
        if sampling.temperature > 0:
            drawn = {"do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
        prepared_at = time.perf_counter()
        out = network.generate(
            **inputs, max_new_tokens=sampling.max_tokens, stopping_criteria=[watch], use_cache=True, **drawn
        )
        ended = time.perf_counter()
        ids = out[0, length:].tolist()
        thought, text = split_thought(self._processor.decode(ids, skip_special_tokens=True))
        ends = network.generation_config.eos_token_id
        ends = ends if isinstance(ends, list) else [ends]
        first_at = watch.first_at or ended
        return Reply(
            text=text,
            thought=thought,
            finished=watch.code_closed or bool(ids and ids[-1] in ends),
            prompt_tokens=length,
            output_tokens=len(ids),
            timing=Timing(prepared_at - began, 0.0, first_at - prepared_at, ended - first_at),
            peak_memory_bytes=peak_memory(network.device),
        )

    def _inputs(self, prompt: Sequence[Message]) -> Any:
        """What the network takes; pictures and texts in the order of the conversation."""
        chat = [
            {"role": str(message.role), "content": [_content(part) for part in message.parts]} for message in prompt
        ]
        try:
            inputs = self._processor.apply_chat_template(
                chat,
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                sanitize_control_tokens=True,
            )
        except Exception as error:  # a template is a program of the checkpoint's: it may raise anything
            raise GenerationError(f"{self.name} cannot make a prompt of this conversation: {error}") from error
        return inputs.to(self._network.device, dtype=self._network.dtype)


def resizing_of(processor: Any) -> Resizing | None:
    """How a processor resizes pictures, by its checkpoint's own files; None if it is not of the Qwen-VL family."""
    from transformers import Qwen2VLImageProcessor, Qwen2VLImageProcessorPil

    images: Any = getattr(processor, "image_processor", None)
    if not isinstance(images, Qwen2VLImageProcessor | Qwen2VLImageProcessorPil) or not images.do_resize:
        return None
    return Resizing(images.patch_size * images.merge_size, images.size["shortest_edge"], images.size["longest_edge"])


class _Watch:
    """Looks on while transformers generates: tells what is written, and stops when the code closes."""

    def __init__(
        self, processor: Any, prompt_tokens: int, stop_after_code: bool, on_text: Callable[[str], None] | None
    ) -> None:
        self._processor, self._begin, self._on_text = processor, prompt_tokens, on_text
        self._stop_after_code, self._told = stop_after_code, ""
        self.first_at: float | None = None
        self.code_closed = False

    def __call__(self, input_ids: torch.Tensor, scores: object, **_: object) -> torch.Tensor:
        self.first_at = self.first_at or time.perf_counter()
        if self._on_text or self._stop_after_code:
            written = self._processor.decode(input_ids[0, self._begin :], skip_special_tokens=True)
            whole = written.rstrip("\N{REPLACEMENT CHARACTER}")  # half a character at the end comes with a later token
            if self._on_text and len(whole) > len(self._told):
                self._on_text(whole[len(self._told) :])
                self._told = whole
            self.code_closed = self._stop_after_code and code_is_closed(split_thought(written)[1])
        return torch.full((input_ids.shape[0],), self.code_closed, device=input_ids.device)


def _content(part: str | Image) -> dict[str, object]:
    return {"type": "text", "text": part} if isinstance(part, str) else {"type": "image", "image": part}
