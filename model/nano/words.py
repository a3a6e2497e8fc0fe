"""The words on nano's training screens: an open vocabulary, so that labels are read and not recognised.

A third are invented from syllables, a third are English words out of the Python documentation that comes with every
interpreter, and a third are words that interfaces use. None comes from a test page.
"""

from __future__ import annotations

import random
import re
import string
from functools import lru_cache
from pydoc_data import topics  # pyright: ignore[reportMissingTypeStubs]

_INTERFACE = (
    "Save", "Cancel", "Close", "Open", "Edit", "Delete", "Remove", "Add", "New", "Create", "Update", "Apply", "Reset",
    "Submit", "Send", "Reply", "Forward", "Back", "Next", "Previous", "Finish", "Done", "OK", "Yes", "No", "Login",
    "Logout", "Register", "Account", "Profile", "Settings", "Preferences", "Options", "Help", "About", "Contact",
    "Home", "Search", "Filter", "Sort", "View", "Print", "Export", "Import", "Share", "Download", "Upload", "Attach",
    "Copy", "Paste", "Cut", "Undo", "Redo", "Refresh", "Reload", "Retry", "Continue", "Skip", "Start", "Stop", "Pause",
    "Play", "Record", "Mute", "Volume", "Name", "Email", "Address", "City", "Country", "Street", "State", "Postcode",
    "Phone", "Mobile", "Company", "Department", "Title", "Subject", "Message", "Comment", "Description", "Note",
    "Notes", "Date", "Time", "From", "To", "Amount", "Price", "Quantity", "Total", "Discount", "Tax", "Order", "Cart",
    "Checkout", "Payment", "Invoice", "Product", "Category", "Brand", "Size", "Colour", "Status", "Priority", "Owner",
    "User", "Users", "Group", "Team", "Members", "Role", "Admin", "Language", "Region", "Theme", "Dark", "Light",
    "Notifications", "Privacy", "Security", "Password", "Username", "Remember", "Forgot", "Terms", "Policy", "Agree",
    "Subscribe", "Newsletter", "Weekly", "Daily", "Monthly", "Report", "Reports", "Dashboard", "Overview", "Details",
    "History", "Activity", "Archive", "Trash", "Inbox", "Sent", "Drafts", "Spam", "Folder", "File", "Files",
    "Documents", "Pictures", "Music", "Video", "Calendar", "Event", "Events", "Meeting", "Tasks", "Project", "Projects",
    "Issue", "Issues", "Board", "Table", "List", "Grid", "Chart", "Map", "Live", "Book", "Room", "Guest", "Guests",
    "Flight", "Hotel", "Travel", "Return", "Departure", "Arrival", "Passenger", "Seat", "Ticket", "Tickets", "Support",
    "Chat", "Call", "Enable", "Disable", "Allow", "Block", "Advanced", "Basic", "General", "Display", "Sound",
    "Network", "Printer", "Storage", "Backup", "Restore", "Sync", "Connect", "Disconnect", "Device", "Version",
    "License", "Feedback", "Rate", "Review", "First", "Last", "Middle", "Old", "Current", "Confirm", "Verify", "Code",
    "Number", "Card", "Bank", "Transfer", "Balance", "Statement", "Key", "Keys", "Token", "Select", "All", "None",
    "Any", "Show", "Hide", "More", "Less", "Learn", "Read", "Write", "Load", "Run", "Test", "Build", "Deploy", "Debug",
    "Log", "Logs", "Tools", "Window", "Insert", "Format", "Zoom", "In", "Out", "Up", "Down", "Left", "Right", "Top",
    "Full", "Screen",
)  # fmt: skip

_MARKUP = ("Action", "Code", "Task", "Instruction", "steps", "system", "user", "assistant", "image")
"""Words that are single tokens, for the sake of the prompt: they must be known as labels too."""

