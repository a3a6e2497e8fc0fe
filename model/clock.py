"""Time for the record of a generation's phases."""

from __future__ import annotations

import time

import torch


def seconds(device: torch.device) -> float:
    """Seconds of a monotonic clock, read when the device has done all it was given: a GPU works behind our back."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
