"""Every test here works with a real git, and with none of the developer's settings."""

from pathlib import Path

import pytest

from tests.support.git_worlds import cut_off_git


@pytest.fixture(autouse=True)
def _own_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off_git(monkeypatch, tmp_path / "home")
