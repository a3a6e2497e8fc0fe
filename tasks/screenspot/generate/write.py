"""A generated grounding benchmark, in ScreenSpot-V2's format."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tasks.screenspot.generate.shots import Control, Shot, drawn
from tasks.screenspot.items import DataError

IMAGES: Final = "screenspotv2_image"
MOST: Final = {"web": 10, "desktop": 6}
"""Questions about one screenshot, by platform."""


def write(folder: Path, platform: str, shots: Iterable[Shot]) -> int:
    """Write the pictures of a platform and its list of questions.

    Args:
        folder: of the benchmark.
        platform: one of `MOST`.
        shots: each with a name of its own.

    Returns:
        How many questions there are.

    Raises:
        DataError: the folder has such a list already, or cannot be written.
    """
    questions = folder / f"screenspot_{platform}_v2.json"
    if questions.exists():
        raise DataError(f"There is a benchmark in {folder} already: name a new folder.")
    records: list[dict[str, object]] = []
    try:
        (folder / IMAGES).mkdir(parents=True, exist_ok=True)
        for shot in shots:
            image = f"{platform}_{shot.name}.png"
            shot.picture.save(folder / IMAGES / image)
            chosen = drawn(random.Random(shot.name), shot, MOST[platform])
            records += [_record(image, shot.source, control) for control in chosen]
        questions.write_text(json.dumps(records, indent=1, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise DataError(f"The benchmark cannot be written: {error}") from error
    return len(records)


def _record(image: str, source: str, control: Control) -> dict[str, object]:
    return {
        "img_filename": image,
        "bbox": [round(side, 2) for side in control.box],
        "instruction": control.instruction,
        "data_type": control.element,
        "data_source": source,
    }
