"""The list of all metrics, and that having it costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tasks.errors import MissingLibrary
from tasks.metrics import METRICS

HEAVY = ["openpyxl", "pandas", "docx", "pptx", "lxml", "rapidfuzz", "pymupdf", "pypdf", "odf", "yaml", "bs4", "PIL"]


def test_importing_the_list_imports_no_library() -> None:
    code = (
        "import sys; from tasks.metrics import METRICS; list(METRICS); 'compare_table' in METRICS; "
        f"print(sorted(set({HEAVY}) & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_missing_library_is_one_sentence_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    monkeypatch.delitem(sys.modules, "tasks.metrics.fuzzy", raising=False)
    with pytest.raises(MissingLibrary, match=r"fuzzy_match needs rapidfuzz.*deixis\[osworld\]"):
        METRICS["fuzzy_match"]


def test_a_name_that_no_benchmark_has() -> None:
    assert "compare_everything" not in METRICS
    with pytest.raises(KeyError):
        METRICS["compare_everything"]


@pytest.mark.parametrize("name", ["compare_table", "exact_match", "is_url_shortcut_on_desktop", "infeasible"])
def test_names_of_both_benchmarks(name: str) -> None:
    assert name in METRICS
