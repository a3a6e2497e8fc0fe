from __future__ import annotations

import subprocess
import sys

import pytest

from tasks.errors import MissingLibrary
from tasks.metrics.libraries import extra

MODULES = ("audio", "browser", "desktop", "gimp", "images", "thunderbird", "vlc", "vscode")
LIBRARIES = {
    "cv2", "easyocr", "fastdtw", "imagehash", "librosa", "lxml", "mutagen", "rapidfuzz", "scipy", "skimage",
    "tldextract",
}  # fmt: skip


def test_the_applications_metrics_load_no_library_before_it_is_needed():
    imports = "".join(f"import tasks.metrics.{module}\n" for module in MODULES)
    script = f"import sys\n{imports}print(*sorted({LIBRARIES!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert loaded == "\n"


def test_a_missing_library_names_the_extra_that_has_it():
    sentence = r"no_such_library is not installed: pip install 'deixis\[osworld\]'"
    with pytest.raises(MissingLibrary, match=sentence), extra("osworld"):
        import no_such_library  # noqa: F401
