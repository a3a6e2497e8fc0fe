"""Train nano from scratch, on a laptop: render screens, learn to read, learn to point, export.

    python -m model.nano.train screens --count 900     the pictures to learn from; a few minutes of Chromium
    python -m model.nano.train read --minutes 40       the encoder learns to read; one process
    python -m model.nano.train point --minutes 110     everything learns to point; two processes of one thread
    python -m model.nano.train export                  writes model/nano/weights
    python -m model.nano.train curves                  how the losses went, as a table and a plot

Ctrl-C ends a stage with its state saved, and the same command goes on from there. Every stage keeps a log; that of
the last one has the losses on screens that are held out as well.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
import torch.distributed as dist
from cyclopts import App
from torch.multiprocessing.spawn import spawn

from model.base import ModelError
from model.config import VisionConfig
from model.loading import EMBEDDED_FOLDER
from model.nano.export import export as write_checkpoint
from model.nano.export import restore
from model.nano.interruption import Interruption, ignored
from model.nano.learner import Learner, total
from model.nano.lists import LENGTHS, MOST, list_query
from model.nano.loop import STATE, Losses, Run, Schedule, averaged_weights
from model.nano.prompts import NOT_HERE, answer_text, user_text
from model.nano.questions import Picture, picture_of
from model.nano.reading import Reader, reading_lesson
from model.nano.screens import load_screen, pool_size
from model.nano.shape import TILE, VISION, configuration, initialise_positions
from model.nano.vocabulary import ranks, write_vocabulary
from model.reading_head import ReadingHead
from model.tokenizer import KimiTokenizer
from model.vision import MoonViT

app = App(name="python -m model.nano.train", help="Train nano from scratch, on a laptop.")

FOLDER = Path("training")
"""Holds the pool of screens, the vocabulary, and a folder for each stage."""
PICTURES = (
    (0.4, (224, 168), 10, 4),
    (0.65, (336, 252), 6, 5),
    (1.0, TILE, 4, 7),
)
"""Until which part of the time mostly which size (px), how many pictures a step, and how many questions about each.

All have a tile's shape. What is learned from few labels at first, to find one by its letters, holds among many later.
"""
LISTS, SIGHTS = 0.13, 0.22
"""How often a step of training is about lists alone, and how often it only sees fields and their labels, once pictures
are asked about: both cost a third of the others."""
LISTED = 60
"""How many steps all lists of a process have then, about."""
SEEING = 0.33
"""Part of the time, at the beginning, in which pictures are only seen: what labels say is learned faster without asking
about them, and a decoder that has nothing to match learns to do without."""
HELD_OUT = 16
"""The first so many screens are never trained on: they tell how it goes."""
FASTER = {"multi_modal_projector": 3.0}
"""At the rate of the rest the projector hardly moves: its weights are large."""
FIXED_TEXTS = [
    "system",
    "user",
    "assistant",
    "image",
    user_text("", ("",)),
    answer_text("", NOT_HERE),
    answer_text("", "computer.terminate(status='success')"),
    answer_text("", "pyautogui.click(x=0., y=0.)\npyautogui.write(message='')"),
    answer_text("", "pyautogui.doubleClick(x=0., y=0.)"),
    answer_text("", "pyautogui.rightClick(x=0., y=0.)"),
    answer_text("", "pyautogui.press('enter')"),
    answer_text("", "pyautogui.hotkey('ctrl', 'a')"),
    answer_text("", "pyautogui.scroll(-5)"),
]
"""What is always the same in nano's prompts and answers."""


@app.command
def screens(*, count: int, folder: Path = FOLDER) -> None:
    """Render the pictures to learn from; those already there are kept.

    Args:
        count: how many pages.
        folder: where everything goes that belongs to the training.
    """
    from model.nano.rendering import render_pool  # not where a stage only reads: its processes need no browser

    render_pool(folder / "pool", count)


@app.command
def read(*, minutes: float, folder: Path = FOLDER) -> None:
    """Teach the lower half of the encoder to read dense text.

    Args:
        minutes: training time, interruptions not counted.
        folder: where everything goes that belongs to the training.
    """
    torch.manual_seed(0)
    vision = MoonViT(VisionConfig.model_validate(VISION))
    initialise_positions(vision)
    reader = Reader(vision, ReadingHead(vision.config.hidden_size))

    def losses(rng: random.Random, _done: float) -> Losses:
        found = reader(reading_lesson(rng))
        found["loss"] = found["read"]
        return found

    with Interruption() as interruption:
        Run(folder / "read", Schedule(minutes, decay=0.15, ema=0.99), interruption).train(reader, losses)


@app.command
def point(
    *, minutes: float, begin: float = 0.0, processes: int = 2, start: Path | None = None, folder: Path = FOLDER
) -> None:
    """Teach everything to point.

    Args:
        minutes: training time, interruptions not counted.
        begin: the fraction of that time to leave out at the beginning, which a checkpoint to go on from does not need.
        processes: of one thread each; every one has its own pictures.
        start: an exported checkpoint to go on from; by default what the stage before has learned, if there is one.
        folder: where everything goes that belongs to the training.

    Raises:
        ModelError: there are no screens to learn from, but for those that are held out.
    """
    if pool_size(folder / "pool") <= HELD_OUT:
        raise ModelError(
            f"There are not more than {HELD_OUT} screens in {folder / 'pool'}: run the stage 'screens' first."
        )
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    write_vocabulary(folder, ranks(FIXED_TEXTS))
    with tempfile.TemporaryDirectory() as meeting:
        arguments = (processes, f"{meeting}/rendezvous", folder, start, minutes, begin)
        with ignored():
            training = spawn(_point_process, arguments, nprocs=processes, join=False)
        assert training is not None
        try:
            while not training.join():
                pass
        except KeyboardInterrupt:
            # They end by themselves, with their state saved, but do not listen before they have begun: hence again.
            while not training.join(timeout=1.0):
                for pid in training.pids():
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGINT)
            raise


