"""The demo application in a real browser: every task can be done, and its check sees it."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from envs.chromium import FLAGS, ensure_browser, is_root
from tasks.demo.app import MAX_BODY_BYTES, DemoApp
from tasks.demo.tasks import TASKS, DemoTask

SCREEN = {"width": 1280, "height": 720}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    executable = ensure_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=list(FLAGS), chromium_sandbox=not is_root()
        )
        yield browser.new_page(viewport=SCREEN)
        browser.close()


@pytest.fixture
def app() -> Iterator[DemoApp]:
    with DemoApp() as running:
        yield running


class Hands:
    """Acts on what a label names, and insists that the label stands once on the page and can be seen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def _seen(self, found: Locator, label: str) -> Locator:
        shown = found.filter(visible=True)
        expect(shown).to_have_count(1)
        expect(shown).to_be_in_viewport(ratio=1)
        texts = re.split(r"[\n\t]", self.page.locator("body").inner_text())
        hints = [hint.get_attribute("placeholder") or "" for hint in self.page.locator("[placeholder]").all()]
        assert [text.strip() for text in texts + hints].count(label) == 1
        return shown

    def named(self, label: str) -> Locator:
        return self._seen(self.page.get_by_text(label, exact=True), label)

    def field(self, label: str) -> Locator:
        return self._seen(self.page.get_by_label(label, exact=True), label)

    def click(self, label: str) -> None:
        self.named(label).click()


def sign_in(hands: Hands) -> None:
    hands.field("Email").fill("ada@example.org")
    hands.field("Password").fill("correct horse")
    hands.click("Sign in")
    hands.page.wait_for_url("**/customers")


def stay_signed_in(hands: Hands) -> None:
    hands.field("Keep me signed in").check()
    sign_in(hands)


def search(hands: Hands) -> None:
    field = hands.field("Search customers")
    field.click()
    hands.page.keyboard.type("Lisbon")
    hands.page.keyboard.press("Enter")
    expect(hands.page.locator("tbody tr")).to_have_count(2)


def open_customer(hands: Hands) -> None:
    hands.named("Priya Nair").dblclick()
    expect(hands.page.get_by_text("priya@monsoon.example")).to_be_visible()


def archive_customer(hands: Hands) -> None:
    hands.named("Tom Becker").click(button="right")
    hands.click("Archive")
    expect(hands.page.get_by_text("Tom Becker")).to_have_count(0)


def gift_order(hands: Hands) -> None:
    hands.field("Customer name").fill("Maria Lopez")
    hands.field("Delivery address").fill("14 Harbour Street")
    hands.field("Gift wrap").check()
    hands.click("Place order")
    expect(hands.page.get_by_role("status")).to_have_text("The order has been placed.")


def quiet_order(hands: Hands) -> None:
    hands.click("New order")
    hands.field("Customer name").fill("Jonas Weber")
    hands.field("Send confirmation").uncheck()
    hands.click("Place order")
    expect(hands.page.get_by_role("status")).to_have_text("The order has been placed.")


def job_title(hands: Hands) -> None:
    hands.field("Job title").fill("Head of Sales")
    hands.field("Phone").fill("555 0142")
    hands.click("Save changes")
    expect(hands.page.get_by_role("status")).to_have_text("Your profile has been saved.")


def notifications(hands: Hands) -> None:
    hands.click("Notifications")
    hands.field("Weekly report").check()
    hands.field("Product news").uncheck()
    hands.click("Save changes")
    expect(hands.page.get_by_role("status")).to_have_text("Your choices have been saved.")


def two_step_sign_in(hands: Hands) -> None:
    hands.click("Security")
    hands.field("Two-step sign-in").check()
    hands.click("Save changes")
    expect(hands.page.get_by_role("status")).to_have_text("Your choices have been saved.")


def terms(hands: Hands) -> None:
    accept = hands.page.get_by_role("button", name="Accept terms")
    expect(accept).not_to_be_in_viewport()
    hands.page.mouse.move(640, 360)
    hands.page.mouse.wheel(0, 300)
    expect(accept).to_be_in_viewport(ratio=1)
    hands.click("Accept terms")
    expect(hands.page.get_by_role("status")).to_contain_text("accepted")


SOLUTIONS: dict[str, Callable[[Hands], None]] = {
    "sign-in": sign_in,
    "stay-signed-in": stay_signed_in,
    "search": search,
    "open-customer": open_customer,
    "archive-customer": archive_customer,
    "gift-order": gift_order,
    "quiet-order": quiet_order,
    "job-title": job_title,
    "notifications": notifications,
    "two-step-sign-in": two_step_sign_in,
    "terms": terms,
}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_task_is_done_by_doing_it(app: DemoApp, page: Page, task: DemoTask) -> None:
    page.goto(app.url + task.start_path)
    assert not task.done(app.state)
    SOLUTIONS[task.name](Hands(page))
    assert task.done(app.state)
    assert [other.name for other in TASKS if other.done(app.state)] == [task.name]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_instruction_quotes_balance_and_names_are_unique(task: DemoTask) -> None:
    assert task.instruction.count('"') % 2 == 0
    assert [other.name for other in TASKS].count(task.name) == 1


