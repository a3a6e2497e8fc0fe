"""The model's command: ask.

Reads the command line and prints; the libraries behind the command are imported when it is used, so that help comes at
once.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cyclopts import App

app = App()


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


def _print_piece(text: str) -> None:
    """Print without the characters that a terminal would act on."""
    shown = "".join(character for character in text if character.isprintable() or character in "\n\t")
    print(shown, end="", flush=True)
