from __future__ import annotations

from pathlib import Path

import pytest

from tasks.errors import EvaluationFailed
from tasks.metrics import vlc


@pytest.fixture
def vlcrc(tmp_path: Path):
    def written(text: str | bytes) -> str:
        path = tmp_path / "vlcrc"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return written


@pytest.mark.parametrize(
    ("metric", "rule", "right", "wrong", "default_is_right"),
    [
        ("check_qt_bgcone", {"expected_qt_bgcone": 0}, "qt-bgcone=0", "qt-bgcone=1", False),
        ("check_qt_max_volume", {"expected_qt_max_volume": 200}, "qt-max-volume=200", "qt-max-volume=125", False),
        ("check_qt_minimal_view", {"expected_qt_minimal_view": "1"}, "qt-minimal-view=1", "#qt-minimal-view=0", False),
        ("check_qt_video_resize", {"qt-video-autoresize": 0}, "qt-video-autoresize=0", "#qt-video-autoresize=1", False),
        ("check_play_and_exit", {"expected_play_and_exit": 0}, "play-and-exit=0", "play-and-exit=1", True),
        (
            "check_one_instance_when_started_from_file",
            {"expected_one_instance_when_started_from_file": 0},
            "one-instance-when-started-from-file=0",
            "#one-instance-when-started-from-file=1",
            False,
        ),
        (
            "check_global_key_play_pause",
            {"expected_global_key_play_pause": 1},
            "global-key-play-pause=Ctrl+Space",
            "#global-key-play-pause=",
            False,
        ),
        (
            "check_qt_slider_colours",
            {"type": "blackish"},
            "qt-slider-colours=99;0;0;10;10;10",
            "qt-slider-colours=99;0;0;10;10;100",
            False,
        ),
        (
            "check_qt_slider_colours",
            {"type": "match", "expected_qt_slider_colours": vlc.DEFAULT_SLIDER_COLOURS},
            "# nothing",
            "qt-slider-colours=1;2;3",
            True,
        ),
        (
            "is_vlc_recordings_folder",
            {"recording_file_path": "/home/user/Desktop"},
            "#input-record-path=/tmp\ninput-record-path=/home/user/Desktop",
            "input-record-path=/home/user",
            False,
        ),
    ],
)
def test_settings(vlcrc, metric: str, rule: dict[str, object], right: str, wrong: str, default_is_right: bool):
    score = getattr(vlc, metric)
    assert score(vlcrc(f"[qt] # Qt interface\r\n{right}\r\n\r\n[core]\r\n"), rule) == 1.0
    assert score(vlcrc(f"{right}\n{wrong}\n" if metric != "is_vlc_recordings_folder" else wrong), rule) == 0.0
    assert score(vlcrc("[core]\n"), rule) == default_is_right
    assert score(None, rule) == 0.0
    assert score("/nowhere/vlcrc", rule) == 0.0
    assert score(vlcrc(b"\xff\xfe\x00"), rule) == 0.0


@pytest.mark.parametrize("colours", ["black", "1;;3", ""])
def test_colours_that_are_none(vlcrc, colours: str):
    assert vlc.check_qt_slider_colours(vlcrc(f"qt-slider-colours={colours}\n"), {"type": "blackish"}) == 0.0


def status(tmp_path: Path, state: str, **entries: str) -> str:
    lines = "".join(f'<info name="{name}">{text}</info>' for name, text in entries.items())
    path = tmp_path / "status.xml"
    path.write_text(
        f'<root><state>{state}</state><information><category name="meta">{lines}</category></information></root>'
    )
    return str(path)


@pytest.mark.parametrize(
    ("state", "entries", "score"),
    [
        ("playing", {"filename": "song.mp4"}, 1.0),
        ("playing", {"title": "Song", "filename": "/home/user/song.mp4"}, 1.0),
        ("playing", {"uri": "file:///home/user/song.mp4"}, 1.0),
        ("playing", {"title": "Song"}, 0.0),
        ("playing", {}, 0.0),
        ("paused", {"filename": "song.mp4"}, 0.0),
    ],
)
def test_playing_a_file(tmp_path: Path, state: str, entries: dict[str, str], score: float):
    rule = {"type": "file_name", "file_name": "song.mp4"}
    assert vlc.is_vlc_playing(status(tmp_path, state, **entries), rule) == score


@pytest.mark.parametrize(
    ("entries", "score"),
    [
        ({"url": "https://cdn.example.com/videos/master.m3u8?x=1"}, 1.0),
        ({"filename": "master.m3u8"}, 1.0),
        ({"location": "http://cdn.example.com/a/videos/master.m3u8"}, 1.0),
        ({"location": "http://example.com/videos/master.m3u8"}, 0.0),
        ({"title": "http://[::1"}, 0.0),
        ({}, 0.0),
    ],
)
def test_playing_a_stream(tmp_path: Path, entries: dict[str, str], score: float):
    rule = {"type": "url", "url": "https://cdn.example.com/videos/master.m3u8"}
    assert vlc.is_vlc_playing(status(tmp_path, "playing", **entries), rule) == score


@pytest.mark.parametrize("text", ["", "no XML", "<root/>", "<root><state/></root>"])
def test_a_damaged_status(tmp_path: Path, text: str):
    path = tmp_path / "status.xml"
    path.write_text(text)
    assert vlc.is_vlc_playing(str(path), {"type": "file_name", "file_name": "song.mp4"}) == 0.0


def test_unknown_types_are_the_tasks_fault(tmp_path: Path, vlcrc):
    with pytest.raises(EvaluationFailed, match="'shape'"):
        vlc.is_vlc_playing(status(tmp_path, "playing"), {"type": "shape"})
    with pytest.raises(EvaluationFailed, match="'shape'"):
        vlc.check_qt_slider_colours(vlcrc(""), {"type": "shape"})


@pytest.mark.parametrize(
    ("window", "score"),
    [({"width": 1920, "height": 1080}, 1.0), ({"width": 1920, "height": 1053}, 0.0), ({}, 0.0), (None, 0.0)],
)
def test_full_screen(window: dict[str, int] | None, score: float):
    screen = {"width": 1920, "height": 1080}
    assert vlc.is_vlc_fullscreen(window, screen) == score
    assert vlc.is_vlc_fullscreen(screen, window) == score
