"""The embedded model's language: what it is asked and how it answers, word for word as it was trained.

Knows strings only; knows nothing of actions, pictures or tokens. The trainer writes its examples with these functions
and the agent its prompts, so the two cannot drift apart.

The answer follows the published Kimi-VL form: a line that says what is done, then the call that does it.
"""

from __future__ import annotations

from collections.abc import Sequence

SYSTEM = "You are a GUI agent."

NOT_HERE = "computer.terminate(status='failure')"
"""The code of an answer when what is asked for is not in the picture."""


def user_text(instruction: str, steps: Sequence[str] = ()) -> str:
    """The text after the picture.

    Args:
        instruction: the task, or for grounding the target.
        steps: one action line for each step already done, oldest first: `Click "Save"`.
    """
    text = f"\n# Task Instruction:\n{instruction}\n"
    if steps:
        text += "\n# Previous steps:\n" + "".join(f"{step}\n" for step in steps)
    return text


def answer_text(action: str, code: str) -> str:
    """The whole answer: what is done in words, and the calls that do it, one a line."""
    return f"## Action:\n{action}\n\n## Code:\n```python\n{code}\n```"
