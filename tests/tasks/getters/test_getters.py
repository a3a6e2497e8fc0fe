"""What getters fetch: from files of our own guest server's home, from a tree and answers that play a guest."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from envs.guest_client import GuestClient
from envs.guest_machine import NotFound
from envs.guest_routes import Answer
from tasks.downloads import Downloads
from tasks.errors import EvaluationFailed, NotAvailable
from tasks.getters import GETTERS, applications
from tasks.getters.rules import day_of, filled
from tasks.guest import Guest


@pytest.fixture
def guest(guest_server, tmp_path) -> Iterator[Guest]:
    with GuestClient(guest_server.address, token=guest_server.token) as machine:
        yield Guest(machine, tmp_path / "task", Downloads(tmp_path / "downloads", offline=True))


def get(guest, name, **config):
    return GETTERS[name](guest, config)


# ---- files, commands, screen


def test_files_are_copied_and_those_that_are_given_come_back(guest, tmp_path):
    there = [tmp_path / "a.txt", tmp_path / "none.txt", tmp_path / "b.txt"]
    there[0].write_text("a")
    there[2].write_text("b")
    one = get(guest, "vm_file", path=str(there[0]), dest="x.txt")
    assert one == str(guest.folder / "x.txt")
    assert (guest.folder / "x.txt").read_text() == "a"
    assert get(guest, "vm_file", path=str(there[1]), dest="y.txt") is None
    assert get(guest, "vm_file", path=str(tmp_path), dest="folder") is None
    several = {"path": [str(path) for path in there], "dest": ["1", "2", "3"], "multi": "true"}
    assert get(guest, "vm_file", **several, gives=[0, 1, 2]) == [str(guest.folder / "1"), None, str(guest.folder / "3")]
    assert get(guest, "vm_file", **several, gives=[2]) == str(guest.folder / "3")
    assert get(guest, "vm_file", **several) == str(guest.folder / "1")
    with pytest.raises(EvaluationFailed, match="'path'"):
        get(guest, "vm_file", dest="x")


def test_a_command_tells_what_it_prints(guest):
    assert get(guest, "vm_command_line", command=["echo", "a b"]) == "a b\n"
    assert get(guest, "vm_command_line", command="echo $((2+3))", shell="true") == "5\n"
    assert get(guest, "vm_command_error", command="echo oh >&2", shell=True) == "oh\n"
    assert get(guest, "vm_command_line", command=["nonesuch"]) is None
    assert get(guest, "vm_screen_size") == {"width": 1280, "height": 720}
    assert get(guest, "vm_window_size", app_class_name="nothing") is None
    assert get(guest, "list_directory", path="/no/such/folder") is None
    with pytest.raises(EvaluationFailed, match="has kept"):
        get(guest, "cache_file", path="out.txt")


def test_configurations_lie_in_the_guests_home(guest, guest_server):
    for path, content in ((".config/vlc/vlcrc", "[core]"), (".config/GIMP/2.10/gimprc", "(theme)")):
        file = guest_server.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    assert Path(get(guest, "vlc_config", dest="vlcrc")).read_text() == "[core]"
    assert get(guest, "gimp_config_file", file_name="gimprc", dest="g").endswith("/g")
    assert get(guest, "gimp_config_file", file_name="sessionrc", dest="s") is None
    (guest_server.home / ".config/vlc/vlcrc").unlink()
    with pytest.raises(FileNotFoundError):
        get(guest, "vlc_config", dest="vlcrc")
    with pytest.raises(FileNotFoundError):
        get(guest, "vlc_playing_info", dest="status.xml")


def test_what_vs_code_writes_is_waited_for(playing, monkeypatch):
    looks: list[bytes] = []

    def file(_):
        """Old until the command was given, then empty for a moment, then new."""
        looks.append((b"old", b"old", b"", b"new")[min(len(looks), 3)])
        return Answer(content=looks[-1])

    guest = playing(POST_file=file)
    asked = {"vscode_extension_command": "OpenProject", "path": "/home/user/p.txt", "dest": "p.txt"}
    assert Path(get(guest, "vscode_config", **asked)).read_text() == "new"
    monkeypatch.setattr(applications, "_VSCODE_S", 0.3)
    assert Path(get(guest, "vscode_config", **asked)).read_text() == "new"  # nothing new: taken as it is


# ---- the browser's profile


@pytest.fixture
def profile(guest_server) -> Iterator[Callable[..., None]]:
    """Writes Chrome's preferences, and removes the profile afterwards."""
    folder = guest_server.home / ".config/google-chrome/Default"
    folder.mkdir(parents=True, exist_ok=True)

    def write(name="Preferences", **content):
        (folder / name).write_text(json.dumps(content))

    yield write
    for file in folder.iterdir():
        file.unlink()


