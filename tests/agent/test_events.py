"""Programs that follow or drive the agent: the stream of events, and the MCP server through the official client."""

from __future__ import annotations

import base64
import io
import threading

import numpy as np
import pytest
from PIL import Image

from agent.episode import Decided, Started, StepEnded, Stopped, StopReason
from agent.events import stream
from agent.loop import Agent
from agent.mcp_server import Session, server
from agent.policy import Policy, Rule
from agent.ruling import Effect
from envs.fake import FakeEnv
from model.base import GenerationError
from model.fake import ScriptedModel

SCREENS = {"start": np.random.default_rng(0).integers(0, 255, (72, 128, 3), np.uint8)}
SCREENS["end"] = SCREENS["start"][::-1].copy()


def say(code: str) -> str:
    return f"## Action:\nDo it.\n\n## Code:\n```python\n{code}\n```"


CLICK, DONE = say("pyautogui.click(x=0.5, y=0.5)"), say("computer.terminate(status='success')")


def environment() -> FakeEnv:
    return FakeEnv(SCREENS, "start", {("start", "click"): "end"})


def test_a_stream_gives_every_event_and_ends() -> None:
    events = list(stream(Agent(ScriptedModel([CLICK, DONE]), environment()), "Go."))
    assert isinstance(events[0], Started)
    assert sum(isinstance(event, StepEnded) for event in events) == 2
    assert isinstance(events[-1], Stopped)
    assert events[-1].episode.reason is StopReason.SUCCESS


def test_whoever_leaves_the_stream_ends_the_episode() -> None:
    env = environment()
    model = ScriptedModel(lambda _: CLICK)
    for event in stream(Agent(model, env), "Go."):
        if isinstance(event, Decided):
            break
    assert "episode" not in {thread.name for thread in threading.enumerate()}
    assert len(model.prompts) <= 2


def test_errors_come_out_of_the_stream() -> None:
    with pytest.raises(GenerationError):
        list(stream(Agent(ScriptedModel([]), environment()), "Go."))


def test_an_mcp_client_sees_acts_and_instructs_past_the_guard() -> None:
    anyio = pytest.importorskip("anyio")
    mcp = pytest.importorskip("mcp")
    env = environment()
    policy = Policy(rules=(Rule(effect=Effect.DENY, kinds=("type",)), Rule(effect=Effect.ASK, kinds=("press",))))
    session = Session(env, policy, lambda: ScriptedModel([say("pyautogui.write('x')"), DONE]))

    async def talk() -> None:
        async with mcp.Client(server(session)) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert tools == {"screenshot", "act", "run"}

            async def act(action: dict[str, object]) -> str:
                return (await client.call_tool("act", {"action": action})).content[0].text

            assert "look at the screen first" in await act({"kind": "type", "text": "x"})
            told, picture = (await client.call_tool("screenshot", {})).content
            pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.data))))
            assert np.array_equal(pixels, SCREENS["start"])
            frame_id = int(told.text.split()[1].rstrip(","))
            click = {"kind": "click", "at": {"frame_id": frame_id, "x": 0.5, "y": 0.5}}
            assert await act(click) == "Done."
            await client.call_tool("screenshot", {})
            assert "captured again" in await act(click)
            assert "not allowed" in await act({"kind": "type", "text": "x"})
            assert "nobody is there" in await act({"kind": "press", "keys": ["enter"]})
            assert (await client.call_tool("act", {"action": {"kind": "explode"}})).is_error
            ended = (await client.call_tool("run", {"instruction": "Type x."})).content[0].text
            assert ended.startswith("success")

    anyio.run(talk)
    assert [action.kind for action in env.actions] == ["click"]
