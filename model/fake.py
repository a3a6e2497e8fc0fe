"""A scripted model, for tests of whatever asks one: no weights, no waiting, every prompt kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from model.base import GREEDY, GenerationError, Sampling
from model.messages import Message, Reply
from model.resizing import Resizing

Script = Sequence[str] | Callable[[Sequence[Message]], str]


class ScriptedModel:
    """A `Model` whose answers are known.

    Example:
        >>> model = ScriptedModel(["Click the button."])
        >>> model.generate([[Message.user("What now?")]])[0].text
        'Click the button.'
    """

    def __init__(
        self,
        answers: Script,
        view_px: tuple[int, int] | None = None,
        name: str = "scripted",
        family: str = "kimi_vl",
        resizing: Resizing | None = None,
    ) -> None:
        """Script it with answers in the order of the prompts, or with a function that answers a prompt."""
        self.name, self.family = name, family
        self.view_px, self.resizing = view_px, resizing
        self.prompts: list[Sequence[Message]] = []
        """Every conversation it was given."""
        self._answers = answers

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        sampling: Sampling = GREEDY,
        on_text: Callable[[str], None] | None = None,
    ) -> list[Reply]:
        """Answer by the script.

        Raises:
            GenerationError: the script has no more answers.
        """
        replies: list[Reply] = []
        for prompt in prompts:
            self.prompts.append(tuple(prompt))
            replies.append(Reply(self._next(prompt)))
        if on_text and replies:
            on_text(replies[0].text)
        return replies

    def _next(self, prompt: Sequence[Message]) -> str:
        if callable(self._answers):
            return self._answers(prompt)
        if len(self.prompts) > len(self._answers):
            raise GenerationError(
                f"The script has {len(self._answers)} answers, but was asked {len(self.prompts)} times."
            )
        return self._answers[len(self.prompts) - 1]
