"""The published formats are read as they are; what does not fit is named, or refused as a whole."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tasks.screenspot import hub
from tasks.screenspot.boxes import BoxConvention
from tasks.screenspot.dataset import read_dataset
from tasks.screenspot.formats import Language
from tasks.screenspot.items import Absent, Benchmark, Box, DataError, Polygon, WrongBoxConvention


def changed(source: Path, target: Path, file: str, change: Callable[[list[dict[str, object]]], None]) -> Path:
    """A copy of a benchmark with other records in one file."""
    shutil.copytree(source, target)
    records = json.loads((target / file).read_text())
    change(records)
    (target / file).write_text(json.dumps(records))
    return target


@pytest.mark.parametrize(
    ("folder", "benchmark", "asked", "left_out"),
    [
        ("v1", Benchmark.SCREENSPOT, 6, 2),
        ("v2", Benchmark.SCREENSPOT_V2, 6, 2),
        ("pro", Benchmark.SCREENSPOT_PRO, 7, 1),
        ("osworld_g", Benchmark.OSWORLD_G, 8, 1),
        ("refined", Benchmark.OSWORLD_G_REFINED, 8, 1),
        ("own", Benchmark.OWN, 2, 2),
    ],
)
def test_each_format_is_recognised(
    benchmarks: Path, folder: str, benchmark: Benchmark, asked: int, left_out: int
) -> None:
    dataset = read_dataset(benchmarks / folder)
    assert dataset.benchmark is benchmark
    assert (len(dataset.items), len(dataset.left_out)) == (asked, left_out)
    assert [item.position for item in dataset.items] == list(range(asked))


def test_screenspot_boxes_are_x_y_width_height(benchmarks: Path) -> None:
    item = read_dataset(benchmarks / "v2").items[0]
    assert item.target == Box(left=20, top=10, right=80, bottom=30)
    assert (item.platform, item.application, item.element) == ("desktop", "windows", "text")
    assert item.image_size == (200, 100)


def test_pro_boxes_are_two_corners_and_negatives_have_no_place(benchmarks: Path) -> None:
    by_instruction = {item.instruction: item for item in read_dataset(benchmarks / "pro").items}
    assert by_instruction["corner"].target == Box(left=100, top=50, right=200, bottom=100)
    assert by_instruction["unicorn"].target == Absent()
    assert by_instruction["cell"].groups == ("Office",)


def test_pro_can_be_asked_in_chinese(benchmarks: Path) -> None:
    items = read_dataset(benchmarks / "pro", Language.CN).items
    assert {item.language for item in items} == {"cn"}
    assert "corner (cn)" in {item.instruction for item in items}
    with pytest.raises(DataError, match="only ScreenSpot-Pro"):
        read_dataset(benchmarks / "v2", Language.CN)


def test_osworld_g_has_polygons_refusals_and_several_groups(benchmarks: Path) -> None:
    by_id = {item.id: item for item in read_dataset(benchmarks / "osworld_g").items}
    assert by_id["os-1"].target == Box(left=50, top=50, right=75, bottom=75)
    assert by_id["os-2"].target == Polygon(vertices=((20, 20), (60, 20), (60, 60), (20, 60)))
    assert by_id["os-6"].target == Absent()
    assert by_id["os-1"].groups == ("text_matching", "layout")
    assert by_id["os-9"].groups == ("unclassified",)


def test_what_cannot_be_asked_is_named(benchmarks: Path) -> None:
    left_out = {each.record: each for each in read_dataset(benchmarks / "v1").left_out}
    assert left_out["screenspot_mobile.json 2"].reason == "missing image"
    assert left_out["screenspot_mobile.json 2"].detail == "gone.png"
    assert left_out["screenspot_mobile.json 3"].reason == "malformed"
    assert "bbox" in left_out["screenspot_mobile.json 3"].detail
    (other_size,) = read_dataset(benchmarks / "pro").left_out
    assert "800x400, but app/big.png is 400x200" in other_size.detail
    (polygon,) = read_dataset(benchmarks / "osworld_g").left_out
    assert "at least three points" in polygon.detail
    assert {each.reason for each in read_dataset(benchmarks / "own").left_out} == {"missing image", "malformed"}


@pytest.mark.parametrize(
    ("bbox", "why"),
    [
        ([100, 50, 300, 90], "fits its image only as xyxy"),
        ([10, 10, 0, 5], "is empty"),
        ([500, 500, 5, 5], "is not on its image"),
        ([0.1, 0.1, 0.5, 0.5], "fractions of the image"),
        ([1, 2, 3], "bbox"),
        ([1, 2, 3, "wide"], "bbox.3"),
        ([1, 2, 3, None], "bbox.3"),
    ],
)
def test_a_single_wrong_box_is_left_out(benchmarks: Path, tmp_path: Path, bbox: list[object], why: str) -> None:
    def change(records: list[dict[str, object]]) -> None:
        records[0]["bbox"] = bbox
        records[0]["img_filename"] = "wide.png"

    folder = changed(benchmarks / "v2", tmp_path / "copy", "screenspot_desktop_v2.json", change)
    Image.new("RGB", (320, 100)).save(folder / "screenspotv2_image" / "wide.png")
    dataset = read_dataset(folder)
    assert any(why in each.detail for each in dataset.left_out if each.record == "screenspot_desktop_v2.json 1")
    assert "inside" not in {item.instruction for item in dataset.items}


def test_a_box_that_sticks_out_is_scored_as_it_is(benchmarks: Path, tmp_path: Path) -> None:
    def change(records: list[dict[str, object]]) -> None:
        records[0]["bbox"] = [150, 60, 53, 30]

    folder = changed(benchmarks / "v2", tmp_path / "copy", "screenspot_desktop_v2.json", change)
    assert read_dataset(folder).items[0].target == Box(left=150, top=60, right=203, bottom=90)


def test_corners_in_place_of_sizes_are_refused_and_can_be_declared(benchmarks: Path, tmp_path: Path) -> None:
    def change(records: list[dict[str, object]]) -> None:
        for record in records:
            x, y, width, height = record["bbox"]  # type: ignore[misc]
            record["bbox"] = [x, y, x + width, y + height]

    folder = changed(benchmarks / "v2", tmp_path / "copy", "screenspot_desktop_v2.json", change)
    (folder / "screenspot_mobile_v2.json").unlink()
    with pytest.raises(WrongBoxConvention, match=r"only as xyxy.*--boxes xyxy"):
        read_dataset(folder)
    assert read_dataset(folder, boxes=BoxConvention.XYXY).items[0].target == Box(left=20, top=10, right=80, bottom=30)


def test_sizes_in_place_of_corners_are_refused(benchmarks: Path, tmp_path: Path) -> None:
    def change(records: list[dict[str, object]]) -> None:
        for record in records:
            x, y, right, bottom = record["bbox"]  # type: ignore[misc]
            record["bbox"] = [x, y, right - x, bottom - y]

    folder = changed(benchmarks / "pro", tmp_path / "copy", "annotations/excel_windows.json", change)
    (folder / "annotations" / "vscode_linux.json").unlink()
    with pytest.raises(WrongBoxConvention, match="3 fit their images only as xywh, 0 only as xyxy"):
        read_dataset(folder)


def test_fractions_are_refused(benchmarks: Path, tmp_path: Path) -> None:
    def change(records: list[dict[str, object]]) -> None:
        for record in records:
            record["bbox"] = [0.1, 0.2, 0.3, 0.4]

    folder = changed(benchmarks / "v2", tmp_path / "copy", "screenspot_desktop_v2.json", change)
    with pytest.raises(WrongBoxConvention, match="fractions"):
        read_dataset(folder)


@pytest.mark.parametrize("name", ["/etc/passwd", "../v1/screenspot_imgs/pc.png"])
def test_pictures_outside_the_folder_are_not_opened(benchmarks: Path, tmp_path: Path, name: str) -> None:
    def change(records: list[dict[str, object]]) -> None:
        records[0]["img_filename"] = name

    folder = changed(benchmarks / "v2", tmp_path / "copy", "screenspot_desktop_v2.json", change)
    assert any("outside the benchmark's folder" in each.detail for each in read_dataset(folder).left_out)


def test_an_id_that_comes_twice_is_asked_once(benchmarks: Path, tmp_path: Path) -> None:
    def change(records: list[dict[str, object]]) -> None:
        records.append(dict(records[0]))

    folder = changed(benchmarks / "osworld_g", tmp_path / "copy", "OSWorld-G.json", change)
    dataset = read_dataset(folder)
    assert len(dataset.items) == 8
    assert any("came before" in each.detail for each in dataset.left_out)


def test_a_folder_with_two_benchmarks_asks_for_one_file(benchmarks: Path, tmp_path: Path) -> None:
    shutil.copytree(benchmarks / "osworld_g", tmp_path / "both")
    shutil.copy(benchmarks / "refined" / "OSWorld-G_refined.json", tmp_path / "both")
    with pytest.raises(DataError, match="several benchmarks"):
        read_dataset(tmp_path / "both")
    dataset = read_dataset(tmp_path / "both" / "OSWorld-G_refined.json")
    assert dataset.benchmark is Benchmark.OSWORLD_G_REFINED
    assert len(dataset.items) == 8


def test_one_annotation_file_of_pro_finds_its_pictures(benchmarks: Path) -> None:
    assert len(read_dataset(benchmarks / "pro" / "annotations" / "excel_windows.json").items) == 3


def test_own_screens_as_json_lines(benchmarks: Path, tmp_path: Path) -> None:
    shutil.copytree(benchmarks / "own" / "shots", tmp_path / "shots")
    lines = [
        '{"id": 7, "image": "shots/mine.png", "instruction": "a", "left": 1, "top": 2, "right": 3, "bottom": 4}',
        '{"image": "shots/mine.png", "instruction": "b", "polygon": [[0, 0], [9, 0], [0, 9]]}',
        "not JSON",
        '{"image": "shots/mine.png", "instruction": "c", "polygon": [[0, 0]]}',
        '{"image": "shots/mine.png", "instruction": "d"}',
    ]
    (tmp_path / "screens.jsonl").write_text("\n".join(lines))
    dataset = read_dataset(tmp_path / "screens.jsonl")
    assert [item.target for item in dataset.items] == [
        Box(left=1, top=2, right=3, bottom=4),
        Polygon(vertices=((0, 0), (9, 0), (0, 9))),
        Absent(),
    ]
    assert dataset.items[0].id == "7"
    assert [each.record for each in dataset.left_out] == ["screens.jsonl 3", "screens.jsonl 4"]


@pytest.mark.parametrize(
    ("content", "why"),
    [("{", "cannot be read"), ("[]", "not a list of records"), ('[{"a": 1}]', "no format that is known here")],
)
def test_files_that_are_no_benchmark(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "file.json").write_text(content)
    with pytest.raises(DataError, match=why):
        read_dataset(tmp_path / "file.json")


def test_folders_that_are_no_benchmark(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "something"}')
    with pytest.raises(DataError, match="holds no benchmark"):
        read_dataset(tmp_path)
    with pytest.raises(DataError, match="There is no"):
        read_dataset(tmp_path / "nowhere")


def test_pictures_still_in_an_archive(benchmarks: Path, tmp_path: Path) -> None:
    shutil.copy(benchmarks / "v2" / "screenspot_desktop_v2.json", tmp_path)
    (tmp_path / "screenspotv2_image.zip").touch()
    with pytest.raises(DataError, match=r"Unpack screenspotv2_image\.zip first"):
        read_dataset(tmp_path)


def test_the_hash_is_that_of_the_annotations(benchmarks: Path, tmp_path: Path) -> None:
    shutil.copytree(benchmarks / "v2", tmp_path / "same")
    folder = changed(
        benchmarks / "v2", tmp_path / "other", "screenspot_desktop_v2.json", lambda records: records[0].update(x=1)
    )
    original = read_dataset(benchmarks / "v2").sha256
    assert read_dataset(tmp_path / "same").sha256 == original
    assert read_dataset(folder).sha256 != original


def test_a_data_set_of_the_hub_is_unpacked_once_and_its_commit_known(
    benchmarks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = tmp_path / "snapshots" / "0123abc"
    snapshot.mkdir(parents=True)
    for file in (benchmarks / "v2").glob("*.json"):
        shutil.copy(file, snapshot)
    with zipfile.ZipFile(snapshot / "screenspotv2_image.zip", "w") as archive:
        for file in (benchmarks / "v2" / "screenspotv2_image").iterdir():
            archive.write(file, f"screenspotv2_image/{file.name}")
    asked: list[tuple[object, ...]] = []

    def fetch(repo_id: str, *, repo_type: str, revision: str | None, allow_patterns: list[str]) -> str:
        asked.append((repo_id, repo_type, revision))
        return str(snapshot)

    monkeypatch.setattr(hub, "snapshot_download", fetch)
    monkeypatch.setattr(hub, "cached_assets_path", lambda *names: _folder(tmp_path / "assets" / "-".join(names)))
    dataset = hub.load_dataset("OS-Copilot/ScreenSpot-v2", revision="main")
    assert asked == [("OS-Copilot/ScreenSpot-v2", "dataset", "main")]
    assert (dataset.source, dataset.revision) == ("OS-Copilot/ScreenSpot-v2", "0123abc")
    assert dataset.sha256 == read_dataset(benchmarks / "v2").sha256
    assert len(dataset.items) == 6
    (snapshot / "screenspotv2_image.zip").write_bytes(b"not read again")
    assert len(hub.load_dataset("OS-Copilot/ScreenSpot-v2").items) == 6


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def test_a_revision_is_for_the_hub_only(benchmarks: Path) -> None:
    with pytest.raises(DataError, match="only for data sets of the hub"):
        hub.load_dataset(str(benchmarks / "v2"), revision="main")
