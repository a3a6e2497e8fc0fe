"""The training loop shared by nano's lessons: any number of one-thread processes, resumable, logged.

Every step draws its data from a generator seeded by the step's number, so that an interrupted run goes on as if it had not been. The learning
rate follows the planned training time, not the step count, because that is what one has on a laptop.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

from model.nano.muon import Muon

Losses = dict[str, Tensor]
"""Named scalars; "loss" is the one that is minimised, the others are logged."""


@dataclass(frozen=True, slots=True)
class Schedule:
    minutes: float
    """Training time this run is planned for, interruptions not counted."""
    peak_lr: float = 1.5e-3
    warmup: float = 0.02
    decay: float = 0.4
    """Last part of the time, in which the learning rate falls linearly to zero."""
    weight_decay: float = 0.05
    clip: float = 1.0
    ema: float = 0.998
    save_every_s: float = 180.0

    def lr(self, done: float) -> float:
        """Learning rate when the fraction `done` of the time is over."""
        return self.peak_lr * max(0.0, min(done / self.warmup, (1.0 - done) / self.decay, 1.0))


@dataclass(slots=True)
class Run:
    """One training run in its folder: `state.pt` (everything needed to go on), `log.jsonl`."""

    folder: Path
    schedule: Schedule
    rank: int = 0
    world: int = 1

    def train(self, learner: nn.Module, losses_of: Callable[[random.Random, float], Losses]) -> None:
        """Train until the planned time is over.

        Args:
            learner: its parameters are trained.
            losses_of: the losses of one step, given the step's random generator, the same in all processes, and the
                fraction of time done.
        """
        torch.set_num_threads(1)
        parameters = [p for p in learner.parameters() if p.requires_grad]
        optimisers = self._optimisers(learner)
        average = torch.optim.swa_utils.AveragedModel(
            learner, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(self.schedule.ema), use_buffers=True
        )
        step, elapsed = self._resume(learner, optimisers, average)
        planned, saved_at, logged = self.schedule.minutes * 60, time.monotonic(), _Means()
        while elapsed < planned:
            began = time.monotonic()
            done = elapsed / planned
            for optimiser in optimisers:
                for group in optimiser.param_groups:
                    group["lr"] = self.schedule.lr(done)
            losses = losses_of(random.Random(f"{self.folder.name}/{step}"), done)
            learner.zero_grad()
            losses["loss"].backward()
            self._share_gradients(parameters)
            nn.utils.clip_grad_norm_(parameters, self.schedule.clip)
            for optimiser in optimisers:
                optimiser.step()
            average.update_parameters(learner)
            logged.add(losses)
            step += 1
            elapsed += self._slowest(time.monotonic() - began)
            if self.rank == 0 and step % 50 == 0:
                self._log(
                    {"step": step, "minutes": round(elapsed / 60, 2), "lr": self.schedule.lr(done), **logged.take()}
                )
            if self.rank == 0 and (time.monotonic() - saved_at > self.schedule.save_every_s or elapsed >= planned):
                self._save(learner, optimisers, average, step, elapsed)
                saved_at = time.monotonic()

    def _optimisers(self, learner: nn.Module) -> list[torch.optim.Optimizer]:
        """Muon for the matrices inside the layers, AdamW for everything else."""
        named = [(name, p) for name, p in learner.named_parameters() if p.requires_grad]
        matrices = {name for name, p in named if p.ndim == 2 and ("blocks." in name or "layers." in name)}
        lr, decay = self.schedule.peak_lr, self.schedule.weight_decay
        return [
            Muon([p for name, p in named if name in matrices], lr, decay),
            torch.optim.AdamW(
                [{"params": [p for name, p in named if name not in matrices and p.ndim > 1], "weight_decay": decay},
                 {"params": [p for _, p in named if p.ndim <= 1], "weight_decay": 0.0}],
                lr=lr, betas=(0.9, 0.98), fused=True,
            ),
        ]  # fmt: skip

    def _resume(
        self, learner: nn.Module, optimisers: list[torch.optim.Optimizer], average: nn.Module
    ) -> tuple[int, float]:
        path = self.folder / "state.pt"
        if not path.exists():
            return 0, 0.0
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
        unfinished = self.folder / "state.pt.part"
        state = {
            "learner": learner.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in optimisers],
            "average": average.state_dict(),
            "step": step,
            "elapsed": elapsed,
        }
        torch.save(state, unfinished)
        os.replace(unfinished, self.folder / "state.pt")

    def _log(self, record: dict[str, float]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(json.dumps({key: round(value, 5) for key, value in record.items()}) + "\n")

    def _share_gradients(self, parameters: list[nn.Parameter]) -> None:
        if self.world == 1:
            return
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.world
        for p, part in zip(parameters, flat.split([p.numel() for p in parameters]), strict=True):
            p.grad = part.view_as(p)

    def _slowest(self, seconds: float) -> float:
        """All processes must agree on the time, or they would stop at different steps."""
        if self.world == 1:
            return seconds
        slowest = torch.tensor(seconds)
        dist.all_reduce(slowest, op=dist.ReduceOp.MAX)
        return float(slowest)


class _Means:
    """Averages of the losses since the last line of the log."""

    def __init__(self) -> None:
        self._sums: dict[str, list[float]] = {}

    def add(self, losses: Losses) -> None:
        for name, value in losses.items():
            self._sums.setdefault(name, []).append(value.item())

    def take(self) -> dict[str, float]:
        means = {name: sum(values) / len(values) for name, values in self._sums.items()}
        self._sums.clear()
        return means
