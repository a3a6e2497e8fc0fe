"""What no screenshot shows, from the model's answer to the page and back: through the loop, in a real browser."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.episode import Episode
from agent.loop import Agent
from envs.actions import Navigate
from envs.base import EnvUnavailable
from envs.browser import Browser
from envs.chromium import FLAGS, find_browser, is_root
from envs.settle import Patience
from model.fake import ScriptedModel
from tests.answers import say

BUTTON = "style='position:absolute;left:100px;top:50px;width:120px;height:40px'"
CLICK = "pyautogui.click(x=0.2, y=0.14)"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    uploads, downloads = tmp_path_factory.mktemp("uploads"), tmp_path_factory.mktemp("downloads")
    (uploads / "letter.txt").write_text("dear")
    return uploads, downloads


@pytest.fixture(scope="module")
def browser(folders: tuple[Path, Path]) -> Iterator[Browser]:
    with Browser(
        viewport=(800, 500),
        allowed_upload_folder=folders[0],
        download_folder=folders[1],
        patience=Patience(quiet_s=0.1),
    ) as browser:
        yield browser


def run(browser: Browser, url: str, codes: Sequence[str]) -> tuple[Episode, list[str]]:
    """The episode, and what the model was told before each answer."""
    browser.execute(Navigate(url=url))
    model = ScriptedModel([*map(say, codes), say("computer.terminate(status='success')")])
    episode = Agent(model, browser).run("Go.")
    return episode, ["\n".join(part for part in prompt[-1].parts if isinstance(part, str)) for prompt in model.prompts]


def test_select(browser: Browser, site: Any) -> None:
    page = site.page("/s", f"</script><select {BUTTON} onchange=tell(value)><option>One<option>Two</select>")
    episode, told = run(browser, page, [CLICK, "browser.select_option(x=0.2, y=0.14, option='Two')"])
    assert '"One" (chosen), "Two"' in told[1]
    assert [result.note for result in episode.steps[1].results] == [""]
    assert site.told(browser) == "Two"


def test_upload(browser: Browser, site: Any) -> None:
    page = site.page("/u", f"</script><input type=file {BUTTON} onchange=tell(files[0].name)>")
    episode, told = run(browser, page, [CLICK, "browser.upload('/etc/passwd')", "browser.upload('letter.txt')"])
    assert "asks for a file" in told[1]
    assert "outside the folder" in told[2]
    assert [step.results[0].done for step in episode.steps] == [True, False, True, True]
    assert site.told(browser) == "letter.txt"


def test_download(browser: Browser, site: Any, folders: tuple[Path, Path]) -> None:
    site.pages["/report"] = b"12345", {"Content-Disposition": 'attachment; filename="report.csv"'}
    page = site.page("/d", f"</script><a href=/report {BUTTON}>get</a>")
    _, told = run(browser, page, [CLICK])
    assert f"Downloaded {folders[1] / 'report.csv'}, 5 bytes." in told[1]


def test_new_tab(browser: Browser, site: Any) -> None:
    site.page("/child", "</script><title>child</title>")
    page = site.page("/t", f"</script><title>parent</title><a href=/child target=_blank {BUTTON}>open</a>")
    _, told = run(browser, page, [CLICK, "browser.switch_tab(0)", "browser.switch_tab(1)", "browser.close_tab()"])
    assert "1 (current) 'child'" in told[1]
    assert "0 (current) 'parent'" in told[2]
    assert "1 tab closed" in told[4]


def test_alert_and_permission(browser: Browser, site: Any) -> None:
    page = site.page(
        "/a",
        f"""</script><button {BUTTON} onclick="alert('Saved'); navigator.geolocation.getCurrentPosition(
            () => tell('there'), error => tell(error.code))">ask</button>""",
    )
    _, told = run(browser, page, [CLICK])
    assert '"Saved"; it was dismissed' in told[1]
    assert site.told(browser) == 1, "permission was denied"


def test_a_profile_is_kept(site: Any, tmp_path: Path) -> None:
    page = site.page(
        "/p", "const was = localStorage.getItem('a'); localStorage.setItem('a', 'kept'); tell(was);</script>"
    )
    for kept in (None, "kept"):
        with Browser(page, profile=tmp_path, patience=Patience(quiet_s=0.1)) as browser:
            assert site.told(browser) == kept


def test_a_running_chrome_is_used_and_left_as_it_was(site: Any, tmp_path: Path, wait_until: Any) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = find_browser(None, None)
    command = [
        str(path), *FLAGS, *(["--no-sandbox"] if is_root() else []), "--headless", f"--user-data-dir={tmp_path}",
        f"--remote-debugging-port={port}", "--window-size=900,700", site.page("/own", "</script><title>own</title>"),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as chrome:
        try:

            def answers() -> bool:
                with socket.socket() as probe:
                    return probe.connect_ex(("127.0.0.1", port)) == 0

            wait_until(answers)
            page = site.page("/b", f"</script><button {BUTTON} onclick=\"tell('clicked')\">press</button>")
            with Browser(page, attach=f"http://127.0.0.1:{port}", patience=Patience(quiet_s=0.1)) as browser:
                seen = browser.observe()
                assert seen.tabs[0].title == "own"
                x, y = 160 / seen.frame.width_px, 70 / seen.frame.height_px
                run(browser, page, [f"pyautogui.click(x={x}, y={y})"])
                assert site.told(browser) == "clicked"
            assert chrome.poll() is None
            with Browser(attach=f"http://127.0.0.1:{port}", patience=Patience(quiet_s=0.1)) as again:
                assert len(again.observe().tabs) == 2
        finally:
            chrome.kill()


def test_no_chrome_to_attach_to() -> None:
    with pytest.raises(EnvUnavailable, match="remote-debugging-port"):
        Browser(attach="http://127.0.0.1:1")
