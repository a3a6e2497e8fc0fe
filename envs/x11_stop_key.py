"""Notices a chord of keys on an X display, whichever program has the focus or has grabbed the keyboard (XInput 2).

It listens on a connection and in a thread of its own, and takes the keys from nobody: programs get them too. Knows
nothing about what is to happen then.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Sequence
from typing import cast

import xcffib
import xcffib.xinput
import xcffib.xproto

from envs.base import EnvUnavailable
from envs.keys import canonical_chord
from envs.x11_display import connect, reached
from envs.x11_keysyms import of_key

_WITH_TWIN = frozenset({"ctrl", "shift", "alt", "win"})
_ALL_MASTER_DEVICES = 1
"""XInput's name for every pointer and keyboard that programs see (XI2.h)."""
_VERSION = 2, 2
"""The first in which raw events come although another program has grabbed the keyboard is 2.1."""


class StopKey:
    """Listens until it is closed."""

    def __init__(self, keys: Sequence[str], pressed: Callable[[], None], display: str | None = None) -> None:
        """Begin to listen.

        Args:
            keys: names of `envs.keys`; of modifiers the right one is as good as the left.
            pressed: called once each time when all of them are down, in the listener's thread.
            display: of X11, by default the user's.

        Raises:
            EnvUnavailable: there is no such display, it cannot tell, or its keyboard has no such key.
        """
        self._pressed = pressed
        self._connection = connect(display)
        try:
            with reached():
                self._chord = self._keycodes(canonical_chord(tuple(keys)))
                self._select_keys()
        except BaseException:
            self._connection.disconnect()
            raise
        self._held: set[int] = set()
        self._ended, self._end = os.pipe()
        self._thread: threading.Thread | None = threading.Thread(target=self._listen, name="deixis-stop-key")
        self._thread.daemon = True  # a caller who forgets to close must still be able to leave
        self._thread.start()

    def close(self) -> None:
        """Listen no longer. May be called twice."""
        if self._thread is None:
            return
        os.close(self._end)
        self._thread.join()
        self._thread = None
        os.close(self._ended)
        self._connection.disconnect()

    def _keycodes(self, keys: Sequence[str]) -> list[frozenset[int]]:
        """Of each key, the keycodes that give it; those of its twin on the right are as good."""
        setup = cast(xcffib.xproto.Setup, self._connection.get_setup())
        count = setup.max_keycode - setup.min_keycode + 1
        core = xcffib.xproto.xprotoExtension(self._connection)
        mapping = core.GetKeyboardMapping(setup.min_keycode, count).reply()
        width = mapping.keysyms_per_keycode
        rows = [mapping.keysyms[place : place + width] for place in range(0, len(mapping.keysyms), width)]
        chord: list[frozenset[int]] = []
        for key in keys:
            keysyms = {*of_key(key), *(of_key(f"{key}right") if key in _WITH_TWIN else ())}
            chord.append(frozenset(code for code, row in enumerate(rows, setup.min_keycode) if keysyms & {*row}))
            if not chord[-1]:
                raise EnvUnavailable(f"The keyboard has no key {key!r}, which is part of the stop key.")
        return chord

    def _select_keys(self) -> None:
        core = xcffib.xproto.xprotoExtension(self._connection)
        if not core.QueryExtension(len("XInputExtension"), "XInputExtension").reply().present:
            raise EnvUnavailable("The X display does not tell of keys: it has no XInput. Pass stop_key=None.")
        device = xcffib.xinput.xinputExtension(self._connection, xcffib.xinput.key)
        device.XIQueryVersion(*_VERSION).reply()
        kinds = xcffib.xinput.XIEventMask.RawKeyPress | xcffib.xinput.XIEventMask.RawKeyRelease
        mask = xcffib.xinput.EventMask.synthetic(_ALL_MASTER_DEVICES, 1, [kinds])
        root = self._connection.get_screen_pointers()[0].root
        device.XISelectEvents(root, 1, [mask], is_checked=True).check()

    def _listen(self) -> None:
        watched = [self._connection.get_file_descriptor(), self._ended]
        while self._ended not in select.select(watched, [], [])[0]:
            try:
                while (event := self._connection.poll_for_event()) is not None:
                    self._notice(event)
            except xcffib.ConnectionException:
                return  # the display has gone, and with it everything that there was to stop

    def _notice(self, event: object) -> None:
        if isinstance(event, xcffib.xinput.RawKeyReleaseEvent):
            self._held.discard(event.detail)
        elif isinstance(event, xcffib.xinput.RawKeyPressEvent) and event.detail not in self._held:
            self._held.add(event.detail)
            of_chord = any(event.detail in keycodes for keycodes in self._chord)
            if of_chord and all(keycodes & self._held for keycodes in self._chord):
                self._pressed()
