"""A desktop of the agent's own: programs run on a display that nobody sees, and the user keeps mouse and keyboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from envs.desktop import Desktop
from envs.settle import Patience
from envs.virtual_display import VirtualDisplay


class VirtualDesktop(Desktop):
    """A desktop on a `VirtualDisplay`.

    Attributes:
        display: where it is; more programs can be launched on it.
    """

    def __init__(
        self,
        launch: Sequence[Sequence[str]] = (),
        size_px: tuple[int, int] = (1280, 720),
        *,
        watch: bool = False,
        patience: Patience | None = None,
    ) -> None:
        """Start the display and the programs.

        Args:
            launch: command lines of programs to start.
            size_px: width and height of the display.
            watch: show it in a window of the user's desktop.
            patience: how long to wait for the screen to rest.

        Raises:
            EnvUnavailable: the display cannot be started here, or a program is not there.
        """
        with ExitStack() as started:
            self.display = started.enter_context(VirtualDisplay(size_px, watch=watch))
            super().__init__(display=self.display.name, hot_corners=False, stop_key=None, patience=patience)
            started.callback(super().close)
            for command in launch:
                self.display.launch(command)
            started.pop_all()

    @property
    def environment(self) -> Mapping[str, str]:
        return self.display.environment

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.display.close()
