"""What a model answers in Kimi-VL's own format."""

from __future__ import annotations


def say(code: str, action: str = "Do it.", thought: str = "A thought.") -> str:
    return f"## Thought:\n{thought}\n\n## Action:\n{action}\n\n## Code:\n```python\n{code}\n```"
