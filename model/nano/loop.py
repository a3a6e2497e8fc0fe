"""The training loop shared by nano's lessons: any number of one-thread processes, resumable, logged.

Every step draws its data from a generator seeded by the step's number, so that an interrupted run goes on as if it had
not been. The learning rate follows the planned training time, not the step count, because that is what one has on a
laptop. On a CPU with arithmetic for bfloat16 products are computed in it; weights and sums stay in float32.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn

from model.base import ModelError
from model.linear import multiplies_bfloat16
from model.nano.interruption import Interruption
from model.nano.journal import Journal
from model.nano.muon import Muon

Losses = dict[str, Tensor]
"""Named scalars; "loss" is the one that is minimised, the others are logged."""

Module = TypeVar("Module", bound=nn.Module)

STATE: Final = "state.pt"


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to train, and how fast to learn in the course of it."""

    minutes: float
    """Training time this run is planned for, interruptions not counted."""
    begin: float = 0.0
    """The fraction of that time which a new run leaves out at its beginning."""
    peak_lr: float = 1.5e-3
    warmup: float = 0.02
    """First part of the time of this run, in which the learning rate rises linearly: the optimisers begin anew."""
    decay: float = 0.4
    """Last part of the time, in which the learning rate falls linearly to zero."""
    weight_decay: float = 0.05
    clip: float = 1.0
    ema: float = 0.998
    save_every_s: float = 180.0
    faster: Mapping[str, float] = field(default_factory=dict[str, float])
    """Parts of the learner whose matrices outside of layers learn so many times as fast."""

    def lr(self, done: float) -> float:
        """Learning rate when the fraction `done` of the time is over."""
        return self.peak_lr * max(0.0, min((done - self.begin) / self.warmup, (1.0 - done) / self.decay, 1.0))


