"""Sound and film; the libraries for them are an extra of their own."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from mutagen.easyid3 import EasyID3

from tasks.metrics.audio import check_mp3_meta, compare_audios
from tasks.metrics.vlc import compare_videos

RATE_HZ = 22050


def sound(path: Path, pitch_hz: float, seconds: float = 0.5) -> str:
    times = np.arange(int(RATE_HZ * seconds)) / RATE_HZ
    soundfile.write(path, 0.4 * np.sin(2 * np.pi * pitch_hz * times) * np.exp(-3 * times), RATE_HZ)
    return str(path)


@pytest.mark.slow  # librosa compiles what it needs
@pytest.mark.filterwarnings("ignore:'(aifc|audioop|sunau)' is deprecated:DeprecationWarning")  # by audioread
def test_recordings(tmp_path: Path):
    low, high, longer = (
        sound(tmp_path / f"{pitch}.wav", pitch, s) for pitch, s in ((220, 0.5), (880, 0.5), (221, 1.0))
    )
    silent = sound(tmp_path / "silent.wav", 220, 0.0)
    damaged = tmp_path / "damaged.wav"
    damaged.write_bytes(b"RIFF")
    assert compare_audios(low, low) == pytest.approx(1.0)
    assert 0.0 < compare_audios(low, high) < compare_audios(low, longer) < 1.0
    assert compare_audios(low, silent) == compare_audios(str(damaged), low) == 0.0
    assert compare_audios(silent, str(damaged)) == 1.0
    assert compare_audios(None, low) == compare_audios(low, None) == 0.0


@pytest.mark.parametrize(
    ("meta", "score"),
    [
        (
            {"title": {"method": "eq", "ref": "Missing You"}, "artist": {"method": "eq", "ref": "Cheng Xiang,Other"}},
            1.0,
        ),
        ({"artist": {"method": "str_set_eq", "ref": ["Other", "Cheng Xiang"]}}, 1.0),
        ({"album": {"method": "eq", "ref": ""}}, 1.0),
        ({"no such tag": {"method": "eq", "ref": ""}}, 1.0),
        ({"title": {"method": "eq", "ref": "Missing"}}, 0.0),
        ({"title": {"method": "eq", "ref": "Missing You"}, "album": {"method": "eq", "ref": "An Album"}}, 0.0),
    ],
)
def test_tags(tmp_path: Path, meta: dict[str, object], score: float):
    path = tmp_path / "song.mp3"
    tags = EasyID3()
    tags["title"], tags["artist"] = "Missing You", ["Cheng Xiang", "Other"]
    tags.save(path)
    assert check_mp3_meta(str(path), meta) == score


def test_no_tags(tmp_path: Path):
    rule = {"title": {"method": "eq", "ref": ""}}
    (tmp_path / "song.mp3").write_bytes(b"no tags")
    assert check_mp3_meta(str(tmp_path / "song.mp3"), rule) == 0.0
    assert check_mp3_meta(None, rule) == 0.0


def film(path: Path, seeds: list[int]) -> str:
    """One frame a seed: large squares, which survive compression."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (96, 64))
    for seed in seeds:
        squares = np.random.default_rng(seed).integers(0, 256, (4, 6), np.uint8)
        writer.write(np.repeat(np.kron(squares, np.ones((16, 16), np.uint8))[:, :, None], 3, axis=2))
    writer.release()
    return str(path)


def test_films(tmp_path: Path):
    whole, same = film(tmp_path / "whole.avi", [*range(12)]), film(tmp_path / "same.avi", [*range(12)])
    shorter, other = film(tmp_path / "shorter.avi", [*range(11)]), film(tmp_path / "other.avi", [*range(50, 62)])
    retouched = film(tmp_path / "retouched.avi", [50, 51, *range(2, 12)])
    assert compare_videos(whole, same) == 1.0
    assert compare_videos(whole, shorter) == 0.0
    assert compare_videos(whole, other) == 0.0
    assert compare_videos(whole, retouched) == 1.0
    assert compare_videos(whole, retouched, threshold=1) == 0.0
    assert compare_videos(whole, shorter, max_frames_to_check=11) == 1.0


def test_what_is_no_film(tmp_path: Path):
    whole = film(tmp_path / "whole.avi", [1])
    (tmp_path / "damaged.avi").write_bytes(b"RIFF")
    damaged = str(tmp_path / "damaged.avi")
    assert compare_videos(damaged, damaged) == 0.0
    assert compare_videos(None, whole) == compare_videos(whole, str(tmp_path / "nowhere.avi")) == 0.0
