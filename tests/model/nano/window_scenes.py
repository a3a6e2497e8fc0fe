"""The scenes of the frozen test set of windows: programs, what is done to them, and what is known of them by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


class BadScene(Exception):
    """Raised when a scene does not come up, or something declared of it is not so."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A program, what is done to it before the picture is taken, and what is known about it by hand."""

    name: str
    command: tuple[str, ...]
    window: str
    """Regular expression that is found in the title of the program's first window."""
    absent: tuple[str, ...]
    """Labels that it could well show and does not."""
    steps: tuple[str | tuple[str, ...], ...] = ()
    """Keys pressed together, or the name of a control to click, or with "=" before it a text to type."""
    size: tuple[int, int] = (1280, 720)
    theme: str = "Adwaita"
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of the environment; `{home}` in them and in the command stands for its home folder."""
    maximised: bool = False
    one_by_one: bool = False
    """Whether its program is to be asked one question at a time, as those of GTK 4 and Qt 5 are."""
    front: str = ""
    """Regular expression that is found in the name of the window asked about; by default that which is active."""
    icons: Mapping[str, str] = field(default_factory=dict[str, str])
    """Controls that show an icon alone, by their names, and what a user would call the icon."""
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    """What to type into fields, by the labels that stand beside them."""
    without: tuple[str, ...] = ()
    """Labels that are not asked about, since the program gives a wrong place or the text is not to be seen."""


SCENES: Final[tuple[Scene, ...]] = (
    Scene(
        "mousepad-find",
        ("mousepad", "--disable-server", "{home}/Documents/minutes.txt"),
        "Mousepad",
        absent=("Count matches", "Find previous", "Cancel"),
        steps=(("ctrl", "r"), "Search for", "=oars"),
        values={"Search for": "volunteers", "Replace with": "helpers"},
    ),
    Scene(
        "mousepad-preferences",
        ("mousepad", "--disable-server", "{home}/Documents/minutes.txt"),
        "Mousepad",
        absent=("Check spelling", "Restore defaults", "Shortcuts"),
        steps=(("alt", "e"), "Preferences..."),
        size=(1366, 768),
    ),
    Scene(
        "mousepad-file",
        ("mousepad", "--disable-server", "{home}/Documents/minutes.txt"),
        "Mousepad",
        absent=("Page setup", "Export as PDF", "Rename"),
        steps=(("alt", "f"),),
        size=(1024, 768),
        theme="Adwaita:dark",
        maximised=True,
    ),
    Scene(
        "galculator-main",
        ("galculator",),
        "galculator",
        absent=("History", "Convert"),
        size=(1024, 768),
        theme="Adwaita:dark",
    ),
    Scene(
        "terminal-general",
        ("xfce4-terminal", "--preferences"),
        "Preferences",
        absent=("Restore defaults", "Keyboard shortcuts", "Apply"),
        theme="Adwaita:dark",
        values={"Initial title": "Backup", "Scrollback": "5000"},
    ),
    Scene(
        "terminal-appearance",
        ("xfce4-terminal", "--preferences"),
        "Preferences",
        absent=("Import theme", "Save as profile", "OK"),
        steps=("Appearance",),
        size=(1366, 768),
        theme="Greybird",
        values={"Reset tab activity indicator after": "5"},
    ),
    Scene(
        "ristretto-main",
        ("ristretto", "{home}/Pictures/boat.png"),
        "Image Viewer",
        absent=("Rotate left", "Crop", "Tools"),
        steps=(
            "OK",
            "OK",
        ),
        size=(1024, 768),
        icons={
            "Open...": "open",
            "Edit": "edit",
        },
    ),
    Scene(
        "ristretto-preferences",
        ("ristretto", "{home}/Pictures/boat.png"),
        "Image Viewer",
        absent=("Set as wallpaper", "Plugins", "Reset"),
        steps=("OK", "OK", ("alt", "e"), "Preferences..."),
        theme="Adwaita:dark",
    ),
    Scene(
        "pluma-main",
        ("pluma", "{home}/Documents/minutes.txt"),
        "Pluma",
        absent=("Bookmarks", "Format", "Preview"),
        size=(1024, 768),
        maximised=True,
        icons={"New": "new", "Print": "print", "Find": "search"},
    ),
    Scene(
        "pluma-preferences",
        ("pluma", "{home}/Documents/minutes.txt"),
        "Pluma",
        absent=("Language", "Restore defaults", "Enable auto-save"),
        steps=(("alt", "e"), "Preferences"),
        size=(1366, 768),
    ),
    Scene(
        "pluma-find",
        ("pluma", "{home}/Documents/minutes.txt"),
        "Pluma",
        absent=("Find all", "Highlight all", "Swap"),
        steps=(("ctrl", "h"), "=oars"),
        size=(1920, 1080),
        theme="Greybird",
        values={"Search for": "harbour", "Replace with": "quay"},
    ),
    Scene(
        "atril-view",
        ("atril", "{home}/Documents/boat.pdf"),
        "boat",
        absent=("Reading mode", "Two pages", "Tools"),
        steps=(("alt", "v"),),
        size=(1024, 768),
    ),
    Scene(
        "gucharmap-main",
        ("gucharmap",),
        "Character",
        absent=("Emoji", "Favourites", "Insert"),
        values={"Text to copy": "naïve café"},
    ),
    Scene(
        "transmission-preferences",
        ("transmission-gtk",),
        "Transmission",
        absent=("Proxy", "Notifications", "Apply"),
        steps=("I Agree", ("alt", "e"), "Preferences"),
        size=(1920, 1080),
        front="Preferences",
    ),
    Scene(
        "transmission-main",
        ("transmission-gtk",),
        "Transmission",
        absent=("Add magnet link", "Peers", "Resume"),
        steps=("I Agree",),
        theme="Adwaita:dark",
        size=(1024, 768),
        icons={"Options": "settings"},
    ),
    Scene(
        "engrampa-main",
        ("engrampa",),
        "Archive",
        absent=("Encrypt", "Compress", "Tools"),
        steps=(("alt", "a"),),
    ),
    Scene(
        "qalculate-main",
        ("qalculate-gtk",),
        "Qalc",
        absent=("Statistics", "Graph", "Clear all"),
        size=(1366, 768),
        without=("P", "a \u2215 b", "a(x)b", "xy"),
    ),
    Scene(
        "homebank-main",
        ("homebank",),
        "HomeBank",
        absent=("Invoices", "Taxes", "Sync"),
        size=(1366, 768),
    ),
    Scene(
        "gnumeric-main",
        ("gnumeric", "{home}/Documents/members.csv"),
        "umeric",
        absent=("Macros", "Review", "Share"),
        size=(1366, 768),
        icons={
            "New": "new",
            "Open": "open",
            "Print": "print",
            "Cut": "cut",
            "Copy": "copy",
            "Paste": "paste",
        },
    ),
    Scene(
        "gnumeric-format",
        ("gnumeric", "{home}/Documents/members.csv"),
        "umeric",
        absent=("Conditional", "Page", "Reset"),
        steps=(("ctrl", "1"),),
        size=(1024, 768),
    ),
    Scene(
        "mousepad-editor",
        ("mousepad", "--disable-server", "{home}/Documents/minutes.txt"),
        "Mousepad",
        absent=("Check spelling", "Restore defaults", "Snippets"),
        steps=(("alt", "e"), "Preferences...", "Editor"),
        theme="Greybird",
        values={"Tab width": "4"},
    ),
    Scene(
        "mousepad-menu-document",
        ("mousepad", "--disable-server", "{home}/Documents/minutes.txt"),
        "Mousepad",
        absent=("Page setup", "Statistics", "Rename"),
        steps=(("alt", "d"),),
        size=(1366, 768),
    ),
    Scene(
        "terminal-advanced",
        ("xfce4-terminal", "--preferences"),
        "Preferences",
        absent=("Restore defaults", "Keyboard shortcuts", "Proxy"),
        steps=("Advanced",),
        size=(1024, 768),
    ),
    Scene(
        "terminal-dropdown",
        ("xfce4-terminal", "--preferences"),
        "Preferences",
        absent=("Transparency", "Save as profile", "OK"),
        steps=("Drop-down",),
        size=(1920, 1080),
    ),
    Scene(
        "pluma-editor",
        ("pluma", "{home}/Documents/minutes.txt"),
        "Pluma",
        absent=("Language", "Restore defaults", "Trim lines"),
        steps=(("alt", "e"), "Preferences", "Editor"),
        theme="Adwaita:dark",
        values={"Tab width": "4"},
    ),
    Scene(
        "transmission-downloading",
        ("transmission-gtk",),
        "Transmission",
        absent=("Proxy", "Notifications", "Apply"),
        steps=("I Agree", ("alt", "e"), "Preferences", "Downloading"),
        size=(1024, 768),
        theme="Greybird",
        front="Preferences",
        values={"Maximum active downloads": "3", "Downloads sharing data in the last N minutes are active": "15"},
    ),
    Scene(
        "transmission-remote",
        ("transmission-gtk",),
        "Transmission",
        absent=("Proxy", "Certificates", "Restore defaults"),
        steps=("I Agree", ("alt", "e"), "Preferences", "Remote"),
        theme="Adwaita:dark",
        front="Preferences",
        without=("127.0.0.1",),  # insensitive with its list, which it does not say
    ),
    Scene(
        "gnumeric-menu-data",
        ("gnumeric", "{home}/Documents/members.csv"),
        "umeric",
        absent=("Macros", "Pivot", "Share"),
        steps=(("alt", "d"),),
        size=(1920, 1080),
        maximised=True,
    ),
    Scene(
        "homebank-accounts",
        ("homebank",),
        "HomeBank",
        absent=("Invoices", "Taxes", "Sync"),
        steps=("Close",),
        size=(1280, 720),
        theme="Adwaita:dark",
        icons={"New": "new", "Open": "open"},
    ),
    Scene(
        "calculator-main",
        ("gnome-calculator",),
        "Calculator",
        one_by_one=True,
        absent=("Statistics", "Graph"),
        icons={"Primary menu": "menu", "Close": "close"},
        without=("x2",),
        size=(1024, 768),
    ),
    Scene(
        "text-editor-main",
        ("gnome-text-editor", "--standalone", "{home}/Documents/minutes.txt"),
        "Text Editor",
        absent=("Export", "Format", "Word count"),
        one_by_one=True,
        size=(1366, 768),
        icons={"Menu": "menu", "Close": "close", "New tab (Ctrl+T)": "plus"},
        without=("View",),  # shows an icon
    ),
    Scene(
        "text-editor-preferences",
        ("gnome-text-editor", "--standalone", "{home}/Documents/minutes.txt"),
        "Text Editor",
        one_by_one=True,
        absent=("Plugins", "Word count"),
        steps=(("ctrl", ","),),
        without=("Margin Position",),  # a number stands in that row
    ),
    Scene(
        "featherpad-main",
        ("featherpad", "{home}/Documents/minutes.txt"),
        "minutes",
        one_by_one=True,
        absent=("Bookmarks", "View", "Spelling"),
        size=(1024, 768),
        icons={"New": "new", "Open": "open", "Find": "search"},
    ),
    Scene(
        "featherpad-preferences",
        ("featherpad", "{home}/Documents/minutes.txt"),
        "minutes",
        one_by_one=True,
        absent=("Plugins", "Restore defaults", "Apply"),
        steps=(("alt", "o"), "Preferences"),
        size=(1366, 768),
        front="Preferences",
    ),
    Scene(
        "pcmanfm-main",
        ("pcmanfm-qt", "{home}"),
        "anna",
        one_by_one=True,
        absent=("Videos", "Search", "Shared"),
        without=("Documents", "Downloads", "Music", "Pictures"),  # their boxes are the cells of a grid
        variables={"QT_STYLE_OVERRIDE": "adwaita"},
    ),
    Scene(
        "pcmanfm-preferences",
        ("pcmanfm-qt", "{home}"),
        "anna",
        one_by_one=True,
        absent=("Security", "Restore defaults", "Shortcuts"),
        values={"Number of recent files": "12"},
        steps=(("alt", "e"), "Preferences"),
        front="Preferences",
        size=(1024, 768),
    ),
    Scene(
        "speedcrunch-main",
        ("speedcrunch",),
        "SpeedCrunch",
        one_by_one=True,
        absent=("Graph", "Format", "Tools"),
        steps=(("alt", "s"),),
    ),
    Scene(
        "writer-main",
        ("libreoffice", "--norestore", "--nologo", "--nofirststartwizard", "--writer"),
        "Writer",
        absent=("Review", "Mailings", "References"),
        size=(1366, 768),
        icons={"Open": "open", "Save": "save", "Print": "print", "Bold": "bold", "Italic": "italic", "Menu": "menu"},
    ),
    Scene(
        "writer-options",
        ("libreoffice", "--norestore", "--nologo", "--nofirststartwizard", "--writer"),
        "Writer",
        absent=("Keyboard shortcuts", "Plugins", "Sign in"),
        steps=(("alt", "f12"),),
        size=(1280, 720),
        front="Options",
        values={"Company": "Bootsverein Plau", "Street": "Seeweg 3", "Country/region": "Germany"},
    ),
    Scene(
        "writer-find",
        ("libreoffice", "--norestore", "--nologo", "--nofirststartwizard", "--writer"),
        "Writer",
        absent=("Whole document", "Swap", "Highlight all"),
        steps=(("ctrl", "h"),),
        size=(1024, 768),
        theme="Adwaita:dark",
        front="Find",
        values={"Find": "harbour"},
        without=("Other options",),  # its box is that of all options
    ),
    Scene(
        "calc-cells",
        ("libreoffice", "--norestore", "--nologo", "--nofirststartwizard", "--calc"),
        "Calc",
        absent=("Conditional", "Comments", "Apply"),
        steps=(("ctrl", "1"),),
        size=(1366, 768),
        front="Format Cells",
        values={"Leading zeroes": "2", "Decimal places": "3"},
    ),
    Scene(
        "calc-main",
        ("libreoffice", "--norestore", "--nologo", "--nofirststartwizard", "--calc"),
        "Calc",
        absent=("Review", "Pivot", "Macros"),
        size=(1920, 1080),
        theme="Adwaita:dark",
        icons={"Open": "open", "Save": "save", "Print": "print", "Menu": "menu"},
        without=("Sheet1",),  # its box is too high by the menu bar
    ),
)
