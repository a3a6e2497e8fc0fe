"""A benchmark from the Hugging Face hub, as a local folder.

Only annotations and pictures are fetched. Archives of pictures are unpacked once, into the hub library's folder for
such things; the folder that comes back is the snapshot's, or that of the unpacked copy.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from huggingface_hub import cached_assets_path, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

from tasks.screenspot.boxes import BoxConvention
from tasks.screenspot.dataset import WHAT_CAN_BE_GIVEN, Dataset, read_dataset
from tasks.screenspot.formats import Language
from tasks.screenspot.items import DataError

HUB_ID: Final = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
PATTERNS: Final = ["*.json", "*.jsonl", "*.csv", "*.png", "*.jpg", "*.jpeg", "*.zip"]
UNPACKED: Final = "unpacked"
"""Written last into an unpacked copy: without it the copy is not whole."""


def load_dataset(
    source: str,
    language: Language = Language.EN,
    boxes: BoxConvention | None = None,
    revision: str | None = None,
) -> Dataset:
    """Read a benchmark from a folder, a file, or the hub.

    Args:
        source: a path, or `organisation/name` of a data set on the hub.
        language: which instructions are asked.
        boxes: what the boxes are, where a copy of a benchmark has them otherwise than the original.
        revision: branch, tag or commit on the hub.

    Raises:
        DataError: it is neither there nor can be fetched, or nothing of it can be asked.
    """
    path = Path(source)
    if path.exists() or not HUB_ID.fullmatch(source):
        if revision is not None:
            raise DataError(f"{source} is on this machine: a revision is only for data sets of the hub.")
        return read_dataset(path, language, boxes)
    snapshot = _fetched(source, revision)
    commit = snapshot.name
    dataset = read_dataset(_unpacked(snapshot, source, commit), language, boxes)
    return replace(dataset, source=source, revision=commit)


def _fetched(hub_id: str, revision: str | None) -> Path:
    try:
        return Path(snapshot_download(hub_id, repo_type="dataset", revision=revision, allow_patterns=PATTERNS))
    except RepositoryNotFoundError as error:
        raise DataError(
            f"There is no folder {hub_id!r}, and the Hugging Face hub has no public data set of that name. "
            f"{WHAT_CAN_BE_GIVEN}."
        ) from error
    except LocalEntryNotFoundError as error:
        raise DataError(
            f"{hub_id} is neither here nor downloaded yet, and the Hugging Face hub cannot be reached from here."
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise DataError(f"{hub_id} cannot be downloaded from the Hugging Face hub: {error}.") from error


def _unpacked(snapshot: Path, hub_id: str, commit: str) -> Path:
    """The snapshot itself, or a copy of it with its archives unpacked."""
    archives = sorted(snapshot.glob("*.zip"))
    if not archives:
        return snapshot
    copy = cached_assets_path("deixis", hub_id.replace("/", "--"), commit)
    if (copy / UNPACKED).exists():
        return copy
    try:
        for annotations in snapshot.rglob("*.json"):
            target = copy / annotations.relative_to(snapshot)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(annotations, target)
        for archive in archives:
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(copy)  # members that would leave the folder are put inside it
        (copy / UNPACKED).touch()
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"The pictures of {hub_id} cannot be unpacked into {copy}: {error}.") from error
    return copy
