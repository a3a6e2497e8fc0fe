import itertools

import numpy as np
import pytest

from envs import actions, check
from envs.actions import ACTIONS
from envs.base import ActionFailed, EnvUnavailable, Observation, Outcome, Tab, UnsupportedAction
from envs.check import ContractBroken, check_env
from envs.fake import POINTING, FakeEnv
from envs.frame import Frame, StaleFrame

GREY = np.full((20, 30, 3), 128, np.uint8)
WHITE = np.full((20, 30, 3), 255, np.uint8)


def fake(kind=FakeEnv, script=None, **options):
    return kind({"start": GREY, "done": WHITE}, "start", script or {}, **options)


def test_the_fake_keeps_the_contract():
    check_env(fake())
    check_env(fake(capabilities=frozenset({"click"})))
    check_env(fake(origin_dev=(-1920.0, 40.0), dev_per_px=0.5))


def test_the_fake_follows_a_table_and_records():
    with fake(script={("start", "click"): "done"}, origin_dev=(-100, 0), dev_per_px=2) as env:
        first = env.observe()
        env.execute(actions.TypeText(text="hello"))
        assert env.screen == "start"
        click = actions.Click(at=first.frame.point(0.5, 0.5))
        env.execute(click)
        second = env.observe()
    assert second.title == "done"
    np.testing.assert_array_equal(second.frame.pixels, WHITE)
    assert env.actions == [actions.TypeText(text="hello"), click]
    assert env.places_dev == [(-70, 20)]


def test_the_fake_follows_a_function():
    def script(screen, action):
        if action.kind != "press":
            raise ActionFailed("Only keys work here.")
        return "done" if action.keys == ("enter",) else None

    env = fake(script=script)
    env.observe()
    with pytest.raises(ActionFailed, match="Only keys"):
        env.execute(actions.TypeText(text="x"))
    env.execute(actions.Press(keys=("a",)))
    assert env.screen == "start"
    env.execute(actions.Press(keys=("Return",)))
    assert env.screen == "done"


def test_the_samples_have_every_kind():
    schema = ACTIONS.json_schema()
    assert {sample.kind for sample in check._samples(Frame(GREY))} == set(schema["discriminator"]["mapping"])


class OneFrame(FakeEnv):
    def observe(self):
        if self._frame is None:
            super().observe()
        self._refuse_if_closed()
        return Observation(self._frame)


class CountsDown(FakeEnv):
    ids = itertools.count(10**9, -1)

    def observe(self):
        observation = super().observe()
        self._frame = Frame(observation.frame.pixels, id=next(self.ids))
        return Observation(self._frame)


class ReusesItsBuffer(FakeEnv):
    def observe(self):
        observation = super().observe()
        observation.frame.pixels[0, 0] += 1
        return observation


class Floats(FakeEnv):
    def observe(self):
        super().observe()
        self._frame = Frame(np.zeros((20, 30, 3), np.float32))
        return Observation(self._frame)


class Turned(FakeEnv):
    def observe(self):
        super().observe()
        self._frame = Frame(np.zeros((20, 3, 30), np.uint8).transpose(0, 2, 1))
        return Observation(self._frame)


class Grey(FakeEnv):
    def observe(self):
        super().observe()
        return Observation(Frame(np.zeros((20, 30, 1), np.uint8)))


class TwoActiveTabs(FakeEnv):
    def observe(self):
        frame = super().observe().frame
        return Observation(frame, title="a", url="a:", tabs=(Tab("a", "a:", True), Tab("b", "b:", True)))


class OtherTitle(FakeEnv):
    def observe(self):
        return Observation(super().observe().frame, title="x", url="a:", tabs=(Tab("a", "a:", True),))


class TakesStalePoints(FakeEnv):
    def _place(self, point):
        return 0.0, 0.0


class DoesWhatItCannot(FakeEnv):
    def execute(self, action):
        if action.kind not in self.capabilities:
            self.screen = "done"
        return super().execute(action)


class Ignores(FakeEnv):
    def execute(self, action):
        if action.kind not in self.capabilities:
            return Outcome()
        return super().execute(action)


class PromisesTooMuch(FakeEnv):
    def execute(self, action):
        if action.kind == "scroll":
            raise UnsupportedAction("no wheel")
        return super().execute(action)


class ReturnsNothing(FakeEnv):
    def execute(self, action):
        super().execute(action)


class ClosesOnce(FakeEnv):
    def close(self):
        if self._closed:
            raise RuntimeError("closed already")
        super().close()


class NeverCloses(FakeEnv):
    def close(self):
        pass


class NoScreen(FakeEnv):
    def observe(self):
        raise EnvUnavailable("no display")


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (OneFrame, "Frame ids do not increase"),
        (CountsDown, "Frame ids do not increase"),
        (ReusesItsBuffer, "pixels of a frame changed"),
        (Floats, "float32, not uint8"),
        (Turned, "not contiguous"),
        (Grey, r"\(20, 30, 1\)"),
        (TwoActiveTabs, "2 tabs are active"),
        (OtherTitle, "not those of the active tab"),
        (TakesStalePoints, "an earlier frame was not refused"),
        (DoesWhatItCannot, "had an effect"),
        (Ignores, "drag is not among the capabilities, but was not refused"),
        (PromisesTooMuch, "scroll is among the capabilities, but .* raised UnsupportedAction"),
        (ReturnsNothing, "move did not return an Outcome"),
        (ClosesOnce, "Closing the second time raised RuntimeError"),
        (NeverCloses, "Observing after closing did not raise"),
        (NoScreen, "no display"),
    ],
)
def test_broken_environments_are_found_out(kind, sentence):
    with pytest.raises(ContractBroken, match=sentence):
        check_env(fake(kind, capabilities=POINTING - {"drag"}))


@pytest.mark.parametrize(
    ("capabilities", "sentence"),
    [
        (POINTING | {"fly"}, "do not exist: fly"),
        (POINTING | {"wait"}, "is the agent's, not the environment's: wait"),
    ],
)
def test_capabilities_must_be_true(capabilities, sentence):
    with pytest.raises(ContractBroken, match=sentence):
        check_env(fake(capabilities=capabilities))


def test_every_broken_rule_is_told():
    class Poor(NeverCloses, TakesStalePoints):
        pass

    with pytest.raises(ContractBroken) as caught:
        check_env(fake(Poor))
    assert len(str(caught.value).splitlines()) >= 3


def test_a_stale_point_has_no_effect_on_the_fake():
    env = fake(script={("start", "click"): "done"})
    old = env.observe()
    env.observe()
    with pytest.raises(StaleFrame):
        env.execute(actions.Click(at=old.frame.point(0.5, 0.5)))
    assert env.screen == "start"
    assert env.actions == []
