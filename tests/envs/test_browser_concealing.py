"""What a page shows of a secret is black: in inner pages of other sites, spread over elements, and painted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.actions import Drag, Navigate, Scroll, TypeText
from envs.browser import Browser
from envs.browser_layout import Document, Layout
from envs.browser_text import boxes_showing
from envs.settle import Patience

SECRET = "hunter2 & geheim"
PLACED = "position:absolute;background:#fff;margin:0"


@pytest.fixture(scope="module", params=[1.0, 2.0])
def browser(request):
    with Browser(
        viewport=(800, 500), device_scale_factor=request.param, patience=Patience(quiet_s=0.1, interval_s=0.02)
    ) as browser:
        browser.conceal([SECRET])
        yield browser


def black(browser, left, top, right, bottom):
    """What share of a part of the viewport, in CSS pixels, is black."""
    frame = browser.observe().frame
    scale = frame.width_px / 800
    part = frame.pixels[int(top * scale) : int(bottom * scale), int(left * scale) : int(right * scale)]
    return float((part == 0).all(axis=-1).mean())


def blue(browser):
    """How many pixels have something of the colour that the canvas writes in."""
    pixels = browser.observe().frame.pixels.astype(int)
    return int((pixels[..., 2] - pixels[..., 0] > 30).sum())


def test_inner_pages_of_other_sites_to_any_depth(browser, site):
    site.pages["/deep"] = f"<p style='{PLACED};left:20px;top:30px;width:160px;height:30px'>{SECRET}"
    deep = site.url("/deep", "deep.localhost")
    site.pages["/inner"] = (
        f"<body style='{PLACED}'><input value='{SECRET}' style='{PLACED};left:10px;top:20px;width:150px;height:30px'>"
        f"<iframe src={deep} style='{PLACED};left:5px;top:60px;border:4px solid red;width:250px;height:80px'></iframe>"
    )
    inner = site.url("/inner", "other.localhost")
    page = site.page(
        "/outer",
        f"</script><body style='margin:0'><iframe src={inner} style='{PLACED};left:100px;top:50px;border:3px solid red;"
        "padding:7px;width:300px;height:200px'></iframe>",
    )
    browser.execute(Navigate(url=page))
    left, top = 100 + 10, 50 + 10
    assert black(browser, left + 10, top + 20, left + 160, top + 50) == 1
    left, top = left + 5 + 4, top + 60 + 4
    assert black(browser, left + 20, top + 30, left + 130, top + 45) == 1, "two sites deep"
    assert black(browser, left + 20, top + 62, left + 160, top + 75) == 0
    assert black(browser, 420, 0, 800, 500) == 0


def test_a_text_that_is_spread_over_elements(browser, site):
    letters = "".join(f"<b>{letter}</b> " for letter in SECRET)
    boxes = "".join(f"<input maxlength=1 size=1 value='{letter}'>\n" for letter in SECRET.replace(" ", ""))
    page = site.page(
        "/spread",
        f"</script><p id=letters style='{PLACED};left:10px;top:10px;width:600px;height:40px;font-size:30px'>{letters}"
        f"<div style='{PLACED};left:10px;top:100px;width:780px;height:40px'>{boxes}</div>"
        f"<p style='{PLACED};left:10px;top:200px;text-transform:uppercase'>{SECRET}",
    )
    browser.execute(Navigate(url=page))
    assert black(browser, 12, 18, 200, 40) > 0.9
    assert black(browser, 12, 104, 200, 118) > 0.8
    assert black(browser, 12, 202, 100, 212) == 1


CANVAS = """
    </script><body style='margin:0;height:3000px'>
    <canvas id=c width=500 height=200 style='position:absolute;left:50px;top:100px'></canvas><script>
    const pen = c.getContext('2d');
    pen.font = '20px sans-serif';
    pen.fillStyle = '#eee'; pen.fillRect(0, 0, 500, 200);
    let text = '';
    addEventListener('keypress', e => {
        e.preventDefault(); text += e.key; pen.fillStyle = '#00f'; pen.fillText(text, 64, 60);
    });
    </script>"""


def test_what_a_canvas_paints_while_it_is_typed_moves_with_the_page(browser, site):
    browser.execute(Navigate(url=site.page("/canvas", CANVAS)))
    assert black(browser, 114, 146, 200, 164) == 0
    browser.execute(TypeText(text=SECRET))
    assert black(browser, 114, 146, 240, 164) == 1
    assert blue(browser) == 0
    assert black(browser, 50, 230, 550, 300) == 0
    browser.execute(Scroll(at=browser.observe().frame.from_device(20, 20), vertical=-1))
    assert black(browser, 114, 146 - 120, 240, 164 - 120) == 1, "one notch is 120 pixels"
    assert blue(browser) == 0
    assert black(browser, 50, 190, 550, 300) == 0
    browser.execute(Navigate(url=site.page("/canvas", CANVAS)))
    assert black(browser, 50, 100, 550, 300) == 0, "another page's canvas"


def test_what_gets_a_drop_is_the_inner_page_at_its_end(browser, site):
    site.pages["/inner"] = "inner"
    inner = site.url("/inner", "other.localhost")
    page = site.page("/outer", f"</script><iframe src={inner} style='{PLACED};left:300px;top:50px'></iframe>")
    browser.execute(Navigate(url=page))
    frame = browser.observe().frame
    drag = Drag(start=frame.from_device(10, 10), end=frame.from_device(350, 100))
    assert browser.receiver_url(drag.end) == inner
    assert browser.receiver_url(drag.start) == page


@given(st.lists(st.text("aB &", max_size=5), max_size=8), st.text("ab &", min_size=1, max_size=6))
def test_texts_are_found_wherever_they_begin_and_end(parts, sought):
    boxes = [(float(number), 0.0, number + 1.0, 1.0) for number in range(len(parts))]
    layout = Layout([Document("1", list(zip(boxes, parts, strict=True)), {}, {}, {})])
    found = set(boxes_showing(layout, [sought]))
    letters = [(number, letter.lower()) for number, part in enumerate(parts) for letter in part if letter != " "]
    bare = sought.replace(" ", "").lower()
    expected = {
        boxes[number]
        for start in range(len(letters) - len(bare) + 1)
        if bare and "".join(letter for _, letter in letters[start : start + len(bare)]) == bare
        for number in range(letters[start][0], letters[start + len(bare) - 1][0] + 1)
    }
    assert {box for box in found if parts[int(box[0])].strip()} == {b for b in expected if parts[int(b[0])].strip()}