@pytest.mark.parametrize(
    ("name", "without", "preferences", "with_them"),
    [
        ("default_search_engine", "Google",
         {"default_search_provider_data": {"template_url_data": {"short_name": "Bing"}}}, "Bing"),
        ("profile_name", None, {"profile": {"name": "Work"}}, "Work"),
        ("enable_do_not_track", "false", {"enable_do_not_track": True}, "true"),
        ("enable_enhanced_safety_browsing", "Google", {"safebrowsing": {"enhanced": True}}, "true"),
        ("enable_safe_browsing", "false", {"safebrowsing": {"enabled": True}}, "true"),
        ("new_startup_page", "Google", {"session": {"restore_on_startup": 4}}, "false"),
        ("new_startup_page", "Google", {"session": {"restore_on_startup": 5}}, "true"),
        ("new_startup_page", "Google", {}, "true"),
        ("data_delete_automacally", "Google", {"profile": {"default_content_setting_values": {}}}, "true"),
        ("data_delete_automacally", "Google", {"profile": {}}, "false"),
        ("find_installed_extension_name", "Google",
         {"extensions": {"settings": {"a": {"manifest": {"name": "Blocker"}}}}}, ["Blocker"]),
        ("find_unpacked_extension_path", "Google", {"extensions": {"settings": {"a": {"path": "/x"}}}}, ["/x"]),
        ("find_unpacked_extension_path", "Google", {"extensions": {"settings": {"a": {}}}}, "Google"),
        ("chrome_font_size", {"default_fixed_font_size": 13, "default_font_size": 16, "minimum_font_size": 13},
         {"webkit": {"webprefs": {"default_font_size": 24}}}, {"default_font_size": 24}),
    ],
)  # fmt: skip
def test_preferences(guest, profile, name, without, preferences, with_them):
    assert get(guest, name) == without
    profile(**preferences)
    assert get(guest, name) == with_them


def test_bookmarks_history_and_shortcuts(guest, guest_server, profile):
    assert get(guest, "bookmarks") == []
    profile("Bookmarks", roots={"bookmark_bar": {"children": []}})
    assert get(guest, "bookmarks") == {"bookmark_bar": {"children": []}}
    assert get(guest, "history", dest="h.sqlite") is None
    database = sqlite3.connect(guest_server.home / ".config/google-chrome/Default/History")
    with database:
        database.execute("CREATE TABLE urls (url, title, last_visit_time)")
        database.execute("INSERT INTO urls VALUES ('https://a.example', 'A', 5)")
    database.close()
    assert get(guest, "history", dest="h.sqlite") == [("https://a.example", "A", 5)]
    assert get(guest, "cookie_data", dest="c.sqlite") is None
    shortcut = guest_server.home / "Desktop" / "Shop.desktop"
    shortcut.write_text("[Desktop Entry]")
    assert get(guest, "shortcuts_on_desktop") == {"Shop.desktop": "[Desktop Entry]"}
    shortcut.unlink()
    with pytest.raises(NotAvailable, match="Edge"):
        get(guest, "favorites")


# ---- the address in front

TREE = """<desktop-frame><application name="Google Chrome"><frame>
<entry name="Address and search bar">shop.example/men/a-b-c/part?id=1&amp;from=JFK&amp;ids=1,2</entry></frame>
</application><application name="Other"><entry name="Address and search bar">wrong</entry>
</application></desktop-frame>"""
URL = "shop.example/men/a-b-c/part?id=1&from=JFK&ids=1,2"


