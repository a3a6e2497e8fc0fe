"""What VLC has in its configuration, what it plays, and whether two videos show the same.

Knows the file `vlcrc`, the status that VLC's web interface gives, and video files; knows no running player. The
semantics are those of OSWorld's and WindowsAgentArena's `evaluators/metrics/vlc.py`.
"""

from __future__ import annotations

from typing import TypedDict
from urllib.parse import urlsplit
from xml.etree import ElementTree

from tasks.errors import EvaluationFailed
from tasks.metrics.files import UnreadableFile, opened, read_text, zero_if_unreadable
from tasks.metrics.libraries import extra

DEFAULT_SLIDER_COLOURS = "153;210;153;20;210;20;255;199;15;245;39;29"
"""`qt-slider-colours` where `vlcrc` says nothing, from VLC 3's `modules/gui/qt/qt.cpp`."""
BLACKISH = 100
"""A colour is blackish when red, green and blue are all below this, of 255."""

_FILE_PLACES = ("filename", "title", "uri", "location", "name")
_URL_PLACES = ("url", "URI", "location", "title", "filename")
_STREAM_PLACES = ("Codec", "Type", "Language")


class BackgroundConeRule(TypedDict):
    """`qt-bgcone`: 1 when the cone is shown while nothing plays, 0 when it is not."""

    expected_qt_bgcone: int | str


class MaximalVolumeRule(TypedDict):
    """`qt-max-volume`, in percent."""

    expected_qt_max_volume: int | str


class MinimalViewRule(TypedDict):
    """`qt-minimal-view`: 1 or 0."""

    expected_qt_minimal_view: int | str


class GlobalKeyRule(TypedDict):
    """1 when `global-key-play-pause` has a key, 0 when it has none."""

    expected_global_key_play_pause: int | str


class OneInstanceRule(TypedDict):
    """`one-instance-when-started-from-file`: 1 or 0."""

    expected_one_instance_when_started_from_file: int | str


class PlayAndExitRule(TypedDict):
    """`play-and-exit`: 1 or 0."""

    expected_play_and_exit: int | str


VideoResizeRule = TypedDict("VideoResizeRule", {"qt-video-autoresize": int | str})
"""Whether the window takes the size of the video: 1 or 0."""


class RecordingsRule(TypedDict):
    """The folder that recordings go to."""

    recording_file_path: str


class SliderColoursRule(TypedDict):
    """`match`, with the colours as `vlcrc` has them; or `blackish`, with nothing."""

    type: str
    expected_qt_slider_colours: str


class PlayingRule(TypedDict):
    """`file_name` or `url`, each with an entry of its own name."""

    type: str
    file_name: str
    url: str


class Size(TypedDict):
    """In pixels."""

    width: int
    height: int


@zero_if_unreadable
def check_qt_bgcone(actual_config_path: str | None, rule: BackgroundConeRule) -> float:
    """1.0 when `qt-bgcone`, by default 1, is as the rule has it, else 0.0."""
    return float(_setting(actual_config_path, "qt-bgcone", "1") == str(rule["expected_qt_bgcone"]))


@zero_if_unreadable
def check_qt_max_volume(actual_config_path: str | None, rule: MaximalVolumeRule) -> float:
    """1.0 when `qt-max-volume`, by default 125, is as the rule has it, else 0.0."""
    return float(_setting(actual_config_path, "qt-max-volume", "125") == str(rule["expected_qt_max_volume"]))


@zero_if_unreadable
def check_qt_minimal_view(actual_config_path: str | None, rule: MinimalViewRule) -> float:
    """1.0 when `qt-minimal-view`, by default 0, is as the rule has it, else 0.0."""
    return float(_setting(actual_config_path, "qt-minimal-view", "0") == str(rule["expected_qt_minimal_view"]))


@zero_if_unreadable
def check_qt_video_resize(actual_config_path: str | None, rule: VideoResizeRule) -> float:
    """1.0 when `qt-video-autoresize`, by default 1, is as the rule has it, else 0.0."""
    return float(_setting(actual_config_path, "qt-video-autoresize", "1") == str(rule["qt-video-autoresize"]))


@zero_if_unreadable
def check_play_and_exit(actual_config_path: str | None, rule: PlayAndExitRule) -> float:
    """1.0 when `play-and-exit`, by default 0, is as the rule has it, else 0.0."""
    return float(_setting(actual_config_path, "play-and-exit", "0") == str(rule["expected_play_and_exit"]))


@zero_if_unreadable
def check_one_instance_when_started_from_file(actual_config_path: str | None, rule: OneInstanceRule) -> float:
    """1.0 when `one-instance-when-started-from-file`, by default 1, is as the rule has it, else 0.0."""
    found = _setting(actual_config_path, "one-instance-when-started-from-file", "1")
    return float(found == str(rule["expected_one_instance_when_started_from_file"]))


@zero_if_unreadable
def check_global_key_play_pause(actual_config_path: str | None, rule: GlobalKeyRule) -> float:
    """1.0 when `global-key-play-pause` has a key or none, as the rule has it, else 0.0."""
    has_key = _setting(actual_config_path, "global-key-play-pause", "") != ""
    return float(str(int(has_key)) == str(rule["expected_global_key_play_pause"]))


