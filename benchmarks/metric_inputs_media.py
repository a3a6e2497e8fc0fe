"""Random inputs for the metrics of sound and film."""

from __future__ import annotations

import random
from pathlib import Path

import cv2
import numpy as np
import soundfile
from metric_files import Call, MakeCall
from metric_inputs_pictures import edited, scene
from mutagen.easyid3 import EasyID3


def recordings(rng: random.Random, folder: Path) -> Call:
    def sound(pitch_hz: float, seconds: float) -> np.ndarray:
        times = np.arange(int(22050 * seconds)) / 22050
        return 0.4 * np.sin(2 * np.pi * pitch_hz * times) + 0.2 * np.sin(5 * np.pi * pitch_hz * times)

    paths = [folder / "found.wav", folder / "expected.wav"]
    for path in paths:
        soundfile.write(path, sound(rng.choice([220, 440, 660]), rng.choice([0.0, 0.3, 0.5])), 22050)
    return tuple(map(str, paths)), {}


def tags(rng: random.Random, folder: Path) -> Call:
    path = folder / "found.mp3"
    found = EasyID3()
    found["title"] = rng.choice(["Missing You", "missing you"])
    if rng.random() < 0.7:
        found["artist"] = rng.choice([["Cheng Xiang"], ["Cheng Xiang", "Other"]])
    found.save(path)
    meta = {"title": {"method": rng.choice(["eq", "re.I"]), "ref": "Missing You"}}
    return (
        str(path),
        meta | rng.choice([{}, {"artist": {"method": "str_set_eq", "ref": ["Other", "Cheng Xiang"]}}]),
    ), {}


def films(rng: random.Random, folder: Path) -> Call:
    scenes = [scene(rng) for _ in range(12)]
    other = [edited(rng, each).convert("RGB").resize(each.size) if rng.random() < 0.6 else each for each in scenes]
    film = rng.choice([scenes, scenes[:-1], other])
    for path, frames in ((folder / "found.avi", film), (folder / "expected.avi", scenes)):
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, frames[0].size)
        for frame in frames:
            writer.write(np.asarray(frame)[:, :, ::-1])
        writer.release()
    options = rng.choice([{}, {"max_frames_to_check": 5}, {"threshold": 1}])
    return (str(folder / "found.avi"), str(folder / "expected.avi")), options


INPUTS: dict[str, MakeCall] = {
    "compare_audios": recordings,
    "check_mp3_meta": tags,
    "compare_videos": films,
}
