"""A borderless window with a target at a known place, which tells what mouse and keyboard do to it.

Run as a program of its own: `python -m envs.calibration_window WIDTH HEIGHT LEFT TOP`, in units of the input device.
Commands come on standard input and answers go to standard output, one a line, as JSON:

    ["target", x, y]    shows one point of one unit there, on white     -> ["shown"]
    ["text"]            shows a text field with the focus               -> ["shown"]
                        a button was pressed                            -> ["button", name, x, y, count]
                        the wheel was turned                            -> ["wheel", x, y]
                        Enter was pressed in the field                  -> ["typed", text]
Places are on the whole desktop. It ends with its standard input.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import tkinter

POLL_MS = 5
_BUTTONS = {1: "left", 2: "middle", 3: "right"}
_WHEEL = {4: (0, 1), 5: (0, -1), 6: (-1, 0), 7: (1, 0)}
"""What X11 makes of the wheel: presses of these buttons."""


class CalibrationWindow:
    """The window, until its standard input ends."""

    def __init__(self, width: int, height: int, left: int, top: int) -> None:
        self._origin = left, top
        self._root = root = tkinter.Tk()
        if root.tk.call("tk", "windowingsystem") == "x11":
            root.attributes("-type", "splash")  # no frame, but the window manager lets it have the keyboard
        else:
            root.overrideredirect(True)
        root.geometry(f"{width}x{height}{left:+d}{top:+d}")
        root.attributes("-topmost", True)
        self._canvas = tkinter.Canvas(root, background="white", highlightthickness=0, borderwidth=0, cursor="arrow")
        self._canvas.pack(fill="both", expand=True)
        self._entry = tkinter.Entry(root, font=("sans-serif", 14))
        for count, sequence in ((1, "<ButtonPress>"), (2, "<Double-ButtonPress>"), (3, "<Triple-ButtonPress>")):
            self._canvas.bind(sequence, lambda event, count=count: self._pressed(event, count))
        self._entry.bind("<Return>", lambda _: self._typed())
        self._commands: queue.SimpleQueue[list[object] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        root.after(POLL_MS, self._poll)

    def run(self) -> None:
        """Serve until the standard input ends."""
        self._root.mainloop()

    def _read(self) -> None:
        for line in sys.stdin:
            self._commands.put(json.loads(line))
        self._commands.put(None)

    def _poll(self) -> None:
        while not self._commands.empty():
            command = self._commands.get()
            if command is None:
                self._root.destroy()
                return
            self._obey(command)
        self._root.after(POLL_MS, self._poll)

    def _obey(self, command: list[object]) -> None:
        self._canvas.delete("all")
        self._entry.place_forget()
        match command:
            case ["target", int(x), int(y)]:
                left, top = x - self._origin[0], y - self._origin[1]
                self._canvas.create_rectangle(left, top, left + 1, top + 1, fill="black", width=0)
            case ["text"]:
                self._entry.place(relx=0.05, rely=0.45, relwidth=0.9)
                self._entry.focus_force()
            case _:
                raise ValueError(f"There is no such command: {command!r}.")
        self._root.update()
        _say("shown")

    def _pressed(self, event: tkinter.Event[tkinter.Canvas], count: int) -> None:
        if event.num in _WHEEL:
            _say("wheel", *_WHEEL[event.num])
        else:
            _say("button", _BUTTONS.get(event.num, str(event.num)), event.x_root, event.y_root, count)

    def _typed(self) -> None:
        _say("typed", self._entry.get())
        self._entry.delete(0, "end")


def _say(*what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    CalibrationWindow(*map(int, sys.argv[1:])).run()