_SYLLABLES = (
    "ba", "be", "bo", "ca", "ce", "co", "da", "de", "di", "do", "du", "fa", "fe", "fi", "ga", "ge", "go", "ha", "he",
    "ho", "in", "is", "ja", "jo", "ka", "ke", "ki", "ko", "la", "le", "li", "lo", "lu", "ma", "me", "mi", "mo", "mu",
    "na", "ne", "ni", "no", "nu", "or", "pa", "pe", "pi", "po", "ra", "re", "ri", "ro", "ru", "sa", "se", "si", "so",
    "su", "ta", "te", "ti", "to", "tu", "un", "va", "ve", "vi", "vo", "wa", "we", "wi", "xa", "ya", "yo", "za", "ze",
    "zo", "chi", "sha", "the", "tri", "pla", "gre", "sto",
)  # fmt: skip
_ENDINGS = ("", "", "", "n", "r", "s", "t", "l", "ng", "x", "ck", "rd", "st", "m", "sh", "ld", "y", "ty", "son", "ham")
_ACCENTED = {
    "a": "áàâãäåæ", "c": "çčć", "d": "ď", "e": "éèêëěę", "g": "ğ", "i": "íìîï", "l": "ł", "n": "ñńň", "o": "óòôõöøő",
    "r": "ř", "s": "šşś", "t": "ť", "u": "úùûüůű", "y": "ý", "z": "žźż",
}  # fmt: skip
"""Letters of the languages that are written in Latin script."""


@lru_cache(maxsize=1)
def english_words() -> list[str]:
    """Every lower-case word of three to twelve letters in the interpreter's own documentation, sorted."""
    text = " ".join(topics.topics.values())
    return sorted(set(re.findall(r"\b[a-z]{3,12}\b", text)))


def word(rng: random.Random) -> str:
    """A word of any of the three kinds; seldom one that the prompt uses as well."""
    kind = rng.random()
    if kind < 0.01:
        return rng.choice(_MARKUP)
    if kind < 0.36:
        return rng.choice(_INTERFACE)
    if kind < 0.68:
        return rng.choice(english_words())
    made = "".join(rng.choices(_SYLLABLES, k=rng.choice((1, 2, 2, 2, 3)))) + rng.choice(_ENDINGS)
    return accented(rng, made) if rng.random() < 0.1 else made


def accented(rng: random.Random, text: str) -> str:
    """The text with an accent on one of the letters that may have one."""
    places = [place for place, char in enumerate(text) if char in _ACCENTED]
    if not places:
        return text
    place = rng.choice(places)
    return text[:place] + rng.choice(_ACCENTED[text[place]]) + text[place + 1 :]


def label(rng: random.Random) -> str:
    """What a button, a link, a tab, a field or a box may be called."""
    kind = rng.random()
    if kind < 0.04:
        return f"{rng.choice(('', '#', '$', ''))}{rng.randint(1, 9999)}{rng.choice(('', '%', ' km', ' GB', '.00'))}"
    if kind < 0.09:
        return _filled(rng, rng.choice(_CODES))
    if kind < 0.15:
        return _filled(rng, rng.choice(_COMPOUNDS))[:40].rstrip()
    words = [word(rng) for _ in range(rng.choices((1, 2, 3, 4, 5), (34, 36, 18, 8, 4))[0])]
    style = rng.random()
    text = " ".join(words)
    if style < 0.62:
        text = text[0].upper() + text[1:].lower() if style < 0.4 else text[0].upper() + text[1:]
    elif style < 0.8:
        text = " ".join(w[0].upper() + w[1:] for w in words)
    elif style < 0.86:
        text = text.upper()
    if rng.random() < 0.06:
        number = rng.randint(1, 99)
        text += rng.choice((f" {number}", f" ({number})", "...", "…", " & " + word(rng), "?", "!"))
    return text[:40].rstrip()


def sentence(rng: random.Random) -> str:
    """Running text without meaning."""
    words = [word(rng).lower() for _ in range(rng.randint(4, 14))]
    return " ".join(words).capitalize() + "."


def value(rng: random.Random) -> str:
    """What a user may want to type."""
    return long_value(rng)[: rng.choice((8, 12, 16, 24))].strip()


