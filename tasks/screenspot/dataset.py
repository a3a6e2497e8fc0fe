"""A benchmark on disk: its annotation files, its pictures, and whether the two fit together.

Every record either becomes an item or is left out by name, with the reason; only what makes the whole benchmark
unusable is an error.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel, ConfigDict

from tasks.screenspot.boxes import BoxConvention, NoBox, check_convention, to_box
from tasks.screenspot.formats import CONVENTIONS, Draft, Language, Malformed, reader, recognise
from tasks.screenspot.items import Benchmark, DataError, Item

ANNOTATION_FOLDERS: Final = (".", "annotations", "metadata", "benchmark")
"""Where the benchmarks have their JSON files."""
IMAGE_FOLDERS: Final = (".", "images", "screenspot_imgs", "screenspotv2_image", "benchmark/images")
CLASSIFICATION: Final = "classification_result.json"
"""OSWorld-G's groups, beside its annotations."""
OWN_ENDINGS: Final = (".csv", ".jsonl")
WHAT_CAN_BE_GIVEN: Final = (
    "Give the folder of ScreenSpot, ScreenSpot-V2, ScreenSpot-Pro or OSWorld-G, one of their JSON files, a CSV or JSONL"
    " file of your own screens, or the id of such a data set on the Hugging Face hub"
)


class LeftOut(BaseModel):
    """A record that is not asked."""

    model_config = ConfigDict(frozen=True)

    record: str
    """The annotation file and the record's number in it, from 1."""
    reason: Literal["missing image", "malformed"]
    detail: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A benchmark, ready to be asked."""

    benchmark: Benchmark
    source: str
    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]
    sha256: str
    """Of the annotation files, names and contents."""
    language: Language = Language.EN
    revision: str | None = None
    """The commit, where it came from the hub."""


def read_dataset(source: Path, language: Language = Language.EN, boxes: BoxConvention | None = None) -> Dataset:
    """Read a benchmark from a folder or from one of its annotation files.

    Args:
        source: the folder as it is distributed, with archives unpacked, or one file.
        language: which instructions are asked.
        boxes: what the boxes are, where a copy of a benchmark has them otherwise than the original.

    Raises:
        DataError: there is no benchmark, or nothing of it can be asked.
        WrongBoxConvention: the boxes fit the pictures only when read in another way.
    """
    files = _annotation_files(source)
    benchmark = _the_one_benchmark(source, files)
    root = source if source.is_dir() else source.parent
    groups = _classification(files)
    pictures = _Pictures(root if root.name not in ANNOTATION_FOLDERS[1:] else root.parent, root)
    drafts: list[_Placed] = []
    left_out: list[LeftOut] = []
    for file in files:
        read = reader(benchmark, file.path.stem, language, groups)
        for number, record in enumerate(file.records, start=1):
            name = f"{file.path.name} {number}"
            try:
                drafts.append(_placed(read(record), name, file.path.stem, pictures))
            except Malformed as error:
                left_out.append(LeftOut(record=name, reason="malformed", detail=f"{error}"))
            except _MissingImage as error:
                left_out.append(LeftOut(record=name, reason="missing image", detail=f"{error}"))
    items = _items(drafts, benchmark, boxes or CONVENTIONS[benchmark], source, left_out)
    if not items:
        raise DataError(_nothing_to_ask(source, left_out, root))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.path.name}\0{len(file.content)}\0".encode() + file.content)
    return Dataset(benchmark, str(source), tuple(items), tuple(left_out), digest.hexdigest(), language)


@dataclass(frozen=True, slots=True)
class _AnnotationFile:
    path: Path
    content: bytes
    records: Sequence[object]
    benchmark: Benchmark


class _MissingImage(Exception):
    """A record's picture is not there."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A draft with its picture."""

    draft: Draft
    name: str
    file: str
    image: Path
    size: tuple[int, int]


class _Pictures:
    """The benchmark's pictures by name, and their sizes, each looked up once."""

    def __init__(self, *roots: Path) -> None:
        self._folders = [folder for root in roots for name in IMAGE_FOLDERS if (folder := root / name).is_dir()]
        self._found: dict[str, tuple[Path, tuple[int, int]]] = {}

    def find(self, name: str) -> tuple[Path, tuple[int, int]]:
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _look_up(self, name: str) -> tuple[Path, tuple[int, int]]:
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts:
            raise Malformed(f"its image {name!r} lies outside the benchmark's folder")
        path = next((path for folder in self._folders if (path := folder / relative).is_file()), None)
        if path is None:
            raise _MissingImage(name)
        try:
            with Image.open(path) as image:  # reads the header only
                return path, image.size
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            raise Malformed(f"its image {name} is not a picture that can be read") from None


def _annotation_files(source: Path) -> list[_AnnotationFile]:
    if source.is_file():
        paths = [source]
    elif source.is_dir():
        paths = sorted(path for name in ANNOTATION_FOLDERS for path in (source / name).glob("*.json"))
        paths += sorted(path for ending in OWN_ENDINGS for path in source.glob(f"*{ending}"))
    else:
        raise DataError(f"There is no {source}. {WHAT_CAN_BE_GIVEN}.")
    files = [read for path in paths if (read := _read_file(path, strict=source.is_file())) is not None]
    if not files:
        raise DataError(f"{source} holds no benchmark that is known here. {WHAT_CAN_BE_GIVEN}.")
    return files