def test_the_address_in_front_and_its_parts(playing):
    guest = playing(GET_accessibility={"AT": TREE})
    assert get(guest, "active_url_from_accessTree") == f"https://{URL}"
    assert get(guest, "active_url_from_accessTree", goto_prefix="") == URL
    parsed = get(guest, "active_tab_url_parse", parse_keys=["from", "to", "ids"], replace={"from": "start"})
    assert parsed == {"start": "JFK", "to": "", "ids": "1,2"}
    assert get(guest, "active_tab_url_parse", parse_keys=["ids"], split_list=True) == {"ids": ["1", "2"]}
    assert get(guest, "url_dashPart", partIndex=-2, returnType="string") == "a-b-c"
    part = get(guest, "url_dashPart", partIndex="-1", needDeleteId=True, returnType="json", key="time")
    assert part == {"time": "part"}
    assert get(guest, "url_dashPart", partIndex=99, returnType="string") is None


@pytest.mark.parametrize("tree", ["<desktop-frame/>", TREE.replace(URL.replace("&", "&amp;"), "")])
def test_no_address_is_none(playing, tree):
    guest = playing(GET_accessibility={"AT": tree})
    assert get(guest, "active_url_from_accessTree") is None
    assert get(guest, "active_tab_info") is None
    assert get(guest, "url_path_parse", parse_keys=[]) is None


def test_a_tree_that_is_none_is_no_score(playing):
    with pytest.raises(EvaluationFailed, match="no XML"):
        get(playing(GET_accessibility={"AT": "<"}), "active_url_from_accessTree")


def test_a_shops_filters_are_read_from_the_path(playing):
    path = "mens-clothing/x/Product_department,Price_discount_range/Shirts,50_PERCENT_ off %26 more"
    guest = playing(GET_accessibility={"AT": TREE.replace(URL.replace("&", "&amp;"), f"shop.example/{path}")})
    found = get(guest, "url_path_parse", parse_keys=["Price_discount_range", "Men_regular_size_t"])
    assert found == {
        "mens_clothing": True,
        "shirts": True,
        "short_sleeve": None,
        "Price_discount_range": "50_PERCENT_ off & more",
        "Men_regular_size_t": None,
    }


# ---- dates


