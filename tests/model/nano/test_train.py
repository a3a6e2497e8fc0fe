from __future__ import annotations

from pathlib import Path

import pytest

from model.base import ModelError
from model.nano.train import app


@pytest.mark.parametrize(
    ("command", "remedy"), [(["point", "--minutes", "1"], "stage 'screens' first"), (["export"], "stage 'point' first")]
)
def test_a_stage_names_the_one_that_is_missing(command: list[str], remedy: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=remedy):
        app([*command, "--folder", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []
