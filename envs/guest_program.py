"""What a guest machine runs to carry out one action: this module's text, with the action as its one argument.

For guests whose server knows no actions but runs commands, as the published ones do. The text is the same for every
action, and what a model wrote reaches it as JSON only: it is typed, never run. It needs nothing of Deixis, only Python
3.8 and pyautogui, which those guests have, and xdotool for characters that no key of the guest has.

Exit status 3: the action cannot be carried out, nothing has happened, and the reason is on stderr.
"""

import json
import shutil
import subprocess
import sys
from typing import Any, Dict, List  # noqa: UP035 (the guest's Python may be 3.8)

REFUSED = 3
DRAG_S = 0.5
"""Programs notice a drag only when the pointer moves in steps: pyautogui moves so when it takes its time."""
WINDOWS_NOTCH = 120
"""Units of one notch of the wheel on Windows, where pyautogui counts in units."""


def carry_out(action: Dict[str, Any]) -> None:  # noqa: UP006
    """Carry out one action. Places are pixels of the screen, keys have pyautogui's names."""
    import pyautogui

    pyautogui.FAILSAFE = False  # an agent may have business in a corner
    pyautogui.PAUSE = 0.02
    kind = action["kind"]
    if "at" in action:
        pyautogui.moveTo(*action["at"])
    if kind == "click":
        pyautogui.click(button=action["button"], clicks=action["count"], interval=0.05)
    elif kind == "drag":
        pyautogui.mouseDown(button=action["button"])
        try:
            pyautogui.moveTo(*action["end"], duration=DRAG_S)
        finally:
            pyautogui.mouseUp(button=action["button"])
    elif kind == "scroll":
        notch = WINDOWS_NOTCH if sys.platform == "win32" else 1
        if action["vertical"]:
            pyautogui.scroll(action["vertical"] * notch)
        if action["horizontal"]:
            pyautogui.hscroll(action["horizontal"] * notch)
    elif kind == "type":
        type_text(action["text"])
    elif kind == "press":
        press(action["keys"], action["presses"])


def press(keys: List[str], presses: int) -> None:  # noqa: UP006
    """Press keys one after the other, holding them; whatever happens they are released."""
    import pyautogui

    missing = [key for key in keys if not pyautogui.isValidKey(key)]
    if missing:
        refuse("This keyboard has no key called " + ", ".join(missing) + ".")
    for _ in range(presses):
        held: List[str] = []  # noqa: UP006
        try:
            for key in keys:
                held.append(key)
                pyautogui.keyDown(key)
        finally:
            for key in reversed(held):
                pyautogui.keyUp(key)


def type_text(text: str) -> None:
    """Type text, all of it or nothing."""
    import pyautogui

    # pyautogui leaves out in silence what it has no key for.
    strange = sorted({character for character in text if not pyautogui.isValidKey(character)} - {"\n", "\t"})
    if strange and shutil.which("xdotool"):
        subprocess.run(["xdotool", "type", "--delay", "12", "--file", "-"], input=text.encode(), check=True)
        return
    if strange:
        refuse("These characters cannot be typed on this machine: " + " ".join(strange))
    for character in text:
        if character == "<" and sys.platform.startswith("linux"):
            pyautogui.hotkey("shift", ",")  # pyautogui types ">" for it on X11
        else:
            pyautogui.press({"\n": "enter", "\t": "tab"}.get(character, character), _pause=False)


def refuse(reason: str) -> None:
    """End without having done anything."""
    sys.stderr.write(reason + "\n")
    sys.exit(REFUSED)


if __name__ == "__main__":
    carry_out(json.loads(sys.argv[1]))
