"""A model behind an OpenAI-compatible server: vLLM, SGLang, llama.cpp, `transformers serve`.

Knows the chat-completions interface, streamed; knows no prompt format. Only connections that could not be made are
tried again: a request that may have reached the server is not repeated.
"""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from PIL.Image import Image

from model.answer import code_is_closed
from model.base import GREEDY, GenerationError, ModelUnavailable, Sampling
from model.messages import Message, Reply, Timing
from model.resizing import Resizing
from model.thinking import split_thought

CONNECT_TIMEOUT_S: Final = 10.0
SILENCE_TIMEOUT_S: Final = 300.0
"""How long a server may think between two pieces of an answer; the first comes behind the whole prefill."""
CONNECT_RETRIES: Final = 3


class EndpointModel:
    """A `Model` that asks a server.

    Args:
        url: of the interface's root, such as "http://localhost:8000/v1".
        model: its name at the server.
        api_key: if the server wants one. It is in no message and no record.
        view_px: width and height of the largest picture in which the model can point.

    Raises:
        ModelUnavailable: the address is none, or a library is missing.
    """

    def __init__(
        self, url: str, model: str, api_key: str | None = None, view_px: tuple[int, int] | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ModelUnavailable(f"{url!r} is no address of a server: give one such as http://localhost:8000/v1.")
        self.name = f"{model} at {parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
        self.family, self.view_px = "", view_px
        self.resizing: Resizing | None = None
        self._url, self._model = f"{url.rstrip('/')}/chat/completions", model
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling = GREEDY,
        on_text: Callable[[str], None] | None = None,
    ) -> list[Reply]:
        """Answer several conversations, one after the other; see `Model`.

        Raises:
            GenerationError: the server cannot be reached, refuses, breaks off or says something else than is expected.
        """
        return [
            self._answer(prompt, sampling, on_text if number == 0 else None) for number, prompt in enumerate(prompts)
        ]

    def _answer(self, prompt: Sequence[Message], sampling: Sampling, on_text: Callable[[str], None] | None) -> Reply:
        began = time.perf_counter()
        request = self._request(prompt, sampling)
        sent_at = time.perf_counter()
        first_at: float | None = None
        reasoning, written, reason = "", "", ""
        usage: dict[str, Any] = {}
        for event in self._events(request):
            usage = event.get("usage") or usage
            for choice in event.get("choices") or ():
                delta = choice.get("delta") or {}
                reason = choice.get("finish_reason") or reason
                thought, piece = delta.get("reasoning_content") or "", delta.get("content") or ""
                reasoning, written = reasoning + thought, written + piece
                if thought or piece:
                    first_at = first_at or time.perf_counter()
                    if on_text:
                        on_text(thought + piece)
            if sampling.stop_after_code and code_is_closed(split_thought(written)[1]):
                reason = "stop"
                break
        if not reason:
            raise GenerationError(f"{self.name} broke its answer off.")
        thought, text = split_thought(written)
        ended = time.perf_counter()
        first_at = first_at or ended
        return Reply(
            text=text,
            thought=reasoning or thought,
            finished=reason == "stop",
            prompt_tokens=int(usage.get("prompt_tokens") or 0),
            output_tokens=int(usage.get("completion_tokens") or 0),
            timing=Timing(sent_at - began, 0.0, first_at - sent_at, ended - first_at),
        )

    def _request(self, prompt: Sequence[Message], sampling: Sampling) -> dict[str, object]:
        if (sampling.grammar, sampling.copied_from) != (None, None):
            raise GenerationError(
                f"{self.name} cannot be held to a grammar or a text from here: load the model in this process."
            )
        request: dict[str, object] = {
            "model": self._model,
            "messages": [{"role": str(message.role), "content": _content(message)} for message in prompt],
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        return request if sampling.seed is None else request | {"seed": sampling.seed}

    def _events(self, request: dict[str, object]) -> Iterator[dict[str, Any]]:
        """The events of a streamed answer."""
        import httpx2

        timeout = httpx2.Timeout(SILENCE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        # The transport tries again only what did not become a connection.
        transport = httpx2.HTTPTransport(retries=CONNECT_RETRIES)
        try:
            with (
                httpx2.Client(transport=transport, timeout=timeout, headers=self._headers) as client,
                client.stream("POST", self._url, json=request) as response,
            ):
                if response.status_code != 200:
                    detail = " ".join(response.read().decode(errors="replace").split())[:300]
                    raise GenerationError(f"{self.name} refuses with status {response.status_code}: {detail}")
                for line in response.iter_lines():
                    data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
                    if data == "[DONE]":
                        return
                    if data:
                        yield self._event(data)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise GenerationError(f"{self.name} cannot be reached: is the server running?") from error
        except httpx2.TimeoutException as error:
            raise GenerationError(f"{self.name} was silent for {SILENCE_TIMEOUT_S:g} s.") from error
        except httpx2.HTTPError as error:
            raise GenerationError(f"{self.name} broke its answer off ({type(error).__name__}).") from error

    def _event(self, data: str) -> dict[str, Any]:
        try:
            event = json.loads(data)
        except ValueError as error:
            raise GenerationError(f"{self.name} says something that is not JSON.") from error
        if not isinstance(event, dict) or "error" in event:
            raise GenerationError(f"{self.name} cannot answer: {str(event)[:300]}")
        return event


def _content(message: Message) -> list[dict[str, object]]:
    """A message's parts as the interface takes them, pictures as PNG."""
    return [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_png(part)}"}}
        for part in message.parts
    ]


def _png(picture: Image) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return base64.b64encode(file.getvalue()).decode("ascii")
