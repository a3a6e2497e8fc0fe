"""From a name to a model: `nano`, a checkpoint's folder, an id of the hub, a server, or what transformers loads.

Only data is fetched and read: configuration, vocabulary and safetensors; never code.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import torch
from huggingface_hub import hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    RevisionResolutionError,
)

from model.base import CheckpointError, Model, ModelUnavailable
from model.chat_template import IMAGE_TOKEN
from model.checkpoint import read_config
from model.endpoint import EndpointModel
from model.engine import Engine
from model.fit import Precision, chosen, dtype_of, needs, packing_of
from model.generation_config import GenerationConfig
from model.image_processor import ImageProcessor
from model.kimi_vl import KimiVL
from model.layout import lay_out
from model.memory import free_memory
from model.quantize import Packing
from model.reading_head import ReadingHead
from model.tokenizer import KimiTokenizer
from model.transformers_model import TransformersModel

EMBEDDED: Final = "nano"
EMBEDDED_FOLDER: Final = Path(__file__).parent / "nano" / "weights"
HUB_ID: Final = re.compile(r"(?P<id>[\w-][\w.-]*/[\w-][\w.-]*)(@(?P<revision>[\w][\w./-]*))?")
SERVER: Final = re.compile(r"https?://")
TRANSFORMERS: Final = "transformers:"
FAMILY: Final = re.compile(r"(?P<family>[a-z][a-z0-9.-]*)=")
WHAT_CAN_BE_GIVEN: Final = (
    f'"{EMBEDDED}" (the embedded model), a folder with a Kimi-VL checkpoint, or the id of one on the Hugging Face hub, '
    "such as moonshotai/Kimi-VL-A3B-Instruct, with @revision behind it if it is not to be the newest, an "
    "OpenAI-compatible server with the model's name there, http://localhost:8000/v1#NAME, or another family's model "
    f"that transformers runs, {TRANSFORMERS}FOLDER-OR-ID; where its name does not tell whose prompts it knows, FAMILY= "
    "before all this, such as qwen3-vl="
)


def load_model(name: str | Path, precision: Precision | None = None, device: str | None = None) -> Model:
    """Load a model to run in this process.

    Args:
        name: "nano", a folder in the published Kimi-VL layout or one that `deixis model pack` wrote, or an
            "organisation/name" on the Hugging Face hub, with "@revision" behind it if it is not to be the newest; or
            the address of an OpenAI-compatible server, with "#" and the model's name there behind it. The server's key,
            if it wants one, is in the environment variable DEIXIS_API_KEY. "transformers:" before a folder or an id is
            a model that transformers runs with its own code. A family's name and "=" before all this, such as
            "qwen3-vl=", says which prompts it was trained on, where neither its name nor its files tell.
        precision: of the weights; by default the most exact that fits into memory.
        device: where it runs; by default a GPU if there is one.

    Raises:
        ModelUnavailable: there is no such model here, it cannot be fetched, or memory is too small.
        CheckpointError: its files are damaged or not those of a Kimi-VL.
    """
    named = FAMILY.match(str(name))
    model = _load(str(name)[named.end() if named else 0 :], precision, device)
    if named:
        model.family = named["family"]
    return model


def _load(name: str, precision: Precision | None, device: str | None) -> Engine | TransformersModel | EndpointModel:
    if SERVER.match(name):
        return _at_server(name)
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if name.startswith(TRANSFORMERS):
        return _by_transformers(name.removeprefix(TRANSFORMERS), precision, place)
    folder, recorded_name = find_model(name)
    possible = needs(read_config(folder), ImageProcessor.from_pretrained(folder), place)
    need = chosen(recorded_name, possible, free_memory(place), precision)
    try:
        return load_engine(folder, recorded_name, dtype_of(need.precision), place, packing_of(need.precision))
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise ModelUnavailable(
            f"The weights of {name} as {need.precision} do not fit into the memory of {place}."
        ) from error


def load_engine(
    folder: Path, name: str, dtype: torch.dtype, device: torch.device, packing: Packing | None = None
) -> Engine:
    """Load the parts of a checkpoint's folder and make sure that they belong together.

    Raises:
        CheckpointError: a part is damaged, or the parts do not fit together.
    """
    config = read_config(folder)
    tokenizer = KimiTokenizer.from_pretrained(folder)
    processor = ImageProcessor.from_pretrained(folder)
    for what, stated, found in (
        ("the image token", config.image_token_id, tokenizer.special(IMAGE_TOKEN)),
        ("the size of the vocabulary", config.text.vocab_size, tokenizer.vocab_size),
        ("the patch size", config.vision.patch_size, processor.patch_size),
        ("the merged patches", config.vision.merge_kernel_size, processor.merge_kernel_size),
    ):
        if stated != found:
            raise CheckpointError(
                f"{folder} does not fit together: {what} is {stated} in config.json, but {found} beside it."
            )
    longest = GenerationConfig.from_pretrained(folder).max_new_tokens
    network = KimiVL.from_pretrained(folder, dtype, device, packing)
    lay_out(network)
    reading_head = ReadingHead.from_pretrained(folder, config.vision)
    return Engine(network, tokenizer, processor, name, longest, reading_head and reading_head.to(device))


def _at_server(name: str) -> EndpointModel:
    url, _, served = name.partition("#")
    if not served:
        raise ModelUnavailable(f"{url} is a server: put # and the name that the model has there behind it.")
    return EndpointModel(url, served, os.environ.get("DEIXIS_API_KEY"))


def _by_transformers(name: str, precision: Precision | None, device: torch.device) -> TransformersModel:
    precision = precision or ("bf16" if device.type == "cuda" else "fp32")
    if packing_of(precision) is not None:
        raise ModelUnavailable(f"transformers' models are not packed: {name} can be had in bf16 or fp32.")
    return TransformersModel.from_pretrained(name, dtype_of(precision), str(device))


def find_model(name: str) -> tuple[Path, str]:
    """Where a model's files are, fetched if need be, and the name that stands for exactly these files in records.

    Raises:
        ModelUnavailable: there is no such model here, or it cannot be fetched.
        CheckpointError: it is not a Kimi-VL.
    """
    if name == EMBEDDED:
        if not (EMBEDDED_FOLDER / "config.json").exists():
            raise ModelUnavailable(
                f"The embedded model is not part of this installation: {EMBEDDED_FOLDER} has no config.json."
            )
        return EMBEDDED_FOLDER, name
    if name and Path(name).is_dir():
        return Path(name), name
    if hub_name := HUB_ID.fullmatch(name):
        return _fetched(hub_name["id"], hub_name["revision"])
    raise ModelUnavailable(f"There is no model {name!r}. Give {WHAT_CAN_BE_GIVEN}.")


def _fetched(hub_id: str, revision: str | None) -> tuple[Path, str]:
    """The folder into which a checkpoint of the hub has been, or now is, downloaded, and its id with the commit.

    A connection that breaks is taken up where it broke; of a download that was given up, the whole files are kept.
    """
    try:
        # A look at the small file first: nobody should wait for the weights of a model that cannot be run.
        snapshot = Path(hf_hub_download(hub_id, "config.json", revision=revision)).parent
        read_config(snapshot)
        # The hub's cache names a snapshot after its commit: the other files must be of the same one.
        commit = snapshot.name
        files = ["*.json", "*.safetensors", "tiktoken.model"]
        return Path(snapshot_download(hub_id, revision=commit, allow_patterns=files)), f"{hub_id}@{commit}"
    except RepositoryNotFoundError as error:
        raise ModelUnavailable(
            f"The Hugging Face hub has no public model {hub_id!r}; there is no such folder. Give {WHAT_CAN_BE_GIVEN}."
        ) from error
    except RevisionNotFoundError as error:
        raise ModelUnavailable(f"{hub_id} has no revision {revision!r} on the Hugging Face hub.") from error
    except LocalEntryNotFoundError as error:
        raise ModelUnavailable(
            f"{hub_id} is neither a folder nor downloaded yet, and the Hugging Face hub cannot be reached from here."
        ) from error
    except (HfHubHTTPError, RevisionResolutionError, OSError) as error:
        raise ModelUnavailable(f"{hub_id} cannot be downloaded from the Hugging Face hub: {error}.") from error
