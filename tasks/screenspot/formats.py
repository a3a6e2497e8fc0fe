"""The records of the published benchmarks, as they are distributed, and of one's own screens.

A record is read into a `Draft`; what its numbers mean in the picture is decided in `dataset`, where the picture is at
hand. Knows no file and no picture.

    ScreenSpot, ScreenSpot-V2   one JSON list a platform; bbox is x, y, width, height
    ScreenSpot-Pro              one JSON list an application; bbox is x1, y1, x2, y2; `instruction_cn`; a record with
                                `gt_type` "negative" asks for what is not there
    OSWorld-G, and refined      one JSON list; `box_coordinates` is x, y, width, height, or the corners of a polygon in
                                a row, or meaningless for a refusal
    own screens                 CSV or JSON lines: image, instruction, and left, top, right, bottom in pixels (JSON
                                lines also `polygon`: a list of points); without a place the thing is absent
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tasks.screenspot.boxes import BoxConvention, Quad
from tasks.screenspot.items import Absent, Benchmark, DataError, Polygon


class Language(StrEnum):
    """Which of a record's instructions is asked."""

    EN = "en"
    CN = "cn"


class Malformed(ValueError):
    """Raised when a record cannot be read. The message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A record that was read, but not yet held against its picture."""

    image: str
    """The picture's name, relative to the benchmark's folder of pictures."""
    instruction: str
    region: Quad | Polygon | Absent
    published_id: str | None = None
    stated_size: tuple[int, int] | None = None
    platform: str | None = None
    application: str | None = None
    groups: tuple[str, ...] = ()
    element: Literal["text", "icon"] | None = None
    language: str = "en"
    instruction_style: str = "instruction"


def _empty_as_none(value: object) -> object:
    """A CSV file has no other way to leave a field out."""
    return None if value == "" else value


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) else value


