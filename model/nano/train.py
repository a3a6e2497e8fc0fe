"""Train nano from scratch: read, then point. Resumable at any moment; every run leaves a log.

python -m model.nano.screens training/pool 900     # the screens (Chromium; a few minutes)
python -m model.nano.train read --minutes 40       # one process
python -m model.nano.train point --minutes 120     # two processes of one thread each
python -m model.nano.train export                  # writes model/nano/weights
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from model.config import KimiVLConfig, VisionConfig
from model.nano.learner import Learner, total
from model.nano.loop import Losses, Run, Schedule
from model.nano.prompts import NOT_HERE, answer_text, user_text
from model.nano.questions import picture_of
from model.nano.reading import Reader, ReadingHead, reading_lesson
from model.nano.screens import load_screen
from model.nano.shape import TILE, VISION, configuration, initialise_positions
from model.nano.vocabulary import ranks, write_vocabulary
from model.tokenizer import KimiTokenizer
from model.vision import MoonViT

PICTURES = (
    (0.4, (224, 168), 14, 4),
    (0.65, (336, 252), 10, 4),
    (1.0, TILE, 5, 6),
)
"""Until which part of the time mostly which size (px), how many pictures a step, and how many questions about each.

All have a tile's shape. What is learned from few labels at first, to find one by its letters, holds among many later.
"""
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


def read(folder: Path, minutes: float) -> None:
    """The first stage: the lower half of the encoder learns to read dense text."""
    torch.manual_seed(0)
    vision = MoonViT(VisionConfig.model_validate(VISION))
    initialise_positions(vision)
    reader = Reader(vision, ReadingHead(vision.config.hidden_size))

    def losses(rng: random.Random, _done: float) -> Losses:
        found = reader(reading_lesson(rng))
        found["loss"] = found["read"]
        return found

    Run(folder / "read", Schedule(minutes, decay=0.15, ema=0.99)).train(reader, losses)


def new_learner(folder: Path) -> tuple[Learner, KimiVLConfig]:
    """A learner whose encoder starts as the first stage left it."""
    tokenizer = KimiTokenizer.from_pretrained(folder)
    config = configuration(tokenizer.vocab_size, tokenizer.special("<|media_pad|>"))
    torch.manual_seed(0)
    learner = Learner(config, tokenizer)
    initialise_positions(learner.vision_tower)
    stage_one = folder / "read" / "state.pt"
    if stage_one.exists():
        state = torch.load(stage_one, weights_only=True)["average"]
        averaged = {name.removeprefix("module."): value for name, value in state.items() if name != "n_averaged"}
        learner.vision_tower.load_state_dict(
            {k.removeprefix("vision."): v for k, v in averaged.items() if k.startswith("vision.")}
        )
        learner.reading.load_state_dict(
            {k.removeprefix("head."): v for k, v in averaged.items() if k.startswith("head.")}
        )
    return learner, config


def _point_process(rank: int, world: int, rendezvous: str, folder: Path, minutes: float) -> None:
    dist.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=world)
    learner, _ = new_learner(folder)
    reader = Reader(learner.vision_tower, learner.reading)
    pool = folder / "pool"
    pages = len(list(pool.glob("*.json")))

    def losses(rng: random.Random, done: float) -> Losses:
        # The same choice in all processes: they wait for the slowest.
        stage = next(stage for stage in PICTURES if done <= stage[0])
        _, size, count, queries = stage if rng.random() < 0.8 else rng.choice(PICTURES)
        many, typing, dense = rng.random() < 0.18, rng.random() < 0.3, rng.random() < 0.25
        rng = random.Random(f"{rng.random()} {rank}")
        queries = queries // 2 if many else queries
        screens = [load_screen(pool, rng.randrange(pages)) for _ in range(count)]
        found = total(learner([picture_of(rng, screen, size, queries, many, typing) for screen in screens]))
        if dense:
            found["loss"] = found["loss"] + 0.3 * reader(reading_lesson(rng, 6))["read"]
        return found

    schedule = Schedule(minutes, peak_lr=1.2e-3, decay=0.5, save_every_s=240.0)
    Run(folder / "point", schedule, rank, world).train(learner, losses)
    dist.destroy_process_group()


def point(folder: Path, minutes: float, processes: int) -> None:
    """The second stage: everything learns to point."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    write_vocabulary(folder, ranks(FIXED_TEXTS))
    with tempfile.TemporaryDirectory() as meeting:
        mp.spawn(_point_process, (processes, f"{meeting}/rendezvous", folder, minutes), nprocs=processes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=("read", "point"))
    parser.add_argument("--folder", type=Path, default=Path("training"))
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    if options.stage == "read":
        read(options.folder, options.minutes)
    else:
        point(options.folder, options.minutes, options.processes)


if __name__ == "__main__":
    main()
