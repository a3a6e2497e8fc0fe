"""The five published formats in small, with pictures, made here; and models whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from PIL import Image

from model.fake import ScriptedModel
from model.messages import Message
from model.nano.prompts import NOT_HERE, answer_text

NOT_THERE = answer_text("Look for it", NOT_HERE)
NONSENSE = "I would rather not say."


def at(x: float, y: float) -> str:
    """An answer that points at a place, in fractions of the picture."""
    return answer_text("Click it", f"pyautogui.click(x={x}, y={y})")


def picture(path: Path, size: tuple[int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (90, 120, 150)).save(path)


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def seeclick(image: str, instruction: str, bbox: Sequence[float], data_type: str, source: str) -> dict[str, object]:
    return {
        "img_filename": image,
        "instruction": instruction,
        "bbox": bbox,
        "data_type": data_type,
        "data_source": source,
    }


def screenspot(root: Path, ending: str, images: str) -> Path:
    """Both ScreenSpots; boxes are x, y, width, height."""
    picture(root / images / "pc.png", (200, 100))
    picture(root / images / "phone.png", (100, 200))
    write_json(
        root / f"screenspot_desktop{ending}.json",
        [
            seeclick("pc.png", "inside", [20, 10, 60, 20], "text", "windows"),
            seeclick("pc.png", "left edge", [50, 40, 20, 20], "icon", "windows"),
            seeclick("pc.png", "right edge", [50, 40, 50, 20], "icon", "macos"),
            seeclick("pc.png", "beside", [150, 60, 40, 30], "text", "macos"),
        ],
    )
    write_json(
        root / f"screenspot_mobile{ending}.json",
        [
            seeclick("phone.png", "nonsense", [10, 10, 20, 20], "text", "ios"),
            seeclick("gone.png", "no picture", [10, 10, 20, 20], "text", "ios"),
            {"img_filename": "phone.png", "instruction": "no box", "data_type": "text", "data_source": "ios"},
            seeclick("phone.png", "not there, it says", [60, 150, 30, 40], "icon", "android"),
        ],
    )
    return root


SCREENSPOT_ANSWERS = {
    "inside": at(0.2, 0.2),
    "left edge": at(0.25, 0.5),
    "right edge": at(0.5, 0.5),
    "beside": at(0.74, 0.75),
    "nonsense": NONSENSE,
    "not there, it says": NOT_THERE,
}


def pro_record(number: int, instruction: str, bbox: Sequence[float], ui_type: str, **more: object) -> dict[str, object]:
    return {
        "id": f"app_{number}",
        "img_filename": "app/big.png",
        "bbox": bbox,
        "instruction": instruction,
        "instruction_cn": f"{instruction} (cn)",
        "application": "vscode",
        "platform": "linux",
        "img_size": [400, 200],
        "ui_type": ui_type,
        "group": "Dev",
        **more,
    }


def screenspot_pro(root: Path) -> Path:
    """Boxes are two corners; one record is negative."""
    picture(root / "images" / "app" / "big.png", (400, 200))
    write_json(
        root / "annotations" / "vscode_linux.json",
        [
            pro_record(1, "corner", [100, 50, 200, 100], "text"),
            pro_record(2, "just outside", [100, 50, 200, 100], "icon"),
            pro_record(3, "unicorn", [0, 0, 1, 1], "icon", gt_type="negative"),
            pro_record(4, "dragon", [0, 0, 1, 1], "icon", gt_type="negative"),
            pro_record(5, "other size", [1, 1, 9, 9], "icon", img_size=[800, 400]),
        ],
    )
    excel = {"application": "excel", "platform": "windows", "group": "Office"}
    write_json(
        root / "annotations" / "excel_windows.json",
        [
            pro_record(6, "cell", [300, 150, 400, 200], "text", **excel),
            pro_record(7, "missed cell", [300, 150, 400, 200], "text", **excel),
            pro_record(8, "mute", [300, 150, 400, 200], "icon", **excel),
        ],
    )
    return root


PRO_ANSWERS = {
    "corner": at(0.5, 0.5),
    "just outside": at(0.501, 0.5),
    "unicorn": NOT_THERE,
    "dragon": at(0.1, 0.1),
    "cell": at(0.9, 0.9),
    "missed cell": NOT_THERE,
    "mute": NONSENSE,
}


def osworld_g(root: Path, name: str) -> Path:
    """Boxes are x, y, width, height; polygons are flat lists; refusals have no place."""
    picture(root / "images" / "desk.png", (100, 100))

    def record(number: int, instruction: str, box_type: str, numbers: Sequence[float]) -> dict[str, object]:
        return {
            "id": f"os-{number}",
            "image_path": "desk.png",
            "image_size": [100, 100],
            "instruction": instruction,
            "GUI_types": ["Button"],
            "box_type": box_type,
            "box_coordinates": numbers,
        }

    square = [20, 20, 60, 20, 60, 60, 20, 60]
    hook = [10, 10, 90, 10, 90, 90, 50, 90, 50, 50, 10, 50]
    write_json(
        root / f"{name}.json",
        [
            record(1, "box border", "bbox", [50, 50, 25, 25]),
            record(2, "polygon left edge", "polygon", square),
            record(3, "polygon right edge", "polygon", square),
            record(4, "hook", "polygon", hook),
            record(5, "notch of the hook", "polygon", hook),
            record(6, "refused", "refusal", [-1, -1, -1, -1]),
            record(7, "not refused", "refusal", [-1, -1, -1, -1]),
            record(8, "two corners", "polygon", [1, 1, 2, 2]),
            record(9, "refused too often", "bbox", [50, 50, 25, 25]),
        ],
    )
    write_json(
        root / "classification_result.json",
        {
            "classified": {
                "text_matching": [{"id": "os-1"}, {"id": "os-2"}],
                "layout": [{"id": "os-1"}, {"id": "os-4"}],
                "refusal": [{"id": "os-6"}, {"id": "os-7"}],
            }
        },
    )
    return root


OSWORLD_G_ANSWERS = {
    "box border": at(0.75, 0.5),
    "polygon left edge": at(0.2, 0.4),
    "polygon right edge": at(0.6, 0.4),
    "notch of the hook": at(0.3, 0.7),
    "hook": at(0.7, 0.7),
    "not refused": at(0.5, 0.5),
    "refused too often": NOT_THERE,
    "refused": NOT_THERE,
}


@pytest.fixture(scope="session")
def benchmarks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders v1, v2, pro, osworld_g, refined and own."""
    root = tmp_path_factory.mktemp("benchmarks")
    screenspot(root / "v1", "", "screenspot_imgs")
    screenspot(root / "v2", "_v2", "screenspotv2_image")
    screenspot_pro(root / "pro")
    osworld_g(root / "osworld_g", "OSWorld-G")
    osworld_g(root / "refined", "OSWorld-G_refined")
    picture(root / "own" / "shots" / "mine.png", (100, 50))
    (root / "own" / "screens.csv").write_text(
        "image,instruction,left,top,right,bottom,platform,element\n"
        "shots/mine.png,save,10,10,30,20,web,text\n"
        "shots/mine.png,nothing,,,,,web,\n"
        "shots/mine.png,half a box,10,,30,,web,\n"
        "shots/none.png,no picture,10,10,30,20,web,\n",
        encoding="utf-8",
    )
    return root


@pytest.fixture
def answers() -> dict[str, dict[str, str]]:
    """What the models answer, by folder and instruction."""
    return {
        "v1": SCREENSPOT_ANSWERS,
        "v2": SCREENSPOT_ANSWERS,
        "pro": PRO_ANSWERS,
        "osworld_g": OSWORLD_G_ANSWERS,
        "refined": OSWORLD_G_ANSWERS,
        "own": {"save": at(0.2, 0.3), "nothing": NOT_THERE},
    }


@pytest.fixture
def model_answering() -> Callable[[Mapping[str, str]], ScriptedModel]:
    """A model with a view larger than the pictures, whose answer depends on the instruction alone."""

    def make(by_instruction: Mapping[str, str]) -> ScriptedModel:
        longest_first = sorted(by_instruction, key=len, reverse=True)

        def answer(prompt: Sequence[Message]) -> str:
            text = " ".join(part for part in prompt[-1].parts if isinstance(part, str))
            return by_instruction[next(instruction for instruction in longest_first if instruction in text)]

        return ScriptedModel(answer, view_px=(1000, 1000))

    return make