@zero_if_unreadable
def check_qt_slider_colours(actual_config_path: str | None, rule: SliderColoursRule) -> float:
    """1.0 when the volume slider's colours are the expected ones, or are all blackish; else 0.0.

    Raises:
        EvaluationFailed: the rule is of another type than `match` or `blackish`.
    """
    colours = _setting(actual_config_path, "qt-slider-colours", DEFAULT_SLIDER_COLOURS)
    match rule["type"]:
        case "match":
            return float(colours == rule["expected_qt_slider_colours"])
        case "blackish":
            parts = colours.split(";")
            whole_colours = parts[: len(parts) // 3 * 3]
            return float(
                all(part.strip().isdecimal() for part in parts) and all(int(p) < BLACKISH for p in whole_colours)
            )
        case unknown:
            raise EvaluationFailed(
                f"The task's rule is of the type {unknown!r}, which check_qt_slider_colours has not."
            )


@zero_if_unreadable
def is_vlc_recordings_folder(actual_config_path: str | None, rule: RecordingsRule) -> float:
    """1.0 when the first `input-record-path` that is no comment is `rule["recording_file_path"]`, else 0.0."""
    lines = (line for line in read_text(actual_config_path).split("\n") if not line.startswith("#"))
    folder = next((_value(line) for line in lines if "input-record-path" in line), None)
    return float(folder == rule["recording_file_path"])


@zero_if_unreadable
def is_vlc_playing(actual_status_path: str | None, rule: PlayingRule) -> float:
    """Whether VLC plays a file or a stream: 1.0 or 0.0.

    What is played is the first thing that VLC names of: file name, title, address. For a file it must end in
    `rule["file_name"]`. For a stream it must have `rule["url"]` in it, be the file that this address ends in, or be
    another address of the same host whose path has the expected one in it.

    Args:
        actual_status_path: XML, from the web interface's `status.xml`.
        rule: what should be playing.

    Raises:
        EvaluationFailed: the rule is of another type than `file_name` or `url`.
    """
    status = opened(actual_status_path, lambda path: ElementTree.parse(path).getroot())
    match rule["type"]:
        case "file_name":
            playing = _first_text(status, [("meta", name) for name in _FILE_PLACES])
            is_expected = playing.endswith(rule["file_name"])
        case "url":
            places = [("meta", name) for name in _URL_PLACES] + [("Stream 0", name) for name in _STREAM_PLACES]
            is_expected = _is_stream(_first_text(status, places), rule["url"])
        case unknown:
            raise EvaluationFailed(f"The task's rule is of the type {unknown!r}, which is_vlc_playing has not.")
    return float(status.findtext("state") == "playing" and is_expected)


def is_vlc_fullscreen(actual_window_size: Size | None, screen_size: Size | None) -> float:
    """1.0 when the window has the size of the screen, else 0.0."""
    if not actual_window_size or not screen_size:
        return 0.0
    return float(all(actual_window_size[side] == screen_size[side] for side in ("width", "height")))


@zero_if_unreadable
def compare_videos(
    video_path1: str | None, video_path2: str | None, max_frames_to_check: int = 100, threshold: int = 5
) -> float:
    """1.0 when two videos show the same, else 0.0.

    Their frames are compared in pairs, by the bits in which perceptual hashes differ; they must be equally many as far
    as is looked.

    Args:
        video_path1: a video.
        video_path2: another.
        max_frames_to_check: how many frames are looked at.
        threshold: how many bits two frames may differ in, and also how many frames may differ by more.

    Raises:
        MissingLibrary: OpenCV or ImageHash is not installed.
    """
    with extra("osworld-audio"):
        import cv2
        import imagehash
    from PIL import Image

    captures = [opened(path, cv2.VideoCapture) for path in (video_path1, video_path2)]
    try:
        if not all(capture.isOpened() for capture in captures):
            raise UnreadableFile("OpenCV can open at most one of the two videos.")
        different = 0
        for _ in range(max_frames_to_check):
            (has_one, one), (has_other, other) = (capture.read() for capture in captures)
            if not has_one or not has_other:
                return float(has_one == has_other)
            hashes = [imagehash.phash(Image.fromarray(frame[:, :, ::-1])) for frame in (one, other)]
            different += hashes[0] - hashes[1] > threshold
            if different > threshold:
                return 0.0
        return 1.0
    finally:
        for capture in captures:
            capture.release()


def _setting(path: str | None, name: str, default: str) -> str:
    """The last value in `vlcrc`. Commented lines count: that is how VLC writes down its own defaults."""
    lines = [line for line in read_text(path).split("\n") if f"{name}=" in line]
    return _value(lines[-1]) if lines else default


def _value(line: str) -> str:
    return line.rpartition("=")[2].strip()


def _first_text(status: ElementTree.Element, places: list[tuple[str, str]]) -> str:
    texts = (status.findtext(f'information/category[@name="{kind}"]/info[@name="{name}"]') for kind, name in places)
    return next((text for text in texts if text), "")


def _is_stream(playing: str, expected: str) -> bool:
    if not playing:
        return False
    try:
        wanted, found = urlsplit(expected), urlsplit(playing)
    except ValueError:
        return expected in playing
    same_site = "://" in playing and wanted.netloc == found.netloc and wanted.path in found.path
    return expected in playing or playing == wanted.path.rpartition("/")[2] or same_site
