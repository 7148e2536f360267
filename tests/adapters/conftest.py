from pathlib import Path

import pytest

from fixloop.adapters.git_repository import GitRepository, open_repository
from tests.support.git_worlds import cut_off_git, make_repo


@pytest.fixture(autouse=True)
def _own_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cut_off_git(monkeypatch, tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_repo(tmp_path)


@pytest.fixture
def repo(folder: Path) -> GitRepository:
    return open_repository(folder)