def test_reset_forgets_what_was_done(app: DemoApp, page: Page) -> None:
    page.goto(app.url + "/terms")
    page.get_by_role("button", name="Accept terms").click()
    expect(page.get_by_role("status")).to_contain_text("accepted")
    before = app.state
    assert before.terms_accepted
    app.reset()
    assert not app.state.terms_accepted
    assert before.terms_accepted, "a state that was handed out never changes"


def test_wrong_password_is_said_on_the_page(app: DemoApp, page: Page) -> None:
    page.goto(app.url + "/sign-in")
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("status")).to_have_text("Wrong email or password.")
    assert app.state.signed_in_as is None


def test_signing_out_ends_the_session(app: DemoApp, page: Page) -> None:
    page.goto(app.url + "/sign-in")
    sign_in(Hands(page))
    page.get_by_text("Sign out").click()
    expect(page.locator("#account")).to_have_text("Sign in")
    assert app.state.signed_in_as is None


def test_typed_markup_stays_text(app: DemoApp, page: Page) -> None:
    markup = "</script><b id=injected>x</b>"
    page.goto(app.url + "/customers")
    page.get_by_label("Search customers").fill(markup)
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Search customers")).to_have_value(markup)
    expect(page.locator("#injected")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/sign-in", "/customers", "/orders/new", "/settings", "/terms"])
def test_page_loads_without_errors_and_fits_the_width(app: DemoApp, page: Page, path: str) -> None:
    faults: list[str] = []

    def note(fault: object) -> None:
        faults.append(str(fault))

    page.on("pageerror", note)
    page.on("requestfailed", note)
    page.goto(app.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= SCREEN["width"]
    assert re.search("Harbour Supplies", page.title())
    page.remove_listener("pageerror", note)
    page.remove_listener("requestfailed", note)
    assert not faults


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/nothing", {}, b"", 404),
        ("GET", "/../state.py", {}, b"", 404),
        ("GET", "/layout.html", {}, b"", 404),
        ("POST", "/customers", JSON, b"{}", 404),
        ("POST", "/api/terms", {"Content-Type": "text/plain"}, b"{}", 415),
        ("POST", "/api/terms", JSON | {"Content-Length": "two"}, b"{}", 411),
        ("POST", "/api/terms", JSON | {"Content-Length": "-1"}, b"{}", 411),
        ("POST", "/api/terms", JSON | {"Content-Length": "9" * 5000}, b"{}", 413),
        ("POST", "/api/terms", JSON, b"x" * (MAX_BODY_BYTES + 1), 413),
        ("POST", "/api/terms", JSON, b"", 422),
        ("POST", "/api/terms", JSON, b"{", 422),
        ("POST", "/api/terms", JSON, b"\xff\xfe", 422),
        ("POST", "/api/terms", JSON, b'{"more": 1}', 422),
        ("POST", "/api/search", JSON, b'{"search": 5}', 422),
        ("POST", "/api/search", JSON, json.dumps({"search": "x" * 201}).encode(), 422),
        ("POST", "/api/customers/open", JSON, b'{"name": "Nobody"}', 409),
        ("DELETE", "/customers", {}, b"", 501),
    ],
)
def test_malformed_request_is_refused_and_the_server_lives(
    app: DemoApp, method: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    before = app.state
    connection = http.client.HTTPConnection(urlsplit(app.url).netloc, timeout=5)
    connection.request(method, path, body=body, headers=headers)
    assert connection.getresponse().status == status
    connection.close()
    assert app.state == before
    connection.request("GET", "/customers")
    assert connection.getresponse().status == 200
    connection.close()


def test_request_that_is_not_http_does_not_kill_the_server(app: DemoApp) -> None:
    host, port = urlsplit(app.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        assert b"400" in connection.recv(4096)
    page = http.client.HTTPConnection(host, int(port), timeout=5)
    page.request("GET", "/")
    assert page.getresponse().status == 200
    page.close()


def test_nothing_listens_after_the_end() -> None:
    with DemoApp() as app:
        host, port = urlsplit(app.url).netloc.split(":")
        assert host == "127.0.0.1"
        socket.create_connection((host, int(port)), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)
    with pytest.raises(RuntimeError, match="not running"):
        _ = app.url