@dataclass(slots=True)
class Run:
    """One training run in its folder: `state.pt` (everything needed to go on) and `log.jsonl`."""

    folder: Path
    schedule: Schedule
    interruption: Interruption
    """Entered by the caller, in all processes before any begins to train: one that dies would break off the others."""
    rank: int = 0
    world: int = 1
    """Number of processes that train together, by averaging their gradients; `rank` is this one's number."""
    clock: Callable[[], float] = time.monotonic
    """Seconds."""

    def train(
        self,
        learner: Module,
        losses_of: Callable[[random.Random, float], Losses],
        held_out: Callable[[Module], Losses] | None = None,
    ) -> None:
        """Train until the planned time is over, from where the run in this folder was left.

        Args:
            learner: its parameters are trained.
            losses_of: the losses of one step, given the step's random generator, the same in all processes, and the
                fraction of time done.
            held_out: the losses of the averaged weights on what is never trained on; logged whenever the state is
                saved, in time that is not counted.

        Raises:
            KeyboardInterrupt: Ctrl-C; the step was brought to its end and the state is saved.
        """
        torch.set_num_threads(1)
        parameters = [p for p in learner.parameters() if p.requires_grad]
        optimisers = self._optimisers(learner)
        average = torch.optim.swa_utils.AveragedModel(
            learner, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(self.schedule.ema), use_buffers=True
        )
        step, elapsed = self._resume(learner, optimisers, average)
        planned, saved_at = self.schedule.minutes * 60, self.clock()
        journal = Journal(self.folder, planned) if self.rank == 0 else None
        stopped = False
        while elapsed < planned and not stopped:
            began = self.clock()
            lr = self.schedule.lr(elapsed / planned)
            for optimiser in optimisers:
                for group in optimiser.param_groups:
                    group["lr"] = lr * group.get("faster", 1.0)
            with _fast_products():
                losses = losses_of(random.Random(f"{self.folder.name}/{step}"), elapsed / planned)
            learner.zero_grad()
            losses["loss"].backward()
            self._share_gradients(parameters)
            nn.utils.clip_grad_norm_(parameters, self.schedule.clip)
            for optimiser in optimisers:
                optimiser.step()
            average.update_parameters(learner)
            step += 1
            seconds, stopped = self._agree(self.clock() - began, self.interruption.asked)
            elapsed += seconds
            if journal is None:
                continue
            journal.note(step, elapsed, lr, losses)
            if stopped or elapsed >= planned or self.clock() - saved_at > self.schedule.save_every_s:
                self._save(learner, optimisers, average, step, elapsed)
                if held_out is not None and not stopped:
                    with torch.no_grad(), _fast_products():
                        journal.note_held_out(step, elapsed, held_out(cast(Module, average.module).eval()))
                saved_at = self.clock()
        if journal is not None:
            journal.close(step, elapsed)
        if stopped:
            raise KeyboardInterrupt

    def _optimisers(self, learner: nn.Module) -> list[torch.optim.Optimizer]:
        """Muon for the matrices inside the layers, AdamW for everything else."""
        named = [(name, p) for name, p in learner.named_parameters() if p.requires_grad]
        matrices = {name for name, p in named if p.ndim == 2 and ("blocks." in name or "layers." in name)}
        others = [(name, p) for name, p in named if name not in matrices and p.ndim > 1]
        lr, decay, faster = self.schedule.peak_lr, self.schedule.weight_decay, self.schedule.faster
        groups = [
            {
                "params": [p for name, p in others if name.partition(".")[0] == part],
                "weight_decay": decay,
                "faster": times,
            }
            for part, times in faster.items()
        ]
        groups += [
            {"params": [p for name, p in others if name.partition(".")[0] not in faster], "weight_decay": decay},
            {"params": [p for _, p in named if p.ndim <= 1], "weight_decay": 0.0},
        ]
        return [
            Muon([p for name, p in named if name in matrices], lr, decay),
            torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.98), fused=True),
        ]

    def _resume(
        self, learner: nn.Module, optimisers: list[torch.optim.Optimizer], average: nn.Module
    ) -> tuple[int, float]:
        path = self.folder / STATE
        if not path.exists():
            return 0, self.schedule.begin * self.schedule.minutes * 60
        state = torch.load(path, weights_only=True)
        learner.load_state_dict(state["learner"])
        for optimiser, saved in zip(optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        average.load_state_dict(state["average"])
        return state["step"], state["elapsed"]

    def _save(
        self, learner: nn.Module, optimisers: list[torch.optim.Optimizer], average: nn.Module, step: int, elapsed: float
    ) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / f"{STATE}.part"
        state = {
            "learner": learner.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in optimisers],
            "average": average.state_dict(),
            "step": step,
            "elapsed": elapsed,
        }
        torch.save(state, unfinished)
        unfinished.replace(self.folder / STATE)

    def _share_gradients(self, parameters: list[nn.Parameter]) -> None:
        if self.world == 1:
            return
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.world
        for p, part in zip(parameters, flat.split([p.numel() for p in parameters]), strict=True):
            p.grad = part.view_as(p) if part.any() else None  # what a step did not use does not move

    def _agree(self, seconds: float, interrupted: bool) -> tuple[float, bool]:
        """The time of the slowest process, and whether any was interrupted: all must stop at the same step."""
        if self.world == 1:
            return seconds, interrupted
        most = torch.tensor([seconds, float(interrupted)])
        dist.all_reduce(most, op=dist.ReduceOp.MAX)
        slowest, anybody = most.tolist()
        return slowest, bool(anybody)


@contextmanager
def _fast_products() -> Generator[None]:
    """Products in bfloat16, if this CPU has arithmetic for it."""
    with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_bfloat16()):
        yield


def averaged_weights(folder: Path) -> dict[str, Tensor]:
    """The running average of what a run has trained, under the names of its learner's state.

    Raises:
        ModelError: the run has saved nothing yet.
    """
    path = folder / STATE
    if not path.exists():
        raise ModelError(f"There is no trained state {path}: run the stage {folder.name!r} first.")
    average = torch.load(path, weights_only=True, map_location="cpu")["average"]
    return {name.removeprefix("module."): value for name, value in average.items() if name != "n_averaged"}