Text = Annotated[str, Field(min_length=1)]
Id = Annotated[str, BeforeValidator(_number_as_text)]
MaybeId = Annotated[str | None, BeforeValidator(lambda value: _empty_as_none(_number_as_text(value)))]
MaybeText = Annotated[str | None, BeforeValidator(_empty_as_none)]
MaybeNumber = Annotated[float | None, BeforeValidator(_empty_as_none)]
MaybeElement = Annotated[Literal["text", "icon"] | None, BeforeValidator(_empty_as_none)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class _ScreenSpotRecord(_Record):
    img_filename: Text
    instruction: Text
    bbox: Quad
    data_type: Literal["text", "icon"]
    data_source: str

    def draft(self, file: str) -> Draft:
        platform = next((name for name in ("mobile", "desktop", "web") if name in file.lower()), None)
        return Draft(
            self.img_filename,
            self.instruction,
            self.bbox,
            platform=platform,
            application=self.data_source,
            element=self.data_type,
        )


class _ProRecord(_Record):
    id: Id
    img_filename: Text
    bbox: Quad
    img_size: tuple[int, int]
    instruction: Text
    instruction_cn: MaybeText = None
    application: str
    platform: str
    ui_type: Literal["text", "icon"]
    group: str | None = None
    gt_type: Literal["positive", "negative"] = "positive"
    instruction_style: Literal["instruction", "action", "description"] = "instruction"

    def draft(self, language: Language) -> Draft:
        instruction = self.instruction if language is Language.EN else self.instruction_cn
        if instruction is None:
            raise Malformed("it has no instruction_cn")
        return Draft(
            self.img_filename,
            instruction,
            Absent() if self.gt_type == "negative" else self.bbox,
            published_id=self.id,
            stated_size=self.img_size,
            platform=self.platform,
            application=self.application,
            groups=(self.group,) if self.group else (),
            element=self.ui_type,
            language=language.value,
            instruction_style=self.instruction_style,
        )


class _OSWorldGRecord(_Record):
    id: Id
    image_path: Text
    image_size: tuple[int, int]
    instruction: Text
    box_type: Literal["bbox", "polygon", "refusal"]
    box_coordinates: tuple[float, ...]

    def draft(self, groups: tuple[str, ...]) -> Draft:
        return Draft(
            self.image_path,
            self.instruction,
            self._region(),
            published_id=self.id,
            stated_size=self.image_size,
            groups=groups,
        )

    def _region(self) -> Quad | Polygon | Absent:
        numbers = self.box_coordinates
        if self.box_type == "refusal":
            return Absent()
        if self.box_type == "polygon":
            if len(numbers) < 6 or len(numbers) % 2:
                raise Malformed(f"a polygon of {len(numbers)} numbers is not a list of at least three points")
            return Polygon(vertices=tuple(zip(numbers[::2], numbers[1::2], strict=True)))
        if len(numbers) != 4:
            raise Malformed(f"its box has {len(numbers)} numbers, not 4")
        x, y, width, height = numbers
        return x, y, width, height


class _OwnRecord(_Record):
    image: Text
    instruction: Text
    left: MaybeNumber = None
    top: MaybeNumber = None
    right: MaybeNumber = None
    bottom: MaybeNumber = None
    polygon: tuple[tuple[float, float], ...] | None = None
    id: MaybeId = None
    platform: MaybeText = None
    application: MaybeText = None
    group: MaybeText = None
    element: MaybeElement = None
    language: MaybeText = None

    def draft(self) -> Draft:
        return Draft(
            self.image,
            self.instruction,
            self._region(),
            published_id=self.id,
            platform=self.platform,
            application=self.application,
            groups=(self.group,) if self.group else (),
            element=self.element,
            language=self.language or "en",
        )

    def _region(self) -> Quad | Polygon | Absent:
        match self.left, self.top, self.right, self.bottom, self.polygon:
            case None, None, None, None, None:
                return Absent()
            case None, None, None, None, tuple(vertices) if len(vertices) >= 3:
                return Polygon(vertices=vertices)
            case float(left), float(top), float(right), float(bottom), None:
                return left, top, right, bottom
            case _:
                raise Malformed("its place must be left, top, right and bottom, or a polygon of three points or more")


CONVENTIONS: Final = {
    Benchmark.SCREENSPOT: BoxConvention.XYWH,
    Benchmark.SCREENSPOT_V2: BoxConvention.XYWH,
    Benchmark.SCREENSPOT_PRO: BoxConvention.XYXY,
    Benchmark.OSWORLD_G: BoxConvention.XYWH,
    Benchmark.OSWORLD_G_REFINED: BoxConvention.XYWH,
    Benchmark.OWN: BoxConvention.XYXY,
}
"""What the formats say their boxes are."""


def recognise(record: object, file: str) -> Benchmark | None:
    """Which benchmark a record is of, by its keys and by the name of its file; None for something else."""
    if not isinstance(record, Mapping):
        return None
    if "box_type" in record:
        return Benchmark.OSWORLD_G_REFINED if "refined" in file.lower() else Benchmark.OSWORLD_G
    if "img_size" in record and "ui_type" in record:
        return Benchmark.SCREENSPOT_PRO
    if "img_filename" in record and "data_type" in record:
        return Benchmark.SCREENSPOT_V2 if "v2" in file.lower() else Benchmark.SCREENSPOT
    return None


def reader(
    benchmark: Benchmark, file: str, language: Language, groups: Mapping[str, tuple[str, ...]]
) -> Callable[[object], Draft]:
    """What reads the records of one annotation file.

    Args:
        benchmark: whose format they have.
        file: the file's name without its ending: ScreenSpot tells the platform there.
        language: which instruction is asked; only ScreenSpot-Pro has two.
        groups: of OSWorld-G, by an item's id.

    Returns:
        A function that raises `Malformed` for a record that cannot be read.

    Raises:
        DataError: the benchmark has no instructions in that language.
    """
    if language is not Language.EN and benchmark is not Benchmark.SCREENSPOT_PRO:
        raise DataError(f"{benchmark} has no instructions in {language.name}; only ScreenSpot-Pro has.")

    def read(record: object) -> Draft:
        try:
            match benchmark:
                case Benchmark.SCREENSPOT | Benchmark.SCREENSPOT_V2:
                    return _ScreenSpotRecord.model_validate(record).draft(file)
                case Benchmark.SCREENSPOT_PRO:
                    return _ProRecord.model_validate(record).draft(language)
                case Benchmark.OSWORLD_G | Benchmark.OSWORLD_G_REFINED:
                    read_record = _OSWorldGRecord.model_validate(record)
                    return read_record.draft(groups.get(read_record.id, ("unclassified",)))
                case Benchmark.OWN:
                    return _OwnRecord.model_validate(record).draft()
        except ValidationError as error:
            raise Malformed(_said(error)) from None

    return read


def _said(error: ValidationError) -> str:
    """The first thing that is wrong, in a few words."""
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
