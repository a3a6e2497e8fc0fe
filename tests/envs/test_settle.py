import numpy as np
import pytest

from envs.settle import BLOCK_PX, Patience, changed_blocks, settle

CAPTURE_S = 0.04


class Screen:
    """A screen whose picture is a function of a time that passes only by looking and sleeping."""

    def __init__(self, draw, height=480, width=640):
        self.now = 0.0
        self.looks = 0
        self.draw = draw
        self.shape = (height, width, 3)

    def capture(self):
        self.now += CAPTURE_S
        self.looks += 1
        pixels = np.zeros(self.shape, np.uint8)
        self.draw(pixels, self.now)
        return pixels

    def sleep(self, seconds):
        assert 0 <= seconds <= 0.05, "nothing but the sampling interval is slept"
        self.now += seconds

    def settle(self, **patience):
        return settle(self.capture, Patience(**patience), clock=lambda: self.now, sleep=self.sleep)


def test_a_still_screen_rests_after_the_quiet_window():
    screen = Screen(lambda pixels, now: None)
    rest = screen.settle(quiet_s=0.25)
    assert rest.settled
    assert 0.25 <= rest.seconds - CAPTURE_S <= 0.25 + 0.05 + CAPTURE_S
    assert rest.capture_s == pytest.approx(CAPTURE_S)


def test_a_change_is_waited_for_and_returned():
    def appears_late(pixels, now):
        pixels[:] = 255 if now > 0.2 else 0

    rest = Screen(appears_late).settle(quiet_s=0.25)
    assert rest.settled
    assert rest.seconds >= 0.45
    assert rest.pixels.min() == 255


def test_an_answer_after_300_ms_is_waited_for_without_being_told_so():
    def answers_late(pixels, now):
        pixels[:] = 255 if now > 0.3 + CAPTURE_S else 0

    rest = Screen(answers_late).settle()
    assert rest.settled
    assert rest.pixels.min() == 255


def test_a_blinking_cursor_is_not_waited_for():
    def cursor(pixels, now):
        if int(now / 0.5) % 2:
            pixels[100:120, 200:202] = 255

    rest = Screen(cursor).settle(quiet_s=0.6)
    assert rest.settled
    assert rest.seconds < 1.3


def test_a_small_spinner_is_not_waited_for():
    def spinner(pixels, now):
        angle = now * 7
        row, column = int(100 + 12 * np.sin(angle)), int(100 + 12 * np.cos(angle))
        pixels[row : row + 3, column : column + 3] = 255

    rest = Screen(spinner).settle(quiet_s=0.3, cap_s=5)
    assert rest.settled
    assert rest.seconds < 2


def test_a_video_is_not_waited_for_longer_than_the_cap():
    def video(pixels, now):
        pixels[:300, :400] = int(now * 1000) % 251

    rest = Screen(video).settle(quiet_s=0.25, cap_s=2)
    assert not rest.settled
    assert 2 <= rest.seconds <= 2.2


def test_a_small_thing_that_moves_on_is_waited_for():
    def progress(pixels, now):
        pixels[200:210, : int(min(now, 1.5) * 300)] = 255  # 300 px a second, over many squares

    rest = Screen(progress).settle(quiet_s=0.25)
    assert rest.settled
    assert rest.seconds >= 1.5


def test_a_late_small_change_after_a_big_one_is_waited_for():
    def page_then_widget(pixels, now):
        pixels[:] = 200 if now > 0.1 else 0
        if now > 0.3:
            pixels[0:20, 0:20] = 50

    rest = Screen(page_then_widget).settle(quiet_s=0.25)
    assert rest.pixels[0, 0, 0] == 50
    assert rest.seconds >= 0.5


def test_a_change_of_size_is_a_change():
    screen = Screen(lambda pixels, now: None)

    def capture():
        screen.shape = (480, 640, 3) if screen.now < 0.2 else (300, 400, 3)
        return screen.capture()

    rest = settle(capture, Patience(quiet_s=0.25), clock=lambda: screen.now, sleep=screen.sleep)
    assert rest.settled
    assert rest.pixels.shape == (300, 400, 3)


def test_what_is_known_to_come_is_waited_for():
    screen = Screen(lambda pixels, now: None)
    rest = settle(
        screen.capture,
        Patience(quiet_s=0.25),
        busy=lambda: screen.now < 1,
        clock=lambda: screen.now,
        sleep=screen.sleep,
    )
    assert rest.settled
    assert rest.seconds >= 1.2


def test_the_same_array_is_not_compared(monkeypatch):
    pixels = np.zeros((10, 10, 3), np.uint8)
    now = iter(np.arange(0, 10, 0.05).tolist())
    monkeypatch.setattr("envs.settle.changed_blocks", None)
    assert settle(lambda: pixels, Patience(), clock=lambda: next(now), sleep=lambda _: None).settled


def test_changed_blocks_finds_single_pixels_up_to_the_last():
    before = np.zeros((2 * BLOCK_PX + 1, 3 * BLOCK_PX + 5, 3), np.uint8)
    after = before.copy()
    after[-1, -1, 2] = 1
    after[0, BLOCK_PX, 0] = 1
    changed = changed_blocks(before, after)
    assert changed.shape == (3, 4)
    assert {tuple(place) for place in np.argwhere(changed)} == {(2, 3), (0, 1)}
