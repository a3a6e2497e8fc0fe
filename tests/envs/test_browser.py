"""What a browser does, on pages of a local server. One browser serves the whole module."""

import pytest

from envs.actions import (
    Button,
    Click,
    CloseTab,
    Drag,
    GoBack,
    Move,
    Navigate,
    OpenTab,
    Press,
    Scroll,
    SelectOption,
    SwitchTab,
    TypeText,
    Upload,
)
from envs.addresses import full_url
from envs.base import ActionFailed
from envs.browser import Browser
from envs.frame import StaleFrame
from envs.settle import Patience

AT = "style='position:absolute;left:100px;top:50px;width:120px;height:40px'"
PLACE = (160, 70)
TEXT_PAGE = """
    </script><textarea id=t autofocus rows=20 cols=80></textarea><script>
    t.oninput = () => tell(t.value); t.focus();
    </script>"""
KEYS_PAGE = """
    const log = [], down = new Set();
    const told = () => tell({log, down: [...down], value: document.querySelector('input').value});
    addEventListener('keydown', e => { down.add(e.key); log.push([e.key, e.ctrlKey, e.shiftKey]); told(); });
    addEventListener('keyup', e => { down.delete(e.key); told(); });
    addEventListener('input', told);
    </script><input autofocus value=old>"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    uploads, downloads = tmp_path_factory.mktemp("uploads"), tmp_path_factory.mktemp("downloads")
    (uploads / "letter.txt").write_text("dear")
    (uploads.parent / "secret.txt").write_text("secret")
    (uploads / "sneaky.txt").symlink_to(uploads.parent / "secret.txt")
    return uploads, downloads


@pytest.fixture(scope="module")
def shared(folders):
    with Browser(
        viewport=(800, 500),
        allowed_upload_folder=folders[0],
        download_folder=folders[1],
        navigation_timeout_s=20,
        patience=Patience(quiet_s=0.2),
    ) as browser:
        yield browser


@pytest.fixture
def browser(shared):
    """The shared browser with a single tab."""
    while len(shared.observe().tabs) > 1:
        shared.execute(CloseTab())
    return shared


@pytest.fixture
def open_page(browser, site, request):
    def open_page(html):
        browser.execute(Navigate(url=site.page(f"/{request.node.originalname}", html)))
        return browser.observe().frame

    return open_page


def click(browser, x, y, **options):
    return browser.execute(Click(at=browser.observe().frame.from_device(x, y), **options))


# -- keyboard


@pytest.mark.parametrize(
    "text",
    [
        "  two leading spaces, one trailing ",
        "héllo, Ελλάδα, 漢字, 😀👩‍🚀, e\u0301, “quotes”\nsecond line\n",
        "long: " + "abc é " * 60 + "\nend",
    ],
)  # fmt: skip
def test_text_arrives_as_it_is(browser, site, open_page, text):
    open_page(TEXT_PAGE)
    browser.execute(TypeText(text=text))
    assert site.told(browser) == text


def test_windows_line_ends_are_one_enter(browser, site, open_page):
    open_page(TEXT_PAGE)
    browser.execute(TypeText(text="a\r\nb\tc"))  # the tab leaves the field
    assert site.told(browser) == "a\nb"


def test_chords_press_and_release(browser, site, open_page):
    open_page(KEYS_PAGE)
    browser.execute(Press(keys=("ctrl", "A")))
    browser.execute(TypeText(text="x"))
    told = site.told(browser)
    assert told["log"] == [["Control", True, False], ["a", True, False], ["x", False, False]]
    assert told["value"] == "x"
    assert told["down"] == []


def test_keys_of_many_kinds(browser, site, open_page):
    open_page(KEYS_PAGE)
    for keys in (("esc",), ("PageDown",), ("A",), ("shift", "tab")):
        browser.execute(Press(keys=keys))
    browser.execute(Press(keys=("left",), presses=2))
    told = site.told(browser)
    assert [key for key, _, _ in told["log"]] == [
        "Escape", "PageDown", "A", "Shift", "Tab", "ArrowLeft", "ArrowLeft",
    ]  # fmt: skip
    assert told["down"] == []


def test_a_single_character_off_the_keyboard_can_be_pressed(browser, site, open_page):
    open_page(KEYS_PAGE)
    browser.execute(Press(keys=("end",)))
    browser.execute(Press(keys=("é",)))
    assert site.told(browser)["value"] == "oldé"


def test_modifiers_come_up_when_a_chord_fails(browser, site, open_page):
    open_page(KEYS_PAGE)
    with pytest.raises(ActionFailed, match="no key 'é'"):
        browser.execute(Press(keys=("ctrl", "shift", "é")))
    browser.execute(TypeText(text="b"))
    told = site.told(browser)
    assert told["down"] == []
    assert told["log"][-1] == ["b", False, False]


# -- mouse


def test_clicks_have_their_button_and_count(browser, site, open_page):
    open_page("""
        const log = [];
        for (const kind of ['click', 'dblclick', 'contextmenu', 'auxclick'])
            addEventListener(kind, e => { e.preventDefault(); log.push([kind, e.button, e.detail]); tell(log); });
        </script>""")
    click(browser, 10, 10)
    click(browser, 10, 10)
    click(browser, 300, 200, count=2)
    click(browser, 300, 200, button=Button.RIGHT)
    click(browser, 300, 200, button=Button.MIDDLE)
    assert site.told(browser) == [
        ["click", 0, 1], ["click", 0, 1], ["click", 0, 1], ["click", 0, 2], ["dblclick", 0, 2],
        ["contextmenu", 2, 0], ["auxclick", 2, 1], ["auxclick", 1, 1],
    ]  # fmt: skip


def test_a_drag_moves_on_the_way(browser, site, open_page):
    frame = open_page("""
        const log = [];
        for (const kind of ['mousedown', 'mousemove', 'mouseup'])
            addEventListener(kind, e => {
                if (e.buttons || kind == 'mouseup') log.push([kind, e.clientX, e.clientY]);
                tell(log);
            });
        </script>""")
    browser.execute(Drag(start=frame.from_device(0, 0), end=frame.from_device(300, 200)))
    first, *moves, last = site.told(browser)
    assert first == ["mousedown", 0, 0]
    assert last == ["mouseup", 300, 200]
    assert len(moves) >= 5
    assert moves == sorted(moves)

    frame = browser.observe().frame
    browser.execute(Move(to=frame.from_device(50, 60)))
    browser.execute(Drag(end=frame.from_device(70, 80)))
    assert ["mousedown", 50, 60] in site.told(browser)


def test_a_drag_drops_what_is_draggable(browser, site, open_page):
    frame = open_page(f"""
        </script><div draggable=true {AT}>drag me</div>
        <div id=goal style='position:absolute;left:400px;top:200px;width:200px;height:200px;background:#eee'></div>
        <script>goal.ondragover = e => e.preventDefault(); goal.ondrop = e => {{ e.preventDefault(); tell('dropped'); }}
        </script>""")
    browser.execute(Drag(start=frame.from_device(*PLACE), end=frame.from_device(500, 300)))
    assert site.told(browser) == "dropped"


def test_the_wheel_turns_by_notches(browser, site, open_page):
    frame = open_page("""
        const wheel = [];
        const told = () => tell({wheel, x: scrollX, y: scrollY});
        addEventListener('wheel', e => { wheel.push([e.deltaX, e.deltaY]); told(); }); addEventListener('scroll', told);
        </script><body style='width:5000px;height:5000px'>""")
    browser.execute(Scroll(vertical=-3))
    browser.execute(Scroll(at=frame.point(0.2, 0.2), vertical=1, horizontal=2))
    told = site.told(browser)
    assert told["wheel"] == [[0, 120]] * 3 + [[120, 0]] * 2 + [[0, -120]]
    assert (told["x"], told["y"]) == (240, 240)


# -- pages and tabs


def test_a_new_tab_comes_to_the_front_and_its_opener_returns(browser, site, open_page):
    site.page("/child", "</script><title>child</title><button onclick=window.close()>" + "close" * 200)
    old = open_page(f"</script><title>parent</title><a href=/child target=_blank rel=opener {AT}>open</a>")
    click(browser, *PLACE)
    seen = browser.observe()
    assert [(tab.title, tab.active) for tab in seen.tabs] == [("parent", False), ("child", True)]
    assert seen.title == "child"
    assert seen.url == site.url("/child")
    assert seen.notes == ("1 tab opened; tab 1 of 0 to 1 is in front.",)
    with pytest.raises(StaleFrame):
        browser.execute(Click(at=old.point(0.5, 0.5)))

    browser.execute(OpenTab(url="about:blank"))
    browser.execute(SwitchTab(index=1))
    assert browser.observe().title == "child"
    click(browser, 100, 20)  # the page closes itself
    seen = browser.observe()
    assert [(tab.title, tab.active) for tab in seen.tabs] == [("parent", True), ("about:blank", False)]
    assert seen.notes == ("1 tab closed; tab 0 of 0 to 1 is in front.",)

    with pytest.raises(ActionFailed, match="no tab 7"):
        browser.execute(SwitchTab(index=7))
    browser.execute(CloseTab())
    with pytest.raises(ActionFailed, match="only tab"):
        browser.execute(CloseTab())


def test_points_of_another_tab_are_stale_before_the_next_look(browser, open_page):
    frame = open_page("</script>")
    browser.execute(OpenTab())
    with pytest.raises(StaleFrame, match="Another page"):
        browser.execute(Click(at=frame.point(0.5, 0.5)))


def test_a_popup_window_has_its_own_size(browser, open_page):
    open_page(f"</script><button onclick=\"open('about:blank', '', 'width=300,height=200')\" {AT}>pop</button>")
    click(browser, *PLACE)
    assert browser.observe().frame.pixels.shape == (200, 300, 3)


def test_navigation_and_back(browser, site, open_page):
    open_page("</script><title>one</title>")
    site.page("/two", "</script><title>two</title>")
    frame = browser.observe().frame
    assert browser.execute(Navigate(url=site.url("/two").removeprefix("http://"))).note == ""
    with pytest.raises(StaleFrame):
        browser.execute(Click(at=frame.point(0.5, 0.5)))
    assert browser.observe().title == "two"
    assert "404" in browser.execute(Navigate(url=site.url("/nowhere"))).note
    browser.execute(GoBack())
    assert browser.observe().title == "two"
    browser.execute(GoBack())
    assert browser.observe().title == "one"


def test_there_is_not_always_a_way_back(browser):
    browser.execute(OpenTab())
    with pytest.raises(ActionFailed, match="no page to go back"):
        browser.execute(GoBack())


def test_addresses_that_do_not_answer(browser):
    with pytest.raises(ActionFailed, match="cannot be reached: name not resolved"):
        browser.execute(Navigate(url="nothing.invalid"))
    with pytest.raises(ActionFailed, match="cannot be reached: connection refused"):
        browser.execute(Navigate(url="localhost:59999"))
    browser.observe()  # the browser's own page about it can be looked at


def test_a_slow_page_is_waited_for(browser, site, open_page):
    site.page("/late", "</script><title>late</title>")
    open_page(f"</script><a href=/slow/late {AT}>slow</a>")
    click(browser, *PLACE)
    seen = browser.observe()
    assert seen.title == "late"
    assert seen.settled


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("example.org", "https://example.org"),
        (" example.org:8443/a?b=c:d ", "https://example.org:8443/a?b=c:d"),
        ("localhost:8000/x", "http://localhost:8000/x"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("HTTP://example.org", "HTTP://example.org"),
        ("about:blank", "about:blank"),
    ],
)
def test_addresses_are_completed(address, url):
    assert full_url(address) == url


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", " JavaScript://x%0aalert(1)", "chrome://settings", "ftp://a"]
)
def test_some_addresses_are_not_opened(address):
    with pytest.raises(ActionFailed, match="not opened"):
        full_url(address)


# -- what no screenshot shows


@pytest.mark.parametrize(
    ("call", "answer", "note"),
    [
        ("alert('Saved  it')", None, 'dialog (alert), "Saved it"; it was dismissed'),
        ("confirm('Delete?')", False, 'dialog (confirm), "Delete?"; it was dismissed'),
        ("prompt('Name?', 'x')", None, 'dialog (prompt), "Name?"; it was dismissed'),
    ],
)
def test_dialogs_are_dismissed_and_told(browser, site, open_page, call, answer, note):
    open_page(f'</script><button onclick="tell([{call} ?? null])" {AT}>ask</button>')
    click(browser, *PLACE)
    seen = browser.observe()
    assert note in " ".join(seen.notes)
    assert site.told(browser) == [answer]
    assert browser.observe().notes == ()


def test_a_dialog_between_two_calls_does_not_block(browser, site, open_page):
    open_page(f"</script><button onclick=\"setTimeout(() => {{ alert('later'); tell(1) }}, 100)\" {AT}>ask</button>")
    click(browser, *PLACE)
    assert "later" in " ".join(browser.observe().notes)
    assert site.told(browser) == 1


def test_a_page_that_answers_300_ms_after_the_click_is_not_read_too_early(browser, open_page, monkeypatch):
    monkeypatch.setattr(browser, "_patience", Patience())
    open_page("onclick = () => setTimeout(() => { document.documentElement.style.background = 'black' }, 300)</script>")
    click(browser, *PLACE)
    seen = browser.observe()
    assert seen.settled
    assert seen.frame.pixels.max() == 0


def test_leaving_a_page_that_asks(browser, open_page):
    open_page("onbeforeunload = e => e.preventDefault();</script><input autofocus>")
    click(browser, 30, 15)
    browser.execute(TypeText(text="unsaved"))
    browser.execute(Navigate(url="about:blank"))
    seen = browser.observe()
    assert seen.url == "about:blank"
    assert "it was left" in " ".join(seen.notes)


def test_uploads_come_from_the_allowed_folder_only(browser, site, open_page):
    open_page(f"""</script><input type=file {AT} id=f><script>
        f.onchange = async () => tell([f.files[0].name, await f.files[0].text()]);</script>""")
    with pytest.raises(ActionFailed, match="No file chooser"):
        browser.execute(Upload(paths=("letter.txt",)))
    click(browser, *PLACE)
    assert "asks for a file" in " ".join(browser.observe().notes)
    for outside in ("../secret.txt", "/etc/hostname", "sneaky.txt"):
        with pytest.raises(ActionFailed, match="outside the folder"):
            browser.execute(Upload(paths=(outside,)))
    with pytest.raises(ActionFailed, match=r"no file other\.txt"):
        browser.execute(Upload(paths=("other.txt",)))
    with pytest.raises(ActionFailed, match="one file only"):
        browser.execute(Upload(paths=("letter.txt", "letter.txt")))
    browser.execute(Upload(paths=("letter.txt",)))
    assert site.told(browser) == ["letter.txt", "dear"]


def test_downloads_are_saved_and_reported(browser, site, open_page, folders):
    site.pages["/report"] = b"12345", {"Content-Disposition": 'attachment; filename="report.csv"'}
    open_page(f"</script><a href=/report {AT}>get</a>")
    click(browser, *PLACE)
    first = browser.observe().downloads
    note = browser.execute(Navigate(url=site.url("/report"))).note
    assert "a download" in note
    second = browser.observe().downloads
    assert [(file.path, file.size_bytes) for file in first + second] == [
        (folders[1] / "report.csv", 5),
        (folders[1] / "report (2).csv", 5),
    ]
    assert first[0].path.read_bytes() == b"12345"
    assert browser.observe().downloads == ()


SELECT = """<select {at} onchange="(window.top ?? window).postMessage(this.value)">
    <option value=1>One<option value=2>  Two   words<option disabled value=3>Three</select>"""


def test_a_select_box_tells_its_options(browser, site, open_page):
    open_page("onmessage = e => tell(e.data);</script>" + SELECT.format(at=AT))
    note = click(browser, *PLACE).note
    assert '"One" (chosen), "Two words", "Three"' in note
    frame = browser.observe().frame
    browser.execute(SelectOption(at=frame.from_device(*PLACE), option="two words"))
    assert site.told(browser) == "2"
    frame = browser.observe().frame
    with pytest.raises(ActionFailed, match=r'no option "Four"\. There are "One", "Two words" \(chosen\), "Three"'):
        browser.execute(SelectOption(at=frame.from_device(*PLACE), option="Four"))
    with pytest.raises(ActionFailed, match="disabled"):
        browser.execute(SelectOption(at=frame.from_device(*PLACE), option="Three"))
    with pytest.raises(ActionFailed, match="no native select box"):
        browser.execute(SelectOption(at=frame.point(0.9, 0.9), option="One"))


def test_select_boxes_in_inner_pages_and_shadow_trees(browser, site, open_page):
    site.page("/inner", "</script><body style='margin:0'><div id=host></div><script>"
        f"host.attachShadow({{mode: 'open'}}).innerHTML = `{SELECT.format(at=AT)}`</script>")  # fmt: skip
    frame = open_page(
        "onmessage = e => tell(e.data);</script><body style='margin:0'><iframe src=/inner"
        " style='border:7px solid red;padding:11px;margin:13px;width:400px;height:300px'></iframe>"
    )
    x, y = PLACE[0] + 7 + 11 + 13, PLACE[1] + 7 + 11 + 13
    browser.execute(SelectOption(at=frame.from_device(x, y), option="Two words"))
    assert site.told(browser) == "2"