@given(st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_days_relative_to_today(now):
    for name, weekday in (("next Monday", 0), ("next Friday", 4), ("next Saturday", 5), ("next Sunday", 6)):
        day = day_of(name, now)
        assert day.weekday() == weekday
        assert timedelta(days=1) <= day - now <= timedelta(days=7)
    assert day_of("next week Saturday", now) - now == timedelta(days=7 - now.weekday() + 5)
    tenth = day_of("10th next month", now)
    assert (tenth.day, (tenth.year * 12 + tenth.month) - (now.year * 12 + now.month)) == (10, 1)
    for months, name in ((4, "first monday four months later"), (8, "first monday eight months later")):
        first = day_of(name, now)
        assert first.weekday() == 0
        assert first.day <= 7
        assert (first.year * 12 + first.month) - (now.year * 12 + now.month) == months


def test_a_date_is_written_as_the_rule_has_it():
    day = datetime(2026, 3, 5, tzinfo=UTC)
    assert filled("{DoW}, {Month} {Day0D}, {Year}", day) == "Thu, Mar 05, 2026"
    assert filled(["{Year}-{Month0D}-{DayD}", "{month} {MonthFull} {MonthD}"], day) == ["2026-03-5", "march March 3"]
    with pytest.raises(NotAvailable, match="yesterday"):
        day_of("yesterday", day)


def test_rules_with_dates(playing):
    guest = playing("2026-11-24T13:00:00")  # what the guest's clock says, a Tuesday
    rules = {"relativeTime": {"from": "next Monday split", "to": "next Friday split"},
             "expected": {"puDay": "{DayD}", "puMonth": "{MonthD}", "puYear": "{Year}", "doDay": "{DayD}",
                          "doMonth": "{MonthD}", "doYear": "{Year}", "city": "Zurich"}}  # fmt: skip
    assert get(guest, "rule_relativeTime", rules=rules)["expected"] == {
        "puDay": "30", "puMonth": "11", "puYear": "2026", "doDay": "4", "doMonth": "12", "doYear": "2026",
        "city": "Zurich",
    }  # fmt: skip
    single = {"relativeTime": {"from": "tomorrow"}, "expected": {"time": "{Day0D}"}}
    assert get(guest, "rule_relativeTime", rules=single)["expected"] == {"time": "25"}
    with pytest.raises(EvaluationFailed, match="time zone"):
        get(guest, "rule_relativeTime", rules=single | {"timezone": "Mars/Olympus"})


# ---- slides


def slides(background, sound):
    """A presentation of one slide, with what is behind it and what it plays."""
    names = ("http://schemas.openxmlformats.org/presentationml/2006/main",
             "http://schemas.openxmlformats.org/drawingml/2006/main",
             "http://schemas.openxmlformats.org/officeDocument/2006/relationships")  # fmt: skip
    fill = '<p:bg><p:bgPr><a:blipFill><a:blip r:embed="rId2"/></a:blipFill></p:bgPr></p:bg>' if background else ""
    slide = f'<p:sld xmlns:p="{names[0]}" xmlns:a="{names[1]}" xmlns:r="{names[2]}"><p:cSld>{fill}</p:cSld></p:sld>'
    relationships = f"""<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
      <Relationship Id="rId1" Type="x/image" Target="../media/wrong.png"/>
      <Relationship Id="rId2" Type="x/image" Target="../media/back.png"/>
      {f'<Relationship Id="rId3" Type="x/audio" Target="{sound}"/>' if sound else ""}</Relationships>"""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("ppt/slides/slide1.xml", slide)
        archive.writestr("ppt/slides/_rels/slide1.xml.rels", relationships)
        archive.writestr("ppt/media/back.png", b"picture")
        archive.writestr("ppt/media/song.mp3", b"song")
    return content.getvalue()


def test_pictures_and_sounds_of_slides(guest, tmp_path):
    (tmp_path / "outside.mp3").write_bytes(b"outside")
    config = {"ppt_file_path": str(tmp_path / "a.pptx"), "slide_index": "0", "dest": "song"}

    def content(name):
        path = get(guest, name, **config)
        return None if path is None else Path(path).read_bytes()

    (tmp_path / "a.pptx").write_bytes(slides(background=True, sound="../media/song.mp3"))
    assert (content("background_image_in_slide"), content("audio_in_slide")) == (b"picture", b"song")
    (tmp_path / "a.pptx").write_bytes(slides(background=False, sound=f"file://{tmp_path}/outside.mp3"))
    assert (content("background_image_in_slide"), content("audio_in_slide")) == (None, b"outside")
    (tmp_path / "a.pptx").write_bytes(slides(background=True, sound=None))
    assert content("audio_in_slide") is None
    with pytest.raises(FileNotFoundError):
        get(guest, "audio_in_slide", ppt_file_path="/none.pptx", slide_index=0, dest="x")


# ---- Windows


def refuse(_):
    raise NotFound("no")


def test_a_windows_guest_says_yes_and_no(playing):
    yes = playing("Windows", POST_folder_exists={}, POST_documents_path={"documents_path": "C:\\D"},
                  POST_check_if_timer_started={}, POST_library_folders={"output": ["C:\\A"]})  # fmt: skip
    assert get(yes, "vm_folder_exists_in_documents", folder_name="New") is True
    assert get(yes, "check_if_timer_started", hours=1, minutes="2", seconds=3) == "True"
    assert get(yes, "vm_library_folders", library_name="Arena") == ["C:\\A"]
    no = playing("Windows", POST_folder_exists=refuse, POST_documents_path={"documents_path": "C:\\D"},
                 POST_check_if_timer_started=refuse, POST_library_folders=refuse)  # fmt: skip
    assert get(no, "vm_folder_exists_in_documents", folder_name="New") is False
    assert get(no, "check_if_timer_started", hours=1, minutes="2", seconds=3) == "False"
    assert get(no, "vm_library_folders", library_name="Arena") is None


def test_settings_are_read_from_the_registry(playing):
    def registry(output):
        return playing(output)  # every command of this guest prints the same

    assert get(registry("0\n"), "system_notifications") == "True"
    assert get(registry("1\n"), "system_notifications") == "False"
    assert get(registry(""), "desktop_background") == "True"
    assert get(registry("C:\\a.jpg\n"), "desktop_background") == "False"
    assert get(registry('{"DisplayName": "(UTC) Dublin"}'), "system_timezone") == "(UTC) Dublin"
    light = ["0"] * 40
    assert get(registry("\n".join(light)), "night_light_state") is False
    light[24], light[28] = "1", "202"
    assert get(registry("\n".join(light)), "night_light_state") == [True]
    light[28], light[29], light[33] = "19", "0", "7"
    assert get(registry("\n".join(light)), "night_light_state") == [True, "07:00 PM", "07:00 AM"]
    with pytest.raises(EvaluationFailed, match="night light"):
        get(registry("1"), "night_light_state")


def test_texts_and_files_of_the_desktop(playing):
    content = b"The answer is 230 days.\r\n"
    guest = playing("Windows", POST_desktop_path={"desktop_path": "C:\\Desk"}, POST_file=lambda _: Answer(content))
    assert get(guest, "is_file_saved_desktop", filename="n.txt", textcontent="230 days") == "true"
    assert get(guest, "is_file_saved_desktop", filename="n.txt", textcontent="231") == "false"
    assert get(guest, "is_file_desktop", filename="n.txt") == "true"
    assert get(guest, "vm_file_exists_in_vm_folder", folder_name="C:\\D", file_name="a") == 1.0
    none = playing("Windows", POST_desktop_path={"desktop_path": "C:\\Desk"}, POST_file=refuse)
    assert get(none, "is_file_desktop", filename="n.txt") == "false"
    assert get(none, "zipped_folder_in_desktop", filename="a.7z", password="x") == "false"


def drawing(shape):
    picture = Image.new("RGB", (200, 150), "white")
    draw = ImageDraw.Draw(picture)
    {
        "circle": lambda: draw.ellipse((50, 25, 150, 125), outline="red", width=3),
        "disc": lambda: draw.ellipse((50, 25, 150, 125), fill="red"),
        "blue": lambda: draw.ellipse((50, 25, 150, 125), fill="blue"),
        "square": lambda: draw.rectangle((50, 25, 150, 125), outline="red", width=3),
        "line": lambda: draw.line((50, 25, 150, 125), fill="red", width=3),
        "oval": lambda: draw.ellipse((10, 50, 190, 100), outline="red", width=3),
        "nothing": lambda: None,
    }[shape]()
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize("shape", ["circle", "disc", "blue", "square", "line", "oval", "nothing"])
def test_a_red_circle_is_told_from_other_drawings(playing, shape):
    guest = playing("Windows", POST_file=lambda _: Answer(drawing(shape)))
    assert get(guest, "is_red_circle_present_on_canvas", filepath="C:\\a.png") is (shape in ("circle", "disc"))
    assert get(guest, "image_dimension_matches_input", filepath="C:\\a.png", width="200", height="150") is True
    assert get(guest, "image_dimension_matches_input", filepath="C:\\a.png", width="150", height="200") is False


def test_a_picture_that_is_none_is_no_circle(playing):
    guest = playing("Windows", POST_file=lambda _: Answer(bytes(np.arange(100, dtype=np.uint8))))
    assert get(guest, "is_red_circle_present_on_canvas", filepath="C:\\a.png") is False


def test_every_getter_that_is_named_is_there():
    for name in GETTERS:
        assert callable(GETTERS[name])
        assert GETTERS[name].__doc__
