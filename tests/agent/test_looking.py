"""How an answer is found in several looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from agent.formats.base import NoCode
from agent.formats.kimi_vl import KimiVLFormat
from agent.formats.nano import NanoFormat
from agent.ground import ground
from agent.looking import Unreadable, look
from envs.actions import Click, Press, Terminate
from envs.frame import Frame
from model.base import GREEDY, Sampling
from model.fake import ScriptedModel
from model.messages import Message, Reply
from model.nano.prompts import NOT_HERE, answer_text

VIEW = (448, 336)
TARGET_PX = (1000, 500)
CLICK = "## Action:\nClick it.\n\n## Code:\n```python\npyautogui.click(x=0.25, y=0.5)\n```"


def screen_with_target(at_px: Sequence[tuple[int, int]] = (TARGET_PX,)) -> Frame:
    """A black screen with a white square of 20 pixels around each place."""
    pixels = np.zeros((720, 1280, 3), np.uint8)
    for x, y in at_px:
        pixels[y - 10 : y + 10, x - 10 : x + 10] = 255
    return Frame(pixels)


class Seer:
    """Points at the middle of the white it sees. It is the surer, the nearer that is to the middle of the picture."""

    name = "seer"
    family = ""
    view_px = VIEW
    resizing = None

    def __init__(self, answer: Callable[[float, float], str] | None = None, when_black: str = NOT_HERE) -> None:
        self.batches: list[int] = []
        self._answer = answer or (lambda x, y: f"pyautogui.click(x={x:.3f}, y={y:.3f})")
        self._when_black = when_black

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling = GREEDY,
        on_text: Callable[[str], None] | None = None,
    ) -> list[Reply]:
        self.batches.append(len(prompts))
        return [self._reply(prompt[-1]) for prompt in prompts]

    def _reply(self, message: Message) -> Reply:
        pictures = [part for part in message.parts if isinstance(part, Image.Image)]
        if not pictures:
            return Reply("still nonsense")
        (picture,) = pictures
        rows, columns = np.nonzero(np.asarray(picture)[..., 0])
        if not len(rows):
            return Reply(answer_text("Click it", self._when_black), wording_log_probability=-0.01, output_tokens=5)
        x, y = (columns.mean() + 0.5) / picture.width, (rows.mean() + 0.5) / picture.height
        surety = -abs(x - 0.5) - abs(y - 0.5) - 0.1
        return Reply(answer_text("Click it", self._answer(x, y)), wording_log_probability=surety, output_tokens=5)


def test_two_looks_find_the_place_and_the_second_is_centred_on_it() -> None:
    frame, model = screen_with_target(), Seer()
    decision = look(model, NanoFormat(), frame, "Click it.", looks=2)
    assert model.batches == [12, 1]
    (click,) = decision.actions
    assert isinstance(click, Click)
    assert click.at.frame_id == frame.id
    assert (click.at.x * 1280, click.at.y * 720) == pytest.approx(TARGET_PX, abs=1)
    assert decision.looks[-1].box_px == (776, 332, 1224, 668)
    assert decision.output_tokens == 13 * 5
    assert decision.text == answer_text("Click it", "pyautogui.click(x=0.500, y=0.500)")


def test_one_look_takes_the_most_probable_tile() -> None:
    model = Seer()
    decision = look(model, NanoFormat(), screen_with_target(), "Click it.")
    assert model.batches == [12]
    (click,) = decision.actions
    assert isinstance(click, Click)
    assert (click.at.x * 1280, click.at.y * 720) == pytest.approx(TARGET_PX, abs=1)


def test_what_two_tiles_agree_on_is_likelier_than_what_one_is_surer_of() -> None:
    """The target lies in two tiles, a mirage in one that is surer of it than either."""
    mirage, target = (100, 100), (362, 400)

    class Mistaken(Seer):
        def _reply(self, message: Message) -> Reply:
            reply = super()._reply(message)
            x = float(reply.text.partition("x=")[2][:5] or 0)
            surety = -0.2 if x == pytest.approx(mirage[0] / VIEW[0], abs=0.01) else -0.5
            return replace(reply, wording_log_probability=surety)

    (click,) = look(Mistaken(), NanoFormat(), screen_with_target([mirage, target]), "Click it.").actions
    assert isinstance(click, Click)
    assert (click.at.x * 1280, click.at.y * 720) == pytest.approx(target, abs=1)


def test_a_place_refused_on_a_closer_look_gives_way_to_another() -> None:
    """The surer place of the first look is a mirage: on a closer look it is not there."""
    mirage = (277 + 220, 192 + 160)  # nearly the middle of a tile

    class Doubting(Seer):
        def _reply(self, message: Message) -> Reply:
            self.asked += 1
            reply = super()._reply(message)
            if self.asked == 13:
                return Reply(answer_text("Click it", NOT_HERE), wording_log_probability=-0.01)
            return reply

        asked = 0

    model = Doubting()
    decision = look(model, NanoFormat(), screen_with_target([mirage, TARGET_PX]), "Click it.", looks=2)
    assert model.batches == [12, 2]
    (click,) = decision.actions
    assert isinstance(click, Click)
    assert (click.at.x * 1280, click.at.y * 720) == pytest.approx(TARGET_PX, abs=1)


@pytest.mark.parametrize("is_refused", [[True, False], [True, True], [False, True]])
def test_of_places_that_compete_the_first_that_is_found_again_is_believed(is_refused: list[bool]) -> None:
    """Of two places the one that two tiles show comes first, but for a closer look at it."""
    places = [(362, 400), (100, 100)]

    class Doubting(Seer):
        def _reply(self, message: Message) -> Reply:
            self.asked += 1
            refused = self.asked > 12 and is_refused[self.asked - 13]
            return Reply(answer_text("Click it", NOT_HERE)) if refused else super()._reply(message)

        asked = 0

    model = Doubting()
    (click,) = look(model, NanoFormat(), screen_with_target(places), "Click it.").actions
    assert model.batches == [12, 2]
    assert isinstance(click, Click)
    expected = places[1] if is_refused == [True, False] else places[0]
    assert (click.at.x * 1280, click.at.y * 720) == pytest.approx(expected, abs=1)


def test_both_looks_count() -> None:
    """A place that looked a little less probable in its tile, and much more on a closer look, wins."""
    mirage = (277 + 220, 192 + 160)

    class Hesitating(Seer):
        def _reply(self, message: Message) -> Reply:
            self.asked += 1
            reply = super()._reply(message)
            return replace(reply, wording_log_probability=-3.0) if self.asked == 13 else reply

        asked = 0

    decision = look(Hesitating(), NanoFormat(), screen_with_target([mirage, TARGET_PX]), "Click it.", looks=2)
    (click,) = decision.actions
    assert isinstance(click, Click)
    assert (click.at.x * 1280, click.at.y * 720) == pytest.approx(TARGET_PX, abs=1)


def test_when_every_closer_look_refuses_the_first_is_believed() -> None:
    class Refusing(Seer):
        def _reply(self, message: Message) -> Reply:
            return super()._reply(message) if self.batches[-1] == 12 else Reply(answer_text("Click it", NOT_HERE))

    model = Refusing()
    decision = look(model, NanoFormat(), screen_with_target(), "Click it.", looks=2)
    assert model.batches == [12, 1]
    (click,) = decision.actions
    assert isinstance(click, Click)
    assert (click.at.x * 1280, click.at.y * 720) == pytest.approx(TARGET_PX, abs=1)


def test_no_more_than_three_places_are_looked_at_again() -> None:
    model = Seer()
    places = [(400, 300), (640, 440), (950, 300), (1200, 650)]
    look(model, NanoFormat(), screen_with_target(places), "Click it.", looks=2)
    assert model.batches == [12, 3]


def test_when_no_tile_points_the_surest_answer_that_is_not_a_failure_wins() -> None:
    decision = look(Seer(lambda _x, _y: "pyautogui.press('enter')"), NanoFormat(), screen_with_target(), "Press enter.")
    assert decision.actions == (Press(keys=("enter",)),)


def test_when_every_tile_fails_the_decision_is_failure() -> None:
    decision = look(Seer(), NanoFormat(), screen_with_target([]), "Click it.")
    assert decision.actions == (Terminate(success=False),)


def test_a_tile_that_cannot_be_read_is_only_dropped() -> None:
    decision = look(Seer(when_black="nonsense("), NanoFormat(), screen_with_target(), "Click it.")
    assert isinstance(decision.actions[0], Click)
    assert any(each.error is not None for each in decision.looks)


def test_a_screen_of_one_view_is_looked_at_once() -> None:
    model = Seer()
    look(model, NanoFormat(), Frame(np.full((300, 400, 3), 255, np.uint8)), "Click it.")
    assert model.batches == [1]


def test_an_unusable_answer_is_given_back_once_with_the_reason() -> None:
    model = ScriptedModel(["I would click.", CLICK])
    frame = screen_with_target()
    decision = look(model, KimiVLFormat(), frame, "Click it.")
    assert decision.actions == (Click(at=frame.point(0.25, 0.5)),)
    assert [each.error is None for each in decision.looks] == [False, True]
    first, second = model.prompts
    assert list(second[: len(first)]) == list(first)
    assert second[-2] == Message.assistant("I would click.")
    assert "no code block" in str(second[-1].parts[0])


def test_two_unusable_answers_are_an_error_that_keeps_them() -> None:
    with pytest.raises(Unreadable, match="no code block") as caught:
        look(ScriptedModel(["Click.", "Click!"]), KimiVLFormat(), screen_with_target(), "Click it.")
    assert isinstance(caught.value.error, NoCode)
    assert [each.reply.text for each in caught.value.looks] == ["Click.", "Click!"]


def test_tiles_that_all_cannot_be_read_are_an_error() -> None:
    with pytest.raises(Unreadable):
        look(Seer(when_black="nonsense("), NanoFormat(), screen_with_target([]), "Click it.")


# ---- grounding


def test_grounding_gives_the_place_in_fractions_of_the_picture() -> None:
    point = ground(Seer(), Image.fromarray(screen_with_target().pixels).convert("RGBA"), "the white square")
    assert point is not None
    assert (point.x, point.y) == pytest.approx((TARGET_PX[0] / 1280, TARGET_PX[1] / 720), abs=1e-3)


def test_grounding_gives_none_for_what_is_not_there() -> None:
    assert ground(Seer(), Image.new("L", (1280, 720)), "the white square") is None


def test_grounding_asks_once_as_the_published_runs_do() -> None:
    model = ScriptedModel(["nowhere"])
    with pytest.raises(Unreadable):
        ground(model, Image.new("RGB", (100, 100)), "it")
    assert len(model.prompts) == 1
