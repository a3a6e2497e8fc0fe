"""The embedded model tells things apart, knows icons and scrolls to what is not in view, in a real browser."""

from __future__ import annotations

import pytest

from agent.episode import Limits
from agent.loop import Agent
from envs.browser import Browser
from model.base import Model
from model.loading import load_model
from tests.conftest import Site

pytestmark = pytest.mark.slow

ROWS = ("Harbour", "Meadow", "Quarry", "Orchard")
SEARCH, HOME = (
    '<path d="M21 21l-5-5m2-6a8 8 0 1 1-16 0 8 8 0 0 1 16 0z"/>',
    '<path d="M3 11l9-8 9 8v10h-6v-6H9v6H3z"/>',
)
PAGE = f"""</script>
<style>
body {{ font: 16px "Liberation Sans", "DejaVu Sans", sans-serif; margin: 30px; height: 2200px }}
td {{ padding: 8px 30px 8px 0 }} svg {{ width: 22px; height: 22px; fill: none; stroke: #222; stroke-width: 2 }}
#end {{ position: absolute; top: 1900px }}
</style>
<script>const done = name => document.title = name</script>
<button onclick="done('search')"><svg viewBox="0 0 24 24">{SEARCH}</svg></button>
<button onclick="done('home')"><svg viewBox="0 0 24 24">{HOME}</svg></button>
<table>{"".join(f'<tr><td>{row}<td><button onclick="done(`{row}`)">Open</button>' for row in ROWS)}</table>
<button id="end" onclick="done('end')">Accept the terms</button>"""


@pytest.fixture(scope="module")
def nano() -> Model:
    return load_model("nano")


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ('Click "Open" in the row "Quarry"', "Quarry"),
        ('Click the second "Open" button', "Meadow"),
        ('Click the "home" icon', "home"),
        ('Click "Accept the terms"', "end"),
        ("Click Open in the row Quarry", "Quarry"),
        ("click accept the terms", "end"),
    ],
)
def test_it_does_what_is_asked(instruction: str, expected: str, nano: Model, site: Site) -> None:
    with Browser(site.page("/shop", PAGE)) as browser:
        Agent(nano, browser, limits=Limits(max_steps=9)).run(instruction)
        assert browser.observe().title == expected
