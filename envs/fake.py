"""An environment that follows a script: for tests of agents, of tasks, and of anything else that needs a screen.

    screens = {"start": grey_picture, "done": white_picture}
    env = FakeEnv(screens, "start", {("start", "click"): "done"})

It keeps the whole contract, so what works with it does not yet work with a real screen, but what fails with it does not
work anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envs.actions import Action
from envs.base import Env, EnvUnavailable, Observation, Outcome, Tab, UnsupportedAction
from envs.frame import Frame, Pixels, Point, StaleFrame

Script = Callable[[str, Action], str | None] | Mapping[tuple[str, str], str]
"""What an action leads to.

A function of the screen's name and the action gives the next screen's name, or None to stay; it may raise ActionFailed.
A table has (screen's name, action's kind) as keys; what is not in it leads nowhere.
"""

POINTING = frozenset({"click", "move", "drag", "scroll", "type", "press"})
"""What any desktop can do."""


def points_of(action: Action) -> tuple[Point, ...]:
    """The places an action is about."""
    return tuple(value for _, value in action if isinstance(value, Point))


class FakeEnv(Env):
    """Shows named pictures and goes from one to the next as its script says."""

    def __init__(
        self,
        screens: Mapping[str, Pixels],
        start: str,
        script: Script,
        *,
        capabilities: frozenset[str] = POINTING,
        origin_dev: tuple[float, float] = (0.0, 0.0),
        dev_per_px: float = 1.0,
    ) -> None:
        """Show the first screen.

        Args:
            screens: pictures (H, W, 3), RGB, uint8, by name.
            start: the name of the first one.
            script: what actions lead to.
            capabilities: kinds of the actions that it accepts.
            origin_dev: device coordinates of the pictures' top left corner.
            dev_per_px: device units per pixel.
        """
        self.screen = start
        """The name of the screen that is shown."""
        self.actions: list[Action] = []
        """The actions that were carried out."""
        self.places_dev: list[tuple[float, float]] = []
        """The device coordinates of all their points, in that order."""
        self._screens = {name: pixels.copy() for name, pixels in screens.items()}
        self._script = script
        self._capabilities = capabilities
        self._origin_dev = origin_dev
        self._dev_per_px = dev_per_px
        self._frame: Frame | None = None
        self._closed = False

    @property
    def capabilities(self) -> frozenset[str]:
        return self._capabilities

    def observe(self) -> Observation:
        self._refuse_if_closed()
        frame = Frame(self._screens[self.screen], self._origin_dev, self._dev_per_px)
        self._frame = frame
        if self._capabilities.isdisjoint({"navigate", "switch_tab"}):
            return Observation(frame, title=self.screen)
        url = f"fake://{self.screen}"
        return Observation(frame, title=self.screen, url=url, tabs=(Tab(self.screen, url, active=True),))

    def execute(self, action: Action) -> Outcome:
        self._refuse_if_closed()
        if action.kind not in self._capabilities:
            raise UnsupportedAction(f"This environment cannot {action.kind}.")
        places = [self._place(point) for point in points_of(action)]
        self.actions.append(action)
        self.places_dev.extend(places)
        leads_to = (
            self._script.get((self.screen, action.kind))
            if isinstance(self._script, Mapping)
            else (self._script(self.screen, action))
        )
        self.screen = leads_to or self.screen
        return Outcome()

    def glance(self, box_px: tuple[int, int, int, int]) -> Pixels:
        self._refuse_if_closed()
        left, top, right, bottom = box_px
        return self._screens[self.screen][top:bottom, left:right]

    def close(self) -> None:
        self._closed = True

    def _place(self, point: Point) -> tuple[float, float]:
        if self._frame is None:
            raise StaleFrame("The screen was not looked at yet.")
        return self._frame.to_device(point)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise EnvUnavailable("The environment was closed.")
