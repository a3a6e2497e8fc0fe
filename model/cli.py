"""The model's commands: ask, model fit, model pack.

Reads the command line and prints; the libraries behind the command are imported when it is used, so that help comes at
once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from cyclopts import App

app = App()
weights = App(name="model", help="What a model takes of memory, and how it takes less.")
app.command(weights)


@app.command
def ask(*images_and_question: str, model: str = "nano", max_tokens: int = 1024) -> int:
    """Ask a question about pictures; the answer is printed while it is written.

    Args:
        images_and_question: the pictures' files, then the question.
        model: "nano", a folder with a Kimi-VL checkpoint, or its id on the Hugging Face hub.
        max_tokens: when to cut the answer off.
    """
    from model.base import ModelError, Sampling
    from model.messages import Message
    from model.picture_file import read_picture

    if not images_and_question:
        raise ModelError("There is no question: give the pictures' files, then the question.")
    *paths, question = images_and_question
    prompt = [Message.user(*(read_picture(Path(path)) for path in paths), question)]

    from model.loading import load_model

    (reply,) = load_model(model).generate([prompt], Sampling(max_tokens), on_text=_print_piece)
    print()
    if not reply.finished:
        print(f"The answer was cut off at {max_tokens} tokens.", file=sys.stderr)
    return 0


@weights.command
def fit(model: str = "nano", /) -> int:
    """Say what a model takes in each precision, and which one fits this machine.

    The exit status is 1 when none does.

    Args:
        model: "nano", a folder with a Kimi-VL checkpoint, or its id on the Hugging Face hub.
    """
    import torch
    from rich.console import Console

    from model.base import ModelUnavailable
    from model.checkpoint import read_config
    from model.fit import GIB, chosen, needs
    from model.fit_table import fit_table
    from model.image_processor import ImageProcessor
    from model.loading import find_model
    from model.memory import free_memory

    folder, name = find_model(model)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    possible, free = needs(read_config(folder), ImageProcessor.from_pretrained(folder), device), free_memory(device)
    try:
        choice = chosen(name, possible, free)
    except ModelUnavailable:
        choice = None
    Console().print(fit_table(possible, free, choice))
    print(f"{name}: {f'{choice.precision} is the default' if choice else 'too large'}, {free / GIB:.1f} GiB are free.")
    return 0 if choice else 1


@weights.command
def pack(model: str, out: Path, /, *, precision: Literal["int8", "int4"] = "int4") -> int:
    """Write a model's weights in few bits, to be loaded within seconds afterwards, on this kind of CPU.

    Args:
        model: a folder with a Kimi-VL checkpoint, or its id on the Hugging Face hub.
        out: the folder to write, which must not hold a checkpoint yet.
        precision: int8 is nearly exact, int4 takes half of that.
    """
    import torch

    from model.base import ModelUnavailable
    from model.checkpoint import read_config
    from model.fit import chosen, needs
    from model.image_processor import ImageProcessor
    from model.kimi_vl import KimiVL
    from model.loading import find_model
    from model.memory import free_memory
    from model.packed_checkpoint import save_packed
    from model.quantize import Packing

    if (out / "config.json").exists():
        raise ModelUnavailable(f"{out} holds a checkpoint already: choose another folder.")
    folder, name = find_model(model)
    config, cpu = read_config(folder), torch.device("cpu")
    if config.packed is not None:
        raise ModelUnavailable(f"{name} is packed already, as {config.packed.precision}.")
    possible = needs(config, ImageProcessor.from_pretrained(folder), cpu)
    chosen(name, possible, free_memory(cpu), precision)
    packing = Packing(precision)
    save_packed(KimiVL.from_pretrained(folder, torch.bfloat16, cpu, packing), packing, folder, out)
    print(f"{name} is packed as {precision}: deixis run ... --model {out}")
    return 0


def _print_piece(text: str) -> None:
    """Print without the characters that a terminal would act on."""
    shown = "".join(character for character in text if character.isprintable() or character in "\n\t")
    print(shown, end="", flush=True)
