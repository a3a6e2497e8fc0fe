"""What is remembered of an episode: every step in words, the latest screens as pictures.

Pictures are what fills a prompt and the memory, so only as many are kept as the format can show; the texts are small
and stay. How many pictures go at a time matters to a model in this process: it computes a prompt anew from the first
thing that is not as it was in the prompt before.
"""

from __future__ import annotations

from dataclasses import replace

from agent.formats.base import Answer, PastStep
from agent.view import View
from envs.base import Observation, Tab
from envs.frame import Frame


class History:
    """The past steps of one episode.

    Args:
        max_pictures: how many pictures a prompt can hold, the current one included.
        evicted_at_once: how many of the oldest go when there is one too many.
    """

    def __init__(self, max_pictures: int, evicted_at_once: int = 1) -> None:
        self._kept = max(max_pictures - 1, 0)
        self._evicted_at_once = evicted_at_once
        self._steps: list[PastStep] = []

    def add(self, answer: Answer, frame: Frame, notes: tuple[str, ...], done: bool) -> None:
        """Remember a step that is over.

        Args:
            answer: what the model decided.
            frame: the screen on which it was decided.
            notes: what the model was told with that screen.
            done: whether it was carried out.
        """
        picture = View.whole(frame).picture() if self._kept else None
        self._steps.append(PastStep(answer.thought, answer.action, picture, notes, done))
        shown = [number for number, step in enumerate(self._steps) if step.picture is not None]
        if len(shown) > self._kept:
            for number in shown[: self._evicted_at_once]:
                self._steps[number] = replace(self._steps[number], picture=None)

    @property
    def steps(self) -> tuple[PastStep, ...]:
        """Oldest first."""
        return tuple(self._steps)


def notes_on(observation: Observation, before: Observation | None) -> tuple[str, ...]:
    """What an observation tells that cannot be seen on its frame, in sentences for the model.

    Args:
        observation: the current one.
        before: the observation of the step before, None at the first.
    """
    notes = list(observation.notes)
    notes += [f"Downloaded {download.path}, {download.size_bytes} bytes." for download in observation.downloads]
    if len(observation.tabs) > 1 and (before is None or observation.tabs != before.tabs):
        notes.append("Open tabs: " + "; ".join(_tab(index, tab) for index, tab in enumerate(observation.tabs)))
    if not observation.settled:
        notes.append("The screen was still changing when this picture was taken.")
    return tuple(notes)


def _tab(index: int, tab: Tab) -> str:
    return f"{index}{' (current)' if tab.active else ''} {tab.title!r} {tab.url}"
