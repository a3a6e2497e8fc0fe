"""The report and the index in a real browser: every control, a phone, 500 steps, and no request to anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from agent.episode import Limits
from agent.loop import Agent
from agent.policy import Policy, Rule
from agent.ruling import Effect
from agent.viewer.index import write_index
from agent.viewer.report import write_report
from envs.chromium import FLAGS, find_browser, is_root
from envs.fake import FakeEnv
from model.fake import ScriptedModel
from tests.answers import say

LOAD_S = 2.0


def screen(step: int) -> np.ndarray:
    """A page-like picture: lines of text-like noise on white."""
    pixels = np.full((720, 1280, 3), 255, np.uint8)
    chance = np.random.default_rng(step)
    for top in range(40, 680, 24):
        pixels[top : top + 12, 60 : 60 + int(chance.integers(200, 1100))] = 40 * chance.integers(0, 6)
        pixels[top : top + 12, 60:500:7] = 255
    return pixels


def record(folder: Path, steps: int) -> None:
    env = FakeEnv({str(n): screen(n) for n in range(1, steps + 1)}, "1", lambda at, _: str(min(int(at) + 1, steps)))
    answers = [say(f"pyautogui.click(x={0.1 + n / 1000}, y=0.5)", f"Click <b>{n}</b>.") for n in range(1, steps)]
    if steps > 2:
        answers[1] = say("pyautogui.write('rm x')", "Type.")
    policy = Policy(rules=(Rule(effect=Effect.DENY, kinds=("type",), reason="No typing."),))
    model = ScriptedModel([*answers, say("computer.terminate(status='success')")])
    Agent(model, env, record=folder, policy=policy, limits=Limits(max_steps=steps + 1)).run("Click <i>all</i>.")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = find_browser(None, Path(playwright.chromium.executable_path))
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS), chromium_sandbox=not is_root())
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    page.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert wrong == []


def test_every_control_of_the_report(page: Page, tmp_path: Path) -> None:
    record(tmp_path, 5)
    page.goto(write_report(tmp_path).as_uri())
    visible = page.locator("article:not([hidden])")
    assert visible.locator("h2").inner_text() == "1. Click <b>1</b>."
    assert visible.locator("image").get_attribute("href").startswith("data:image/png")  # type: ignore[union-attr]
    page.click("#after")
    assert visible.get_attribute("id") == "step-2"
    assert "Guard: deny. No typing." in visible.inner_text()
    page.keyboard.press("ArrowRight")
    assert page.locator("#place").inner_text() == "3 of 5"
    page.keyboard.press("ArrowLeft")
    page.click("#before")
    assert visible.get_attribute("id") == "step-1"
    page.locator("#strip button").nth(3).click()
    assert visible.get_attribute("id") == "step-4"
    assert page.locator("#strip [aria-current]").count() == 1
    page.locator("#times rect[data-step='2']").first.dispatch_event("click")
    assert visible.get_attribute("id") == "step-3"
    page.check("#only")
    assert page.locator("#strip button:visible").count() == 1
    assert visible.get_attribute("id") == "step-2"
    page.uncheck("#only")
    assert page.locator("#strip button:visible").count() == 5
    page.reload()
    assert visible.get_attribute("id") == "step-2", "the address says which step"
    point = page.locator("#step-1 circle")
    assert float(point.get_attribute("cx") or 0) == pytest.approx(0.101 * 1280)


def test_the_report_on_a_phone(chromium: Browser, tmp_path: Path) -> None:
    record(tmp_path, 5)
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    page.goto(write_report(tmp_path).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def _processor_s(chromium: Browser) -> float:
    """The processor time that the browser has taken."""
    processes = chromium.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return sum(process["cpuTime"] for process in processes)


@pytest.mark.slow
def test_500_steps_load_at_once_and_scroll(chromium: Browser, page: Page, tmp_path: Path) -> None:
    record(tmp_path, 500)
    address = write_report(tmp_path).as_uri()
    before_s = _processor_s(chromium)
    page.goto(address)
    page.locator("article:not([hidden]) image[href]").wait_for()
    # Of all of the browser's processes: what it takes on a machine with one core that has nothing else to do.
    assert _processor_s(chromium) - before_s < LOAD_S
    assert page.locator("article").count() == 500
    loaded = page.locator("#strip img[src]").count()
    assert loaded < 60, "pictures wait until they are looked at"
    page.locator("#strip").evaluate("strip => strip.scrollLeft = strip.scrollWidth")
    page.locator("#strip button").last.locator("img[src]").wait_for()


def test_the_index_filters_and_leads_to_the_reports(page: Page, tmp_path: Path) -> None:
    for name, steps in (("one", 2), ("two", 3)):
        record(tmp_path / name, steps)
    Agent(ScriptedModel([say("computer.terminate(status='failure')")]), FakeEnv({"1": screen(1)}, "1", {}),
          record=tmp_path / "bad").run("Buy milk.")  # fmt: skip
    page.goto(write_index(tmp_path).as_uri())
    rows = page.locator("tbody tr:visible")
    assert rows.count() == 3
    page.fill("#words", "MILK")
    assert rows.count() == 1
    assert page.locator("#count").inner_text() == "1 of 3"
    page.fill("#words", "")
    page.select_option("#ending", "success")
    assert rows.count() == 2
    rows.locator("a").last.click()
    assert page.locator("article").count() == 3
