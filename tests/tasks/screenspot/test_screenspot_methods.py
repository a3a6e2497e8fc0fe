"""Plain and zoom: how often a model looks, at what, and where its answer lies on the whole picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from PIL import Image

from agent import formats
from envs.frame import Frame
from model.base import GREEDY, Sampling
from model.fake import ScriptedModel
from model.messages import Message, Reply
from tasks.screenspot.methods import Answered, Method, locate

TARGET_PX = (3001, 1203)


class Eye:
    """Sees whole screens and points at the middle of the white in them, to one decimal in fractions."""

    name = "eye"
    family = "kimi_vl"
    view_px = None
    resizing = None

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling = GREEDY,
        on_text: Callable[[str], None] | None = None,
    ) -> list[Reply]:
        return [self._reply(prompt) for prompt in prompts]

    def _reply(self, prompt: Sequence[Message]) -> Reply:
        (picture,) = (part for part in prompt[-1].parts if isinstance(part, Image.Image))
        self.sizes.append(picture.size)
        rows, columns = np.nonzero(np.asarray(picture)[..., 0])
        x, y = (columns.mean() + 0.5) / picture.width, (rows.mean() + 0.5) / picture.height
        return Reply(f"## Code:\npyautogui.click(x={x:.1f}, y={y:.1f})", prompt_tokens=10, output_tokens=3)


def screen(size: tuple[int, int] = (3840, 2160)) -> Frame:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    x, y = TARGET_PX
    pixels[y - 2 : y + 3, x - 2 : x + 3] = 255
    return Frame(pixels)


def asked(model: Eye | ScriptedModel, frame: Frame, method: Method) -> Answered:
    return locate(model, formats.for_model(model), frame, "the white", method)


def off_px(answered: Answered, size: tuple[int, int] = (3840, 2160)) -> float:
    assert answered.prediction.point is not None
    x, y = answered.prediction.point
    return max(abs(x * size[0] - TARGET_PX[0]), abs(y * size[1] - TARGET_PX[1]))


def test_plain_shows_the_whole_screen_once() -> None:
    model = Eye()
    answered = asked(model, screen(), Method.PLAIN)
    assert model.sizes == [(3840, 2160)]
    assert (answered.looks, answered.prompt_tokens, answered.output_tokens) == (1, 10, 3)
    assert off_px(answered) > 70


def test_zoom_shows_ever_smaller_parts_and_comes_closer() -> None:
    model = Eye()
    answered = asked(model, screen(), Method.ZOOM)
    assert model.sizes == [(3840, 2160), (1920, 1080), (960, 540)]
    assert (answered.looks, answered.prompt_tokens, answered.output_tokens) == (3, 30, 9)
    assert off_px(answered) <= 960 * 0.05


def test_zoom_stops_at_small_parts() -> None:
    model = Eye()
    pixels = np.zeros((600, 1000, 3), np.uint8)
    pixels[300, 500] = 255
    asked(model, Frame(pixels), Method.ZOOM)
    assert model.sizes == [(1000, 600)]


def test_a_closer_look_without_a_place_keeps_the_one_before() -> None:
    model = ScriptedModel(["pyautogui.click(x=0.5, y=0.25)", "nothing of use"])
    answered = asked(model, screen(), Method.ZOOM)
    assert answered.prediction.point == (0.5, 0.25)
    assert answered.text == "pyautogui.click(x=0.5, y=0.25)"
    assert answered.looks == 2


def test_what_cannot_be_read_says_why_and_keeps_the_words() -> None:
    answered = asked(ScriptedModel(["over there"]), screen(), Method.PLAIN)
    assert answered.prediction.point is None
    assert "names no place" in answered.prediction.unreadable
    assert answered.text == "over there"


def test_an_answer_that_neither_points_nor_refuses_is_a_wrong_format() -> None:
    words = "## Action:\nType it\n\n## Code:\n```python\npyautogui.press('enter')\n```"
    model = ScriptedModel([words], view_px=(4000, 4000))
    assert asked(model, screen(), Method.PLAIN).prediction.unreadable


@pytest.mark.parametrize(("method", "looks"), [(Method.PLAIN, 2), (Method.ZOOM, 3)])
def test_a_model_with_a_view_looks_at_tiles_and_with_zoom_once_more(method: Method, looks: int) -> None:
    found, missed = (
        f"## Action:\nClick it\n\n## Code:\n```python\n{code}\n```"
        for code in ("pyautogui.click(x=0.9, y=0.5)", "computer.terminate(status='failure')")
    )
    model = ScriptedModel([found, missed, found], view_px=(448, 336))
    assert (
        locate(model, formats.for_model(model), Frame(np.zeros((300, 600, 3), np.uint8)), "it", method).looks == looks
    )
