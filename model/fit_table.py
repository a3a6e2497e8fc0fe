"""What a model takes of memory, as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from model.fit import CONTEXT_TOKENS, GIB, Need


def fit_table(possible: Sequence[Need], free: int, choice: Need | None) -> Table:
    """One row a precision.

    Args:
        possible: what the model takes in each.
        free: bytes that can be had.
        choice: the one that is the default, if any fits.
    """
    table = Table("", "weights", f"{CONTEXT_TOKENS // 1024}k tokens", "pictures", "together", "fits")
    for need in possible:
        sizes = (f"{size / GIB:.2f} GiB" for size in (need.weights, need.cache, need.pictures, need.total))
        fits = "no" if need.total > free else "default" if need is choice else "yes"
        table.add_row(need.precision, *sizes, fits)
    return table
