"""An episode on the terminal while it runs: what the agent sees, says and does, and where the time goes.

On a terminal a line at the bottom shows what is going on; elsewhere there are only finished lines. Whatever comes from
a page or a model is printed as plain text, without control characters.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from agent.episode import Acted, Decided, Event, Intervened, Observed, Refused, StepEnded, StepTiming, Stopped, Wrote
from envs.actions import Action
from envs.base import Observation
from envs.frame import Point

_WIDEST = 100
"""Longest piece of a foreign text that is shown."""


def plain(text: str, widest: int = _WIDEST) -> str:
    """A foreign text on one line, without characters that a terminal would act on, shortened."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= widest else line[: widest - 3] + "..."


def describe(action: Action) -> str:
    """An action in a few words: `click (0.250, 0.500) count 2`."""
    words: list[str] = [action.kind]
    for name, value in action:
        if name == "kind" or value == type(action).model_fields[name].default:
            continue
        if isinstance(value, Point):
            words.append(f"({value.x:.3f}, {value.y:.3f})")
        elif isinstance(value, str) and name != "button":
            words.append(f'"{plain(value)}"')
        elif isinstance(value, tuple):
            words.append("+".join(plain(str(item)) for item in value))
        else:
            words.append(f"{name} {value}")
    return " ".join(words)


class Progress:
    """Prints an episode's events. Use it as a context manager; `show` is a listener."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._spinner = Spinner("dots", Text())
        self._live = Live(self._spinner, console=console, transient=True) if console.is_terminal else None
        self._written = ""

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def ask(self, prompt: str) -> str:
        """A line from the person at the terminal; the line at the bottom is away meanwhile.

        Raises:
            EOFError: nobody is there.
        """
        if self._live:
            self._live.stop()
        try:
            return input(prompt)
        finally:
            if self._live:
                self._live.start()

    def question(self, question: str) -> str | None:
        """What the person answers to the model; None when nobody does."""
        self._print(f"     asks  {plain(question, widest=4000)}", "bold yellow")
        try:
            return self.ask("     answer: ")
        except EOFError:
            return None

    def show(self, event: Event) -> None:
        match event:
            case Observed(step, observation):
                self._print(f"{step:>3}  sees  {_seen(observation)}", "bold")
                self._written = ""
                self._now("looking")
            case Wrote(text=text):
                self._written += text
                self._now(f"writing  {plain(self._written[-_WIDEST:])}")
            case Decided(decision=decision):
                self._print(f"     says  {plain(decision.answer.action) or '(nothing)'}")
                self._now("acting")
            case Refused(unreadable=unreadable):
                self._print(f"     says  nothing that can be used: {plain(str(unreadable.error))}", "yellow")
            case Acted(result=result):
                self._print(f"     does  {describe(result.action)}")
                if result.note:
                    self._print(f"           {plain(result.note)}", "" if result.done else "yellow")
            case Intervened(what=what):
                self._print(f"     {plain(what)}", "cyan")
            case StepEnded(step=step):
                self._print(f"     took  {_split(step.timing)}", "dim")
                self._now("waiting until the screen rests")
            case Stopped(episode):
                self._print(
                    f"{episode.reason.replace('_', ' ')} after {len(episode.steps)} steps and {episode.seconds:.1f} s: "
                    f"{plain(episode.detail)}",
                    "bold green" if episode.success else "bold yellow",
                )
            case _:
                self._now("starting")

    def _print(self, line: str, style: str = "") -> None:
        self._console.print(Text(line, style), soft_wrap=True)

    def _now(self, what: str) -> None:
        self._spinner.update(text=Text(what, "dim", no_wrap=True, overflow="ellipsis"))


def _seen(observation: Observation) -> str:
    frame = observation.frame
    where = " ".join(plain(text) for text in (observation.title, observation.url or "") if text)
    return f"{where}  {frame.width_px}x{frame.height_px}".strip() + ("" if observation.settled else ", still changing")


def _split(timing: StepTiming) -> str:
    inside = timing.model
    phases = {
        "settle": timing.settle_s,
        "capture": timing.capture_s,
        "prompt": timing.prompt_s,
        "preprocess": inside.preprocess_s,
        "vision": inside.vision_s,
        "prefill": inside.prefill_s,
        "decode": inside.decode_s,
        "parse": timing.parse_s,
        "act": timing.act_s,
        "record": timing.record_s,
    }
    told = ", ".join(f"{name} {1000 * seconds:.0f}" for name, seconds in phases.items() if seconds >= 0.0005)
    return f"{timing.total_s:.2f} s: {told} ms"