def long_value(rng: random.Random) -> str:
    """What a user may want to type, however long."""
    kind = rng.random()
    if kind < 0.3:
        return label(rng)
    if kind < 0.45:
        first, last, host = (word(rng).lower() for _ in range(3))
        return f"{first}.{last}@{host}.{rng.choice(('com', 'org', 'net', 'de', 'example'))}"
    if kind < 0.6:
        return "".join(rng.choices(string.digits, k=rng.randint(1, 8)))
    if kind < 0.75:
        return word(rng).capitalize() + " " + word(rng).capitalize()
    if kind < 0.85:
        return "".join(rng.choices(string.ascii_letters + string.digits + "-_.!#@", k=rng.randint(4, 14)))
    if kind < 0.93:
        return _formatted(rng)
    return " ".join(word(rng).lower() for _ in range(rng.randint(1, 5)))


def _formatted(rng: random.Random) -> str:
    """A number as people write it: of a telephone, a house, a bank account; a date, a time, a price, an address."""
    form = rng.choice(
        ("+## ### #######", "### ####", "0## #### ####", "(###) ###-####", "##/##/####", "####-##-##", "##:##",
         "##.## EUR", "$#,###.##", "@@## #### #### #### ####", "## ~ Street", "#### ~", "~.example:####", "@@-####-@")
    )  # fmt: skip
    return _filled(rng, form)


_CODES = (
    "##@", "@#", "@##", "@@#", "@@ ###", "@@@-####", "#.# GHz", "##:##", "## – ##", "#–## kg", "€ ##",  # noqa: RUF001
    "##.##.####", "~.pdf", "~_##.txt", "~@@##", "v#.##.#", "##%", "#/##", "##", "~ #.#", "#×#",  # noqa: RUF001
)  # fmt: skip
"""Short labels with few letters: # a digit, @ a capital, ~ a word."""
_COMPOUNDS = (
    "^-~", "^ / ^", "^/~", "^-~ ~", "^'s ~", "^: ~", "^ (~)", "^ – ~", "^ → ^", "^, ~", "← ^", "^ ›",  # noqa: RUF001
    "+ ^", "“^”", "^ · ^", "@@ / ^", "^ + ^", "^ *", "^ #–##", "~.~.~", "@. ^", "^ @@@",  # noqa: RUF001
)  # fmt: skip
"""Words joined otherwise than by a space: ^ one with a capital, ~ one as it comes."""


def _filled(rng: random.Random, form: str) -> str:
    """A form with random digits, letters and words in the place of its marks."""
    draw = {
        "#": lambda: rng.choice(string.digits),
        "@": lambda: rng.choice(string.ascii_uppercase),
        "~": lambda: word(rng),
        "^": lambda: (made := word(rng))[0].upper() + made[1:],
    }
    return "".join(draw[char]() if char in draw else char for char in form)


def mutated(rng: random.Random, text: str) -> str:
    """Another label that looks much like this one."""
    kind = rng.random()
    words = text.split(" ")
    at = rng.randrange(len(words))
    if kind < 0.25:
        words[at] = rng.choice((str.lower, str.capitalize, str))(word(rng))
    elif kind < 0.37 and len(words) > 1:
        words.pop(at)
    elif kind < 0.49:
        words.append(word(rng).lower())
    elif kind < 0.55 and len(words) > 1:
        words.append(words.pop(at))
    elif kind < 0.63:
        words[at] = _inflected(rng, words[at])
    else:
        return _misspelled(rng, text)
    return " ".join(words)


def _inflected(rng: random.Random, word: str) -> str:
    ending = rng.choice(("s", "ed", "ing", "er"))
    return word.removesuffix(ending) if word.endswith(ending) and word != ending else word + ending


def _misspelled(rng: random.Random, text: str) -> str:
    """With one letter or digit replaced, left out, or in its neighbour's place."""
    kind, place = rng.random(), rng.randrange(len(text))
    char = text[place]
    if kind < 0.5:
        letters = string.ascii_uppercase if char.isupper() else string.ascii_lowercase
        return text[:place] + rng.choice(string.digits if char.isdigit() else letters) + text[place + 1 :]
    if kind < 0.75 and len(text) > 1:
        return text[:place] + text[place + 1 :]
    return text[:place] + text[place + 1 : place + 2] + char + text[place + 2 :]
