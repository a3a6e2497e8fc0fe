from __future__ import annotations

import functools
import json
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import huggingface_hub.constants
import pytest
import torch

import model.loading
from model.base import CheckpointError, ModelUnavailable, Sampling
from model.engine import Engine
from model.loading import load_model
from model.messages import Message

COMMIT = "0123456789" * 4
PROMPTS = [[Message.user("Hello")]]


@pytest.fixture
def embedded(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.loading, "EMBEDDED_FOLDER", checkpoint)


def test_a_folder_is_loaded_and_answers(checkpoint: Path) -> None:
    loaded = load_model(checkpoint)
    assert loaded.name == str(checkpoint)
    assert loaded.generate(PROMPTS, Sampling(max_tokens=3))[0].output_tokens == 3


def test_a_checkpoint_can_say_how_long_its_answers_are(checkpoint: Path, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    shutil.copytree(checkpoint, folder)
    (folder / "generation_config.json").write_text('{"max_new_tokens": 2}')
    (reply,) = load_model(folder).generate(PROMPTS, Sampling(max_tokens=3))
    assert reply.output_tokens == 2
    assert not reply.finished
    (folder / "generation_config.json").write_text('{"max_new_tokens": 0}')
    with pytest.raises(CheckpointError, match=r"generation_config\.json cannot be used"):
        load_model(folder)


@pytest.mark.usefixtures("embedded")
def test_the_embedded_model_has_a_name() -> None:
    assert load_model("nano").name == "nano"


def test_weights_are_of_the_type_asked_for(checkpoint: Path) -> None:
    loaded = load_model(checkpoint, precision="bf16", device="cpu")
    assert isinstance(loaded, Engine)
    assert loaded.network.dtype == torch.bfloat16
    assert loaded.generate(PROMPTS, Sampling(max_tokens=3))[0].output_tokens == 3


@pytest.mark.parametrize("name", ["gpt-99", "", "./no/such/folder", "/no/such/folder", "a/b/c", "~/x"])
def test_anything_else_is_refused_with_what_can_be_given(name: str) -> None:
    with pytest.raises(ModelUnavailable, match=re.escape(repr(name)) + r".*nano.*folder.*Hugging Face hub"):
        load_model(name)


def test_an_installation_without_the_embedded_model_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.loading, "EMBEDDED_FOLDER", tmp_path)
    with pytest.raises(ModelUnavailable, match="not part of this installation"):
        load_model("nano")


def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"config\.json"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("file", "section", "key", "value", "complaint"),
    [
        ("config.json", "", "media_placeholder_token_id", 324, "the image token is 324 in config.json, but 325 beside"),
        ("preprocessor_config.json", "", "patch_size", 7, "the patch size is 14 in config.json, but 7 beside it"),
        ("preprocessor_config.json", "", "merge_kernel_size", [1, 1], "the merged patches"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(
    copied: Path, file: str, section: str, key: str, value: object, complaint: str
) -> None:
    content = json.loads((copied / file).read_text())
    content[key] = value
    (copied / file).write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=complaint):
        load_model(copied)


def test_a_vocabulary_of_another_size_is_refused(copied: Path) -> None:
    lines = (copied / "tiktoken.model").read_text().splitlines()
    (copied / "tiktoken.model").write_text("\n".join(lines[:-1]))
    names = json.loads((copied / "tokenizer_config.json").read_text())
    shifted = {str(int(token) - 1): entry for token, entry in names["added_tokens_decoder"].items()}
    (copied / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": shifted}))
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**config, "media_placeholder_token_id": 324}))
    with pytest.raises(CheckpointError, match=r"the size of the vocabulary is 560 in config\.json, but 559 beside it"):
        load_model(copied)


class Hub(SimpleHTTPRequestHandler):
    """What the hub's clients ask of it, for one repository: org/tiny, the folder served."""

    asked: list[str]
    resumed: list[str]
    cut: ClassVar[set[str]] = set()
    """Files whose first transfer breaks in the middle."""

    def do_GET(self) -> None:
        if self.path.startswith("/api/models/org/tiny"):
            tree = [
                {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": "0" * 40}
                for file in Path(self.directory).iterdir()
            ]
            body = json.dumps(tree if "/tree/" in self.path else {"id": "org/tiny", "sha": COMMIT}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            self.do_file(super().do_GET)

    def do_HEAD(self) -> None:
        self.do_file(super().do_HEAD)

    def do_file(self, answer) -> None:
        found = re.fullmatch(r"/org/tiny/resolve/(\w+)/([\w.-]+)", self.path)
        if not found or found[1] not in ("main", COMMIT):
            self.send_response(404)
            self.send_header("X-Error-Code", "RevisionNotFound" if found else "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.asked.append(found[2])
        self.path = "/" + found[2]
        if self.command == "GET" and (found[2] in self.cut or self.headers["Range"]):
            self.send_part(found[2])
        else:
            answer()

    def send_part(self, name: str) -> None:
        """The first half of a file that is to break, then what a client asks for that goes on from there."""
        content = (Path(self.directory) / name).read_bytes()
        if name in self.cut:
            self.cut.discard(name)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
            return
        begin = int(re.fullmatch(r"bytes=(\d+)-", self.headers["Range"])[1])
        self.resumed.append(f"{name} from {begin}")
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        self.wfile.write(content[begin:])

    def end_headers(self) -> None:
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{abs(hash(self.path))}"')
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def hub(copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on this machine, and an empty cache."""
    (copied / "modeling_kimi_vl.py").write_text("raise SystemExit('remote code was run')")
    handler = type("ThisHub", (Hub,), {"asked": [], "resumed": [], "cut": set()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(copied)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", endpoint)
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    yield handler
    server.shutdown()
    server.server_close()


def test_a_checkpoint_of_the_hub_is_fetched_without_code(hub: Hub) -> None:
    assert load_model("org/tiny").name == f"org/tiny@{COMMIT}"
    assert "config.json" in hub.asked
    assert "modeling_kimi_vl.py" not in hub.asked


def test_the_recorded_name_loads_the_same_files_again(hub: Hub) -> None:
    recorded = load_model("org/tiny").name
    hub.asked.clear()
    assert load_model(recorded).name == recorded
    assert not [name for name in hub.asked if name.endswith(".safetensors")]


@pytest.mark.usefixtures("hub")
def test_an_unknown_revision_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match=r"org/tiny has no revision 'v9'"):
        load_model("org/tiny@v9")


def test_a_broken_download_goes_on_where_it_broke_and_is_shown(
    hub: Hub, copied: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", chunk := 100_000)
    shard = "model-00001-of-00002.safetensors"
    hub.cut.add(shard)
    load_model("org/tiny")
    half = (copied / shard).stat().st_size // 2
    assert hub.resumed == [f"{shard} from {half // chunk * chunk}"]
    assert "100%" in capfd.readouterr().err


def test_weights_of_another_model_are_not_fetched(hub: Hub, copied: Path) -> None:
    (copied / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(CheckpointError, match="model_type"):
        load_model("org/tiny")
    assert set(hub.asked) == {"config.json"}


@pytest.mark.usefixtures("hub")
def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match=r"no public model 'org/huge'.*Give .*nano"):
        load_model("org/huge")


def test_an_id_without_a_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelUnavailable, match=r"neither a folder nor downloaded yet.*cannot be reached"):
        load_model("org/tiny")
