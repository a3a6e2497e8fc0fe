"""Memory of a device: what can be had, and the most that was held."""

from __future__ import annotations

import sys

import psutil
import torch


def free_memory(device: torch.device) -> int:
    """Bytes that can be had on a device now."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available


def peak_memory(device: torch.device) -> int:
    """The most bytes that this process has held at a time on a device since it began."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
