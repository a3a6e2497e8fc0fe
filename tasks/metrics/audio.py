"""How alike two recordings are, and what an MP3 file says of itself.

Knows sound files; knows no player. The semantics are those of OSWorld's `evaluators/metrics/vlc.py` and `others.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np
from numpy.typing import NDArray

from tasks.metrics.files import UnreadableFile, opened, zero_if_unreadable
from tasks.metrics.libraries import extra
from tasks.metrics.rules import Rule, matches

SAMPLE_RATE_HZ = 22050
"""What recordings are brought to before they are compared: librosa's default."""


def compare_audios(audio_path_1: str | None, audio_path_2: str | None) -> float:
    """How alike two recordings sound, from 0.0 to 1.0: e to the power of minus their distance.

    The distance is the mean cosine distance of their cepstra (MFCC), frame by frame along the path on which dynamic
    time warping brings them together. Two files without any sound in them are the same.

    Raises:
        MissingLibrary: librosa, SciPy or fastdtw is not installed.
    """
    if not audio_path_1 or not audio_path_2:
        return 0.0
    with extra("osworld-audio"):
        from fastdtw.fastdtw import fastdtw
        from scipy.spatial.distance import cosine

    one, other = _cepstra(audio_path_1), _cepstra(audio_path_2)
    if one is None or other is None:
        return float(one is other)
    distance, path = fastdtw(one, other, dist=cosine)
    return float(np.exp(-distance / len(path)))


@zero_if_unreadable
def check_mp3_meta(result: str | None, meta: Mapping[str, Rule]) -> float:
    """1.0 when the ID3 tags of a file are as the rules have them, else 0.0.

    Args:
        result: path to an MP3 file.
        meta: rules by tag, `title` and `artist` and so on. A tag with several values is taken as one text, with commas
            between them; one that is not there is empty.

    Raises:
        MissingLibrary: mutagen is not installed.
    """
    with extra("osworld-audio"):
        from mutagen.easyid3 import EasyID3

    tags = cast(Mapping[str, list[str]], opened(result, EasyID3))
    return float(all(matches(",".join(tags.get(tag, ())), rule) for tag, rule in meta.items()))


def _cepstra(path: str) -> NDArray[np.float32] | None:
    """One row a frame, each coefficient scaled to a greatest magnitude of 1; None for what holds no sound."""
    with extra("osworld-audio"):
        import librosa

        load, mfcc, normalize = librosa.load, librosa.feature.mfcc, librosa.util.normalize  # imported at first use
    try:
        samples, _ = opened(path, lambda name: load(name, sr=SAMPLE_RATE_HZ))
    except UnreadableFile:
        return None
    return normalize(mfcc(y=samples, sr=SAMPLE_RATE_HZ), axis=1).T if len(samples) else None
