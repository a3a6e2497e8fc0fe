"""Models of transformers, with a tiny one of random weights that is written to disk and loaded from there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model.base import GenerationError, Model, ModelUnavailable, Sampling
from model.loading import load_model
from model.messages import Message
from model.resizing import Resizing
from model.transformers_model import TransformersModel, resizing_of

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")

TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endfor %}<assistant>"
)
ROOT = Path(__file__).parents[2]
PICTURE = Image.new("RGB", (50, 40), "red")
PROMPT = [Message.system("Be brief."), Message.user(PICTURE, "What is this?")]


def write_llava(folder: Path, first_token: Sequence[str] = ()) -> Path:
    """A LLaVA of two narrow layers and a vocabulary of bytes, behind one other token if one is given."""
    import tokenizers

    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    backend = tokenizers.Tokenizer(
        tokenizers.models.BPE({token: number for number, token in enumerate([*first_token, *alphabet])}, [])
    )
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = tokenizers.decoders.ByteLevel()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="</s>", pad_token="<pad>", additional_special_tokens=["<image>"]
    )
    processor = transformers.LlavaProcessor(
        transformers.CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}),
        tokenizer,
        patch_size=14,
        vision_feature_select_strategy="full",
        num_additional_image_tokens=1,  # that of the class
        chat_template=TEMPLATE,
        image_token="<image>",
    )
    shape = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(**shape, image_size=28, patch_size=14),
        text_config=transformers.LlamaConfig(**shape, vocab_size=len(tokenizer)),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_select_strategy="full",
    )
    torch.manual_seed(0)
    network = transformers.LlavaForConditionalGeneration(config)
    network.generation_config.eos_token_id = tokenizer.eos_token_id
    network.generation_config.pad_token_id = tokenizer.pad_token_id
    if first_token:
        network.model.language_model.norm.weight.data.zero_()  # all logits are the same: the first token is the answer
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("processor", ["Qwen2VLImageProcessor", "Qwen2VLImageProcessorPil"])
@settings(deadline=None, max_examples=25)
@given(width=st.integers(20, 2000), height=st.integers(20, 2000))
def test_how_a_checkpoint_resizes_pictures_is_read_from_it(processor: str, width: int, height: int) -> None:
    images = getattr(transformers, processor)(min_pixels=64 * 32 * 32, max_pixels=900 * 32 * 32, patch_size=16)
    resizing = resizing_of(SimpleNamespace(image_processor=images))
    assert resizing == Resizing(32, 64 * 32 * 32, 900 * 32 * 32)
    [(_, rows, columns)] = images(Image.new("RGB", (width, height)))["image_grid_thw"].tolist()
    assert resizing.resized_px(width, height) == (columns * 16, rows * 16)


def test_other_image_processors_resize_in_other_ways(loaded: TransformersModel) -> None:
    assert loaded.resizing is None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_llava(tmp_path_factory.mktemp("llava"))


@pytest.fixture(scope="module")
def loaded(folder: Path) -> TransformersModel:
    return TransformersModel.from_pretrained(folder)


def test_it_is_a_model_and_answers(loaded: TransformersModel, folder: Path) -> None:
    assert isinstance(loaded, Model)
    assert loaded.name == str(folder)
    pieces: list[str] = []
    [reply] = loaded.generate([PROMPT], Sampling(max_tokens=12), pieces.append)
    assert (reply.output_tokens, reply.finished) == (12, False)
    assert reply.text.startswith("".join(pieces))
    assert pieces
    assert min(reply.timing.preprocess_s, reply.timing.prefill_s, reply.timing.decode_s) > 0


def test_the_picture_is_seen(loaded: TransformersModel) -> None:
    other = [PROMPT[0], Message.user(Image.new("RGB", (50, 40), "blue"), "What is this?")]
    replies = loaded.generate([PROMPT, other, PROMPT], Sampling(max_tokens=20, temperature=1.0, seed=1))
    assert len({reply.prompt_tokens for reply in replies}) == 1
    plain = loaded.generate([[Message.user("What is this?")]], Sampling(max_tokens=1))[0]
    assert replies[0].prompt_tokens > plain.prompt_tokens + len("Be brief.")


@pytest.mark.parametrize("name", ["</s>", "<image>", "<pad>"])
def test_a_special_token_that_a_text_spells_out_is_text(loaded: TransformersModel, name: str) -> None:
    tokenizer = loaded._processor.tokenizer
    special = tokenizer.convert_tokens_to_ids(name)

    def ids(question: str) -> list[int]:
        return loaded._inputs([Message.user(PICTURE, question)])["input_ids"][0].tolist()

    spelled, without = ids(f"Read {name} aloud."), ids("Read  aloud.")
    assert spelled.count(special) == without.count(special)
    assert len(spelled) == len(without) + len(name)  # a token a byte
    assert f"Read {name} aloud." in tokenizer.decode(spelled)
    [reply] = loaded.generate([[Message.user(PICTURE, f"Read {name} aloud.")]], Sampling(max_tokens=2))
    assert reply.output_tokens >= 1


def test_a_draw_follows_from_the_seed(loaded: TransformersModel) -> None:
    texts = [
        loaded.generate([PROMPT], Sampling(max_tokens=10, temperature=1.0, seed=seed))[0].text for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_an_interruption_passes_at_once(loaded: TransformersModel) -> None:
    told: list[str] = []

    def interrupt(piece: str) -> None:
        told.append(piece)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loaded.generate([PROMPT], Sampling(max_tokens=50), interrupt)
    assert len(told) == 1


def test_it_stops_when_the_code_closes(loaded: TransformersModel, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = "## Code:\n```python\nx\n```"
    monkeypatch.setattr(loaded._processor, "decode", lambda ids, **_: answer[: 4 * len(ids)])
    [reply] = loaded.generate([PROMPT], Sampling(max_tokens=50, stop_after_code=True))
    assert reply.finished
    assert reply.output_tokens == -(-len(answer) // 4)


def test_what_transformers_cannot_do_is_refused(loaded: TransformersModel) -> None:
    with pytest.raises(GenerationError, match="no model to a grammar"):
        loaded.generate([PROMPT], Sampling(grammar="root ::= [a]"))


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="transformers cannot load"):
        TransformersModel.from_pretrained(tmp_path)


def test_it_is_loaded_by_its_name_behind_transformers(folder: Path) -> None:
    loaded = load_model(f"transformers:{folder}", "bf16")
    assert isinstance(loaded, TransformersModel)
    assert loaded.name == str(folder)
    assert loaded.generate([PROMPT], Sampling(max_tokens=3))[0].output_tokens == 3


def test_it_is_not_packed(folder: Path) -> None:
    with pytest.raises(ModelUnavailable, match="not packed"):
        load_model(f"transformers:{folder}", "int4")


def write_answering(folder: Path, code: str) -> Path:
    """A model that answers everything with this code."""
    import tokenizers

    bytes_of = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    [(answer, _)] = bytes_of.pre_tokenize_str(f"## Action:\nClick it.\n\n## Code:\n```python\n{code}\n```\n")
    return write_llava(folder, [answer])


def ground(folder: Path, model: str) -> subprocess.CompletedProcess[str]:
    """`deixis ground` on a white screen in a folder; it writes marked.png there."""
    Image.new("RGB", (200, 100), "white").save(folder / "screen.png")
    command = ["ground", "screen.png", "it", "--model", model, "--out", "marked.png"]
    return subprocess.run(
        [sys.executable, ROOT / "deixis.py", *command], cwd=folder, capture_output=True, text=True, timeout=200
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("pyautogui.click(x=0.25, y=0.5)", 0, "0.2500 0.5000  pixel 50 50\n"),
        ("import os", 2, ""),
    ],
)
def test_ground_from_the_command_line(tmp_path: Path, code: str, status: int, said: str) -> None:
    model = write_answering(tmp_path / "llava", code)
    done = ground(tmp_path, f"kimi-vl=transformers:{model}")
    assert (done.returncode, done.stdout) == (status, said), done.stderr
    assert (tmp_path / "marked.png").exists() == (status == 0)
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_model_whose_prompts_nobody_knows_is_refused(tmp_path: Path) -> None:
    done = ground(tmp_path, f"transformers:{write_llava(tmp_path / 'llava')}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is said to be of the family llava, which Deixis has no prompts for" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a model behind `transformers serve`, with its name there."""
    model = write_answering(tmp_path / "llava", "pyautogui.click(x=0.25, y=0.5)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("transformers")
    log = tmp_path / "serve.log"
    with log.open("w") as said:
        server = subprocess.Popen(
            [program, "serve", model, "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)],
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        for _ in range(600):
            assert server.poll() is None, log.read_text()
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1#{model}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@pytest.mark.slow
@pytest.mark.skipif(find_spec("fastapi") is None, reason="transformers[serving] is not installed")
def test_ground_asks_a_server_of_transformers(tmp_path: Path, served: str) -> None:
    done = ground(tmp_path, f"kimi-vl={served}")
    assert (done.returncode, done.stdout) == (0, "0.2500 0.5000  pixel 50 50\n"), done.stderr
    with Image.open(tmp_path / "marked.png") as marked:
        assert marked.getpixel((50, 50)) == (255, 0, 0)