def _read_file(path: Path, strict: bool) -> _AnnotationFile | None:
    """An annotation file; None where a folder merely also holds some other file."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
        if path.suffix == ".csv":
            records: object = list(csv.DictReader(io.StringIO(text, newline="")))
        elif path.suffix == ".jsonl":
            records = [_json_or_text(line) for line in text.split("\n") if line.strip()]
        else:
            records = json.loads(text)
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}.") from error
    if not isinstance(records, list) or not records:
        if strict:
            raise DataError(f"{path} is not a list of records. {WHAT_CAN_BE_GIVEN}.")
        return None
    benchmark = Benchmark.OWN if path.suffix in OWN_ENDINGS else _recognised(records, path.stem)
    if benchmark is None:
        if strict:
            raise DataError(f"The records of {path} are of no format that is known here. {WHAT_CAN_BE_GIVEN}.")
        return None
    return _AnnotationFile(path, content, records, benchmark)


def _recognised(records: Sequence[object], file: str) -> Benchmark | None:
    """What most records are; a single malformed one does not hide the rest."""
    kinds = Counter(kind for record in records if (kind := recognise(record, file)) is not None)
    return kinds.most_common(1)[0][0] if kinds else None


def _json_or_text(line: str) -> object:
    """A line that is not JSON is a record that cannot be read, not a file that cannot."""
    try:
        return json.loads(line)
    except ValueError:
        return line


def _the_one_benchmark(source: Path, files: Sequence[_AnnotationFile]) -> Benchmark:
    kinds = sorted({file.benchmark for file in files})
    if len(kinds) > 1:
        raise DataError(
            f"{source} holds several benchmarks ({', '.join(kinds)}): give one of the files "
            f"{', '.join(file.path.name for file in files)}."
        )
    return kinds[0]


def _classification(files: Sequence[_AnnotationFile]) -> Mapping[str, tuple[str, ...]]:
    """OSWorld-G's groups by an item's id: {"classified": {group: [{"id": ...}, ...]}}."""
    groups: dict[str, tuple[str, ...]] = {}
    for path in {file.path.parent / CLASSIFICATION for file in files}:
        if not path.is_file():
            continue
        try:
            classified = _Classification.model_validate_json(path.read_bytes()).classified
        except (OSError, ValueError) as error:
            raise DataError(f"{path} is not OSWorld-G's classification of its items.") from error
        for group, members in classified.items():
            for member in members:
                groups[member.id] = (*groups.get(member.id, ()), group)
    return groups


class _Member(BaseModel):
    id: str


class _Classification(BaseModel):
    classified: dict[str, list[_Member]]


def _placed(draft: Draft, name: str, file: str, pictures: _Pictures) -> _Placed:
    image, size = pictures.find(draft.image)
    if draft.stated_size is not None and draft.stated_size != size:
        width, height = draft.stated_size
        raise Malformed(f"it says its image is {width}x{height}, but {draft.image} is {size[0]}x{size[1]}")
    return _Placed(draft, name, file, image, size)


def _items(
    placed: Sequence[_Placed],
    benchmark: Benchmark,
    convention: BoxConvention,
    source: Path,
    left_out: list[LeftOut],
) -> list[Item]:
    drawn = [(each.draft.region, each.size) for each in placed if isinstance(each.draft.region, tuple)]
    check_convention(drawn, convention, f"{benchmark} in {source}")
    items: list[Item] = []
    seen: set[str] = set()
    for each in placed:
        try:
            region = each.draft.region
            target = to_box(region, convention, each.size) if isinstance(region, tuple) else region
            identity = each.draft.published_id or each.name
            if identity in seen:
                raise Malformed(f"an item with the id {identity} came before")
        except (Malformed, NoBox) as error:
            left_out.append(LeftOut(record=each.name, reason="malformed", detail=f"{error}"))
            continue
        seen.add(identity)
        draft = each.draft
        items.append(
            Item(
                id=identity,
                published_id=draft.published_id or identity,
                position=len(items),
                benchmark=benchmark,
                file=each.file,
                image=each.image,
                image_size=each.size,
                instruction=draft.instruction,
                target=target,
                platform=draft.platform,
                application=draft.application,
                groups=draft.groups,
                element=draft.element,
                language=draft.language,
                instruction_style=draft.instruction_style,
            )
        )
    return items


def _nothing_to_ask(source: Path, left_out: Sequence[LeftOut], root: Path) -> str:
    archives = sorted(path.name for pattern in ("*.zip", "*.tar") for path in root.glob(pattern))
    first = left_out[0]
    advice = f" Unpack {' and '.join(archives)} first." if archives and first.reason == "missing image" else ""
    return (
        f"None of the {len(left_out)} records of {source} can be asked; "
        f"the first, {first.record}: {first.reason}, {first.detail}.{advice}"
    )
