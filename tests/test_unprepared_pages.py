"""The checks of the unprepared pages are exact: false until the last step of the instruction is done, true after it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

PAGES = Path(__file__).parent / "pages"
TASKS = json.loads((PAGES / "tasks.json").read_text(encoding="utf-8"))
WIDTH, HEIGHT = 1280, 720

Step = Callable[[Page], None]


def click(name: str) -> Step:
    return lambda page: page.get_by_text(name, exact=True).click()


def double_click(name: str) -> Step:
    return lambda page: page.get_by_text(name, exact=True).dblclick()


def right_click(name: str) -> Step:
    return lambda page: page.get_by_text(name, exact=True).click(button="right")


def tick(name: str) -> Step:
    return lambda page: page.get_by_label(name, exact=True).check()


def untick(name: str) -> Step:
    return lambda page: page.get_by_label(name, exact=True).uncheck()


def type_into(name: str, text: str) -> Step:
    def step(page: Page) -> None:
        page.get_by_label(name, exact=True).or_(page.get_by_placeholder(name, exact=True)).click()
        page.keyboard.type(text)

    return step


def press(key: str) -> Step:
    return lambda page: page.keyboard.press(key)


def scroll_down(page: Page) -> None:
    """Five notches of the wheel, awaited because Chromium scrolls after the event has been answered."""
    page.mouse.move(WIDTH / 2, HEIGHT / 2)
    page.mouse.wheel(0, 5 * 120)
    page.wait_for_function("scrollY > 0")


def scroll_up(page: Page) -> None:
    page.mouse.move(WIDTH / 2, HEIGHT / 2)
    page.mouse.wheel(0, -5 * 120)
    page.wait_for_function("scrollY === 0")


WALKS: tuple[tuple[str, tuple[Step, ...]], ...] = (
    ("newsletter", (type_into("First name", "Ada"), tick("Weekly digest"), click("Subscribe"))),
    (
        "newsletter",
        (type_into("Email address", "nils@fjord.example"), untick("Send as plain text"), click("Read a sample first")),
    ),
    (
        "library",
        (
            type_into("Title, author or subject", "whale"),
            press("Enter"),
            click("Reserve Moby-Dick"),
        ),
    ),
    ("library", (tick("Only e-books"), type_into("Title, author or subject", "ice"), click("Search catalogue"))),
    ("rooms", (type_into("Event title", "Chess club"), click("Jade room"), click("Check price"))),
    ("rooms", (scroll_down, tick("Projector"), click("Book this room"))),
    ("preferences", (click("Appearance"), tick("Compact sidebar"), click("Apply changes"))),
    ("preferences", (click("Network"), type_into("Proxy server", "proxy.example"), click("Apply changes"))),
    (
        "queue",
        (
            double_click("Printer on floor 3 jams"),
            type_into("Reply", "On my way"),
            click("Send reply"),
        ),
    ),
    (
        "queue",
        (
            right_click("VPN drops every hour"),
            click("Mark as urgent"),
            untick("Show closed tickets"),
        ),
    ),
    (
        "timeoff",
        (
            click("New request"),
            click("Unpaid leave"),
            type_into("First day", "2026-09-14"),
            type_into("Last day", "2026-09-18"),
            click("Send to my manager"),
        ),
    ),
    ("timeoff", (click("Dentist appointment"), click("Withdraw request"), click("Yes, withdraw"))),
    (
        "files",
        (
            right_click("budget-2026.ods"),
            click("Rename"),
            type_into("New name", "budget-approved.ods"),
            click("Save name"),
        ),
    ),
    ("files", (click("View"), click("Hidden files"), double_click(".templates"))),
    (
        "classes",
        (
            click("Pottery for beginners"),
            click("Next"),
            type_into("Full name", "Mira Sol"),
            click("Next"),
            tick("I have read the house rules"),
            click("Enrol now"),
        ),
    ),
    (
        "classes",
        (
            click("Italian, evening group"),
            click("Next"),
            type_into("Full name", "Ben Okri"),
            type_into("Date of birth", "12.05.2011"),
            click("Next"),
        ),
    ),
    ("home", (click("Schedules"), click("Holiday mode"), click("Save schedule"))),
    (
        "home",
        (click("Guests"), type_into("Guest name", "Noor"), untick("Can change the heating"), click("Create door code")),
    ),
    ("pool", (click("Lost property"), type_into("What did you lose?", "blue goggles"), click("Send report"))),
    ("pool", (click("Season tickets"), click("Family ticket, 96 euros"), click("Reserve ticket"))),
    (
        "issues",
        (
            type_into("Search issues", "disk"),
            press("Enter"),
            click("Crash when the disk is full"),
            type_into("Leave a comment", "Confirmed on 2.4"),
            click("Post comment"),
        ),
    ),
    (
        "issues",
        (
            type_into("Search issues", "wayland"),
            press("Enter"),
            click("Fonts look blurred on Wayland"),
            click("Follow this issue"),
        ),
    ),
    ("regatta", (type_into("Boat name", "Heron"), scroll_down, click("Under 16"), click("Send entry"))),
    (
        "regatta",
        (
            scroll_down,
            tick("We bring our own trailer"),
            scroll_up,
            type_into("Boat name", "Kingfisher"),
            click("Save draft"),
        ),
    ),
    (
        "mail",
        (
            click("New mail"),
            type_into("To", "ola@harbor.example"),
            type_into("Subject", "Meeting moved"),
            type_into("Message", "Now on Friday at 10."),
            tick("Ask for a receipt"),
            click("Send"),
        ),
    ),
    ("mail", (right_click("Invoice 2041"), click("Move to folder"), click("Suppliers"))),
    ("access", (tick("Johanna Berg"), click("Remove access"), click("Yes, remove"))),
    ("access", (tick("Hanna Berger"), click("Change role"), click("Auditor"), click("Save changes"))),
    ("telescope", (press("Escape"), type_into("Date of visit", "2026-10-02"), press("Tab"), click("21:30"))),
    ("telescope", (click("Understood"), tick("I need a guide"), click("Join the waiting list"))),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        chromium = playwright.chromium.launch(
            executable_path=None if own.exists() else "/usr/bin/chromium", chromium_sandbox=os.geteuid() != 0
        )
        yield chromium
        chromium.close()


def test_every_page_has_two_tasks_and_every_task_a_walk() -> None:
    assert [task["page"] for task in TASKS] == [f"{name}.html" for name, _ in WALKS]
    for source in PAGES.glob("*.html"):
        assert sum(task["page"] == source.name for task in TASKS) == 2, source.name


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    yield tab
    tab.close()


PAIRS = [(task, steps) for task, (_, steps) in zip(TASKS, WALKS, strict=True)]


@pytest.mark.parametrize(("task", "steps"), [pytest.param(*pair, id=pair[0]["instruction"]) for pair in PAIRS])
def test_check_is_true_only_when_all_is_done(page: Page, task: dict[str, str], steps: tuple[Step, ...]) -> None:
    page.goto((PAGES / task["page"]).as_uri())
    for step in steps:
        assert page.evaluate(task["check"]) is False
        step(page)
    assert page.evaluate(task["check"]) is True


@pytest.mark.parametrize(
    ("task", "steps"),
    [
        pytest.param(task, steps[:left_out] + steps[left_out + 1 :], id=f"{task['instruction']} without {left_out + 1}")
        for task, steps in PAIRS
        for left_out in range(len(steps) - 1)
        if steps[left_out] not in (scroll_down, scroll_up)  # Playwright scrolls by itself to what it clicks
    ],
)
def test_check_is_false_when_a_step_is_left_out(page: Page, task: dict[str, str], steps: tuple[Step, ...]) -> None:
    page.set_default_timeout(1000)
    page.goto((PAGES / task["page"]).as_uri())
    with contextlib.suppress(TimeoutError):  # what the missing step would have opened is not there
        for step in steps:
            step(page)
    assert page.evaluate(task["check"]) is False
