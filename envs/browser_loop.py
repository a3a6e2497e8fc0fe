"""An asyncio loop on a thread of its own, for everything that talks to Playwright.

Its events are served all the time, also while the agent thinks: a dialog is answered when it appears. Callers may be on
any thread, within a coroutine, or interrupted by Ctrl-C; every wait here has a time limit and can be cancelled.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class BrowserLoop:
    """Runs coroutines for callers that are not."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = self._runner.get_loop()
        # A daemon: a caller who forgets to close must still be able to leave.
        self._thread = threading.Thread(target=self._serve, name="deixis-browser", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T], timeout_s: float) -> T:
        """What the coroutine returns, or raises. It is cancelled when the caller is interrupted.

        Raises:
            TimeoutError: it took longer, and was cancelled.
        """
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(timeout_s)
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """Cancel what still runs, and end the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        with self._runner:  # at the end it cancels what still runs, and closes the loop
            self._loop.run_forever()
