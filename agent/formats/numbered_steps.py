"""The conversation of the agents that the authors of Kimi-VL and OpenCUA run OSWorld with.

Steps are numbered. Those whose screenshot is no longer shown are merged into one assistant message; each later one is
the screenshot and the step in words; the instruction comes with the current screenshot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL.Image import Image

from agent.formats.base import PastStep
from model.messages import Message


def conversation(
    system: str,
    instruction: str,
    picture: Image,
    steps: Sequence[PastStep],
    notes: Sequence[str],
    retold: Callable[[PastStep], str],
) -> list[Message]:
    """Ask for the next step.

    Args:
        system: what the model is told first.
        instruction: the task, as the user gave it.
        picture: the current screenshot.
        steps: what was done before, oldest first.
        notes: what happened since the last step and cannot be seen.
        retold: a step in the words that the model is reminded of it with.
    """
    messages = [Message.system(system)]
    told = [f"# Step {number}:\n{retold(step)}" for number, step in enumerate(steps, start=1)]
    older = sum(step.picture is None for step in steps)
    if older:
        messages.append(Message.assistant("\n".join(told[:older])))
    for step, text in zip(steps[older:], told[older:], strict=True):
        assert step.picture is not None, "the pictures left out are those of the oldest steps"
        messages += [Message.user(step.picture, *_notes_text(step.notes)), Message.assistant(text)]
    task = (
        f"# Task Instruction:\n{instruction}\n\n"
        "Please generate the next move according to the screenshot, task instruction and previous steps "
        "(if provided).\n"
    )
    return [*messages, Message.user(picture, task, *_notes_text(notes))]


def thought_and_action(step: PastStep) -> str:
    """How the Kimi agent reminds the model of a step."""
    return f"## Thought:\n{step.thought}\n\n## Action:\n{step.action}\n"


def action_alone(step: PastStep) -> str:
    """How the OpenCUA agent does."""
    return f"## Action:\n{step.action}\n"


def _notes_text(notes: Sequence[str]) -> tuple[str, ...]:
    """Not part of the published prompt, and only there when something happened that the picture cannot show."""
    return ("\n# Notes:\n" + "".join(f"{note}\n" for note in notes),) if notes else ()