@app.command
def export(
    *, folder: Path = FOLDER, out: Path = EMBEDDED_FOLDER, mixed_with: Path | None = None, share: float = 0.5
) -> None:
    """Write what was learned as a checkpoint in the published layout.

    Args:
        folder: where everything is that belongs to the training.
        out: the checkpoint's folder; by default that of the embedded model.
        mixed_with: an exported checkpoint whose weights count too, such as that from which the training went on.
        share: how much the new weights count beside them, from 0 to 1.

    Raises:
        ModelError: there is nothing to export yet.
    """
    write_checkpoint(folder, out, mixed_with=mixed_with, share=share)


@app.command
def curves(*, stage: str = "point", folder: Path = FOLDER) -> None:
    """Write what a stage's log says as a table and a plot.

    Args:
        stage: read or point.
        folder: where everything is that belongs to the training.

    Raises:
        ModelError: the stage has no log yet.
    """
    from model.nano.curves import write_curves  # it needs matplotlib

    for file in write_curves(folder / stage):
        print(file)


def new_learner(folder: Path, start: Path | None = None) -> Learner:
    """A learner that begins as an exported checkpoint, or with an encoder as the reading stage left it."""
    tokenizer = KimiTokenizer.from_pretrained(folder)
    config = configuration(tokenizer.vocab_size, tokenizer.special("<|media_pad|>"))
    torch.manual_seed(0)
    learner = Learner(config, tokenizer)
    initialise_positions(learner.vision_tower)
    if start is not None:
        restore(learner, start)
    elif (folder / "read" / STATE).exists():
        learned = averaged_weights(folder / "read")
        for prefix, module in (("vision.", learner.vision_tower), ("head.", learner.reading)):
            module.load_state_dict({k.removeprefix(prefix): v for k, v in learned.items() if k.startswith(prefix)})
    return learner


def _point_process(
    rank: int, world: int, rendezvous: str, folder: Path, start: Path | None, minutes: float, begin: float
) -> None:
    schedule = Schedule(minutes, begin, peak_lr=6e-4, decay=0.75, ema=0.99, save_every_s=240.0, faster=FASTER)
    with Interruption() as interruption:
        dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=world)
        try:
            _learn_to_point(Run(folder / "point", schedule, interruption, rank, world), folder, start)
        finally:
            dist.destroy_process_group()


def _learn_to_point(run: Run, folder: Path, start: Path | None) -> None:
    learner = new_learner(folder, start)
    reader = Reader(learner.vision_tower, learner.reading)
    pool = folder / "pool"
    trained_on = range(HELD_OUT, pool_size(pool))

    def losses(rng: random.Random, done: float) -> Losses:
        # The same choice in all processes: they wait for the slowest.
        lesson = rng.random()
        only_seeing = done < SEEING or LISTS <= lesson < LISTS + SIGHTS
        if done >= SEEING and lesson < LISTS:
            count, longest = rng.randint(1, MOST), rng.choice(LENGTHS)
            rng = random.Random(f"{rng.random()} {run.rank}")
            return total(learner.next_steps([list_query(rng, count, longest) for _ in range(LISTED // count)]))
        stage = next(stage for stage in PICTURES if done <= stage[0])
        _, size, count, queries = rng.choice(PICTURES) if only_seeing or rng.random() < 0.2 else stage
        many, dense = rng.random() < 0.3, rng.random() < 0.2
        typing = rng.random() < (0.6 if only_seeing else 0.45)
        many &= not only_seeing
        if many:  # long questions are about small pictures: they teach what to look for, not where it is
            _, size, count, queries = PICTURES[0]
        rng = random.Random(f"{rng.random()} {run.rank}")
        if only_seeing:
            count, queries = 2 * count, 0
        elif many:
            count //= 2
        seen = [load_screen(pool, rng.choice(trained_on)) for _ in range(-(-count // 2))]
        screens = [screen for screen in seen for _ in range(2)][:count]
        found = total(learner([picture_of(rng, screen, size, queries, many, typing) for screen in screens]))
        if dense:
            found["loss"] = found["loss"] + 0.3 * reader(reading_lesson(rng, 6))["read"]
        return found

    run.train(learner, losses, held_out_losses(pool) if run.rank == 0 else None)


def held_out_losses(pool: Path) -> Callable[[Learner], Losses]:
    """What gives a learner's losses on questions about tiles of the screens that are held out, always the same."""
    count = PICTURES[-1][2]

    def lesson(first: int) -> list[Picture]:
        return [
            picture_of(random.Random(page), load_screen(pool, page), TILE, count, many=False, typing=first % 8 == 0)
            for page in range(first, first + count)
        ]

    lessons = [lesson(first) for first in range(0, HELD_OUT, count)]

    def losses(learner: Learner) -> Losses:
        found = [total(learner(pictures)) for pictures in lessons]
        return {name: torch.stack([one[name] for one in found]).mean() for name in found[0]}

    return losses


def main() -> None:
    """Run one stage."""
    try:
        app()
    except ModelError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
