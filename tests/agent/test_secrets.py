"""Secrets by name: where values come from, what is typed, and that they come back as names only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent.episode import Episode
from agent.guard import Request
from agent.loop import Agent
from agent.policy import Policy
from agent.secrets import SecretError, Secrets, names_in, read_secret
from envs.actions import Action, TypeText
from envs.base import Observation
from envs.fake import FakeEnv
from envs.frame import Frame
from model.fake import ScriptedModel
from tests.answers import say

BLANK = np.full((72, 128, 3), 255, np.uint8)
TYPED = BLANK.copy()
TYPED[32:48, 16:80] = 30
VALUE = 'hün"ter 2'
TYPES = "pyautogui.write('{secret:pin}\\n')"


class Typing(FakeEnv):
    """Shows something when it is typed into, and another page after Enter, with the value in its title."""

    def __init__(self) -> None:
        def script(screen: str, action: Action) -> str | None:
            return None if not isinstance(action, TypeText) else "page" if action.text == "\n" else "typed"

        super().__init__({"blank": BLANK, "typed": TYPED, "page": BLANK}, "blank", script)

    def observe(self) -> Observation:
        return replace(super().observe(), title=f"Welcome {VALUE}" if self.screen == "page" else "Form")


def test_names() -> None:
    assert names_in("Type {secret:a_1} and {secret:b-2.c}, {secret:a_1}, {secret: x}") == ("a_1", "b-2.c")


def test_a_value_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEIXIS_SECRET_BANK_PIN", "12345")
    assert read_secret("bank-pin") == "12345"


def test_or_else_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    backend = pytest.importorskip("keyring.backend")

    class Memory(backend.KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return {("deixis", "pin"): "from the keyring"}.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            raise NotImplementedError

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        assert read_secret("pin") == "from the keyring"
        with pytest.raises(SecretError, match=r"DEIXIS_SECRET_OTHER.*keyring set deixis other"):
            read_secret("other")
    finally:
        keyring.set_keyring(before)


def test_a_value_that_is_too_short_is_refused() -> None:
    with pytest.raises(SecretError, match="shorter than 4"):
        Secrets("{secret:pin}", lambda _: "123")


@given(st.text("qxz0189%+ ü", min_size=4, max_size=20), st.text("qxz%", max_size=20), st.text("qxz%", max_size=20))
def test_what_is_revealed_is_concealed_again(value: str, before: str, after: str) -> None:
    secrets = Secrets("{secret:pin}", lambda _: value)
    concealed = secrets.concealed(before + secrets.revealed("{secret:pin}") + after)
    assert value not in concealed


def run(
    env: FakeEnv, folder: Path, *codes: str, ask: Callable[[Request], bool] | None
) -> tuple[Episode, ScriptedModel]:
    model = ScriptedModel([*map(say, codes), say("computer.terminate(status='success', answer='done')")])
    agent = Agent(model, env, record=folder, read_secret=lambda _: VALUE, ask_consent=ask, policy=Policy())
    return agent.run("Type {secret:pin}."), model


def test_on_a_desktop_the_user_agrees_and_what_changed_is_black(tmp_path: Path) -> None:
    env, asked = Typing(), list[Request]()
    _, model = run(env, tmp_path, TYPES, ask=lambda request: not asked.append(request))
    assert [request.reason for request in asked] == ["It types the secret 'pin'."]
    assert [action.text for action in env.actions if isinstance(action, TypeText)] == [VALUE, "\n"]
    second = np.asarray(Image.open(tmp_path / "002.png"))
    assert not second[32:48, 16:80].any()
    assert second[:32].all()
    for file in tmp_path.iterdir():
        assert VALUE.encode() not in file.read_bytes()
        assert b'h\xc3\xbcn\\"ter' not in file.read_bytes()
    assert VALUE not in repr(model.prompts)
    assert "Welcome {secret:pin}" in (tmp_path / "steps.jsonl").read_text()


def test_without_consent_it_is_not_typed(tmp_path: Path) -> None:
    env = Typing()
    episode, _ = run(env, tmp_path, TYPES, ask=None)
    assert env.actions == []
    assert "nobody is there" in episode.steps[0].results[0].note


def test_what_the_model_itself_read_from_the_screen_is_not_recorded_either(tmp_path: Path) -> None:
    run(Typing(), tmp_path, f"pyautogui.write({VALUE!r})", ask=None)
    assert "ün" not in (tmp_path / "steps.jsonl").read_text()


def test_a_text_that_becomes_too_long_is_refused_without_being_shown(tmp_path: Path) -> None:
    env = Typing()
    model = ScriptedModel([say(TYPES)])
    agent = Agent(model, env, read_secret=lambda _: "x" * 20_000, ask_consent=lambda _: True)
    step = replace(agent, limits=replace(agent.limits, max_steps=1)).run("Type {secret:pin}.").steps[0]
    assert step.results[0].note == "The text is too long to be typed at once."
    assert env.actions == []


def test_a_frame_keeps_its_id_when_it_is_blackened() -> None:
    from agent.typed_area import TypedArea

    area, frame = TypedArea(), Frame(TYPED)
    area.learn(BLANK, TYPED)
    concealed = area.concealing(frame)
    assert concealed.id == frame.id
    assert not concealed.pixels[32:48, 16:80].any()
    area.learn(BLANK, BLANK[:50])
    assert not area.concealing(Frame(BLANK[:50])).pixels.any()
