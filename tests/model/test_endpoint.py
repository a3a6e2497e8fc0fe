"""The endpoint model against a real HTTP server on this machine that speaks as OpenAI-compatible servers do."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from PIL import Image

import model.endpoint
from model.base import GenerationError, Model, ModelUnavailable, Sampling
from model.endpoint import EndpointModel
from model.loading import load_model
from model.messages import Message

ANSWER = "## Action:\nClick.\n\n## Code:\n```python\npyautogui.click(x=0.5, y=0.5)\n```"
KEY = "very-secret"


class Server(BaseHTTPRequestHandler):
    """Streams `pieces`, or does as `fault` says."""

    pieces: list[dict[str, str]]
    reason: str | None
    fault: str
    asked: list[dict[str, Any]]
    authorizations: list[str | None]

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.authorizations.append(self.headers["Authorization"])
        if self.fault == "status" or self.path != "/v1/chat/completions":
            self.send_error(429, "too many requests")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        if self.fault == "silence":
            threading.Event().wait(2)
            return
        for piece in self.pieces:
            self.say({"choices": [{"delta": piece, "finish_reason": None}]})
        if self.fault == "not json":
            self.wfile.write(b"data: <html>\n\n")
        elif self.fault == "error":
            self.say({"error": {"message": "out of memory"}})
        elif self.fault != "break":
            self.say({"choices": [{"delta": {}, "finish_reason": self.reason}]})
            self.say({"choices": [], "usage": {"prompt_tokens": 70, "completion_tokens": 9}})
            self.wfile.write(b"data: [DONE]\n\n")

    def say(self, event: dict[str, Any]) -> None:
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[type[Server]]:
    values = {"pieces": [{"content": "Hel"}, {"content": "lo ✓"}], "reason": "stop", "fault": ""}
    handler = type("ThisServer", (Server,), values | {"asked": [], "authorizations": []})
    listening = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.url = f"http://127.0.0.1:{listening.server_port}/v1"
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield handler
    listening.shutdown()
    listening.server_close()


def asked(server: type[Server], sampling: Sampling | None = None, **options: Any):
    [reply] = EndpointModel(server.url, "some/model", KEY, **options).generate(
        [[Message.user("What?")]], sampling or Sampling()
    )
    return reply


def test_it_is_a_model_whose_name_tells_no_secret(server: type[Server]) -> None:
    endpoint = EndpointModel(server.url.replace("//", "//user:password@"), "some/model", KEY)
    assert isinstance(endpoint, Model)
    assert endpoint.name.startswith("some/model at http://127.0.0.1")
    assert "password" not in endpoint.name
    assert KEY not in repr(vars(endpoint)["name"])


def test_the_answer_is_put_together_and_told_while_it_comes(server: type[Server]) -> None:
    pieces: list[str] = []
    [reply] = EndpointModel(server.url, "some/model").generate([[Message.user("What?")]], on_text=pieces.append)
    assert (reply.text, reply.finished, reply.prompt_tokens, reply.output_tokens) == ("Hello ✓", True, 70, 9)
    assert pieces == ["Hel", "lo ✓"]
    assert min(reply.timing.prefill_s, reply.timing.decode_s) > 0
    assert server.authorizations == [None]


def test_the_conversation_and_the_sampling_are_sent(server: type[Server]) -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (9, 7, 3), np.uint8))
    prompt = [
        Message.system("Be brief."),
        Message.user(picture, "What?"),
        Message.assistant("This."),
        Message.user("?"),
    ]
    EndpointModel(server.url, "some/model", KEY).generate([prompt], Sampling(5, 0.7, 0.9, seed=3))
    [request] = server.asked
    assert {name: request[name] for name in ("model", "max_tokens", "temperature", "top_p", "seed")} == {
        "model": "some/model", "max_tokens": 5, "temperature": 0.7, "top_p": 0.9, "seed": 3,
    }  # fmt: skip
    assert [message["role"] for message in request["messages"]] == ["system", "user", "assistant", "user"]
    image, text = request["messages"][1]["content"]
    assert text == {"type": "text", "text": "What?"}
    sent = Image.open(io.BytesIO(base64.b64decode(image["image_url"]["url"].removeprefix("data:image/png;base64,"))))
    assert np.array_equal(np.asarray(sent), np.asarray(picture))
    assert server.authorizations == [f"Bearer {KEY}"]


def test_an_answer_that_was_cut_off_is_not_finished(server: type[Server]) -> None:
    server.reason = "length"
    assert not asked(server).finished


@pytest.mark.parametrize(
    "pieces",
    [
        [{"reasoning_content": "Hm."}, {"content": "Yes"}],
        [{"content": "◁think▷Hm."}, {"content": "◁/think▷Yes"}],
    ],
)
def test_reasoning_is_kept_apart(server: type[Server], pieces: list[dict[str, str]]) -> None:
    server.pieces = pieces
    reply = asked(server)
    assert (reply.thought, reply.text) == ("Hm.", "Yes")


def test_it_stops_when_the_code_closes(server: type[Server]) -> None:
    server.pieces = [{"content": ANSWER}, {"content": "\nAnd then"}]
    assert asked(server, Sampling(stop_after_code=True)).text == ANSWER
    assert asked(server).text == ANSWER + "\nAnd then"


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("status", "refuses with status 429"),
        ("break", "broke its answer off"),
        ("not json", "not JSON"),
        ("error", "cannot answer: .*out of memory"),
        ("silence", "was silent for 0.2 s"),
    ],
)
def test_what_goes_wrong_is_said_and_not_tried_again(
    server: type[Server], fault: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model.endpoint, "SILENCE_TIMEOUT_S", 0.2)
    server.fault = fault
    with pytest.raises(GenerationError, match=complaint) as raised:
        asked(server)
    assert KEY not in str(raised.value)
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_named() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as gone:
        port = gone.server_port
    with pytest.raises(GenerationError, match=rf"127\.0\.0\.1:{port}.*cannot be reached"):
        EndpointModel(f"http://127.0.0.1:{port}/v1", "m").generate([[Message.user("?")]])


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://x/v1", "http://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ModelUnavailable, match="no address of a server"):
        EndpointModel(url, "m")


def test_a_grammar_is_refused_rather_than_forgotten(server: type[Server]) -> None:
    with pytest.raises(GenerationError, match="cannot be held to a grammar"):
        asked(server, Sampling(grammar="root ::= [a]"))
    assert not server.asked


def test_an_address_is_a_models_name(server: type[Server], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEIXIS_API_KEY", KEY)
    [reply] = load_model(f"{server.url}#some/model").generate([[Message.user("?")]])
    assert reply.text == "Hello ✓"
    assert server.asked[0]["model"] == "some/model"
    assert server.authorizations == [f"Bearer {KEY}"]
    with pytest.raises(ModelUnavailable, match="put # and the name"):
        load_model(server.url)


def test_its_family_may_be_named_before_the_address(server: type[Server]) -> None:
    assert load_model(f"{server.url}#some/model").family == ""
    named = load_model(f"qwen3-vl={server.url}#some/model")
    assert named.family == "qwen3-vl"
    assert named.name.startswith("some/model at http://")
