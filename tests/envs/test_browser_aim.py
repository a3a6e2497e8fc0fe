"""Every click lands on the pixel that it was aimed at, at every scale."""

import numpy as np
import pytest

from envs.actions import Click, Scroll
from envs.browser import Browser

WIDTH, HEIGHT = 1000, 600
SIZE = 3
CORNERS_EDGES_CENTRE = [
    (left, top) for left in (0, (WIDTH - SIZE) // 2, WIDTH - SIZE) for top in (0, (HEIGHT - SIZE) // 2, HEIGHT - SIZE)
]
TARGETS = [(left, top, (250, 20 + 20 * number, 60)) for number, (left, top) in enumerate(CORNERS_EDGES_CENTRE)]

PAGE = f"""
    const hits = [];
    addEventListener('mousedown', e => {{ hits.push([e.target.id, e.clientX, e.clientY]); tell(hits); }});
    </script><body style='margin:0;background:white'>
    {"".join(
        f"<div id=t{number} style='position:absolute;left:{left}px;top:{top}px;width:{SIZE}px;height:{SIZE}px;"
        f"background:rgb{colour}'></div>" for number, (left, top, colour) in enumerate(TARGETS)
    )}"""  # fmt: skip


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_clicks_land_exactly_where_they_were_aimed(site, scale):
    with Browser(site.page("/targets", PAGE), (WIDTH, HEIGHT), scale) as browser:
        frame = browser.observe().frame
        assert frame.pixels.shape == (HEIGHT * scale, WIDTH * scale, 3)
        places = [(0, 0), (1, 1), (2, 3), (frame.width_px - 1, frame.height_px - 1), (frame.width_px - 2, 0), (731, 17)]

        for _, _, colour in TARGETS:
            rows, columns = np.nonzero((frame.pixels == np.array(colour, np.uint8)).all(axis=2))
            x, y = (columns.mean() + 0.5) / frame.width_px, (rows.mean() + 0.5) / frame.height_px
            browser.execute(Click(at=frame.point(x, y)))
        for column, row in places:
            browser.execute(Click(at=frame.point((column + 0.5) / frame.width_px, (row + 0.5) / frame.height_px)))
        browser.execute(Click(at=frame.point(1.0, 1.0)))

        hits = site.told(browser)
        assert hits[: len(TARGETS)] == [[f"t{n}", left + 1, top + 1] for n, (left, top, _) in enumerate(TARGETS)]
        on_pixels = [hit[1:] for hit in hits[len(TARGETS) : -1]]
        assert on_pixels == [[int((column + 0.5) / scale), int((row + 0.5) / scale)] for column, row in places]
        assert hits[-1][1:] == [WIDTH - 1, HEIGHT - 1]


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_a_glance_shows_a_part_of_the_frame_however_far_the_page_is_scrolled(site, scale):
    stripes = "repeating-linear-gradient(45deg, red 0 31px, yellow 31px 67px, blue 67px 129px)"
    body = f"</script><body style='margin:0;width:3000px;height:3000px;background:{stripes}'>"
    with Browser(site.page("/stripes", body), (WIDTH, HEIGHT), scale) as browser:
        browser.execute(Scroll(vertical=-4, horizontal=2))
        frame = browser.observe().frame
        for left, top, right, bottom in (
            (0, 0, 40, 40),
            (300, 200, 360, 240),
            (WIDTH - 60, HEIGHT - 30, WIDTH, HEIGHT),
        ):
            x, y, x_end, y_end = (int(side * scale) for side in (left, top, right, bottom))
            seen = browser.glance((x, y, x_end, y_end))
            assert np.array_equal(seen, frame.pixels[y:y_end, x:x_end])
